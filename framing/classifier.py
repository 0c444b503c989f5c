"""Offer the frame decision as a scikit-learn estimator, for grid searches and pipelines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from framing.features import Context, Extractor, FeatureConfig, fit_features
from framing.lexicon import Lexicon, Matcher, load_lexicon
from framing.matrix import feature_matrix
from framing.segment import Segmenter
from framing.training import SOLVER, THREADS

__all__ = ["FramingClassifier"]


class FramingClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classify Chinese sentences with the features and the linear head of the shipped model.

    Any labels will do: frames, or a company's own classes. Sentences are taken one by one; context
    across an article belongs to ``framing train``. Follows scikit-learn's conventions: constructor
    arguments are stored as given, fitted attributes end in an underscore, and ``groups`` are handled
    by the cross-validation that the estimator is used in.

    Args:
        C: inverse regularization strength, above 0.
        lexicon: cue lists; the shipped ones by default.
        features: the feature configuration; the shipped model's by default.
        class_weight: as in ``LogisticRegression``.
        max_iter: most iterations of the solver.

    Attributes:
        classes_: the labels seen in fitting, sorted.
        lexicon_: the cue lists used.
        space_: the fitted feature space.
        head_: the fitted ``LogisticRegression``.
    """

    def __init__(
        self,
        C: float = 0.3,
        lexicon: Lexicon | None = None,
        features: FeatureConfig | None = None,
        class_weight: dict[Any, float] | str | None = None,
        max_iter: int = 300,
    ) -> None:
        self.C = C
        self.lexicon = lexicon
        self.features = features
        self.class_weight = class_weight
        self.max_iter = max_iter

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.sparse = False
        return tags

    def fit(self, X: Sequence[str], y: Sequence[Any], sample_weight: Sequence[float] | None = None) -> FramingClassifier:
        """Fit on sentences ``X``, shape ``(n,)``, and their labels ``y``, shape ``(n,)``.

        Raises:
            ValueError: lengths differ, ``X`` is no sequence of strings, or ``y`` has one class only.
        """
        texts = _texts(X)
        labels = np.asarray(y)
        if len(labels) != len(texts):
            raise ValueError(f"X has {len(texts)} sentences but y has {len(labels)} labels")
        self.lexicon_ = self.lexicon if self.lexicon is not None else load_lexicon()
        matcher = Matcher(self.lexicon_)
        tokens = Segmenter(self.lexicon_.regional).segment(texts)
        self.space_ = fit_features(tokens, Context.single(len(texts)), matcher, self.features or FeatureConfig())
        self._tools = Segmenter(self.lexicon_.regional), Extractor(self.space_, matcher)
        self.head_ = LogisticRegression(C=self.C, class_weight=self.class_weight, max_iter=self.max_iter, solver=SOLVER)
        with threadpool_limits(THREADS):
            self.head_.fit(self._rows(texts), labels, sample_weight=sample_weight)
        self.classes_ = self.head_.classes_
        return self

    def __getstate__(self) -> dict[str, Any]:
        # The segmenter may hold what cannot be pickled; both tools are rebuilt from plain data.
        state: dict[str, Any] = super().__getstate__()
        return {k: v for k, v in state.items() if k != "_tools"}

    def _rows(self, X: Sequence[str]) -> Any:
        check_is_fitted(self, "space_")
        texts = _texts(X)
        if not hasattr(self, "_tools"):
            self._tools = Segmenter(self.lexicon_.regional), Extractor(self.space_, Matcher(self.lexicon_))
        segmenter, extractor = self._tools
        return feature_matrix(extractor, segmenter.segment(texts), Context.single(len(texts)))

    def predict(self, X: Sequence[str]) -> NDArray[Any]:
        """Return the label of each sentence."""
        rows = self._rows(X)
        return np.asarray(self.head_.predict(rows))

    def predict_proba(self, X: Sequence[str]) -> NDArray[np.float64]:
        """Return P(class) per sentence, columns as in ``classes_``, shape ``(n, classes)``."""
        rows = self._rows(X)
        return np.asarray(self.head_.predict_proba(rows))

    def decision_function(self, X: Sequence[str]) -> NDArray[np.float64]:
        """Return the linear scores, as ``LogisticRegression.decision_function``."""
        rows = self._rows(X)
        return np.asarray(self.head_.decision_function(rows))


def _texts(X: Sequence[str]) -> list[str]:
    if isinstance(X, str) or not hasattr(X, "__len__"):
        raise ValueError("X must be a sequence of sentences, such as a list of strings")
    texts = list(X)
    for text in texts:
        if not isinstance(text, str):
            raise ValueError(f"X must hold strings only, not {type(text).__name__}")
    return texts
