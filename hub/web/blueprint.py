"""Blueprints: flask-smorest's, with input read strictly and operations described as they are."""

from typing import Any

import flask_smorest
import marshmallow as ma
import msgspec
from flask import Request
from flask_smorest.utils import deepupdate
from webargs.flaskparser import FlaskParser

from hub.kernel.errors import Malformed, UnsupportedMedia

from .operation import describe, refusal_response


class NotJson(UnsupportedMedia):
    """The body must be JSON: send it with ``Content-Type: application/json``."""

    title = "The body must be JSON"


class BrokenJson(Malformed):
    """The body is not well-formed JSON (RFC 8259) in UTF-8, is nested too deeply, or holds a null
    character. Nothing was done with it."""

    title = "The body is not well-formed JSON"


class StrictParser(FlaskParser):
    """Reads input as the contract says: JSON by a strict decoder, nothing unknown in a body."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 (webargs declares it so)
        "json": None,
        "query": ma.RAISE,
        "headers": ma.EXCLUDE,
    }

    def load_json(self, req: Request, _schema: ma.Schema) -> Any:
        """The decoded body. msgspec refuses NaN, lone surrogates and trailing text."""
        if not req.is_json:
            raise NotJson
        body = req.get_data()
        # PostgreSQL's text cannot hold U+0000, and no honest client sends it.
        if b"\\u0000" in body:
            raise BrokenJson
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise BrokenJson from None


class Blueprint(flask_smorest.Blueprint):
    """Views of one system. Views get the description that their decorators gathered."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, import_name: str, **more: Any) -> None:
        super().__init__(name, import_name, **more)
        self._prepare_doc_cbks.append(self._describe)

    def add_url_rule(
        self, rule: str, endpoint: Any = None, view_func: Any = None, *given: Any, **options: Any
    ) -> None:
        """Register a view; refuses one that does not say who may call it."""
        if not hasattr(view_func, "guard"):
            raise TypeError(f"{rule} says nothing of who may call it: @public, @requires, @signed.")
        if "<" in rule:
            describe(view_func, refusals=(404,))
        super().add_url_rule(rule, endpoint, view_func, *given, **options)

    def register_views_in_doc(self, api: Any, app: Any, spec: Any, **more: Any) -> None:
        """Only when a document is being written; a serving process has no use for it."""
        if api.writes_document:
            super().register_views_in_doc(api, app, spec, **more)

    @staticmethod
    def _describe(doc: dict[str, Any], doc_info: dict[str, Any], **_: Any) -> dict[str, Any]:
        said = doc_info.get("hub", {"refusals": set(), "parameters": [], "facts": {}})
        statuses = set(said["refusals"]) | {400, 429, 503}  # 400: a null character in the address
        if "requestBody" in doc:
            statuses |= {413, 415, 422}
        if "parameters" in doc:
            statuses |= {422}
        found = doc.get("responses", {})
        successes = {str(code): found[code] for code in found if int(code) < 400}
        refused = {str(status): refusal_response(status) for status in sorted(statuses)}
        doc["responses"] = successes | refused
        doc["parameters"] = [*doc.get("parameters", []), *said["parameters"]]
        described: dict[str, Any] = deepupdate(doc, said["facts"])
        return described
