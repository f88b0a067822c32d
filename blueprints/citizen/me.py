"""The person behind the token: who they are to the city."""

import re
from typing import Any

import msgspec
from flask import Response, g, request

from hub import identity
from hub.kernel.errors import PreconditionFailed, PreconditionRequired
from hub.kernel.work import Reading, Work
from hub.web import Blueprint, known_as, parts, reads, refuses, requires, transaction

from .schemas import Me, MeChanges

_REVISION = re.compile(r"[0-9]{1,9}")
bp = Blueprint("me", __name__, description="The person behind the token")


@bp.get("/v1/me")
@requires("citizen.profile:read", for_others=True)
@reads
@bp.response(200, Me)
def who_am_i(reading: Reading) -> Response:
    """Tell who is signed in, how surely, and how they can be reached (masked).

    A partner's app gets its own number for the person as `id`, and nothing about the account.
    """
    person = identity.profile(reading, parts().keyring)
    headers = {"ETag": f'"{person.revision}"', "Cache-Control": "private, no-cache"}
    return Response(encode_me(person, g.principal), 200, headers, mimetype="application/json")


@bp.patch("/v1/me")
@requires("citizen.profile:change", for_others=True)
@transaction()
@refuses(412, 428)
@bp.arguments(MeChanges)
@bp.response(204)
def correct_me(work: Work, changes: dict[str, str | None]) -> None:
    """Change name or language; needs `If-Match` with the `ETag` of what you saw."""
    identity.correct(work, changes, seen_revisions=_seen_revisions())


def encode_me(person: identity.Profile, principal: identity.Principal) -> bytes:
    """The `Me` of the schema, written straight (a house test compares them)."""
    known: dict[str, Any] = {
        "id": known_as(principal, person.id),
        "display_name": person.display_name,
        "language": person.language,
        "phone": person.phone,
        "email": person.email,
        "acr": principal.acr,
        "amr": principal.amr,
        "synthetic": person.synthetic,
    }
    if principal.through is None:
        known |= {"second_factor": person.second_factor, "created_at": person.created_at}
    return msgspec.json.encode({name: v for name, v in known.items() if v is not None})


def _seen_revisions() -> frozenset[int]:
    if not request.if_match:
        raise PreconditionRequired
    seen = frozenset(int(tag) for tag in request.if_match.as_set() if _REVISION.fullmatch(tag))
    if not seen:
        raise PreconditionFailed
    return seen
