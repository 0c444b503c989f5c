"""Tables in the documentation."""

import pytest
from sections import markdown_table, replace_section, write_section

MARKED = "# Title\n\n<!-- begin speed -->\nold\n<!-- end speed -->\n\nAfter.\n"


def test_table_aligns_numbers_right():
    assert markdown_table(("tool", "F1"), [("a", "0.5")]) == "| tool | F1 |\n| --- | ---: |\n| a | 0.5 |\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (MARKED, "# Title\n\n<!-- begin speed -->\n\nnew\n\n<!-- end speed -->\n\nAfter.\n"),
        ("# Title\n", "# Title\n\n<!-- begin speed -->\n\nnew\n\n<!-- end speed -->\n"),
        ("", "<!-- begin speed -->\n\nnew\n\n<!-- end speed -->\n"),
    ],
)
def test_replaces_only_its_section(before, after):
    assert replace_section(before, "speed", "new\n") == after
    assert replace_section(after, "speed", "new\n") == after


@pytest.mark.parametrize("broken", ["<!-- begin speed -->", "<!-- end speed -->", "<!-- end speed --> <!-- begin speed -->"])
def test_refuses_marks_that_do_not_pair_up(broken, tmp_path):
    file = tmp_path / "page.md"
    file.write_text(broken, "utf-8")
    with pytest.raises(ValueError, match="speed"):
        write_section(file, "speed", "new")
    assert file.read_text("utf-8") == broken
