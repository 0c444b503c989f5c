"""What CI installs is locked by hash, and the licence of all that is installed is listed."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
BUILD = ROOT / "requirements" / "build.txt"
CI = ROOT / "requirements" / "ci.txt"
LOCK_AGAIN = "run `sh requirements/lock.sh`"


def required(extra: str) -> list[Requirement]:
    """Return what an extra of the project needs, without the project itself."""
    result = []
    for requirement in map(Requirement, PROJECT["optional-dependencies"][extra]):
        result += (
            [r for name in requirement.extras for r in required(name)]
            if canonicalize_name(requirement.name) == PROJECT["name"]
            else [requirement]
        )
    return result


def locked(path: Path) -> dict[str, list[Requirement]]:
    """Return the locked versions by name, each with a marker where Pythons or systems differ."""
    lines = re.findall(r"^([a-z0-9].*?) *\\$", path.read_text("utf-8"), re.MULTILINE)
    result: dict[str, list[Requirement]] = {}
    for requirement in map(Requirement, lines):
        result.setdefault(requirement.name, []).append(requirement)
    return result


def version(requirement: Requirement) -> str:
    (specifier,) = requirement.specifier
    assert specifier.operator == "=="
    return specifier.version


@pytest.mark.parametrize("path", [BUILD, CI], ids=lambda p: p.name)
def test_every_line_of_a_lock_is_a_version_with_hashes(path: Path) -> None:
    for block in re.split(r"\n(?=[a-z0-9])", path.read_text("utf-8"))[1:]:
        first, *others = [line.strip(" \\") for line in block.splitlines()]
        assert re.fullmatch(r"[a-z0-9.-]+==[^ ]+( ; .+)?", first)
        hashes = [line for line in others if not line.startswith("#")]
        assert hashes
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in hashes)


def test_the_lock_holds_what_the_project_asks_for() -> None:
    lock = locked(CI)
    for requirement in [*map(Requirement, PROJECT["dependencies"]), *required("dev")]:
        versions = lock.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement.name} is not locked: {LOCK_AGAIN}"
        assert all(requirement.specifier.contains(version(v)) for v in versions), f"{requirement} is locked otherwise: {LOCK_AGAIN}"


def test_what_builds_is_locked_too() -> None:
    lock, ci = locked(BUILD), locked(CI)
    wanted = [line for line in (BUILD.with_suffix(".in")).read_text().splitlines() if not line.startswith("#")]
    for requirement in map(Requirement, [*wanted, *PYPROJECT["build-system"]["requires"]]):
        assert all(requirement.specifier.contains(version(v)) for v in lock[requirement.name]), LOCK_AGAIN
    both = set(lock) & set(ci)
    assert {n: set(map(str, lock[n])) for n in both} == {n: set(map(str, ci[n])) for n in both}, LOCK_AGAIN


def test_the_workflow_audits_the_locks() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "audit.yml").read_text("utf-8"))
    (job,) = workflow["jobs"].values()
    steps = " ".join(step.get("run", "") for step in job["steps"])
    assert "pip-audit" in steps
    for path in (BUILD, CI):
        assert str(path.relative_to(ROOT)) in steps


def listed() -> set[str]:
    return set(re.findall(r"^\| ([a-z0-9-]+) \|", (ROOT / "docs" / "licences.md").read_text("utf-8"), re.MULTILINE))


def test_the_licence_of_every_dependency_is_listed() -> None:
    """Of what is declared, and of what is locked for any system and Python."""
    declared = [*PROJECT["dependencies"], *(r for group in PROJECT["optional-dependencies"].values() for r in group)]
    names = {canonicalize_name(Requirement(r).name) for r in declared} | set(locked(CI)) | set(locked(BUILD))
    assert sorted(names - listed() - {PROJECT["name"]}) == [], "run `python docs/make_licences.py`"
