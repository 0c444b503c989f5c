"""Find probable label errors: sentences whose label a model that has not seen them firmly doubts.

Each label is predicted for every sentence by models trained on other articles; cleanlab's confident
learning (Northcutt, Jiang and Chuang, 2021) then names the labels that are probably wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from framing.labelling.extras import require
from framing.labelling.lint import Finding, LintConfig

if TYPE_CHECKING:
    from framing.labelling.checks import Corpus

__all__ = ["FOLDS", "find_suspects"]

FOLDS = 5
"""Grouped folds of the cross-validation."""


def find_suspects(corpus: Corpus, config: LintConfig, labels: Sequence[str]) -> list[Finding]:
    """List probable label errors.

    Args:
        corpus: the rows; those of one article are never both trained on and predicted.
        config: the settings; one decision is made per topic of its ``topics``.
        labels: which of ``frame``, ``topics`` and ``voice`` to look at.

    Returns:
        One finding per doubted label, with the likelier label and the probability of the given one.

    Raises:
        LabelError: cleanlab is not installed.
    """
    find = require("cleanlab.filter", "suspects").find_label_issues
    found = []
    for name, given in _decisions(corpus, config, labels).items():
        classes, numbers = np.unique(given, return_inverse=True)
        groups = len({e.article for e in corpus.examples})
        if len(classes) < 2 or np.bincount(numbers).min() < FOLDS or groups < FOLDS:
            continue
        probability = _cross_validated(corpus, given)
        ranked = find(numbers, probability, filter_by="both", return_indices_ranked_by="self_confidence", n_jobs=1)
        for i in (i for i in ranked.tolist() if probability[i, numbers[i]] <= config.suspect):
            likely = classes[int(np.argmax(probability[i]))]
            message = f"{name} is {given[i]}, but {likely} is likelier (P of the label given: {probability[i, numbers[i]]:.2f})"
            found.append(Finding("suspect", config.severity_of("suspect"), message, corpus.place(i)))
    return found


def _decisions(corpus: Corpus, config: LintConfig, labels: Sequence[str]) -> dict[str, NDArray[np.str_]]:
    """Give the labels of each decision as an array of names."""
    examples = corpus.examples
    result = {name: np.array([getattr(e, name) for e in examples]) for name in ("frame", "voice") if name in labels}
    if "topics" in labels:
        for topic in config.topics:
            result[f"topic {topic}"] = np.array(["yes" if topic in e.topics else "no" for e in examples])
    return result


def _cross_validated(corpus: Corpus, given: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return the probability of each class, in sorted order, by models that have not seen the article."""
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

    from framing.classifier import FramingClassifier

    texts = np.array([e.text for e in corpus.examples], object)
    groups = np.array([e.article for e in corpus.examples])
    model = FramingClassifier(lexicon=corpus.lexicon)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    return np.asarray(cross_val_predict(model, texts, given, groups=groups, cv=folds, method="predict_proba"), np.float64)
