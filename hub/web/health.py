"""Health: whether this hub lives, may be sent requests, and what citizens may know of it."""

import hmac
import time
from typing import Any

from flask import Response, request
from marshmallow import fields
from sqlalchemy import text
from werkzeug.exceptions import NotFound as NoRoute

from hub.kernel import revision
from hub.kernel.errors import Unavailable
from hub.kernel.work import Reading
from hub.parts import Parts

from . import metrics
from .blueprint import Blueprint
from .guard import public
from .languages import text as _
from .operation import refuses
from .request import parts
from .schema import Instant, Schema
from .sector import Probe
from .transaction import reads

LAG_SECONDS = 60.0

bp = Blueprint("health", __name__, description="Whether the hub works")


class NotReady(Unavailable):
    """This process should not get requests yet: the database is away, its migrations are not those
    of this version, or events wait too long. A balancer asks again and takes another process."""

    title = "Not ready"


class Alive(Schema):
    """The process answers."""

    alive = fields.Boolean(required=True, metadata={"example": True})


class Readiness(Schema):
    """What was looked at before saying yes."""

    revision = fields.String(required=True, metadata={"example": "0001_kernel"})
    waiting_seconds = fields.Float(
        required=True, metadata={"description": "Age of the oldest event not yet relayed."}
    )


class Service(Schema):
    """One thing that citizens use, and whether it works now."""

    slug = fields.String(required=True, metadata={"example": "database"})
    title = fields.String(required=True, metadata={"example": "Records and sign-in"})
    works = fields.Boolean(required=True, metadata={"example": True})


class Status(Schema):
    """What citizens may know of the hub's state."""

    works = fields.Boolean(required=True, metadata={"example": True})
    checked_at = Instant(required=True)
    services = fields.List(fields.Nested(Service), required=True)


@bp.get("/healthz")
@public
@bp.response(200, Alive)
def healthz() -> dict[str, Any]:
    """Say that this process is alive.

    Looks at nothing else: a hub whose database is away should not be killed for it.
    """
    return {"alive": True}


@bp.get("/readyz")
@public
@reads
@bp.response(200, Readiness)
def readyz(reading: Reading) -> dict[str, Any]:
    """Say whether this process may be sent requests."""
    expected, found = revision.expected(), revision.present(reading.connection)
    if found != expected:
        raise NotReady("The database is not at the revision of this version.")
    waiting = reading.connection.scalar(_WAITING) or 0.0
    if waiting > LAG_SECONDS:
        raise NotReady("Events are waiting for too long.")
    return {"revision": found, "waiting_seconds": round(waiting, 1)}


@bp.get("/metrics")
@public
@refuses(404)
@bp.response(200, content_type="text/plain; version=0.0.4")
def metrics_page() -> Response:
    """Give the numbers to the monitoring system.

    Only with the token of the settings or, when none is set, from this machine and not through a
    proxy; for everybody else this address does not exist.
    """
    token = parts().settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    direct = not {"X-Forwarded-For", "Forwarded"} & {name for name, _ in request.headers}
    local = not token and direct and request.remote_addr in {"127.0.0.1", "::1"}
    if not local and not (token and hmac.compare_digest(given.encode(), token.encode())):
        raise NoRoute
    return Response(metrics.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


@bp.get("/v1/status")
@public
@bp.response(200, Status)
def status() -> dict[str, Any]:
    """Say what works now, from probes that look at the things themselves."""
    return status_report(parts())


def status_report(of: Parts) -> dict[str, Any]:
    """Each probe's answer, asked at most every five seconds by this process."""
    report = of.of(_Report).answer()
    services = [service | {"title": _(service["title"])} for service in report["services"]]
    return report | {"services": services}


class _Report:
    def __init__(self, of: Parts) -> None:
        self._parts = of
        self._asked_at = -60.0
        self._last: dict[str, Any] = {}

    def answer(self) -> dict[str, Any]:
        if time.monotonic() - self._asked_at > 5.0:
            services = [
                {"slug": probe.slug, "title": probe.title, "works": _works(probe, self._parts)}
                for probe in (_DATABASE, *self._parts.of(Probes).all)
            ]
            works = all(service["works"] for service in services)
            now = self._parts.database.clock()
            self._last = {"works": works, "checked_at": now, "services": services}
            self._asked_at = time.monotonic()
        return self._last


class Probes:
    """The probes that the sectors declared; the composition root fills them in."""

    def __init__(self, _: Parts) -> None:
        self.all: tuple[Probe, ...] = ()


_WAITING = text(
    "SELECT extract(epoch FROM now() - min(occurred_at))::float FROM kernel_outbox"
    " WHERE relayed_at IS NULL AND held_at IS NULL"
)


def _works(probe: Probe, of: Parts) -> bool:
    try:
        return probe.works(of)
    except Exception:  # noqa: BLE001 (whatever a probe meets, it does not work)
        return False


def _database_answers(of: Parts) -> bool:
    with of.database.reads() as connection:
        return connection.scalar(text("SELECT true")) is True


_DATABASE = Probe(slug="database", title="Records and sign-in", works=_database_answers)
