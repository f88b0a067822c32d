"""Merkle trees of the shape of RFC 9162 (section 2.1; the same as RFC 6962's): pure functions.

A leaf hash is SHA-256(0x00 || leaf), a node SHA-256(0x01 || left || right). A tree of n > 1 leaves
divides at the largest power of two smaller than n, so that every complete subtree stays what it is
while the tree grows. Positions count from 0; a range is [start, end).
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

Subtree = Callable[[int, int], bytes]
"""The root of the leaves [start, end). Asked only for ranges that RFC 9162 divides a tree into."""


def leaf_hash(leaf: bytes) -> bytes:
    """What a leaf goes into the tree as."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """What two subtrees are together."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def divide(count: int) -> int:
    """How many of ``count`` (at least 2) leaves are in the left subtree."""
    return 1 << (count - 1).bit_length() - 1


def root(hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes (or over the roots of equally large complete subtrees, of which
    the last may be incomplete: the division is the same)."""
    if not hashes:
        return EMPTY
    level = list(hashes)
    # Pair by pair; an odd one at the end goes up unchanged. That is the division above, bottom up.
    while len(level) > 1:
        pairs = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def inclusion_path(position: int, size: int, subtree: Subtree) -> list[bytes]:
    """The audit path of a leaf in the tree of the first ``size`` leaves (RFC 9162, 2.1.3.1)."""
    return list(_inclusion(position, 0, size, subtree))


def _inclusion(position: int, start: int, end: int, subtree: Subtree) -> Iterator[bytes]:
    if end - start < 2:
        return
    middle = start + divide(end - start)
    if position < middle:
        yield from _inclusion(position, start, middle, subtree)
        yield subtree(middle, end)
    else:
        yield from _inclusion(position, middle, end, subtree)
        yield subtree(start, middle)


def consistency_path(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """What shows that the tree of ``old`` leaves is the beginning of that of ``new`` (RFC 9162,
    2.1.4.1); empty when they are the same tree. 0 < old <= new."""
    return [] if old == new else list(_consistency(old, 0, new, subtree, whole=True))


def _consistency(
    old: int, start: int, end: int, subtree: Subtree, *, whole: bool
) -> Iterator[bytes]:
    if old == end:
        if not whole:
            yield subtree(start, end)
        return
    middle = start + divide(end - start)
    if old <= middle:
        yield from _consistency(old, start, middle, subtree, whole=whole)
        yield subtree(middle, end)
    else:
        yield from _consistency(old, middle, end, subtree, whole=False)
        yield subtree(start, middle)


def includes(
    leaf: bytes, position: int, size: int, path: Sequence[bytes], expected_root: bytes
) -> bool:
    """Whether the path leads from this leaf hash at this position to that root (2.1.3.2)."""
    if not 0 <= position < size:
        return False
    first, second, found = position, size - 1, leaf
    for step in path:
        if second == 0:
            return False
        if first & 1 or first == second:
            found = node_hash(step, found)
            while first and not first & 1:
                first, second = first >> 1, second >> 1
        else:
            found = node_hash(found, step)
        first, second = first >> 1, second >> 1
    return second == 0 and found == expected_root


def continues(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path shows that the tree with ``new_root`` begins with the one with ``old_root``
    (2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    steps = list(path)
    if old & (old - 1) == 0:  # a complete tree is its own first step
        steps.insert(0, old_root)
    if not steps:
        return False
    first, second = old - 1, new - 1
    while first & 1:
        first, second = first >> 1, second >> 1
    found_old = found_new = steps[0]
    for step in steps[1:]:
        if second == 0:
            return False
        if first & 1 or first == second:
            found_old, found_new = node_hash(step, found_old), node_hash(step, found_new)
            while first and not first & 1:
                first, second = first >> 1, second >> 1
        else:
            found_new = node_hash(found_new, step)
        first, second = first >> 1, second >> 1
    return second == 0 and found_old == old_root and found_new == new_root


TILE_BITS = 8
TILE = 1 << TILE_BITS
"""The roots of complete subtrees of 256, 65,536, ... leaves are stored; between them at most 256
hashes are read and hashed anew."""

Node = tuple[int, int, bytes]
"""Level (8, 16, ...: the subtree has two to that power leaves), number within it, root."""


class Edge:
    """The right edge of a growing tree: for each stored level the hashes of the last, incomplete
    tile. Enough to add leaves and to know the root, whatever the size."""

    def __init__(self, size: int = 0, tails: Sequence[Sequence[bytes]] = ()) -> None:
        """``tails[k]`` are the hashes of level 8k behind the last complete one of level 8(k+1)."""
        self.size = size
        self._tails = [list(tail) for tail in tails]

    def add(self, leaf: bytes) -> list[Node]:
        """One more leaf hash; the nodes that it completed."""
        self.size += 1
        completed: list[Node] = []
        level, found = 0, leaf
        while True:
            if level == len(self._tails):
                self._tails.append([])
            tail = self._tails[level]
            tail.append(found)
            if len(tail) < TILE:
                return completed
            found, level = root(tail), level + 1
            tail.clear()
            bits = level * TILE_BITS
            completed.append((bits, (self.size >> bits) - 1, found))

    def root(self) -> bytes:
        """The root of the tree so far."""
        behind: list[bytes] = []
        for tail in self._tails:
            if tail or behind:
                behind = [root([*tail, *behind])]
        return behind[0] if behind else EMPTY


def tails(size: int) -> list[tuple[int, int, int]]:
    """What makes the Edge of a tree of ``size`` leaves: for each stored level its bits and the
    range of the hashes to read."""
    found, bits = [], 0
    while size >> bits:
        end = size >> bits
        found.append((bits, end >> TILE_BITS << TILE_BITS, end))
        bits += TILE_BITS
    return found


def subtree_of(read: Callable[[int, int], Sequence[bytes]]) -> Subtree:
    """The roots of ranges, from stored hashes: ``read(bits, tile)`` gives what there is of a tile
    of 256 hashes of a stored level (0: leaves), and is asked once for each."""
    tiles: dict[tuple[int, int], Sequence[bytes]] = {}

    def stored(bits: int, start: int, end: int) -> list[bytes]:
        tile = start >> TILE_BITS
        if (bits, tile) not in tiles:
            tiles[bits, tile] = read(bits, tile)
        begin = tile << TILE_BITS
        return list(tiles[bits, tile][start - begin : end - begin])

    def subtree(start: int, end: int) -> bytes:
        count = end - start
        if count & (count - 1) == 0:
            bits = (count.bit_length() - 1) // TILE_BITS * TILE_BITS
            return root(stored(bits, start >> bits, end >> bits))
        middle = start + divide(count)
        return node_hash(subtree(start, middle), subtree(middle, end))

    return subtree
