"""What an attendant at a service desk does for somebody who stands before them with a document."""

from typing import Any

from marshmallow import fields, validate

from hub import identity
from hub.identity import DocumentKind, real_names
from hub.kernel.work import Work
from hub.web import Blueprint, Enumeration, Schema, parts, requires, transaction

bp = Blueprint("service_desk", __name__, description="Service desks of the city")

# The same name and words as in the citizen's own API: one entry of the description.
DOCUMENT_KIND = Enumeration(
    "DocumentKind", (kind.value for kind in DocumentKind), "What sort of document it is."
)


class ReleaseRequest(Schema):
    """A document that an attendant has seen together with its holder."""

    kind = fields.String(required=True, validate=DOCUMENT_KIND, metadata={"example": "passport"})
    issuing_state = fields.String(
        load_default="CHN", validate=validate.Length(1, 8), metadata={"example": "UTO"}
    )
    number = fields.String(
        required=True, validate=validate.Length(1, 40), metadata={"example": "L898902C3"}
    )
    evidence = fields.String(
        required=True,
        validate=validate.Length(1, 80),
        metadata={"description": "The number of the desk's record of the visit; it is audited."},
    )


class Released(Schema):
    """Whether an account had the document."""

    released = fields.Integer(required=True, metadata={"description": "0 or 1.", "example": 1})


@bp.post("/v1/officers/real-names/releases")
@requires("identity.real_name:release", of="officer", at_once=True)
@transaction(once=True)
@bp.arguments(ReleaseRequest)
@bp.response(200, Released)
def release_real_name(work: Work, seen: dict[str, Any]) -> dict[str, int]:
    """Take a document away from the account that has it, so that its holder can verify it anew.

    For somebody who was answered `real-name-taken` and cannot reach the other account.
    """
    settings = parts().settings
    document = identity.read_document(
        DocumentKind(seen["kind"]),
        seen["number"],
        issuing_state=seen["issuing_state"],
        today=identity.day_in(settings.zone, work.now),
        specimens=settings.demo,
    )
    released = real_names.release(work, parts().keyring, document, evidence=seen["evidence"])
    return {"released": released}
