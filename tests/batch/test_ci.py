"""The gate as CI runs it: the commands, pre-commit, the action's own steps, the demonstration."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.batch.conftest import PRAISE, SKEPTICISM, Run, environment, sentence

ROOT = Path(__file__).parents[2]
POLICY = '[[rule]]\nname = "not all bad"\nrequire = "all.net >= -0.1"\n'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Write a folder with a policy, an article that passes and one that fails."""
    folder = tmp_path / "site"
    (folder / "articles").mkdir(parents=True)
    (folder / "framing.toml").write_text(POLICY)
    (folder / "articles" / "good.txt").write_text("\n".join(sentence(PRAISE, i) for i in range(30)), encoding="utf-8")
    (folder / "articles" / "bad.txt").write_text("\n".join(sentence(SKEPTICISM, i) for i in range(30)), encoding="utf-8")
    return folder


@pytest.fixture
def shell(tmp_path: Path, model: Path) -> dict[str, str]:
    """Give an environment whose PATH has the command, with the small model as the shipped one."""
    place = tmp_path / "bin" / "framing"
    place.parent.mkdir()
    choose = 'case "$1" in batch) set -- "$@" --model "$MODEL";; esac'
    place.write_text(f'#!/bin/bash\n{choose}\nexec {sys.executable} -m framing "$@"\n')
    place.chmod(0o755)
    names = ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY")
    clean = {k: v for k, v in environment().items() if k not in names and not k.startswith("GIT_")}
    return {**clean, "PATH": f"{place.parent}{os.pathsep}{clean['PATH']}", "MODEL": str(model)}


def test_gate_on_a_batch_and_on_files(framing: Run, site: Path, model: Path, tmp_path: Path) -> None:
    framing("batch", site / "articles", "-o", "out", "--model", model)
    options = ["--policy", site / "framing.toml", "--no-annotations"]
    reports = ["--junit", "j.xml", "--sarif", "s.sarif", "--summary", "s.md"]
    on_batch = framing("gate", "out", *options, *reports, code=3)
    assert "bad.txt: not all bad" in on_batch.stdout
    assert "good.txt" not in on_batch.stdout
    result = json.loads((tmp_path / "s.sarif").read_text(encoding="utf-8"))["runs"][0]["results"][0]
    physical = result["locations"][0]["physicalLocation"]
    line = (site / "articles" / "bad.txt").read_text(encoding="utf-8").splitlines()[physical["region"]["startLine"] - 1]
    assert physical["region"]["snippet"]["text"] == line
    on_files = framing("gate", site / "articles", *options, "--model", model, code=3)
    assert on_files.stdout == on_batch.stdout
    framing("gate", site / "articles" / "good.txt", *options, "--model", model)
    framing("gate", site / "articles" / "good.txt", "none.txt", *options, "--model", model, code=1)
    assert "no finished batch" not in on_batch.stderr


def test_gate_of_score(framing: Run, site: Path, model: Path) -> None:
    articles = site / "articles"
    done = framing("score", articles / "bad.txt", "--gate", site / "framing.toml", "--model", model, "--format", "json", code=3)
    assert "not all bad" in done.stderr
    json.loads(done.stdout)
    framing("score", articles / "good.txt", "--gate", site / "framing.toml", "--model", model)
    framing("score", articles / "good.txt", "none.txt", "--gate", site / "framing.toml", "--model", model, code=1)
    framing("score", articles / "good.txt", "--gate", "none.toml", "--model", model, code=2)


def git(folder: Path, *arguments: str, env: dict[str, str]) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, env=env, check=True, capture_output=True)


def test_pre_commit(site: Path, shell: dict[str, str], model: Path, tmp_path: Path) -> None:
    """Run pre-commit with the published hook; only the installation is replaced by the command at hand."""
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    env = {**shell, "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"), "GIT_CONFIG_GLOBAL": os.devnull}
    for folder in (hooks, site):
        git(folder, "init", env=env)
        git(folder, "add", ".", env=env)
        git(folder, "commit", "-m", "all", env=env)
    revision = subprocess.run(["git", "rev-parse", "HEAD"], cwd=hooks, env=env, check=True, capture_output=True, text=True).stdout.strip()
    hook = {"id": "framing-gate", "language": "system", "args": ["--model", str(model)]}
    config = {"repos": [{"repo": str(hooks), "rev": revision, "hooks": [hook]}]}
    (site / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    git(site, "add", ".", env=env)
    command = [sys.executable, "-m", "pre_commit", "run", "--all-files"]
    failing = subprocess.run(command, cwd=site, env=env, capture_output=True, text=True, check=False)
    assert failing.returncode == 1, failing.stdout + failing.stderr
    assert "exit code: 3" in failing.stdout
    assert "articles/bad.txt: not all bad" in failing.stdout
    git(site, "rm", "-f", "articles/bad.txt", env=env)
    passing = subprocess.run(command, cwd=site, env=env, capture_output=True, text=True, check=False)
    assert passing.returncode == 0, passing.stdout + passing.stderr
    assert "Passed" in passing.stdout


def test_action_steps_really_run(site: Path, shell: dict[str, str]) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    steps = {s["name"]: s["run"] for s in action["runs"]["steps"] if "run" in s}
    env = {**shell, "ARTICLES": "articles\n\nnone.txt\n", "OUTPUT": "results", "POLICY": "framing.toml"}
    env |= {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(site / "summary.md")}

    def step(name: str) -> subprocess.CompletedProcess[str]:
        # As GitHub runs `shell: bash`.
        line = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", steps[name]]
        return subprocess.run(line, cwd=site, env=env, capture_output=True, text=True, check=False)

    assert step("Score articles").returncode == 0
    failing = step("Check the policy")
    assert failing.returncode == 3, failing.stderr
    assert "::error title=not all bad,file=articles/bad.txt,line=" in failing.stdout
    assert "gate failed" in (site / "summary.md").read_text(encoding="utf-8")
    assert (site / "results.sarif").exists()
    assert (site / "results.junit.xml").exists()
    (site / "articles" / "bad.txt").unlink()
    env["ARTICLES"] = "articles"
    assert "(0 scored now)" in step("Score articles").stderr
    assert step("Check the policy").returncode == 0


@pytest.mark.parametrize(
    ("schema", "file"),
    [("github-actions", ROOT / "action.yml"), ("github-workflows", ROOT / "examples/ci/.github/workflows/framing.yml")],
)
def test_github_files_follow_the_schemas(schema: str, file: Path) -> None:
    line = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(file)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_demonstration_fails_and_passes_when_revised(framing: Run, tmp_path: Path) -> None:
    """Run the commands of the demonstration's README with the shipped model, whatever its numbers are."""
    shutil.copytree(ROOT / "examples" / "ci", tmp_path / "ci")
    for path in (tmp_path / "ci").iterdir():
        path.rename(tmp_path / path.name)
    news = sorted(p.relative_to(tmp_path) for p in (tmp_path / "articles" / "news").iterdir())
    framing("score", *news, "--format", "json", "-o", "baseline.json")
    framing("batch", "articles", "-o", "results")
    failing = framing("gate", "results", "--no-annotations", code=3)
    assert "articles/columns/delivery-platform.txt: technology is not run down" in failing.stdout
    shutil.copy(tmp_path / "revised" / "delivery-platform.txt", tmp_path / "articles" / "columns")
    framing("batch", "articles", "-o", "results", "--incremental")
    framing("gate", "results", "--no-annotations")
