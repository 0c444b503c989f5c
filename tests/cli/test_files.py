"""Files that are none, folders that may not be written, and readers that go away: one line, a code, nothing half written.

Each command runs in a process of its own. Where rights matter, the process gives up root's privilege to
ignore them, so that the tests say the same for root as for anybody.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

Done = subprocess.CompletedProcess[bytes]
Run = Callable[..., Done]

LABEL = {"id": "1", "article": "a", "text": "新芯片性能领先同行。", "frame": "praise", "topics": ["technology"], "voice": "author"}
ARTICLE = "晨岸科技的晶片性能領先同行，表現出色。\n“質量低劣，令人失望。”用戶周亦安說。\n公司總部位於杭州，成立於2015年。\n"
# What each command reads: {input} and {other} stand for names.
COMMANDS = {
    "score": ["score", "{input}"],
    "check": ["check", "{input}", "--max-influence", "none", "--max-net", "none", "--max-flips", "none", "--omit", "1"],
    "compare": ["compare", "{input}", "{other}"],
    "evaluate": ["evaluate", "{input}"],
    "report": ["report", "{input}"],
    "batch": ["batch", "{input}", "--jobs", "1", "--log", "none"],
}
PRINTING = ("score", "check", "compare", "evaluate")
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


def obey_rights() -> None:
    """Give up what lets root read and write everything; for others this does nothing."""
    libc = ctypes.CDLL(None)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def command(name: str, given: str | bytes, output: str | None = None, other: str = "other.txt") -> list[str | bytes]:
    words: list[str | bytes] = [given if w == "{input}" else other if w == "{other}" else w for w in COMMANDS[name]]
    return [sys.executable, "-m", "framing", *words, *(["-o", output] if output is not None else [])]


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Give what ``framing report`` reads."""
    path = tmp_path_factory.mktemp("scored") / "a.txt"
    path.write_text(ARTICLE, "utf-8")
    return subprocess.run([sys.executable, "-m", "framing", "score", path, "--format", "jsonl"], capture_output=True, check=True).stdout


@pytest.fixture
def folder(tmp_path: Path, scored: bytes) -> Path:
    """Give a folder with an input for each command, named after it."""
    for name in ("score", "check", "compare", "batch", "other"):
        (tmp_path / f"{name}.txt").write_text(ARTICLE, "utf-8")
    (tmp_path / "evaluate.txt").write_text(json.dumps(LABEL, ensure_ascii=False) + "\n", "utf-8")
    (tmp_path / "report.txt").write_bytes(scored)
    return tmp_path


def start(words: list[str | bytes], folder: Path, **options: object) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen(words, cwd=folder, env=environment, **pipes)  # type: ignore[call-overload,no-any-return]


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    output, errors = process.communicate(timeout=120)
    assert b"Traceback" not in (errors or b""), errors.decode()
    return process.returncode, (output or b"").decode(), (errors or b"").decode()


def listing(folder: Path) -> dict[str, bytes | None]:
    return {p.name: p.read_bytes() if p.is_file() and os.access(p, os.R_OK) else None for p in sorted(folder.rglob("*"))}


ODD = {
    "nowhere": "no such file",
    "gone": "no such file",
    "folder": "is a folder; name the files in it, or use a pattern such as FOLDER/*.txt",
    "circle": "cannot be read (Too many levels of symbolic links)",
    "pipe": "is a pipe that nobody writes to",
    "/dev/zero": "is a device or a socket, not a file",
    "/proc/self/mem": "cannot be read (Input/output error)",
    "locked": "may not be read (permission denied)",
    "binary": "this is a PDF, not text; extract its text first",
}


@pytest.fixture
def odd(folder: Path) -> Path:
    """Give a folder of what is no text file; reading ``/proc/self/mem`` fails like a disk that goes away."""
    (folder / "folder").mkdir()
    (folder / "circle").symlink_to("circle")
    (folder / "gone").symlink_to("nowhere")
    os.mkfifo(folder / "pipe")
    (folder / "locked").write_text("新芯片性能领先同行。", "utf-8")
    (folder / "locked").chmod(0)
    (folder / "binary").write_bytes(b"%PDF-1.7 ")
    return folder


@pytest.mark.parametrize("name", ["score", "check"])
def test_each_bad_input_has_its_line_and_the_good_one_is_scored(odd: Path, name: str) -> None:
    words = [*command(name, "other.txt"), *ODD, "--format", "json"]
    code, output, errors = ended(start(words, odd, preexec_fn=obey_rights))
    assert code == 1
    assert errors.splitlines() == [f"framing: {place}: {says}" for place, says in ODD.items()]
    assert [row["source"] for row in json.loads(output)] == ["other.txt"]


def test_batch_notes_each_bad_input(odd: Path) -> None:
    places = [p for p in ODD if p != "folder"]
    words = [*command("batch", "other.txt", "out"), *places]
    code, _, errors = ended(start(words, odd, preexec_fn=obey_rights))
    assert (code, errors) == (1, "")
    rows = [json.loads(line) for line in (odd / "out" / "errors.jsonl").read_text("utf-8").splitlines()]
    assert sorted(row["source"] for row in rows) == sorted(places)
    assert all(row["reason"].isprintable() for row in rows)
    assert [p.read_text("utf-8").count("\n") for p in (odd / "out" / "articles").iterdir()] == [1]


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("compare", ["pipe", "locked", "/proc/self/mem"]),
        ("evaluate", ["circle", "pipe", "locked", "/dev/zero", "binary"]),
        ("report", ["nowhere", "circle", "pipe", "locked", "binary"]),
    ],
)
def test_one_bad_input_is_one_line(odd: Path, name: str, places: list[str]) -> None:
    """All at once: each process waits for the pipe by itself."""
    output = "page.html" if name == "report" else None
    before = listing(odd)
    running = {place: start(command(name, place, output), odd, preexec_fn=obey_rights) for place in places}
    for place, process in running.items():
        code, printed, errors = ended(process)
        assert (code, printed) == (1, ""), place
        assert errors.startswith("framing: "), place
        assert place in errors
        assert errors.count("\n") == 1
    assert listing(odd) == before


@pytest.mark.parametrize("name", ["score", "check", "compare"])
def test_the_limit_of_bytes(folder: Path, name: str) -> None:
    code, output, errors = ended(start([*command(name, f"{name}.txt"), "--max-bytes", "20"], folder))
    assert (code, output) == (1, "")
    assert errors == f"framing: {name}.txt: 21 bytes are more than the limit of 20; raise it with --max-bytes\n"


@pytest.mark.parametrize("name", PRINTING)
def test_inputs_may_be_pipes(folder: Path, name: str) -> None:
    os.mkfifo(folder / "pipe")
    process = start(command(name, "pipe"), folder)
    (folder / "pipe").write_bytes((folder / f"{name}.txt").read_bytes())
    code, output, errors = ended(process)
    assert (code, errors) == (0, "")
    assert output


@pytest.mark.parametrize("name", COMMANDS)
def test_folders_that_may_not_be_written(folder: Path, name: str) -> None:
    (folder / "closed").mkdir(mode=0o555)
    before = listing(folder)
    code, output, errors = ended(start(command(name, f"{name}.txt", "closed/out"), folder, preexec_fn=obey_rights))
    assert (code, output) == (1, "")
    assert errors.startswith("framing: ")
    assert "closed/out" in errors
    assert errors.count("\n") == 1
    assert listing(folder) == before


@pytest.mark.parametrize("name", COMMANDS)
def test_an_input_is_never_overwritten(folder: Path, name: str) -> None:
    (folder / "link").symlink_to(f"{name}.txt")
    before = listing(folder)
    code, printed, errors = ended(start(command(name, "link", f"{name}.txt"), folder))
    assert (code, printed) == (1, "")
    assert errors.count("\n") == 1
    assert listing(folder) == before


@pytest.mark.parametrize("name", PRINTING)
def test_a_reader_that_is_gone_already(folder: Path, name: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = start(command(name, f"{name}.txt"), folder, stdout=writer)
    os.close(writer)
    assert ended(process) == (0, "", "")


def asleep(process: subprocess.Popen[bytes]) -> Iterator[bool]:
    """Tell, five times in a row, whether a process has used no processor time for a while."""
    watched = psutil.Process(process.pid)
    for _ in range(5):
        before = watched.cpu_times()
        time.sleep(0.1)
        yield watched.status() == psutil.STATUS_SLEEPING and watched.cpu_times() == before


@pytest.mark.parametrize("name", ["score", "check", "compare", "evaluate", "report"])
def test_an_interruption_leaves_nothing_behind(folder: Path, name: str) -> None:
    """The output is a pipe that nobody reads, so that the command stands still at its very last step."""
    os.mkfifo(folder / "out")
    before = listing(folder)
    # Whoever runs the tests may ignore interruptions, as a job in the background does, and children inherit that.
    process = start(command(name, f"{name}.txt", "out"), folder, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    deadline = time.monotonic() + 90
    while not all(asleep(process)):
        assert process.poll() is None
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGINT)
    assert ended(process) == (130, "", "\nframing: interrupted\n")
    assert listing(folder) == before


@pytest.mark.parametrize("name", COMMANDS)
def test_names_that_are_no_text(folder: Path, name: str) -> None:
    odd = b"\xff\xfe\n.txt"
    (folder / f"{name}.txt").rename(folder / os.fsdecode(odd))
    code, output, errors = ended(start(command(name, odd, "out"), folder))
    assert (code, output) == (0, "")
    assert "\n" not in errors.rstrip("\n")
    if name != "batch":
        (folder / "out").read_text("utf-8")


@pytest.mark.parametrize("name", ["score", "report"])
def test_odd_names_that_are_missing(folder: Path, name: str) -> None:
    before = listing(folder)
    code, output, errors = ended(start(command(name, b"\xff\x1b[31m\n", "new"), folder))
    assert (code, output) == (1, "")
    assert errors.startswith("framing: ")
    assert errors[:-1].isprintable()
    assert listing(folder) == before


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_comparisons_name_odd_names_as_text(folder: Path, form: str) -> None:
    odd = os.fsdecode(b"\xff.txt")
    (folder / "compare.txt").rename(folder / odd)
    code, output, errors = ended(start([*command("compare", odd), "--format", form], folder))
    assert (code, errors) == (0, "")
    if form == "json":
        assert json.loads(output)["pairs"][0]["left"] == odd


def test_scores_of_odd_names_make_a_page(folder: Path, run: Run) -> None:
    odd = os.fsdecode(b"\xff.txt")
    (folder / "score.txt").rename(folder / odd)
    run("score", odd, "--format", "jsonl", "-o", "odd.jsonl")
    run("report", "odd.jsonl", "--by", "source", "-o", "page.html")
    assert "�" in (folder / "page.html").read_text("utf-8") or "\\udcff" in (folder / "page.html").read_text("utf-8")


def test_labels_with_half_a_character_are_printed(folder: Path, run: Run) -> None:
    row = {**LABEL, "text": "令人失望\ud800。", "frame": "neutral"}
    (folder / "odd.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    done = run("evaluate", "odd.jsonl", "--errors")
    assert "令人失望" in done.stdout.decode()
