"""Put tables of results into the documentation, each between two marks that name it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

__all__ = ["markdown_table", "replace_section", "write_section"]


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is aligned left, all others right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def replace_section(document: str, name: str, content: str) -> str:
    r"""Replace what stands between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``.

    A document without these marks gets them, and the content, at its end.

    Raises:
        ValueError: only one of the marks is there, or they are in the wrong order.

    >>> replace_section("a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n", "x", "new\n")
    'a\n<!-- begin x -->\n\nnew\n\n<!-- end x -->\nb\n'
    """
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    block = f"{begin}\n\n{content.strip()}\n\n{end}"
    if begin not in document and end not in document:
        return document.rstrip("\n") + f"\n\n{block}\n" if document.strip() else f"{block}\n"
    head, found_begin, rest = document.partition(begin)
    _, found_end, tail = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"the marks of the section {name!r} do not pair up; mend them by hand")
    return head + block + tail


def write_section(path: Path, name: str, content: str) -> None:
    """Replace a section of a file; a file that is not there is made.

    Raises:
        ValueError: the marks of the section do not pair up.
    """
    before = path.read_text("utf-8") if path.exists() else ""
    path.write_text(replace_section(before, name, content), "utf-8")
