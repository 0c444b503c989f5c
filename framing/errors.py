"""Define every exception that framing raises on purpose.

::

    FramingError                 anything framing itself refuses; ``exit_code`` tells the shell
    ├── InputError               an input cannot be read or scored            (exit 1)
    │   ├── DecodeError          its bytes are not text in a known encoding
    │   └── TooLargeError        it is larger than the limit in force
    ├── LabelError               a label file breaks the schema               (exit 1)
    ├── LexiconError             a lexicon file breaks its format             (exit 1)
    ├── ArtifactError            a model folder is missing or not to be trusted (exit 1)
    ├── TrainingError            the examples cannot train a model            (exit 1)
    │   └── retraining.WorseModelError  a new model is worse than the one in its place (exit 3)
    ├── OutputError              a result cannot be written                   (exit 1)
    └── gate.PolicyError         a gate's policy is missing or malformed      (exit 2)

Each message is one line: what failed, where, and what to do about it.
"""

from __future__ import annotations

__all__ = [
    "ArtifactError",
    "DecodeError",
    "FramingError",
    "InputError",
    "LabelError",
    "LexiconError",
    "OutputError",
    "TooLargeError",
    "TrainingError",
]


class FramingError(Exception):
    """Base of all errors that framing raises on purpose."""

    exit_code = 1


class InputError(FramingError):
    """An input cannot be read or scored."""


class DecodeError(InputError):
    """The bytes of an input are not text in a known encoding."""


class TooLargeError(InputError):
    """An input is larger than the limit in force."""


class LabelError(FramingError):
    """A label file breaks the schema; the message names file and line."""


class LexiconError(FramingError):
    """A lexicon file breaks its format; the message names file and line."""


class ArtifactError(FramingError):
    """A model folder is missing, damaged, from another format, or not to be trusted."""


class TrainingError(FramingError):
    """The examples given cannot train a model."""


class OutputError(FramingError):
    """A result cannot be written."""
