"""One transaction: what commits, what rolls back, what is tried again."""

import threading
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from hub import audit
from hub.kernel.errors import Conflict, NotFound
from hub.kernel.ids import new_id, read, show
from hub.kernel.outbox import Event, OutboxEvent
from hub.kernel.work import SYSTEM


class Full(Conflict):
    """There is no place left in this test. Look for another one and come back tomorrow."""

    title = "Full"


@dataclass(frozen=True, kw_only=True)
class ParcelSent(Event):
    type: ClassVar[str] = "post.parcel_sent"
    parcel_id: str

    @property
    def subject(self):
        return self.parcel_id


def acts(db, subject):
    with db.reads() as connection:
        return connection.scalar(
            text("SELECT count(*) FROM audit_entry WHERE subject = :s"), {"s": subject}
        )


def refuse(work, subject, *, keep):
    audit.record(work, "test.acted", subject)
    raise Full(keep=keep)


@pytest.mark.parametrize(("keep", "left"), [(False, 0), (True, 1)])
def test_a_refusal_rolls_back_unless_it_is_kept(db, keep, left):
    subject = uuid4().hex

    with pytest.raises(Full):
        db.run(lambda work: refuse(work, subject, keep=keep), SYSTEM)

    assert acts(db, subject) == left


def test_a_deadlock_is_settled_by_running_again(db):
    """Two works lock two rows crosswise; PostgreSQL ends one, the edge runs it again."""
    table = f"locks_{uuid4().hex}"
    subjects = [uuid4().hex, uuid4().hex]
    for subject in subjects:
        db.run(lambda work, s=subject: work.emit(ParcelSent(parcel_id=s)), SYSTEM)
    both_hold, attempts = threading.Barrier(2, timeout=10), []

    def lock(work, subject):
        work.session.execute(
            text("UPDATE kernel_event_sequence SET last = last + 1 WHERE subject = :s"),
            {"s": subject},
        )

    def act(work, first, second):
        attempts.append(first)
        lock(work, first)
        if len(attempts) <= 2:
            both_hold.wait()
        lock(work, second)

    crowd = [
        threading.Thread(target=lambda o=order: db.run(lambda work: act(work, *o), SYSTEM))
        for order in (subjects, subjects[::-1])
    ]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join(20)

    with db.reads() as connection:
        last = connection.scalars(
            text("SELECT last FROM kernel_event_sequence WHERE subject = ANY(:s)"), {"s": subjects}
        ).all()
    assert list(last) == [3, 3], (table, attempts)
    assert len(attempts) == 3


def test_events_of_a_subject_are_numbered_without_gaps(db):
    subject = uuid4().hex

    def send_two(work):
        work.emit(ParcelSent(parcel_id=subject))
        work.emit(ParcelSent(parcel_id=subject))

    crowd = [threading.Thread(target=lambda: db.run(send_two, SYSTEM)) for _ in range(8)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join(20)

    with db.reads() as connection:
        numbers = connection.scalars(
            text("SELECT sequence FROM kernel_outbox WHERE subject = :s ORDER BY sequence"),
            {"s": subject},
        ).all()
    assert list(numbers) == list(range(1, 17))


def test_an_event_keeps_what_it_said(db):
    subject = uuid4().hex
    db.run(lambda work: work.emit(ParcelSent(parcel_id=subject)), SYSTEM, request_id="r" * 8)

    with db.work(SYSTEM) as work:
        stored = work.session.query(OutboxEvent).filter_by(subject=subject).one()

    assert (stored.type, stored.data) == ("post.parcel_sent", {"parcel_id": subject})
    assert (stored.actor_id, stored.request_id) == ("hub", "r" * 8)


def test_ids_are_read_only_in_the_form_they_were_shown():
    number = new_id()

    assert read("card", show("card", number)) == number
    assert number.version == 7
    for wrong in ("card_", "login_" + show("card", number)[5:], "card_" + "u" * 26, "", "z" * 40):
        with pytest.raises(NotFound):
            read("card", wrong)


def test_ids_made_later_sort_later():
    made = [new_id() for _ in range(100)]

    assert [n.int >> 80 for n in made] == sorted(n.int >> 80 for n in made)
    assert len({UUID(int=n.int) for n in made}) == 100
