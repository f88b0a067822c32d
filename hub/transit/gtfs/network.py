"""The small tables of a feed, held in memory: who runs what, where, and which trips there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .calendar import Days, read_calendar
from .frequencies import Window, read_windows
from .problems import Problems
from .rows import Reader
from .tables import (
    AGENCY,
    ATTRIBUTIONS,
    FEED_INFO,
    ROUTES,
    STOPS,
    TRIPS,
    Table,
)
from .translations import LocalText, Texts

PLAIN_COLOR = "#4a5568"
"""For a line without a colour: GTFS says white, which nobody would see on a map."""

_NEEDS_PARENT = frozenset({"entrance", "node", "boarding_area"})
_NAMED = frozenset({"stop", "station", "entrance"})


@dataclass(slots=True)
class AgencyRow:
    """A row of agency.txt."""

    id: str
    name: LocalText
    url: str | None
    phone: str | None


@dataclass(slots=True)
class StopRow:
    """A row of stops.txt. `no` numbers the stops of this import, so that staged rows are small."""

    no: int
    row: int
    id: str
    code: str | None
    name: LocalText
    longitude: float | None
    latitude: float | None
    location_type: str
    parent: str | None
    wheelchair: str
    platform: str | None
    routes: set[str] = field(default_factory=set)


@dataclass(slots=True)
class RouteRow:
    """A row of routes.txt."""

    id: str
    agency: LocalText
    short_name: str
    long_name: LocalText
    kind: str
    url: str | None
    color: str
    text_color: str
    order: int | None


@dataclass(slots=True)
class TripRow:
    """A row of trips.txt."""

    no: int
    row: int
    id: str
    route: str
    service: str
    headsign: LocalText
    short_name: str | None
    direction: int | None
    block: str | None
    shape: str | None
    wheelchair: str


@dataclass
class Network:
    """Everything of a feed but its stop times and shapes."""

    timezone: str = "UTC"
    language: str = "und"
    label: str | None = None
    publisher: str | None = None
    attributions: list[str] = field(default_factory=list)
    texts: Texts = field(default_factory=lambda: Texts("und"))
    agencies: dict[str, AgencyRow] = field(default_factory=dict)
    stops: dict[str, StopRow] = field(default_factory=dict)
    routes: dict[str, RouteRow] = field(default_factory=dict)
    services: dict[str, Days] = field(default_factory=dict)
    trips: dict[str, TripRow] = field(default_factory=dict)
    windows: dict[str, list[Window]] = field(default_factory=dict)


class NetworkReader:
    """Reads the small tables in the order in which they lean on each other."""

    def __init__(self, reader: Reader, problems: Problems) -> None:
        self._reader = reader
        self._problems = problems
        self._network = Network()

    def read(self) -> Network:
        """The network; what is wrong with it is among the problems."""
        self._read_feed_info()
        self._read_agencies()
        self._read_stops()
        self._judge_parents()
        self._read_routes()
        self._network.services = read_calendar(self._reader, self._problems)
        self._read_trips()
        network = self._network
        network.windows = read_windows(self._reader, self._problems, network.trips)
        self._read_attributions()
        self._judge_translations()
        return self._network

    def _says(self, table: Table, rule: str, row: int, column: str | None, detail: str) -> None:
        self._problems.add(rule, detail, file=table.file, row=row, field=column)

    def _repeated(self, table: Table, row: int, column: str, key: str) -> None:
        self._says(table, "duplicate_key", row, column, f"{key!r} stands in an earlier row.")

    def _known(
        self,
        table: Table,
        row: int,
        column: str,
        key: str,
        parent: Table,
        known: Mapping[str, object],
    ) -> bool:
        if key in known:
            return True
        if parent.file not in self._reader.damaged:
            self._says(
                table, "foreign_key_violation", row, column, f"{parent.file} has no {key!r}."
            )
        return False

    def _read_feed_info(self) -> None:
        network, language = self._network, "mul"
        for row, (name, _url, own, usual, first, last, label) in self._reader.rows(FEED_INFO):
            network.publisher, network.label = name, label
            language = own if own != "mul" else usual or "mul"
            if first and last and first > last:
                self._says(
                    FEED_INFO,
                    "start_and_end_range_out_of_order",
                    row,
                    "feed_end_date",
                    f"The feed ends on {last} before it starts on {first}.",
                )
        network.language = language or "mul"

    def _read_agencies(self) -> None:
        network = self._network
        found = list(self._reader.rows(AGENCY))
        if found and network.language == "mul":
            network.language = found[0][1][4] or "und"
        network.texts = Texts(network.language)
        network.texts.read(self._reader, self._problems)
        for row, (key, name, url, timezone, _language, phone) in found:
            if key is None and len(found) > 1:
                self._says(
                    AGENCY,
                    "missing_required_agency_id",
                    row,
                    "agency_id",
                    "With several agencies each needs an agency_id.",
                )
            key = key or ""
            if key in network.agencies:
                self._repeated(AGENCY, row, "agency_id", key)
            if network.agencies and timezone != network.timezone:
                self._says(
                    AGENCY,
                    "inconsistent_agency_timezone",
                    row,
                    "agency_timezone",
                    f"All agencies share one time zone; the first has {network.timezone}.",
                )
            network.timezone = network.timezone if network.agencies else timezone
            local = network.texts.of("agency", "agency_name", key, name)
            network.agencies[key] = AgencyRow(key, local, url, phone)

    def _read_stops(self) -> None:
        stops = self._network.stops
        for row, values in self._reader.rows(STOPS):
            key, code, name, latitude, longitude, kind, parent, wheelchair, platform = values
            if key in stops:
                self._repeated(STOPS, row, "stop_id", key)
                continue
            if not name and kind in _NAMED:
                self._says(STOPS, "missing_stop_name", row, "stop_name", "The stop has no name.")
            self._judge_place(row, kind, longitude, latitude)
            stops[key] = StopRow(
                no=len(stops),
                row=row,
                id=key,
                code=code,
                name=self._network.texts.of("stops", "stop_name", key, name or ""),
                longitude=longitude,
                latitude=latitude,
                location_type=kind,
                parent=parent,
                wheelchair=wheelchair,
                platform=platform,
            )

    def _judge_place(
        self, row: int, kind: str, longitude: float | None, latitude: float | None
    ) -> None:
        if longitude is None or latitude is None:
            if kind in _NAMED:
                self._says(
                    STOPS, "stop_without_location", row, None, "The stop has no coordinates."
                )
        elif abs(longitude) <= 1 and abs(latitude) <= 1:
            self._says(
                STOPS, "point_near_origin", row, None, "The stop lies at 0, 0: in the Atlantic."
            )
        elif abs(latitude) >= 89:
            self._says(STOPS, "point_near_pole", row, None, "The stop lies at a pole.")

    def _judge_parents(self) -> None:
        if STOPS.file in self._reader.damaged:
            return  # the parent may be in the row that could not be read
        stops = self._network.stops
        for stop in stops.values():
            expected = "stop" if stop.location_type == "boarding_area" else "station"
            if stop.parent is None:
                if stop.location_type in _NEEDS_PARENT:
                    self._parent_is(
                        "location_without_parent_station", stop, "It needs a parent_station."
                    )
            elif stop.location_type == "station":
                self._parent_is(
                    "station_with_parent_station", stop, "A station is in no other station."
                )
            elif stop.parent not in stops:
                # The stop itself is sound, so buses may call at it: only its station is unknown.
                self._problems.add(
                    "foreign_key_violation",
                    f"stops.txt has no {stop.parent!r}; the stop stands alone.",
                    file=STOPS.file,
                    row=stop.row,
                    field="parent_station",
                    mended=True,
                )
                stop.parent = None
            elif stops[stop.parent].location_type != expected:
                self._parent_is(
                    "wrong_parent_location_type", stop, f"Its parent must be a {expected}."
                )

    def _parent_is(self, rule: str, stop: StopRow, detail: str) -> None:
        self._says(STOPS, rule, stop.row, "parent_station", detail)

    def _read_routes(self) -> None:
        network = self._network
        for row, values in self._reader.rows(ROUTES):
            key, agency, short_name, long_name, kind, url, color, text_color, order = values
            if key in network.routes:
                self._repeated(ROUTES, row, "route_id", key)
                continue
            if not short_name and not long_name:
                self._says(
                    ROUTES,
                    "route_both_short_and_long_name_missing",
                    row,
                    "route_short_name",
                    "The route has neither a short nor a long name.",
                )
            network.routes[key] = RouteRow(
                id=key,
                agency=self._agency_of(row, agency),
                short_name=short_name,
                long_name=network.texts.of("routes", "route_long_name", key, long_name),
                kind=kind,
                url=url,
                color=color or PLAIN_COLOR,
                text_color=text_color or ("#000000" if color else "#ffffff"),
                order=order,
            )

    def _agency_of(self, row: int, key: str | None) -> LocalText:
        agencies = self._network.agencies
        if key is None:
            if len(agencies) > 1:
                self._says(
                    ROUTES,
                    "missing_required_agency_id",
                    row,
                    "agency_id",
                    "With several agencies each route needs an agency_id.",
                )
            return next((agency.name for agency in agencies.values()), {})
        if self._known(ROUTES, row, "agency_id", key, AGENCY, agencies):
            return agencies[key].name
        return {}

    def _read_trips(self) -> None:
        network = self._network
        for row, values in self._reader.rows(TRIPS):
            key, route, service, headsign, short_name, direction, block, shape, wheelchair = values
            if key in network.trips:
                self._repeated(TRIPS, row, "trip_id", key)
                continue
            self._known(TRIPS, row, "route_id", route, ROUTES, network.routes)
            self._judge_service(row, service)
            network.trips[key] = TripRow(
                no=len(network.trips),
                row=row,
                id=key,
                route=route,
                service=service,
                headsign=network.texts.of("trips", "trip_headsign", key, headsign),
                short_name=short_name,
                direction=direction,
                block=block,
                shape=shape,
                wheelchair=wheelchair,
            )

    def _judge_service(self, row: int, service: str) -> None:
        if service in self._network.services:
            return
        if not self._reader.damaged & {"calendar.txt", "calendar_dates.txt"}:
            self._says(
                TRIPS,
                "foreign_key_violation",
                row,
                "service_id",
                f"Neither calendar.txt nor calendar_dates.txt has {service!r}.",
            )

    def _read_attributions(self) -> None:
        for _row, (name, *_scope) in self._reader.rows(ATTRIBUTIONS):
            if name not in self._network.attributions:
                self._network.attributions.append(name)

    def _judge_translations(self) -> None:
        network = self._network
        network.texts.forget_known("agency", network.agencies)
        network.texts.forget_known("stops", network.stops)
        network.texts.forget_known("routes", network.routes)
        network.texts.forget_known("trips", network.trips)
        network.texts.forget_known("stop_times", network.trips)
        if not self._reader.damaged:
            network.texts.name_unknown(self._problems)
