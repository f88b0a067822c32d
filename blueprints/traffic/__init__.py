"""Traffic: buses, and later cards and bikes."""

from hub.transit.events import ImportRequested
from hub.web import Probe, Schedule, Sector, System

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

SECTOR = Sector(
    slug="traffic",
    title="Traffic",
    systems=(System(number="2.7", title="Live bus locations", shape="live city"),),
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
    probes=(Probe(slug="live-buses", title="Live buses", works=boards.tracker_works),),
)
