"""Write results to files so that nothing is lost and nothing is half written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from framing.errors import OutputError

__all__ = ["refuse_overwriting_inputs", "write_atomically"]


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file whole: beside its place first, then moved there.

    A symbolic link stays one, and its target is written. A device or a pipe (``/dev/null``) is written
    to as it is.

    Raises:
        OutputError: the folder is missing, read-only or full; an older file stays as it was.
    """
    try:
        path = path.resolve()
        if path.is_dir():
            raise OutputError(f"{path} is a folder; name a file in it")
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:50]}-", dir=path.parent)
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
        raise OutputError(f"{path} cannot be written ({getattr(error, 'strerror', error)}); check the folder") from None
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp's 0600 would make a report that only its author can read.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~mask)
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}); nothing was changed") from None
    finally:
        temporary.unlink(missing_ok=True)


def refuse_overwriting_inputs(output: Path, inputs: Iterable[str]) -> None:
    """Refuse an output that is also an input.

    Raises:
        OutputError: both are the same file.
    """
    for name in inputs:
        try:
            same = name != "-" and output.is_file() and output.samefile(name)
        except (OSError, ValueError):
            continue  # reading it will say what is wrong with it
        if same:
            raise OutputError(f"{output} is also an input; choose another output file")
