"""Pushed authorization requests (RFC 9126): the client's server leaves what it asks for here, and
the browser carries nothing but the name of it. Nobody on the way reads or changes a thing.
"""

from datetime import timedelta
from typing import cast

from sqlalchemy import delete, select, update
from sqlalchemy.engine import CursorResult

from hub import identity
from hub.kernel import ids
from hub.kernel.work import Work

from .asked import Asked, seconds
from .errors import InvalidRequest
from .model import PushedRequest

URN = "urn:ietf:params:oauth:request_uri:"
LIVES = timedelta(minutes=9)
"""Long enough to sign in meanwhile; FAPI 2.0, 5.3.2.2 wants less than ten minutes."""

PROOFS = frozenset({"client_secret", "client_assertion", "client_assertion_type"})
"""What shows who the client is belongs to the pushing, not to the request."""


def keep(work: Work, client_id: str, asked: Asked) -> str:
    """Keep a sound request of a client under its hash; the ``request_uri`` that names it."""
    name = URN + identity.new_secret()
    work.session.add(
        PushedRequest(
            id=ids.new_id(),
            name_hash=identity.hash_of(name),
            client_id=client_id,
            parameters=[list(pair) for pair in asked.parameters],
            created_at=work.now,
            expires_at=work.now + LIVES,
        )
    )
    return name


def opened(work: Work, asked: Asked, *, also: str) -> Asked:
    """The request that was pushed, for one that names it; any other as it came. What else came
    along counts for nothing (RFC 9101, 6.3), except our own ``also``, a moment (Unix seconds) that
    is never taken for earlier than the pushing. Refuses with InvalidRequest when it is over, was
    answered, or is another client's."""
    name = asked.get("request_uri") or ""
    if not name.startswith(URN):
        return asked
    asked.check_once(("request_uri", "client_id", also))
    row = work.session.execute(
        select(PushedRequest.parameters, PushedRequest.created_at).where(
            PushedRequest.name_hash == identity.hash_of(name),
            PushedRequest.client_id == (asked.get("client_id") or ""),
            PushedRequest.expires_at > work.now,
            PushedRequest.used_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise InvalidRequest(said="This request_uri is over, was used, or is not of this client.")
    parameters = [(name, value) for name, value in row.parameters]
    moment = seconds(asked.get(also))
    if moment is not None:
        parameters.append((also, str(max(moment, int(row.created_at.timestamp())))))
    return Asked(asked.method, asked.url, asked.headers, parameters)


def use_up(work: Work, asked: Asked) -> None:
    """Answer a pushed request, once; refuses with InvalidRequest whoever comes second."""
    name = asked.get("request_uri") or ""
    if not name.startswith(URN):
        return
    result = work.session.execute(
        update(PushedRequest)
        .where(PushedRequest.name_hash == identity.hash_of(name), PushedRequest.used_at.is_(None))
        .values(used_at=work.now)
        .execution_options(synchronize_session=False)
    )
    if cast(CursorResult[None], result).rowcount != 1:
        raise InvalidRequest(said="This request_uri was used.")


def forget_old(work: Work) -> None:
    """Delete requests that are over."""
    work.session.execute(delete(PushedRequest).where(PushedRequest.expires_at < work.now))
