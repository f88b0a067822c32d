"""My security: the password, the authenticator app, the paper with codes."""

from hub import identity
from hub.kernel import ids
from hub.kernel.errors import Refusal
from hub.kernel.work import Reading
from hub.web import parts, reads
from hub.web.pages import Answer, act, asked, for_signed_in, go_to, page, sent, sent_whole

from . import bp

DONE = {
    "password-set",
    "password-removed",
    "passkey-added",
    "passkey-renamed",
    "passkey-removed",
    "recovery-stopped",
}


@bp.get("/me/security")
@for_signed_in
@reads
def security_page(reading: Reading) -> Answer:
    """How the account is protected, and every way to change that."""
    return page(
        "citizen/security.html",
        private=True,
        waiting=[
            {**row._mapping, "shown": ids.show("recovery", row.id)}
            for row in identity.recovering.waiting(reading)
        ],
        passkeys=[
            {**row._mapping, "shown": ids.show("passkey", row.id)}
            for row in identity.passkeys.mine(reading)
        ],
        found=identity.my_protections(reading),
        zone=parts().settings.zone,
        done=asked("done") if asked("done") in DONE else "",
    )


@bp.get("/me/password")
@for_signed_in
@reads
def new_password_page(reading: Reading) -> Answer:
    """The form for a password; shown to who may change it."""
    return form(identity.demand_to_read(reading))


@bp.post("/me/password")
@for_signed_in
def set_password() -> Answer:
    """Keep the new password."""
    password, city = sent_whole("password"), parts().settings.city_name
    try:
        act(lambda work: identity.judge(work, parts().keyring, password, city=city))
        chosen = identity.hashed(password)
        act(
            lambda work: identity.set_password(
                work,
                parts().keyring,
                chosen,
                sign_out_elsewhere=sent("sign_out_elsewhere") == "yes",
            )
        )
    except identity.StrongerSignInNeeded:
        raise
    except Refusal as refusal:
        return form(act(identity.my_protections_at), refusal)
    return go_to("/me/security?done=password-set")


@bp.post("/me/password/remove")
@for_signed_in
def remove_password() -> Answer:
    """Do without a password again."""
    act(identity.remove_password)
    return go_to("/me/security?done=password-removed")


@bp.post("/me/recovery-codes")
@for_signed_in
def renew_recovery_codes() -> Answer:
    """Show ten fresh codes, this once."""
    codes = act(lambda work: identity.renew_recovery_codes(work, parts().keyring))
    return page("citizen/recovery_codes.html", private=True, codes=codes)


def form(found: identity.Protections, refusal: Refusal | None = None) -> Answer:
    """The form, with why a password was not taken."""
    return page(
        "citizen/new_password.html",
        refusal.status if refusal else 200,
        private=True,
        found=found,
        refusal=refusal,
        why=refusal.errors[0]["detail"] if refusal and refusal.errors else None,
    )
