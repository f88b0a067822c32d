"""What is kept because a law wants it is forgotten on time, and not before."""

import pytest
from sqlalchemy import text

from blueprints.citizen import closure, exports, records, sending
from hub.kernel.work import SYSTEM
from tests.factories.consents import given
from tests.factories.planted import Planted


@pytest.fixture
def li(city):
    return city.citizen("li")


def still_there(db, table, ids):
    with db.reads() as connection:
        query = text(f"SELECT id FROM {table} WHERE id = ANY(:ids) ORDER BY id")
        return connection.scalars(query, {"ids": ids}).all()


def test_consents_are_forgotten_three_years_after_their_end(db, parts, clock, li):
    clock.move(days=-4 * 365 - 2)
    long_over = given(parts, li, until=clock().replace(year=clock().year + 1))
    clock.move(days=4)
    almost = given(parts, li, until=clock().replace(year=clock().year + 1))
    clock.move(days=4 * 365 - 2)

    closure.forget_consents(parts)
    closure.forget_consents(parts)

    both = [long_over.id, almost.id]
    assert still_there(db, "consent_consent", both) == [almost.id]
    with db.reads() as connection:
        receipts = connection.scalars(
            text("SELECT consent_id FROM consent_event WHERE consent_id = ANY(:ids)"),
            {"ids": both},
        ).all()
    assert receipts == [almost.id]


def test_acts_in_office_are_forgotten_after_ten_years(parts, db, clock, city):
    clock.move(days=-11 * 365)
    over = city.appoint(city.surely("long ago"), "identity:auditor")
    clock.move(days=2 * 365)
    almost = city.appoint(city.surely("nine years ago"), "identity:auditor")
    clock.move(days=9 * 365)

    sending.forget_old(parts)

    assert still_there(db, "identity_appointment", [over, almost]) == [almost]


def test_closures_are_forgotten_after_three_years(db, parts, clock, city):
    from hub import privacy

    clock.move(days=-3 * 365 - 20)
    for name in ("gone", "stays"):
        somebody = city.citizen(name)
        actor = somebody_acts(somebody)
        db.run(lambda work: privacy.ask_to_close(work, sign_out_everywhere=False), actor)
    with db.reads() as connection:
        asked = text("SELECT id FROM privacy_closure WHERE person_id = :p AND state = 'waiting'")
        gone = connection.scalar(asked, {"p": city.citizen("gone").person_id})
        stays = connection.scalar(asked, {"p": city.citizen("stays").person_id})
    clock.move(days=8)
    db.run(lambda work: privacy.close_due(work, gone), SYSTEM)
    clock.move(hours=1)
    db.run(lambda work: privacy.erase_closed(work, parts.vault, gone), SYSTEM)
    clock.move(days=3 * 365 + 12)

    exports.forget_old(parts)

    assert still_there(db, "privacy_closure", [gone, stays]) == [stays]


def somebody_acts(somebody):
    from hub.kernel import ids
    from hub.kernel.work import Actor

    session = ids.show("session", somebody.tokens.session_id)
    return Actor("citizen", somebody.id, session=session)


def test_the_application_cannot_forget_early(parts, db, clock, city, li):
    clock.move(days=-2 * 365)
    consent = given(parts, li)
    clock.move(days=-7 * 365)
    appointment = city.appoint(city.surely("nine years ago"), "identity:auditor")

    for function in ("consent_forget", "identity_forget_officers"):
        everything = text(f"SELECT {function}('infinity')")
        parts.database.run(lambda work, all_of=everything: work.session.execute(all_of), SYSTEM)

    assert still_there(db, "consent_consent", [consent.id]) == [consent.id]
    assert still_there(db, "identity_appointment", [appointment]) == [appointment]


def test_a_clock_that_runs_ahead_stops_no_forgetting(parts, db, clock, city, li):
    consent = given(parts, li)
    clock.move(days=4 * 365)

    closure.forget_consents(parts)
    sending.forget_old(parts)

    assert still_there(db, "consent_consent", [consent.id]) == [consent.id]
    assert still_there(db, "identity_session", [li.tokens.session_id]) == []


def test_appeals_are_forgotten_three_years_after_they_were_decided(parts, db, clock, city):
    planted = Planted(parts, city.citizen("appealed").person_id)
    appeal = planted.rows["databank_appeal"]["id"]

    clock.move(days=3 * 365 - 2)
    records.forget_old(parts)
    assert still_there(db, "databank_appeal", [appeal]) == [appeal]
    clock.move(days=4)
    records.forget_old(parts)

    assert still_there(db, "databank_appeal", [appeal]) == []
