"""Training on label sets, comparing, and putting a model in its place or refusing to."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pexpect
import pytest
from click.testing import CliRunner, Result

from framing.analysis import score
from framing.artifact import load, verify
from framing.cli.main import cli
from framing.cli.versions import list_models
from framing.errors import ArtifactError, FramingError, LabelError, TrainingError
from framing.labelling.files import read_folder
from framing.labelling.versions import versions
from framing.retraining import LabelSet, Recipe, WorseModelError, find_base, label_sets, put_in_place, read_sets, rejected_place, retrain
from framing.training import TrainConfig

from .conftest import WriteLabels

EXAMPLE = Path(__file__).parents[2] / "examples" / "retraining"
PRICES = """
外卖平台把配送费提高到六元。
商家的佣金从两成降到一成半。
满减活动将在周日结束。
骑手的补贴按月结算。
这家店的推广费为每月三百元。
平台公布了新的佣金标准。
"""
TOPICS = '[topics."价格"]\ndescription = "prices and fees"\nvocabulary = ["配送费", "佣金", "满减", "补贴", "推广费"]\n'


def price_rows(topics: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return rows of two articles about prices, in which only the last may be labelled for a topic."""
    texts = PRICES.split()
    labels = {"frame": "neutral", "voice": "author"}
    return [
        {"id": f"p{i}", "article": f"p{i % 2}", "text": t, "topics": list(topics) if i == 5 else [], **labels} for i, t in enumerate(texts)
    ]


def reworded(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows whose sentences were not trained on, though their words were."""
    return [{**r, "id": f"g{r['id']}", "article": f"g{r['article']}", "text": f"昨天，{r['text']}", "split": "train"} for r in rows]


def swapped(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows in which praise and skepticism were mixed up."""
    other = {"praise": "skepticism", "skepticism": "praise"}
    return [{**r, "frame": other.get(r["frame"], r["frame"])} for r in rows]


def train(*args: str | Path) -> Result:
    return CliRunner().invoke(cli, ["train", "--jobs", "1", *map(str, args)])


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


@pytest.fixture
def models(tmp_path: Path, small_model_path: Path) -> Path:
    """Give a folder of models with one called mine."""
    shutil.copytree(small_model_path, tmp_path / "models" / "mine")
    return tmp_path / "models"


# --- label sets ----------------------------------------------------------------------------------


def test_weights_go_to_the_set_of_their_name(rows: list[dict[str, Any]], write_labels: WriteLabels) -> None:
    write_labels([{**rows[0], "weight": 2.0}], "all/a.jsonl")
    mine = write_labels(rows[1:3], "mine.jsonl")
    sets = label_sets([mine.parent / "all", mine], {"mine": 3.0})
    assert [(s.name, s.weight) for s in sets] == [("all", 1.0), ("mine", 3.0)]
    assert [e.weight for e in read_sets(sets)] == [2.0, 3.0, 3.0]


@pytest.mark.parametrize(("names", "weight"), [(["a"], "b"), (["x/a", "y/a"], "a"), ([], "a")])
def test_weight_of_no_set_or_of_several_is_refused(names: list[str], weight: str) -> None:
    with pytest.raises(LabelError, match="exactly one label set"):
        label_sets([Path(n) for n in names], {weight: 2.0})


def test_id_in_two_sets_names_both_places(rows: list[dict[str, Any]], write_labels: WriteLabels) -> None:
    first, second = write_labels(rows[:2], "a.jsonl"), write_labels(rows[1:3], "b.jsonl")
    with pytest.raises(LabelError, match=f"{second}:1: the id 'a0#1' is also at {first}:2"):
        read_sets([LabelSet(first), LabelSet(second)])


# --- the command ---------------------------------------------------------------------------------


def test_training_adds_compares_and_is_reproducible(
    rows: list[dict[str, Any]], write_labels: WriteLabels, models: Path, tmp_path: Path
) -> None:
    labels, mine, gold = write_labels(rows, "labels/a.jsonl").parent, write_labels(price_rows(), "mine.jsonl"), tmp_path / "gold.jsonl"
    gold.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in [*reworded(rows), *rows[:3]]), "utf-8")
    args = ("--labels", labels, "--labels", mine, "--weight", "mine=3", "--name", "new")
    done = train(*args, "--base", models / "mine", "--gold", gold, "--out", models / "new")
    assert done.exit_code == 0, done.output
    for said in (
        f"against {models / 'mine'} on the frozen test split:\n4 sentences",
        f"on {gold} (3 that were trained on left out):\n{len(rows)} sentences in 14 articles",
        "sentences changed their frame",
        "words whose weight moved most",
        f"{models / 'new'} is now ",
    ):
        assert said in done.output
    card = load(models / "new").card
    assert [(s["name"], s["weight"], s["sentences"]) for s in card["labels"]["sets"]] == [
        ("labels", 1.0, len(rows) - 4),
        ("mine", 3.0, 6),
    ]
    assert card["labels"]["sentences"] == len(rows) + 2
    assert card["labels"]["frames"]["neutral"] >= 6
    assert {"framing-zh", "numpy", "scipy", "scikit-learn"} <= set(card["versions"])
    assert card["options"]["folds"] == 5
    again = train(*args, "--out", tmp_path / "elsewhere", "--jobs", "2")
    assert again.exit_code == 0, again.output
    assert contents(tmp_path / "elsewhere") == contents(models / "new")


def test_significantly_worse_model_takes_no_place(rows: list[dict[str, Any]], write_labels: WriteLabels, models: Path) -> None:
    mine, rejected = models / "mine", rejected_place(models / "mine")
    before = contents(mine)
    gold = write_labels(reworded(rows), "gold.jsonl")
    args = ("--labels", write_labels(swapped(rows), "wrong.jsonl"), "--gold", gold, "--out", mine)
    done = CliRunner().invoke(cli, ["train", "--jobs", "1", *map(str, args)])
    assert isinstance(done.exception, WorseModelError)
    assert done.exception.exit_code == 3
    message = str(done.exception)
    assert message.startswith(f"{mine} was not replaced: the new model is significantly worse (frame macro-F1 ")
    assert f"it is kept in {rejected}" in message
    assert "\n" not in message
    assert contents(mine) == before
    assert versions(mine) == []
    worse = verify(rejected)["hash"]
    done = train(*args, "--accept-worse")
    assert done.exit_code == 0, done.output
    assert verify(mine)["hash"] == worse
    assert [v.hash for v in versions(mine)] == [json.loads(before["manifest.json"])["hash"]]
    assert "mine.rejected" in CliRunner().invoke(list_models, [str(models)]).output


def test_topic_of_ones_own_works_by_vocabulary(rows: list[dict[str, Any]], write_labels: WriteLabels, tmp_path: Path) -> None:
    topics = tmp_path / "topics.toml"
    topics.write_text(TOPICS, "utf-8")
    labels = [{**rows[0], "topics": ["安全"]}, *rows[1:], *price_rows()]
    told: list[tuple[str, float]] = []
    words = tmp_path / "words.tsv"
    words.write_text("# ours\n壓單\t-2\n", "utf-8")
    recipe = Recipe([LabelSet(write_labels(labels))], lexicons=[words], topics=topics, config=TrainConfig(jobs=1))
    result = retrain(recipe, progress=lambda stage, share: told.append((stage, share)))
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert (told[0], told[-1]) == (("reading labels", 0.0), ("done", 1.0))
    assert result.model.topics == ("marketing", "technology", "traffic", "价格")
    assert result.model.lexicon.phrases["压单"] == -2.0
    assert result.comparisons == ()
    assert any("价格 is by vocabulary only" in n for n in result.notes)
    assert any("1 sentences carry the topic 安全, which is not learned" in n for n in result.notes)
    assert result.model.card["topics"]["价格"] == {"description": "prices and fees", "terms": 5, "labelled": False}
    put_in_place(result, tmp_path / "models" / "own")
    found = score("平台把佣金和配送费都提高了。\n发布会在北京举行。", load(tmp_path / "models" / "own"))
    first, second = (s.prediction for s in found.sentences)
    assert first is not None
    assert second is not None
    assert first.topic_probabilities["价格"] > second.topic_probabilities["价格"]
    assert "价格" in first.topics
    assert (
        "own topic 价格: prices and fees; 5 terms, learned from its vocabulary" in (tmp_path / "models" / "own" / "README.md").read_text()
    )


def test_topic_with_labels_is_learned_from_them(rows: list[dict[str, Any]], write_labels: WriteLabels, tmp_path: Path) -> None:
    topics = tmp_path / "topics.toml"
    topics.write_text(TOPICS, "utf-8")
    labelled = [{**r, "topics": ["价格"]} for r in price_rows()]
    result = retrain(Recipe([LabelSet(write_labels([*rows, *labelled]))], topics=topics, config=TrainConfig(jobs=1)))
    assert result.notes == ()
    assert result.model.card["topics"]["价格"]["labelled"]
    assert result.model.card["labels"]["topics"]["价格"] == 6


def test_unreadable_model_is_kept_and_replaced(rows: list[dict[str, Any]], write_labels: WriteLabels, models: Path) -> None:
    mine = models / "mine"
    (mine / "weights.npy").write_bytes(b"damaged")
    done = train("--labels", write_labels(rows), "--out", mine)
    assert done.exit_code == 0, done.output
    assert "no comparison with" in done.output
    assert load(mine).name == "mine"
    assert versions(mine) == []
    assert (models / ".versions" / "mine" / "0001-unreadable" / "weights.npy").read_bytes() == b"damaged"


def test_terminal_shows_stages_and_the_time_left() -> None:
    code = "from framing.cli.train import progress_bar\nwith progress_bar() as tell:\n for i in (0, 0.5, 1): tell('fitting', i)"
    page = pexpect.spawn(sys.executable, ["-c", code], dimensions=(20, 100), encoding="utf-8", timeout=60)
    page.expect(r"fitting +50% \|█+ +\| 00:\d\d gone, 00:\d\d left")
    page.expect(pexpect.EOF)
    page.close()
    assert page.exitstatus == 0


# --- updating ------------------------------------------------------------------------------------


def test_update_takes_the_place_of_its_base(rows: list[dict[str, Any]], write_labels: WriteLabels, models: Path) -> None:
    mine, labels, new = models / "mine", write_labels(rows), write_labels(price_rows(), "prices.jsonl")
    before = load(mine)
    done = train("--labels", labels, "--labels", new, "--out", mine, "--update")
    assert done.exit_code == 0, done.output
    assert f"trained on {len(rows) - 4 + 6} sentences" in done.output
    assert "the base's figures, cross-validated:" in done.output
    assert f"against {mine} on the frozen test split" in done.output
    after = load(mine)
    assert after.card["base"] == {"name": before.name, "hash": before.hash}
    assert [v.hash for v in versions(mine)] == [before.hash]


def test_worse_update_takes_no_place(rows: list[dict[str, Any]], write_labels: WriteLabels, models: Path) -> None:
    mine = models / "mine"
    before = contents(mine)
    gold = write_labels(reworded(rows), "gold.jsonl")
    done = train("--labels", write_labels(swapped(rows)), "--out", mine, "--update", "--gold", gold)
    assert isinstance(done.exception, WorseModelError), done.output
    assert contents(mine) == before
    assert rejected_place(mine).is_dir()


def test_update_of_the_new_labels_alone_is_refused(rows: list[dict[str, Any]], write_labels: WriteLabels, models: Path) -> None:
    alone = [{**r, "text": f"渡口的风{i}", "article": f"b{r['article']}"} for i, r in enumerate(rows)]
    done = train("--labels", write_labels(alone), "--base", models / "mine", "--update", "--out", models / "new")
    assert isinstance(done.exception, TrainingError)
    assert "an update needs the base's labels too" in str(done.exception)
    assert not (models / "new").exists()


# --- wrong use -----------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", ["mine", "mine=", "=3", "mine=0", "mine=-1", "mine=nan", "mine=1e9", "mine=x"])
def test_malformed_weight_is_wrong_use(weight: str) -> None:
    done = train("--weight", weight)
    assert done.exit_code == 2
    assert "NAME=NUMBER" in done.output


def test_inputs_are_read_before_anything_is_trained(rows: list[dict[str, Any]], write_labels: WriteLabels, models: Path) -> None:
    labels = write_labels(rows)
    full = models / "full"
    full.mkdir()
    (full / "thesis.txt").write_text("x")
    broken = write_labels([{**rows[0], "frame": "great"}], "broken.jsonl")
    for args, error, says in (
        (("--out", full), ArtifactError, "is not empty and holds no model"),
        (("--out", "."), ArtifactError, "name the model's folder"),
        (("--out", models / "new", "--base", models / "none"), ArtifactError, "is no model folder"),
        (("--out", models / "new", "--gold", broken), LabelError, f"{broken}:1: the frame 'great' is unknown"),
        (("--out", models / "new", "--topics", broken), LabelError, "not TOML"),
        (("--out", models / "new", "--lexicon", broken), FramingError, f"{broken}:1: 1 columns"),
        (("--out", models / "new", "--labels", broken), LabelError, f"{broken}:1: the frame 'great'"),
        (("--out", models / "new", "--weight", "other=2"), LabelError, "exactly one label set"),
    ):
        done = train("--labels", labels, *args)
        assert isinstance(done.exception, error), done.output
        assert says in str(done.exception)
        assert "\n" not in str(done.exception)
    assert not (models / "new").exists()


def test_script_tells_errors_in_one_line_too(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLE.parents[1] / "train.py"), "--labels", "none.jsonl", "--out", "model"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("framing: none.jsonl: ")
    assert done.stderr.count("\n") == 1


def test_base_is_the_one_given_or_replaced_or_shipped(models: Path) -> None:
    assert find_base(models / "new", models / "mine") == models / "mine"
    assert find_base(models / "mine") == models / "mine"
    shipped = find_base(models / "new")
    assert shipped is not None
    assert shipped.name == "default"


# --- the example ---------------------------------------------------------------------------------


def test_example_labels_are_those_of_its_articles() -> None:
    """Labels were given to the sentences into which the articles are cut, and hold nothing else."""
    from framing.labelling.tasks import read_tasks

    cut = {t["text"] for t in read_tasks(sorted(EXAMPLE.glob("*.txt")))}
    mine, held = (read_folder([EXAMPLE / "labels" / name]) for name in ("mine", "held"))
    assert {e.text for e in (*mine, *held)} == cut
    assert {e.article for e in mine}.isdisjoint(e.article for e in held)
    assert len(mine) + len(held) >= 150


def test_example_labels_pass_the_linter() -> None:
    done = CliRunner().invoke(cli, ["labels", "lint", str(EXAMPLE / "labels"), "--config", str(EXAMPLE / "lint.toml")])
    assert done.exit_code == 0, done.output
