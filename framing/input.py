"""Read what a user names, and refuse what is no file or never ends.

The names that a user gives, or a pattern finds, may stand for anything: folders, links that lead in a
circle, devices, pipes that nobody writes to. Each is refused in one line instead of hanging or filling
the memory. Pipes are read, since shells hand over the output of a command as one (``<(command)``).
"""

from __future__ import annotations

import os
import select
import stat
from pathlib import Path

from framing.errors import InputError

__all__ = ["PIPE_WAIT", "read_input"]

PIPE_WAIT = 2.0
"""Seconds after which a pipe that has no writer is given up; one that has a writer is waited for."""

_FOLDER = "is a folder; name the files in it, or use a pattern such as FOLDER/*.txt"


def read_input(path: str | Path, limit: int | None = None) -> bytes:
    """Read a file or pipe whole, one byte beyond ``limit`` at most, so that an excess shows.

    Raises:
        InputError: it is missing, a folder, unreadable, a device or socket, a pipe without a writer, or
            reading fails half way.
    """
    try:
        # A pipe would block a plain open; and an open file cannot be swapped for another meanwhile.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise InputError("no such file") from None
    except PermissionError:
        raise InputError(_FOLDER if Path(path).is_dir() else "may not be read (permission denied)") from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read ({getattr(error, 'strerror', None) or error})") from None
    # fdopen refuses folders, and closes nothing when it does.
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InputError(_FOLDER)
    with os.fdopen(descriptor, "rb") as file:
        try:
            begin = _first(descriptor)
            return begin + file.read(-1 if limit is None else limit + 1 - len(begin))
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror or error})") from None


def _first(descriptor: int) -> bytes:
    """Return nothing for a file, what was read while waiting for a pipe, and refuse all else."""
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISFIFO(mode):
        return _first_of_pipe(descriptor)
    if not stat.S_ISREG(mode):
        raise InputError("is a device or a socket, not a file")
    return b""


def _first_of_pipe(descriptor: int) -> bytes:
    """Wait until a pipe has something to say or its writer is gone."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    begin = b""
    if not poll.poll(PIPE_WAIT * 1000):
        try:
            # With a writer that is silent so far this would block; without a writer it is the end.
            begin = os.read(descriptor, 1)
        except BlockingIOError:
            pass
        else:
            if not begin:
                raise InputError("is a pipe that nobody writes to")
    os.set_blocking(descriptor, True)
    return begin
