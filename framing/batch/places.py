"""Tell in which line and column of its text a sentence stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

__all__ = ["LineIndex"]

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)")


class LineIndex:
    """Hold where the lines of a text begin."""

    def __init__(self, text: str) -> None:
        self.begins = list(accumulate(map(len, _LINE.findall(text)), initial=0))

    def span(self, start: int, end: int) -> tuple[int, int, int, int]:
        """Return line and column of a span's start and of its end.

        Lines and columns count from 1, columns in characters; the end column is the one after the
        last character.
        """
        begins = self.begins
        first, last = bisect_right(begins, start), bisect_right(begins, end)
        return first, start - begins[first - 1] + 1, last, end - begins[last - 1] + 1
