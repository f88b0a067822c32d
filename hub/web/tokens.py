"""Tokens on the wire: how an access token reaches us and how a browser keeps one.

flask-jwt-extended carries them (the ``Authorization`` header, cookies with double-submit CSRF,
``get_jwt()`` and its decorators); what a token *means* is decided by the one verifier in
hub/identity, exactly once a request, whichever door is used.
"""

from hmac import compare_digest
from typing import Any
from uuid import UUID

from flask import Flask, Response, after_this_request, current_app, g, request
from flask_jwt_extended import JWTManager
from flask_jwt_extended.exceptions import CSRFError, JWTExtendedException
from flask_jwt_extended.view_decorators import (
    _decode_jwt_from_cookies as token_in_cookie,
)
from flask_jwt_extended.view_decorators import (
    _decode_jwt_from_headers as token_in_header,
)

from hub import identity
from hub.identity import AccessTokenRefused, Issuer, Principal, Tokens, Verified, Verifier
from hub.kernel import ids
from hub.kernel.errors import Forbidden, Unauthorized
from hub.kernel.work import NOBODY
from hub.parts import Parts

from .problems import problem
from .request import parts, request_id

CSRF_FIELD = "csrf_token"
CSRF_HEADER = "X-CSRF-Token"
_KNOWN = "hub.principal"
_METHODS_WITHOUT_EFFECT = {"GET", "HEAD", "OPTIONS"}


class CsrfMissing(Forbidden):
    """You are signed in by a cookie, and this request changes something. Send the value of the
    ``csrf`` cookie in the header ``X-CSRF-Token``, or as the form field ``csrf_token``: it shows
    that the page you came from is ours."""

    title = "Please send this from our own page"


class Transport(JWTManager):
    """flask-jwt-extended with our verifier inside: also its own decorators decode through it."""

    def _decode_jwt_from_config(
        self,
        encoded_token: str,
        csrf_value: str | None = None,
        allow_expired: bool = False,  # noqa: ARG002 (the library's signature)
    ) -> dict[str, object]:
        # The library's decorators ask no scope, so a partner's token gets past none of them.
        # Nor does an officer on duty: who guards with them means citizens.
        found = verified(encoded_token, csrf_value)
        _at_home(found.principal, "citizen")
        return found.claims.as_dict()


def install(app: Flask, built: Parts) -> None:
    """Give the application its tokens."""
    secure = built.settings.public_url.startswith("https://")
    prefix = "__Host-hub_" if secure else "hub_"
    app.config.update(
        JWT_TOKEN_LOCATION=("headers", "cookies"),
        JWT_ALGORITHM="ES256",
        JWT_ACCESS_COOKIE_NAME=prefix + "access",
        JWT_REFRESH_COOKIE_NAME=prefix + "refresh",
        JWT_ACCESS_CSRF_COOKIE_NAME=prefix + "csrf",
        JWT_ACCESS_CSRF_FIELD_NAME=CSRF_FIELD,
        JWT_ACCESS_CSRF_HEADER_NAME=CSRF_HEADER,
        JWT_CSRF_CHECK_FORM=True,
        JWT_COOKIE_SECURE=secure,
        JWT_COOKIE_SAMESITE="Lax",
    )
    transport = Transport(app)
    transport.token_in_blocklist_loader(lambda _header, claims: not _lives(claims["sid"]))
    for loader in (transport.unauthorized_loader, transport.invalid_token_loader):
        loader(lambda _reason: problem(Unauthorized()))
    for loader in (
        transport.expired_token_loader,
        transport.revoked_token_loader,
        transport.needs_fresh_token_loader,
        transport.token_verification_failed_loader,
        transport.user_lookup_error_loader,
    ):
        loader(lambda _header, _claims: problem(AccessTokenRefused()))


def issuer() -> Issuer:
    """Who issues tokens in this process. The city's own app may do whatever a citizen's token can
    be asked for by any route of this hub."""
    return parts().of(_issuer)


def principal_of(*, at_once: bool = False) -> Principal:
    """Who makes this request; refuses with Unauthorized.

    A browser whose access cookie has run out is given a new one on the way, from its refresh
    cookie. ``at_once`` asks the database whether the session still lives: for money and health.
    """
    environ, built = request.environ, parts()
    known: Principal | None = environ.get(_KNOWN)
    if known is None:
        known = environ[_KNOWN] = _verified_of_request(environ.get("HTTP_AUTHORIZATION")).principal
    now = built.database.clock()
    if known.session_id is not None:
        alive = built.of(_liveness).lives(known.session_id, now=now, at_once=at_once)
    elif known.grant_id is not None:
        alive = built.of(_liveness).grant_lives(known.grant_id, now=now, at_once=at_once)
    else:
        alive = True
    if known.through is not None and alive:
        alive = clients(built).find(known.through, at_once=at_once) is not None
    if not alive:
        raise AccessTokenRefused
    return known


def citizen_at_home() -> Principal:
    """The person at the city's own app or pages who makes this request; refuses whoever comes
    through a partner, and officers on duty, with AccessTokenRefused."""
    return _at_home(principal_of(), "citizen")


def officer_on_duty() -> Principal:
    """The officer whose desk makes this request, by what the database says now; refuses everybody
    else."""
    return _at_home(principal_of(at_once=True), "officer")


def _at_home(principal: Principal, kind: str) -> Principal:
    if not principal.at_home or principal.kind != kind:
        raise AccessTokenRefused
    return principal


def visitor() -> Principal | None:
    """Who looks at a page that everybody may see; None for strangers, for stale cookies and for
    what comes through a partner."""
    try:
        return citizen_at_home()
    except (Unauthorized, Forbidden):
        return None


def verified(token: str, csrf_value: str | None = None) -> Verified:
    """What an access token says; with ``csrf_value``, one that came in a cookie."""
    built = parts()
    found = built.of(_verifier).verify(token, built.database.clock())
    if csrf_value is not None:
        session_id = found.principal.session_id
        if session_id is None:
            raise AccessTokenRefused
        expected = identity.csrf_value(built.keyring, session_id)
        if not compare_digest(expected.encode(), csrf_value.encode("utf-8", "surrogatepass")):
            raise CsrfMissing
    return found


def csrf_token() -> str:
    """The value for the hidden field ``csrf_token`` of a signed-in person's form; else empty."""
    try:
        somebody = principal_of()
    except (Unauthorized, Forbidden):
        return ""
    if not somebody.at_home or somebody.session_id is None:
        return ""
    return identity.csrf_value(parts().keyring, somebody.session_id)


def keep_in_cookies(tokens: Tokens) -> None:
    """Let the answer to this request sign the browser in."""
    _hand_out(tokens)
    request.environ.pop(_KNOWN, None)


def forget_cookies() -> None:
    """Let the answer to this request sign the browser out (end the session by its verb as well)."""
    _hand_out(None)
    request.environ.pop(_KNOWN, None)


def from_our_own_page() -> bool:
    """Whether a form comes from a page of ours: for the forms before sign-in, which have no
    session to bind a CSRF value to (login CSRF)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or origin in {parts().settings.public_url, request.host_url.rstrip("/")}


def known_as(principal: Principal, person_id: str) -> str:
    """What whoever makes this request calls a person: the city's own app by their id, a partner by
    the number that no other partner has (its token's ``sub``)."""
    if principal.through is None:
        return person_id
    client = clients(parts()).find(principal.through)
    if client is None:
        raise AccessTokenRefused
    return identity.subject_of(parts().keyring, client.sector, ids.read("person", person_id))


def _verified_of_request(authorization: str | None) -> Verified:
    # The ordinary header, without the library's dozen looks into its configuration.
    if authorization is not None and authorization.startswith("Bearer ey"):
        return verified(authorization[7:])
    try:
        return _verified_of_cookie() if authorization is None else verified(token_in_header()[0])
    except CSRFError:
        raise CsrfMissing from None
    except JWTExtendedException:
        raise Unauthorized from None


def at_home(found: Verified) -> Verified:
    """``found``, unless it came through a partner."""
    if not found.principal.at_home:
        raise AccessTokenRefused
    return found


def _verified_of_cookie() -> Verified:
    if g.get("hub_tokens") is not None:
        return verified(g.hub_tokens.access_token)
    names = _cookie_names()
    if names["access"] in request.cookies:
        token, csrf_value = token_in_cookie(refresh=False)
        try:
            return at_home(verified(token, csrf_value))  # no cookie of ours holds a partner's
        except AccessTokenRefused:
            if names["refresh"] not in request.cookies:
                raise
    refresh_token = request.cookies.get(names["refresh"])
    if refresh_token is None:
        raise Unauthorized
    return verified(_renewed(refresh_token).access_token, _csrf_value_sent())


def _renewed(refresh_token: str) -> Tokens:
    built = parts()
    try:
        renewed = built.database.run(
            lambda work: identity.refresh(work, built.keyring, issuer(), refresh_token),
            NOBODY,
            request_id=request_id(),
        )
    except Unauthorized:
        _hand_out(None)
        raise
    # Whatever becomes of this request: the old refresh token is used up, so the browser needs this.
    _hand_out(renewed)
    return renewed


def _csrf_value_sent() -> str | None:
    if request.method in _METHODS_WITHOUT_EFFECT:
        return None
    sent = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD)
    if not sent:
        raise CsrfMissing
    return sent


def _hand_out(tokens: Tokens | None) -> None:
    if "hub_tokens" not in g:
        after_this_request(_with_cookies)
    g.hub_tokens = tokens


def _with_cookies(response: Response) -> Response:
    tokens: Tokens | None = g.hub_tokens
    names, secure = _cookie_names(), parts().settings.public_url.startswith("https://")
    common: dict[str, Any] = {"path": "/", "secure": secure, "samesite": "Lax"}
    if tokens is None:
        for name in names.values():
            response.delete_cookie(name, **common)
        return response
    kept = {"max_age": identity.SESSION_LIVES, **common}
    csrf = identity.csrf_value(parts().keyring, tokens.session_id)
    response.set_cookie(
        names["access"], tokens.access_token, max_age=tokens.expires_in, httponly=True, **common
    )
    if tokens.refresh_token is not None:
        response.set_cookie(names["refresh"], tokens.refresh_token, httponly=True, **kept)
    response.set_cookie(names["csrf"], csrf, httponly=False, **kept)
    response.cache_control.no_store = True
    return response


def _cookie_names() -> dict[str, str]:
    secure = parts().settings.public_url.startswith("https://")
    prefix = "__Host-hub_" if secure else "hub_"
    return {name: prefix + name for name in ("access", "refresh", "csrf")}


def _issuer(built: Parts) -> Issuer:
    return Issuer(built.keyring, built.settings.public_url, first_party_scopes())


def first_party_scopes() -> frozenset[str]:
    """Every scope that some route of this hub asks a citizen's token for."""
    guards = (getattr(view, "guard", None) for view in current_app.view_functions.values())
    return frozenset(
        guard.scope
        for guard in guards
        if guard is not None and guard.kind == "token" and guard.of == "citizen" and guard.scope
    )


def _verifier(built: Parts) -> Verifier:
    return Verifier(
        built.keyring, built.settings.public_url, _Partners(built), first_party_scopes()
    )


def verifier(built: Parts) -> Verifier:
    """The one verifier of this process."""
    return built.of(_verifier)


def liveness(built: Parts) -> identity.Liveness:
    """Which sessions and grants have ended, as this process knows it."""
    return built.of(_liveness)


def clients(built: Parts) -> identity.Clients:
    """The partners' clients, as this process knows them."""
    return built.of(_clients)


def _clients(built: Parts) -> identity.Clients:
    return identity.Clients(built.database, built.watch)


class _Partners:
    """What the verifier asks about partners' clients."""

    def __init__(self, built: Parts) -> None:
        self._built = built

    def person_behind(self, client_id: str, subject: str) -> UUID | None:
        """The person whom the client knows by this pairwise subject."""
        client = clients(self._built).find(client_id)
        if client is None:
            return None
        return identity.person_behind(self._built.keyring, client.sector, subject)


def _lives(sid: str) -> bool:
    """For the library's own decorators; our guards ask in ``principal_of``."""
    built = parts()
    session_id = ids.read("session", sid)
    return built.of(_liveness).lives(session_id, now=built.database.clock())


def _liveness(built: Parts) -> identity.Liveness:
    return identity.Liveness(built.database, built.watch)
