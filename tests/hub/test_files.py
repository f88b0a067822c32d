"""Files are sealed at rest, whole or not at all, and do not open when touched."""

import io
import os

import pytest

from hub import files
from hub.kernel.errors import NotFound
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


def remove(parts, file):
    content = parts.database.run(lambda work: files.remove(work, files.find(work, file.id)), SYSTEM)
    parts.database.run(lambda work: files.clear(work, parts.vault, content), SYSTEM)


def test_the_bytes_stay_until_the_last_file_of_them_is_removed(parts):
    content = b"handed in twice " * 10
    first, second = store(parts, content), store(parts, content)

    remove(parts, first)
    with files.read(parts.vault, second) as plain:
        assert plain.read() == content
    with pytest.raises(NotFound):
        parts.database.run(lambda work: files.find(work, first.id), SYSTEM)

    remove(parts, second)
    assert not on_disk(parts, content).exists()


def test_a_removal_that_is_taken_back_leaves_the_bytes(parts):
    file = store(parts, b"kept after all")

    def change_ones_mind(work):
        files.remove(work, files.find(work, file.id))
        work.session.flush()
        raise KeyError

    with pytest.raises(KeyError):
        parts.database.run(change_ones_mind, SYSTEM)

    with files.read(parts.vault, file) as plain:
        assert plain.read() == b"kept after all"


def test_removing_bytes_that_are_gone_already_is_no_trouble(parts):
    file = store(parts, b"gone before")
    on_disk(parts, b"gone before").unlink()

    remove(parts, file)

    assert not on_disk(parts, b"gone before").exists()


def test_who_stores_the_same_content_meanwhile_keeps_the_bytes(parts):
    content = b"removed here and stored there"
    old = store(parts, content)

    with parts.database.work(SYSTEM) as work:
        new = files.store(work, parts.vault, io.BytesIO(content), "text/plain")
        work.session.flush()
        remove(parts, old)

    with files.read(parts.vault, new) as plain:
        assert plain.read() == content


class Killed(BaseException):
    """Nobody catches it, as nobody catches a signal."""


def store_and_die(parts, content):
    def die(work):
        files.store(work, parts.vault, io.BytesIO(content), "text/plain")
        work.session.flush()
        raise Killed

    with pytest.raises(Killed):
        parts.database.run(die, SYSTEM)


def test_bytes_whose_row_was_never_committed_do_not_stay(parts):
    store_and_die(parts, b"about somebody who asked for a copy")
    assert on_disk(parts, b"about somebody who asked for a copy").exists()

    files.tidy(parts.database, parts.vault)

    assert not on_disk(parts, b"about somebody who asked for a copy").exists()


def test_tidying_takes_nothing_that_has_a_row_or_is_going_to_have_one(parts):
    content = b"killed once, and stored the next time"
    store_and_die(parts, content)

    with parts.database.work(SYSTEM) as work:
        file = files.store(work, parts.vault, io.BytesIO(content), "text/plain")
        work.session.flush()
        files.tidy(parts.database, parts.vault)
    files.tidy(parts.database, parts.vault)
    files.tidy(parts.database, parts.vault)

    with files.read(parts.vault, file) as plain:
        assert plain.read() == content
    assert file.sha256 not in set(parts.vault.unsettled())


def test_what_another_hub_left_in_the_same_folder_is_left_alone(parts):
    content = b"of another hub"
    store_and_die(parts, content)
    path = on_disk(parts, content)
    note = path.parents[1] / "unsettled" / (path.parent.name + path.name)
    note.write_bytes(note.read_bytes()[::-1])

    files.tidy(parts.database, parts.vault)

    assert on_disk(parts, content).exists()
    note.unlink()


def test_a_draft_of_a_killed_process_goes_after_an_hour(parts):
    folder = on_disk(parts, b"").parents[1]
    old, new = folder / "draft-old", folder / "draft-new"
    for draft in (old, new):
        draft.write_bytes(b"half")
    an_hour_ago = new.stat().st_mtime - 3601
    os.utime(old, (an_hour_ago, an_hour_ago))

    files.tidy(parts.database, parts.vault)

    assert (old.exists(), new.exists()) == (False, True)
    new.unlink()


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
