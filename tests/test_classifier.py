"""The estimator keeps to scikit-learn's conventions."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from framing import FramingClassifier
from framing.features import FeatureConfig
from framing.lexicon import Lexicon
from framing.records import Example

SMALL = Lexicon(
    words={"领先": 2.0, "好评": 2.0, "失望": -2.0, "质疑": -2.0, "噱头": -2.0},
    functional={"不": "negation", "但": "contrast"},
    topics={"technology": {"芯片": 2.0}},
)


@pytest.fixture(scope="module")
def X(labelled: list[Example]) -> list[str]:
    return [e.text for e in labelled]


@pytest.fixture(scope="module")
def y(labelled: list[Example]) -> list[str]:
    return [e.frame for e in labelled]


@pytest.fixture(scope="module")
def fitted(X: list[str], y: list[str]) -> FramingClassifier:
    return FramingClassifier(C=3.0, lexicon=SMALL).fit(X, y)


def test_fit_and_predict(fitted: FramingClassifier, X: list[str], y: list[str]) -> None:
    assert fitted.classes_.tolist() == ["neutral", "praise", "skepticism"]
    assert fitted.score(X, y) > 0.9
    probabilities = fitted.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert fitted.classes_[probabilities.argmax(axis=1)].tolist() == fitted.predict(X).tolist()
    assert fitted.decision_function(X).argmax(axis=1).tolist() == probabilities.argmax(axis=1).tolist()


def test_parameters(X: list[str], y: list[str]) -> None:
    estimator = FramingClassifier(C=2.0, lexicon=SMALL, features=FeatureConfig(skeleton=False), max_iter=50)
    copy = clone(estimator)
    assert copy.get_params()["C"] == 2.0
    assert copy.get_params()["features"] == FeatureConfig(skeleton=False)
    assert copy.set_params(C=0.5) is copy
    assert not hasattr(copy, "classes_")
    assert is_classifier(copy)
    assert copy.fit(X, y) is copy
    assert "FramingClassifier(C=0.5" in repr(copy)
    with pytest.raises(ValueError, match="Invalid parameter"):
        copy.set_params(penalty="l3")


def test_cross_validation_and_grid_search(X: list[str], y: list[str], labelled: list[Example]) -> None:
    groups = [e.article for e in labelled]
    found = cross_val_predict(FramingClassifier(lexicon=SMALL), X, y, cv=GroupKFold(3), groups=groups)
    assert set(found) <= set(y)
    search = GridSearchCV(make_pipeline(FramingClassifier(lexicon=SMALL)), {"framingclassifier__C": [0.1, 3.0]}, cv=GroupKFold(2))
    search.fit(X, y, groups=groups)
    assert search.best_params_["framingclassifier__C"] in (0.1, 3.0)


def test_fitting_again_forgets(X: list[str], y: list[str], fitted: FramingClassifier) -> None:
    estimator = clone(fitted).fit(X[:20], ["a", "b"] * 10)
    assert estimator.fit(X, y).predict_proba(X).tolist() == fitted.predict_proba(X).tolist()


def test_sample_weights_count(X: list[str]) -> None:
    twice = FramingClassifier(lexicon=SMALL).fit([X[0]] * 4, ["a", "a", "a", "b"]).predict_proba(X[:1])
    weighed = FramingClassifier(lexicon=SMALL).fit([X[0]] * 4, ["a", "b", "b", "b"], sample_weight=[9, 1, 1, 1]).predict_proba(X[:1])
    np.testing.assert_allclose(twice, weighed, atol=1e-3)


@pytest.mark.parametrize("kind", [list, tuple, np.array, lambda x: np.array(x, dtype=object)])
def test_kinds_of_sequences(fitted: FramingClassifier, X: list[str], y: list[str], kind: type) -> None:
    assert fitted.predict(kind(X)).tolist() == fitted.predict(X).tolist()
    assert FramingClassifier(lexicon=SMALL).fit(kind(X), kind(y)).predict(kind(X[:3])).shape == (3,)


def test_what_is_refused(fitted: FramingClassifier, X: list[str], y: list[str]) -> None:
    with pytest.raises(NotFittedError):
        FramingClassifier().predict(X)
    with pytest.raises(ValueError, match="72 sentences but y has 71"):
        FramingClassifier(lexicon=SMALL).fit(X, y[1:])
    with pytest.raises(ValueError, match="sequence of sentences"):
        fitted.predict("一句话")
    with pytest.raises(ValueError, match="strings only"):
        fitted.predict(["一句话", None])
    with pytest.raises(ValueError, match="class"):
        FramingClassifier(lexicon=SMALL).fit(X, ["a"] * len(X))


def test_any_labels_will_do(X: list[str]) -> None:
    numbers = np.arange(len(X)) % 2
    assert set(FramingClassifier(lexicon=SMALL).fit(X, numbers).predict(X)) <= {0, 1}


def test_a_fitted_estimator_survives_pickling(fitted: FramingClassifier, X: list[str]) -> None:
    assert pickle.loads(pickle.dumps(fitted)).predict(X).tolist() == fitted.predict(X).tolist()


def test_empty_input(fitted: FramingClassifier) -> None:
    assert fitted.predict_proba([""]).shape == (1, 3)
