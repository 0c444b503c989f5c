"""Write a model to a folder and read it back, trusting nothing in between.

A model folder holds plain data only: JSON, text and NumPy arrays without Python objects, so reading
one cannot run code from it. Reading goes in three steps: parse the manifest, audit every file against
it (name, size, SHA-256), and only then construct. ``FORMAT`` is raised by one whenever a reader of
the old number could misread the new files; readers refuse numbers that they do not know.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framing.aggregate import ALL, QUANTITIES
from framing.errors import ArtifactError, LexiconError
from framing.features import FeatureConfig, FeatureSpace
from framing.lexicon import Lexicon
from framing.model import VOICE_HEADS, FramingModel
from framing.segment import Engine

__all__ = ["FORMAT", "MANIFEST", "default_model_path", "load", "save", "verify"]

FORMAT = 1
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

MAX_FILE = 256 * 1024 * 1024
MAX_MANIFEST = 1024 * 1024
MAX_NUMBER = 1e6
"""Largest magnitude of a weight: sums of terms below it stay far from overflow."""


def default_model_path() -> Path:
    """Return the folder of the shipped model: inside the package, or beside it in a checkout.

    Raises:
        ArtifactError: neither place holds a model.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "models" / "default", package.parent / "models" / "default"):
        if (folder / MANIFEST).is_file():
            return folder
    raise ArtifactError("no shipped model was found; reinstall the package, or train one with `framing train`")


def _json(data: Any) -> bytes:
    return (json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _contents(model: FramingModel) -> dict[str, bytes]:
    space = model.space
    head = {
        "topics": list(model.topics),
        "bias": model.bias.tolist(),
        "frame_offset": model.frame_offset.tolist(),
        "topic_threshold": model.topic_threshold.tolist(),
        "voice_threshold": model.voice_threshold,
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
        "weights.npy": _npy(model.weights),
        "idf.npy": _npy(space.idf),
        "word_ids.npy": _npy(space.word_ids),
        "bigram_keys.npy": _npy(space.bigram_keys),
        "char_keys.npy": _npy(space.char_keys),
        "skeleton_keys.npy": _npy(space.skeleton_keys),
    }


def model_hash(files: Mapping[str, str]) -> str:
    """Return the hash that stands for a whole model: SHA-256 over its files' names and hashes."""
    text = "".join(f"{name} {files[name]}\n" for name in sorted(files))
    return hashlib.sha256(text.encode()).hexdigest()


def save(model: FramingModel, folder: Path, card: str = "") -> str:
    """Write a model folder and return the model's hash.

    The folder appears whole or not at all: it is written beside its final place and moved there. A
    folder that is already there is replaced only once the new one is complete.

    Raises:
        ArtifactError: the folder cannot be written, or something that is no model is in its place.
    """
    if folder.exists() and not (folder / MANIFEST).is_file() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ArtifactError(f"{folder} is not empty and holds no model; choose another place")
    contents = _contents(model)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    whole = model_hash(hashes)
    manifest = {
        "format": FORMAT,
        "name": model.name,
        "hash": whole,
        "files": {name: {"sha256": hashes[name], "bytes": len(data)} for name, data in contents.items()},
        "card": model.card,
    }
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        os.chmod(temporary, 0o755)  # noqa: PTH101, S103 - mkdtemp's 0700 would hide a shared model
        try:
            for name, data in {**contents, MANIFEST: _json(manifest), **({CARD: card.encode()} if card else {})}.items():
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
    return whole


def _read(folder: Path, name: str, limit: int) -> bytes:
    path = folder / name
    try:
        size = path.stat().st_size
        if size > limit:
            raise ArtifactError(f"{path}: {size:,} bytes are more than a model file may have ({limit:,})")
        return path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"{path} cannot be read ({error.strerror}); is this a model folder?") from None


def _parse_manifest(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise ArtifactError(f"{folder} is no model folder; give the folder that holds {MANIFEST}")
    path = folder / MANIFEST
    try:
        manifest = json.loads(_read(folder, MANIFEST, MAX_MANIFEST))
    except (ValueError, RecursionError):
        raise ArtifactError(f"{path} is not JSON; the model is damaged") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("format"), int):
        raise ArtifactError(f"{path} names no format number; this is not a model of framing")
    if manifest["format"] != FORMAT:
        newer = "update framing" if manifest["format"] > FORMAT else "train it again"
        raise ArtifactError(f"{path} has format {manifest['format']}, this version reads {FORMAT}; {newer}")
    files = manifest.get("files")
    if not isinstance(files, dict) or set(files) != set(FILES):
        raise ArtifactError(f"{path} does not list the files of a model ({', '.join(FILES)})")
    return manifest


def _audit(folder: Path, manifest: dict[str, Any]) -> dict[str, bytes]:
    contents = {}
    hashes = {}
    for name in FILES:
        entry = manifest["files"][name]
        if not isinstance(entry, dict) or not isinstance(entry.get("bytes"), int) or not isinstance(entry.get("sha256"), str):
            raise ArtifactError(f"{folder / MANIFEST}: the entry of {name} is malformed")
        data = _read(folder, name, MAX_FILE)
        digest = hashlib.sha256(data).hexdigest()
        if len(data) != entry["bytes"] or digest != entry["sha256"]:
            raise ArtifactError(f"{folder / name} is not the file that the manifest describes (SHA-256 differs); get the model again")
        contents[name], hashes[name] = data, digest
    if manifest.get("hash") != model_hash(hashes):
        raise ArtifactError(f"{folder / MANIFEST}: the model's hash does not match its files; get the model again")
    return contents


def verify(folder: Path) -> dict[str, Any]:
    """Check a model folder as ``load`` does, and return its manifest.

    Raises:
        ArtifactError: the folder is not a sound model; the message says why.
    """
    load(folder)
    return _parse_manifest(folder)


def load(folder: Path, *, engine: Engine = "auto") -> FramingModel:
    """Read a model folder.

    Raises:
        ArtifactError: a file is missing, altered, from another format, or malformed; the message is
            one line that says which and why.
    """
    manifest = _parse_manifest(folder)
    contents = _audit(folder, manifest)
    try:
        return _construct(manifest, contents, engine)
    except LexiconError as error:
        raise ArtifactError(f"{folder / LEXICON}: {error}") from None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        reason = f"no field {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise ArtifactError(f"{folder}: the model's data is malformed ({reason}); get the model again") from None


def _array(contents: Mapping[str, bytes], name: str) -> NDArray[Any]:
    data = contents[name]
    # A header may announce more than the file holds; only a file of the announced size is read.
    buffer = io.BytesIO(data)
    version = np.lib.format.read_magic(buffer)
    reader: Callable[..., Any] = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = reader(buffer)
    if dtype != np.dtype(ARRAYS[name]) or dtype.hasobject:
        raise ValueError(f"{name} holds {dtype}, not {np.dtype(ARRAYS[name])}")
    if int(np.prod(shape, dtype=object)) * dtype.itemsize != len(data) - buffer.tell():
        raise ValueError(f"{name} does not have the size that its header announces")
    array: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
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


def _construct(manifest: dict[str, Any], contents: Mapping[str, bytes], engine: Engine) -> FramingModel:
    head = json.loads(contents[HEAD])
    vocabulary = json.loads(contents[VOCABULARY])
    topics = _texts(head["topics"])
    if ALL in topics:
        raise ValueError(f"a topic is called {ALL!r}, the name of the row of all sentences")
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
        lexicon=Lexicon.from_data(json.loads(contents[LEXICON])),
        space=space,
        topics=topics,
        weights=weights,
        bias=_finite(head["bias"], heads, "bias"),
        frame_offset=_finite(head["frame_offset"], 3, "frame_offset"),
        topic_threshold=_finite(head["topic_threshold"], len(topics), "topic_threshold"),
        voice_threshold=_probability(head["voice_threshold"], "voice_threshold"),
        interval={key: _numbers(head["interval"][key], key, QUANTITIES) for key in ("tau", "z")},
        card=dict(manifest.get("card") or {}),
        name=str(manifest.get("name", "unnamed")),
        hash=str(manifest["hash"]),
        engine=engine,
    )
