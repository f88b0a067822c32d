"""Traffic: buses, and later cards and bikes."""

from hub.transit.events import ImportRequested
from hub.web import Probe, Ready, Schedule, Scope, Sector, System, Unchanged
from hub.web.languages import marked

from . import (
    alerts,
    arrivals,
    boards,
    duties,
    favourites,
    feeds,
    imports,
    pages,
    positions,
    realtime,
    routes,
    stops,
    vehicles,
)
from .by_version import MAX_AGE, version_tag

SECTOR = Sector(
    slug="traffic",
    title="Traffic",
    systems=(System(number="2.7", title="Live bus locations", shape="live city"),),
    scopes=(
        Scope(
            "traffic.favourite:read", marked("See the favourite stops and lines"), care="sandbox"
        ),
        Scope("traffic.favourite:manage", marked("Change the favourite stops and lines")),
    ),
    blueprints=(
        feeds.bp,
        stops.bp,
        routes.bp,
        favourites.bp,
        imports.bp,
        arrivals.bp,
        vehicles.bp,
        alerts.bp,
        positions.bp,
        realtime.bp,
    ),
    pages=(pages.bp,),
    errands={ImportRequested: (imports.read_the_zip,)},
    schedules=(
        duties.KEEP_POSITIONS,
        Schedule(
            name="transit.remove_spent_versions",
            cron="41 19 * * *",
            run=imports.remove_spent_versions,
        ),
    ),
    ready=(
        Ready(rule="/v1/transit/stops/<path:stop_id>/arrivals", find=boards.ready_arrivals),
        Ready(rule="/v1/transit/routes/<path:route_id>/vehicles", find=boards.ready_vehicles),
        *(
            Unchanged(below=f"/v1/transit/{what}", etag=version_tag, max_age=MAX_AGE)
            for what in ("feeds", "stops", "routes")
        ),
    ),
    probes=(Probe(slug="live-buses", title="Live buses", works=boards.tracker_works),),
)
