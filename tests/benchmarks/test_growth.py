"""Growth is measured at sizes that fit the limit, and the exponent is that of the law behind the numbers."""

import growth
import pytest
from measuring import Cost


@pytest.mark.parametrize(
    ("largest", "expected"),
    [
        (1, [1000]),
        (1000, [1000]),
        (2999, [1000]),
        (30_000, [1000, 3000, 10_000, 30_000]),
        (1_000_000, [1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000]),
    ],
)
def test_sizes_end_at_the_largest(largest, expected):
    assert growth.sizes_up_to(largest) == expected


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_exponent_of_a_power_law(power):
    sizes = [1000, 3000, 10_000]
    assert growth.exponent(sizes, [0.01 * n**power for n in sizes]) == pytest.approx(power)


def test_the_table_has_a_row_per_size_and_the_fit(tmp_path, monkeypatch):
    monkeypatch.setattr(growth, "_measured", lambda _code, size, *_rest: Cost(size / 1000, size / 1000, 100.0))
    table = growth.growth(["新店开业。".encode()], tmp_path, 10_000, tmp_path / "growth.png")
    assert [line.split(" | ")[0] for line in table.splitlines()[2:]] == ["| 1,000", "| 3,000", "| 10,000", "| fitted exponent"]
    assert "| 10,000 | 10.00 | 100 | 10.00 | 100 |" in table
    assert table.splitlines()[-1] == "| fitted exponent | 1.000 | 0.000 | 1.000 | 0.000 |"
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")


def test_articles_are_really_scored(tmp_path):
    articles, result = tmp_path / "articles.txt", tmp_path / "seconds.txt"
    articles.write_text("新芯片性能领先。\n口碑很好。\f直播数据存在水分。", "utf-8")
    for code in growth.WAYS.values():
        cost = growth._measured(code, 7, growth_model(), articles, result)
        assert cost.cpu > 0
        assert cost.megabytes > 1


def growth_model():
    from framing.artifact import default_model_path

    return default_model_path()
