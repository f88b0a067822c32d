"""Web: the only place that knows HTTP. Sectors take what they need from here."""

from hub.parts import Loop, Schedule

from .acting_for import scopes_for_others
from .blueprint import Blueprint
from .bodies import encoded, etag_of
from .edge import MEBIBYTE, takes
from .enumeration import Enumeration
from .front import Body, Ready, Unchanged
from .guard import Guard, View, guarded, public, requires
from .operation import refuses
from .request import actor, client_address, parts, request_id
from .schema import LANGUAGE, CoordinatesQuery, Instant, PageQuery, Place, Schema, page_schema
from .scopes import Scope, Scopes, scopes_of
from .sector import FourEyes, Probe, Sector, System
from .shortcuts import asks, decodes, takes_bytes
from .signatures import signed, speaks_for
from .tokens import (
    citizen_at_home,
    clients,
    csrf_token,
    forget_cookies,
    from_our_own_page,
    issuer,
    keep_in_cookies,
    known_as,
    liveness,
    officer_on_duty,
    principal_of,
    verifier,
    visitor,
)
from .transaction import reads, transaction
from .weighing import weighed, weighs

__all__ = [
    "LANGUAGE",
    "MEBIBYTE",
    "Blueprint",
    "Body",
    "CoordinatesQuery",
    "Enumeration",
    "FourEyes",
    "Guard",
    "Instant",
    "Loop",
    "PageQuery",
    "Place",
    "Probe",
    "Ready",
    "Schedule",
    "Schema",
    "Scope",
    "Scopes",
    "Sector",
    "System",
    "Unchanged",
    "View",
    "actor",
    "asks",
    "citizen_at_home",
    "client_address",
    "clients",
    "csrf_token",
    "decodes",
    "encoded",
    "etag_of",
    "forget_cookies",
    "from_our_own_page",
    "guarded",
    "issuer",
    "keep_in_cookies",
    "known_as",
    "liveness",
    "officer_on_duty",
    "page_schema",
    "parts",
    "principal_of",
    "public",
    "reads",
    "refuses",
    "request_id",
    "requires",
    "scopes_for_others",
    "scopes_of",
    "signed",
    "speaks_for",
    "takes",
    "takes_bytes",
    "transaction",
    "verifier",
    "visitor",
    "weighed",
    "weighs",
]
