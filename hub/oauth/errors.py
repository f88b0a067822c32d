"""What the authorization server says no to: the error words of the standards, each with its page.

The class name is the word: ``InvalidGrant`` is ``invalid_grant`` on the wire and
``/problems/invalid-grant`` in the manual, which ``error_uri`` of the answer leads to.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from hub.kernel.errors import Conflict, Refusal


@dataclass(frozen=True)
class Back:
    """The way back to a client: its redirect URI, found to be good, and its ``state``."""

    redirect_uri: str
    state: str | None

    def address(self, issuer: str, values: dict[str, str]) -> str:
        """The address to send the browser to; says who answers (``iss``, RFC 9207)."""
        return self._with({**values, **self._state(), "iss": issuer})

    def address_alone(self) -> str:
        """The address with nothing but the client's ``state``."""
        return self._with(self._state())

    def _state(self) -> dict[str, str]:
        return {"state": self.state} if self.state else {}

    def _with(self, said: dict[str, str]) -> str:
        if not said:
            return self.redirect_uri
        joint = "&" if "?" in self.redirect_uri else "?"
        return f"{self.redirect_uri}{joint}{urlencode(said)}"


class OAuthRefusal(Refusal):
    """The authorization server refused, in the words of OAuth 2 (RFC 6749, 5.2): ``error`` is a
    word that programs read, ``error_description`` a sentence in English for their developers."""

    status = 400
    title = "The authorization server refused"

    def __init__(self, *, said: str | None = None, **more: Any) -> None:
        super().__init__(**more)
        self.said = said
        self.back: Back | None = None

    def sent_to(self, back: "Back") -> "OAuthRefusal":
        """The same, told to the client by way of the person's browser."""
        self.back = back
        return self

    @classmethod
    def word(cls) -> str:
        """The word on the wire."""
        return cls.slug().replace("-", "_")

    def body(self, issuer: str) -> dict[str, str]:
        """The JSON that a client gets."""
        said = {"error": self.word()}
        if self.said:
            said["error_description"] = self.said
        said["error_uri"] = f"{issuer}/problems/{self.slug()}"
        return said


class InvalidRequest(OAuthRefusal):
    """The request lacks a parameter, repeats one, carries one that is not of its form, or proves
    the client's identity in two ways at once (RFC 6749, 5.2). Mind that PKCE with ``S256`` (RFC
    7636) is asked of every client here. ``error_description`` says what to correct."""

    title = "The request of this app is not right"


class InvalidClient(OAuthRefusal):
    """We do not know this client, it is suspended, or what it sent to prove itself is not good: the
    wrong secret, or another way than the one it registered (``token_endpoint_auth_method``). Check
    the ``client_id`` and the secret; both are shown where the client was registered."""

    status = 401
    title = "This app could not show who it is"

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.headers.setdefault("WWW-Authenticate", 'Basic realm="hub", error="invalid_client"')


class InvalidGrant(OAuthRefusal):
    """The authorization code, refresh token or device code is not good: unknown, expired, used
    before, of another client, or its ``redirect_uri`` or ``code_verifier`` does not fit. A code
    used twice also ends what its first use gave. Begin again at the authorization endpoint."""

    title = "This permission is not good any more"


class UnauthorizedClient(OAuthRefusal):
    """This client may not ask in this way: a service asks no citizen, and an app without a secret
    has no tokens in its own name. Register another client for it."""

    title = "This app may not ask in this way"


class UnsupportedGrantType(OAuthRefusal):
    """The token endpoint does not know this ``grant_type``. ``grant_types_supported`` in
    ``/.well-known/oauth-authorization-server`` lists the ones it knows."""

    title = "This way to a token is not offered"


class UnsupportedResponseType(OAuthRefusal):
    """Only the authorization code is given out here: ``response_type=code`` (OAuth 2.1)."""

    title = "This kind of answer is not offered"


class InvalidScope(OAuthRefusal):
    """A scope is unknown, was not registered for this client, or is more than was granted. Scopes
    of the city's own app can be asked by nobody else. Ask for less, or have the client's scopes
    extended."""

    title = "This app asks for something it may not have"


class AccessDenied(OAuthRefusal):
    """The person said no. Tell them what does not work without it, and ask again only when they
    want it."""

    title = "You said no"


class LoginRequired(OAuthRefusal):
    """You asked with ``prompt=none``, and nobody is signed in, or not freshly enough. Send the
    person through the authorization endpoint without ``prompt=none`` (OpenID Connect Core,
    3.1.2.6)."""

    title = "Signing in is needed"


class ConsentRequired(OAuthRefusal):
    """You asked with ``prompt=none``, and the person has not agreed to this yet. Send them through
    the authorization endpoint without ``prompt=none``."""

    title = "Your agreement is needed"


class AuthorizationPending(OAuthRefusal):
    """The person has not decided yet. Ask again after ``interval`` seconds (RFC 8628, 3.5)."""

    title = "Still waiting for an answer"


class SlowDown(OAuthRefusal):
    """You asked too soon. Wait five seconds longer between asking than before, from now on (RFC
    8628, 3.5)."""

    title = "Asked too soon"


class ExpiredToken(OAuthRefusal):
    """The device code is older than ten minutes. Begin again and show a new code (RFC 8628,
    3.5)."""

    title = "The code of the device has expired"


class InvalidClientMetadata(OAuthRefusal):
    """Something that the client says of itself cannot be so (RFC 7591, 3.2.2);
    ``error_description`` says what. Mind that people read ``hub_purpose``, and that partners may
    ask for some scopes only."""

    title = "This app cannot be registered so"


class InvalidRedirectUri(OAuthRefusal):
    """A redirect URI cannot be registered (RFC 7591, 3.2.2): see ``redirect-not-usable`` for which
    ones can."""

    title = "This way back to the app cannot be registered"


class UnsupportedTokenType(OAuthRefusal):
    """The hub cannot revoke a token of this kind (RFC 7009, 2.2.1). Access and refresh tokens are
    the kinds there are."""

    title = "There is no such kind of token"


class UnmetAuthenticationRequirements(OAuthRefusal):
    """None of the levels you asked for (``acr_values``) can be reached by this person: they have no
    passkey and no password with an authenticator app, or their real name is not verified (OpenID
    Connect Unmet Authentication Requirements 1.0). Tell them what is missing; ``/me/security`` is
    where it is set up."""

    title = "A surer sign-in is needed than this account has"


class RequestNotSupported(OAuthRefusal):
    """Request objects (``request``) are not taken here. Send the parameters themselves."""

    title = "Request objects are not taken here"


class RequestUriNotSupported(OAuthRefusal):
    """Addresses of request objects (``request_uri``) are not taken here. Send the parameters
    themselves."""

    title = "Request objects are not taken here"


class RegistrationNotSupported(OAuthRefusal):
    """Clients are not registered in an authorization request (``registration``). Register first."""

    title = "An app cannot be registered in passing"


class UserCodeUnknown(Conflict):
    """No device waits with this code: it is mistyped, older than ten minutes, or answered already.
    Look at the screen of the device again, or let it show a new code."""

    title = "No device waits with this code"


KINDS: dict[str, type[OAuthRefusal]] = {
    kind.word(): kind
    for kind in (
        InvalidRequest,
        InvalidClient,
        InvalidGrant,
        UnauthorizedClient,
        UnsupportedGrantType,
        UnsupportedResponseType,
        InvalidScope,
        AccessDenied,
        LoginRequired,
        ConsentRequired,
        UnsupportedTokenType,
    )
}
"""By the word on the wire."""
