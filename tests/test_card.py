"""A model's card tells what it is made of, how good it is, what it is for, and on what terms."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from click.testing import CliRunner

from framing.artifact import save
from framing.card import licences, model_card
from framing.cli.main import cli
from framing.evaluation import evaluate
from framing.model import FramingModel
from framing.records import Example
from framing.training import with_test_figures

SECTIONS = ["Made of", "Cross-validated", "On the frozen test split", "Intended use", "Limits", "Licences", "How to cite"]


def test_every_needed_package_has_a_licence() -> None:
    """All packages that are always needed are listed; those for other versions of Python need not be there."""
    listed = {name: licence for name, _, licence in licences()}
    needed = [r for r in requires("framing-zh") or () if "extra ==" not in r and "python_version" not in r]
    assert {re.split(r"[<>=;\[ ]", r, maxsplit=1)[0] for r in needed} <= set(listed)
    assert all(licence and "\n" not in licence and len(licence) < 80 for licence in listed.values())
    assert "BSD" in listed["scikit-learn"]


def test_card_has_every_section_and_intervals(small_model: FramingModel, labelled: list[Example]) -> None:
    model = with_test_figures(small_model, evaluate(labelled, small_model).figures)
    text = model_card(model)
    found = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert all(any(f.startswith(s) for f in found) for s in SECTIONS)
    low, high = model.card["test"]["frame"]["macro_f1_ci"]
    assert f"{low:.3f} – {high:.3f}" in text
    assert model.card["labels"]["sha256"] in text
    assert "| scikit-learn |" in text
    assert "no intervals" in model_card(small_model)


def test_citation_names_the_hash_once_it_is_known(small_model: FramingModel) -> None:
    assert "hash abc123" in model_card(replace(small_model, hash="abc123"))
    assert "hash in its manifest.json" in model_card(small_model)


@pytest.mark.parametrize("to_file", [False, True])
def test_command_writes_the_card(small_model: FramingModel, tmp_path: Path, to_file: bool) -> None:
    digest = save(small_model, tmp_path / "model")
    out = tmp_path / "card.md"
    done = CliRunner().invoke(cli, ["model", "card", str(tmp_path / "model"), *(["-o", str(out)] if to_file else [])])
    assert done.exit_code == 0, done.output
    text = out.read_text("utf-8") if to_file else done.output
    assert text.startswith("# Model card: small\n")
    assert digest in text


def test_card_of_a_package_that_is_not_installed(small_model: FramingModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> list[str]:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("framing.card.requires", missing)
    assert licences() == []
    assert "## Licences" in model_card(small_model)


def test_card_of_sentences_without_articles(small_model: FramingModel, labelled: list[Example]) -> None:
    figures = evaluate(labelled, small_model).figures
    text = model_card(with_test_figures(small_model, {**figures, "articles": {"n": 0}}))
    assert "frame macro-F1" in text
    assert "per article" not in text.partition("## On the frozen test split")[2].partition("##")[0]
