"""Fuzz one room with atheris, guided by coverage: ``python fuzz/run.py clean -max_total_time=300``.

Arguments after the room are libFuzzer's. What is found is kept in ``fuzz/found`` (not under version
control); a finding that was mended goes into ``fuzz/corpus`` as a small file, which the test suite replays.
Needs the extra ``fuzz``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

HERE = Path(__file__).parent


def main() -> None:
    """Instrument the package, then run the room's check on what libFuzzer makes of the seeds."""
    room, *options = sys.argv[1:]
    # Importing inside the block is what gives atheris the branches to steer by.
    with atheris.instrument_imports(include=["framing"]):
        from fuzz_targets import TARGETS
    found = HERE / "found" / room
    found.mkdir(parents=True, exist_ok=True)
    # New inputs go to the first folder; seeds are only read.
    folders = [str(found), str(HERE / "corpus")]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={found}/", "-max_len=600", *folders], TARGETS[room])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
