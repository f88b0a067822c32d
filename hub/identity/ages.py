"""How old somebody is, and what follows from it. Pure.

Sources: Civil Code of the PRC articles 17 to 20 (of age at eighteen); PIPL article 31 (under
fourteen nothing without the guardian).
"""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

AGREES_AT = 14
ADULT_AT = 18


def age(born_on: date, on: date) -> int:
    """Full years. Who was born on 29 February turns a year older on 1 March of a common year."""
    return on.year - born_on.year - (on < _birthday(born_on, on.year))


def is_under_fourteen(born_on: date, on: date) -> bool:
    """Whether only a guardian can agree for them, so that they have no sign-in of their own."""
    return age(born_on, on) < AGREES_AT


def is_adult(born_on: date, on: date) -> bool:
    """From eighteen on nobody is anybody's guardian."""
    return age(born_on, on) >= ADULT_AT


def guardianship_ends(born_on: date, zone: str) -> datetime:
    """The first moment of the eighteenth birthday on the clocks of ``zone``, in UTC."""
    birthday = _birthday(born_on, born_on.year + ADULT_AT)
    return datetime.combine(birthday, time(), ZoneInfo(zone)).astimezone(UTC)


def day_in(zone: str, now: datetime) -> date:
    """The day that it is in ``zone`` at ``now``."""
    return now.astimezone(ZoneInfo(zone)).date()


def _birthday(born_on: date, year: int) -> date:
    try:
        return born_on.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
