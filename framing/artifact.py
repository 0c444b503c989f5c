"""Write a model to a folder and read it back, trusting nothing in between.

A model folder holds plain data only: JSON, text and NumPy arrays without Python objects, so reading
one cannot run code from it. Reading goes in three steps: parse the manifest, audit every file against
it (kind, size, SHA-256), and only then construct. The manifest carries a seal, the SHA-256 of its own
other fields, so no byte that is read can change unnoticed. Hashes and seal show damage; they do not show
who made a model, since whoever changes one can compute them anew. The manifest of the shipped model is
therefore recorded in the package as well (``RECORD``).

``FORMAT`` is raised by one whenever a reader of the old number could misread the new files; readers
refuse numbers that they do not know.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import math
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framing.aggregate import ALL, QUANTITIES
from framing.errors import ArtifactError, LexiconError
from framing.features import FeatureConfig, FeatureSpace
from framing.lexicon import Lexicon
from framing.model import FramingModel
from framing.neighbours import NeighbourEffect
from framing.output import write_atomically
from framing.segment import Engine
from framing.voice import TRANSITIONS, VOICE_HEADS, VoiceChain

__all__ = [
    "FORMAT",
    "MANIFEST",
    "RECORD",
    "check_place",
    "default_model_path",
    "is_shipped",
    "load",
    "record_shipped",
    "save",
    "shipped_in_checkout",
    "verify",
]

FORMAT = 5
"""Format number of the folders that this version writes and reads."""

MANIFEST = "manifest.json"
CARD = "README.md"
HEAD = "model.json"
LEXICON = "lexicon.json"
VOCABULARY = "vocabulary.json"
ARRAYS = {
    "weights.npy": np.float32,
    "idf.npy": np.float64,
    "word_ids.npy": np.int64,
    "bigram_keys.npy": np.int64,
    "char_keys.npy": np.int64,
    "skeleton_keys.npy": np.int64,
}
FILES = (HEAD, LEXICON, VOCABULARY, *ARRAYS)
"""Every file that a reader reads, besides the manifest; the card is for people."""

MAX_ARRAY = 256 * 1024 * 1024
MAX_JSON = 16 * 1024 * 1024
"""Python objects take up to thirty times the bytes of the JSON that they are read from."""
MAX_MANIFEST = 1024 * 1024
MAX_NUMBER = 1e6
"""Largest magnitude of a weight: sums of terms below it stay far from overflow."""
MAX_TOPICS = 32
MAX_TEXT = 100
"""Most characters of a name or an expression: a regional term's replacement could swell every text."""

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT_MODEL = _PACKAGE.parent / "models" / "default"
_PLACES = (_PACKAGE / "models" / "default", _CHECKOUT_MODEL)

RECORD = _PACKAGE / "data" / "shipped-model.sha256"
"""The SHA-256 of the shipped model's manifest, in the format of ``sha256sum``."""


def default_model_path() -> Path:
    """Return the folder of the shipped model: inside the package, or beside it in a checkout.

    Raises:
        ArtifactError: neither place holds a model.
    """
    for folder in _PLACES:
        if (folder / MANIFEST).is_file():
            return folder
    raise ArtifactError("no shipped model was found; reinstall the package, or train one with `framing train`")


def is_shipped(folder: Path) -> bool:
    """Tell whether a folder is the shipped model's place."""
    return folder.resolve() in [place.resolve() for place in _PLACES]


def shipped_in_checkout() -> Path:
    """Return the shipped model's folder beside the package.

    Raises:
        ArtifactError: the package is an installed one, not a checkout.
    """
    if not (_CHECKOUT_MODEL / MANIFEST).is_file():
        raise ArtifactError(f"{_CHECKOUT_MODEL} holds no model; only a checkout's shipped model can be recorded")
    return _CHECKOUT_MODEL


def record_shipped(folder: Path) -> None:
    """Record the manifest of a checkout's shipped model, after it was replaced; other folders are left alone.

    Raises:
        ArtifactError: the folder is not a sound model.
        OutputError: the record cannot be written.
    """
    if folder.resolve() != _CHECKOUT_MODEL.resolve():
        return
    data, manifest = _manifest(folder)
    _construct(manifest, _audit(folder, manifest), "auto")
    place = _CHECKOUT_MODEL.relative_to(_PACKAGE.parent).as_posix()
    write_atomically(RECORD, f"{_sha256(data)}  {place}/{MANIFEST}\n".encode())


def _check_record(folder: Path, manifest: bytes) -> None:
    """Refuse a shipped model that is not the recorded one."""
    if not is_shipped(folder):
        return
    try:
        recorded = RECORD.read_text("ascii").split()[:1]
    except (OSError, ValueError):
        recorded = []
    if recorded != [_sha256(manifest)]:
        raise ArtifactError(
            f"{folder} is not the model that this version was shipped with ({RECORD.name} differs); "
            "reinstall the package, or, if you replaced it yourself in a checkout, run `framing model record`"
        )


def _json(data: Any) -> bytes:
    return (json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def _npy(array: NDArray[Any], name: str) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array, np.dtype(ARRAYS[name]).newbyteorder("<")), allow_pickle=False)
    return buffer.getvalue()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _contents(model: FramingModel) -> dict[str, bytes]:
    space = model.space
    arrays: dict[str, NDArray[Any]] = {
        "weights.npy": model.weights,
        "idf.npy": space.idf,
        "word_ids.npy": space.word_ids,
        "bigram_keys.npy": space.bigram_keys,
        "char_keys.npy": space.char_keys,
        "skeleton_keys.npy": space.skeleton_keys,
    }
    head = {
        "topics": list(model.topics),
        "bias": model.bias.tolist(),
        "frame_offset": model.frame_offset.tolist(),
        "topic_threshold": model.topic_threshold.tolist(),
        "voice_threshold": model.voice_threshold,
        "neighbours": model.neighbours.to_data(),
        "chain": model.chain.to_data(),
        "interval": model.interval,
        "features": space.config.to_data(),
    }
    return {
        HEAD: _json(head),
        LEXICON: (json.dumps(model.lexicon.to_data(), ensure_ascii=False, separators=(",", ":")) + "\n").encode(),
        VOCABULARY: (
            json.dumps({"words": space.words, "entries": space.entries, "dense": space.dense}, ensure_ascii=False, separators=(",", ":"))
            + "\n"
        ).encode(),
        **{name: _npy(array, name) for name, array in arrays.items()},
    }


def model_hash(files: Mapping[str, str]) -> str:
    """Return the hash that stands for a whole model: SHA-256 over its files' names and hashes."""
    text = "".join(f"{name} {files[name]}\n" for name in sorted(files))
    return _sha256(text.encode())


def seal(manifest: Mapping[str, Any]) -> bytes:
    """Return the bytes of a manifest, with the SHA-256 of its other fields as the field ``seal``."""
    fields = {key: value for key, value in manifest.items() if key != "seal"}
    return _json({**fields, "seal": _sha256(_json(fields))})


def check_place(folder: Path) -> None:
    """Refuse a place that a model must not be written to.

    Raises:
        ArtifactError: something that is no model is there.
    """
    if folder.exists() and not (folder / MANIFEST).is_file() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ArtifactError(f"{folder} is not empty and holds no model; choose another place")


def save(model: FramingModel, folder: Path, card: str = "") -> str:
    """Write a model folder and return the model's hash.

    The folder appears whole or not at all: it is written beside its final place and moved there. A
    folder that is already there is replaced only once the new one is complete. In a checkout, a model
    that takes the shipped one's place is recorded as such.

    Raises:
        ArtifactError: the folder cannot be written, something that is no model is in its place, or
            ``load`` would refuse the model.
    """
    check_place(folder)
    contents = _contents(model)
    whole = model_hash({name: _sha256(data) for name, data in contents.items()})
    written = {**contents, **({CARD: card.encode()} if card else {})}
    manifest = {
        "format": FORMAT,
        "name": model.name,
        "hash": whole,
        "files": {name: {"sha256": _sha256(data), "bytes": len(data)} for name, data in written.items()},
        "card": model.card,
    }
    written[MANIFEST] = seal(manifest)
    _built(folder, json.loads(written[MANIFEST]), contents, "auto")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        os.chmod(temporary, 0o755)  # noqa: PTH101, S103 - mkdtemp's 0700 would hide a shared model
        try:
            for name, data in written.items():
                (temporary / name).write_bytes(data)
            old = folder.with_name(f".{folder.name}-replaced-{os.getpid()}")
            if folder.exists():
                folder.rename(old)
            try:
                temporary.rename(folder)
            except OSError:
                if old.exists():
                    old.rename(folder)
                raise
            shutil.rmtree(old, ignore_errors=True)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise ArtifactError(f"{folder} cannot be written ({error.strerror}); check the folder and the space left") from None
    record_shipped(folder)
    return whole


def _open_here(path: str, flags: int) -> int:
    """Open without waiting for the writer of a pipe, and without following a link out of the folder."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))


def _read(folder: Path, name: str, limit: int) -> bytes:
    """Read one file of a model: a regular file of the folder itself, and no more of it than the limit."""
    path = folder / name
    try:
        with open(path, "rb", opener=_open_here) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ArtifactError(f"{path} is not a regular file; get the model again")
            if status.st_size > limit:
                raise ArtifactError(f"{path}: {status.st_size:,} bytes are more than such a file of a model may have ({limit:,})")
            return file.read(status.st_size + 1)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ArtifactError(f"{path} is a symbolic link; the files of a model must lie in its own folder") from None
        raise ArtifactError(f"{path} cannot be read ({error.strerror}); is this a model folder?") from None


def _manifest(folder: Path) -> tuple[bytes, dict[str, Any]]:
    """Read the manifest and check its form and its seal; return it as bytes too."""
    if not folder.is_dir():
        raise ArtifactError(f"{folder} is no model folder; give the folder that holds {MANIFEST}")
    path = folder / MANIFEST
    data = _read(folder, MANIFEST, MAX_MANIFEST)
    try:
        manifest = json.loads(data)
    except (ValueError, RecursionError):
        raise ArtifactError(f"{path} is not JSON; the model is damaged") from None
    if not isinstance(manifest, dict) or type(manifest.get("format")) is not int:
        raise ArtifactError(f"{path} names no format number; this is not a model of framing")
    if manifest["format"] != FORMAT:
        newer = "update framing" if manifest["format"] > FORMAT else "train it again"
        raise ArtifactError(f"{path} has format {manifest['format']}, this version reads {FORMAT}; {newer}")
    if "seal" not in manifest:
        raise ArtifactError(f"{path} carries no seal; train the model again")
    if set(manifest) != {"format", "name", "hash", "files", "card", "seal"} or data != seal(manifest):
        raise ArtifactError(f"{path} was altered (its seal differs); get the model again")
    files = manifest["files"]
    if not isinstance(files, dict) or set(files) - {CARD} != set(FILES):
        raise ArtifactError(f"{path} does not list the files of a model ({', '.join(FILES)})")
    for name, entry in files.items():
        if not isinstance(entry, dict) or type(entry.get("bytes")) is not int or not isinstance(entry.get("sha256"), str):
            raise ArtifactError(f"{path}: the entry of {name} is malformed")
    return data, manifest


def _audited(folder: Path, manifest: Mapping[str, Any], name: str) -> bytes:
    entry = manifest["files"][name]
    data = _read(folder, name, MAX_ARRAY if name in ARRAYS else MAX_JSON)
    if len(data) != entry["bytes"] or _sha256(data) != entry["sha256"]:
        raise ArtifactError(f"{folder / name} is not the file that the manifest describes (SHA-256 differs); get the model again")
    return data


def _audit(folder: Path, manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """Read the files that make the model; each is read once, so what was checked is what is used."""
    contents = {name: _audited(folder, manifest, name) for name in FILES}
    if manifest["hash"] != model_hash({name: manifest["files"][name]["sha256"] for name in FILES}):
        raise ArtifactError(f"{folder / MANIFEST}: the model's hash does not match its files; get the model again")
    return contents


def verify(folder: Path) -> dict[str, Any]:
    """Check a model folder as ``load`` does, and its card too; return its manifest.

    Raises:
        ArtifactError: the folder is not a sound model; the message says why.
    """
    data, manifest = _manifest(folder)
    contents = _audit(folder, manifest)
    if CARD in manifest["files"]:
        _audited(folder, manifest, CARD)
    _check_record(folder, data)
    _built(folder, manifest, contents, "auto")
    return manifest


def load(folder: Path, *, engine: Engine = "auto") -> FramingModel:
    """Read a model folder.

    Raises:
        ArtifactError: a file is missing, altered, from another format, or malformed, or the folder is
            the shipped model's place and holds another one; the message is one line that says which
            and why.
    """
    data, manifest = _manifest(folder)
    contents = _audit(folder, manifest)
    _check_record(folder, data)
    return _built(folder, manifest, contents, engine)


def _built(folder: Path, manifest: Mapping[str, Any], contents: Mapping[str, bytes], engine: Engine) -> FramingModel:
    """Construct the model, with whatever is wrong in its data as one line."""
    try:
        return _construct(manifest, contents, engine)
    except LexiconError as error:
        raise ArtifactError(f"{folder / LEXICON}: {error}") from None
    except MemoryError:
        raise ArtifactError(f"{folder}: the model needs more memory than there is") from None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        reason = f"no field {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise ArtifactError(f"{folder}: the model's data is malformed ({reason}); get the model again") from None


_NPY = re.compile(
    rb"\x93NUMPY\x01\x00(?s:..)\{'descr': '(<[fi][48])', 'fortran_order': False, 'shape': \((\d{1,15}),(?: (\d{1,15}))?\), \} *\n"
)
"""What NumPy writes before an array of one or two dimensions; its own reader evaluates any Python literal here."""


def _array(contents: Mapping[str, bytes], name: str) -> NDArray[Any]:
    data = contents[name]
    header = _NPY.match(data)
    if header is None:
        raise ValueError(f"{name} is not an array of plain numbers")
    dtype = np.dtype(header[1].decode())
    if dtype != np.dtype(ARRAYS[name]).newbyteorder("<"):
        raise ValueError(f"{name} holds {dtype}, not {np.dtype(ARRAYS[name])}")
    shape = [int(size) for size in header.groups()[1:] if size is not None]
    # A header may announce more than the file holds; only a file of the announced size is read.
    if math.prod(shape) * dtype.itemsize != len(data) - header.end():
        raise ValueError(f"{name} does not have the size that its header announces")
    array: NDArray[Any] = np.frombuffer(data, dtype, offset=header.end()).reshape(shape)
    if array.dtype.kind == "f" and not (np.abs(array) <= MAX_NUMBER).all():
        raise ValueError(f"{name} holds numbers that are not finite, or huge")
    return array


def _ascending(array: NDArray[Any], name: str, below: int | None = None) -> NDArray[Any]:
    if array.ndim != 1 or (len(array) > 1 and not (np.diff(array) > 0).all()):
        raise ValueError(f"{name} is not ascending")
    if below is not None and len(array) and not (array[0] >= 0 and array[-1] < below):
        raise ValueError(f"{name} points outside the vocabulary")
    return array


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value) or len(set(value)) != len(value):
        raise ValueError("a vocabulary is not a list of distinct texts")
    return tuple(value)


def _name(value: object) -> str:
    """Return a name that can be shown: reports and terminals print it."""
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= MAX_TEXT:
        raise ValueError(f"a name is not a printable text of at most {MAX_TEXT} characters")
    return value


def _card(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("the card is not a mapping")
    return value


def _topics(value: object) -> tuple[str, ...]:
    topics = tuple(map(_name, _texts(value)))
    if ALL in topics:
        raise ValueError(f"a topic is called {ALL!r}, the name of the row of all sentences")
    if len(topics) > MAX_TOPICS:
        raise ValueError(f"{len(topics)} topics are more than {MAX_TOPICS}")
    return topics


def _lexicon(data: bytes) -> Lexicon:
    """Read the cue lists; none may break the lines of a batch or swell what is scored."""
    lexicon = Lexicon.from_data(json.loads(data))
    if len(lexicon.topics) > MAX_TOPICS:
        raise ValueError(f"the vocabularies of {len(lexicon.topics)} topics are more than {MAX_TOPICS}")
    texts = chain(
        lexicon.words,
        lexicon.phrases,
        *(chain(column, column.values()) for column in (lexicon.functional, lexicon.ambiguous, lexicon.regional)),
        *lexicon.topics.values(),
        *((*c.parts, c.kind) for c in lexicon.constructions),
    )
    if not all(len(text) <= MAX_TEXT and "\n" not in text for text in texts):
        raise ValueError(f"an expression of the lexicon has a line feed or more than {MAX_TEXT} characters")
    return lexicon


def _finite(value: object, length: int, name: str) -> NDArray[np.float64]:
    array = np.array(value, np.float64)
    if array.shape != (length,) or not (np.abs(array) <= MAX_NUMBER).all():
        raise ValueError(f"{name} does not hold {length} finite numbers")
    return array


def _numbers(value: Mapping[str, Any], name: str, needed: Iterable[str] = ()) -> dict[str, float]:
    """Return a mapping of names to numbers, 0 to ``MAX_NUMBER``, with at least the names that are needed."""
    result = {str(k): float(v) for k, v in value.items()}
    if not set(needed) <= set(result) or not all(0 <= v <= MAX_NUMBER for v in result.values()):
        raise ValueError(f"{name} lacks a number or holds one out of range")
    return result


def _probability(value: object, name: str) -> float:
    number = float(value)  # type: ignore[arg-type]
    if not 0 <= number <= 1:
        raise ValueError(f"{name} is not a probability")
    return number


def _neighbours(value: Mapping[str, Any]) -> NeighbourEffect:
    gain, reach = _finite([value["gain"], value["reach"]], 2, "neighbours")
    mean = _finite(value["mean"], 3, "neighbours")
    if gain < 0 or reach <= 0 or (mean < 0).any():
        raise ValueError("neighbours holds a number out of range")
    return NeighbourEffect(float(gain), float(reach), (float(mean[0]), float(mean[1]), float(mean[2])))


def _interval(value: Mapping[str, Any]) -> dict[str, Any]:
    tilt = value["tilt"]
    strength, mean = _finite([tilt["strength"]], 1, "tilt"), _finite(tilt["mean"], 3, "tilt")
    if strength[0] < 0 or (mean < 0).any():
        raise ValueError("tilt holds a number out of range")
    numbers = {key: _numbers(value[key], key, QUANTITIES) for key in ("tau", "z")}
    return {**numbers, "tilt": {"strength": float(strength[0]), "mean": mean.tolist()}}


def _chain(value: Mapping[str, Any]) -> VoiceChain:
    transition = _finite(value["transition"], len(TRANSITIONS), "chain")
    start, apart = _finite(value["start"], 3, "chain"), _finite([value["apart"]], 1, "chain")
    return VoiceChain(tuple(transition.tolist()), tuple(start.tolist()), float(apart[0]))


def _construct(manifest: Mapping[str, Any], contents: Mapping[str, bytes], engine: Engine) -> FramingModel:
    head = json.loads(contents[HEAD])
    vocabulary = json.loads(contents[VOCABULARY])
    topics = _topics(head["topics"])
    words = _texts(vocabulary["words"])
    config = head["features"]
    space = FeatureSpace(
        config=FeatureConfig(
            **{k: bool(config[k]) for k in ("words", "word_bigrams", "characters", "skeleton", "entries")},
            min_df={k: int(v) for k, v in _numbers(config["min_df"], "min_df").items()},
            scale=_numbers(config["scale"], "scale", ("word", "bigram", "char", "skeleton", "entry", "dense")),
            frame_scale=_numbers(config["frame_scale"], "frame_scale"),
        ),
        words=words,
        word_ids=_ascending(_array(contents, "word_ids.npy"), "word_ids.npy", len(words)),
        bigram_keys=_ascending(_array(contents, "bigram_keys.npy"), "bigram_keys.npy"),
        char_keys=_ascending(_array(contents, "char_keys.npy"), "char_keys.npy"),
        skeleton_keys=_ascending(_array(contents, "skeleton_keys.npy"), "skeleton_keys.npy"),
        entries=_texts(vocabulary["entries"]),
        idf=_array(contents, "idf.npy"),
        dense=_texts(vocabulary["dense"]),
    )
    heads = 3 + len(topics) + VOICE_HEADS
    weights = _array(contents, "weights.npy")
    if weights.shape != (space.columns, heads):
        raise ValueError(f"weights.npy has shape {weights.shape}, the vocabulary needs {(space.columns, heads)}")
    if space.idf.shape != (space.columns - len(space.dense),) or not (space.idf > 0).all():
        raise ValueError("idf.npy does not fit the vocabulary")
    return FramingModel(
        lexicon=_lexicon(contents[LEXICON]),
        space=space,
        topics=topics,
        weights=weights,
        bias=_finite(head["bias"], heads, "bias"),
        frame_offset=_finite(head["frame_offset"], 3, "frame_offset"),
        topic_threshold=_finite(head["topic_threshold"], len(topics), "topic_threshold"),
        voice_threshold=_probability(head["voice_threshold"], "voice_threshold"),
        neighbours=_neighbours(head["neighbours"]),
        chain=_chain(head["chain"]),
        interval=_interval(head["interval"]),
        card=_card(manifest["card"]),
        name=_name(manifest["name"]),
        hash=str(manifest["hash"]),
        engine=engine,
    )
