"""What makes a password acceptable, as plain functions.

NIST SP 800-63B-4, 3.1.1.2: eight characters where a second factor stands beside it, fifteen where
not, long ones taken whole, no rules of composition, no changing by the calendar, and a blocklist:
what attackers try first, and words that belong to this person or this city. The list
(data/common_passwords.txt) is Django's, cut to the lengths that could be chosen here.
Characters are prepared after RFC 8265, 4.2 (OpaqueString).
"""

import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from itertools import pairwise

from hub.kernel.errors import FieldError

SHORTEST_ALONE = 15
SHORTEST_WITH_SECOND_FACTOR = 8
LONGEST = 256
_TELLING = 4  # an own word shorter than this stands in too many good passwords by chance

TOO_SHORT: FieldError = {"pointer": "/password", "detail": "It needs at least 8 characters."}
TOO_SHORT_ALONE: FieldError = {
    "pointer": "/password",
    "detail": "It needs at least 15 characters, or a second factor beside it and 8.",
}
MADE_OF_OWN_WORDS: FieldError = {
    "pointer": "/password",
    "detail": "It is made of your name, your address or the city's name. Choose another.",
}


def normalised(password: str) -> str:
    """The same password for every keyboard: other spaces become a space, then NFC."""
    spaced = "".join(" " if unicodedata.category(c) == "Zs" else c for c in password)
    return unicodedata.normalize("NFC", spaced)


def why_not(
    password: str, *, second_factor: bool, own_words: Iterable[str] = ()
) -> FieldError | None:
    """The sentence that says why a normalised password is not taken; None when it is.

    ``own_words``: the person's name and addresses, the city's name.
    """
    shortest = SHORTEST_WITH_SECOND_FACTOR if second_factor else SHORTEST_ALONE
    if len(password) < shortest:
        return TOO_SHORT if second_factor else TOO_SHORT_ALONE
    if len(password) > LONGEST:
        return {"pointer": "/password", "detail": "It is longer than 256 characters."}
    folded = password.casefold()
    core = _repeated(folded)
    if len(core) < _TELLING or folded in _common() or core in _common() or _is_run(folded):
        return {"pointer": "/password", "detail": "Attackers try this one first. Choose another."}
    for word in own_words:
        bare = word.casefold().strip()
        if len(bare) >= _TELLING and bare in folded and len(folded.replace(bare, "")) < shortest:
            return MADE_OF_OWN_WORDS
    return None


def _repeated(text: str) -> str:
    """The shortest piece whose repetition is the text: ``abab`` is ``ab``, repeated."""
    place = (text + text).find(text, 1)
    return text[:place]


def _is_run(text: str) -> bool:
    """Whether each character follows the one before it: ``23456789``, ``zyxwvuts``."""
    steps = {ord(b) - ord(a) for a, b in pairwise(text)}
    # 9 is followed by 0 on every keyboard.
    return steps <= {1, -9} or steps <= {-1, 9}


@cache
def _common() -> frozenset[str]:
    found = files("hub.identity").joinpath("data/common_passwords.txt")
    return frozenset(found.read_text(encoding="utf-8").splitlines())
