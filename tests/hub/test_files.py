"""Files are sealed at rest, whole or not at all, and do not open when touched."""

import io

import pytest

from hub import files
from hub.kernel.work import SYSTEM
from hub.keys import Unreadable


def store(parts, content):
    return parts.database.run(
        lambda work: files.store(work, parts.vault, io.BytesIO(content), "text/plain"), SYSTEM
    )


def on_disk(parts, content):
    import hashlib

    return parts.vault._path(hashlib.sha256(content).digest())


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_what_was_stored_comes_back(parts, size):
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    file = store(parts, content)

    with files.read(parts.vault, file) as plain:
        assert plain.read() == content
    assert file.size == size


def test_nothing_of_the_content_is_readable_on_disk(parts):
    content = b"the quick brown fox, synthetic " * 100

    store(parts, content)

    assert b"brown fox" not in on_disk(parts, content).read_bytes()


@pytest.mark.parametrize("harm", ["flip", "cut", "swap"])
def test_a_harmed_file_does_not_open(parts, harm):
    content = harm.encode() * (1 << 20)
    file = store(parts, content)
    path = on_disk(parts, content)
    sealed = bytearray(path.read_bytes())
    piece = 4 + int.from_bytes(sealed[:4])
    if harm == "flip":
        sealed[100] ^= 1
    elif harm == "cut":
        sealed = sealed[:piece]
    else:
        sealed = sealed[piece : 2 * piece] + sealed[:piece] + sealed[2 * piece :]
    path.write_bytes(sealed)

    with pytest.raises(Unreadable), files.read(parts.vault, file):
        pass
