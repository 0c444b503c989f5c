"""A model folder comes back as it was saved, and anything else is refused in one line."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import pickle
import random
import shutil
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framing.artifact import (
    ARRAYS,
    CARD,
    FILES,
    FORMAT,
    HEAD,
    LEXICON,
    MANIFEST,
    MAX_JSON,
    RECORD,
    VOCABULARY,
    default_model_path,
    load,
    model_hash,
    record_shipped,
    save,
    seal,
    verify,
)
from framing.errors import ArtifactError
from framing.lexicon import Lexicon
from framing.model import FramingModel

ROOT = Path(__file__).parent.parent

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


def put_manifest(place: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest and seal it anew."""
    manifest = json.loads((place / MANIFEST).read_bytes())
    change(manifest)
    (place / MANIFEST).write_bytes(seal(manifest))


def put(place: Path, name: str, data: bytes) -> None:
    """Replace a file and make the manifest agree, as somebody with bad intentions would."""
    (place / name).write_bytes(data)

    def agree(manifest: dict[str, Any]) -> None:
        manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        manifest["hash"] = model_hash({n: manifest["files"][n]["sha256"] for n in FILES})

    put_manifest(place, agree)


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


def test_the_shipped_model_is_sound_and_the_recorded_one() -> None:
    assert verify(default_model_path())["format"] == FORMAT
    digest = hashlib.sha256((default_model_path() / MANIFEST).read_bytes()).hexdigest()
    assert RECORD.read_text() == f"{digest}  models/default/{MANIFEST}\n", "models/default was changed by hand: run `framing model record`"


def test_other_models_are_not_recorded(folder: Path) -> None:
    before = RECORD.read_bytes()
    record_shipped(folder)
    assert RECORD.read_bytes() == before


def test_what_could_not_be_loaded_is_not_saved(small_model: FramingModel, folder: Path) -> None:
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    for broken in (
        replace(small_model, weights=small_model.weights * np.float32(np.nan)),
        replace(small_model, name="a\x1b[31mname"),
        replace(small_model, topics=("all", *small_model.topics[1:])),
        replace(small_model, lexicon=Lexicon(regional={"的": "的" * 1000})),
        replace(small_model, lexicon=Lexicon(regional={"的": "\n"})),
    ):
        with pytest.raises(ArtifactError, match="malformed"):
            save(broken, folder)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_column_order_and_byte_order_do_not_matter(small_model: FramingModel, folder: Path, tmp_path: Path) -> None:
    weights = np.asfortranarray(small_model.weights.astype(">f4"))
    save(replace(small_model, weights=weights), tmp_path / "other", "# A card\n")
    assert (tmp_path / "other" / "weights.npy").read_bytes() == (folder / "weights.npy").read_bytes()


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


def flips(place: Path, count: int, names: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Give a file's name and its bytes with one bit turned, again and again, the same ones in each run."""
    chance = random.Random(0)
    contents = {name: (place / name).read_bytes() for name in names}
    for _ in range(count):
        name = chance.choice(names)
        data = bytearray(contents[name])
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        yield name, bytes(data)


def test_every_one_of_1000_flipped_bits_is_refused(folder: Path) -> None:
    names = (*FILES, MANIFEST, CARD)
    sound = {name: (folder / name).read_bytes() for name in names}
    for name, data in flips(folder, 1000, names):
        (folder / name).write_bytes(data)
        with pytest.raises(ArtifactError) as caught:
            verify(folder)
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)
        (folder / name).write_bytes(sound[name])
    verify(folder)


def test_a_damaged_card_is_noticed_and_harmless(small_model: FramingModel, folder: Path) -> None:
    """Only people read the card: loading does not open it."""
    (folder / CARD).write_text("# Another card\n")
    with pytest.raises(ArtifactError, match=CARD):
        verify(folder)
    (folder / CARD).unlink()
    with pytest.raises(ArtifactError, match=CARD):
        verify(folder)
    assert load(folder).predict(TEXTS) == small_model.predict(TEXTS)


def test_a_flipped_bit_with_hashes_made_to_agree_is_refused_or_harmless(small_model: FramingModel, tmp_path: Path) -> None:
    """Whoever flips bits on purpose gets either one line or a model that still gives probabilities."""
    place = tmp_path / "model"
    save(replace(small_model, lexicon=Lexicon(words={"领先": 2.0, "失望": -2.0})), place)
    sound = {name: (place / name).read_bytes() for name in (*FILES, MANIFEST)}
    refusals: list[str] = []
    for name, data in flips(place, 400, FILES):
        put(place, name, data)
        try:
            predictions = load(place).predict(TEXTS, ["a"] * 3, 1)
        except ArtifactError as error:
            refusals.append(str(error))
            continue
        finally:
            for changed in (name, MANIFEST):
                (place / changed).write_bytes(sound[changed])
        for p in predictions:
            assert p.praise + p.skepticism + p.neutral == pytest.approx(1)
            assert all(0 <= q <= 1 for q in (p.praise, p.skepticism, p.neutral, p.quoted, *p.topic_probabilities.values()))
    assert 0 < len(refusals) < 400
    assert not any("\n" in message for message in refusals)


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
        (b'{"format": true}', "names no format number"),
        (b'{"format": %d}' % FORMAT, "carries no seal"),
        (b'{"format": %d, "seal": "0000"}' % FORMAT, "its seal differs"),
        (b'{"format": %s}' % (b"9" * 5000), "not JSON"),
    ],
)
def test_a_broken_manifest_is_refused(folder: Path, data: bytes, says: str) -> None:
    (folder / MANIFEST).write_bytes(data)
    refused(folder, says)


@pytest.mark.parametrize("entry", [None, {}, {"bytes": "1", "sha256": "x"}, {"bytes": True, "sha256": "x"}, {"bytes": 1, "sha256": None}])
def test_a_malformed_entry_is_refused(folder: Path, entry: object) -> None:
    put_manifest(folder, lambda m: m["files"].update({HEAD: entry}))
    refused(folder, "malformed")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: m.update(hash="0" * 64), "hash does not match"),
        (lambda m: m["files"].pop(HEAD), "does not list the files"),
        (lambda m: m["files"].update({"../../etc/passwd": {"bytes": 1, "sha256": "x"}}), "does not list the files"),
        (lambda m: m.update(files=[]), "does not list the files"),
        (lambda m: m.update(unknown=1), "its seal differs"),
        (lambda m: m.pop("card"), "its seal differs"),
        (lambda m: m.update(card=[]), "the card is not a mapping"),
        (lambda m: m.update(name="\x1b[2Jred"), "a name is not"),
        (lambda m: m.update(name="n" * 101), "a name is not"),
        (lambda m: m.update(name=None), "a name is not"),
    ],
)
def test_a_manifest_of_another_shape_is_refused(folder: Path, change: Callable[[dict[str, Any]], object], says: str) -> None:
    put_manifest(folder, change)
    refused(folder, says)


def test_a_manifest_without_a_seal_or_reformatted_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_bytes())
    (folder / MANIFEST).write_text(json.dumps(manifest))
    refused(folder, "its seal differs")
    del manifest["seal"]
    (folder / MANIFEST).write_text(json.dumps(manifest))
    refused(folder, "carries no seal")


@pytest.mark.parametrize("name", [MANIFEST, LEXICON, "weights.npy"])
def test_a_huge_file_is_refused_unread(folder: Path, name: str) -> None:
    os.truncate(folder / name, 1 << 36)  # takes no room on the disk
    assert name in refused(folder, "more than such a file of a model may have")


def test_a_symbolic_link_is_refused(folder: Path, tmp_path: Path) -> None:
    """Also one that leads to the very file: what a link leads to can change after the check."""
    for name, target in ((LEXICON, tmp_path / "elsewhere"), ("idf.npy", "sound.npy"), (MANIFEST, "/dev/zero"), (HEAD, HEAD)):
        data = (folder / name).read_bytes()
        place = (folder / target) if not Path(target).is_absolute() else Path(target)
        if str(target) not in ("/dev/zero", HEAD):
            place.write_bytes(data)
        (folder / name).unlink()
        (folder / name).symlink_to(target)
        assert name in refused(folder, "is a symbolic link")
        (folder / name).unlink()
        (folder / name).write_bytes(data)
    (tmp_path / "link").symlink_to(folder)
    assert load(tmp_path / "link").hash == load(folder).hash


@pytest.mark.parametrize("name", [MANIFEST, HEAD, "weights.npy"])
def test_what_is_no_regular_file_is_refused_without_waiting(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)
    assert name in refused(folder, "not a regular file")
    (folder / name).unlink()
    (folder / name).mkdir()
    assert name in refused(folder, "cannot be read")
    (folder / name).rmdir()
    monkeypatch.chdir(folder)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(name)
        assert name in refused(folder, "cannot be read")


def test_places_that_are_no_folder(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", "no model folder")
    (tmp_path / "file").write_text("x")
    refused(tmp_path / "file", "no model folder")
    refused(tmp_path, "cannot be read")


class Reduced:
    """Leave a file behind when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.target,))


class Built(Reduced):
    """Leave it behind when its state is set."""

    def __setstate__(self, state: Path) -> None:
        state.touch()

    def __reduce__(self) -> tuple[Any, ...]:
        return (object.__new__, (Built,), self.target)


def attacks(target: Path) -> dict[str, bytes]:
    """Give the bytes of pickles that would create ``target``, packed in every way that a loader might open."""
    raw = b"cposix\nsystem\n(Vtouch " + str(target).encode() + b"\ntR."
    fields = np.zeros(1, dtype=[("a", "f4"), ("b", object)])
    fields["b"][0] = Reduced(target)
    zipped = io.BytesIO()
    np.savez_compressed(zipped, a=np.array([Reduced(target)], dtype=object), allow_pickle=True)
    header = io.BytesIO()
    np.lib.format.write_array(header, np.array([Built(target)], dtype=object), version=(2, 0))
    result = {
        "opcodes": raw,
        "reduce": pickle.dumps(Reduced(target)),
        "build": pickle.dumps(Built(target)),
        "nested": pickle.dumps({"weights": [(Reduced(target),)], "lexicon": {"a": Built(target)}}),
        "pickle in a pickle": pickle.dumps(pickle.dumps(Reduced(target))),
        "protocol 0": pickle.dumps(Reduced(target), protocol=0),
        "object array": npy(np.array([Reduced(target)], dtype=object), allow_pickle=True),
        "object array of arrays": npy(np.array([np.array([Built(target)], dtype=object), None], dtype=object), allow_pickle=True),
        "object array, header 2.0": header.getvalue(),
        "structured array": npy(fields, allow_pickle=True),
        "npz": zipped.getvalue(),
        "code in a header": npy(np.zeros(3)).replace(b"(3,)", b"[open('x')]"),
        "json that names a class": b'{"py/reduce": [{"py/function": "posix.system"}, {"py/tuple": ["touch ran"]}]}',
    }
    return result | {f"gzip of {name}": gzip.compress(data) for name, data in list(result.items())[:3]}


def test_the_attacks_work_on_a_loader_that_unpickles(tmp_path: Path) -> None:
    """Otherwise the next tests would prove nothing."""
    for name in ("opcodes", "reduce", "build", "nested", "object array", "structured array"):
        data = attacks(tmp_path / name.replace(" ", "-"))[name]
        if name.endswith("array"):
            np.load(io.BytesIO(data), allow_pickle=True)
        else:
            pickle.loads(data)
        assert (tmp_path / name.replace(" ", "-")).exists()


@pytest.mark.parametrize("name", FILES)
def test_no_code_runs_from_a_file(folder: Path, tmp_path: Path, name: str) -> None:
    sound = (folder / name).read_bytes()
    for data in attacks(tmp_path / "ran").values():
        put(folder, name, data)
        refused(folder)
    assert not (tmp_path / "ran").exists()
    put(folder, name, sound)
    load(folder)


def test_loading_asks_python_for_nothing_that_runs_code(folder: Path, tmp_path: Path) -> None:
    """Python's own audit events tell: nothing is unpickled, compiled, executed or started."""
    places = []
    for number, (name, data) in enumerate(attacks(tmp_path / "ran").items()):
        place = shutil.copytree(folder, tmp_path / f"attack-{number}")
        put(place, list(ARRAYS)[number % len(ARRAYS)] if "json" not in name else HEAD, data)
        places.append(str(place))
    program = """
        import sys
        from pathlib import Path
        from framing.artifact import load, verify
        from framing.errors import ArtifactError
        load(Path(sys.argv[1]))  # whatever is imported late
        seen = []
        forbidden = ("pickle.", "marshal.", "exec", "compile", "import", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "ctypes.", "code.")
        sys.addaudithook(lambda event, arguments: seen.append(event) if event.startswith(forbidden) else None)
        load(Path(sys.argv[1]))
        for place in sys.argv[2:]:
            try:
                verify(Path(place))
            except ArtifactError as error:
                print(error)
        print(seen)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), folder, *places], capture_output=True, text=True, timeout=120, check=True
    )
    *refusals, events = done.stdout.splitlines()
    assert (len(refusals), events) == (len(places), "[]")


def test_a_bomb_of_json_takes_bounded_memory(folder: Path) -> None:
    """The largest JSON that is read at all becomes the most objects that it can, and is refused."""
    put(folder, VOCABULARY, b"[" + b"[]," * (MAX_JSON // 3 - 2) + b"[]]")
    program = """
        import re, resource, sys
        from pathlib import Path
        from framing.artifact import load
        from framing.errors import ArtifactError
        if sys.argv[2] == "limited":
            size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (size + 150_000_000, resource.RLIM_INFINITY))
        try:
            load(Path(sys.argv[1]))
        except ArtifactError as error:
            print(error)
        # Not ru_maxrss, which begins with what the parent held when it started this process.
        print(int(re.search(r"VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1]) // 1024)
    """

    def outcome(mode: str) -> tuple[str, int]:
        command = [sys.executable, "-c", textwrap.dedent(program), str(folder), mode]
        says, megabytes = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout.splitlines()
        return says, int(megabytes)

    says, megabytes = outcome("free")
    assert "malformed" in says
    assert megabytes < 1000
    assert "more memory than there is" in outcome("limited")[0]


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


def announced(shape: str) -> Callable[[bytes], bytes]:
    """Write another shape into the header, whose length agrees."""

    def announce(data: bytes) -> bytes:
        header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
        return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data[128:]

    return announce


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
        ("weights.npy", announced("(1000000000000, 10)")),
        ("weights.npy", announced("(0, 999999999999999)")),
        ("weights.npy", announced("(9999999999999999999999999, 1)")),
        ("weights.npy", announced("(-1, 10)")),
        ("weights.npy", announced("()")),
        ("weights.npy", announced("(2, 2, 2)")),
        ("weights.npy", announced("(" * 3000)),
        ("weights.npy", array(np.asfortranarray)),
        ("weights.npy", lambda d: d[:6] + b"\x02" + d[7:]),
        ("weights.npy", lambda d: d[:64]),
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
        (HEAD, edited(lambda h: {**h, "topics": ["\x1b[31m", *h["topics"][1:]]})),
        (HEAD, edited(lambda h: {**h, "topics": [f"t{i}" for i in range(33)]})),
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
        (LEXICON, edited(lambda v: {**v, "topics": {f"t{i}": {} for i in range(33)}})),
        (LEXICON, edited(lambda v: {**v, "regional": {"的": "的" * 101}})),
        (LEXICON, edited(lambda v: {**v, "regional": {"的": "\n"}})),
        (LEXICON, edited(lambda v: {**v, "words": {"好\n": 1.0}})),
        (LEXICON, edited(lambda v: {**v, "constructions": [["一", "二\n", "kind", 1.0]]})),
    ],
)
def test_data_that_agrees_with_the_manifest_but_makes_no_model_is_refused(
    folder: Path, name: str, change: Callable[[bytes], bytes]
) -> None:
    put(folder, name, change((folder / name).read_bytes()))
    refused(folder)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give a checkout of its own: the package and the shipped model beside it."""
    place = tmp_path / "checkout"
    shutil.copytree(ROOT / "framing", place / "framing", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "models" / "default", place / "models" / "default")
    return place


def run(checkout: Path, *arguments: str, code: int = 0) -> str:
    """Run the package of a checkout; return what it prints, or what it complains of."""
    path = os.pathsep.join([str(checkout), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=checkout, env=environment, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stderr if code else done.stdout


def test_a_changed_shipped_model_is_noticed(checkout: Path, folder: Path) -> None:
    assert "as recorded in the package" in run(checkout, "-m", "framing", "model", "verify")
    shutil.rmtree(checkout / "models" / "default")
    shutil.copytree(folder, checkout / "models" / "default")
    (checkout / "a.txt").write_text("公司总部在杭州。", "utf-8")
    for command in (("model", "verify"), ("score", "a.txt"), ("score", "a.txt", "--model", "models/default")):
        says = run(checkout, "-m", "framing", *command, code=1)
        assert "is not the model that this version was shipped with" in says
        assert says.count("\n") == 1
    assert "recorded" in run(checkout, "-m", "framing", "model", "record")
    assert "as recorded in the package" in run(checkout, "-m", "framing", "model", "verify")
    (checkout / "framing" / "data" / RECORD.name).unlink()
    assert "differs" in run(checkout, "-m", "framing", "model", "verify", code=1)
    shutil.rmtree(checkout / "models")
    assert "can be recorded" in run(checkout, "-m", "framing", "model", "record", code=1)


def test_training_and_rolling_back_keep_the_record_true(checkout: Path) -> None:
    before = (checkout / "framing" / "data" / RECORD.name).read_text()
    program = """
        from dataclasses import replace
        from pathlib import Path
        from framing.artifact import load, save
        from framing.labelling.versions import keep
        place = Path("models/default")
        keep(place)
        model = load(place)
        save(replace(model, bias=model.bias + 0.001), place)
    """
    run(checkout, "-c", textwrap.dedent(program))
    after = (checkout / "framing" / "data" / RECORD.name).read_text()
    assert after != before
    assert "sound" in run(checkout, "-m", "framing", "model", "verify")
    run(checkout, "-m", "framing", "model", "rollback", "models/default")
    assert "sound" in run(checkout, "-m", "framing", "model", "verify")
    assert (checkout / "framing" / "data" / RECORD.name).read_text() == before


def test_verify_compares_with_a_published_hash(folder: Path) -> None:
    digest = load(folder).hash
    assert "as given" in run(folder.parent, "-m", "framing", "model", "verify", "model", "--hash", digest.upper())
    assert "not compared" in run(folder.parent, "-m", "framing", "model", "verify", "model")
    assert "this is another model" in run(folder.parent, "-m", "framing", "model", "verify", "model", "--hash", "00", code=1)
    run(folder.parent, "-m", "framing", "model", "verify", "model", "too many", code=2)


@pytest.mark.parametrize(
    "card", [{"test": 3}, {"test": {"frame": {"macro_f1": "\x9b2J"}, "n": 1}}, {"test": {"frame": {"macro_f1": 0.5}, "n": "\u202e"}}]
)
def test_what_a_stranger_says_of_his_model_is_only_text(folder: Path, card: dict[str, Any]) -> None:
    put_manifest(folder, lambda m: m.update(card=card))
    assert "sound" in run(folder.parent, "-m", "framing", "model", "verify", "model")
    shown = run(folder.parent, "-m", "framing", "model", "show", "model")
    listed = run(folder.parent, "-m", "framing", "model", "list", ".")
    refused = run(folder.parent, "-m", "framing", "model", "card", "model", code=1)
    assert "its card cannot be read" in listed
    assert "does not say of itself" in refused
    assert all(c.isprintable() or c == "\n" for c in shown + listed + refused)
