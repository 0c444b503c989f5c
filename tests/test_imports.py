"""The arrows of the design: which room may know of which, and what each command loads."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "framing"

# Each room and the rooms that it may import; everybody may import errors and records.
ROOMS = {
    "errors": set(),
    "records": set(),
    "input": set(),
    "output": set(),
    "decode": set(),
    "clean": set(),
    "sentences": {"clean"},
    "trie": set(),
    "segment": {"trie"},
    "lexicon": {"segment", "trie"},
    "cues": {"lexicon", "segment", "trie"},
    "levels": {"cues", "lexicon", "segment", "trie"},
    "features": {"cues", "levels", "lexicon", "segment", "trie"},
    "matrix": {"features", "segment"},
    "probability": set(),
    "neighbours": {"probability"},
    "voice": set(),
    "voice_training": {"voice"},
    "model": {"cues", "features", "lexicon", "neighbours", "probability", "segment", "voice"},
    "aggregate": {"probability"},
    "calibration": {"probability"},
    "artifact": {"aggregate", "features", "lexicon", "model", "neighbours", "output", "segment", "voice"},
    "analysis": {"aggregate", "artifact", "clean", "decode", "input", "model", "sentences"},
    "compare": {"aggregate", "segment"},
    "stability": {"aggregate", "clean"},
    "gate": {"batch"},
    "card": {"model"},
    "training": {
        "aggregate",
        "calibration",
        "features",
        "lexicon",
        "matrix",
        "model",
        "neighbours",
        "probability",
        "segment",
        "voice",
        "voice_training",
    },
    "classifier": {"features", "lexicon", "matrix", "segment", "training"},
    "evaluation": {"aggregate", "analysis", "model"},
    "retraining": {"artifact", "card", "evaluation", "labelling", "lexicon", "model", "training"},
}
# Rooms that are folders. Reports render comparisons and gate results; a gate reads the entries of a batch.
FOLDERS = {
    "report": {"compare", "gate", "output", "segment", "stability"},
    "batch": {"analysis", "decode", "model", "output", "report"},
    "labelling": {
        "analysis", "artifact", "classifier", "clean", "decode", "evaluation", "features", "input", "lexicon", "matrix", "model",
        "output", "segment", "sentences",
    },
}  # fmt: skip
MODULES = {".".join(["framing", *p.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__"): p for p in PACKAGE.rglob("*.py")}
EVERYBODY = {"errors", "records"}
HEAVY = {
    "cleanlab", "dask", "distributed", "duckdb", "fsspec", "jieba", "jinja2", "joblib", "jsonschema", "matplotlib", "opencc", "pandas",
    "pyarrow", "rich", "scipy", "sklearn", "textual", "tqdm",
}  # fmt: skip


def known_modules(path: Path) -> set[str]:
    """Return the modules of the package that one imports, also inside functions; type-only imports do not count."""
    tree = ast.parse(path.read_text("utf-8"))
    ignored: set[ast.AST] = set()
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            ignored |= {child for statement in node.body for child in ast.walk(statement)}
        if node in ignored:
            continue
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            found |= {f"{module}.{a.name}" if f"{module}.{a.name}" in MODULES else module for a in node.names}
    return {n for n in found if n.startswith("framing.")}


def known_rooms(path: Path) -> set[str]:
    return {module.split(".")[1] for module in known_modules(path)}


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda p: p.stem)
def test_rooms_know_only_their_neighbours(path: Path) -> None:
    if path.stem in ("__init__", "__main__"):
        return
    assert path.stem in ROOMS, "a new room: add it to the table, and to the design"
    assert known_rooms(path) - EVERYBODY <= ROOMS[path.stem]


@pytest.mark.parametrize("folder", FOLDERS)
def test_folders_know_only_their_neighbours(folder: str) -> None:
    for path in sorted((PACKAGE / folder).rglob("*.py")):
        assert known_rooms(path) - EVERYBODY - {folder} <= FOLDERS[folder], path.relative_to(PACKAGE)


def test_nobody_knows_the_command_line() -> None:
    outside = [p for p in PACKAGE.rglob("*.py") if p.parent.name != "cli" and p.name != "__main__.py"]
    assert [p for p in outside if "cli" in known_rooms(p)] == []


def test_rooms_do_not_know_each_other_in_a_circle() -> None:
    """Imports inside functions count between rooms: they only hide a circle."""

    def room(module: str) -> str:
        return module.split(".")[1] if "." in module else ""

    arrows = {name: {known for known in known_modules(path) if room(known) != room(name)} for name, path in MODULES.items()}
    TopologicalSorter(arrows).prepare()


def loaded(code: str, cwd: Path) -> set[str]:
    """Return the top-level modules that are loaded after running code in a fresh interpreter."""
    program = f"import sys\ntry:\n    {code}\nexcept SystemExit as end:\n    assert not end.code, end.code\nprint('\\n' + ' '.join(sorted({{m.split('.')[0] for m in sys.modules}})))"
    # What measures coverage is loaded by no command.
    unmeasured = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_PROCESS_")}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=cwd, env=unmeasured, timeout=120, check=True)
    return set(done.stdout.splitlines()[-1].split())


def command(*arguments: str) -> str:
    return f"from framing.cli.main import main; main({list(arguments)!r})"


@pytest.mark.parametrize("code", ["import framing", command("--help"), command("--version")], ids=["import", "help", "version"])
def test_help_loads_next_to_nothing(code: str, tmp_path: Path) -> None:
    assert loaded(code, tmp_path) & (HEAVY | {"numpy", "charset_normalizer", "wcwidth"}) == set()


SCORING = {"numpy", "rjieba", "wcwidth"}


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [(["--help"], set()), (["--version"], set()), (["score", "a.txt"], SCORING)],
    ids=["help", "version", "score"],
)
def test_commands_load_these_packages_and_no_others(arguments: list[str], needed: set[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("新芯片的性能领先同行。軟體也很好。", "utf-8")
    found = {name for name in loaded(command(*arguments), tmp_path) - sys.stdlib_module_names if not name.startswith("_")}
    assert found == {"framing", "click", *needed}


def test_scoring_loads_no_training(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("新芯片的性能领先同行。軟體也很好。", "utf-8")
    found = loaded(command("score", "a.txt"), tmp_path)
    assert "numpy" in found
    # Without rjieba the segmenter is jieba; opencc is only read as data.
    assert found & HEAVY <= ({"jieba"} if "rjieba" not in found else set())
    assert "charset_normalizer" not in found


def test_public_names_exist() -> None:
    """Every name in an ``__all__`` is defined in its module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        defined = {n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef))}
        defined |= {a.asname or a.name for n in ast.walk(tree) if isinstance(n, (ast.Import, ast.ImportFrom)) for a in n.names}
        targets = [
            t
            for n in tree.body
            if isinstance(n, (ast.Assign, ast.AnnAssign))
            for t in (n.targets if isinstance(n, ast.Assign) else [n.target])
        ]
        names = {e.id for t in targets for e in (t.elts if isinstance(t, ast.Tuple) else [t]) if isinstance(e, ast.Name)}
        public = [n.value for n in tree.body if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "__all__"]
        for value in public:
            listed = ast.literal_eval(value)
            assert len(listed) == len(set(listed)), path
            assert path.name == "__init__.py" or set(listed) <= defined | names, path
