"""Topics of the user's own: the file, and labels by vocabulary."""

from __future__ import annotations

from pathlib import Path

import pytest

from framing.errors import LabelError
from framing.labelling.topics import label_by_vocabulary, read_topics, with_topics
from framing.lexicon import Lexicon, Matcher
from framing.records import Example
from framing.segment import Segmenter

TOPICS = """
[topics."安全"]
description = "accidents, recalls, protection"
vocabulary = ["召回", "碰撞測試", { term = "安全", strength = 1 }]
[topics."价格"]
vocabulary = ["涨价", "降价"]
"""


def read(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "topics.toml"
    path.write_text(text, "utf-8")
    return path


def example(text: str, topics: tuple[str, ...] = (), file: str = "a.jsonl", line: int = 1) -> Example:
    return Example(f"{file}{line}", "x", text, "neutral", topics, "author", origin=f"{file}:{line}")


def test_topics_are_read_in_either_script(tmp_path: Path) -> None:
    safety, price = read_topics(read(tmp_path, TOPICS))
    assert (safety.name, price.name) == ("安全", "价格")
    assert safety.vocabulary == {"召回": 2.0, "碰撞测试": 2.0, "安全": 1.0}
    assert safety.description == "accidents, recalls, protection"


def test_vocabulary_labels_where_nobody_has(tmp_path: Path) -> None:
    specs = read_topics(read(tmp_path, TOPICS))
    examples = [
        example("公司宣布召回两千辆汽车。"),
        example("新車在碰撞測試裡得了滿分。", ("technology",)),
        example("这套系统很安全。"),
        example("安全第一，安全至上。"),
        example("门店在周末开业。"),
        example("工程師檢查了召回的零件。", (), "b.jsonl", 1),
        example("保险杠的设计保护行人。", ("安全",), "b.jsonl", 2),
    ]
    found = label_by_vocabulary(examples, specs)
    assert [e.topics for e in found] == [("安全",), ("technology", "安全"), (), ("安全",), (), (), ("安全",)]
    # The second file was labelled for safety, none for the price.
    assert [e.guessed for e in found] == [("安全", "价格")] * 5 + [("价格",)] * 2
    assert label_by_vocabulary(found[:2], specs)[0].topics == ("安全",)


def test_lexicon_takes_the_vocabularies_after_its_own(tmp_path: Path) -> None:
    lexicon = with_topics(Lexicon(topics={"technology": {"芯片": 2.0}}), read_topics(read(tmp_path, TOPICS)))
    matcher = Matcher(lexicon)
    assert matcher.topics == ("technology", "安全", "价格")
    matches = matcher.find(Segmenter().segment(["芯片降价了。"]))
    assert matcher.topic[matches.entry].tolist() == [[2.0, 0.0, 0.0], [0.0, 0.0, 2.0]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "at least one"),
        ("[topic.x]\nvocabulary = ['a']", "has only tables"),
        ("[topics.technology]\nvocabulary = ['a']", "is taken"),
        ("[topics.'a:b']\nvocabulary = ['a']", "is taken or has one of"),
        ("[topics.x]\nvocabulary = []", "vocabulary must be a list"),
        ("[topics.x]\nvocabulary = ['']", "a term is empty"),
        ("[topics.x]\nvocabulary = [3]", "neither a term nor"),
        ("[topics.x]\nvocabulary = [{ term = 'a', strength = 9 }]", "not between 1 and 3"),
        ("[topics.x]\nwords = ['a']", "only description and vocabulary"),
        ("[topics", "not TOML"),
    ],
)
def test_wrong_files_are_refused_in_one_line(text: str, message: str, tmp_path: Path) -> None:
    path = read(tmp_path, text)
    with pytest.raises(LabelError, match=message) as caught:
        read_topics(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
