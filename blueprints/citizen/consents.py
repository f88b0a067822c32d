"""What the person let others use, taking it back, and the receipts of both."""

from typing import Any

from flask import Response

from hub import consent
from hub.kernel import ids
from hub.kernel.paging import Page, id_place, place_after
from hub.kernel.work import Reading, Work
from hub.web import Blueprint, PageQuery, parts, reads, requires, transaction

from .consent_schemas import Consent, ConsentPage, ReceiptQuery

bp = Blueprint("consents", __name__, description="Who may use what about the person")


@bp.get("/v1/me/consents")
@requires("citizen.consent:read")
@reads
@bp.arguments(PageQuery, location="query")
@bp.response(200, ConsentPage)
def my_consents(reading: Reading, query: dict[str, Any]) -> Page[dict[str, Any]]:
    """List what you let others use, also what is over, the newest first."""
    limit = query["limit"]
    found = consent.mine(reading, after=id_place(query["after"], "consent"), limit=limit)
    items = [shown(one) for one in found[:limit]]
    return Page(items, place_after((items[-1]["id"],)) if len(found) > limit else None)


@bp.get("/v1/me/consents/<consent_id>")
@requires("citizen.consent:read")
@reads
@bp.response(200, Consent)
def my_consent(reading: Reading, consent_id: str) -> dict[str, Any]:
    """Show one consent: who may use what, why, and until when."""
    return shown(consent.of_mine(reading, ids.read("consent", consent_id)))


@bp.get("/v1/me/consents/<consent_id>/receipt")
@requires("citizen.consent:read")
@reads
@bp.arguments(ReceiptQuery, location="query")
@bp.response(200, {"type": "string", "format": "binary"}, content_type="application/jwt")
def consent_receipt(reading: Reading, query: dict[str, Any], consent_id: str) -> Response:
    """Give the signed receipt of giving a consent, or of taking it back; it verifies offline."""
    act: consent.Act = query["act"]
    signed = consent.receipt(reading, parts().keyring, ids.read("consent", consent_id), act)
    name = f"{consent_id}-{act}.jwt"
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Response(signed, 200, headers, mimetype="application/jwt")


@bp.delete("/v1/me/consents/<consent_id>")
@requires("citizen.consent:manage")
@transaction()
@bp.response(204)
def withdraw_consent(work: Work, consent_id: str) -> None:
    """Take a consent back, at once; whatever the recipient was granted with it ends."""
    consent.withdraw(
        work,
        parts().keyring,
        ids.read("consent", consent_id),
        issuer=parts().settings.public_url,
    )


def shown(one: consent.Consent) -> dict[str, Any]:
    """The `Consent` of the schema."""
    return {
        "id": ids.show("consent", one.id),
        "recipient": one.recipient,
        "recipient_name": one.recipient_name,
        "scopes": one.scopes,
        "purpose_text": one.purpose_text,
        "purpose_version": one.purpose_version,
        "language": one.language,
        "source": one.source,
        "state": one.state,
        "given_at": one.given_at,
        "until": one.until,
        "withdrawn_at": one.withdrawn_at,
    }
