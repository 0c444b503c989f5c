"""The shipped labels pass the linter, and the documentation names every rule and format."""

from __future__ import annotations

from pathlib import Path

from framing.labelling.exchange import FORMATS
from framing.labelling.lint import RULES, Severity, lint, load_config

ROOT = Path(__file__).resolve().parents[2]


def test_shipped_labels_have_no_errors() -> None:
    report = lint([ROOT / "labels"], load_config(ROOT / "labels" / "lint.toml"))
    assert [f for f in report.findings if f.severity is Severity.ERROR] == []
    assert report.rows >= 8000


def test_documentation_names_every_rule_and_format() -> None:
    text = (ROOT / "docs" / "labelling.md").read_text("utf-8")
    missing = [name for name in (*RULES, *FORMATS) if f"| `{name}` |" not in text]
    assert missing == []
