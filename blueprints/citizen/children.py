"""Children under guardianship, and their own sign-in from fourteen on."""

from typing import Any

from hub import identity
from hub.identity import children
from hub.kernel import ids
from hub.kernel.work import Work
from hub.web import Blueprint, client_address, parts, refuses, requires, transaction

from .mandate_schemas import ChildAddress, ChildEntered, NewChild

bp = Blueprint("children", __name__, description="Children and their guardians")


@bp.post("/v1/me/children")
@requires(identity.DELEGATING)
@transaction(once=True)
@bp.arguments(NewChild)
@bp.response(201, ChildEntered)
def enter_child(work: Work, wanted: dict[str, Any]) -> dict[str, str]:
    """Enter a child whose guardian you are; you act for it until it is eighteen."""
    entered = children.enter(
        work,
        display_name=wanted["display_name"],
        born_on=wanted["born_on"],
        zone=parts().settings.zone,
    )
    return {
        "id": ids.show("person", entered.person_id),
        "mandate": ids.show("mandate", entered.mandate_id),
    }


@bp.post("/v1/me/children/<child_id>/addresses")
@requires(identity.DELEGATING)
@transaction(once=True)
@refuses(404, 409)
@bp.arguments(ChildAddress)
@bp.response(204)
def open_child_sign_in(work: Work, entry: dict[str, Any], child_id: str) -> None:
    """Give a child of fourteen or more a sign-in of its own, with the code sent to its address."""
    children.open_sign_in(
        work,
        parts().keyring,
        ids.read("person", child_id),
        login=entry["login"],
        code=entry["code"],
        client=client_address(),
        zone=parts().settings.zone,
    )
