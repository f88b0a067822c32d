"""How a request to the authorization server reaches hub/oauth, and how its refusals leave."""

from collections.abc import Callable
from typing import Any

import msgspec
from flask import Response, request

from hub import oauth
from hub.parts import Parts
from hub.web import View, clients, issuer, liveness, parts, scopes_of, verifier
from hub.web.operation import describe

from .schemas import OAuthProblem

FORM = "application/x-www-form-urlencoded"


def authority() -> oauth.Authority:
    """What the authorization server of this process stands on."""
    return parts().of(_authority)


def _authority(built: Parts) -> oauth.Authority:
    declared = scopes_of(built)
    return oauth.Authority(
        keyring=built.keyring,
        issuer=issuer(),
        verifier=verifier(built),
        liveness=liveness(built),
        clients=clients(built),
        askable=declared.askable(),
        of_partners=declared.of_partners(),
        sensitive=declared.sensitive(),
    )


def asked_in_form() -> oauth.Asked:
    """The request as its body says it; the query is not looked at, for addresses get logged."""
    sent = list(request.form.items(multi=True)) if request.mimetype == FORM else []
    return _asked(sent)


def asked_in_query() -> oauth.Asked:
    """The request as its query says it."""
    return _asked(list(request.args.items(multi=True)))


def _asked(parameters: list[tuple[str, str]]) -> oauth.Asked:
    authorization = request.environ.get("HTTP_AUTHORIZATION")
    headers = {} if authorization is None else {"authorization": authorization}
    return oauth.Asked(
        method=request.method,
        url=authority().url + request.path,
        headers=headers,
        parameters=parameters,
    )


def refused(refusal: oauth.OAuthRefusal) -> Response:
    """A refusal in the words of OAuth (RFC 6749, 5.2)."""
    request.environ["hub.refusal"] = refusal.slug()
    body = msgspec.json.encode(refusal.body(authority().url))
    return Response(body, refusal.status, refusal.headers, mimetype="application/json")


def answered(body: dict[str, Any], *, status: int = 200) -> Response:
    """JSON that no cache may keep (RFC 6749, 5.1)."""
    headers = {"Cache-Control": "no-store"}
    return Response(msgspec.json.encode(body), status, headers, mimetype="application/json")


def speaks_oauth(
    fields: dict[str, str], *, required: tuple[str, ...], example: dict[str, str]
) -> Callable[[View], View]:
    """Describe a view that takes a form and refuses in the words of OAuth."""
    schema = {
        "type": "object",
        "required": list(required),
        "properties": {
            name: {"type": "string", "description": said} for name, said in fields.items()
        },
    }
    refusal = {"application/json": {"schema": OAuthProblem}}
    responses = {
        "400": {"description": "Refused (RFC 6749, 5.2).", "content": refusal},
        "401": {"description": "The client could not prove itself.", "content": refusal},
    }

    def decorate(view: View) -> View:
        describe(
            view,
            refusals=(413,),
            requestBody={
                "required": True,
                "content": {FORM: {"schema": schema, "example": example}},
            },
            responses=responses,
            security=[],
        )
        return view

    return decorate
