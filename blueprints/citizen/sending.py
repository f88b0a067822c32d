"""How codes reach people: what is written to them, and through which provider."""

from hub import identity
from hub.identity import Channel, Dispatch, Gateway, Message, Parcel
from hub.kernel.work import CLOCK
from hub.parts import Parts
from hub.settings import Settings
from hub.web.languages import translate


def send_codes(parts: Parts) -> bool:
    """One turn of the sending lane."""
    return parts.of(_dispatch).turn()


def forget_old(parts: Parts) -> None:
    """Let identity forget what it need not know any more."""
    parts.database.run(identity.forget_old, CLOCK)


def offered(settings: Settings) -> tuple[Channel, ...]:
    """The channels that this city can send codes by."""
    providers: dict[Channel, str] = {"sms": settings.sms_url, "email": settings.smtp_url}
    return tuple(channel for channel, url in providers.items() if url or settings.demo)


def _gateway(parts: Parts, channel: Channel) -> Gateway:
    """The provider that the settings name; in a demonstration, else the local viewer."""
    settings = parts.settings
    if channel == "sms" and settings.sms_url:
        return identity.SmsGateway(settings.sms_url, settings.sms_key)
    if channel == "email" and settings.smtp_url:
        return identity.SmtpGateway(settings.smtp_url, settings.mail_from)
    return identity.ViewerGateway(parts.database, channel)


def written(parcel: Parcel, city: str) -> Message:
    """A code in the person's language. The code comes first, where lock screens show it."""
    city = translate(city, parcel.language)
    return Message(
        subject=translate("Your code for {city}", parcel.language, city=city),
        text=translate(
            "{code} is your code for {city}. It works for five minutes. Never tell it to anybody: "
            "the city does not ask for it.",
            parcel.language,
            code=parcel.code,
            city=city,
        ),
    )


def _dispatch(parts: Parts) -> Dispatch:
    gateways = {channel: _gateway(parts, channel) for channel in offered(parts.settings)}
    city = parts.settings.city_name
    return Dispatch(parts.database, parts.keyring, gateways, lambda parcel: written(parcel, city))
