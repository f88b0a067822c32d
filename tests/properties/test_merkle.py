"""The tree of the access log: every proof holds, nothing else does, and it is RFC 9162's tree."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.audit import merkle

# The eight leaves of the public test suite of Certificate Transparency, and the roots of the trees
# of the first n of them (certificate-transparency, merkletree/merkle_tree_test).
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
SIZES = st.integers(1, 300)


def leaves(count):
    return [merkle.leaf_hash(number.to_bytes(4)) for number in range(count)]


def plain_root(hashes):
    """The definition of RFC 9162, 2.1.1, word for word."""
    if len(hashes) < 2:
        return hashes[0] if hashes else sha256(b"").digest()
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha256(b"\x01" + plain_root(hashes[:k]) + plain_root(hashes[k:])).digest()


ALL = leaves(300)


def subtree(start, end):
    return plain_root(ALL[start:end])


@pytest.mark.parametrize("count", range(1, 9))
def test_the_known_roots(count):
    assert (
        merkle.root([merkle.leaf_hash(leaf) for leaf in LEAVES[:count]]).hex() == ROOTS[count - 1]
    )


def test_a_tree_without_leaves():
    assert merkle.root([]) == merkle.Edge().root() == sha256(b"").digest()


@given(st.integers(0, 300))
def test_the_root_is_that_of_the_definition(size):
    assert merkle.root(ALL[:size]) == plain_root(ALL[:size])


@pytest.mark.parametrize("size", [*range(18), 255, 256, 257, 300])
def test_every_leaf_of_a_tree_has_a_proof(size):
    root = plain_root(ALL[:size])
    for position in range(size):
        path = merkle.inclusion_path(position, size, subtree)

        assert merkle.includes(ALL[position], position, size, path, root)
        assert len(path) <= (size - 1).bit_length()


@pytest.mark.parametrize("new", [*range(1, 18), 255, 256, 257, 300])
def test_every_two_trees_have_a_proof(new):
    for old in range(1, new + 1):
        path = merkle.consistency_path(old, new, subtree)

        assert merkle.continues(old, new, plain_root(ALL[:old]), plain_root(ALL[:new]), path)


def flipped(value, bit):
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@given(data=st.data(), size=SIZES, bit=st.integers(0, 255))
def test_a_flipped_bit_breaks_a_proof_of_inclusion(data, size, bit):
    position = data.draw(st.integers(0, size - 1))
    root, leaf = plain_root(ALL[:size]), ALL[position]
    path = merkle.inclusion_path(position, size, subtree)
    assert merkle.includes(leaf, position, size, path, root)

    assert not merkle.includes(flipped(leaf, bit), position, size, path, root)
    assert not merkle.includes(leaf, position, size, path, flipped(root, bit))
    for place in range(len(path)):
        changed = [*path[:place], flipped(path[place], bit), *path[place + 1 :]]
        assert not merkle.includes(leaf, position, size, changed, root)


@given(data=st.data(), size=SIZES)
def test_a_proof_of_inclusion_is_for_one_leaf_at_one_position_of_one_tree(data, size):
    position = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(-2, size + 2))
    root = plain_root(ALL[:size])
    path = merkle.inclusion_path(position, size, subtree)

    assert merkle.includes(ALL[position], other, size, path, root) == (other == position)
    assert not merkle.includes(ALL[position], position, size, [*path, root], root)
    if path:
        assert not merkle.includes(ALL[position], position, size, path[:-1], root)
        assert not merkle.includes(ALL[position], position, size, path[1:], root)


@given(data=st.data(), new=SIZES, bit=st.integers(0, 255))
def test_a_flipped_bit_breaks_a_proof_of_consistency(data, new, bit):
    old = data.draw(st.integers(1, new))
    old_root, new_root = plain_root(ALL[:old]), plain_root(ALL[:new])
    path = merkle.consistency_path(old, new, subtree)
    assert merkle.continues(old, new, old_root, new_root, path)

    assert not merkle.continues(old, new, flipped(old_root, bit), new_root, path)
    assert not merkle.continues(old, new, old_root, flipped(new_root, bit), path)
    for place in range(len(path)):
        changed = [*path[:place], flipped(path[place], bit), *path[place + 1 :]]
        assert not merkle.continues(old, new, old_root, new_root, changed)
    assert not merkle.continues(old, new, old_root, new_root, [*path, new_root])


@pytest.mark.parametrize(("old", "new"), [(0, 1), (0, 0), (2, 1), (-1, 4)])
def test_sizes_that_are_none_prove_nothing(old, new):
    assert not merkle.continues(old, new, ALL[0], ALL[0], [])
    assert not merkle.includes(ALL[0], new, old, [], ALL[0])


class Stored:
    """A tree as the database keeps it: leaves, and the roots of complete tiles."""

    def __init__(self):
        self.edge, self.levels, self.reads = merkle.Edge(), {0: []}, 0

    def add(self, leaf):
        self.levels[0].append(leaf)
        for bits, number, found in self.edge.add(leaf):
            level = self.levels.setdefault(bits, [])
            assert number == len(level)
            level.append(found)

    def read(self, bits, tile):
        self.reads += 1
        return self.levels[bits][tile * merkle.TILE : (tile + 1) * merkle.TILE]

    def taken_up_again(self):
        found = [self.levels[bits][start:end] for bits, start, end in merkle.tails(self.edge.size)]
        return merkle.Edge(self.edge.size, found)


@given(st.integers(0, 1100))
def test_a_tree_taken_up_again_grows_on_as_if_nothing_had_been(size):
    tree = Stored()
    many = leaves(size + 3)
    for leaf in many[:size]:
        tree.add(leaf)
    assert tree.edge.root() == merkle.root(many[:size])

    again = tree.taken_up_again()
    assert again.root() == tree.edge.root()
    for leaf in many[size:]:
        assert again.add(leaf) == tree.edge.add(leaf)
    assert again.root() == merkle.root(many)


def test_a_proof_of_a_large_tree_reads_a_few_tiles():
    """70,000 leaves: two stored levels above the leaves."""
    tree, many = Stored(), leaves(70_000)
    for leaf in many:
        tree.add(leaf)
    root = tree.edge.root()
    assert root == merkle.root(many)
    assert sorted(tree.levels) == [0, 8, 16]

    for position in (0, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999):
        tree.reads = 0
        path = merkle.inclusion_path(position, len(many), merkle.subtree_of(tree.read))

        assert merkle.includes(many[position], position, len(many), path, root)
        assert tree.reads <= 6
    for old in (1, 255, 256, 300, 65_536, 65_537, 69_999, 70_000):
        tree.reads = 0
        path = merkle.consistency_path(old, len(many), merkle.subtree_of(tree.read))

        assert merkle.continues(old, len(many), merkle.root(many[:old]), root, path)
        assert tree.reads <= 6
