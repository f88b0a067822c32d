"""Access tokens: the one function that issues them and the one that verifies them.

RFC 9068 JWTs signed with ES256, ten minutes long. A token carries no name, number or address. Our
own issuer writes every header, so the verifier accepts exactly the header it would write itself,
byte for byte: what names another algorithm, type, key or carries ``jku``, ``jwk``, ``x5u`` or
``crit`` never gets as far as a signature (RFC 8725). An id_token signed with the same key has
another ``typ`` and therefore another header.

Four kinds of token leave here, told apart by whom they name:

- of the city's own app: ``sub`` is the person, ``sid`` their session;
- of an officer on duty (``client_id`` is ``city-desk``): ``sub`` is the officer, ``sid`` the duty;
- of a partner's app that acts for a person: ``sub`` is pairwise (pairwise.py) and ``sid`` is the
  grant, so that two partners share no number of anything;
- of a partner's service in its own name: ``sub`` is the ``client_id``, and there is no ``sid``.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, Protocol, TypeVar
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature

from hub.kernel import ids
from hub.kernel.errors import NotFound, Unauthorized
from hub.kernel.work import Actor
from hub.keys import SigningKey

from . import es256
from .claims import LOGOUT_EVENT, AccessClaims, IdClaims, LogoutClaims
from .es256 import base64url, from_base64url
from .rules import ACCESS_LIVES

LONGEST = 4096  # a longer one is none of ours; nothing is decoded of it
LIVES_SECONDS = int(ACCESS_LIVES.total_seconds())
REMEMBERED = 4096
LEEWAY_SECONDS = 5  # our own machines' clocks

CITY_APP = "city-app"
CITY_DESK = "city-desk"
OURS = frozenset({CITY_APP, CITY_DESK})
"""The clients that are the city itself: what citizens use, and what its officers use on duty."""

AT_HOME = "city"
"""The scope of a token with which the city's own app may do all that any route offers citizens.
Which scopes these are the verifying process knows; written out they would make each request
kilobytes longer, and grow with every system."""

C = TypeVar("C")

PrincipalKind = Literal["citizen", "officer", "partner", "device"]


class AccessTokenRefused(Unauthorized):
    """Your access token is not good here: expired, of a session that has ended, or not one of our
    access tokens. Refresh it at ``/v1/sign-in/refreshes``; if that fails too, sign in again."""

    title = "Please sign in again"

    def __init__(self, detail: str | None = None, **more: Any) -> None:
        super().__init__(detail, **more)
        self.headers["WWW-Authenticate"] = 'Bearer realm="hub", error="invalid_token"'


class SigningKeys(Protocol):
    """What tokens need of the key ring; its keys are parsed objects, never PEM."""

    def signing_key(self) -> SigningKey:
        """The key that signs now."""

    def verifying_key(self, kid: str) -> SigningKey | None:
        """The key with this RFC 7638 thumbprint, unless it is unknown or revoked."""


class Partners(Protocol):
    """What tokens need to know of partners' clients."""

    def person_behind(self, client_id: str, subject: str) -> UUID | None:
        """The person whom this client knows by a pairwise subject; None for what is none."""


@dataclass(frozen=True)
class Principal:
    """Who knocks: somebody signed in, here (``session_id``) or through a partner's app
    (``grant_id``); a partner in its own name; or an enrolled device.

    Who acts for another by a mandate is both: ``id`` for whom, ``act`` who does it (RFC 8693).
    """

    kind: PrincipalKind
    id: str
    scopes: frozenset[str]
    session_id: UUID | None = None
    grant_id: UUID | None = None
    client_id: str = ""
    acr: str = ""
    amr: tuple[str, ...] = ()
    auth_time: int = 0
    acts_for: frozenset[str] = frozenset()
    act: str | None = None
    mandate: str | None = None

    @cached_property
    def actor(self) -> Actor:
        """The same, as transactions and the audit know it."""
        session = ids.show("session", self.session_id) if self.session_id else None
        if self.grant_id is not None:
            session = ids.show("grant", self.grant_id)
        return Actor(self.kind, self.id, self.scopes, session, self.through, self.act, self.mandate)

    @property
    def through(self) -> str | None:
        """The partner's client that acts; None for what is the city's own, and for devices."""
        return self.client_id if self.client_id and self.client_id not in OURS else None

    @property
    def at_home(self) -> bool:
        """Whether this is a person at the city's own app or pages, not at a partner's, or an
        officer at their desk."""
        return self.session_id is not None and self.through is None


class _Header(msgspec.Struct, kw_only=True):
    alg: str = "ES256"
    kid: str
    typ: str = "at+jwt"


_decode_header = msgspec.json.Decoder(_Header).decode
_decode_claims = msgspec.json.Decoder(AccessClaims).decode
_decode_id_claims = msgspec.json.Decoder(IdClaims).decode


LOGOUT_LIVES_SECONDS = 120


@dataclass(frozen=True)
class Issuer:
    """Issues access tokens in the name of ``url``. ``scopes`` is what the city's own app may do."""

    keys: SigningKeys
    url: str
    scopes: frozenset[str]

    def issue(
        self,
        *,
        client_id: str,
        scopes: frozenset[str],
        now: datetime,
        person_id: UUID | None = None,
        session_id: UUID | None = None,
        subject: str | None = None,
        grant_id: UUID | None = None,
        acr: str = "",
        amr: Sequence[str] = (),
        auth_time: datetime | None = None,
        until: datetime | None = None,
    ) -> str:
        """A signed access token for ten minutes, or ``until`` then if that is sooner.

        With ``person_id`` and ``session_id`` one of the city's own app; with an officer as
        ``subject`` and ``session_id`` one of a duty; with the pairwise ``subject`` and ``grant_id``
        one of a partner's app for a person; with neither, one of the client in its own name.
        """
        issued = int(now.timestamp())
        expires = issued + LIVES_SECONDS
        if until is not None:
            expires = min(expires, int(until.timestamp()))
        sid = ids.show("session", session_id) if session_id is not None else ""
        if grant_id is not None:
            sid = ids.show("grant", grant_id)
        named = ids.show("person", person_id) if person_id is not None else subject
        whole = client_id == CITY_APP and scopes == self.scopes
        claims = AccessClaims(
            iss=self.url,
            aud=self.url,
            sub=named or client_id,
            client_id=client_id,
            scope=AT_HOME if whole else " ".join(sorted(scopes)),
            sid=sid,
            jti=ids.show("token", ids.new_id()),
            acr=acr,
            amr=tuple(amr),
            auth_time=int(auth_time.timestamp()) if auth_time is not None else 0,
            iat=issued,
            exp=expires,
            type="access",
        )
        return self._signed("at+jwt", claims)

    def issue_id_token(
        self,
        *,
        client_id: str,
        subject: str,
        grant_id: UUID,
        acr: str,
        amr: Sequence[str],
        auth_time: datetime,
        access_token: str,
        nonce: str | None,
        now: datetime,
    ) -> str:
        """A signed id_token: tells ``client_id``, and nobody else, who signed in and how surely.
        It opens no door of the hub."""
        issued = int(now.timestamp())
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims = IdClaims(
            iss=self.url,
            aud=client_id,
            sub=subject,
            sid=ids.show("grant", grant_id),
            iat=issued,
            exp=issued + LIVES_SECONDS,
            auth_time=int(auth_time.timestamp()),
            acr=acr,
            amr=tuple(amr),
            at_hash=base64url(half),
            nonce=nonce,
        )
        return self._signed("JWT", claims)

    def issue_logout_token(
        self, *, client_id: str, subject: str, grant_id: UUID, now: datetime
    ) -> str:
        """A signed logout token: tells ``client_id`` that what this person allowed it has ended.
        Good for two minutes, and for no door of the hub."""
        issued = int(now.timestamp())
        claims = LogoutClaims(
            iss=self.url,
            aud=client_id,
            sub=subject,
            sid=ids.show("grant", grant_id),
            iat=issued,
            exp=issued + LOGOUT_LIVES_SECONDS,
            jti=ids.show("token", ids.new_id()),
            events={LOGOUT_EVENT: {}},
        )
        return self._signed("logout+jwt", claims)

    def _signed(self, typ: str, claims: msgspec.Struct) -> str:
        key = self.keys.signing_key()
        signed = f"{_header(key.kid, typ)}.{base64url(msgspec.json.encode(claims))}"
        return f"{signed}.{base64url(es256.sign(key.private, signed.encode()))}"


@dataclass(frozen=True, slots=True)
class Verified:
    """What a good signature vouches for, and the key it was made with."""

    claims: AccessClaims
    principal: Principal
    key: SigningKey


class Verifier:
    """Turns a token of ``url`` into what it says, or refuses it; one per process.

    A signature that was good once is good again: the last few thousand tokens are remembered by
    every letter of theirs, because a phone sends the same one many times in its ten minutes. Key
    and times are looked at each time all the same.
    """

    def __init__(
        self,
        keys: SigningKeys,
        url: str,
        partners: Partners | None = None,
        at_home: frozenset[str] = frozenset(),
    ) -> None:
        """``at_home`` is what AT_HOME stands for."""
        self._keys = keys
        self._url = url
        self._partners = partners
        self._at_home = at_home
        self._seen: dict[str, Verified] = {}
        self._seen_before: dict[str, Verified] = {}

    def verify(self, token: str, now: datetime) -> Verified:
        """What one of our own access tokens says that has not expired.

        Says nothing about whether its session or grant still lives: that is ``liveness``.
        """
        seen = self._seen.get(token)
        if seen is None or self._keys.verifying_key(seen.key.kid) is not seen.key:
            seen = self._remembered(token)
        moment = now.timestamp()
        if moment >= seen.claims.exp or seen.claims.iat > moment + LEEWAY_SECONDS:
            raise AccessTokenRefused
        return seen

    def _remembered(self, token: str) -> Verified:
        """Two generations: when the younger is full, what only the elder knew is forgotten."""
        seen = self._seen_before.get(token)
        if seen is None or self._keys.verifying_key(seen.key.kid) is not seen.key:
            seen = self._read(token)
        if len(self._seen) >= REMEMBERED:
            self._seen, self._seen_before = {}, self._seen
        self._seen[token] = seen
        return seen

    def _read(self, token: str) -> Verified:
        claims, key = self._opened(token, "at+jwt", _decode_claims)
        if claims.iss != self._url or claims.aud != self._url:
            raise AccessTokenRefused
        if claims.exp - claims.iat > LIVES_SECONDS:
            raise AccessTokenRefused
        return Verified(claims, self._principal(claims), key)

    def read_id_token(self, token: str) -> IdClaims:
        """What one of our id_tokens said when it was new, to be taken as a hint: it may have
        expired. Refuses with AccessTokenRefused what is none, or signed by a key that is gone."""
        claims, _ = self._opened(token, "JWT", _decode_id_claims)
        if claims.iss != self._url:
            raise AccessTokenRefused
        return claims

    def _opened(self, token: str, typ: str, decode: Callable[[bytes], C]) -> tuple[C, SigningKey]:
        if len(token) > LONGEST or not token.isascii():
            raise AccessTokenRefused
        try:
            header, payload, signature = token.split(".")
            key = self._key(header, typ)
            es256.check(key.public, f"{header}.{payload}".encode(), from_base64url(signature))
            return decode(from_base64url(payload)), key
        except (InvalidSignature, ValueError):  # what msgspec and base64 raise are ValueErrors
            raise AccessTokenRefused from None

    def _key(self, header: str, typ: str) -> SigningKey:
        """The key of a header that is exactly what ``Issuer`` writes."""
        kid = _decode_header(from_base64url(header)).kid
        key = self._keys.verifying_key(kid) if header == _header(kid, typ) else None
        if key is None:
            raise AccessTokenRefused
        return key

    def _principal(self, claims: AccessClaims) -> Principal:
        scopes = frozenset(claims.scope.split())
        if not claims.sid:
            # Nobody signed in: then it must be a client in its own name, and nothing else.
            if claims.sub != claims.client_id or claims.client_id in OURS or claims.acr:
                raise AccessTokenRefused
            return Principal("partner", claims.sub, scopes, client_id=claims.client_id)
        kind, _, _ = claims.sid.partition("_")
        if kind not in {"session", "grant"} or not claims.acr:
            raise AccessTokenRefused
        on_duty = kind == "session" and claims.client_id == CITY_DESK
        whole = kind == "session" and claims.client_id == CITY_APP and claims.scope == AT_HOME
        try:
            through = ids.read(kind, claims.sid)
            if on_duty:
                ids.read("officer", claims.sub)
        except NotFound:
            raise AccessTokenRefused from None
        return Principal(
            kind="officer" if on_duty else "citizen",
            id=self._behind(claims) if kind == "grant" else claims.sub,
            scopes=self._at_home if whole else scopes,
            session_id=through if kind == "session" else None,
            grant_id=through if kind == "grant" else None,
            client_id=claims.client_id,
            acr=claims.acr,
            amr=claims.amr,
            auth_time=claims.auth_time,
        )

    def _behind(self, claims: AccessClaims) -> str:
        if self._partners is None:
            raise AccessTokenRefused
        found = self._partners.person_behind(claims.client_id, claims.sub)
        if found is None:
            raise AccessTokenRefused
        return ids.show("person", found)


def _header(kid: str, typ: str) -> str:
    return base64url(msgspec.json.encode(_Header(kid=kid, typ=typ)))
