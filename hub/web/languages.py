"""Languages: English is the msgid, every package may keep a catalogue of its own.

Catalogues are gettext files at ``<package>/locale/<zh_CN|ru>/LC_MESSAGES/messages.po``, read by
Babel as they are (nothing is compiled or committed twice) when a language is first spoken, and
then kept. All catalogues of a language are one dictionary: the same English sentence has one
translation everywhere. A sentence without a translation stays English; a test says which.
"""

import gettext
import io
from functools import cache
from pathlib import Path

from flask import g, has_request_context, request

LANGUAGES = {"zh-CN": "中文", "en": "English", "ru": "Русский"}
SHORT_NAMES = {"zh-CN": "中文", "en": "EN", "ru": "РУ"}
FALLBACK = "en"
COOKIE = "hub_language"

_packages: list[Path] = [Path(__file__).parent.parent]


def speak_for(package: Path) -> None:
    """Let the catalogues found anywhere below ``package`` take part. ``hub`` itself always does."""
    if package not in _packages:
        _packages.append(package)
        _voice.cache_clear()


def catalogue_files(language: str) -> list[Path]:
    """The catalogues of one language, in the order of their packages."""
    name = language.replace("-", "_")
    return [
        found
        for package in _packages
        for found in sorted(package.glob(f"**/locale/{name}/LC_MESSAGES/messages.po"))
    ]


@cache
def _voice(language: str) -> gettext.NullTranslations:
    if language == FALLBACK:
        return gettext.NullTranslations()
    # Babel is only needed by processes that speak to people, and only once per language.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    voice = gettext.NullTranslations()
    for path in reversed(catalogue_files(language)):
        compiled = io.BytesIO()
        with path.open("rb") as source:
            write_mo(compiled, read_po(source, locale=language.replace("-", "_")))
        compiled.seek(0)
        louder = gettext.GNUTranslations(compiled)
        louder.add_fallback(voice)
        voice = louder
    return voice


def current_language() -> str:
    """The reader's language: the choice in the cookie, else ``Accept-Language``, else English.

    Outside a request it is English: jobs know whom they write to and use ``translate``.
    """
    if not has_request_context():
        return FALLBACK
    if "hub_language" not in g:
        chosen = request.cookies.get(COOKIE)
        if chosen not in LANGUAGES:
            chosen = request.accept_languages.best_match(list(LANGUAGES), FALLBACK)
        g.hub_language = chosen
    language: str = g.hub_language
    return language


def translate(msgid: str, language: str, /, **values: object) -> str:
    """``msgid`` in ``language``, with ``{named}`` places filled from ``values``."""
    said = _voice(language).gettext(msgid) if msgid else ""
    return said.format(**values) if values else said


def text(msgid: str, /, **values: object) -> str:
    """``msgid`` in the language of this request. Import it ``as _``."""
    return translate(msgid, current_language(), **values)


def counted(one: str, many: str, count: int, /, **values: object) -> str:
    """The form that fits ``count`` in the language of this request; ``{count}`` is filled in."""
    return _voice(current_language()).ngettext(one, many, count).format(count=count, **values)


def marked(msgid: str) -> str:
    """``msgid`` unchanged: marks a sentence that is translated where it is shown."""
    return msgid
