"""What each scope lets somebody do, in a citizen's words. Pages that ask or tell who may do what
say it by these; a scope without words is shown as it is."""

from collections.abc import Iterable

from .languages import marked, text

WORDS = {
    "citizen.profile:read": marked("See name, language, and masked telephone and e-mail"),
    "citizen.profile:change": marked("Change name and language"),
    "traffic.favourite:read": marked("See the favourite stops and lines"),
    "traffic.favourite:manage": marked("Change the favourite stops and lines"),
}


def in_words(scopes: Iterable[str]) -> list[str]:
    """The sentences for these scopes in the reader's language, in the order of the scopes."""
    return [text(WORDS[scope]) if scope in WORDS else scope for scope in sorted(scopes)]
