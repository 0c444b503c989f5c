"""Read TOML files of settings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from framing.errors import LabelError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["read_toml"]


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        LabelError: it cannot be read or is no TOML; the message names file and, where known, line.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise LabelError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise LabelError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise LabelError(f"{path}: not TOML: {error}") from None
