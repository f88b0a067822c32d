"""Passkeys: signing in, signing up, and the person's own list."""

from typing import Any

from hub import identity
from hub.kernel import ids
from hub.kernel.work import Reading, Work
from hub.web import (
    Blueprint,
    client_address,
    issuer,
    parts,
    reads,
    refuses,
    requires,
    transaction,
)
from hub.web.languages import current_language

from .ceremonies import label, relying_party
from .credential_schemas import (
    NewPasskey,
    Passkey,
    PasskeyChallenge,
    PasskeyEntry,
    PasskeyName,
    Passkeys,
    PasskeySignUp,
)
from .guard import signing_in
from .schemas import Tokens
from .sign_in import never_stored, shown

bp = Blueprint("passkeys", __name__, description="Passkeys (WebAuthn)")
bp.after_request(never_stored)


@bp.post("/v1/sign-in/passkeys/challenges")
@signing_in
@transaction(once=True)
@bp.response(201, PasskeyChallenge)
def begin_passkey(work: Work) -> identity.Begun:
    """Begin to sign in, or to step up, with a passkey. Nobody is named: the device offers its own.

    Give `options` to `navigator.credentials.get`, and what comes of it with the same `login` to
    `/v1/sign-in/passkeys` or `/v1/sign-in/step-up`, within five minutes.
    """
    return identity.begin_to_show(work, parts().keyring, relying_party(), client=client_address())


@bp.post("/v1/sign-in/passkeys")
@signing_in
@transaction(once=True)
@refuses(403)
@bp.arguments(PasskeyEntry)
@bp.response(200, Tokens)
def enter_passkey(work: Work, entry: dict[str, Any]) -> dict[str, Any]:
    """Sign in with a passkey: `urn:city:loa:2` at once."""
    return shown(identity.passkeys.sign_in(work, issuer(), relying_party(), **entry))


@bp.post("/v1/sign-up/passkeys/challenges")
@signing_in
@transaction(once=True)
@bp.response(201, PasskeyChallenge)
def begin_sign_up(work: Work) -> identity.Begun:
    """Begin to open an account with a passkey, without telephone or e-mail."""
    return identity.begin_to_join(
        work, parts().keyring, relying_party(), label=label(), client=client_address()
    )


@bp.post("/v1/sign-up/passkeys")
@signing_in
@transaction(once=True)
@refuses(403)
@bp.arguments(PasskeySignUp)
@bp.response(201, Tokens)
def sign_up_with_passkey(work: Work, entry: dict[str, Any]) -> dict[str, Any]:
    """Open an account with the passkey that was just made, and sign in.

    Tell the person to add a second passkey or print recovery codes: there is no other way in.
    """
    tokens = identity.passkeys.join(
        work,
        parts().keyring,
        issuer(),
        relying_party(),
        language=current_language(),
        client=client_address(),
        **entry,
    )
    return shown(tokens)


@bp.post("/v1/me/passkeys/challenges")
@requires("citizen.passkey:manage", max_age=identity.RECENT)
@transaction(once=True)
@bp.response(201, PasskeyChallenge)
def begin_to_add_passkey(work: Work) -> identity.Begun:
    """Begin to add a passkey. Give `options` to `navigator.credentials.create`."""
    return identity.begin_to_add(
        work, parts().keyring, relying_party(), label=label(), client=client_address()
    )


@bp.post("/v1/me/passkeys")
@requires("citizen.passkey:manage", max_age=identity.RECENT)
@transaction(once=True)
@bp.arguments(NewPasskey)
@bp.response(201, Passkey)
def add_passkey(work: Work, entry: dict[str, Any]) -> dict[str, Any]:
    """Keep the passkey that the person's device has just made."""
    return as_shown(identity.passkeys.add(work, relying_party(), **entry))


@bp.get("/v1/me/passkeys")
@requires("citizen.passkey:manage")
@reads
@bp.response(200, Passkeys)
def my_passkeys(reading: Reading) -> dict[str, Any]:
    """List the person's passkeys."""
    return {"items": [as_shown(row) for row in identity.passkeys.mine(reading)]}


@bp.patch("/v1/me/passkeys/<passkey_id>")
@requires("citizen.passkey:manage")
@transaction()
@bp.arguments(PasskeyName)
@bp.response(204)
def rename_passkey(work: Work, entry: dict[str, Any], passkey_id: str) -> None:
    """Call a passkey something else."""
    identity.passkeys.rename(work, ids.read("passkey", passkey_id), entry["name"])


@bp.delete("/v1/me/passkeys/<passkey_id>")
@requires("citizen.passkey:manage", max_age=identity.RECENT)
@transaction()
@refuses(409)
@bp.response(204)
def remove_passkey(work: Work, passkey_id: str) -> None:
    """Take no more of a passkey. The only way into an account stays."""
    identity.passkeys.remove(work, ids.read("passkey", passkey_id))


def as_shown(row: Any) -> dict[str, Any]:
    """A passkey as the API shows it."""
    return {
        "id": ids.show("passkey", row.id),
        "name": row.name,
        "synced": row.backup_eligible,
        "backed_up": row.backed_up,
        "created_at": row.created_at,
        "last_used_at": row.last_used_at,
    }
