"""A batch on a real local Dask cluster: scheduler and workers are processes of their own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.batch.conftest import Run, article, contents, environment, write_table
from tests.batch.test_crashes import finish, start


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and two workers; yield its address and the workers."""
    place = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path, "env": environment()}
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(place)]
    processes = [subprocess.Popen([*dask, "scheduler", *options], **quiet)]
    worker = [*dask, "worker", "--nthreads", "1", "--no-dashboard", "--no-nanny", "--host", "127.0.0.1", "--scheduler-file", str(place)]
    processes += [subprocess.Popen([*worker, "--name", str(i)], **quiet) for i in range(2)]
    try:
        while not place.exists() or not place.read_text().strip().endswith("}"):
            assert processes[0].poll() is None
        address = json.loads(place.read_text())["address"]
        yield address, processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_worker_is_killed_in_the_middle(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], framing: Run, model: Path, tmp_path: Path
) -> None:
    address, workers = cluster
    table = write_table(tmp_path / "table.jsonl", ({"text": article(i, 8)} for i in range(300)))
    options = ["--model", model, "--partition-size", 6000]
    process = start(table, "-o", "dask", *options, "--backend", "dask", "--scheduler", address, cwd=tmp_path)
    assert process.stderr is not None
    for line in process.stderr:
        if json.loads(line)["event"] == "progress":
            break
    workers[0].send_signal(signal.SIGKILL)
    rest = finish(process)
    assert process.returncode == 0, rest
    framing("batch", table, "-o", "local", *options, "--jobs", 1)
    assert contents(tmp_path / "dask") == contents(tmp_path / "local")


def test_no_scheduler(framing: Run, articles: Path, model: Path) -> None:
    done = framing("batch", articles, "-o", "out", "--model", model, "--backend", "dask", code=1)
    assert "--scheduler" in done.stderr
