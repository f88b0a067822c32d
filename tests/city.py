"""The world that tests act in, built through the hub's own verbs."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from sqlalchemy import select, update

from hub import identity
from hub.jobs.reacting import Handlers
from hub.kernel.ids import show
from hub.kernel.outbox import OutboxEvent
from hub.kernel.work import SYSTEM, Actor, Work
from hub.keys import jwk_of
from hub.parts import Parts
from hub.web import Sector, scopes_of, tokens


class Outbox:
    """The events of the transactions so far, and their delivery without a worker process."""

    def __init__(self, parts: Parts, sectors: Sequence[Sector]) -> None:
        self._parts = parts
        self._handlers = Handlers.of(
            [(k, h) for s in sectors for k, hs in s.reactions.items() for h in hs],
            [(k, h) for s in sectors for k, hs in s.errands.items() for h in hs],
        )

    def of(self, subject: str) -> list[str]:
        """The types of the events of a subject, in order."""
        with self._parts.database.reads() as connection:
            found = connection.scalars(
                select(OutboxEvent.type)
                .where(OutboxEvent.subject == subject)
                .order_by(OutboxEvent.sequence)
            )
            return list(found)

    def deliver(self) -> int:
        """Hand every waiting event to its handlers, as relay and worker would; how many events."""
        subscriptions = self._handlers.subscriptions()
        waiting = self._parts.database.run(_claim, SYSTEM)
        for event_id, kind in waiting:
            for task, name in subscriptions.get(kind, ()):
                act = self._handlers.react if task == "react" else self._handlers.run_errand
                act(self._parts, event_id, name)
        return len(waiting)


def _claim(work: Work) -> list[tuple]:
    waiting = work.session.execute(
        select(OutboxEvent.id, OutboxEvent.type)
        .where(OutboxEvent.relayed_at.is_(None), OutboxEvent.held_at.is_(None))
        .order_by(OutboxEvent.id)
    ).all()
    ids = [row.id for row in waiting]
    work.session.execute(
        update(OutboxEvent).where(OutboxEvent.id.in_(ids)).values(relayed_at=work.now)
    )
    return [tuple(row) for row in waiting]


@dataclass(frozen=True)
class Signs:
    """An enrolled device of the tests and its private key."""

    key: ec.EllipticCurvePrivateKey
    kid: str

    def headers(self, body: bytes, target: str, *, now: datetime, method: str = "POST"):
        """The signature of a request, and a fresh Idempotency-Key."""
        signature = identity.sign_request(
            self.key, self.kid, body, method=method, target=target, now=now
        )
        return {identity.SIGNATURE_HEADER: signature, "Idempotency-Key": uuid4().hex}


@dataclass(frozen=True)
class Somebody:
    """A citizen of a test: who they are, how to reach them, and a session of theirs."""

    person_id: UUID
    phone: str
    tokens: identity.Tokens

    @property
    def id(self) -> str:
        return show("person", self.person_id)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens.access_token}"}


@dataclass(frozen=True)
class OnDuty:
    """An officer of a test: who they are, in office and as a citizen, and their duty."""

    somebody: Somebody
    appointment_id: UUID
    tokens: identity.Tokens

    @property
    def id(self) -> str:
        return self.tokens.subject

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens.access_token}"}


class City:
    """Makes whom and what a test needs, through verbs. Capabilities add to it as they arrive."""

    def __init__(self, app: Flask, parts: Parts) -> None:
        self._app = app
        self._parts = parts
        self._people: dict[str, Somebody] = {}
        self._officers: dict[tuple[str, str], OnDuty] = {}

    def citizen(self, name: str, *, synthetic: bool = True) -> Somebody:
        """A signed-in person of this test, marked as invented unless ``synthetic`` says otherwise;
        the same name is the same person."""
        if name not in self._people:
            self._people[name] = self._parts.database.run(
                lambda work: self._joined(work, name, synthetic), SYSTEM
            )
        return self._people[name]

    def as_citizen(self, name: str) -> dict[str, str]:
        """The headers of a signed-in person."""
        return self.citizen(name).headers

    def officer(self, role: str, name: str = "Officer") -> OnDuty:
        """An officer on duty in a role; the same role and name is the same officer."""
        if (role, name) not in self._officers:
            self._officers[role, name] = self._on_duty(role, f"{name} of {role}")
        return self._officers[role, name]

    def as_officer(self, role: str) -> dict[str, str]:
        """The headers of an officer on duty."""
        return self.officer(role).headers

    def surely(self, name: str) -> Somebody:
        """A person who has just signed in at the second level."""
        return replace(self.citizen(name), tokens=self._session(self.citizen(name), name))

    def appoint(
        self, somebody: Somebody, role: str, name: str = "Officer", *, days: float = 30
    ) -> UUID:
        """An appointment, as the command makes it; its id."""
        roles = scopes_of(self._parts).roles
        return self._parts.database.run(
            lambda work: identity.officers.appoint(
                work,
                roles,
                person_id=somebody.person_id,
                role=role,
                service_name=name,
                until=work.now + timedelta(days=days),
            ),
            SYSTEM,
        ).id

    def on_duty(self, somebody: Somebody) -> identity.Tokens:
        """The tokens of a duty that somebody begins who has signed in surely."""
        actor = Actor("citizen", somebody.id, session=show("session", somebody.tokens.session_id))
        roles = scopes_of(self._parts).roles
        with self._app.app_context():
            issuer = tokens.issuer()
        return self._parts.database.run(
            lambda work: identity.officers.go_on_duty(work, issuer, roles, device_name="Desk"),
            actor,
        )

    def _on_duty(self, role: str, name: str) -> OnDuty:
        somebody = self.surely(name)
        appointment = self.appoint(somebody, role, name)
        return OnDuty(somebody, appointment, self.on_duty(somebody))

    def _session(self, somebody: Somebody, name: str) -> identity.Tokens:
        with self._app.app_context():
            issuer = tokens.issuer()
        return self._parts.database.run(
            lambda work: identity.start(
                work,
                issuer,
                person_id=somebody.person_id,
                acr=identity.LOA_STRONG,
                amr=["pwd", "otp", "mfa"],
                device_name=f"{name}'s desk",
            ),
            SYSTEM,
        )

    def device(self, kind: str, scopes: Iterable[str], acts_for: Iterable[str] = ("*",)) -> Signs:
        """An enrolled device with a key of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        kid = self._parts.database.run(
            lambda work: identity.enrol_device(
                work,
                kind=kind,
                name=f"Test {kind}",
                public_jwk=jwk_of(key.public_key()),
                scopes=scopes,
                acts_for=acts_for,
            ),
            SYSTEM,
        )
        return Signs(key, kid)

    def _joined(self, work: Work, name: str, synthetic: bool) -> Somebody:
        phone = a_phone()
        person_id = identity.join(
            work,
            self._parts.keyring,
            [identity.parse("sms", phone)],
            language="en",
            display_name=name,
            synthetic=synthetic,
        )
        with self._app.app_context():
            issuer = tokens.issuer()
        started = identity.start(
            work,
            issuer,
            person_id=person_id,
            acr=identity.LOA_CODE,
            amr=["sms"],
            device_name=f"{name}'s phone",
        )
        return Somebody(person_id, phone, started)


def a_phone() -> str:
    """A Chinese mobile number that no other test uses."""
    return f"+86139{secrets.randbelow(10**8):08d}"
