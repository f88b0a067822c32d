"""Dynamic client registration behind an initial token (RFC 7591, OpenID Registration 1.0)."""

from typing import Any

import msgspec

from hub import identity
from hub.identity import ClientKind
from hub.kernel.errors import Refusal
from hub.kernel.work import Work

from .asked import scopes_in
from .authority import Authority
from .errors import InvalidClientMetadata, InvalidRedirectUri
from .offered import FOR_PEOPLE, METHODS
from .registering import LogoutAddressNotUsable, RedirectNotUsable, register, spend_initial_token

_LONGEST_NAME = 80
_MOST_URIS = 10


class Metadata(msgspec.Struct):
    """What a client says of itself; members that we do not know are ignored (RFC 7591, 2)."""

    client_name: str
    redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ("authorization_code",)
    response_types: tuple[str, ...] = ("code",)
    token_endpoint_auth_method: str = "client_secret_basic"  # noqa: S105 (a word of RFC 7591)
    scope: str = ""
    jwks: dict[str, Any] | None = None
    jwks_uri: str | None = None
    subject_type: str = "pairwise"
    backchannel_logout_uri: str | None = None
    post_logout_redirect_uris: tuple[str, ...] = ()
    hub_purpose: str = ""


_decode = msgspec.json.Decoder(Metadata).decode


def register_dynamically(
    work: Work, authority: Authority, token: str, body: bytes, *, loopback_web: bool
) -> dict[str, Any]:
    """Register what the body says for the organisation of an initial token; the answer of RFC 7591,
    3.2.1. Refuses with InitialTokenRefused, InvalidClientMetadata, InvalidRedirectUri.

    No officer looks at this, so nothing sensitive can be had so. ``hub_purpose`` is ours: the
    sentence "what for" that people read, in English; without it no client that asks people is
    registered.
    """
    organisation, synthetic = spend_initial_token(work, token)
    said = _read(body)
    method = said.token_endpoint_auth_method
    if method not in METHODS:
        raise InvalidClientMetadata(said="This way to prove itself is not offered.")
    kind = _kind(said)
    allowed = authority.of_partners if kind == "service" else authority.askable
    scopes = scopes_in(said.scope)
    if not scopes or not scopes <= allowed - authority.sensitive:
        raise InvalidClientMetadata(said="Say which scopes, of those that partners may ask.")
    try:
        made = register(
            work,
            kind=kind,
            names={"en": said.client_name},
            organisation=organisation,
            purpose={"en": said.hub_purpose or said.client_name},
            scopes=scopes,
            auth_method=method,
            redirect_uris=said.redirect_uris,
            jwks=said.jwks,
            logout_uri=said.backchannel_logout_uri,
            after_logout_uris=said.post_logout_redirect_uris,
            synthetic=synthetic,
            loopback_web=loopback_web,
        )
    except RedirectNotUsable:
        raise InvalidRedirectUri(said="A redirect URI cannot be registered.") from None
    except LogoutAddressNotUsable:
        raise InvalidClientMetadata(said="backchannel_logout_uri is https:// and public.") from None
    except identity.ClientNotUsable as refusal:
        raise InvalidClientMetadata(said=_first(refusal)) from None
    return _shown(said, made, scopes)


def _read(body: bytes) -> Metadata:
    try:
        said = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidClientMetadata(said="Send JSON with client_name at least.") from None
    name, purpose = said.client_name.strip(), said.hub_purpose
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InvalidClientMetadata(said="client_name is one line of up to 80 letters.")
    if len(purpose) > 300 or not purpose.isprintable() or (purpose and not purpose.strip()):
        raise InvalidClientMetadata(said="hub_purpose is one line of up to 300 letters.")
    if said.jwks_uri is not None:
        raise InvalidClientMetadata(said="Send the keys themselves (jwks): nothing is fetched.")
    if said.subject_type != "pairwise":
        raise InvalidClientMetadata(said="Subjects are pairwise here.")
    if max(len(said.redirect_uris), len(said.post_logout_redirect_uris)) > _MOST_URIS:
        raise InvalidRedirectUri(said="Ten redirect URIs are enough.")
    return said


def _kind(said: Metadata) -> ClientKind:
    grants = set(said.grant_types)
    if grants == {"client_credentials"}:
        return "service"
    if not grants or not grants <= FOR_PEOPLE or said.response_types != ("code",):
        raise InvalidClientMetadata(said="These grant_types or response_types are not offered.")
    if not said.hub_purpose:
        raise InvalidClientMetadata(said="Say in hub_purpose what for: people read it.")
    proves_nothing = said.token_endpoint_auth_method == "none"  # noqa: S105 (the same)
    return "public" if proves_nothing else "confidential"


def _first(refusal: Refusal) -> str:
    return refusal.errors[0]["detail"] if refusal.errors else refusal.title


def _shown(said: Metadata, made: identity.Registered, scopes: frozenset[str]) -> dict[str, Any]:
    client = made.client
    found: dict[str, Any] = {
        "client_id": client.id,
        "client_id_issued_at": int(client.created_at.timestamp()),
        "client_name": said.client_name,
        "redirect_uris": list(client.redirect_uris),
        "grant_types": said.grant_types,
        "response_types": [] if client.kind == "service" else ["code"],
        "token_endpoint_auth_method": client.auth_method,
        "scope": " ".join(sorted(scopes)),
        "subject_type": "pairwise",
    }
    if made.secret is not None:
        found |= {"client_secret": made.secret, "client_secret_expires_at": 0}
    if client.jwks is not None:
        found["jwks"] = dict(client.jwks)
    if client.after_logout_uris:
        found["post_logout_redirect_uris"] = list(client.after_logout_uris)
    if client.logout_uri is not None:
        found["backchannel_logout_uri"] = client.logout_uri
        found["backchannel_logout_session_required"] = True  # each of ours names its sid
    return found
