"""Looking into tokens and taking them back: introspection (RFC 7662) and revocation (RFC 7009).

A client sees only what was issued to it, and takes back only that: of everything else it learns
nothing, not even whether it exists.
"""

from typing import Any
from uuid import UUID

from hub import identity
from hub.identity import AccessTokenRefused, Client, Principal, Verified
from hub.kernel.work import Work

from .asked import Asked
from .authority import Authority
from .errors import InvalidRequest, UnsupportedTokenType
from .offered import METHODS, PROVEN

UNKNOWN: dict[str, Any] = {"active": False}


def introspect(work: Work, authority: Authority, asked: Asked) -> dict[str, Any]:
    """What a token of the asking client says, if it is good now; refuses with InvalidClient."""
    from . import authlib_gateway

    with authlib_gateway.proven_client(work, authority, asked, PROVEN) as client:
        token = _token(asked)
    if "." in token:
        return _access_token(work, authority, client, token)
    held = identity.holder_of(work, token, client)
    if held is None:
        return UNKNOWN
    grant, presented = held
    return {
        "active": True,
        "scope": " ".join(grant.scopes),
        "client_id": client.id,
        "sub": identity.subject_of(authority.keyring, client.sector, grant.person_id),
        "iss": authority.url,
        "exp": int(presented.expires_at.timestamp()),
        "iat": int(presented.issued_at.timestamp()),
    }


def revoke(work: Work, authority: Authority, asked: Asked) -> None:
    """End what a token of the asking client stands for: the whole grant, whichever of its tokens
    was sent. What is no token of this client is no error (RFC 7009, 2.2)."""
    from . import authlib_gateway

    with authlib_gateway.proven_client(work, authority, asked, METHODS) as client:
        grant_id = _grant_of(work, authority, client, _token(asked))
    if grant_id is not None:
        identity.end_grants(work, [grant_id], because="ended_by_client")


def _grant_of(work: Work, authority: Authority, client: Client, token: str) -> UUID | None:
    if "." not in token:
        return identity.grant_of(work, token, client)
    found = _verified(work, authority, client, token)
    if found is None:
        return None
    if found.principal.grant_id is None:
        raise UnsupportedTokenType(said="A token in a client's own name ends by itself.")
    return found.principal.grant_id


def _token(asked: Asked) -> str:
    token = asked.get("token")
    if token is None:
        raise InvalidRequest(said="Send the token.")
    return token


def _verified(work: Work, authority: Authority, client: Client, token: str) -> Verified | None:
    try:
        found = authority.verifier.verify(token, work.now)
    except AccessTokenRefused:
        return None
    return found if found.claims.client_id == client.id else None


def _access_token(work: Work, authority: Authority, client: Client, token: str) -> dict[str, Any]:
    found = _verified(work, authority, client, token)
    if found is None or not _lives(work, authority, found.principal):
        return UNKNOWN
    claims = found.claims
    said = {
        "active": True,
        "scope": claims.scope,
        "client_id": claims.client_id,
        "token_type": "Bearer",
        "exp": claims.exp,
        "iat": claims.iat,
        "sub": claims.sub,
        "aud": claims.aud,
        "iss": claims.iss,
        "jti": claims.jti,
    }
    if claims.sid:
        said |= {"sid": claims.sid, "acr": claims.acr, "auth_time": claims.auth_time}
    return said


def _lives(work: Work, authority: Authority, principal: Principal) -> bool:
    if principal.grant_id is None:
        return True
    return authority.liveness.grant_lives(principal.grant_id, now=work.now)


def user_info(person: identity.Profile, sub: str, scopes: frozenset[str]) -> dict[str, Any]:
    """The claims of OpenID Connect Core, 5.3, that these scopes cover, about whom the reader calls
    ``sub``."""
    found: dict[str, Any] = {"sub": sub}
    if "profile" in scopes:
        found["locale"] = person.language
        if person.display_name:
            found["name"] = person.display_name
    return found
