"""The protocol skeleton: Authlib's framework-free core (RFC 6749, 7636); its only importer.

Authlib dispatches by grant, asks for the client's proof and checks in the standard's order. How a
proof is read (proving.py), what is kept and what state moves to which (codes.py, granting.py) is
ours, because there it has gaps that were measured (docs/decisions/0008-authlib.md): no PKCE
demanded, races at redemption, errors from attacker's letters. A refusal of ours passes through it
untouched; one of its own becomes ours in ``_refusal``.

Import it late: an application that nobody asks for a token has no use for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientMixin,
    InvalidClientError,
    InvalidRequestError,
    OAuth2Error,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import (
    AuthorizationCodeGrant,
    BaseGrant,
    ClientCredentialsGrant,
    RefreshTokenGrant,
    TokenEndpointMixin,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge

from hub.identity import Client
from hub.kernel.work import Work

from . import codes, device_codes, errors, granting, proving, redirects
from .asked import Asked, scopes_in
from .authority import Authority
from .errors import Back, InvalidClient, InvalidRequest, InvalidScope, OAuthRefusal
from .offered import DEVICE_CODE, GRANT_TYPES, GRANTS, METHODS, PROVEN


class _Request(OAuth2Request):  # type: ignore[misc]
    """A request as Authlib reads it."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked.method, asked.url, headers=asked.headers)
        self.asked = asked
        self.payload = BasicOAuth2Payload(asked.values)

    @property
    def form(self) -> dict[str, str]:
        return self.asked.values


class _Client(ClientMixin):  # type: ignore[misc]
    """A client as Authlib asks about it."""

    def __init__(self, known: Client, authority: Authority) -> None:
        self.known = known
        self._authority = authority

    def get_default_redirect_uri(self) -> str | None:
        only = self.known.redirect_uris
        return only[0] if len(only) == 1 else None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        asked = scopes_in(scope)
        allowed = self.known.scopes & self._authority.askable
        return " ".join(sorted(asked)) if asked and asked <= allowed else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirects.registered(redirect_uri, self.known.redirect_uris)

    def check_client_secret(self, client_secret: str) -> bool:
        return self.known.knows_secret(client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002
        return method == self.known.auth_method

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and self.check_grant_type("authorization_code")

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in GRANTS[self.known.kind]


class _Code:
    """A code as Authlib asks about it."""

    code_challenge_method = "S256"

    def __init__(self, row: Any) -> None:
        self.row = row
        self.code_challenge = row.challenge

    def get_redirect_uri(self) -> str | None:
        return self.row.redirect_uri if self.row.redirect_uri_sent else None


class _Pkce(CodeChallenge):  # type: ignore[misc]
    """PKCE for every client, by S256 and nothing else (OAuth 2.1; RFC 9700, 2.1.1)."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        sent = grant.request.payload.data
        if not sent.get("code_challenge"):
            raise InvalidRequestError("PKCE is needed: send a code_challenge.")
        if sent.get("code_challenge_method") != "S256":
            raise InvalidRequestError("code_challenge_method must be S256.")
        super().validate_code_challenge(grant, redirect_uri)


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    @staticmethod
    def validate_authorization_redirect_uri(request: _Request, client: _Client) -> str:
        # Authlib puts the address into the description, which fails on quotes in it.
        given = request.payload.redirect_uri
        if given and not client.check_redirect_uri(given):
            raise InvalidRequestError("The redirect_uri is not registered for this client.")
        uri = given or client.get_default_redirect_uri()
        if not uri:
            raise InvalidRequestError("Say which redirect_uri.")
        return uri

    def query_authorization_code(self, code: str, client: _Client) -> _Code:
        row = codes.found(self.server.work, code, client.known.id)
        if row.used_at is not None:
            codes.refuse_second_use(self.server.work, row)
        return _Code(row)

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        # Not Authlib's: it asks, issues and deletes, and two askers at once are both given.
        work, authority = self.server.work, self.server.authority
        known, row = self.request.client.known, self.request.authorization_code.row
        codes.use(work, row)
        tokens = granting.opened(work, authority, known, row)
        assert tokens.grant_id is not None
        codes.gave(work, row, tokens.grant_id)
        shown = granting.shown(work, authority, known, tokens, row.nonce)
        return 200, shown, self.TOKEN_RESPONSE_HEADER


class _DeviceGrant(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]
    """RFC 8628, 3.4. Authlib's own asks for two answers and never uses the code up."""

    GRANT_TYPE = DEVICE_CODE
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def validate_token_request(self) -> None:
        client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise errors.UnauthorizedClient(said="This client has no device code.")
        if not self.request.form.get("device_code"):
            raise InvalidRequest(said="Send the device_code.")
        self.request.client = client

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        work, authority = self.server.work, self.server.authority
        known = self.request.client.known
        row = device_codes.poll(work, known, self.request.form["device_code"])
        tokens = granting.opened(work, authority, known, row)
        shown = granting.shown(work, authority, known, tokens)
        return 200, shown, self.TOKEN_RESPONSE_HEADER


class _RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def validate_token_request(self) -> None:
        self.request.client = self._validate_request_client()
        if not self.request.form.get("refresh_token"):
            raise InvalidRequest(said="Send the refresh_token.")

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        work, authority = self.server.work, self.server.authority
        known, sent = self.request.client.known, self.request.form
        narrowed = scopes_in(sent["scope"]) if sent.get("scope") else None
        tokens = granting.refreshed(work, authority, known, sent["refresh_token"], narrowed)
        shown = granting.shown(work, authority, known, tokens)
        return 200, shown, self.TOKEN_RESPONSE_HEADER


class _OwnNameGrant(ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = PROVEN

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        server, known = self.server, self.request.client.known
        wanted = scopes_in(self.request.payload.scope)
        shown = granting.in_own_name(server.work, server.authority, known, wanted)
        return 200, shown, self.TOKEN_RESPONSE_HEADER


class _Server(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server for one request, within one transaction."""

    def __init__(self, work: Work, authority: Authority) -> None:
        super().__init__()
        self.work, self.authority = work, authority
        self._authorization_grants = [(_CodeGrant, [_Pkce()])]
        self._token_grants = [
            (_OwnNameGrant, None),
            (_CodeGrant, [_Pkce()]),
            (_RefreshGrant, None),
            (_DeviceGrant, None),
        ]
        # Authlib's own Basic fails on what is no UTF-8.
        self.register_client_auth_method("client_secret_basic", self._by_basic)
        self.register_client_auth_method("private_key_jwt", self._by_key)

    def query_client(self, client_id: str) -> _Client | None:
        return self._seen(self.authority.clients.find(client_id))

    def _by_basic(self, _query: Any, request: _Request) -> _Client | None:
        return self._seen(proving.by_basic(self.authority, request.asked))

    def _by_key(self, _query: Any, request: _Request) -> _Client | None:
        return self._seen(proving.by_key(self.work, self.authority, request.asked))

    def _seen(self, known: Client | None) -> _Client | None:
        return None if known is None else _Client(known, self.authority)

    def create_oauth2_request(self, request: Asked) -> _Request:
        return _Request(request)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, _status: int, body: Any, _headers: Any) -> Any:
        return body

    def handle_error_response(self, request: Any, error: OAuth2Error) -> Any:  # noqa: ARG002
        raise _refusal(error)


def token(work: Work, authority: Authority, asked: Asked) -> dict[str, Any]:
    """The answer of the token endpoint; refuses with a kind of OAuthRefusal."""
    asked.check_once()
    proving.check_one_way(asked)
    if not asked.get("grant_type"):
        raise InvalidRequest(said="Say which grant_type.")
    if asked.get("grant_type") not in GRANT_TYPES:
        raise errors.UnsupportedGrantType(said="This grant_type is not offered.")
    with _remembered():
        return _Server(work, authority).create_token_response(asked)  # type: ignore[no-any-return]


def sound_request(
    work: Work, authority: Authority, asked: Asked
) -> tuple[Client, Back, frozenset[str]]:
    """The authorization request as Authlib finds it sound (client, redirect URI, scopes, PKCE): who
    asks, the way back, and for what."""
    server = _Server(work, authority)
    client = server.query_client(asked.get("client_id") or "")
    if client is None:
        raise InvalidClient(said="The client is not known.")
    try:
        request = _Request(asked)
        uri = _CodeGrant.validate_authorization_redirect_uri(request, client)
    except OAuth2Error as error:
        raise _refusal(error) from None
    back = Back(uri, asked.get("state"))
    if asked.get("response_type") != "code":
        raise errors.UnsupportedResponseType(said="Only code is offered.").sent_to(back)
    try:
        server.get_authorization_grant(request).validate_consent_request()
    except OAuth2Error as error:
        raise _refusal(error).sent_to(back) from None
    return client.known, back, scopes_in(request.scope)


def device_request(work: Work, authority: Authority, asked: Asked) -> dict[str, Any]:
    """The answer of the device authorization endpoint (RFC 8628, 3.2)."""
    with proven_client(work, authority, asked, METHODS) as client:
        known = _Client(client, authority)
        if not known.check_grant_type(DEVICE_CODE):
            raise errors.UnauthorizedClient(said="This client has no device code.")
        scope = known.get_allowed_scope(asked.get("scope"))
        if scope is None:
            raise InvalidScope(said="Say which scopes, of those registered for this client.")
        begun = device_codes.ask(work, authority.keyring, client, scopes_in(scope))
    page = f"{authority.url}/device"
    return {
        "device_code": begun.device_code,
        "user_code": begun.user_code,
        "verification_uri": page,
        "verification_uri_complete": f"{page}?user_code={begun.user_code}",
        "expires_in": int(device_codes.LIVES.total_seconds()),
        "interval": device_codes.INTERVAL_SECONDS,
    }


@contextmanager
def proven_client(
    work: Work, authority: Authority, asked: Asked, methods: tuple[str, ...]
) -> Iterator[Client]:
    """Who asks at one of the other endpoints; refuses with InvalidClient or InvalidRequest."""
    asked.check_once()
    proving.check_one_way(asked)
    with _remembered():
        yield _Server(work, authority).authenticate_client(_Request(asked), methods).known


@contextmanager
def _remembered() -> Iterator[None]:
    """Refuse in our words, and remember the refusal: an assertion that was shown stays used. What
    else is written before a refusal here is meant to stay."""
    try:
        yield
    except OAuth2Error as error:
        refusal = _refusal(error)
    except OAuthRefusal as known:
        refusal = known
    else:
        return
    refusal.keep = True
    raise refusal from None


def _refusal(error: OAuth2Error) -> OAuthRefusal:
    kind = errors.KINDS.get(error.error, InvalidRequest)
    said = "" if isinstance(error, InvalidClientError) else (error.get_error_description() or "")
    # A client's own letters are not said back, and RFC 6749 has no quotes in a description.
    return kind(said=said if said.isascii() and not set('"\\') & set(said) else None)
