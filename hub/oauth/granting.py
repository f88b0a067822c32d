"""What a client is given: the grant of what a person agreed to, tokens in a client's own name, and
both as an answer shows them."""

from typing import Any

from hub import consent, identity
from hub.identity import Client, Tokens
from hub.kernel.work import Work

from .authority import Authority
from .errors import InvalidGrant, InvalidScope


def opened(work: Work, authority: Authority, client: Client, row: Any) -> Tokens:
    """The grant of a code or device code that a person said yes to; refuses with InvalidGrant
    (remembered) when they signed out or took the permission back meanwhile."""
    try:
        tokens = identity.open_grant(
            work,
            authority.keyring,
            authority.issuer,
            client=client,
            session_id=row.session_id,
            scopes=row.scopes,
            offline="offline_access" in row.scopes,
            until=row.until,
        )
    except identity.PersonGone:
        raise InvalidGrant(said="The person has signed out.", keep=True) from None
    assert tokens.grant_id is not None
    agreed = consent.covering(
        work, person_id=tokens.person_id, recipient=client.id, scopes=row.scopes, hold=True
    )
    if agreed is None:
        identity.end_grants(work, [tokens.grant_id], because="consent_withdrawn")
        raise InvalidGrant(said="The person took the permission back.", keep=True)
    return tokens


def refreshed(
    work: Work, authority: Authority, client: Client, token: str, narrowed: frozenset[str] | None
) -> Tokens:
    """New tokens for a refresh token; refuses with InvalidScope and InvalidGrant, remembered where
    the token was used before."""
    try:
        return identity.refresh(
            work, authority.keyring, authority.issuer, token, client=client, narrowed=narrowed
        )
    except identity.ScopeBeyondGrant:
        raise InvalidScope(said="More than was granted.") from None
    except identity.RefreshTokenReplayed:
        raise InvalidGrant(said="The refresh token was used before.", keep=True) from None
    except identity.RefreshTokenRefused:
        raise InvalidGrant(said="The refresh token is not good.") from None


def shown(
    work: Work, authority: Authority, client: Client, tokens: Tokens, nonce: str | None = None
) -> dict[str, Any]:
    """Tokens as RFC 6749, 5.1 and OpenID Connect Core, 3.1.3.3 show them."""
    found = _bearer(tokens.access_token, tokens.scopes)
    found["refresh_token"] = tokens.refresh_token
    if "openid" in tokens.scopes:
        assert tokens.subject is not None
        assert tokens.grant_id is not None
        assert tokens.auth_time is not None
        found["id_token"] = authority.issuer.issue_id_token(
            client_id=client.id,
            subject=tokens.subject,
            grant_id=tokens.grant_id,
            acr=tokens.acr,
            amr=tokens.amr,
            auth_time=tokens.auth_time,
            access_token=tokens.access_token,
            nonce=nonce,
            now=work.now,
        )
    return found


def in_own_name(
    work: Work, authority: Authority, client: Client, wanted: frozenset[str]
) -> dict[str, Any]:
    """A token for a service by itself (RFC 6749, 4.4), with all its scopes if it names none;
    refuses with InvalidScope."""
    allowed = client.scopes & authority.of_partners
    scopes = wanted or allowed
    if not scopes or not scopes <= allowed:
        raise InvalidScope(said="This client has no such scope in its own name.")
    token = authority.issuer.issue(client_id=client.id, scopes=scopes, now=work.now)
    return _bearer(token, scopes)


def _bearer(token: str, scopes: frozenset[str]) -> dict[str, Any]:
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": int(identity.ACCESS_LIVES.total_seconds()),
        "scope": " ".join(sorted(scopes)),
    }
