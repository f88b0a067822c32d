"""The protocol skeleton: Authlib's framework-free core (RFC 6749, 7636); its only importer.

Authlib dispatches by grant, authenticates clients and checks in the standard's order. What is kept
and what state moves to which is ours (codes.py, hub/identity), because there it has gaps that were
measured (docs/decisions/0008-authlib.md): no PKCE demanded, races at redemption, errors from
attacker's letters. A refusal of ours passes through it untouched; one of its own becomes ours in
``_refusal``.

Import it late: an application that nobody asks for a token has no use for it.
"""

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus

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

from hub import consent, identity
from hub.identity import Client
from hub.kernel.work import Work

from . import assertions, codes, device_codes, errors, redirects
from .asked import Asked, scopes_in
from .authority import Authority
from .errors import Back, InvalidClient, InvalidGrant, InvalidRequest, InvalidScope, OAuthRefusal

METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
PROVEN = [method for method in METHODS if method != "none"]

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials", DEVICE_CODE)
_GRANTS = {
    "public": {"authorization_code", "refresh_token", DEVICE_CODE},
    "confidential": {"authorization_code", "refresh_token", "client_credentials", DEVICE_CODE},
    "service": {"client_credentials"},
}


class _Request(OAuth2Request):  # type: ignore[misc]
    """A request as Authlib reads it."""

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked.method, asked.url, headers=asked.headers)
        self.payload = BasicOAuth2Payload(asked.values)

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data  # type: ignore[no-any-return]

    @property
    def args(self) -> dict[str, str]:
        return self.payload.data  # type: ignore[no-any-return]


class _Client(ClientMixin):  # type: ignore[misc]
    """A client as Authlib asks about it."""

    def __init__(self, known: Client, authority: Authority) -> None:
        self.known = known
        self._authority = authority

    def get_client_id(self) -> str:
        return self.known.id

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
        return grant_type in _GRANTS[self.known.kind]


class _Code:
    """A code as Authlib asks about it."""

    code_challenge_method = "S256"

    def __init__(self, row: Any) -> None:
        self.row = row
        self.code_challenge = row.challenge

    def get_redirect_uri(self) -> str | None:
        return self.row.redirect_uri if self.row.redirect_uri_sent else None

    def get_scope(self) -> str:
        return " ".join(self.row.scopes)


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

    def generate_authorization_code(self) -> str:
        return codes.new_code()

    def save_authorization_code(self, code: str, request: _Request) -> None:
        sent, scopes = request.payload.data, scopes_in(request.scope)
        session_id, until = request.user
        codes.keep(
            self.server.work,
            code,
            client_id=request.client.known.id,
            session_id=session_id,
            redirect_uri=self.redirect_uri,
            redirect_uri_sent="redirect_uri" in sent,
            scopes=scopes,
            offline="offline_access" in scopes,
            until=until,
            challenge=sent["code_challenge"],
            nonce=sent.get("nonce"),
        )

    def query_authorization_code(self, code: str, client: _Client) -> _Code:
        row = codes.found(self.server.work, code, client.known.id)
        if row.used_at is not None:
            codes.refuse_second_use(self.server.work, row)
        return _Code(row)

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        # Not Authlib's: it asks, issues and deletes, and two askers at once are both given.
        server, row = self.server, self.request.authorization_code.row
        codes.use(server.work, row)
        known = self.request.client.known
        tokens = server.opened(known, row)
        codes.gave(server.work, row, tokens.grant_id)
        return 200, server.shown(known, tokens, nonce=row.nonce), self.TOKEN_RESPONSE_HEADER


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
        server, known = self.server, self.request.client.known
        row = device_codes.poll(server.work, known, self.request.form["device_code"])
        tokens = server.opened(known, row)
        return 200, server.shown(known, tokens, nonce=None), self.TOKEN_RESPONSE_HEADER


class _RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def validate_token_request(self) -> None:
        self.request.client = self._validate_request_client()
        if not self.request.form.get("refresh_token"):
            raise InvalidRequest(said="Send the refresh_token.")

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        server, sent = self.server, self.request.form
        try:
            tokens = identity.refresh(
                server.work,
                server.authority.keyring,
                server.authority.issuer,
                sent["refresh_token"],
                client=self.request.client.known,
                narrowed=scopes_in(sent["scope"]) if sent.get("scope") else None,
            )
        except identity.ScopeBeyondGrant:
            raise InvalidScope(said="More than was granted.") from None
        except identity.RefreshTokenReplayed:
            raise InvalidGrant(said="The refresh token was used before.", keep=True) from None
        except identity.RefreshTokenRefused:
            raise InvalidGrant(said="The refresh token is not good.") from None
        return (
            200,
            server.shown(self.request.client.known, tokens, nonce=None),
            self.TOKEN_RESPONSE_HEADER,
        )


class _OwnNameGrant(ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = PROVEN

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        server, known = self.server, self.request.client.known
        allowed = known.scopes & server.authority.of_partners
        scopes = scopes_in(self.request.payload.scope) or allowed
        if not scopes or not scopes <= allowed:
            raise InvalidScope(said="This client has no such scope in its own name.")
        issuer, work = server.authority.issuer, server.work
        token = issuer.issue(client_id=known.id, scopes=scopes, now=work.now)
        shown = _bearer(token, scopes)
        return 200, shown, self.TOKEN_RESPONSE_HEADER


class Server(AuthorizationServer):  # type: ignore[misc]
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
        self.register_client_auth_method("client_secret_basic", _basic)
        self.register_client_auth_method("private_key_jwt", self._by_key)

    def query_client(self, client_id: str) -> _Client | None:
        known = self.authority.clients.find(client_id)
        return None if known is None else _Client(known, self.authority)

    def _by_key(self, query_client: Any, request: _Request) -> _Client | None:
        sent = request.form
        assertion = sent.get("client_assertion")
        if assertion is None or sent.get("client_assertion_type") != assertions.TYPE:
            return None
        client: _Client | None = query_client(assertions.claimed(assertion) or "")
        if client is None or client.known.auth_method != "private_key_jwt":
            return None
        if sent.get("client_id", client.known.id) != client.known.id:
            return None
        audiences = frozenset({self.authority.url, request.uri})
        assertions.check(self.work, client.known, assertion, audiences)
        return client

    def opened(self, client: Client, row: Any) -> identity.Tokens:
        """The grant of what a person agreed to; refuses with InvalidGrant (remembered) when they
        signed out or took the permission back meanwhile."""
        try:
            tokens = identity.open_grant(
                self.work,
                self.authority.keyring,
                self.authority.issuer,
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
            self.work,
            person_id=tokens.person_id,
            recipient=client.id,
            scopes=row.scopes,
            hold=True,
        )
        if agreed is None:
            identity.end_grants(self.work, [tokens.grant_id], because="consent_withdrawn")
            raise InvalidGrant(said="The person took the permission back.", keep=True)
        return tokens

    def shown(
        self, client: Client, tokens: identity.Tokens, *, nonce: str | None
    ) -> dict[str, Any]:
        """Tokens as RFC 6749, 5.1 and OpenID Connect Core, 3.1.3.3 show them."""
        found = _bearer(tokens.access_token, tokens.scopes)
        found["refresh_token"] = tokens.refresh_token
        if "openid" in tokens.scopes:
            assert tokens.subject is not None
            assert tokens.grant_id is not None
            assert tokens.auth_time is not None
            found["id_token"] = self.authority.issuer.issue_id_token(
                client_id=client.id,
                subject=tokens.subject,
                grant_id=tokens.grant_id,
                acr=tokens.acr,
                amr=tokens.amr,
                auth_time=tokens.auth_time,
                access_token=tokens.access_token,
                nonce=nonce,
                now=self.work.now,
            )
        return found

    def create_oauth2_request(self, request: Any) -> _Request:
        return request if isinstance(request, _Request) else _Request(request)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, _status: int, body: Any, _headers: Any) -> Any:
        return body

    def handle_error_response(self, request: Any, error: OAuth2Error) -> Any:  # noqa: ARG002
        raise _refusal(error)


def token(work: Work, authority: Authority, asked: Asked) -> dict[str, Any]:
    """The answer of the token endpoint; refuses with a kind of OAuthRefusal."""
    asked.check_once()
    _one_proof(asked)
    if not asked.get("grant_type"):
        raise InvalidRequest(said="Say which grant_type.")
    if asked.get("grant_type") not in GRANT_TYPES:
        raise errors.UnsupportedGrantType(said="This grant_type is not offered.")
    found: dict[str, Any] = _within(Server(work, authority).create_token_response, asked)
    return found


def authorization_grant(work: Work, authority: Authority, asked: Asked) -> _CodeGrant:
    """The authorization request as Authlib finds it sound: client, redirect URI, scopes, PKCE."""
    server = Server(work, authority)
    client = server.query_client(asked.get("client_id") or "")
    if client is None:
        raise InvalidClient(said="The client is not known.")
    request = _Request(asked)
    try:
        uri = _CodeGrant.validate_authorization_redirect_uri(request, client)
    except OAuth2Error as error:
        raise _refusal(error) from None
    back = Back(uri, asked.get("state"))
    if asked.get("response_type") != "code":
        raise errors.UnsupportedResponseType(said="Only code is offered.").sent_to(back)
    grant: _CodeGrant = server.get_authorization_grant(request)
    try:
        grant.validate_consent_request()
    except OAuth2Error as error:
        raise _refusal(error).sent_to(back) from None
    return grant


def device_request(work: Work, authority: Authority, asked: Asked) -> dict[str, Any]:
    """The answer of the device authorization endpoint (RFC 8628, 3.2)."""
    client = proven_client(work, authority, asked, also_public=True, endpoint="device")
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


def proven_client(
    work: Work, authority: Authority, asked: Asked, *, also_public: bool, endpoint: str
) -> Client:
    """Who asks at one of the other endpoints; refuses with InvalidClient or InvalidRequest."""
    asked.check_once()
    _one_proof(asked)
    methods = METHODS if also_public else PROVEN
    server = Server(work, authority)
    found = _within(
        lambda given: server.authenticate_client(_Request(given), methods, endpoint), asked
    )
    return found.known  # type: ignore[no-any-return]


def _within(act: Any, asked: Asked) -> Any:
    try:
        return act(asked)
    except OAuth2Error as error:
        raise _refusal(error) from None


def _one_proof(asked: Asked) -> None:
    """A client proves itself in one way (RFC 6749, 2.3)."""
    ways = ("client_secret" in asked.values) + ("client_assertion" in asked.values)
    if ways + ("authorization" in asked.headers) > 1:
        raise InvalidRequest(said="The client proves itself in more than one way.")


def _basic(query_client: Any, request: _Request) -> _Client | None:
    """HTTP Basic as RFC 6749, 2.3.1 writes it; Authlib's own fails on what is no UTF-8."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        plain = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    name, colon, secret = plain.partition(":")
    name, secret = unquote_plus(name), unquote_plus(secret)
    if request.form.get("client_id", name) != name:
        return None
    client: _Client | None = query_client(name) if colon else None
    return client if client is not None and client.check_client_secret(secret) else None


def _bearer(token: str, scopes: frozenset[str]) -> dict[str, Any]:
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": int(identity.ACCESS_LIVES.total_seconds()),
        "scope": " ".join(sorted(scopes)),
    }


def _refusal(error: OAuth2Error) -> OAuthRefusal:
    kind = errors.KINDS.get(error.error, InvalidRequest)
    said = "" if isinstance(error, InvalidClientError) else (error.get_error_description() or "")
    # A client's own letters are not said back, and RFC 6749 has no quotes in a description.
    refusal = kind(said=said if said.isascii() and not set('"\\') & set(said) else None)
    if error.redirect_uri:
        refusal.sent_to(Back(error.redirect_uri, error.state))
    return refusal
