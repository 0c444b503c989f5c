"""Score many inputs: partitions, workers, resuming, and outputs that are ready to query.

The way of the data::

    SRC ─inputs→ Location[] ─plan→ Partition[] ─(workers) work→ store/ + articles/ + sentences/ ─runner→ manifest

A partition is a description (names, offsets), never data: workers read and write by themselves. A
finished partition is one file in ``store/``, named by a hash of the inputs' content, the settings
and the model. Whatever is there under its name is complete, so going on after a crash and scoring
only what changed are the same thing: look whether the file is there.
"""

from __future__ import annotations

from framing.batch.runner import BatchConfig, Summary, run
from framing.batch.store import Entry, Manifest, read_entries, read_manifest

__all__ = ["BatchConfig", "Entry", "Manifest", "Summary", "read_entries", "read_manifest", "run"]
