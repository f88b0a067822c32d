"""Closing the account: asked for, called off, and done when its week is over."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog

from hub import consent, identity, privacy
from hub.identity import LastGuardian
from hub.kernel import ids
from hub.kernel.work import CLOCK, SYSTEM, Reading, Work
from hub.parts import Parts
from hub.web import Blueprint, reads, refuses, requires, transaction

from .privacy_schemas import Closure, ClosureRequest

log = structlog.get_logger()
bp = Blueprint("closure", __name__, description="Closing the account")


@bp.post("/v1/me/closure")
@requires("citizen.closure:manage", max_age=identity.RECENT)
@transaction(once=True)
@bp.arguments(ClosureRequest)
@bp.response(202, Closure)
def ask_to_close(work: Work, wanted: dict[str, Any]) -> privacy.ClosureSeen:
    """Close the account in seven days, and erase what is kept about you.

    Needs a sign-in as sure as the account allows, within ten minutes. Until `due_at` the account
    works, and `DELETE /v1/me/closure` calls it off; then nobody can bring it back. What a law wants
    kept stays under a bare id, for as long as the processing record says.
    """
    return privacy.ask_to_close(work, sign_out_everywhere=wanted["sign_out_everywhere"])


@bp.get("/v1/me/closure")
@requires("citizen.closure:read")
@reads
@bp.response(200, Closure)
def my_closure(reading: Reading) -> Any:
    """Tell whether the account will be closed, and when."""
    return privacy.closure_of(reading) or {"state": "none"}


@bp.delete("/v1/me/closure")
@requires("citizen.closure:manage")
@transaction()
@refuses(404)
@bp.response(204)
def keep_account(work: Work) -> None:
    """Keep the account after all."""
    privacy.cancel_closure(work)


def close_accounts(built: Parts) -> None:
    """Close the accounts whose week is over, and erase those that were closed a while ago: each in
    a transaction of its own, so that one which fails keeps no other waiting."""
    run = built.database.run
    for closure_id in run(privacy.closures_due, CLOCK):
        _each(built, closure_id, privacy.close_due)
    for closure_id in run(privacy.erasures_due, CLOCK):
        _each(
            built,
            closure_id,
            lambda work, one: privacy.erase_closed(work, built.vault, one),
        )


def _each(built: Parts, closure_id: UUID, deed: Callable[[Work, UUID], None]) -> None:
    try:
        built.database.run(lambda work: deed(work, closure_id), CLOCK)
    except LastGuardian:
        log.info("closure waits for another guardian", closure=ids.show("closure", closure_id))
    except Exception as error:  # noqa: BLE001 (one account must not keep all others waiting)
        shown = ids.show("closure", closure_id)
        log.warning("closure failed", closure=shown, error=type(error).__name__)


def end_consents(built: Parts, event: identity.PersonClosed) -> None:
    """Errand: nobody uses anything any more by the consent of a person who has left."""
    built.database.run(
        lambda work: consent.end_all_of(
            work, built.keyring, event.person_id, issuer=built.settings.public_url
        ),
        SYSTEM,
    )


def forget_consents(built: Parts) -> None:
    """Forget consents that ended three years ago."""
    built.database.run(consent.forget_old, CLOCK)
