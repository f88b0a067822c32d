"""Names as documents print them. Pure.

Chinese documents print Chinese characters, with a middle dot between the parts of a longer name;
passports print Latin letters. A name that was typed with other dots, spaces or cases is the same
name. Matching it with the register's is the register's decision.
"""

import re
import unicodedata

from .documents import Kind
from .real_name_errors import DocumentNotUsable

LONGEST = 100
_DOTS = re.compile(r"\s*[·•・‧∙.．]\s*")
_HAN = re.compile(
    "[\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]"
    "[\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af·]*"
    "[\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]"
)
_EITHER = {Kind.PERMANENT_RESIDENCE_CARD, Kind.TRAVEL_PERMIT_HK_MACAO, Kind.RESIDENCE_PERMIT}
_BESIDE_LETTERS = frozenset(" '-,")


def canonical_name(kind: Kind, text: str) -> str:
    """The name in one way of writing: one kind of middle dot in Chinese names, capital letters and
    single spaces in Latin ones. Refuses with DocumentNotUsable what the document cannot print."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    if not plain or len(plain) > LONGEST:
        raise DocumentNotUsable("Enter the name as it is printed.", at="/name")
    chinese = _DOTS.sub("·", plain)
    if kind is not Kind.PASSPORT and _HAN.fullmatch(chinese):
        return chinese
    if kind is Kind.PASSPORT or kind in _EITHER:
        latin = unicodedata.normalize("NFC", plain.replace("’", "'").upper())
        if is_latin(latin):
            return latin
        raise DocumentNotUsable("Enter the name in Latin letters, as it is printed.", at="/name")
    raise DocumentNotUsable("Enter the name in Chinese characters, as it is printed.", at="/name")


def is_latin(name: str) -> bool:
    """Latin letters, accents included, with spaces, hyphens, apostrophes and commas between."""
    letters = [c for c in name if c not in _BESIDE_LETTERS]
    return bool(letters) and all(
        c.isalpha() and unicodedata.name(c, "").startswith("LATIN") for c in letters
    )


def masked_name(name: str) -> str:
    """Enough to know one's own name by: ``*伟``, ``A*** P*****``."""
    if _HAN.fullmatch(name):
        return "*" * (len(name) - 1) + name[-1]
    return " ".join(part[:1] + "*" * (len(part) - 1) for part in name.split())
