"""The course of an article covers every counted sentence, once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.records import FRAMES
from framing.report.course import course


@given(frames=st.lists(st.sampled_from(FRAMES), max_size=130))
def test_steps_cover_all_sentences_and_the_curve_stays_in_range(make_score: Any, frames: list[str]) -> None:
    score = make_score([("一句话。", frame, (), "author", "body") for frame in frames])
    found = course(score)
    covered = [i for step in found.steps for i in range(step.first, step.last + 1)]
    assert covered == list(range(len(frames)))
    assert len(found.steps) <= 60
    assert all(-0.7 - 1e-9 <= y <= 0.7 + 1e-9 for _, y in found.curve)
    assert sum(s.net * (s.last - s.first + 1) for s in found.steps) == pytest.approx(sum(found.stance))


def test_a_constant_stance_gives_a_level_curve(make_score: Any) -> None:
    found = course(make_score([("好。", "praise", (), "author", "body")] * 40))
    assert [y for _, y in found.curve] == pytest.approx([0.7] * len(found.curve))


def test_what_is_not_counted_has_no_place(praising: Any) -> None:
    found = course(praising)
    assert len(found.index) == sum(s.sentence.kind in ("body", "heading") for s in praising.sentences)
    assert [praising.sentences[found.index[h]].sentence.text for h in found.headings] == ["晨岸科技的一年", "营销篇"]
