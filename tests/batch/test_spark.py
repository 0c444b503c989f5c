"""The Spark recipe of the documentation on a real local session: `pytest -m spark`, with pyspark and Java installed."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

import framing
from tests.batch.conftest import article

DOCS = Path(__file__).parents[2] / "docs" / "batch.md"


@pytest.mark.spark
@pytest.mark.filterwarnings("ignore")
def test_recipe_gives_the_library_s_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark.sql import SparkSession

    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    found = re.search(r"<!-- spark recipe -->\n```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        rows = [(str(i), article(i, 20)) for i in range(8)]
        names: dict[str, Any] = {"articles": session.createDataFrame(rows, "id string, text string")}
        exec(textwrap.dedent(found[1]), names)
        scored = {row["id"]: row for row in names["scored"].collect()}
    finally:
        session.stop()
    assert set(scored) == {number for number, _ in rows}
    for number, text in rows:
        expected = framing.score(text)
        net = expected.topic("technology").net
        assert scored[number]["verdict"] == expected.verdict
        assert scored[number]["technology_net"] == (None if net is None else pytest.approx(net.value))
