"""What training costs is measured over all processes, and labels are split by whole articles."""

from __future__ import annotations

import json
import sys

import pytest
from retraining import BOUNDS, Cost, Fit, costs_table, fits_table, measure, split_off, warm_fits

ARTICLES = {"a": 3, "b": 3, "c": 3, "d": 3}
FRAMES = ("praise", "skepticism", "neutral")
TEXTS = {"praise": "这家店的服务周到，好评如潮。", "skepticism": "这家店的服务令人失望。", "neutral": "这家店在城东开业。"}


def rows():
    found = [
        {
            "id": f"{a}{i}",
            "article": a,
            "text": f"{i}号：{TEXTS[FRAMES[i]]}{a}",
            "frame": FRAMES[i],
            "topics": [],
            "voice": "author",
            "split": "test" if a == "d" else "train",
        }
        for a, size in ARTICLES.items()
        for i in range(size)
    ]
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in found)


def test_workers_count_and_failures_are_told(tmp_path):
    child = "b = bytearray(60_000_000); import time; time.sleep(0.6)"
    spawn = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    cost = measure([sys.executable, "-c", spawn], tmp_path)
    assert cost.memory > 60
    assert cost.wall >= 0.6
    with pytest.raises(RuntimeError, match="ValueError: no"):
        measure([sys.executable, "-c", "raise ValueError('no')"], tmp_path)


def test_labels_are_split_by_training_articles(tmp_path):
    labels = tmp_path / "labels.jsonl"
    labels.write_text(rows(), "utf-8")
    rest, added = (path.read_text("utf-8") for path in split_off(labels, tmp_path, 4))
    articles = [{json.loads(line)["article"] for line in text.splitlines()} for text in (rest, added)]
    assert articles[0].isdisjoint(articles[1])
    assert "d" in articles[0]
    assert len(added.splitlines()) == 6
    assert len((rest + added).splitlines()) == 12


def test_fits_end_at_one_minimum(tmp_path, monkeypatch):
    labels = tmp_path / "labels.jsonl"
    labels.write_text(rows(), "utf-8")
    monkeypatch.setattr("retraining.ADDED", 3)
    fits = warm_fits(labels)
    assert [(f.solver, f.start) for f in fits] == [(s, b) for s in ("newton-cg", "lbfgs") for b in ("zero", "the base")]
    assert all(f.distance < 0.1 for f in fits)


def test_tables():
    assert "| all labels | 3 | 90 | 5 | 100 | 2000 |" in costs_table({name: [Cost(3, 5, 100)] * 3 for name in BOUNDS})
    assert "| lbfgs, from zero | 1.50 | 9 | 0.010 |" in fits_table([Fit("zero", "lbfgs", 1.5, 9, 0.01)])
