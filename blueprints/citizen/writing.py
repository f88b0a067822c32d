"""What is written, or read out, to people about their sign-ins, in their language."""

from datetime import datetime
from zoneinfo import ZoneInfo

from hub.identity import Message, Parcel
from hub.settings import Settings
from hub.web.languages import marked, translate

CHANGES = {
    "password": marked("A password was set."),
    "password_removed": marked("The password was removed."),
    "authenticator": marked("An authenticator app was set up."),
    "authenticator_removed": marked("The authenticator app was removed."),
    "recovery_codes": marked("New recovery codes were made."),
    "recovery_code_used": marked("A recovery code was used."),
    "passkey": marked("A passkey was added."),
    "passkey_removed": marked("A passkey was removed."),
    "passkey_copied": marked("A copied passkey was refused. Remove it and make a new one."),
}


_ABOUT_THE_ACCOUNT = {
    "export_ready": marked(
        "{city}: the copy of what is kept about you is ready, until {due}: {page} If you did not"
        " ask for it, sign out everywhere there."
    ),
    "closure_asked": marked(
        "{city}: your account will be closed on {due}, and what is kept about you erased. To keep"
        " it, or if you did not ask for this: {page}"
    ),
}


def written(parcel: Parcel, settings: Settings) -> Message:
    """What a parcel says."""
    language = parcel.language
    city = translate(settings.city_name, language)
    if parcel.kind == "code":
        return _spoken_code(parcel, city) if parcel.channel == "voice" else _code(parcel, city)
    subject = translate("Your account at {city}", language, city=city)
    return Message(subject, _notice(parcel, settings, city), language)


def _code(parcel: Parcel, city: str) -> Message:
    """The code comes first, where lock screens show it."""
    return Message(
        translate("Your code for {city}", parcel.language, city=city),
        translate(
            "{code} is your code for {city}. It works for five minutes. Never tell it to anybody: "
            "the city does not ask for it.",
            parcel.language,
            code=parcel.code,
            city=city,
        ),
        parcel.language,
    )


def _spoken_code(parcel: Parcel, city: str) -> Message:
    """Digit by digit and twice: nobody has a pen ready the first time."""
    return Message(
        translate("Your code for {city}", parcel.language, city=city),
        translate(
            "This is {city}. Your code is: {digits}. Once more: {digits}. Tell it to nobody.",
            parcel.language,
            city=city,
            digits=", ".join(parcel.code),
        ),
        parcel.language,
    )


def _notice(parcel: Parcel, settings: Settings, city: str) -> str:
    language, values = parcel.language, parcel.values
    page = f"{settings.public_url}/me/security"
    if parcel.kind == "new_device":
        device = values["device"] or translate("an unnamed device", language)
        return translate(
            "{city}: somebody signed in to your account on a new device: {device}. If that was not"
            " you, sign out everywhere: {page}",
            language,
            city=city,
            device=device,
            page=page,
        )
    if parcel.kind == "credential_changed":
        return translate(
            "{city}: {change} If that was not you: {page}",
            language,
            city=city,
            change=translate(CHANGES[values["what"]], language),
            page=page,
        )
    due = datetime.fromisoformat(values["due_at"]).astimezone(ZoneInfo(settings.zone))
    if parcel.kind in _ABOUT_THE_ACCOUNT:
        said = _ABOUT_THE_ACCOUNT[parcel.kind]
        page = f"{settings.public_url}/me"
        return translate(said, language, city=city, due=f"{due:%Y-%m-%d %H:%M}", page=page)
    link = f"{settings.public_url}/recoveries/cancel?token={values['token']}"
    said = {
        "recovery_opened": marked(
            "{city}: somebody asked to be let into your account without its second factor. It opens"
            " for them on {due}. If that is not you, stop it: {link}"
        ),
        "address_claimed": marked(
            "{city}: somebody new has this telephone number. It leaves your account on {due}. If it"
            " is still yours, stop it: {link}"
        ),
    }[parcel.kind]
    return translate(said, language, city=city, due=f"{due:%Y-%m-%d %H:%M}", link=link)
