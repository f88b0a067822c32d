"""Tokens for partners' clients: the token endpoint, revocation, introspection, userinfo."""

from flask import Response, g

from hub import identity, oauth
from hub.kernel.work import Reading, Work
from hub.web import Blueprint, known_as, parts, public, reads, refuses, requires, transaction

from .asking import answered, asked_in_form, authority, refused, speaks_oauth
from .schemas import DeviceAnswer, Introspection, PushedAnswer, TokenAnswer, UserInfo

bp = Blueprint("oauth", __name__, description="OAuth 2.1 and OpenID Connect for partners")
bp.register_error_handler(oauth.OAuthRefusal, refused)

_CLIENT = {
    "client_id": "Unless the Authorization header (HTTP Basic) says it.",
    "client_secret": "For clients registered with client_secret_post.",
    "client_assertion_type": "For private_key_jwt (RFC 7523): its one value.",
    "client_assertion": "For private_key_jwt: a JWT that the client signed, good once.",
}
_EXAMPLE = {"client_id": "client_01m866kyycews916y6fh7wpj97"}


@bp.post("/oauth/token")
@public
@transaction()
@speaks_oauth(
    {
        "grant_type": "authorization_code, refresh_token, client_credentials, or RFC 8628's.",
        **_CLIENT,
        "code": "The code that came to the redirect URI.",
        "redirect_uri": "The same as in the authorization request.",
        "code_verifier": "The secret of PKCE (RFC 7636).",
        "device_code": "Of a device without a browser (RFC 8628).",
        "refresh_token": "For grant_type=refresh_token; good once.",
        "scope": "At most what was granted.",
    },
    required=("grant_type",),
    example={"grant_type": "client_credentials", **_EXAMPLE},
)
@bp.response(200, TokenAnswer)
def exchange_for_token(work: Work) -> Response:
    """Exchange a code, a refresh token or a client's own proof for tokens (RFC 6749).

    A code is good once and for a minute; used twice, it also ends what it gave. A refresh token is
    good once; if its answer got lost, send it again within ten seconds.
    """
    return answered(oauth.token(work, authority(), asked_in_form()))


@bp.post("/oauth/device_authorization")
@public
@transaction()
@speaks_oauth(
    {"scope": "What the device wants to do.", **_CLIENT},
    required=("scope",),
    example={"scope": "openid", **_EXAMPLE},
)
@bp.response(200, DeviceAnswer)
def begin_on_device(work: Work) -> Response:
    """Begin on a device without a browser (RFC 8628).

    Show `user_code` and `verification_uri`, then ask the token endpoint each `interval` seconds.
    """
    return answered(oauth.device_request(work, authority(), asked_in_form()))


@bp.post("/oauth/par")
@public
@transaction()
@speaks_oauth(
    {
        **_CLIENT,
        "response_type": "code",
        "redirect_uri": "A registered one.",
        "scope": "What the app wants to do.",
        "state": "Comes back as it is.",
        "nonce": "Comes back in the id_token.",
        "code_challenge": "Of PKCE (RFC 7636).",
        "code_challenge_method": "S256",
        "prompt": "none, or some of login, consent and select_account.",
        "max_age": "How old the sign-in may be, in seconds.",
        "acr_values": "Levels of assurance, any of which will do.",
    },
    required=("response_type", "scope", "code_challenge", "code_challenge_method"),
    example={
        **_EXAMPLE,
        "response_type": "code",
        "scope": "openid",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    },
)
@bp.response(201, PushedAnswer)
def push_request(work: Work) -> Response:
    """Leave an authorization request here before you send the browser (RFC 9126).

    Then send it to `/oauth/authorize` with `client_id` and `request_uri` alone. The request is good
    for nine minutes and one yes or no.
    """
    return answered(oauth.push(work, authority(), asked_in_form()), status=201)


@bp.post("/oauth/revoke")
@public
@transaction()
@speaks_oauth(
    {"token": "An access or refresh token.", "token_type_hint": "Not needed.", **_CLIENT},
    required=("token",),
    example={"token": "pB2c3qkZ0m1x4v7Y9tW6uJ8nL5rD2fG1hK3sQ0a", **_EXAMPLE},
)
@bp.response(200)
def revoke_token(work: Work) -> Response:
    """Give a token back: everything that it stands for ends, at once (RFC 7009)."""
    oauth.revoke(work, authority(), asked_in_form())
    return Response(b"", 200, {"Cache-Control": "no-store"})


@bp.post("/oauth/introspect")
@public
@transaction()
@speaks_oauth(
    {"token": "An access or refresh token.", "token_type_hint": "Not needed.", **_CLIENT},
    required=("token",),
    example={"token": "pB2c3qkZ0m1x4v7Y9tW6uJ8nL5rD2fG1hK3sQ0a", **_EXAMPLE},
)
@bp.response(200, Introspection)
def introspect_token(work: Work) -> Response:
    """Tell what a token of yours says and whether it is good now (RFC 7662).

    Tokens that were not issued to you are not active to you.
    """
    return answered(oauth.introspect(work, authority(), asked_in_form()))


def _claims(reading: Reading) -> Response:
    person = identity.profile(reading, parts().keyring)
    return answered(oauth.user_info(person, known_as(g.principal, person.id), g.principal.scopes))


@bp.get("/oauth/userinfo")
@requires("openid")
@reads
@bp.response(200, UserInfo)
def user_info(reading: Reading) -> Response:
    """Tell what the token's scopes cover about its person (OpenID Connect Core, 5.3)."""
    return _claims(reading)


@bp.post("/oauth/userinfo")
@requires("openid")
@transaction()
@refuses(413)
@bp.response(200, UserInfo)
def user_info_by_post(work: Work) -> Response:
    """The same by POST, as the standard asks."""
    return _claims(Reading(work.session.connection, work.actor, work.now))
