"""Web: the only place that knows HTTP. Sectors take what they need from here."""

from .blueprint import Blueprint
from .bodies import check_if_match, encoded, etag_of
from .edge import MEBIBYTE, takes
from .guard import public, requires
from .request import actor, client_address, parts, request_id
from .schema import CoordinatesQuery, Instant, PageQuery, Place, Schema, page_schema
from .sector import Loop, Probe, Schedule, Sector, System
from .signatures import signed
from .transaction import reads, transaction

__all__ = [
    "MEBIBYTE",
    "Blueprint",
    "CoordinatesQuery",
    "Instant",
    "Loop",
    "PageQuery",
    "Place",
    "Probe",
    "Schedule",
    "Schema",
    "Sector",
    "System",
    "actor",
    "check_if_match",
    "client_address",
    "encoded",
    "etag_of",
    "page_schema",
    "parts",
    "public",
    "reads",
    "request_id",
    "requires",
    "signed",
    "takes",
    "transaction",
]
