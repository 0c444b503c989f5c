"""The matrix of features, made in batches."""

from __future__ import annotations

import numpy as np
import pytest

from framing.features import Context, Extractor, FeatureConfig, fit_features
from framing.lexicon import Matcher, load_lexicon
from framing.matrix import feature_matrix
from framing.records import Example
from framing.segment import Segmenter


def test_the_matrix_does_not_depend_on_the_batches(monkeypatch: pytest.MonkeyPatch, labelled: list[Example]) -> None:
    """Whole articles stay together, so that what stands around a sentence is the same in every cut."""
    segmenter, matcher = Segmenter(load_lexicon().regional), Matcher(load_lexicon())
    tokens, context = segmenter.segment([e.text for e in labelled]), Context.of(e.article for e in labelled)
    extractor = Extractor(fit_features(tokens, context, matcher, FeatureConfig()), matcher)
    at_once = feature_matrix(extractor, tokens, context)
    monkeypatch.setattr("framing.matrix._BATCH", 1)
    np.testing.assert_array_equal(feature_matrix(extractor, tokens, context).toarray(), at_once.toarray())
    nothing = feature_matrix(extractor, segmenter.segment([]), Context.single(0))
    assert nothing.shape == (0, extractor.space.columns)
