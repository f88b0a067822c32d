"""Documents that say who somebody is: kinds, canonical numbers, check digits. Pure.

A document is its kind, the state that issued it, and its number. However a number is typed, there
is one canonical form of it, so that one person never gets two identities: full-width digits and a
small x become what the card shows, spaces and hyphens go, and what counts re-issues of the same
document is cut off.

Sources: GB 11643-1999 (the citizen's number) with ISO 7064 MOD 11-2 and GB/T 2260; State Council
order 2018 on residence permits of Hong Kong (810000), Macao (820000) and Taiwan (830000)
residents; the National Immigration Administration's notices on mainland travel permits and on the
permanent residence cards of 2017 and 2023; ICAO Doc 9303-3 and 9303-4 (passports).

A good check digit proves nothing but careful typing. Whether a number is somebody's only the
register knows; so a county that no table has is left to the register, a province is not.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from . import mrz as machine_readable
from .ages import is_under_fourteen
from .issuing_states import ISSUERS, NUMERIC, SPECIMEN
from .real_name_errors import DocumentNotUsable, GuardianNeeded
from .stdnum_gateway import check_digit, is_province

EARLIEST = date(1900, 1, 1)
SPECIMEN_PROVINCE = "00"
"""No province; numbers that begin so are invented, and taken by demonstrations only."""

_SEPARATORS = re.compile(r"[\s\-‐-―−·.]")
_PERMIT_REGIONS = {"810000", "820000", "830000"}
_NOT_FOREIGN = {"CHN", "HKG", "MAC", "TWN"}


class Kind(StrEnum):
    """What sort of document it is."""

    RESIDENT_CARD = "resident_card"
    RESIDENCE_PERMIT = "residence_permit"
    TRAVEL_PERMIT_HK_MACAO = "travel_permit_hk_macao"
    TRAVEL_PERMIT_TAIWAN = "travel_permit_taiwan"
    PERMANENT_RESIDENCE_CARD = "permanent_residence_card"
    PASSPORT = "passport"


@dataclass(frozen=True, repr=False)
class Document:
    """A document with its number in canonical form. It has no repr: numbers stay out of logs.

    ``born_on`` is known where the number or the machine-readable zone says it.
    """

    kind: Kind
    issuing_state: str
    number: str
    born_on: date | None = None

    @property
    def key(self) -> bytes:
        """What a blind index is computed from."""
        return f"{self.kind}:{self.issuing_state}:{self.number}".encode()


def parse(
    kind: Kind,
    number: str,
    *,
    issuing_state: str = "CHN",
    mrz: str | None = None,
    today: date,
    specimens: bool = False,
) -> Document:
    """The document with its canonical number; refuses with DocumentNotUsable, which names what is
    wrong, and with GuardianNeeded for somebody under fourteen.

    ``mrz`` is the machine-readable zone of a passport (88 characters in one line or two): its check
    digits must hold and it must be of this very passport. ``specimens`` takes invented numbers too:
    province 00, nationality 000, issuer UTO.
    """
    typed = canonical(number)
    if kind is Kind.PASSPORT:
        document = _passport(typed, canonical(issuing_state), mrz, today, specimens)
    else:
        if canonical(issuing_state) != "CHN":
            raise DocumentNotUsable(
                "Documents of this kind are issued by China: CHN.", at="/issuing_state"
            )
        if mrz is not None:
            raise DocumentNotUsable("Only a passport is read by these two lines.", at="/mrz")
        document = _chinese(kind, typed, today, specimens)
    if document.born_on is not None and is_under_fourteen(document.born_on, today):
        raise GuardianNeeded
    return document


def canonical(text: str) -> str:
    """One way to write a number: ASCII, capital letters, without separators. Idempotent."""
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    if not plain.isascii() or not plain.isprintable():
        raise DocumentNotUsable("Only digits and Latin letters stand in such numbers.")
    return plain.upper()


def masked_number(number: str) -> str:
    """What may be shown of a number: ``230103********1235``; of short ones the ends."""
    ahead, behind = (6, 4) if len(number) == 18 else (3, 4) if len(number) == 15 else (1, 2)
    return number[:ahead] + "*" * (len(number) - ahead - behind) + number[-behind:]


def _chinese(kind: Kind, number: str, today: date, specimens: bool) -> Document:
    match kind:
        case Kind.RESIDENT_CARD:
            return _resident_card(number, today, specimens)
        case Kind.RESIDENCE_PERMIT:
            return _residence_permit(number, today)
        case Kind.TRAVEL_PERMIT_HK_MACAO:
            return _travel_permit_hk_macao(number)
        case Kind.TRAVEL_PERMIT_TAIWAN:
            return _travel_permit_taiwan(number)
        case _:
            return _permanent_residence_card(number, today, specimens)


def _resident_card(number: str, today: date, specimens: bool) -> Document:
    if re.fullmatch(r"[0-9]{15}", number):
        raise DocumentNotUsable("Numbers of 15 digits ended in 2013. Enter the 18 of the new card.")
    born_on = _eighteen(number, today)
    province = number[:2]
    invented = specimens and province == SPECIMEN_PROVINCE
    if number[:6] in _PERMIT_REGIONS or not (invented or is_province(province)):
        raise DocumentNotUsable("No place in China has numbers that begin so.")
    return Document(Kind.RESIDENT_CARD, "CHN", number, born_on)


def _residence_permit(number: str, today: date) -> Document:
    born_on = _eighteen(number, today)
    if number[:6] not in _PERMIT_REGIONS:
        raise DocumentNotUsable("Residence permits begin with 810000, 820000 or 830000.")
    return Document(Kind.RESIDENCE_PERMIT, "CHN", number, born_on)


def _travel_permit_hk_macao(number: str) -> Document:
    # The last two of eleven count how often the permit was issued anew; the first nine stay.
    if not re.fullmatch(r"[HM][0-9]{8}([0-9]{2})?", number):
        raise DocumentNotUsable("These permits have H or M and eight digits.")
    return Document(Kind.TRAVEL_PERMIT_HK_MACAO, "CHN", number[:9])


def _travel_permit_taiwan(number: str) -> Document:
    # Since 2015 a card with eight digits for life; a count of issues may follow in brackets.
    if not re.fullmatch(r"[0-9]{8}(\([0-9]{2}\))?", number):
        raise DocumentNotUsable("These permits have eight digits.")
    return Document(Kind.TRAVEL_PERMIT_TAIWAN, "CHN", number[:8])


def _permanent_residence_card(number: str, today: date, specimens: bool) -> Document:
    if old := re.fullmatch(r"([A-Z]{3})[0-9]{12}", number):  # cards until 2023, still good
        if old[1] not in ISSUERS or (old[1] == SPECIMEN and not specimens):
            raise DocumentNotUsable("The first three letters are no country.")
        return Document(Kind.PERMANENT_RESIDENCE_CARD, "CHN", number)
    born_on = _eighteen(number, today)
    province, nationality = number[1:3], number[3:6]
    invented = specimens and (province, nationality) == (SPECIMEN_PROVINCE, "000")
    known = is_province(province) and nationality in NUMERIC.values()
    if number[0] != "9" or not (invented or known):
        raise DocumentNotUsable("These cards have 9, a province, a nationality and a birth date.")
    return Document(Kind.PERMANENT_RESIDENCE_CARD, "CHN", number, born_on)


def _passport(
    number: str, issuing_state: str, mrz: str | None, today: date, specimens: bool
) -> Document:
    state = "DEU" if issuing_state == "D" else issuing_state  # as German passports print it
    if state not in ISSUERS or (state == SPECIMEN and not specimens):
        raise DocumentNotUsable(
            "Three letters of ISO 3166, as on the passport.", at="/issuing_state"
        )
    if state in _NOT_FOREIGN:
        raise DocumentNotUsable(
            "Use the resident card, residence permit or travel permit.", at="/kind"
        )
    if not re.fullmatch(r"[A-Z0-9]{5,9}", number):
        raise DocumentNotUsable("Passport numbers have five to nine letters and digits.")
    if mrz is None:
        return Document(Kind.PASSPORT, state, number)
    try:
        zone = machine_readable.read(mrz, today=today)
    except machine_readable.NotAnMrz:
        raise DocumentNotUsable(
            "Copy both lines exactly: a check digit does not fit.", at="/mrz"
        ) from None
    said = "DEU" if zone.issuing_state == "D" else zone.issuing_state
    if (said, zone.number) != (state, number):
        raise DocumentNotUsable("These lines are of another passport.", at="/mrz")
    if zone.expires_on < today:
        raise DocumentNotUsable("This passport has expired.", at="/mrz")
    return Document(Kind.PASSPORT, state, number, zone.born_on)


def _eighteen(number: str, today: date) -> date:
    """The birth date in a number of eighteen characters, once its check digit holds."""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise DocumentNotUsable("Eighteen characters: digits, the last may be X.")
    if check_digit(number[:17]) != number[17]:
        raise DocumentNotUsable("The last digit does not fit the others. Is one mistyped?")
    try:
        born_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        born_on = date.max
    if not EARLIEST <= born_on <= today:
        raise DocumentNotUsable("The seventh to fourteenth digits are no birth date.")
    return born_on
