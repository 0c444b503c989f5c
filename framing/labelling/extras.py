"""Import the packages that only some commands need, and say which extra brings them."""

from __future__ import annotations

import importlib
from typing import Any

from framing.errors import LabelError

__all__ = ["require"]


def require(module: str, extra: str) -> Any:
    """Import a module that belongs to an optional extra.

    Raises:
        LabelError: it is not installed; the message names the extra.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        package = module.partition(".")[0]
        raise LabelError(f"the package {package} is needed for this; install it with: pip install 'framing-zh[{extra}]'") from None
