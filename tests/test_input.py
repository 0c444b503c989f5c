"""Whatever a name stands for, reading it ends: with bytes, or with one line."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

import pytest

from framing import input as input_room
from framing.errors import InputError
from framing.input import read_input


def test_files_are_read_to_their_end_or_just_past_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_input(path) == b"12345"
    assert [read_input(str(path), limit) for limit in (0, 3, 4, 5, 9)] == [b"1", b"1234", b"12345", b"12345", b"12345"]
    path.write_bytes(b"")
    assert read_input(path) == b""


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """Give a folder of things that are no files."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "left").symlink_to("right")
    (tmp_path / "right").symlink_to("left")
    (tmp_path / "gone").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nowhere", "no such file"),
        ("gone", "no such file"),
        ("folder", "is a folder; name the files in it, or use a pattern such as FOLDER/*.txt"),
        ("circle", "cannot be read (Too many levels of symbolic links)"),
        ("left", "cannot be read (Too many levels of symbolic links)"),
        ("file/below", "cannot be read (Not a directory)"),
        ("x" * 300, "cannot be read (File name too long)"),
        ("\0", "cannot be read (embedded null byte)"),
        ("pipe", "is a pipe that nobody writes to"),
        ("/dev/zero", "is a device or a socket, not a file"),
        ("/dev/null", "is a device or a socket, not a file"),
        ("/proc/self/mem", "cannot be read (Input/output error)"),
    ],
)
def test_what_is_no_file_is_refused(odd: Path, monkeypatch: pytest.MonkeyPatch, name: str, says: str) -> None:
    monkeypatch.setattr(input_room, "PIPE_WAIT", 0.01)
    before = open_files()
    with pytest.raises(InputError) as caught:
        read_input(odd / name)
    assert str(caught.value) == says
    assert open_files() == before


def test_sockets_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        with pytest.raises(InputError, match="cannot be read"):
            read_input("socket")


@pytest.mark.parametrize("limit", [None, 3, 1000])
def test_pipes_are_read(odd: Path, monkeypatch: pytest.MonkeyPatch, limit: int | None) -> None:
    monkeypatch.setattr(input_room, "PIPE_WAIT", 30.0)
    content = b"0123456789" * 20

    def write() -> None:
        try:
            (odd / "pipe").write_bytes(content)
        except BrokenPipeError:
            assert limit == 3

    writer = threading.Thread(target=write)
    writer.start()
    assert read_input(odd / "pipe", limit) == content[: None if limit is None else limit + 1]
    writer.join()


def test_a_writer_that_is_silent_at_first_is_waited_for(odd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_room, "PIPE_WAIT", 0.01)
    held = os.open(odd / "pipe", os.O_RDWR)

    def write() -> None:
        time.sleep(0.2)
        os.write(held, b"late")
        os.close(held)

    writer = threading.Thread(target=write)
    writer.start()
    assert read_input(odd / "pipe") == b"late"
    writer.join()


def test_the_output_of_a_command_is_a_file_too() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"text")
    os.close(writer)
    assert read_input(f"/dev/fd/{reader}") == b"text"
    os.close(reader)
