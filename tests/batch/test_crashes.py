"""A batch is killed, starved and robbed of its folder: nothing is lost, nothing comes twice."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from framing.batch import BatchConfig, run
from framing.batch.tables import TableConfig
from tests.batch.conftest import Run, article, command, contents, environment, write_table

KILLS = 20


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Write a table that takes a few seconds to score."""
    return write_table(tmp_path / "table.jsonl", ({"text": article(i, 8), "id": i} for i in range(600)))


def start(*arguments: object, cwd: Path) -> subprocess.Popen[str]:
    """Start a batch and wait until it hands out partitions."""
    process = subprocess.Popen(command("batch", *arguments, "--log", "json"), stderr=subprocess.PIPE, text=True, cwd=cwd, env=environment())
    assert process.stderr is not None
    for line in process.stderr:
        if json.loads(line)["event"] == "begin":
            return process
    raise AssertionError("the batch ended before it began")


def finish(process: subprocess.Popen[str]) -> str:
    return process.communicate(timeout=300)[1]


def test_killed_at_twenty_random_moments(table: Path, model: Path, tmp_path: Path) -> None:
    config = BatchConfig(model_path=str(model), jobs=1, partition_size=4000, table=TableConfig(id_column="id"))
    run([str(table)], tmp_path / "undisturbed", config)
    out = tmp_path / "killed"
    # Processes are forked from one that has everything imported, so that most of their time is work.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["framing.batch.runner"])
    moments = random.Random(20)
    kills = 0
    while kills < KILLS:
        (out / "store" / "run").unlink(missing_ok=True)
        process = context.Process(target=run, args=([str(table)], out, config))
        process.start()
        while process.is_alive() and not (out / "store" / "run").exists():
            time.sleep(0.005)
        time.sleep(moments.uniform(0, 0.4))
        process.kill()
        process.join()
        if process.exitcode == 0:
            # It was faster than the moment: the next one begins anew.
            shutil.rmtree(out)
            continue
        assert process.exitcode == -signal.SIGKILL
        kills += 1
    if not (out / "manifest.json").exists():
        run([str(table)], out, config)
    assert contents(out) == contents(tmp_path / "undisturbed")


def test_killed_with_workers_at_work(framing: Run, table: Path, model: Path, tmp_path: Path) -> None:
    options = ["--model", model, "--partition-size", 4000, "--jobs", 2]
    for _ in range(2):
        process = start(table, "-o", "killed", *options, cwd=tmp_path)
        assert process.stderr is not None
        process.stderr.readline()
        process.kill()
        # Every worker holds standard error open: the end of it shows that none outlives the batch.
        finish(process)
        assert not (tmp_path / "killed" / "manifest.json").exists()
    framing("batch", table, "-o", "killed", *options)
    framing("batch", table, "-o", "undisturbed", *options)
    assert contents(tmp_path / "killed") == contents(tmp_path / "undisturbed")


def test_killed_while_bringing_up_to_date(framing: Run, articles: Path, model: Path, tmp_path: Path) -> None:
    options = ["--model", model, "--partition-size", 300, "--jobs", 1, "--incremental"]
    framing("batch", articles, "-o", "out", *options)
    for i in range(12, 60):
        (articles / f"{i:02d}.txt").write_text(article(i), encoding="utf-8")
    process = start(articles, "-o", "out", *options, cwd=tmp_path)
    process.kill()
    finish(process)
    framing("batch", articles, "-o", "out", *options)
    framing("batch", articles, "-o", "fresh", *options)
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


def test_folder_removed_while_running(table: Path, model: Path, tmp_path: Path) -> None:
    process = start(table, "-o", "out", "--model", model, "--partition-size", 4000, "--jobs", 1, cwd=tmp_path)
    shutil.rmtree(tmp_path / "out")
    rest = finish(process)
    assert process.returncode == 1
    assert "out" in rest.splitlines()[-1]
    assert "Traceback" not in rest
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_disk_full(framing: Run, articles: Path, model: Path, tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk: writing fails in the middle of a file."""
    options = ["batch", articles, "-o", "out", "--model", model, "--jobs", 1, "--partition-size", 700]
    for i in range(100, 103):
        (articles / f"{i}.txt").write_text(article(i, 400), encoding="utf-8")
    # The limit would also hit what measures coverage.
    unmeasured = {k: v for k, v in environment().items() if not k.startswith("COVERAGE_PROCESS_")}
    starved = subprocess.run(
        command(*options),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=unmeasured,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000)),
        check=False,
    )
    assert starved.returncode == 1
    assert starved.stderr.splitlines()[-1].startswith("framing: ")
    assert "cannot be written" in starved.stderr
    assert "Traceback" not in starved.stderr
    left = contents(tmp_path / "out")
    assert not any(Path(name).name.startswith(".") for name in left)
    framing(*options)
    framing("batch", articles, "-o", "fresh", *options[4:])
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")
    # What was finished before the disk was full is part of the whole, unchanged.
    assert all(contents(tmp_path / "out")[name] == data for name, data in left.items() if name.endswith((".zst", ".jsonl")))


def test_no_space_left(framing: Run, articles: Path, model: Path, tmp_path: Path) -> None:
    """The output lies on a file system of its own that is too small; who is not root mounts it in a user namespace."""
    for i in range(100, 103):
        (articles / f"{i}.txt").write_text(article(i, 400), encoding="utf-8")
    for name in ("out", "left"):
        (tmp_path / name).mkdir()
    options = ["batch", articles, "-o", "out", "--model", model, "--jobs", 1, "--partition-size", 700]
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    script = 'mount -t tmpfs -o size=100k tmpfs out && "$@"; code=$?; cp -a out/. left; exit $code'
    starved = subprocess.run(
        [*namespace, "sh", "-c", script, "sh", *command(*options)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(),
        check=False,
    )
    assert starved.returncode == 1
    last = starved.stderr.splitlines()[-1]
    assert last.startswith("framing: ")
    assert "No space left on device" in last
    assert "Traceback" not in starved.stderr
    left = contents(tmp_path / "left")
    assert left
    assert "manifest.json" not in left
    assert not any(Path(name).name.startswith(".") for name in left)
    again, fresh = ([*options[:3], name, *options[4:]] for name in ("left", "fresh"))
    framing(*again)
    framing(*fresh)
    assert contents(tmp_path / "left") == contents(tmp_path / "fresh")


def test_damaged_partition_is_scored_again(framing: Run, articles: Path, model: Path, tmp_path: Path) -> None:
    options = ["batch", articles, "-o", "out", "--model", model, "--jobs", 1, "--partition-size", 700, "--incremental"]
    framing(*options)
    before = contents(tmp_path / "out")
    victim = sorted((tmp_path / "out" / "store").glob("*.zst"))[0]
    victim.write_bytes(b"\x28\xb5\x2f\xfd damaged")
    framing(*options)
    assert contents(tmp_path / "out") == before
