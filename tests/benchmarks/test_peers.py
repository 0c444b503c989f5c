"""Tools are timed by programs that really run, and those that are not installed are named."""

import peers
import pytest
from peers import Tool

from framing.artifact import default_model_path

ARTICLES = ["新芯片性能领先。\n口碑很好。".encode(), "直播数据存在水分。".encode()]


@pytest.mark.parametrize("name", ["`jieba.lcut` alone", "framing with rjieba"])
def test_programs_run(name, tmp_path):
    tool = next(t for t in peers.TOOLS if t.name == name)
    files, counts = peers._written(ARTICLES, tmp_path)
    assert counts == [2, 1]
    cost = peers._timed(tool, files, default_model_path(), tmp_path / "seconds.txt")
    assert cost.cpu > 0
    assert cost.wall > 0


def test_the_table_names_what_is_missing(tmp_path, monkeypatch):
    yardstick = Tool(peers.YARDSTICK, (), "def run(texts): sum(range(200000))")
    monkeypatch.setattr(peers, "TOOLS", (yardstick, Tool("nothing", ("no_such_package",), "")))
    monkeypatch.setattr(peers, "_IMPORT", "pass")
    (tmp_path / "a.txt").write_text("新店开业。", "utf-8")
    table = peers.peers(ARTICLES, tmp_path, tmp_path / "a.txt", 1, 1)
    assert "3 sentences, 2 for the slow tools; 1 rounds; CPU time." in table
    assert "Not installed: nothing." in table
    row = next(line for line in table.splitlines() if line.startswith(f"| {peers.YARDSTICK}"))
    assert row.split(" | ")[2] == "1.00"
