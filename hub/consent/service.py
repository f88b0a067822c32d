"""Verbs of consent: give, withdraw, ask whether one covers, and show.

Each act leaves a row of history with its signed receipt, in the transaction of the act.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, select, text, update

from hub import audit, identity, keys
from hub.kernel import ids
from hub.kernel.errors import InternalFault, NotFound
from hub.kernel.work import Reading, Work
from hub.keys import KeyRing

from . import model, receipts
from .errors import ConsentNotValid
from .events import ConsentGiven, ConsentWithdrawn
from .model import ConsentEvent
from .rules import CITY, Act, Source, State, faults, state

_FORGET = text("SELECT consent_forget(:before)")


@dataclass(frozen=True)
class Consent:
    """A consent as its person sees it; ``state`` is as of the moment it was asked for."""

    id: UUID
    person_id: UUID
    recipient: str
    recipient_name: str
    scopes: tuple[str, ...]
    purpose_text: str
    purpose_version: str
    language: str
    source: Source
    given_at: datetime
    until: datetime
    withdrawn_at: datetime | None
    state: State


@dataclass(frozen=True)
class Given(Consent):
    """What ``give`` made, with its receipt (a JWS in compact form)."""

    receipt: str


def give(
    work: Work,
    keyring: KeyRing,
    *,
    issuer: str,
    person_id: UUID,
    recipient: str,
    scopes: Sequence[str],
    purpose_text: str,
    until: datetime,
    purpose_version: str = "1",
    language: str = "zh-CN",
    source: Source = "page",
    recipient_name: str | None = None,
) -> Given:
    """Enter that a person lets a recipient use something; refuses with ConsentNotValid.

    ``purpose_text`` is what the person was shown, in ``language``, word for word; ``issuer`` the
    public address of this hub, which stands in the receipt. Each consent is a record of its own: a
    wider one does not change a narrower one that was given before.
    """
    wrong = faults(
        recipient=recipient,
        scopes=scopes,
        purpose_text=purpose_text,
        until=until,
        now=work.now,
    )
    if wrong:
        raise ConsentNotValid(errors=wrong)
    row = model.Consent(
        id=ids.new_id(),
        person_id=person_id,
        recipient=recipient,
        recipient_name=recipient_name or recipient,
        scopes=sorted(set(scopes)),
        purpose_text=purpose_text,
        purpose_version=purpose_version,
        language=language,
        source=source,
        given_at=work.now,
        until=until,
    )
    work.session.add(row)
    work.session.flush()
    receipt = _remember(work, keyring, row, "given", issuer)
    work.emit(ConsentGiven(person_id=person_id, consent_id=row.id, recipient=recipient))
    return Given(**vars(_shown(row, work.now)), receipt=receipt)


def withdraw(work: Work, keyring: KeyRing, consent_id: UUID, *, issuer: str) -> None:
    """Take back one of the acting person's consents: at once, and with it the grants that the
    recipient holds of them. Somebody else's is NotFound; twice is harmless."""
    person_id = ids.read("person", work.actor.id)
    mine = (model.Consent.id == consent_id) & (model.Consent.person_id == person_id)
    row = work.session.execute(
        update(model.Consent)
        .where(mine, model.Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=work.now, withdrawn_by=work.actor.id)
        .execution_options(synchronize_session=False)
        .returning(model.Consent)
    ).scalar_one_or_none()
    if row is None:
        if work.session.execute(select(model.Consent.id).where(mine)).scalar() is None:
            raise NotFound
        return
    _remember(work, keyring, row, "withdrawn", issuer)
    if not row.recipient.startswith(CITY):
        identity.end_grants_of(
            work, person_id=person_id, client_id=row.recipient, because="consent_withdrawn"
        )
    work.emit(ConsentWithdrawn(person_id=person_id, consent_id=row.id, recipient=row.recipient))


def end_all_of(work: Work, keyring: KeyRing, person_id: UUID, *, issuer: str) -> int:
    """Take back everything that a person lets anybody use, because their account was closed; how
    many consents. Their records are kept for three years."""
    live = work.session.scalars(
        update(model.Consent)
        .where(_live(person_id, work.now))
        .values(withdrawn_at=work.now, withdrawn_by=work.actor.id)
        .execution_options(synchronize_session=False)
        .returning(model.Consent)
    ).all()
    for row in live:
        _remember(work, keyring, row, "withdrawn", issuer)
        work.emit(ConsentWithdrawn(person_id=person_id, consent_id=row.id, recipient=row.recipient))
    return len(live)


def forget_old(work: Work) -> int:
    """Forget consents that ended three years ago, with their receipts; how many. The history is
    append-only for the application, so a function of the owner does it."""
    forgotten: int = work.session.scalar(_FORGET, {"before": work.now - model.KEPT}) or 0
    return forgotten


def withdraw_from(work: Work, keyring: KeyRing, recipient: str, *, issuer: str) -> int:
    """Take back everything that the acting person lets one recipient use; how many consents."""
    person_id = ids.read("person", work.actor.id)
    live = work.session.scalars(
        select(model.Consent.id)
        .where(_live(person_id, work.now), model.Consent.recipient == recipient)
        .order_by(model.Consent.id)
    ).all()
    for consent_id in live:
        withdraw(work, keyring, consent_id, issuer=issuer)
    return len(live)


def covering(
    work: Work,
    *,
    person_id: UUID,
    recipient: str,
    scopes: Collection[str],
    hold: bool = False,
) -> Consent | None:
    """The consent that lets the recipient use all of these now, the longest if there are several.

    Asks the database each time, like ``covers``. With ``hold`` nobody takes it back before this
    transaction ends: a withdrawal then ends what was made of it meanwhile.
    """
    query = (
        select(model.Consent)
        .where(
            _live(person_id, work.now),
            model.Consent.recipient == recipient,
            model.Consent.scopes.contains(sorted(scopes)),
        )
        .order_by(model.Consent.until.desc(), model.Consent.id)
        .limit(1)
    )
    if hold:
        query = query.with_for_update(read=True)
    row = work.session.scalars(query).one_or_none()
    return None if row is None else _shown(row, work.now)


def covers(work: Work, *, person_id: UUID, recipient: str, scope: str) -> bool:
    """Whether a consent of this person lets the recipient use this now. Asks the database each
    time, so a withdrawal counts from its commit on."""
    held = covering(work, person_id=person_id, recipient=recipient, scopes=[scope])
    return held is not None


def mine(reading: Reading, *, after: UUID | None, limit: int) -> list[Consent]:
    """The acting person's consents, also those that are over, newest first; one more than ``limit``
    if there are."""
    query = _of_reader(reading).order_by(model.Consent.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(model.Consent.id < after)
    return [_shown(row, reading.now) for row in reading.connection.execute(query)]


def of_mine(reading: Reading, consent_id: UUID) -> Consent:
    """One of the acting person's consents; somebody else's is NotFound."""
    query = _of_reader(reading).where(model.Consent.id == consent_id)
    row = reading.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound
    return _shown(row, reading.now)


def receipt(reading: Reading, keyring: KeyRing, consent_id: UUID, act: Act) -> str:
    """The signed receipt of one act on one of the acting person's consents; NotFound when it is
    somebody else's or nobody did that.

    It is given out as it was signed. Once its key is published no more, the same claims are signed
    anew, so that what a person downloads always verifies.
    """
    kept = reading.connection.execute(
        select(ConsentEvent.receipt)
        .join(model.Consent, model.Consent.id == ConsentEvent.consent_id)
        .where(
            model.Consent.id == consent_id,
            model.Consent.person_id == ids.read("person", reading.actor.id),
            ConsentEvent.act == act,
        )
    ).scalar()
    if kept is None:
        raise NotFound
    if receipts.verifies_today(keyring, kept):
        return kept
    try:
        claims = receipts.check(kept, {"keys": keys.every_signing_key(reading)})
    except receipts.ReceiptRefused:
        # Somebody changed what lies here: not a word of it gets the city's signature.
        raise InternalFault from None
    return receipts.sign(keyring, claims)


def _live(person_id: UUID, now: datetime) -> ColumnElement[bool]:
    """Those of a person that count now (``rules.state`` says the same of a row)."""
    return and_(
        model.Consent.person_id == person_id,
        model.Consent.withdrawn_at.is_(None),
        model.Consent.until > now,
    )


def _of_reader(reading: Reading) -> Select[Any]:
    return select(*model.Consent.__table__.columns).where(
        model.Consent.person_id == ids.read("person", reading.actor.id)
    )


def _remember(work: Work, keyring: KeyRing, row: model.Consent, act: Act, issuer: str) -> str:
    event_id = ids.new_id()
    claims = receipts.claims_of(
        row, act=act, event_id=event_id, at=work.now, by=work.actor.id, issuer=issuer
    )
    signed = receipts.sign(keyring, claims)
    work.session.add(
        ConsentEvent(
            id=event_id,
            consent_id=row.id,
            act=act,
            at=work.now,
            actor_kind=work.actor.kind,
            actor_id=work.actor.id,
            receipt=signed,
        )
    )
    shown = ids.show("consent", row.id)
    audit.record(work, f"consent.{act}", shown, recipient=row.recipient)
    return signed


def _shown(row: model.Consent | Row[Any], now: datetime) -> Consent:
    return Consent(
        id=row.id,
        person_id=row.person_id,
        recipient=row.recipient,
        recipient_name=row.recipient_name,
        scopes=tuple(row.scopes),
        purpose_text=row.purpose_text,
        purpose_version=row.purpose_version,
        language=row.language,
        source=cast(Source, row.source),
        given_at=row.given_at,
        until=row.until,
        withdrawn_at=row.withdrawn_at,
        state=state(until=row.until, withdrawn_at=row.withdrawn_at, now=now),
    )
