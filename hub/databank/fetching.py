"""Bringing records in from the registers: between two transactions, as often as needed."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from hub.identity import RegisterAway, real_names
from hub.kernel.db import Database
from hub.kernel.work import SYSTEM, Work
from hub.keys import KeyRing

from .definitions import Register
from .model import Freshness
from .registers import REGISTERS
from .source_gateway import Delivery, Source
from .taking_in import asked_in_vain, take_in

FRESH_FOR = timedelta(hours=20)


def fetch(database: Database, keyring: KeyRing, source: Source, person_id: UUID) -> None:
    """Ask every register about a verified person and take in the answers.

    A register that is away is noted as such and does not keep the others from being asked; then
    RegisterAway is raised at the end, so that a job asks again. Somebody who is not verified any
    more is not asked about, and nothing is taken in. May be run again at any time.
    """
    away = [
        register.slug
        for register in REGISTERS
        if not _fetch_one(database, keyring, source, person_id, register)
    ]
    if away:
        raise RegisterAway(",".join(away))


def _fetch_one(
    database: Database, keyring: KeyRing, source: Source, person_id: UUID, register: Register
) -> bool:
    """Whether the register answered, or nobody had to be asked."""

    def whom(work: Work) -> str | None:
        return real_names.register_reference(work, keyring, person_id)

    reference = database.run(whom, SYSTEM)
    if reference is None:
        return True
    delivery: Delivery | None = None
    with suppress(RegisterAway):
        delivery = source.records(register, reference)

    def keep(work: Work) -> None:
        if whom(work) != reference:
            return
        if delivery is None:
            asked_in_vain(work, person_id, register)
        else:
            found = delivery.records
            take_in(work, keyring, person_id, register, found, as_of=delivery.as_of)

    database.run(keep, SYSTEM)
    return delivery is not None


def due(work: Work, *, limit: int) -> Sequence[UUID]:
    """People whose records were not confirmed for most of a day, those first who wait longest."""
    oldest = func.min(Freshness.asked_at)
    return work.session.scalars(
        select(Freshness.person_id)
        .group_by(Freshness.person_id)
        .having(oldest < work.now - FRESH_FOR)
        .order_by(oldest)
        .limit(limit)
    ).all()
