"""What happened in identity, told to whoever cares."""

from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from hub.kernel import ids
from hub.kernel.outbox import Event


@dataclass(frozen=True, kw_only=True)
class PersonJoined(Event):
    """Somebody signed in with an address that nobody had before."""

    type: ClassVar[str] = "identity.person_joined"
    person_id: UUID

    @property
    def subject(self) -> str:
        return ids.show("person", self.person_id)


@dataclass(frozen=True, kw_only=True)
class PersonClosed(Event):
    """An account was closed. Its sessions ended with it; what is personal goes soon after."""

    type: ClassVar[str] = "identity.person_closed"
    person_id: UUID

    @property
    def subject(self) -> str:
        return ids.show("person", self.person_id)


@dataclass(frozen=True, kw_only=True)
class SessionStarted(Event):
    """A person signed in on a device."""

    type: ClassVar[str] = "identity.session_started"
    person_id: UUID
    session_id: UUID

    @property
    def subject(self) -> str:
        return ids.show("person", self.person_id)


@dataclass(frozen=True, kw_only=True)
class SessionEnded(Event):
    """A session was ended: by its person, or because its refresh token was copied."""

    type: ClassVar[str] = "identity.session_ended"
    person_id: UUID
    session_id: UUID
    reason: str

    @property
    def subject(self) -> str:
        return ids.show("person", self.person_id)


@dataclass(frozen=True, kw_only=True)
class CredentialChanged(Event):
    """How a person signs in changed: ``what`` is ``password``, ``password_removed``,
    ``authenticator``, ``authenticator_removed``, ``recovery_codes``, ``recovery_code_used``,
    ``passkey``, ``passkey_removed`` or ``passkey_copied``."""

    type: ClassVar[str] = "identity.credential_changed"
    person_id: UUID
    what: str
    change_id: UUID = field(default_factory=ids.new_id)

    @property
    def subject(self) -> str:
        return ids.show("person", self.person_id)


@dataclass(frozen=True, kw_only=True)
class NewDeviceUsed(Event):
    """A person who has signed in before did so on a device not seen before."""

    type: ClassVar[str] = "identity.new_device_used"
    person_id: UUID
    session_id: UUID

    @property
    def subject(self) -> str:
        return ids.show("person", self.person_id)


@dataclass(frozen=True, kw_only=True)
class RecoveryOpened(Event):
    """Somebody who holds a person's number asked for their account, or for the number itself."""

    type: ClassVar[str] = "identity.recovery_opened"
    person_id: UUID
    recovery_id: UUID

    @property
    def subject(self) -> str:
        return ids.show("person", self.person_id)


@dataclass(frozen=True, kw_only=True)
class GrantGiven(Event):
    """A person let a partner's app do something for them."""

    type: ClassVar[str] = "identity.grant_given"
    person_id: UUID
    grant_id: UUID
    client_id: str

    @property
    def subject(self) -> str:
        return ids.show("person", self.person_id)


@dataclass(frozen=True, kw_only=True)
class GrantEnded(Event):
    """What a partner's app was allowed has ended: by the person, with their session, by the app
    itself, or because a code or token of it was copied."""

    type: ClassVar[str] = "identity.grant_ended"
    person_id: UUID
    grant_id: UUID
    client_id: str
    reason: str

    @property
    def subject(self) -> str:
        return ids.show("person", self.person_id)


@dataclass(frozen=True, kw_only=True)
class OfficerAppointed(Event):
    """Somebody was appointed to a role."""

    type: ClassVar[str] = "identity.officer_appointed"
    officer_id: UUID
    appointment_id: UUID
    role: str

    @property
    def subject(self) -> str:
        return ids.show("officer", self.officer_id)


@dataclass(frozen=True, kw_only=True)
class AppointmentEnded(Event):
    """An appointment was ended before its day."""

    type: ClassVar[str] = "identity.appointment_ended"
    officer_id: UUID
    appointment_id: UUID
    role: str

    @property
    def subject(self) -> str:
        return ids.show("officer", self.officer_id)


@dataclass(frozen=True, kw_only=True)
class ApprovalAsked(Event):
    """An officer asked for something that another must agree to."""

    type: ClassVar[str] = "identity.approval_asked"
    approval_id: UUID
    kind: str

    @property
    def subject(self) -> str:
        return ids.show("approval", self.approval_id)


@dataclass(frozen=True, kw_only=True)
class ApprovalDecided(Event):
    """A second officer decided; ``decision`` is ``approved`` or ``refused``."""

    type: ClassVar[str] = "identity.approval_decided"
    approval_id: UUID
    kind: str
    decision: str

    @property
    def subject(self) -> str:
        return ids.show("approval", self.approval_id)
