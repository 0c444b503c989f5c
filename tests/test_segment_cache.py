"""Cutting words keeps no cache: there is nothing to poison, and nothing for two processes to corrupt.

jieba itself trusts a marshalled dictionary in the shared temporary folder, whoever put it there.
"""

from __future__ import annotations

import json
import marshal
import os
import subprocess
import sys
from pathlib import Path

import pytest

TEXT = "新芯片的性能领先同行"
OURS = "from framing.segment import Segmenter; tokens = Segmenter(engine='jieba').segment([text]).tokens"
JIEBA_ALONE = "import jieba; tokens = jieba.lcut(text)"
# A dictionary that holds one word: the whole text. jieba also asks for all its beginnings.
POISON = marshal.dumps(({TEXT[:i]: int(i == len(TEXT)) for i in range(1, len(TEXT) + 1)}, 1))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give a folder for everything that a process might keep."""
    (tmp_path / "tmp").mkdir()
    return tmp_path


def start(home: Path, code: str) -> subprocess.Popen[str]:
    """Start a process that cuts the text and prints its tokens, with all that it may write to in one folder."""
    program = f"import json; text = {TEXT!r}; {code}; print(json.dumps(tokens))"
    places = {"HOME": home, "XDG_CACHE_HOME": home / ".cache", "TMPDIR": home / "tmp", "TEMP": home / "tmp", "TMP": home / "tmp"}
    environment = {**os.environ, **{name: str(path) for name, path in places.items()}, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-W", "ignore", "-c", program]
    return subprocess.Popen(command, cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def tokens(process: subprocess.Popen[str]) -> list[str]:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    result: list[str] = json.loads(output)
    return result


def test_processes_that_start_at_once_agree_and_leave_nothing_behind(home: Path) -> None:
    results = [tokens(p) for p in [start(home, OURS) for _ in range(3)]]
    assert results[0] == results[1] == results[2]
    assert "领先" in results[0]
    assert sorted(p.name for p in home.rglob("*")) == ["tmp"]


@pytest.mark.parametrize("poison", [POISON, b"no dictionary at all"], ids=["other words", "garbage"])
def test_a_poisoned_cache_is_not_read(home: Path, poison: bytes) -> None:
    places = [home / "tmp" / "jieba.cache", home / "jieba.cache", home / ".cache" / "jieba.cache"]
    for place in places:
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(poison)
    assert "领先" in tokens(start(home, OURS))
    assert [place.read_bytes() for place in places] == [poison] * len(places)
    assert sorted(p for p in home.rglob("*") if p.is_file()) == sorted(places)


def test_jieba_alone_reads_a_poisoned_cache(home: Path) -> None:
    """Otherwise the test above would prove nothing."""
    (home / "tmp" / "jieba.cache").write_bytes(POISON)
    assert tokens(start(home, JIEBA_ALONE)) == [TEXT]
