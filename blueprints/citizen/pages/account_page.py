"""The account: who the person is here, where they are signed in, and signing out."""

from blueprints.citizen import apps
from hub import identity, privacy
from hub.kernel import ids
from hub.kernel.work import Reading, Work
from hub.web import forget_cookies, parts, principal_of, reads
from hub.web.languages import LANGUAGES
from hub.web.languages import text as _
from hub.web.pages import Answer, act, asked, for_signed_in, go_to, page, sent

from . import bp

SHOWN = 100
DONE = {"saved", "ended", "app-ended", "second-factor-on", "second-factor-off"}


@bp.get("/me")
@for_signed_in
@reads
def account_page(reading: Reading) -> Answer:
    """The person's own page."""
    keyring = parts().keyring
    current = principal_of().session_id
    rows = identity.mine(reading, after=None, limit=SHOWN)
    sessions = [
        {
            "id": ids.show("session", row.id),
            "name": row.device_name,
            "current": row.id == current,
            "signed_in_at": row.auth_time,
            "last_seen_at": row.last_seen_at,
            "how": how(row.amr),
        }
        for row in rows[:SHOWN]
    ]
    return page(
        "citizen/account.html",
        private=True,
        person=identity.profile(reading, keyring),
        found=identity.my_protections(reading),
        sessions=sessions,
        apps=[apps.shown(app) for app in identity.my_apps(reading, after=None, limit=SHOWN)],
        closure=privacy.closure_of(reading),
        zone=parts().settings.zone,
        done=asked("done") if asked("done") in DONE else "",
        demo=parts().settings.demo,
    )


@bp.post("/me")
@for_signed_in
def correct_account() -> Answer:
    """Save the name and the language that the city writes in."""
    language = sent("language")
    changes: dict[str, str | None] = {"display_name": sent("display_name")[:100] or None}
    if language in LANGUAGES:
        changes["language"] = language
    revision = int(sent("revision")[:9]) if sent("revision").isdecimal() else 0
    act(lambda work: identity.correct(work, changes, seen_revisions=frozenset({revision})))
    return go_to("/me?done=saved")


@bp.post("/me/sessions/<session_id>/end")
@for_signed_in
def end_session(session_id: str) -> Answer:
    """Sign one device out."""
    ended = ids.read("session", session_id)
    here = ended == principal_of().session_id
    act(lambda work: identity.end(work, ended))
    if here:
        forget_cookies()
    return go_to("/" if here else "/me?done=ended")


@bp.post("/me/apps/<app_id>/end")
@for_signed_in
def end_app(app_id: str) -> Answer:
    """Let a partner's app in no longer."""
    act(lambda work: apps.let_in_no_longer(work, app_id))
    return go_to("/me?done=app-ended")


@bp.post("/me/sign-out-elsewhere")
@for_signed_in
def sign_out_elsewhere() -> Answer:
    """Sign out on every device but this one."""
    act(identity.end_others)
    return go_to("/me?done=ended")


def how(methods: list[str]) -> str:
    """In words, by what somebody signed in (RFC 8176)."""
    if {"hwk", "swk"} & set(methods):
        return _("by passkey")
    if "pwd" in methods:
        return _("by password and app") if "otp" in methods else _("by password")
    return _("by code and app") if len(methods) > 1 else _("by code")


@bp.post("/me/sign-out-everywhere")
@for_signed_in
def sign_out_everywhere() -> Answer:
    """Sign out on every device, this one included."""
    act(identity.end_all)
    forget_cookies()
    return go_to("/sign-in")


@bp.post("/sign-out")
@for_signed_in
def sign_out() -> Answer:
    """End this browser's session."""
    session_id = principal_of().session_id

    def end(work: Work) -> None:
        if session_id is not None:
            identity.end(work, session_id)

    act(end)
    forget_cookies()
    return go_to("/")
