"""Models side by side and one after the other."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from framing.artifact import FORMAT, MANIFEST, load, save, seal
from framing.cli.versions import compare, list_models, rollback
from framing.errors import ArtifactError, LabelError
from framing.labelling.comparison import compare_models, holm, word_shifts
from framing.labelling.files import to_example
from framing.labelling.text_tables import comparison_text
from framing.labelling.versions import current, keep, models_in, versions
from framing.labelling.versions import rollback as bring_back
from framing.model import PRAISE, SKEPTICISM, FramingModel

from .conftest import WriteLabels


@pytest.fixture
def models(tmp_path: Path, small_model_path: Path) -> Path:
    shutil.copytree(small_model_path, tmp_path / "models" / "mine")
    return tmp_path / "models"


@pytest.fixture
def upside_down(small_model: FramingModel) -> FramingModel:
    """Give a model that takes praise for skepticism."""
    weights, bias, offset = small_model.weights.copy(), small_model.bias.copy(), small_model.frame_offset.copy()
    swap, back = [PRAISE, SKEPTICISM], [SKEPTICISM, PRAISE]
    weights[:, swap], bias[swap], offset[swap] = weights[:, back], bias[back], offset[back]
    return replace(small_model, weights=weights, bias=bias, frame_offset=offset, name="upside down")


def test_same_model_makes_no_difference(rows: list[dict[str, Any]], small_model: FramingModel) -> None:
    result = compare_models([to_example(r, "here") for r in rows], small_model, small_model, samples=50)
    assert all(d.base == d.new and d.low == d.high == 0 and not d.worse and not d.better for d in result.differences)
    assert result.flips == ()
    assert [d.figure for d in result.differences] == ["frame macro-F1", "marketing F1", "technology F1", "traffic F1", "voice F1"]
    assert all(s.base == s.new for s in word_shifts(small_model, small_model, 5))


def test_worse_model_is_called_worse(rows: list[dict[str, Any]], small_model: FramingModel, upside_down: FramingModel) -> None:
    examples = [to_example(r, "here") for r in rows]
    result = compare_models(examples, small_model, upside_down, samples=200)
    assert [d.figure for d in result.worse] == ["frame macro-F1"]
    assert {(f.base, f.new) for f in result.flips} <= {("praise", "skepticism"), ("skepticism", "praise")}
    assert result.flips
    back = compare_models(examples, upside_down, small_model, samples=200)
    assert back.differences[0].better
    assert back.worse == ()
    assert np.isclose(back.differences[0].low, -result.differences[0].high)
    assert "worse" in comparison_text(result, 2)
    shift = word_shifts(small_model, upside_down, 1)[0]
    assert shift.base == pytest.approx(-shift.new)


def test_topic_that_no_sentence_has_is_not_compared(rows: list[dict[str, Any]], small_model: FramingModel) -> None:
    """Where nobody labelled a topic there is no truth to be nearer to."""
    examples = [to_example({**r, "topics": [t for t in r["topics"] if t != "traffic"]}, "here") for r in rows]
    result = compare_models(examples, small_model, small_model, samples=10)
    assert "traffic F1" not in [d.figure for d in result.differences]


@pytest.mark.parametrize(
    ("raw", "raised"),
    [
        ([0.01], [0.01]),
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.5, 0.6], [1.0, 1.0]),
        ([0.02, 0.02], [0.04, 0.04]),
    ],
)
def test_p_values_are_raised_for_their_number(raw: list[float], raised: list[float]) -> None:
    """The second case is worked out step by step in Holm's procedure: 3 × 0.01, 2 × 0.03, and not below the one before."""
    assert holm(np.array(raw)) == pytest.approx(raised)


def test_nothing_to_compare_on_is_refused(small_model: FramingModel) -> None:
    with pytest.raises(LabelError, match="no labelled sentences"):
        compare_models([], small_model, small_model)


def test_replaced_models_are_kept_and_come_back(models: Path, upside_down: FramingModel) -> None:
    mine = models / "mine"
    first = current(mine)
    assert versions(mine) == []
    assert keep(models / "none") is None
    kept = keep(mine)
    assert kept is not None
    assert keep(mine) == kept
    save(upside_down, mine)
    second = current(mine)
    assert second.hash != first.hash
    assert [v.hash for v in versions(mine)] == [first.hash]
    assert bring_back(mine).hash == first.hash == load(mine).hash
    assert [v.hash for v in versions(mine)] == [second.hash, first.hash]
    assert bring_back(mine, second.hash[:6]).hash == second.hash
    assert [p.name for p in models.iterdir() if not p.name.startswith(".")] == ["mine"]
    assert [m.path for m in models_in(models)] == [mine]


def test_version_that_is_not_there_is_refused(models: Path) -> None:
    with pytest.raises(ArtifactError, match="kept are none"):
        bring_back(models / "mine")
    keep(models / "mine")
    with pytest.raises(ArtifactError, match="no such earlier version"):
        bring_back(models / "mine", "ffff")


def test_a_beginning_that_fits_several_versions_is_refused(models: Path, small_model: FramingModel, upside_down: FramingModel) -> None:
    mine = models / "mine"
    for model in (upside_down, replace(small_model, bias=small_model.bias + 1)):
        keep(mine)
        save(model, mine)
    now = current(mine).hash
    assert len(versions(mine)) == 2
    with pytest.raises(ArtifactError, match="is the beginning of several versions"):
        bring_back(mine, "")
    assert current(mine).hash == now


def test_a_model_that_is_gone_comes_back(models: Path) -> None:
    mine = models / "mine"
    kept = keep(mine)
    assert kept is not None
    shutil.rmtree(mine)
    assert bring_back(mine).hash == kept.hash == load(mine).hash


def test_places_that_are_taken_leave_the_model_as_it_is(models: Path, upside_down: FramingModel) -> None:
    mine = models / "mine"
    (models / ".versions").write_text("")
    with pytest.raises(ArtifactError, match=r"cannot be written .* the model was not replaced"):
        keep(mine)
    (models / ".versions").unlink()
    keep(mine)
    save(upside_down, mine)
    now = current(mine).hash
    (models / ".mine-rollback").write_text("")
    with pytest.raises(ArtifactError, match=r"cannot be written .* check the folder"):
        bring_back(mine)
    assert load(mine).hash == now


def test_damaged_version_is_refused_and_the_model_stays(models: Path, upside_down: FramingModel) -> None:
    mine = models / "mine"
    kept = keep(mine)
    assert kept is not None
    save(upside_down, mine)
    (kept.path / "weights.npy").write_bytes(b"damaged")
    now = current(mine).hash
    with pytest.raises(ArtifactError):
        bring_back(mine)
    assert load(mine).hash == now


def test_version_of_another_format_is_left_alone(models: Path, upside_down: FramingModel) -> None:
    mine = models / "mine"
    kept = keep(mine)
    assert kept is not None
    manifest = json.loads((kept.path / MANIFEST).read_text("utf-8"))
    (kept.path / MANIFEST).write_bytes(seal({**manifest, "format": FORMAT - 1}))
    assert versions(mine) == []
    save(upside_down, mine)
    again = keep(mine)
    assert again is not None
    assert again.path.name.startswith("0002-")
    assert [v.hash for v in versions(mine)] == [again.hash]
    assert kept.path.is_dir()


def test_commands(models: Path, rows: list[dict[str, Any]], write_labels: WriteLabels, upside_down: FramingModel) -> None:
    runner, gold = CliRunner(), write_labels(rows)
    save(upside_down, models / "down")
    args = ["--base", str(models / "mine"), "--gold", str(gold)]
    done = runner.invoke(compare, [str(models / "down"), *args])
    assert done.exit_code == 3
    assert "worse" in done.output
    assert runner.invoke(compare, [str(models / "mine"), *args]).exit_code == 0
    keep(models / "mine")
    save(upside_down, models / "mine")
    done = runner.invoke(rollback, [str(models / "mine")])
    assert (done.exit_code, "is now" in done.output) == (0, True)
    listed = runner.invoke(list_models, [str(models)]).output
    assert [line.split()[0] for line in listed.splitlines()] == ["down", "mine", "kept", "kept"]
    assert "as now" in listed
