"""The authorization endpoint: what an app asks for, and the code it gets once the person agreed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub import consent, identity
from hub.identity import Client, Principal
from hub.kernel import ids
from hub.kernel.work import Work

from . import codes, errors, pushed
from .asked import Asked, seconds
from .authority import Authority
from .errors import Back, ConsentRequired, InvalidRequest, LoginRequired, OAuthRefusal
from .offered import METHODS

LONGEST_REQUEST = 2500
LONGEST_STATE = 512
SINCE = "since"
"""Our own parameter on the way back from signing in: the moment (Unix seconds) it was asked for."""

_PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_NOT_HERE = {
    "request": errors.RequestNotSupported,
    "request_uri": errors.RequestUriNotSupported,
    "registration": errors.RegistrationNotSupported,
}


@dataclass(frozen=True)
class Wanted:
    """A sound authorization request: who asks for what, and where the answer goes. ``came`` is how
    the browser brought it, ``asked`` what it says: the same, unless it was pushed."""

    came: Asked
    asked: Asked
    client: Client
    back: Back
    scopes: frozenset[str]
    prompt: frozenset[str]
    max_age: int | None
    levels: frozenset[str]
    since: int | None

    @property
    def offline(self) -> bool:
        """Whether it is also for the time when the person is away."""
        return "offline_access" in self.scopes


def read_request(work: Work, authority: Authority, asked: Asked) -> Wanted:
    """What is asked for. Refuses with a kind of OAuthRefusal; only one whose client and redirect
    URI are good has a way ``back``, and no browser is sent anywhere else."""
    from . import authlib_gateway  # late: see there

    came = asked
    came.check_length()
    asked = pushed.opened(work, came, also=SINCE)
    asked.check_once(("client_id", "redirect_uri"))
    client, back, scopes = authlib_gateway.sound_request(work, authority, asked)
    try:
        return _wanted(came, asked, client, back, scopes)
    except OAuthRefusal as refusal:
        raise refusal.sent_to(back) from None


def push(work: Work, authority: Authority, asked: Asked) -> dict[str, Any]:
    """Take a client's authorization request before the browser comes (RFC 9126, 2); the answer.
    Refuses as the authorization endpoint would, but here and at once, and who cannot prove
    itself."""
    from . import authlib_gateway  # late: see there

    with authlib_gateway.proven_client(work, authority, asked, METHODS) as client:
        if asked.get("request_uri"):
            raise InvalidRequest(said="A request_uri cannot be pushed.")
        left_out = pushed.PROOFS | {"client_id", "login_hint", SINCE}
        said = [pair for pair in asked.parameters if pair[0] not in left_out]
        request = Asked("GET", asked.url, parameters=[("client_id", client.id), *said])
        read_request(work, authority, request)
        name = pushed.keep(work, client.id, request)
    return {"request_uri": name, "expires_in": int(pushed.LIVES.total_seconds())}


def needs_sign_in(wanted: Wanted, principal: Principal | None, now: datetime) -> bool:
    """Whether the person must sign in (again) first: nobody is signed in, or not freshly enough for
    ``max_age`` or ``prompt=login``. Refuses with LoginRequired when no page may be shown."""
    if principal is not None:
        if wanted.since is not None:
            old = principal.auth_time < wanted.since
        else:
            limit = wanted.max_age
            asks = bool(wanted.prompt & {"login", "select_account"})
            old = asks or (limit is not None and principal.auth_time < now.timestamp() - limit)
        if not old:
            return False
    if "none" in wanted.prompt:
        raise LoginRequired(said="Nobody is signed in freshly enough.").sent_to(wanted.back)
    return True


def needs_step_up(work: Work, wanted: Wanted, principal: Principal) -> bool:
    """Whether the person must show more than they did first: another level was asked for
    (``acr_values``, RFC 9470, 5), and they can reach one. Levels that are none of ours are passed
    over. Refuses with UnmetAuthenticationRequirements who cannot, and with LoginRequired when no
    page may be shown."""
    if not wanted.levels or any(identity.reaches(principal.acr, one) for one in wanted.levels):
        return False
    best = identity.level_within_reach(work)
    # Who has shown all there is and is still below waits for the next refresh, or in vain.
    shown_all = principal.acr != identity.LOA_CODE
    if shown_all or not any(identity.reaches(best, one) for one in wanted.levels):
        refusal = errors.UnmetAuthenticationRequirements(said="No such level for this person.")
        raise refusal.sent_to(wanted.back)
    if "none" in wanted.prompt:
        raise LoginRequired(said="The person can show more, on a page.").sent_to(wanted.back)
    return True


def agreed_until(work: Work, wanted: Wanted, principal: Principal) -> datetime | None:
    """Until when the person has agreed to this already; None when they must be asked: always by an
    app that cannot prove itself (RFC 8252, 8.6), otherwise once. Refuses with ConsentRequired when
    no page may be shown."""
    if wanted.client.kind == "confidential" and "consent" not in wanted.prompt:
        covering = consent.covering(
            work,
            person_id=ids.read("person", principal.id),
            recipient=wanted.client.id,
            scopes=wanted.scopes,
        )
        if covering is not None:
            return covering.until
    if "none" in wanted.prompt:
        raise ConsentRequired(said="The person was not asked yet.").sent_to(wanted.back)
    return None


def agree(
    work: Work,
    authority: Authority,
    client: Client,
    scopes: frozenset[str],
    principal: Principal,
    *,
    purpose_text: str,
    client_name: str,
    language: str,
) -> datetime:
    """The person agreed on a page that said this purpose in this language; until when. Leaves a
    consent with its signed receipt."""
    given = consent.give(
        work,
        authority.keyring,
        issuer=authority.url,
        person_id=ids.read("person", principal.id),
        recipient=client.id,
        recipient_name=client_name,
        scopes=sorted(scopes),
        purpose_text=purpose_text,
        until=until(work.now),
        language=language,
    )
    return given.until


def give_code(
    work: Work, authority: Authority, wanted: Wanted, session_id: UUID, agreed: datetime
) -> str:
    """What was agreed to until a moment: the address that takes a code to the client."""
    sent = wanted.asked.values
    pushed.use_up(work, wanted.came)
    code = identity.new_secret()
    codes.keep(
        work,
        code,
        client_id=wanted.client.id,
        session_id=session_id,
        redirect_uri=wanted.back.redirect_uri,
        redirect_uri_sent="redirect_uri" in sent,
        scopes=wanted.scopes,
        offline=wanted.offline,
        until=agreed,
        challenge=sent["code_challenge"],
        nonce=sent.get("nonce"),
    )
    return wanted.back.address(authority.url, {"code": code})


def refused_by_person(work: Work, authority: Authority, wanted: Wanted) -> str:
    """The person said no: the address that tells the client."""
    pushed.use_up(work, wanted.came)
    return answer_address(authority, errors.AccessDenied().sent_to(wanted.back))


def answer_address(authority: Authority, refusal: OAuthRefusal) -> str:
    """The address that takes a refusal to the client."""
    assert refusal.back is not None
    said = refusal.body(authority.url)
    del said["error_uri"]
    return refusal.back.address(authority.url, said)


def until(now: datetime) -> datetime:
    """Until when a permission lasts that is given now."""
    return now + identity.GRANT_LIVES


def _wanted(
    came: Asked, asked: Asked, client: Client, back: Back, scopes: frozenset[str]
) -> Wanted:
    asked.check_once()
    for name, kind in _NOT_HERE.items():
        if asked.get(name):
            raise kind()
    asked.check_length(LONGEST_REQUEST)
    for name in ("state", "nonce"):
        value = asked.get(name) or ""
        if len(value) > LONGEST_STATE or not value.isprintable():
            raise InvalidRequest(said="state and nonce are up to 512 printable letters.")
    if asked.get("response_mode") not in {None, "query"}:
        raise InvalidRequest(said="Only response_mode=query is offered.")
    prompt = frozenset((asked.get("prompt") or "").split())
    if not prompt <= _PROMPTS or ("none" in prompt and len(prompt) > 1):
        raise InvalidRequest(said="prompt is none, or some of login, consent and select_account.")
    return Wanted(
        came=came,
        asked=asked,
        client=client,
        back=back,
        scopes=scopes,
        prompt=prompt,
        max_age=seconds(asked.get("max_age")),
        levels=frozenset((asked.get("acr_values") or "").split()) & frozenset(identity.LEVELS),
        since=seconds(asked.get(SINCE)),
    )
