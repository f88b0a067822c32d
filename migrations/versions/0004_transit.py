"""The schedule: feeds, versions side by side, and what one version holds; favourites."""

from alembic import op

revision = "0004_transit"
down_revision = "0003_fleet"
branch_labels = None
depends_on = None

FEEDS = """
CREATE TABLE transit_feed (
    id uuid CONSTRAINT pk_transit_feed PRIMARY KEY,
    slug text NOT NULL CONSTRAINT uq_transit_feed_slug UNIQUE,
    name jsonb NOT NULL,
    kind text NOT NULL,
    notice jsonb,
    licence text,
    current_version_id uuid,
    created_at timestamptz NOT NULL,
    CONSTRAINT ck_transit_feed_slug CHECK (slug ~ '^[a-z0-9-]{1,32}$'),
    CONSTRAINT ck_transit_feed_kind CHECK (kind IN ('synthetic', 'recorded', 'live'))
);

CREATE TABLE transit_version (
    id uuid CONSTRAINT pk_transit_version PRIMARY KEY,
    feed_id uuid NOT NULL CONSTRAINT fk_transit_version_feed_id REFERENCES transit_feed (id),
    timezone text NOT NULL,
    language text NOT NULL,
    bounds double precision[] NOT NULL,
    valid_from date NOT NULL,
    valid_until date NOT NULL,
    label text,
    attribution text NOT NULL,
    published_at timestamptz NOT NULL
);
CREATE INDEX ix_transit_version_feed_id ON transit_version (feed_id, published_at);

ALTER TABLE transit_feed ADD CONSTRAINT fk_transit_feed_current_version_id
    FOREIGN KEY (current_version_id) REFERENCES transit_version (id);

CREATE TABLE transit_import (
    id uuid CONSTRAINT pk_transit_import PRIMARY KEY,
    feed_id uuid NOT NULL CONSTRAINT fk_transit_import_feed_id REFERENCES transit_feed (id),
    file_id uuid,
    version_id uuid,
    state text NOT NULL,
    rows_read integer NOT NULL,
    percent smallint NOT NULL,
    problems jsonb NOT NULL,
    errors integer NOT NULL,
    warnings integer NOT NULL,
    requested_by text NOT NULL,
    queued_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    CONSTRAINT ck_transit_import_state
        CHECK (state IN ('queued', 'running', 'published', 'refused')),
    CONSTRAINT ck_transit_import_percent CHECK (percent BETWEEN 0 AND 100)
);
CREATE INDEX ix_transit_import_feed_id ON transit_import (feed_id, id);
"""

NETWORK = """
CREATE TABLE transit_agency (
    version_id uuid NOT NULL
        CONSTRAINT fk_transit_agency_version_id REFERENCES transit_version (id),
    id text NOT NULL,
    name jsonb NOT NULL,
    url text,
    phone text,
    CONSTRAINT pk_transit_agency PRIMARY KEY (version_id, id)
);

CREATE TABLE transit_stop (
    version_id uuid NOT NULL CONSTRAINT fk_transit_stop_version_id REFERENCES transit_version (id),
    id text NOT NULL,
    code text,
    name jsonb NOT NULL,
    longitude double precision,
    latitude double precision,
    location_type text NOT NULL,
    parent_id text,
    platform_code text,
    wheelchair_boarding text NOT NULL,
    routes jsonb NOT NULL,
    search text NOT NULL,
    CONSTRAINT pk_transit_stop PRIMARY KEY (version_id, id),
    CONSTRAINT ck_transit_stop_location_type
        CHECK (location_type IN ('stop', 'station', 'entrance', 'node', 'boarding_area')),
    CONSTRAINT ck_transit_stop_wheelchair_boarding
        CHECK (wheelchair_boarding IN ('unknown', 'possible', 'not_possible'))
);
CREATE INDEX ix_transit_stop_place ON transit_stop (version_id, latitude, longitude);
CREATE INDEX ix_transit_stop_parent_id ON transit_stop (version_id, parent_id);
CREATE INDEX ix_transit_stop_search ON transit_stop USING gin (search gin_trgm_ops);

CREATE TABLE transit_route (
    version_id uuid NOT NULL
        CONSTRAINT fk_transit_route_version_id REFERENCES transit_version (id),
    id text NOT NULL,
    agency jsonb NOT NULL,
    short_name text NOT NULL,
    long_name jsonb NOT NULL,
    kind text NOT NULL,
    color text NOT NULL,
    text_color text NOT NULL,
    url text,
    position integer NOT NULL,
    search text NOT NULL,
    CONSTRAINT pk_transit_route PRIMARY KEY (version_id, id)
);
CREATE INDEX ix_transit_route_position ON transit_route (version_id, position);
CREATE INDEX ix_transit_route_search ON transit_route USING gin (search gin_trgm_ops);

CREATE TABLE transit_shape (
    version_id uuid NOT NULL
        CONSTRAINT fk_transit_shape_version_id REFERENCES transit_version (id),
    no integer NOT NULL,
    gtfs_id text,
    points double precision[] NOT NULL,
    metres double precision[] NOT NULL,
    outline double precision[] NOT NULL,
    CONSTRAINT pk_transit_shape PRIMARY KEY (version_id, no)
);
"""

TRIPS = """
CREATE TABLE transit_pattern (
    version_id uuid NOT NULL
        CONSTRAINT fk_transit_pattern_version_id REFERENCES transit_version (id),
    no integer NOT NULL,
    route_id text NOT NULL,
    direction smallint,
    headsign jsonb NOT NULL,
    shape_no integer NOT NULL,
    CONSTRAINT pk_transit_pattern PRIMARY KEY (version_id, no),
    CONSTRAINT fk_transit_pattern_route
        FOREIGN KEY (version_id, route_id) REFERENCES transit_route (version_id, id),
    CONSTRAINT fk_transit_pattern_shape
        FOREIGN KEY (version_id, shape_no) REFERENCES transit_shape (version_id, no)
);
CREATE INDEX ix_transit_pattern_route ON transit_pattern (version_id, route_id);

CREATE TABLE transit_call (
    version_id uuid NOT NULL CONSTRAINT fk_transit_call_version_id REFERENCES transit_version (id),
    pattern_no integer NOT NULL,
    position smallint NOT NULL,
    stop_id text NOT NULL,
    stop_sequence integer NOT NULL,
    metres double precision NOT NULL,
    pickup text NOT NULL,
    drop_off text NOT NULL,
    timepoint boolean NOT NULL,
    headsign jsonb,
    CONSTRAINT pk_transit_call PRIMARY KEY (version_id, pattern_no, position),
    CONSTRAINT fk_transit_call_pattern
        FOREIGN KEY (version_id, pattern_no) REFERENCES transit_pattern (version_id, no),
    CONSTRAINT fk_transit_call_stop
        FOREIGN KEY (version_id, stop_id) REFERENCES transit_stop (version_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_transit_call_pickup
        CHECK (pickup IN ('regular', 'none', 'phone_agency', 'ask_driver')),
    CONSTRAINT ck_transit_call_drop_off
        CHECK (drop_off IN ('regular', 'none', 'phone_agency', 'ask_driver'))
);
CREATE INDEX ix_transit_call_stop ON transit_call (version_id, stop_id);

CREATE TABLE transit_service_day (
    version_id uuid NOT NULL
        CONSTRAINT fk_transit_service_day_version_id REFERENCES transit_version (id),
    day date NOT NULL,
    service_no integer NOT NULL,
    CONSTRAINT pk_transit_service_day PRIMARY KEY (version_id, day, service_no)
);

CREATE TABLE transit_trip (
    version_id uuid NOT NULL CONSTRAINT fk_transit_trip_version_id REFERENCES transit_version (id),
    id text NOT NULL,
    pattern_no integer NOT NULL,
    service_no integer NOT NULL,
    headsign jsonb NOT NULL,
    short_name text,
    block_id text,
    wheelchair_accessible text NOT NULL,
    arrivals integer[] NOT NULL,
    departures integer[] NOT NULL,
    CONSTRAINT pk_transit_trip PRIMARY KEY (version_id, id),
    CONSTRAINT fk_transit_trip_pattern
        FOREIGN KEY (version_id, pattern_no) REFERENCES transit_pattern (version_id, no),
    CONSTRAINT ck_transit_trip_times CHECK (cardinality(arrivals) = cardinality(departures))
);
CREATE INDEX ix_transit_trip_pattern ON transit_trip (version_id, pattern_no, service_no);
CREATE INDEX ix_transit_trip_service ON transit_trip (version_id, service_no);

CREATE TABLE transit_frequency (
    version_id uuid NOT NULL
        CONSTRAINT fk_transit_frequency_version_id REFERENCES transit_version (id),
    trip_id text NOT NULL,
    start_s integer NOT NULL,
    end_s integer NOT NULL,
    headway_s integer NOT NULL,
    exact boolean NOT NULL,
    CONSTRAINT pk_transit_frequency PRIMARY KEY (version_id, trip_id, start_s),
    CONSTRAINT fk_transit_frequency_trip
        FOREIGN KEY (version_id, trip_id) REFERENCES transit_trip (version_id, id),
    CONSTRAINT ck_transit_frequency_window CHECK (headway_s > 0 AND end_s > start_s)
);
"""

FAVOURITES = """
CREATE TABLE transit_favourite (
    id uuid CONSTRAINT pk_transit_favourite PRIMARY KEY,
    person text NOT NULL,
    kind text NOT NULL,
    target text NOT NULL,
    label text,
    created_at timestamptz NOT NULL,
    CONSTRAINT uq_transit_favourite_target UNIQUE (person, kind, target),
    CONSTRAINT ck_transit_favourite_kind CHECK (kind IN ('stop', 'route'))
);
"""

# What a version holds is written once and removed whole; only feeds and imports change.
GRANTS = """
GRANT SELECT, INSERT, UPDATE ON transit_feed, transit_import TO hub_app;
GRANT SELECT, INSERT, DELETE ON
    transit_version, transit_agency, transit_stop, transit_route, transit_shape, transit_pattern,
    transit_call, transit_service_day, transit_trip, transit_frequency TO hub_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON transit_favourite TO hub_app;
GRANT SELECT ON
    transit_feed, transit_version, transit_import, transit_agency, transit_stop, transit_route,
    transit_shape, transit_pattern, transit_call, transit_service_day, transit_trip,
    transit_frequency, transit_favourite TO hub_read;
"""


def upgrade() -> None:
    # A trusted extension of PostgreSQL's own contrib: the owner of the database may create it.
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for statements in (FEEDS, NETWORK, TRIPS, FAVOURITES, GRANTS):
        op.execute(statements)
