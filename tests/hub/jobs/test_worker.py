"""What was committed is reacted to, once, even when workers are killed in the middle."""

import os
import random
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from hub.kernel.work import SYSTEM

from .postman import HANDLERS, LetterPosted

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 60.0


@contextmanager
def worker(settings):
    environment = {
        "PATH": os.environ["PATH"],
        "HUB_HOME": str(settings.home),
        "HUB_ROOT_KEY": settings.root_key,
        "DATABASE_URL": settings.database_url,
        "HUB_LOG_LEVEL": "error",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.hub.jobs.postman"], cwd=ROOT, env=environment
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(30)


def post(db, count):
    letters = [uuid4().hex for _ in range(count)]

    def act(work):
        for letter in letters:
            work.emit(LetterPosted(letter_id=letter))

    db.run(act, SYSTEM)
    return letters


def stamps(db, letters):
    with db.reads() as connection:
        rows = connection.execute(
            text(
                "SELECT subject, count(*) FROM audit_entry"
                " WHERE action = 'post.stamped' AND subject = ANY(:letters) GROUP BY subject"
            ),
            {"letters": letters},
        )
        return dict(map(tuple, rows))


def wait_for(done):
    """Look again every tenth of a second, for a minute at most."""
    tick = threading.Event()
    for _ in range(int(PATIENCE * 10)):
        if done():
            return True
        tick.wait(0.1)
    return False


def test_an_event_delivered_twice_acts_once(parts, db):
    [letter] = post(db, 1)
    with db.reads() as connection:
        event = connection.scalar(
            text("SELECT id FROM kernel_outbox WHERE subject = :s"), {"s": letter}
        )

    for _ in range(2):
        HANDLERS.react(parts, event, next(iter(HANDLERS.reactions)))

    assert stamps(db, [letter]) == {letter: 1}


def test_a_killed_worker_loses_nothing_and_repeats_nothing(settings, db, parts):
    """kill -9 at seeded moments while letters are being posted."""
    dice, letters, tick = random.Random(20), [], threading.Event()
    for _ in range(3):
        with worker(settings) as process:
            letters += post(db, 40)
            before = len(stamps(db, letters))
            wait_for(lambda so_far=tuple(letters), n=before: len(stamps(db, [*so_far])) > n)
            letters += post(db, 20)
            tick.wait(dice.uniform(0.0, 0.1))
            process.kill()

    with worker(settings):
        assert wait_for(lambda: len(stamps(db, letters)) == len(letters))

    assert set(stamps(db, letters).values()) == {1}


def test_a_rolled_back_event_is_never_delivered(db):
    letter = uuid4().hex

    def act(work):
        work.emit(LetterPosted(letter_id=letter))
        raise LookupError

    with pytest.raises(LookupError):
        db.run(act, SYSTEM)

    with db.reads() as connection:
        assert not connection.scalar(
            text("SELECT count(*) FROM kernel_outbox WHERE subject = :s"), {"s": letter}
        )
