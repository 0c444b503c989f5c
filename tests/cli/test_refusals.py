"""Inputs, outputs and models of other kinds: what each command leaves out, and what it refuses."""

from __future__ import annotations

import hashlib
import importlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from framing import artifact
from framing.artifact import MANIFEST, default_model_path, load, save
from framing.batch import BatchConfig
from framing.batch import run as run_batch
from framing.cli.main import cli
from framing.errors import ArtifactError
from framing.model import FramingModel
from tests.cli.conftest import ARTICLE

Invoke = Callable[..., str]
BEARABLE = ("--max-flips", "1", "--max-net", "2", "--max-influence", "2")


@pytest.fixture(scope="module")
def model(small_model: FramingModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("models") / "small"
    save(small_model, place)
    return place


@pytest.fixture
def invoke(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Give a runner of commands in a folder with an article, an empty folder, and a file in the place of a folder."""
    (tmp_path / "a.txt").write_text(ARTICLE, "utf-8")
    (tmp_path / "b.txt").write_text("用戶質疑質量，令人失望。\n" * 8, "utf-8")
    (tmp_path / "latin.jsonl").write_bytes(b"\xff\n")
    (tmp_path / "policy.toml").write_text('[[rule]]\nrequire = "all.net >= -1"\n')
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli, [a.format(model=model) for a in arguments])
        assert done.exit_code == code, done.output
        return done.output + ("" if done.exception is None else str(done.exception))

    return run


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["compare", "a.txt", "--group", "x=empty"], 2, "the folder holds no .txt file"),
        (["report", "latin.jsonl", "-o", "x.html"], 1, "latin.jsonl: is not UTF-8"),
        (["report", "blank.jsonl", "-o", "x.html"], 1, "blank.jsonl: holds no article"),
        (["gate", "a.txt", "--policy", "policy.toml", "--model", "{model}", "--summary", "empty"], 1, "empty cannot be written"),
        (["gate", "t.jsonl", "--policy", "policy.toml", "--model", "{model}", "--no-annotations"], 1, "is a table"),
    ],
    ids=["compare", "not UTF-8", "no article", "summary", "table"],
)
def test_refusals(arguments: list[str], code: int, says: str, invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "blank.jsonl").write_text("\n\n")
    (tmp_path / "t.jsonl").write_text('{"text": "好。"}\n')
    assert says in invoke(*arguments, code=code)
    assert not (tmp_path / "x.html").exists()


def test_a_comparison_is_drawn(invoke: Invoke, tmp_path: Path) -> None:
    """Also one of articles that are too short for any figure."""
    invoke("compare", "a.txt", "b.txt", "--model", "{model}", "--lang", "en", "--plots", "plots", "-o", "page.html", "--format", "html")
    assert {p.suffix for p in (tmp_path / "plots").iterdir()} == {".svg", ".png"}
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!doctype html>")


def test_a_check_of_nothing_leaves_the_older_result(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "older.txt").write_text("older")
    assert "none.txt: no such file" in invoke("check", "none.txt", "--model", "{model}", "-o", "older.txt", code=1)
    assert (tmp_path / "older.txt").read_text() == "older"
    invoke("check", "none.txt", "a.txt", "--model", "{model}", "-o", "older.txt", *BEARABLE, code=1)
    assert (tmp_path / "older.txt").read_text("utf-8") != "older"


def test_a_report_leaves_out_what_failed(invoke: Invoke, model: Path, tmp_path: Path) -> None:
    run_batch(["a.txt", "b.txt", "none.txt"], "out", BatchConfig(model_path=str(model), jobs=1))
    run_batch(["t.csv"], "nothing", BatchConfig(model_path=str(model), jobs=1))
    (tmp_path / "t.jsonl").write_text('{"text": 3}\n{"text": "好。"}\n')
    run_batch(["t.jsonl"], "rows", BatchConfig(model_path=str(model), jobs=1))
    for folder, articles in (("out", 2), ("rows", 1)):
        assert f"articles {articles}, groups 1" in invoke("report", folder, "-o", "page.html", "--model", "{model}", "--lang", "en")
    assert "nothing: holds no article" in invoke("report", "nothing", "-o", "none.html", "--model", "{model}", code=1)


def test_importing_the_entry_point_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    importlib.import_module("framing.__main__")
    assert capsys.readouterr() == ("", "")


# --- the shipped model ---------------------------------------------------------------------------


@pytest.fixture
def checkout(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a checkout whose shipped model is the small one, not recorded yet."""
    place = shutil.copytree(model, tmp_path / "checkout" / "models" / "default")
    (tmp_path / "checkout" / "framing").mkdir()
    monkeypatch.setattr(artifact, "_PACKAGE", tmp_path / "checkout" / "framing")
    monkeypatch.setattr(artifact, "_CHECKOUT_MODEL", place)
    monkeypatch.setattr(artifact, "_PLACES", (tmp_path / "checkout" / "framing" / "models" / "default", place))
    monkeypatch.setattr(artifact, "RECORD", tmp_path / "checkout" / "shipped-model.sha256")
    return place


def test_the_shipped_model_is_recorded(checkout: Path, invoke: Invoke) -> None:
    with pytest.raises(ArtifactError, match="is not the model that this version was shipped with"):
        load(checkout)
    assert "recorded" in invoke("model", "record")
    digest = hashlib.sha256((checkout / MANIFEST).read_bytes()).hexdigest()
    assert artifact.RECORD.read_text() == f"{digest}  models/default/{MANIFEST}\n"
    assert "as recorded in the package" in invoke("model", "verify")
    artifact.RECORD.write_bytes(b"\xff")
    assert "is not the model that this version was shipped with" in invoke("model", "verify", code=1)


def test_a_damaged_model_is_not_recorded(checkout: Path, invoke: Invoke) -> None:
    (checkout / "weights.npy").write_bytes(b"damaged")
    assert "weights.npy" in invoke("model", "record", code=1)
    assert not artifact.RECORD.exists()


def test_without_a_shipped_model(checkout: Path, invoke: Invoke) -> None:
    shutil.rmtree(checkout)
    with pytest.raises(ArtifactError, match="no shipped model was found; reinstall the package"):
        default_model_path()
    assert "no shipped model was found" in invoke("model", "show", code=1)
    assert "only a checkout's shipped model can be recorded" in invoke("model", "record", code=1)
