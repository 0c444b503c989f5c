"""The notebooks of the documentation run from beginning to end, and show what they give."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.ipynb")), ids=lambda p: p.stem)
def test_notebook_runs(path: Path) -> None:
    """A cell that raises ends the run; each code cell that ends in a value had given one when it was saved."""
    saved = nbformat.read(path, as_version=4)
    done = NotebookClient(saved, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(DOCS)}}).execute()
    kept = nbformat.read(path, as_version=4)
    for before, now in zip(kept.cells, done.cells, strict=True):
        if now.cell_type == "code":
            assert [o.output_type for o in before.outputs] == [o.output_type for o in now.outputs], now.source
