"""The benchmark of growth finds the slope, and looks at every room and expression."""

import pytest
from growth_hostile import PIECES, exponent, expressions, main


@pytest.mark.parametrize("slope", [0.0, 1.0, 1.5, 2.0])
def test_the_exponent_is_the_slope(slope):
    sizes = [1000, 2000, 4000, 8000]
    assert exponent(sizes, [0.01 * size**slope for size in sizes]) == pytest.approx(slope)


def test_no_two_texts_are_alike():
    assert len(set(PIECES.values())) == len(PIECES) >= 40


def test_expressions_of_all_rooms_are_found():
    assert {name.split(".")[1] for name in expressions()} >= {"clean", "sentences", "segment", "gate", "stability"}


def test_tables_are_printed_and_written(capsys, tmp_path):
    arguments = ["--smallest", "20", "--doublings", "1", "--rounds", "1", "--only", "digits"]
    main(arguments)
    printed = capsys.readouterr().out
    assert "1 texts in 5 rooms" in printed
    assert "| score | digits |" in printed
    main([*arguments, "--write", str(tmp_path / "page.md")])
    assert "<!-- begin hostile growth -->" in (tmp_path / "page.md").read_text("utf-8")
