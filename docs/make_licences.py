"""Write `docs/licences.md`: every package that framing or its extras bring along, with its licence.

Licences are read from the metadata of what is installed, so run it where all extras are. Some packages
are installed on other systems or Pythons only; their rows stay as they are, unless they are no longer
needed. The script says which packages it knows nothing of.

    pip install -e '.[batch,bench,dask,dev,fast,fuzz,labels,lock,mutation,plots,suspects]'
    python docs/make_licences.py
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from itertools import product
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "licences.md"
PROJECT = "framing-zh"
FOR_USERS = ("core", "batch", "dask", "fast", "labels", "plots", "suspects")
ENVIRONMENTS = [
    {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": platform,
        "platform_system": system,
        "os_name": os_name,
    }
    for python, (platform, system, os_name) in product(
        ("3.10", "3.11", "3.12", "3.13"), (("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt"))
    )
]
"""Where framing may be installed: a package that any of them needs is listed."""


def declared() -> dict[str, list[Requirement]]:
    """Return the requirements of the project by extra, those without an extra as ``core``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    groups = {"core": project["dependencies"], **project["optional-dependencies"]}
    return {extra: [Requirement(line) for line in lines] for extra, lines in groups.items()}


def applies(requirement: Requirement, extra: str) -> bool:
    """Tell whether a requirement holds for an extra (none if empty) in any environment."""
    marker = requirement.marker
    return marker is None or any(marker.evaluate({**environment, "extra": extra}) for environment in ENVIRONMENTS)


def needs(requirement: Requirement) -> Iterator[Requirement]:
    """Give what a requirement needs in turn, its extras included; nothing where it is not installed."""
    try:
        lines = distribution(requirement.name).requires or []
    except PackageNotFoundError:
        return
    for needed in map(Requirement, lines):
        if any(applies(needed, extra) for extra in ("", *requirement.extras)):
            yield needed


def closure(requirements: list[Requirement], groups: dict[str, list[Requirement]]) -> set[str]:
    """Return the names of everything that requirements bring along."""
    found: set[tuple[str, frozenset[str]]] = set()
    pending = list(requirements)
    while pending:
        requirement = pending.pop()
        name = canonicalize_name(requirement.name)
        if name == PROJECT:
            pending += [r for extra in requirement.extras for r in groups[extra]]
            continue
        key = (name, frozenset(requirement.extras))
        if key not in found:
            found.add(key)
            pending += needs(requirement)
    return {name for name, _ in found}


def needed() -> dict[str, list[str]]:
    """Return every package with the extras that bring it along; ``core`` alone where everybody has it.

    What only the locks name is needed by other Pythons or systems than this one.
    """
    groups = declared()
    result: dict[str, list[str]] = {}
    for extra, requirements in groups.items():
        for name in closure(requirements, groups):
            result.setdefault(name, []).append(extra)
    locks = "".join(path.read_text("utf-8") for path in (ROOT / "requirements").glob("*.txt"))
    for name in re.findall(r"^([a-z0-9-]+)==", locks, re.MULTILINE):
        result.setdefault(name, ["dev"])
    return {name: ["core"] if "core" in extras else extras for name, extras in sorted(result.items())}


def licence(package: Distribution) -> str:
    """Return the licence that a package states: its expression, its classifiers, its own words, or the title of its licence file."""
    metadata = package.metadata
    classifiers = [c.rpartition(" :: ")[2] for c in metadata.get_all("Classifier", []) if c.startswith("License ::")]
    named = ", ".join(c for c in classifiers if c != "OSI Approved")
    files = [f for f in package.files or () if f.name.upper().startswith(("LICENSE", "LICENCE", "COPYING"))]
    words = (metadata.get("License") or (files[0].read_text("utf-8") if files else "")).strip().splitlines()
    return metadata.get("License-Expression") or named or (words[0].strip()[:80] if words else "")


def known() -> dict[str, str]:
    """Return the licences that the page states now."""
    rows = re.findall(r"^\| ([a-z0-9-]+) \| (.+?) \| .+ \|$", PAGE.read_text("utf-8"), re.MULTILINE) if PAGE.exists() else []
    return dict(rows)


def table(rows: dict[str, list[str]], licences: dict[str, str]) -> str:
    """Write packages as a table of Markdown."""
    lines = [f"| {name} | {licences[name]} | {', '.join(extras)} |" for name, extras in rows.items()]
    return "\n".join(["| package | licence | for |", "| --- | --- | --- |", *lines])


def main() -> None:
    """Write the page, and name the packages whose licence is unknown."""
    licences = known()
    packages = needed()
    for name in packages:
        try:
            licences[name] = licence(distribution(name)) or licences.get(name, "")
        except PackageNotFoundError:
            continue
    unknown = [name for name in packages if not licences.get(name)]
    if unknown:
        raise SystemExit(f"no licence is known of {', '.join(unknown)}: install them and run this again")
    users = {name: [e for e in extras if e in FOR_USERS] for name, extras in packages.items() if set(extras) & set(FOR_USERS)}
    others = {name: extras for name, extras in packages.items() if name not in users}
    PAGE.write_text(
        f"""# Licences of dependencies

Made by `docs/make_licences.py` from the metadata of the installed packages, in their own words. framing itself is Apache-2.0; no code of these packages is copied into it.

## What users install

`core` comes with framing, the others with an extra: `pip install 'framing-zh[batch]'`.

{table(users, licences)}

## What only development needs

Tests, checks, benchmarks and locking; nothing of this is installed with framing.

{table(others, licences)}
""",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
