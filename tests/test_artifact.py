"""A model folder comes back as it was saved, and anything else is refused in one line."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framing import artifact
from framing.artifact import ARRAYS, FILES, FORMAT, HEAD, LEXICON, MANIFEST, VOCABULARY, default_model_path, load, model_hash, save, verify
from framing.errors import ArtifactError
from framing.model import FramingModel

TEXTS = ["新芯片的性能领先同行，获得好评。", "用户质疑质量，令人失望。", "公司总部在杭州。"]


@pytest.fixture(scope="module")
def saved(small_model: FramingModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("saved") / "model"
    save(small_model, place, "# A card\n")
    return place


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    return shutil.copytree(saved, tmp_path / "model")


def refused(place: Path, says: str = "") -> str:
    with pytest.raises(ArtifactError) as caught:
        load(place)
    message = str(caught.value)
    assert says in message
    assert "\n" not in message
    assert str(place) in message
    return message


def put(place: Path, name: str, data: bytes) -> None:
    """Replace a file and make the manifest agree, as somebody with bad intentions would."""
    (place / name).write_bytes(data)
    manifest = json.loads((place / MANIFEST).read_bytes())
    manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    manifest["hash"] = model_hash({n: e["sha256"] for n, e in manifest["files"].items()})
    (place / MANIFEST).write_text(json.dumps(manifest))


def npy(array: Any, *, allow_pickle: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=allow_pickle)
    return buffer.getvalue()


def test_what_is_saved_comes_back(small_model: FramingModel, folder: Path) -> None:
    back = load(folder)
    assert back.predict(TEXTS) == small_model.predict(TEXTS)
    assert back.predict(TEXTS, ["a"] * 3, 3) == small_model.predict(TEXTS, ["a"] * 3, 3)
    assert (back.name, back.topics, back.card) == (small_model.name, small_model.topics, small_model.card)
    assert back.lexicon.to_data() == small_model.lexicon.to_data()
    assert (folder / "README.md").read_text("utf-8") == "# A card\n"


def test_saving_again_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    digest = save(load(folder), again, "# A card\n")
    assert digest == load(folder).hash == verify(again)["hash"]
    assert {p.name: p.read_bytes() for p in again.iterdir()} == {p.name: p.read_bytes() for p in folder.iterdir()}


def test_the_shipped_model_is_sound() -> None:
    assert verify(default_model_path())["format"] == FORMAT


def test_a_model_is_replaced_whole(small_model: FramingModel, folder: Path) -> None:
    (folder / "stray").write_text("old")
    save(small_model, folder)
    assert sorted(p.name for p in folder.iterdir()) == sorted([*FILES, MANIFEST])
    assert [p.name for p in folder.parent.iterdir()] == ["model"]


def test_what_is_no_model_is_not_replaced(small_model: FramingModel, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ArtifactError, match="holds no model"):
        save(small_model, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    with pytest.raises(ArtifactError, match=r"thesis\.txt"):
        save(small_model, tmp_path / "thesis.txt")
    with pytest.raises(ArtifactError, match="cannot be written"):
        save(small_model, tmp_path / "thesis.txt" / "model")


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_a_missing_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert name in refused(folder, "cannot be read")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("where", [0.0, 0.5, 1.0])
def test_a_flipped_bit_is_refused(folder: Path, name: str, where: float) -> None:
    data = bytearray((folder / name).read_bytes())
    data[int(where * (len(data) - 1))] ^= 1
    (folder / name).write_bytes(data)
    assert name in refused(folder, "SHA-256 differs")


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_refused(folder: Path, name: str) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: len(data) // 2])
    assert name in refused(folder, "SHA-256 differs")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "names no format number"),
        (b"{}", "names no format number"),
        (b'{"format": "1"}', "names no format number"),
        (b'{"format": 99}', "update framing"),
        (b'{"format": 0}', "train it again"),
        (b'{"format": 1}', "does not list the files"),
        (b'{"format": 1, "files": {"../../etc/passwd": {}}}', "does not list the files"),
    ],
)
def test_a_broken_manifest_is_refused(folder: Path, data: bytes, says: str) -> None:
    (folder / MANIFEST).write_bytes(data)
    refused(folder, says)


@pytest.mark.parametrize("entry", [None, {}, {"bytes": "1", "sha256": "x"}, {"bytes": 1, "sha256": None}])
def test_a_malformed_entry_is_refused(folder: Path, entry: object) -> None:
    manifest = json.loads((folder / MANIFEST).read_bytes())
    manifest["files"][HEAD] = entry
    (folder / MANIFEST).write_text(json.dumps(manifest))
    refused(folder, "malformed")


def test_another_hash_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_bytes())
    manifest["hash"] = "0" * 64
    (folder / MANIFEST).write_text(json.dumps(manifest))
    refused(folder, "hash does not match")


def test_a_huge_file_is_refused_unread(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact, "MAX_FILE", 100)
    refused(folder, "more than a model file may have")


def test_places_that_are_no_folder(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", "no model folder")
    (tmp_path / "file").write_text("x")
    refused(tmp_path / "file", "no model folder")
    refused(tmp_path, "cannot be read")


class _Bomb:
    """Leave a file behind when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return (Path.touch, (self.target,))


@pytest.mark.parametrize("name", ARRAYS)
def test_no_code_runs_from_a_file(folder: Path, tmp_path: Path, name: str) -> None:
    bomb = _Bomb(tmp_path / "ran")
    for data in (npy(np.array([bomb], dtype=object), allow_pickle=True), pickle.dumps(bomb)):
        put(folder, name, data)
        refused(folder, "malformed")
    assert not (tmp_path / "ran").exists()


def edited(change: Callable[[Any], Any]) -> Callable[[bytes], bytes]:
    return lambda data: json.dumps(change(json.loads(data))).encode()


def array(change: Callable[[Any], Any]) -> Callable[[bytes], bytes]:
    return lambda data: npy(change(np.load(io.BytesIO(data))))


def spoiled(value: float) -> Callable[[bytes], bytes]:
    def spoil(values: Any) -> Any:
        values.flat[0] = value
        return values

    return array(spoil)


def lying_header(data: bytes) -> bytes:
    """Announce a thousand times as many rows as there are."""
    at = data.index(b"'shape': (") + len(b"'shape': (")
    end = data.index(b",", at)
    grown = str(int(data[at:end]) * 1000).encode()
    return data[:at] + grown + data[end:].replace(b" " * (len(grown) - (end - at)), b"", 1)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("weights.npy", spoiled(np.nan)),
        ("weights.npy", spoiled(np.inf)),
        ("weights.npy", spoiled(3e38)),
        ("weights.npy", array(lambda a: a[:-1])),
        ("weights.npy", array(lambda a: a[:, :-1])),
        ("weights.npy", array(lambda a: a.astype(np.float64))),
        ("weights.npy", array(lambda a: a.astype(">f4"))),
        ("weights.npy", lying_header),
        ("weights.npy", lambda _: b""),
        ("weights.npy", lambda d: d + b"x"),
        ("idf.npy", spoiled(np.nan)),
        ("idf.npy", spoiled(0.0)),
        ("idf.npy", array(lambda a: a[:-1])),
        ("word_ids.npy", array(lambda a: a[::-1].copy())),
        ("word_ids.npy", array(lambda a: a + 10**6)),
        ("word_ids.npy", array(lambda a: a - 10**6)),
        ("word_ids.npy", array(lambda a: a.reshape(1, -1))),
        ("char_keys.npy", array(lambda a: np.repeat(a, 2))),
        (VOCABULARY, edited(lambda v: {**v, "words": v["words"][:5]})),
        (VOCABULARY, edited(lambda v: {**v, "words": [*v["words"][:-1], 7]})),
        (VOCABULARY, edited(lambda v: {**v, "words": [*v["words"][:-1], ""]})),
        (VOCABULARY, edited(lambda v: {**v, "dense": v["dense"] * 2})),
        (VOCABULARY, edited(lambda v: {k: v[k] for k in ("words", "dense")})),
        (VOCABULARY, lambda _: b"[" * 100_000),
        (HEAD, edited(lambda h: [h])),
        (HEAD, edited(lambda h: {**h, "topics": []})),
        (HEAD, edited(lambda h: {**h, "topics": ["all", *h["topics"][1:]]})),
        (HEAD, edited(lambda h: {**h, "bias": [10**400, *h["bias"][1:]]})),
        (HEAD, edited(lambda h: {**h, "bias": h["bias"][1:]})),
        (HEAD, edited(lambda h: {**h, "bias": [float("nan"), *h["bias"][1:]]})),
        (HEAD, edited(lambda h: {**h, "voice_threshold": 1.5})),
        (HEAD, edited(lambda h: {**h, "voice_threshold": None})),
        (HEAD, edited(lambda h: {**h, "frame_offset": "abc"})),
        (HEAD, edited(lambda h: {**h, "topic_threshold": [0.5]})),
        (HEAD, edited(lambda h: {**h, "interval": {}})),
        (HEAD, edited(lambda h: {**h, "interval": {"tau": {}, "z": {}}})),
        (HEAD, edited(lambda h: {**h, "interval": {**h["interval"], "z": dict.fromkeys(h["interval"]["z"], -1.0)}})),
        (HEAD, edited(lambda h: {**h, "features": {**h["features"], "scale": {}}})),
        (HEAD, edited(lambda h: {**h, "features": {**h["features"], "scale": dict.fromkeys(h["features"]["scale"], float("inf"))}})),
        (HEAD, edited(lambda h: {**h, "features": {**h["features"], "min_df": {"word": "many"}}})),
        (HEAD, lambda _: b"\xff"),
        (LEXICON, lambda _: b"[]"),
        (LEXICON, edited(lambda v: {**v, "words": {"": 1.0}})),
        (LEXICON, edited(lambda v: {**v, "words": {"好": float("nan")}})),
        (LEXICON, edited(lambda v: {**v, "functional": {"": "contrast"}})),
        (LEXICON, edited(lambda v: {**v, "regional": {"": "x"}})),
        (LEXICON, edited(lambda v: {**v, "constructions": [["一", "kind", 1.0]]})),
        (LEXICON, edited(lambda v: {**v, "constructions": [["一", "", "kind", 1.0]]})),
        (LEXICON, edited(lambda v: {**v, "constructions": [1]})),
        (LEXICON, edited(lambda v: {**v, "topics": []})),
    ],
)
def test_data_that_agrees_with_the_manifest_but_makes_no_model_is_refused(
    folder: Path, name: str, change: Callable[[bytes], bytes]
) -> None:
    put(folder, name, change((folder / name).read_bytes()))
    refused(folder)
