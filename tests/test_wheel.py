"""A wheel built from the project works from another directory with no checkout near it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

import framing

ROOT = Path(__file__).parent.parent


def build(project: Path, folder: Path) -> Path:
    """Build the wheel of a checkout into a folder."""
    program = "import sys, hatchling.build; print(hatchling.build.build_wheel(sys.argv[1]))"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], cwd=project, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the wheel into a new environment that borrows only its dependencies; return its python."""
    home = tmp_path_factory.mktemp("elsewhere")
    venv.create(home / "env", with_pip=False, symlinks=True)
    python = home / "env" / "bin" / "python"
    site = Path(
        subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], capture_output=True, text=True, check=True
        ).stdout.strip()
    )
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # Ours stands before the borrowed folder, in which the checkout itself may be installed.
    (site / "borrowed.pth").write_text("".join(f"{p}\n" for p in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}))
    return python


def run(python: Path, *arguments: str, code: int = 0) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [python, *arguments], cwd=python.parent, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stdout


def test_what_the_wheel_holds(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert wheel.name.startswith(f"framing_zh-{framing.__version__}-py3-none-any")
    for name in (
        "py.typed",
        "data/score.schema.json",
        "data/lexicon/praise.tsv",
        "models/default/manifest.json",
        "models/default/README.md",
        "data/html/article.html",
    ):
        assert f"framing/{name}" in names
    assert {n.split("/")[0] for n in names} == {"framing", f"framing_zh-{framing.__version__}.dist-info"}
    assert not any("__pycache__" in n or n.startswith("framing/labels") for n in names)
    assert len(names) == len(set(names))


def test_the_wheel_scores_elsewhere(installed: Path) -> None:
    where = run(installed, "-c", "import framing.artifact as a; print(a.__file__); print(a.default_model_path())").split()
    assert all(str(installed.parent.parent) in place for place in where)
    (installed.parent / "a.txt").write_text("晨岸科技的新芯片性能领先同行，表现出色，获得业界高度评价。\n公司总部在杭州。\n", "utf-8")
    row = json.loads(run(installed, "-m", "framing", "score", "a.txt", "--format", "jsonl"))
    assert row["sentences"][0]["prediction"]["frame"] == "praise"
    assert run(installed, "-m", "framing", "--version").split()[-1] == framing.__version__
    assert "as recorded in the package" in run(installed, "-m", "framing", "model", "verify")


def test_the_command_is_declared(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        entry = archive.read(f"framing_zh-{framing.__version__}.dist-info/entry_points.txt").decode()
        metadata = archive.read(f"framing_zh-{framing.__version__}.dist-info/METADATA").decode()
    assert "framing = framing.cli.main:main" in entry
    assert "Name: framing-zh" in metadata
    assert "License-Expression: Apache-2.0" in metadata


def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    """Neither the folder, nor the age of files, nor who may read them shows in a wheel."""
    digests = set()
    for number in range(2):
        project = tmp_path / f"checkout-{number}"
        shutil.copytree(ROOT / "framing", project / "framing", ignore=shutil.ignore_patterns("__pycache__"), copy_function=shutil.copy)
        shutil.copytree(ROOT / "models" / "default", project / "models" / "default")
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, project)
        for path in project.rglob("*"):
            os.utime(path, (10**9 + 10**7 * number,) * 2)
            if path.is_file():
                path.chmod(0o600 if number else 0o644)
        wheel = build(project, tmp_path)
        digests.add((wheel.name, hashlib.sha256(wheel.read_bytes()).hexdigest()))
        wheel.unlink()
    assert len(digests) == 1
