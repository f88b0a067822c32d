"""Announcements reach everybody, whatever the order of commits."""

import threading
from uuid import uuid4

from hub.kernel.changes import Follower, Watch, announce
from hub.kernel.work import SYSTEM


def keys(news, topic):
    return [key for found, key in news if found == topic]


def test_an_announcement_is_heard_once(db):
    topic = uuid4().hex
    with db.reads() as connection:
        follower = Follower(connection)
        db.run(lambda work: announce(work, topic, "a"), SYSTEM)

        first, second = follower.news(connection), follower.news(connection)

    assert (keys(first, topic), keys(second, topic)) == (["a"], [])


def test_a_transaction_held_open_is_not_missed(db):
    """It took its number first and commits last: a follower by last id would never see it."""
    topic = uuid4().hex
    with db.reads() as connection:
        follower = Follower(connection)
        with db.work(SYSTEM) as slow:
            slow.session.connection().exec_driver_sql("SELECT pg_current_xact_id()")
            db.run(lambda work: announce(work, topic, "fast"), SYSTEM)
            before = keys(follower.news(connection), topic)
            announce(slow, topic, "slow")
        after = keys(follower.news(connection), topic)
        again = keys(follower.news(connection), topic)

    assert (before, after, again) == (["fast"], ["slow"], [])


def test_a_rollback_announces_nothing(db):
    topic = uuid4().hex
    with db.reads() as connection:
        follower = Follower(connection)
        try:
            with db.work(SYSTEM) as work:
                announce(work, topic, "a")
                raise LookupError
        except LookupError:
            pass

        assert keys(follower.news(connection), topic) == []


def test_a_watch_calls_who_listens(db):
    topic, heard, rang = uuid4().hex, [], threading.Event()
    watch = Watch(db)
    listening = threading.Event()
    watch.on_gap(listening.set)
    watch.on(topic, lambda key: (heard.append(key), rang.set()))
    assert not watch.fresh or listening.is_set()  # the thread may be quicker than the answer
    assert listening.wait(10)

    db.run(lambda work: announce(work, topic, "key"), SYSTEM)

    assert rang.wait(10)
    assert set(heard) == {"key"}
    tick = threading.Event()
    assert any(watch.fresh or tick.wait(0.1) for _ in range(100))
    watch.stop()
