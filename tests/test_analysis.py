"""One call scores an article, whatever state it is in, and every offset leads to the original."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from opencc import OpenCC

import framing
from framing import analysis
from framing.analysis import load_model, predict_rows, read_bytes, score, score_decoded_many, score_file, score_many
from framing.decode import Decoded
from framing.errors import ArtifactError, DecodeError, FramingError, InputError, TooLargeError
from framing.model import FramingModel
from framing.report.data import article
from framing.segment import fold

ARTICLE = (
    "晨岸手錶的一年\r\n晨岸科技的晶片性能領先同行，表現出色。生態(tài)體驗獲得業(yè)界好評。\r\n"
    "“質量低劣，令人失望。”用戶周亦安說。\r\n浠潃杈ㄧ鐞嗗憳琛ㄧず锛屽叕鍙搁渶瑕\r\n直播數據存在水分，引發爭議。\r\n免責聲明：本文不構成投資建議。\r\n"
)
PIECES = st.sampled_from(
    [
        "领先",
        "令人失望",
        "，",
        "。",
        "\n",
        "“",
        "”",
        "(tài)",
        "<p>",
        "&amp;",
        "\u200b",
        "晨岸",
        "A",
        "\ud800",
        "锟斤拷",
        "\ue000\ue001",
        "免责声明：",
        "好。",
        "\x00",
        "!",
        "3.5",
        "🚗",
        "軟體",
    ]
)


def test_an_article(small_model: FramingModel) -> None:
    result = score(ARTICLE, small_model, source="年報.txt")
    kinds = [s.sentence.kind for s in result.sentences]
    assert kinds == ["heading", "body", "body", "body", "unreadable", "body", "boilerplate"]
    assert [s.prediction is None for s in result.sentences] == [k == "unreadable" for k in kinds]
    assert result.topic("all").sentences == 5
    assert result.warnings == ("unreadable-sentences",)
    assert [r.before for r in result.repairs] == ["(tài)", "(yè)"]
    assert (result.source, result.model, result.characters) == ("年報.txt", "small", len(ARTICLE))
    with pytest.raises(KeyError):
        result.topic("weather")


def test_offsets_lead_to_the_original(small_model: FramingModel) -> None:
    for item in score(ARTICLE, small_model).sentences:
        s = item.sentence
        assert s.text == ARTICLE[s.start : s.end].replace("(tài)", "").replace("(yè)", "")
        for c in item.prediction.evidence if item.prediction else ():
            assert ARTICLE[c.start : c.end].replace("(tài)", "").replace("(yè)", "") == c.text
            assert s.start <= c.start < c.end <= s.end


@settings(max_examples=50)
@example(["锟斤拷令人失望。", "\n", "令人失望。"])
@given(st.lists(PIECES, max_size=25))
def test_anything_scores(small_model: FramingModel, pieces: list[str]) -> None:
    text = "".join(pieces)
    result = score(text, small_model)
    at = 0
    for item in result.sentences:
        s = item.sentence
        assert at <= s.start < s.end <= len(text)
        at = s.end
        for c in item.prediction.evidence if item.prediction else ():
            assert s.start <= c.start < c.end <= s.end
            assert fold(text[c.start : c.start + 1]) == fold(c.text[:1])
    json.dumps(article(result))


@pytest.mark.parametrize("text", ["", " \n\t\u3000\n", "\ufeff", "——", "免责声明：本文不构成投资建议。"])
def test_nothing_to_count(small_model: FramingModel, text: str) -> None:
    result = score(text, small_model)
    assert (result.verdict, result.lean) == ("unknown", "unknown")
    assert not any(row.sufficient for row in result.topics)


def test_another_language_is_noted(small_model: FramingModel) -> None:
    assert score("The new phone was praised by everybody. Sales are up.", small_model).warnings == ("not-chinese",)
    assert score("新手機OPPO Find X9 Pro獲得好評。", small_model).warnings == ()


def test_files(small_model: FramingModel, tmp_path: Path) -> None:
    path = tmp_path / "年报.txt"
    path.write_bytes(ARTICLE.encode("utf-16"))
    assert score_file(path, small_model).encoding == "utf-16"
    path.write_bytes("晨岸科技的芯片性能领先同行，表现出色，这是他们的第一年。".encode("gb18030"))
    result = score_file(str(path), small_model)
    assert (result.encoding, result.warnings, result.source) == ("gb18030", ("encoding-inferred",), str(path))
    path.write_bytes("新芯片性能领先同行，表现出色。".encode()[:-1])
    assert score_file(path, small_model).warnings == ("unreadable-sentences", "encoding-inferred", "undecodable-bytes")
    with pytest.raises(TooLargeError):
        score_file(path, small_model, limit=10)
    with pytest.raises(DecodeError):
        score_file(path, small_model, encoding="ascii")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, says in ((tmp_path, "is a folder"), (tmp_path / "none", "no such file"), (f"{tmp_path}/\0", "cannot be read")):
        with pytest.raises(InputError, match=says):
            read_bytes(path)
    (tmp_path / "file").write_bytes(b"12345")
    assert read_bytes(tmp_path / "file", limit=3) == b"1234"


def test_label_rows_are_repaired_one_by_one(small_model: FramingModel) -> None:
    rows = ["態(tài)度領先，好評如潮。", "锟斤拷锟斤拷令人失望", ""]
    found = predict_rows(rows, ["a", "b", "c"], small_model)
    assert found[0].frame == predict_rows(["態度領先，好評如潮。"], ["a"], small_model)[0].frame
    assert found[1].stance_log_odds == predict_rows([""], ["a"], small_model)[0].stance_log_odds


def test_the_shipped_model_reads_clear_sentences() -> None:
    praise = "晨岸科技的新芯片性能领先同行，表现出色，获得业界高度评价。"
    doubt = "外界质疑这不过是营销噱头，质量低劣，令人失望。"
    plain = "公司总部位于杭州，成立于2015年。"
    assert [s.prediction.frame for s in score(praise + doubt + plain).sentences if s.prediction] == ["praise", "skepticism", "neutral"]
    assert load_model() is load_model()


def test_the_script_does_not_change_frames() -> None:
    """An article converted to another script has the same sentences and frames, with at most one in a hundred otherwise."""
    changed = total = 0
    for path in sorted((Path(__file__).parent.parent / "examples").glob("*.txt")):
        text = path.read_text("utf-8")
        frames = [s.prediction and s.prediction.frame for s in score(text).sentences]
        for conversion in ("s2t", "s2twp", "s2hk", "t2s"):
            found = [s.prediction and s.prediction.frame for s in score(OpenCC(conversion).convert(text)).sentences]
            assert len(found) == len(frames)
            changed += sum(a != b for a, b in zip(found, frames, strict=True))
            total += len(frames)
    assert total > 100
    assert changed < 0.01 * total


def test_the_package_offers_what_it_says() -> None:
    assert [name for name in framing.__all__ if not hasattr(framing, name)] == []
    assert framing.score is score
    assert framing.FramingError is FramingError
    with pytest.raises(AttributeError, match="no attribute 'scores'"):
        framing.scores  # noqa: B018
    with pytest.raises(ArtifactError):
        framing.load_model("/nonexistent")


@settings(max_examples=30)
@given(articles=st.lists(st.lists(PIECES, max_size=12).map("".join), max_size=6), batch=st.integers(1, 9))
def test_articles_scored_together_score_as_alone(small_model: FramingModel, articles: list[str], batch: int) -> None:
    names = [f"{i}.txt" for i in range(len(articles))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis, "BATCH", batch)
        together = list(score_many(articles, small_model, sources=names))
    assert together == [score(text, small_model, source=name) for text, name in zip(articles, names, strict=True)]


def test_many_articles_are_taken_as_they_are_needed(small_model: FramingModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "BATCH", 4)
    taken = []

    def texts() -> Iterator[str]:
        for number in range(100):
            taken.append(number)
            yield f"第{number}代芯片的性能领先同行。口碑很好。"

    first = next(score_many(texts(), small_model, evidence=0))
    assert len(taken) == 2
    assert first.source == "<text>"
    assert all(s.prediction is not None and not s.prediction.evidence for s in first.sentences)


def test_decoded_texts_keep_their_notes(small_model: FramingModel) -> None:
    documents = [
        (Decoded("芯片领先。", "gb18030", False), "a"),
        (Decoded("芯片\ufffd领先。", "utf-8", True, 1), "b"),
        (Decoded("", "utf-8", True), "c"),
    ]
    found = list(score_decoded_many(documents, small_model))
    assert [(s.source, s.encoding, s.warnings) for s in found] == [
        ("a", "gb18030", ("encoding-inferred",)),
        ("b", "utf-8", ("unreadable-sentences", "undecodable-bytes")),
        ("c", "utf-8", ()),
    ]
