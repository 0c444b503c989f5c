"""Charts are files that open anywhere and look the same each time."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from matplotlib import font_manager

from framing.compare import compare
from framing.errors import OutputError
from framing.report.plots import FONT_VARIABLE, write_comparison_plots, write_plots
from framing.report.wording import wording
from framing.segment import Segmenter

SVG = "{http://www.w3.org/2000/svg}"


def check(path: Path) -> None:
    content = path.read_bytes()
    if path.suffix == ".png":
        assert content.startswith(b"\x89PNG\r\n")
        return
    root = ElementTree.fromstring(content)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title") is not None
    assert (root.findtext(f"{SVG}desc") or "").strip()
    assert not list(root.iter(f"{SVG}script"))
    # Text is drawn as outlines, so that no font is needed to see it.
    assert not list(root.iter(f"{SVG}text"))
    assert list(root.iter(f"{SVG}path"))


def test_charts_of_articles(tmp_path: Path, praising: Any, doubting: Any) -> None:
    written = write_plots([praising, doubting], tmp_path / "new", wording("zh"))
    assert sorted(p.name for p in written) == sorted(
        f"{number}-{name}-{chart}.{form}"
        for number, name in (("001", "praising"), ("002", "doubting"))
        for chart in ("topics", "plane", "course")
        for form in ("svg", "png")
    )
    for path in written:
        check(path)


def test_the_chart_of_a_comparison(tmp_path: Path, praising: Any, doubting: Any, intervals: Any) -> None:
    result = compare({"甲": [praising], "乙": [doubting]}, Segmenter(), intervals)
    for path in write_comparison_plots(result, tmp_path, wording("zh-hant")):
        check(path)


def test_hostile_names_stay_in_the_folder_and_stay_text(tmp_path: Path, hostile: Any, make_score: Any) -> None:
    rows = [("好。", "praise", (), "author", "body")] * 6
    folder = tmp_path / "in"
    written = write_plots([hostile, make_score(rows, "../../$x_1$.txt"), make_score(rows, "...")], folder, wording("en"))
    assert len(written) == 18
    for path in written:
        assert path.parent == folder
        check(path)


def test_charts_are_the_same_each_time(tmp_path: Path, praising: Any) -> None:
    first = write_plots([praising], tmp_path / "a", wording("en"))
    second = write_plots([praising], tmp_path / "b", wording("en"))
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_an_article_without_sentences_has_no_charts(tmp_path: Path, make_score: Any) -> None:
    assert write_plots([make_score([])], tmp_path, wording("zh")) == []


def test_a_machine_without_a_chinese_font_gets_advice(tmp_path: Path, praising: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FONT_VARIABLE, raising=False)
    latin = [f for f in font_manager.fontManager.ttflist if f.name.startswith("DejaVu")]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", latin)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    with pytest.raises(OutputError, match=r"no font with Chinese characters .* fonts-noto-cjk"):
        write_plots([praising], tmp_path, wording("zh"))
    assert list(tmp_path.iterdir()) == []


def test_a_font_that_is_none_is_named(tmp_path: Path, praising: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = tmp_path / "font.otf"
    bad.write_bytes(b"no font")
    monkeypatch.setenv(FONT_VARIABLE, str(bad))
    with pytest.raises(OutputError, match="no usable font"):
        write_plots([praising], tmp_path, wording("zh"))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, praising: Any) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        write_plots([praising], tmp_path / "file" / "plots", wording("en"))


def test_without_matplotlib_the_way_to_get_it_is_named(tmp_path: Path, praising: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(OutputError, match=r"pip install 'framing-zh\[plots\]'"):
        write_plots([praising], tmp_path, wording("en"))


def test_the_font_that_is_named_is_taken(tmp_path: Path, praising: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    font = Path(font_manager.findfont("DejaVu Sans Mono"))
    monkeypatch.setenv(FONT_VARIABLE, str(font))
    monkeypatch.setattr(font_manager.fontManager, "ttflist", list(font_manager.fontManager.ttflist))
    for path in write_plots([praising], tmp_path, wording("zh")):
        check(path)


def test_a_font_that_was_installed_after_the_list_was_made_is_found(tmp_path: Path, praising: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = font_manager.fontManager
    latin = [f for f in manager.ttflist if f.name.startswith("DejaVu")]
    monkeypatch.setattr(manager, "ttflist", latin)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: ["/fonts/other.ttf", "/fonts/NotoSansCJK-Regular.ttc"])
    added: list[str] = []

    def add(path: str) -> None:
        added.append(path)
        manager.ttflist.append(replace(latin[0], name="Noto Sans CJK SC"))

    monkeypatch.setattr(manager, "addfont", add)
    assert write_plots([praising], tmp_path, wording("zh"))
    assert added == ["/fonts/NotoSansCJK-Regular.ttc"]


def test_a_comparison_with_an_article_of_nothing_is_drawn(tmp_path: Path, praising: Any, make_score: Any, intervals: Any) -> None:
    for groups in ({"A": [make_score([])], "B": [praising]}, {"A": [make_score([])], "B": [make_score([])]}):
        for path in write_comparison_plots(compare(groups, Segmenter(), intervals), tmp_path, wording("en")):
            check(path)
