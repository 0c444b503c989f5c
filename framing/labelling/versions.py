"""Keep the models that others replaced, and bring them back.

Beside a model folder ``models/mine`` its earlier versions stand in ``models/.versions/mine``, each a whole
model folder named by a rising number and the model's hash.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from framing.artifact import MANIFEST, record_shipped, verify
from framing.errors import ArtifactError

__all__ = ["Version", "current", "keep", "models_in", "rollback", "versions"]


_UNREADABLE = "-unreadable"
"""Ending of kept folders that no version of this format can read."""


@dataclass(frozen=True, slots=True)
class Version:
    """Hold one model folder: what its manifest says and when it was written (UTC)."""

    path: Path
    name: str
    hash: str
    written: datetime
    card: dict[str, Any]


def current(folder: Path) -> Version:
    """Read the manifest of a model folder.

    Raises:
        ArtifactError: the folder is no sound model.
    """
    manifest = verify(folder)
    written = datetime.fromtimestamp((folder / MANIFEST).stat().st_mtime, timezone.utc)
    return Version(folder, str(manifest["name"]), str(manifest["hash"]), written, dict(manifest["card"]))


def models_in(folder: Path) -> list[Version]:
    """List the sound models directly in a folder, by name."""
    places = sorted(p for p in folder.iterdir() if (p / MANIFEST).is_file()) if folder.is_dir() else []
    return [current(p) for p in places]


def versions(folder: Path) -> list[Version]:
    """List the kept versions of a model that can be brought back, latest first; those of another format cannot."""
    result = []
    for place in _kept(folder):
        with suppress(ArtifactError):
            result.append(current(place))
    return result


def _kept(folder: Path) -> list[Path]:
    """Return all kept versions, latest first, readable or not."""
    store = _store(folder)
    places = sorted(store.iterdir(), reverse=True) if store.is_dir() else []
    return [p for p in places if (p / MANIFEST).is_file() and not p.name.startswith(".")]


def _store(folder: Path) -> Path:
    return folder.parent / ".versions" / folder.name


def keep(folder: Path) -> Version | None:
    """Copy a model to its kept versions before it is replaced; ``None`` where there is no sound model.

    A model that is the latest kept version already is not copied again. One that this version cannot read
    (it is damaged, or of another format) is copied too, but cannot be brought back by ``rollback``.

    Raises:
        ArtifactError: the copy cannot be written.
    """
    if not (folder / MANIFEST).is_file():
        return None
    places = _kept(folder)
    number = int(places[0].name.partition("-")[0]) + 1 if places else 1
    try:
        now = current(folder)
    except ArtifactError:
        _copy(folder, _store(folder) / f"{number:04d}{_UNREADABLE}")
        return None
    kept = versions(folder)
    if kept and kept[0].hash == now.hash:
        return kept[0]
    place = _store(folder) / f"{number:04d}-{now.hash[:8]}"
    _copy(folder, place)
    return current(place)


def _copy(folder: Path, place: Path) -> None:
    """Copy a model to a kept version, whole or not at all."""
    temporary = place.with_name(f".{place.name}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(folder, temporary)
        temporary.rename(place)
    except OSError as error:
        raise ArtifactError(f"{place} cannot be written ({error.strerror}); the model was not replaced") from None


def rollback(folder: Path, to: str | None = None) -> Version:
    """Put a kept version in a model's place; the model that is there is kept too.

    Args:
        folder: the model folder.
        to: the beginning of the version's hash; the latest version that differs by default.

    Raises:
        ArtifactError: there is no such version, or a folder cannot be written.
    """
    present = current(folder).hash if (folder / MANIFEST).is_file() else ""
    others = [v for v in versions(folder) if v.hash != present]
    wanted = [v for v in others if to is None or v.hash.startswith(to)]
    if not wanted:
        known = ", ".join(v.hash[:8] for v in others) or "none"
        raise ArtifactError(f"{folder}: no such earlier version; kept are {known}")
    if to is not None and len({v.hash for v in wanted}) > 1:
        raise ArtifactError(f"{folder}: {to} is the beginning of several versions; give more of the hash")
    keep(folder)
    temporary, old = (folder.with_name(f".{folder.name}-{name}") for name in ("rollback", "old"))
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.copytree(wanted[0].path, temporary)
        if folder.exists():
            folder.rename(old)
        temporary.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise ArtifactError(f"{folder} cannot be written ({error.strerror}); check the folder and the space left") from None
    record_shipped(folder)
    return current(folder)
