"""Every sentence that a person may read exists in all three languages."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import blueprints
from hub.web import languages

from .spoken import ROOT, sentences

TRANSLATED = [language for language in languages.LANGUAGES if language != languages.FALLBACK]
PLACE = re.compile(r"\{\w+\}")


@pytest.fixture(scope="module", params=TRANSLATED)
def spoken(request):
    """A language, and what its catalogues say: msgid to the files and translations of it."""
    for package in Path(blueprints.__file__).parent.iterdir():
        if package.is_dir():
            languages.speak_for(package)
    said = {}
    for path in languages.catalogue_files(request.param):
        with path.open("rb") as source:
            for message in read_po(source, locale=request.param.replace("-", "_")):
                if message.id:
                    first = message.id if isinstance(message.id, str) else message.id[0]
                    forms = [message.string] if isinstance(message.string, str) else message.string
                    said.setdefault(first, []).append((path, list(forms), message.fuzzy))
    return request.param, said


def test_every_sentence_is_translated(spoken):
    language, said = spoken
    missing = [f'{place}: "{msgid}"' for msgid, place in sentences().items() if msgid not in said]

    assert not missing, f"Say it in {language} too:\n" + "\n".join(missing)


def test_no_translation_is_empty_or_unsure(spoken):
    language, said = spoken
    poor = [
        f"{path.relative_to(ROOT)}: {msgid}"
        for msgid, found in said.items()
        for path, forms, fuzzy in found
        if fuzzy or not all(form.strip() for form in forms)
    ]

    assert not poor, f"Finish these in {language}: {poor}"


def test_the_same_sentence_has_one_translation(spoken):
    language, said = spoken
    quarrels = {
        msgid: [forms for _, forms, _ in found]
        for msgid, found in said.items()
        if len({tuple(forms) for _, forms, _ in found}) > 1
    }

    assert not quarrels, f"Catalogues of {language} disagree: {quarrels}"


def test_translations_keep_the_places_to_fill_in(spoken):
    language, said = spoken
    broken = [
        msgid
        for msgid, found in said.items()
        for _, forms, _ in found
        if any(set(PLACE.findall(form)) != set(PLACE.findall(msgid)) for form in forms)
    ]

    assert not broken, f"Wrong {{places}} in {language}: {broken}"


def test_every_number_finds_its_form(spoken):
    """Chinese has one form, Russian three; a missing one would fall back to English."""
    language, said = spoken
    forms = {"zh-CN": 1, "ru": 3}[language]
    short = [
        msgid
        for msgid, found in said.items()
        for _, given, _ in found
        if "{count}" in msgid and len(given) not in {1, forms}
    ]

    assert not short
