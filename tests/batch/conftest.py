"""A small real model, articles for it, and ways to run the command as its own process."""

from __future__ import annotations

import itertools
import json
import os
import random
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from framing.artifact import save
from framing.lexicon import load_lexicon
from framing.records import Example
from framing.training import TrainConfig, train

PRAISE = ["这项技术表现出色，令人惊喜", "产品口碑极佳，值得称赞", "新芯片性能领先同行", "营销打得又准又巧，效果亮眼"]
SKEPTICISM = ["这项技术漏洞百出，令人失望", "产品质量糟糕，投诉不断", "新芯片性能落后同行", "营销夸大其词，只是噱头"]
NEUTRAL = ["公司在杭州举行了技术发布会", "产品售价十九万元", "新芯片将于三月上市", "营销部门有三十名员工"]
SUBJECTS = ["远帆汽车", "星砾手机", "青禾软件", "北渡物流", "晨岸科技"]

Run = Callable[..., subprocess.CompletedProcess[str]]


def sentence(kind: Sequence[str], number: int) -> str:
    return f"{SUBJECTS[number % len(SUBJECTS)]}：{kind[number % len(kind)]}。"


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a model on a few dozen sentences and save it."""
    examples = []
    for article, (frame, kind) in itertools.product(range(8), (("praise", PRAISE), ("skepticism", SKEPTICISM), ("neutral", NEUTRAL))):
        for i in range(4):
            text = sentence(kind, article + i)
            topics = tuple(t for t, cue in (("technology", "技术"), ("technology", "芯片"), ("marketing", "营销")) if cue in text)
            voice = "quoted" if i == 3 and article % 2 else "author"
            if i == 1 and article % 2:
                topics = ("traffic",)
            examples.append(Example(f"{article}-{frame}-{i}", f"a{article}", text, frame, topics, voice))  # type: ignore[arg-type]
    examples.sort(key=lambda e: e.article)
    with warnings.catch_warnings():
        # So few articles leave some statistics of the training report empty.
        warnings.simplefilter("ignore", RuntimeWarning)
        fitted, _ = train(examples, load_lexicon(), TrainConfig(folds=2, jobs=1), name="small")
    folder = tmp_path_factory.mktemp("model") / "small"
    save(fitted, folder)
    return folder


def article(seed: int, sentences: int = 6) -> str:
    chooser = random.Random(seed)
    kinds = [PRAISE, SKEPTICISM, NEUTRAL]
    return "\n".join(sentence(chooser.choice(kinds), chooser.randrange(1000)) for _ in range(sentences)) + f"\n第{seed}篇。\n"


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """Write a folder of twelve articles."""
    folder = tmp_path / "articles"
    folder.mkdir()
    for i in range(12):
        (folder / f"{i:02d}.txt").write_text(article(i), encoding="utf-8")
    return folder


def environment() -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])}


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "framing", *map(str, arguments)]


@pytest.fixture
def framing(tmp_path: Path) -> Run:
    """Give a runner of the command in a process of its own."""

    def run(*arguments: object, code: int | None = 0, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command(*arguments), capture_output=True, text=True, cwd=tmp_path, env=environment(), input=stdin, timeout=120, check=False
        )
        if code is not None:
            assert done.returncode == code, done.stderr
        return done

    return run


def contents(folder: Path) -> dict[str, bytes]:
    """Read a batch's folder whole, without its lock."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file() and p.name != "lock"}


def lines(folder: Path, level: str) -> list[dict[str, object]]:
    return [json.loads(line) for p in sorted((folder / level).iterdir()) for line in p.read_text(encoding="utf-8").splitlines()]


def write_table(path: Path, rows: Iterable[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    return path
