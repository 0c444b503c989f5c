"""Find integers in a set, and terms in text, for whole arrays at once.

Scoring looks up some sixty n-grams per sentence and searches tens of thousands of lexicon entries. Both
are done here with NumPy over all places of a batch together: a hash table for integer keys, and a trie
that is walked from every place of the text in step, depth by depth, whose edges are such keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["KeyIndex", "Trie", "code_points", "point_table", "text_of"]

IntArray = NDArray[np.int64]

# Multiplicative hashing (Knuth, The Art of Computer Programming, volume 3, section 6.4) by the golden
# ratio, and by a second odd number without relation to it.
_MULTIPLIERS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))
_MOST_ROUNDS = 100

_POINT_BITS = 21
_NO_POINT = (1 << _POINT_BITS) - 1


def code_points(text: str) -> IntArray:
    """Return the code points of a text; lone surrogates are kept."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)


def text_of(points: IntArray) -> str:
    """Return the text of code points."""
    return points.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


def point_table(values: Mapping[int, int], dtype: type[np.generic]) -> NDArray[Any]:
    """Tabulate a value per code point, 0 for all that have none; look up with ``take(points, mode="clip")``.

    The table ends after the last code point that has a value, with a 0 for all beyond.
    """
    table = np.zeros(max(values, default=0) + 2, dtype)
    table[np.fromiter(values, np.int64, len(values))] = np.fromiter(values.values(), np.int64, len(values))
    return table


class KeyIndex:
    """Find the positions of integers in a fixed list of distinct, non-negative ones.

    A cuckoo hash table (Pagh and Rodler, 2004): a key is in one of two slots, so that a search for many
    keys takes the same few steps for all of them. Most keys are in their first slot; the second one is
    looked at only where a key had to leave the first. Keys that were chosen so as to collide are found
    by binary search instead.
    """

    def __init__(self, keys: IntArray) -> None:
        bits = max(4, (5 * len(keys) // 2).bit_length())
        self._shift = np.uint64(64 - bits)
        # Position −1, an empty slot, leads to the last key, which no key equals.
        self._keys = np.append(np.asarray(keys, np.int64), -1)
        self._table = np.full(1 << bits, -1, np.int32)
        self._left = np.zeros(1 << bits, np.bool_)
        self._order = None if self._fill() else np.argsort(keys)

    def _slots(self, keys: IntArray, choice: int) -> IntArray:
        return ((keys.view(np.uint64) * _MULTIPLIERS[choice]) >> self._shift).view(np.int64)

    def _fill(self) -> bool:
        slots = np.stack([self._slots(self._keys[:-1], choice).astype(np.int32) for choice in (0, 1)])
        choice = np.zeros(len(self._keys) - 1, np.int8)
        waiting = np.arange(len(choice), dtype=np.int32)
        for _ in range(_MOST_ROUNDS):
            # All that wait move in at once; who was there, or came first of several, moves to the other slot.
            slot = slots[choice[waiting], waiting]
            before = self._table[slot]
            self._table[slot] = waiting
            housed = self._table[slot] == waiting
            waiting = np.concatenate([waiting[~housed], before[housed & (before >= 0)]])
            if not len(waiting):
                self._left[slots[0, choice == 1]] = True
                return True
            choice[waiting] ^= 1
        return False

    def find(self, keys: IntArray) -> IntArray:
        """Return the position of each key in the list, −1 for those that are not in it."""
        if self._order is not None:
            found = np.searchsorted(self._keys[:-1], keys, sorter=self._order)
            found = self._order[np.minimum(found, len(self._order) - 1)]
            return np.where(self._keys[found] == keys, found, -1)
        slots = self._slots(keys, 0)
        found = self._table.take(slots).astype(np.int64)
        missed = self._keys.take(found) != keys
        found[missed] = -1
        again = (missed & self._left.take(slots)).nonzero()[0]
        if len(again):
            wanted = keys.take(again)
            second = self._table.take(self._slots(wanted, 1))
            found[again] = np.where(self._keys.take(second) == wanted, second, -1)
        return found


def _edges(terms: Sequence[str]) -> tuple[IntArray, NDArray[np.int32], int]:
    """Return the edges of a trie, the term that ends at each node (−1 for none), and how many edges leave the root.

    An edge is its upper node and a code point in one integer; it leads to the node numbered by its place, plus 1.
    """
    order = np.array(sorted((i for i in range(len(terms)) if terms[i]), key=terms.__getitem__), np.int32)
    ordered = [terms[i] for i in order.tolist()]
    lengths = np.fromiter(map(len, ordered), np.int32, len(ordered))
    begins = np.cumsum(lengths, dtype=np.int32) - lengths
    points = code_points("".join(ordered))
    node = np.zeros(len(ordered), np.int64)
    edges: list[IntArray] = []
    term = [np.full(1, -1, np.int32)]
    count, depth = 1, 0
    active = np.arange(len(ordered), dtype=np.int32)
    while len(active):
        key = (node[active] << _POINT_BITS) | points[begins[active] + depth]
        # The terms are sorted, so those that share an edge stand together.
        new = np.append(True, key[1:] != key[:-1])
        node[active] = count + np.cumsum(new) - 1
        edges.append(key[new])
        count += len(edges[-1])
        depth += 1
        ends = lengths[active] == depth
        here = np.full(len(edges[-1]), -1, np.int32)
        here[node[active[ends]] - count + len(here)] = order[active[ends]]
        term.append(here)
        active = active[~ends]
    return np.concatenate(edges) if edges else np.zeros(0, np.int64), np.concatenate(term), len(edges[0]) if edges else 0


class Trie:
    """Find all places of a fixed list of distinct terms in a text."""

    def __init__(self, terms: Sequence[str]) -> None:
        keys, self._term, roots = _edges(terms)
        self._inner = np.zeros(len(self._term), np.bool_)
        self._inner[keys >> _POINT_BITS] = True
        # The first step is taken at every place of the text and gets a table of its own.
        self._first = point_table({root: node for node, root in enumerate(keys[:roots].tolist(), 1)}, np.int32)
        self._edges = KeyIndex(keys[roots:])
        self._offset = 1 + roots

    def find(self, points: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        """Return (term, start, end) of all terms in a text, overlapping ones included, the shorter terms first."""
        # A character that no term holds ends the walk behind the text's last one.
        padded = np.concatenate((points, [_NO_POINT]))
        node = self._first.take(points, mode="clip")
        start = node.nonzero()[0]
        node = node.take(start).astype(np.int64)
        nodes, starts, depths = [], [], []
        while len(start):
            nodes.append(node)
            starts.append(start)
            depths.append(len(start))
            on = self._inner.take(node).nonzero()[0]
            start = start.take(on)
            node = self._edges.find((node.take(on) << _POINT_BITS) | padded.take(start + len(nodes)))
            on = (node >= 0).nonzero()[0]
            start, node = start.take(on), node.take(on) + self._offset
        if not nodes:
            empty = np.zeros(0, np.int64)
            return empty, empty, empty
        term = self._term.take(np.concatenate(nodes))
        hit = (term >= 0).nonzero()[0]
        begin = np.concatenate(starts).take(hit)
        return term.take(hit).astype(np.int64), begin, begin + np.repeat(np.arange(1, len(depths) + 1), depths).take(hit)

    def leftmost_longest(self, points: IntArray) -> list[tuple[int, int, int]]:
        """Return (term, start, end) of terms that do not overlap: at each place the longest, from left to right."""
        term, start, end = self.find(points)
        result: list[tuple[int, int, int]] = []
        if not len(term):
            return result
        order = np.lexsort((-end, start))
        done = 0
        for number, begin, stop in zip(term[order].tolist(), start[order].tolist(), end[order].tolist(), strict=True):
            if begin >= done:
                result.append((number, begin, stop))
                done = stop
        return result
