"""Finding a stop by whatever somebody types: 中央大街, zhongyangdajie, zydj, Зонгян, Rue d'Été.

A name is folded once, at import, into every spelling it may be asked by; a query is folded the
same way. Matching is plain containment of each word, which a trigram index makes quick.
"""

import re
import unicodedata
from collections.abc import Iterable

from anyascii import anyascii

_HAN_MARKS = r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
_HAN = re.compile(_HAN_MARKS)
_PART = re.compile(rf"{_HAN_MARKS}|(?:(?!{_HAN_MARKS})[^\W_])+")
_SYLLABLE = re.compile(r"[A-Z][a-z]*")
_WORDS = re.compile(r"[^\W_]+")
LONGEST_QUERY = 80


def spellings(texts: Iterable[str]) -> str:
    """All the forms under which names are found, in one line for a search column.

    Each name as written (without accents and case), in Latin letters, and, for Chinese, as pinyin
    in one word, in syllables and as initials.
    """
    found: dict[str, None] = {}
    for name in texts:
        for form in _forms(name):
            found.setdefault(form)
    return f" {' | '.join(found)} "


def _forms(name: str) -> list[str]:
    forms = [_folded(name), _latin(name)]
    if _HAN.search(name):
        syllables = _syllables(name)
        initials = (part if part.isdigit() else part[0] for part in syllables)
        forms += ["".join(syllables), " ".join(syllables), "".join(initials)]
    return [form for form in forms if form]


def words_of(query: str) -> list[tuple[str, ...]]:
    """The words of a query, each with the spellings under which it counts as found.

    A word in Chinese is kept as it is, since its pinyin would find every homophone; any other may
    be found as typed, accents or not, or in Latin letters.
    """
    return [
        (word,) if _HAN.search(word) else tuple(dict.fromkeys((word, _latin(word) or word)))
        for word in _folded(query[:LONGEST_QUERY]).split()
    ]


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(mark for mark in decomposed if not unicodedata.combining(mark))
    return " ".join(_WORDS.findall(unicodedata.normalize("NFKC", bare)))


def _latin(text: str) -> str:
    # Word by word, so that the apostrophe of a soft sign does not cut a word in two.
    words = ("".join(_WORDS.findall(anyascii(word))) for word in _WORDS.findall(text))
    return " ".join(words).lower()


def _syllables(name: str) -> list[str]:
    """Pinyin of each Chinese character of a name; what is not Chinese stays a part of its own."""
    found: list[str] = []
    for part in _PART.findall(name):
        if _HAN.fullmatch(part):
            found += [syllable.lower() for syllable in _SYLLABLE.findall(anyascii(part))]
        else:
            found += _latin(part).split()
    return found
