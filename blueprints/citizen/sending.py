"""How codes and notices reach people: through which provider, and after which events."""

from datetime import datetime
from uuid import UUID

from hub import identity, privacy
from hub.identity import Channel, Dispatch, Gateway
from hub.kernel import ids
from hub.kernel.work import CLOCK, SYSTEM
from hub.parts import Parts
from hub.settings import Settings

from . import writing


def send_codes(parts: Parts) -> bool:
    """One turn of the sending lane."""
    return parts.of(_dispatch).turn()


def forget_old(parts: Parts) -> None:
    """Let identity forget what it need not know any more."""
    parts.database.run(lambda work: identity.forget_old(work, parts.keyring), CLOCK)


def tell_of_device(parts: Parts, event: identity.NewDeviceUsed) -> None:
    """A new device signed in: its person is told."""
    parts.database.run(
        lambda work: identity.notices.tell_of_device(work, parts.keyring, event), SYSTEM
    )


def tell_of_change(parts: Parts, event: identity.CredentialChanged) -> None:
    """The way somebody signs in was changed: they are told."""
    parts.database.run(
        lambda work: identity.notices.tell_of_change(work, parts.keyring, event), SYSTEM
    )


def tell_of_recovery(parts: Parts, event: identity.RecoveryOpened) -> None:
    """Somebody asked for an account or its number: its person is told, with a link to stop it."""
    parts.database.run(lambda work: identity.recovering.tell(work, parts.keyring, event), SYSTEM)


def tell_of_export(parts: Parts, event: privacy.ExportReady) -> None:
    """The copy that somebody asked for is ready: they are told, and whoever else reads along."""
    _tell(
        parts,
        event.person_id,
        "export_ready",
        due_at=event.until,
        about=ids.show("export", event.export_id),
    )


def tell_of_closure(parts: Parts, event: privacy.ClosureAsked) -> None:
    """An account will be closed: its person is told by every address while it can be stopped."""
    _tell(
        parts,
        event.person_id,
        "closure_asked",
        due_at=event.due_at,
        about=ids.show("closure", event.closure_id),
    )


def _tell(
    parts: Parts,
    person_id: UUID,
    kind: identity.notices.NoticeKind,
    *,
    due_at: datetime,
    about: str,
) -> None:
    values = {"due_at": due_at.isoformat()}
    parts.database.run(
        lambda work: identity.notices.tell(
            work, parts.keyring, person_id, kind, values, about=about
        ),
        SYSTEM,
    )


def offered(settings: Settings) -> tuple[Channel, ...]:
    """The channels that this city can send codes by."""
    providers: dict[Channel, str] = {
        "sms": settings.sms_url,
        "email": settings.smtp_url,
        "voice": settings.voice_url,
    }
    return tuple(channel for channel, url in providers.items() if url or settings.demo)


def _gateway(parts: Parts, channel: Channel) -> Gateway:
    """The provider that the settings name; in a demonstration, else the local viewer."""
    settings = parts.settings
    if channel == "sms" and settings.sms_url:
        return identity.SmsGateway(settings.sms_url, settings.sms_key)
    if channel == "email" and settings.smtp_url:
        return identity.SmtpGateway(settings.smtp_url, settings.mail_from)
    if channel == "voice" and settings.voice_url:
        return identity.VoiceGateway(settings.voice_url, settings.voice_key)
    return identity.ViewerGateway(parts.database, channel)


def _dispatch(parts: Parts) -> Dispatch:
    settings = parts.settings
    gateways = {channel: _gateway(parts, channel) for channel in offered(settings)}
    return Dispatch(
        parts.database, parts.keyring, gateways, lambda parcel: writing.written(parcel, settings)
    )
