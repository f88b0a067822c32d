"""Addresses a code can be sent to: telephones of any country, and e-mail.

Everything here is pure. Two spellings of one address come out equal, so that one person never gets
two accounts; nothing cleverer than that is done (no dots removed, no "+tag" cut: providers differ,
and guessing merges strangers).

Telephones: ITU E.164, parsed by Google's phone number metadata. E-mail: the dot-atom form of
RFC 5322, 3.2.3, the lengths of RFC 5321, 4.5.3.1, and domains as IDNA 2008 A-labels.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

import idna

from hub.kernel.errors import Invalid

Channel = Literal["sms", "email", "voice"]
"""How something travels. An address is a telephone's (``sms``) or an e-mail's; ``voice`` reads out
what it says, on any telephone."""

LONGEST = 254
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.IGNORECASE)
_TELEPHONE = re.compile(r"\+[\d ().\-/]{6,28}")


class AddressNotUsable(Invalid):
    """We cannot send a code to this address. A telephone number needs its country code and a line
    that receives messages, for example ``+86 138 0013 8000``; an e-mail address looks like
    ``name@example.org``. Correct it and ask again."""

    title = "We cannot send a code there"


class CountryNotServed(Invalid):
    """This city sends no messages to telephone numbers of that country. Use another number, or
    your e-mail address."""

    title = "We send no messages to that country"


@dataclass(frozen=True)
class Address:
    """Where a code goes. ``text`` is canonical: E.164, or lower-case e-mail with ASCII domain."""

    channel: Channel
    text: str
    region: str | None = None

    @property
    def key(self) -> bytes:
        """What a blind index and a limit are computed from."""
        return f"{self.channel}:{self.text}".encode()


def parse(channel: Channel, text: str, *, closed_regions: frozenset[str] = frozenset()) -> Address:
    """The canonical address; refuses with AddressNotUsable or CountryNotServed.

    ``closed_regions`` are ISO 3166 codes of countries that no message goes to, where traffic is
    mostly bought to collect the fee (``HUB_SMS_CLOSED_REGIONS``).
    """
    if len(text) > LONGEST:
        raise _not_usable("It is too long.")
    if channel == "email":
        return _email(text)
    return _telephone(text, closed_regions, spoken=channel == "voice")


def spoken_only(address: Address) -> bool:
    """Whether a telephone receives no messages, so that what it is told must be read out."""
    if address.channel != "sms":
        return False
    import phonenumbers

    try:
        kind = phonenumbers.number_type(phonenumbers.parse(address.text))
    except phonenumbers.NumberParseException:  # kept under rules that have changed since
        return False
    return kind not in _receive_messages()


def masked(address: Address) -> str:
    """Enough to recognise one's own address by, too little to use somebody else's."""
    if address.channel == "sms":
        return f"{address.text[:3]}{'*' * (len(address.text) - 5)}{address.text[-2:]}"
    local, _, domain = address.text.partition("@")
    return f"{local[:1]}***@{domain}"


def _receive_messages() -> tuple[int, ...]:
    import phonenumbers

    kinds = phonenumbers.PhoneNumberType
    return (kinds.MOBILE, kinds.FIXED_LINE_OR_MOBILE)


def _can_be_called() -> tuple[int, ...]:
    """Lines of people; not those that cost the caller more, whose owner earns by being called."""
    import phonenumbers

    kinds = phonenumbers.PhoneNumberType
    return (*_receive_messages(), kinds.FIXED_LINE, kinds.VOIP, kinds.PERSONAL_NUMBER)


def _telephone(text: str, closed_regions: frozenset[str], *, spoken: bool) -> Address:
    import phonenumbers  # the metadata of all countries: only where a number is really read

    plain = unicodedata.normalize("NFKC", text).strip()
    if not _TELEPHONE.fullmatch(plain):
        raise _not_usable("Write the number with its country code, beginning with +.")
    try:
        number = phonenumbers.parse(plain)
    except phonenumbers.NumberParseException:
        raise _not_usable("This is no telephone number.") from None
    region = phonenumbers.region_code_for_number(number)
    if region is None or not phonenumbers.is_valid_number(number):
        raise _not_usable("No country has such a number.")
    kind = phonenumbers.number_type(number)
    if spoken and kind not in _can_be_called():
        raise _not_usable("We do not call this kind of number.")
    if not spoken and kind not in _receive_messages():
        raise _not_usable("This line receives no messages. Have the code read out instead.")
    if region in closed_regions:
        raise CountryNotServed
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Address("sms", written, region)


def _email(text: str) -> Address:
    local, at, domain = unicodedata.normalize("NFC", text).strip().rpartition("@")
    if not at or len(local) > 64 or not _LOCAL.fullmatch(local):
        raise _not_usable("The part before the @ is not usable.")
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode().lower()
    except (idna.IDNAError, UnicodeError):
        raise _not_usable("The part after the @ is no domain name.") from None
    if "." not in ascii_domain or ascii_domain.rsplit(".", 1)[1].isdigit():
        raise _not_usable("The part after the @ is no domain name.")
    whole = f"{local.lower()}@{ascii_domain}"
    if len(whole) > LONGEST:
        raise _not_usable("It is too long.")
    return Address("email", whole)


def _not_usable(why: str) -> AddressNotUsable:
    return AddressNotUsable(errors=[{"pointer": "/address", "detail": why}])
