"""The command line as users run it: in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Done = subprocess.CompletedProcess[bytes]
Run = Callable[..., Done]

ARTICLE = (
    "晨岸手錶的一年\n晨岸科技的晶片性能領先同行，表現出色，獲得業(yè)界高度評價。\n“質量低劣，令人失望，投訴不斷。”用戶周亦安說。\n"
    "公司總部位於杭州，成立於2015年。\n新晶片的算力是上一代的三倍。\n直播數據存在水分，引發爭議。\n免責聲明：本文不構成投資建議。\n"
)
ENVIRONMENT = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "COLUMNS")}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run ``python -m framing`` in an empty folder; a traceback or another exit code than ``code`` fails."""

    def start(*arguments: str | bytes, code: int = 0, stdin: bytes = b"", **variables: str) -> Done:
        command = [sys.executable, "-m", "framing", *arguments]
        environment = {**ENVIRONMENT, "LC_ALL": "C.UTF-8", **variables}
        done = subprocess.run(command, input=stdin, capture_output=True, cwd=tmp_path, env=environment, timeout=120, check=False)
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        assert done.returncode == code, done.stderr.decode()
        return done

    return start


@pytest.fixture
def article(tmp_path: Path) -> Path:
    """Give an article in the folder that ``run`` runs in."""
    path = tmp_path / "a.txt"
    path.write_text(ARTICLE, "utf-8")
    return path
