"""The key ring seals per purpose, finds its keys again, and makes only one set of them."""

import stat
import threading

import pytest

from hub import keys
from hub.kernel.work import SYSTEM
from hub.keys import KeyRing, RootKey, Unreadable, root_key


def test_a_sealed_value_opens_only_for_its_purpose_and_row(parts):
    sealed = parts.keyring.seal("phone", b"+8613800138000", b"row 1")

    assert parts.keyring.open("phone", sealed, b"row 1") == b"+8613800138000"
    for purpose, value, context in [
        ("email", sealed, b"row 1"),
        ("phone", sealed, b"row 2"),
        ("phone", sealed[:-1], b"row 1"),
        ("phone", b"", b"row 1"),
        ("phone", b"\x02" + sealed[1:], b"row 1"),
    ]:
        with pytest.raises(Unreadable):
            parts.keyring.open(purpose, value, context)


def test_the_same_value_blinds_alike_and_differs_by_purpose(parts):
    blind = parts.keyring.blind

    assert blind("phone", b"1") == blind("phone", b"1")
    assert blind("phone", b"1") != blind("email", b"1")


def test_a_ring_without_the_right_root_key_opens_nothing(parts):
    from cryptography.exceptions import InvalidTag

    stranger = KeyRing(parts.database, lambda: RootKey(bytes(32)))

    with pytest.raises(InvalidTag):
        stranger.signing_key()


def test_keys_are_made_once_however_many_start_at_once(parts):
    before = parts.keyring.jwks()
    made = []
    crowd = [
        threading.Thread(
            target=lambda: made.extend(
                parts.database.run(lambda work: keys.ensure(work, parts.root()), SYSTEM)
            )
        )
        for _ in range(8)
    ]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join(20)

    assert made == []
    assert parts.keyring.jwks() == before


def test_the_root_key_file_is_private_and_made_once(tmp_path):
    first, second = root_key("", tmp_path), root_key("", tmp_path)

    assert first.secret == second.secret
    assert stat.S_IMODE((tmp_path / "root.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["root.key"]


def test_a_root_key_of_the_wrong_size_refuses_to_start(tmp_path):
    with pytest.raises(SystemExit):
        root_key("c2hvcnQ=", tmp_path)


def test_a_process_that_hears_nothing_asks_again(parts, monkeypatch):
    """Without the watch's freshness a revoked key would be good for ever."""
    from hub.kernel.changes import Watch

    deaf = Watch(parts.database)
    monkeypatch.setattr(Watch, "fresh", property(lambda watch: watch is not deaf))
    ring, loads = KeyRing(parts.database, parts.root, deaf), []
    load = ring._load
    monkeypatch.setattr(ring, "_load", lambda: loads.append(1) or load())

    ring.signing_key()
    ring.signing_key()
    assert len(loads) == 1
    ring._loaded_at -= 1.1
    ring.signing_key()

    assert len(loads) == 2


def test_an_unknown_key_is_looked_for_once_a_second(parts, monkeypatch):
    ring, loads = KeyRing(parts.database, parts.root), []
    load = ring._load
    monkeypatch.setattr(ring, "_load", lambda: loads.append(1) or load())
    ring.signing_key()
    ring._loaded_at -= 1.1

    found = [ring.verifying_key("of-a-stranger") for _ in range(50)]

    assert (set(found), len(loads)) == ({None}, 2)


def test_a_key_revoked_while_it_was_being_read_is_not_kept(parts, monkeypatch):
    """The reading began before the commit of the revocation and ended after the news of it."""
    ring = KeyRing(parts.database, parts.root)
    load = ring._load

    def overtaken():
        found = load()
        ring.forget()
        return found

    monkeypatch.setattr(ring, "_load", overtaken)
    ring.signing_key()

    assert ring._keys is None
