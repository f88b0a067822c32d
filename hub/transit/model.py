"""Tables of the schedule: feeds, their versions side by side, and what one version holds.

Everything a GTFS zip says lives under one `transit_version`; readers only ever follow
`transit_feed.current_version_id`, so a new timetable appears in a single UPDATE and the old one
stays untouched for whoever is still reading it.

Units: distances are metres along the shape, places are WGS 84 degrees, times of day are seconds
since noon minus twelve hours of the service day (GTFS Schedule Reference, "Service day"), so a
trip after midnight has times above 86,400. Texts for passengers are `LocalText`: language to text.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, DOUBLE_PRECISION, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base
from hub.kernel.personal import personal, whose

own_favourites = personal(
    purpose="Show a citizen their own stops and lines first.",
    basis="consent",
    keep=timedelta(0),
    export=True,
    erase="delete",
)
optional_text = JSONB(none_as_null=True)

FEED_KINDS = ("synthetic", "recorded", "live")
IMPORT_STATES = ("queued", "running", "published", "refused")
LOCATION_TYPES = ("stop", "station", "entrance", "node", "boarding_area")
WHEELCHAIR = ("unknown", "possible", "not_possible")
BOARDING = ("regular", "none", "phone_agency", "ask_driver")
FAVOURITE_KINDS = ("stop", "route")


def one_of(column: str, words: tuple[str, ...]) -> str:
    """The CHECK that keeps a word column to its words; the migration spells the same."""
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


class Feed(Base):
    """A timetable as passengers know it: one operator or one city, whatever its version today."""

    __tablename__ = "transit_feed"
    __table_args__ = (
        UniqueConstraint("slug", name="uq_transit_feed_slug"),
        CheckConstraint("slug ~ '^[a-z0-9-]{1,32}$'", name="slug"),
        CheckConstraint(one_of("kind", FEED_KINDS), name="kind"),
        ForeignKeyConstraint(
            ["current_version_id"],
            ["transit_version.id"],
            name="fk_transit_feed_current_version_id",
            use_alter=True,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Text)
    name: Mapped[dict[str, str]] = mapped_column(JSONB)
    kind: Mapped[str] = mapped_column(Text)
    notice: Mapped[dict[str, str] | None] = mapped_column(optional_text)
    licence: Mapped[str | None] = mapped_column(Text)
    current_version_id: Mapped[UUID | None]
    created_at: Mapped[datetime]


class Version(Base):
    """One zip as it was published. Never changed afterwards, only superseded and later removed."""

    __tablename__ = "transit_version"
    __table_args__ = (Index("ix_transit_version_feed_id", "feed_id", "published_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    feed_id: Mapped[UUID] = mapped_column(ForeignKey("transit_feed.id"))
    timezone: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    bounds: Mapped[list[float]] = mapped_column(ARRAY(DOUBLE_PRECISION))
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    label: Mapped[str | None] = mapped_column(Text)
    attribution: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime]


class Import(Base):
    """One attempt to read a zip, with how far it came and what is wrong with the zip."""

    __tablename__ = "transit_import"
    __table_args__ = (
        CheckConstraint(one_of("state", IMPORT_STATES), name="state"),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
        Index("ix_transit_import_feed_id", "feed_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    feed_id: Mapped[UUID] = mapped_column(ForeignKey("transit_feed.id"))
    file_id: Mapped[UUID | None]
    version_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(Text)
    rows_read: Mapped[int] = mapped_column(Integer)
    percent: Mapped[int] = mapped_column(SmallInteger)
    problems: Mapped[list[dict[str, object]]] = mapped_column(JSONB)
    errors: Mapped[int] = mapped_column(Integer)
    warnings: Mapped[int] = mapped_column(Integer)
    requested_by: Mapped[str] = mapped_column(Text)
    queued_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Agency(Base):
    """Who runs the buses of a route."""

    __tablename__ = "transit_agency"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("transit_version.id"), primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[dict[str, str]] = mapped_column(JSONB)
    url: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)


class Stop(Base):
    """A place of stops.txt. `routes` repeats which lines call here, so that lists need no join."""

    __tablename__ = "transit_stop"
    __table_args__ = (
        CheckConstraint(one_of("location_type", LOCATION_TYPES), name="location_type"),
        CheckConstraint(one_of("wheelchair_boarding", WHEELCHAIR), name="wheelchair_boarding"),
        Index("ix_transit_stop_place", "version_id", "latitude", "longitude"),
        Index("ix_transit_stop_parent_id", "version_id", "parent_id"),
        Index(
            "ix_transit_stop_search",
            "search",
            postgresql_using="gin",
            postgresql_ops={"search": "gin_trgm_ops"},
        ),
    )

    version_id: Mapped[UUID] = mapped_column(ForeignKey("transit_version.id"), primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    code: Mapped[str | None] = mapped_column(Text)
    name: Mapped[dict[str, str]] = mapped_column(JSONB)
    longitude: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    latitude: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    location_type: Mapped[str] = mapped_column(Text)
    parent_id: Mapped[str | None] = mapped_column(Text)
    platform_code: Mapped[str | None] = mapped_column(Text)
    wheelchair_boarding: Mapped[str] = mapped_column(Text)
    routes: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    search: Mapped[str] = mapped_column(Text)


class Route(Base):
    """A line. `position` is its place in lists: the operator's order, then 2 before 10."""

    __tablename__ = "transit_route"
    __table_args__ = (
        Index("ix_transit_route_position", "version_id", "position"),
        Index(
            "ix_transit_route_search",
            "search",
            postgresql_using="gin",
            postgresql_ops={"search": "gin_trgm_ops"},
        ),
    )

    version_id: Mapped[UUID] = mapped_column(ForeignKey("transit_version.id"), primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    agency: Mapped[dict[str, str]] = mapped_column(JSONB)
    short_name: Mapped[str] = mapped_column(Text)
    long_name: Mapped[dict[str, str]] = mapped_column(JSONB)
    kind: Mapped[str] = mapped_column(Text)
    color: Mapped[str] = mapped_column(Text)
    text_color: Mapped[str] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Integer)
    search: Mapped[str] = mapped_column(Text)


class Shape(Base):
    """A line on the ground. Without a `gtfs_id` it was drawn by us from stop to stop.

    `points` is flat (longitude, latitude, longitude, ...), `metres` the way walked at each point,
    `outline` the same flat form thinned for a map (no point further than five metres away).
    """

    __tablename__ = "transit_shape"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("transit_version.id"), primary_key=True)
    no: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    gtfs_id: Mapped[str | None] = mapped_column(Text)
    points: Mapped[list[float]] = mapped_column(ARRAY(DOUBLE_PRECISION))
    metres: Mapped[list[float]] = mapped_column(ARRAY(DOUBLE_PRECISION))
    outline: Mapped[list[float]] = mapped_column(ARRAY(DOUBLE_PRECISION))


class Pattern(Base):
    """All trips of a route that call at the same stops in the same way along the same shape."""

    __tablename__ = "transit_pattern"
    __table_args__ = (
        ForeignKeyConstraint(
            ["version_id", "route_id"],
            ["transit_route.version_id", "transit_route.id"],
            name="fk_transit_pattern_route",
        ),
        ForeignKeyConstraint(
            ["version_id", "shape_no"],
            ["transit_shape.version_id", "transit_shape.no"],
            name="fk_transit_pattern_shape",
        ),
        Index("ix_transit_pattern_route", "version_id", "route_id"),
    )

    version_id: Mapped[UUID] = mapped_column(ForeignKey("transit_version.id"), primary_key=True)
    no: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    route_id: Mapped[str] = mapped_column(Text)
    direction: Mapped[int | None] = mapped_column(SmallInteger)
    headsign: Mapped[dict[str, str]] = mapped_column(JSONB)
    shape_no: Mapped[int] = mapped_column(Integer)


class Call(Base):
    """A pattern calls at a stop: the n-th one, so far along the shape."""

    __tablename__ = "transit_call"
    __table_args__ = (
        ForeignKeyConstraint(
            ["version_id", "pattern_no"],
            ["transit_pattern.version_id", "transit_pattern.no"],
            name="fk_transit_call_pattern",
        ),
        ForeignKeyConstraint(
            ["version_id", "stop_id"],
            ["transit_stop.version_id", "transit_stop.id"],
            name="fk_transit_call_stop",
            # Stops are written last, when it is known which lines call at them.
            deferrable=True,
            initially="DEFERRED",
        ),
        CheckConstraint(one_of("pickup", BOARDING), name="pickup"),
        CheckConstraint(one_of("drop_off", BOARDING), name="drop_off"),
        Index("ix_transit_call_stop", "version_id", "stop_id"),
    )

    version_id: Mapped[UUID] = mapped_column(ForeignKey("transit_version.id"), primary_key=True)
    pattern_no: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    stop_id: Mapped[str] = mapped_column(Text)
    stop_sequence: Mapped[int] = mapped_column(Integer)
    metres: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    pickup: Mapped[str] = mapped_column(Text)
    drop_off: Mapped[str] = mapped_column(Text)
    timepoint: Mapped[bool]
    headsign: Mapped[dict[str, str] | None] = mapped_column(optional_text)


class ServiceDay(Base):
    """A service runs on this day: calendar.txt and calendar_dates.txt already worked out."""

    __tablename__ = "transit_service_day"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("transit_version.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    service_no: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)


class Trip(Base):
    """One run of a pattern on the days of a service; times at each call, in seconds of the day."""

    __tablename__ = "transit_trip"
    __table_args__ = (
        ForeignKeyConstraint(
            ["version_id", "pattern_no"],
            ["transit_pattern.version_id", "transit_pattern.no"],
            name="fk_transit_trip_pattern",
        ),
        CheckConstraint("cardinality(arrivals) = cardinality(departures)", name="times"),
        Index("ix_transit_trip_pattern", "version_id", "pattern_no", "service_no"),
        Index("ix_transit_trip_service", "version_id", "service_no"),
    )

    version_id: Mapped[UUID] = mapped_column(ForeignKey("transit_version.id"), primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    pattern_no: Mapped[int] = mapped_column(Integer)
    service_no: Mapped[int] = mapped_column(Integer)
    headsign: Mapped[dict[str, str]] = mapped_column(JSONB)
    short_name: Mapped[str | None] = mapped_column(Text)
    block_id: Mapped[str | None] = mapped_column(Text)
    wheelchair_accessible: Mapped[str] = mapped_column(Text)
    arrivals: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    departures: Mapped[list[int]] = mapped_column(ARRAY(Integer))


class Frequency(Base):
    """A trip is a stencil here: it leaves every `headway_s` seconds from start until before end."""

    __tablename__ = "transit_frequency"
    __table_args__ = (
        ForeignKeyConstraint(
            ["version_id", "trip_id"],
            ["transit_trip.version_id", "transit_trip.id"],
            name="fk_transit_frequency_trip",
        ),
        CheckConstraint("headway_s > 0 AND end_s > start_s", name="window"),
    )

    version_id: Mapped[UUID] = mapped_column(ForeignKey("transit_version.id"), primary_key=True)
    trip_id: Mapped[str] = mapped_column(Text, primary_key=True)
    start_s: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    end_s: Mapped[int] = mapped_column(Integer)
    headway_s: Mapped[int] = mapped_column(Integer)
    exact: Mapped[bool]


class Favourite(Base):
    """A stop or a line that somebody wants at hand. `target` is the public id, version or not."""

    __tablename__ = "transit_favourite"
    __table_args__ = (
        UniqueConstraint("person", "kind", "target", name="uq_transit_favourite_target"),
        CheckConstraint(one_of("kind", FAVOURITE_KINDS), name="kind"),
        {"info": whose("person", public_id=True)},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(Text, info=own_favourites)
    kind: Mapped[str] = mapped_column(Text, info=own_favourites)
    target: Mapped[str] = mapped_column(Text, info=own_favourites)
    label: Mapped[str | None] = mapped_column(Text, info=own_favourites)
    created_at: Mapped[datetime] = mapped_column(info=own_favourites)
