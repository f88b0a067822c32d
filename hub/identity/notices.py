"""Notices about the account, to every address of its person, on the lane that codes travel on.

Each is written once however often its cause is handled: ``about`` names the cause.
"""

import json
from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from hub.kernel import ids
from hub.kernel.work import Work
from hub.keys import KeyRing

from . import people
from .addresses import spoken_only
from .events import CredentialChanged, NewDeviceUsed
from .model import CodeDelivery, Person, Session
from .signing_in import DELIVERY

NoticeKind = Literal[
    "new_device",
    "credential_changed",
    "recovery_opened",
    "address_claimed",
    "export_ready",
    "closure_asked",
]
LIVES = timedelta(days=3)


def tell(
    work: Work,
    keyring: KeyRing,
    person_id: UUID,
    kind: NoticeKind,
    values: dict[str, str],
    *,
    about: str,
) -> int:
    """Have a notice sent to each address of a person, in their language; how many are new."""
    language = work.session.execute(
        select(Person.language).where(Person.id == person_id, Person.state == "active")
    ).scalar()
    if language is None:
        return 0
    told = 0
    said = json.dumps(values).encode()
    for number, address in enumerate(people.addresses(work, keyring, person_id)):
        delivery_id = ids.new_id()
        told += (
            work.session.execute(
                insert(CodeDelivery)
                .values(
                    id=delivery_id,
                    kind=kind,
                    person_id=person_id,
                    about=f"{about}:{number}",
                    channel="voice" if spoken_only(address) else address.channel,
                    language=language,
                    address_sealed=keyring.seal(DELIVERY, address.text.encode(), delivery_id.bytes),
                    code_sealed=keyring.seal(DELIVERY, said, delivery_id.bytes),
                    state="waiting",
                    attempts=0,
                    due_at=work.now,
                    expires_at=work.now + LIVES,
                )
                .on_conflict_do_nothing(index_elements=[CodeDelivery.about])
                .returning(CodeDelivery.id)
            ).scalar()
            is not None
        )
    return told


def tell_of_device(work: Work, keyring: KeyRing, event: NewDeviceUsed) -> None:
    """Tell a person that somebody signed in on a device not seen before."""
    name = work.session.execute(
        select(Session.device_name).where(Session.id == event.session_id)
    ).scalar()
    about = ids.show("session", event.session_id)
    tell(work, keyring, event.person_id, "new_device", {"device": name or ""}, about=about)


def tell_of_change(work: Work, keyring: KeyRing, event: CredentialChanged) -> None:
    """Tell a person that the way they sign in was changed."""
    about = ids.show("change", event.change_id)
    values = {"what": event.what}
    tell(work, keyring, event.person_id, "credential_changed", values, about=about)


def forget_old(work: Work) -> None:
    """Delete notices a day after their end; codes go with their sign-ins."""
    work.session.execute(
        delete(CodeDelivery).where(
            CodeDelivery.login_id.is_(None),
            CodeDelivery.expires_at < work.now - timedelta(days=1),
        )
    )
