"""Say how Chinese articles write about a company: praise, skepticism or neutral reporting.

>>> import framing
>>> result = framing.score("小米汽车一炮而红，交付量领跑新势力。不过外界质疑，这只是营销噱头。")
>>> [s.prediction.frame for s in result.sentences]
['praise', 'skepticism']
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from framing.analysis import load_model, score, score_file
    from framing.classifier import FramingClassifier
    from framing.errors import FramingError
    from framing.records import ArticleScore

__all__ = ["ArticleScore", "FramingClassifier", "FramingError", "__version__", "load_model", "score", "score_file"]

__version__ = "0.1.0"

# Loaded on first use, so that `import framing` and `framing --help` cost next to nothing.
_HOMES = {
    "ArticleScore": "framing.records",
    "FramingClassifier": "framing.classifier",
    "FramingError": "framing.errors",
    "load_model": "framing.analysis",
    "score": "framing.analysis",
    "score_file": "framing.analysis",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'framing' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
