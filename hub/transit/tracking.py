"""The tracker of one feed: fixes in, the state of every vehicle and every journey out. No I/O.

A `Track` is a vehicle, a `Run` is a journey that matters now (from 95 minutes before it starts
until shortly after its end). A track that names a journey holds its run: then the run's arrivals
are the schedule plus what that vehicle carries along. What changed is collected for whoever
encodes boards: vehicles, routes and stops that look different than before.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from hub.fleet import Reason, Report

from .arrivals import Progress, Told, forecast, place_on_schedule, progress
from .matching import OFF_FIXES, Fix, Place, locate
from .paths import Path
from .timetable import Journey, Pattern, Route, Timetable
from .tracks import Changes, Doubt, Passage, Run, RunKey, Track, TripNews

SILENT_S = 120
"""After this a vehicle is stale and its arrivals say no_signal."""

LOST_S = 300
"""After this its arrivals go by schedule again."""

GONE_S = 600
"""After this it leaves the map."""

HORIZON_S = 95 * 60
AFTERGLOW_S = 300
"""How long served calls, and runs that are over, are still known."""

NEWS_KEPT_S = 24 * 3600

NOTABLE_S = 10
"""A change of delay by this much is worth new boards at all later stops; a smaller one only at the
next few."""

NEAR_CALLS = 3


class FeedTracker:
    """All vehicles and current runs of one feed under one timetable."""

    def __init__(self, timetable: Timetable, now: float) -> None:
        self.timetable = timetable
        self.tracks: dict[str, Track] = {}
        self.runs: dict[RunKey, Run] = {}
        self.calls: defaultdict[str, list[tuple[Run, int]]] = defaultdict(list)
        # Every line has a body from the first tick on, with vehicles or without.
        self.changes = Changes(routes=dict.fromkeys(timetable.routes))
        self.last_fix_at = 0.0
        self._paths: dict[int, Path] = {}
        self._news: dict[tuple[str, date | None, int | None], TripNews] = {}
        self._journeys: defaultdict[str, list[Journey]] = defaultdict(list)
        for journey in timetable.journeys:
            self._journeys[journey.trip.id].append(journey)
        self._upcoming = 0
        self.advance(now)

    def adopt(self, before: "FeedTracker", now: float) -> None:
        """Carry vehicles and news over from the tracker of an older timetable."""
        self._news = dict(before._news)
        for run in self.runs.values():
            run.news = self._news_of(run.journey)
        self.absorb([track.row for track in before.tracks.values()], now)
        for vehicle, track in before.tracks.items():
            if vehicle not in self.tracks:
                self.changes.gone[vehicle] = track.route.id if track.route else None
        self.changes.stops.update(dict.fromkeys(self.timetable.stops))

    # -- what vehicles report ---------------------------------------------------------------------

    def absorb(self, rows: Sequence[Report], now: float) -> int:
        """Take stored positions (rows that `hub.fleet` follows), oldest first; how many were
        news. Late and repeated ones change nothing."""
        return sum(self._absorb(row, now) for row in sorted(rows, key=lambda row: row.at))

    def _absorb(self, row: Report, now: float) -> bool:
        known = track = self.tracks.get(row.vehicle)
        if track is not None and row.at <= track.fix.at:
            return False
        fix = Fix(row.at, row.longitude, row.latitude, row.bearing, row.speed_mps, row.distance_m)
        if track is None:
            track = self.tracks[row.vehicle] = Track(row.vehicle, row, fix)
        before = track.route
        track.row, track.fix, track.stale = row, fix, False
        self._assign(track, row)
        if row.longitude is None and track.place is None:
            # Only a distance, along a line that we do not know: it cannot be put on any map.
            if known is None:
                del self.tracks[row.vehicle]
            else:
                self._lose(track, before, track.route)
            return False
        self.last_fix_at = max(self.last_fix_at, row.at)
        self._predict(track, now)
        self.changes.vehicles[row.vehicle] = None
        self.changes.gone.pop(row.vehicle, None)
        for route in (before, track.route):
            if route is not None:
                self.changes.routes[route.id] = None
        return True

    def _assign(self, track: Track, row: Report) -> None:
        """Find the journey that the row names, and the vehicle's place on it."""
        journey = self._named(track, row)
        if journey is None:
            self._leave(track)
            track.route = self.timetable.routes.get(row.route) if row.route else None
            return
        run = self._run(journey)
        if track.run is not run:
            self._leave(track)
            track.run = run
        track.route = journey.trip.pattern.route
        before, was = track.place, track.progress
        path = self.path(journey.trip.pattern)
        place = locate(path, track.fix, before, place_on_schedule(journey, track.fix.at))
        track.place = place
        if place is None:
            return
        if not place.on_route:
            self._doubt(track, "off_route", journey.trip.id)
            if place.missed == OFF_FIXES:
                self._show_run(run, 0, run.last)
            return
        track.progress = progress(journey, place.along, place.matched_at)
        if was is not None and before is not None:
            self._pass(track, before, was.next, track.progress.next)
        if track.progress.standing and track.progress.next == run.last > 0:
            self._note_passage(track, run, run.last, int(place.matched_at))
        self._hold(track, run)

    def _named(self, track: Track, row: Report) -> Journey | None:
        """The journey meant by a trip id, with or without its day and start."""
        if not row.trip:
            return None
        start_s = seconds_of(row.start_time)
        current = track.run.journey if track.run else None
        if current is not None and current.trip.id == row.trip:
            same_day = row.service_date in {None, current.service_date}
            if same_day and start_s in {None, current.start_s} and row.at < current.ends_at + 3600:
                return current
        candidates = self.candidates(row.trip, row.service_date, start_s)
        if not candidates:
            self._doubt(track, "unknown_trip", row.trip)
            return None
        return min(candidates, key=lambda journey: self._strangeness(journey, track.fix))

    def candidates(
        self, trip: str, service_date: date | None, start_s: int | None
    ) -> list[Journey]:
        """The journeys that a trip id can mean, with as much of its day and start as is known."""
        return [
            journey
            for journey in self._journeys.get(trip, ())
            if service_date in {None, journey.service_date}
            and (start_s in {None, journey.start_s} or not journey.by_frequency)
        ]

    def _strangeness(self, journey: Journey, fix: Fix) -> float:
        """How badly a fix fits a journey, in seconds: outside its time, or off its schedule."""
        outside = max(journey.starts_at - fix.at, fix.at - journey.ends_at, 0.0)
        if not journey.by_frequency:
            return outside
        held = self.runs.get((journey.trip.id, journey.service_date, journey.start_s))
        taken = LOST_S if held is not None and held.holder is not None else 0
        place = locate(self.path(journey.trip.pattern), fix, None, 0.0)
        if place is None:
            return outside + taken
        return abs(progress(journey, place.along, fix.at).delay) + taken

    def _hold(self, track: Track, run: Run) -> None:
        """One vehicle speaks for a run: the first, until it is silent or leaves."""
        holder = run.holder
        if holder is None or holder is track or track.fix.at - holder.fix.at > SILENT_S:
            run.holder = track

    def _leave(self, track: Track) -> None:
        run = track.run
        track.run = track.place = track.progress = None
        if run is None or run.holder is not track:
            return
        run.holder = run.forecast = None
        self._show_run(run, 0, run.last)

    def _pass(self, track: Track, before: Place, first: int, next_: int) -> None:
        """Note the calls between two fixes as served, at the moment interpolated between them."""
        run, place = track.run, track.place
        if run is None or place is None or next_ <= first:
            return
        metres = run.journey.trip.pattern.metres
        ground = place.along - before.along
        for position in range(first, next_):
            share = (metres[position] - before.along) / ground if ground > 0 else 1.0
            at = before.at + min(max(share, 0.0), 1.0) * (place.at - before.at)
            self._note_passage(track, run, position, int(at))
        self._show_run(run, first, next_ - 1)

    def _note_passage(self, track: Track, run: Run, position: int, at: int) -> None:
        if position in run.passed:
            return
        run.passed[position] = at
        trip, day, start_s = run.key
        stop = run.journey.trip.pattern.stops[position].id
        late = at - run.journey.arrives_at(position)
        self.changes.passages.append(
            Passage(trip, day, start_s, position, stop, track.vehicle, at, late)
        )

    def _doubt(self, track: Track, reason: Reason, subject: str) -> None:
        """Say once per vehicle and subject, not with every fix."""
        if (reason, subject) not in track.doubted:
            track.doubted.add((reason, subject))
            self.changes.doubts.append(Doubt(track.vehicle, reason, track.row))

    # -- what operators say -----------------------------------------------------------------------

    def hear(self, news: Iterable[TripNews], now: float) -> None:
        """Take TripUpdates; the newest about a journey counts."""
        for item in news:
            key = item.trip, item.service_date, item.start_s
            known = self._news.get(key)
            if known is not None and known.at >= item.at:
                continue
            self._news[key] = item
            for journey in self._journeys.get(item.trip, ()):
                run = self.runs.get((journey.trip.id, journey.service_date, journey.start_s))
                if run is not None and self._news_of(journey) is item:
                    run.news = item
                    self._foresee(run, now)
                    self._show_run(run, 0, run.last)

    def _news_of(self, journey: Journey) -> TripNews | None:
        trip, day = journey.trip.id, journey.service_date
        for key in ((trip, day, journey.start_s), (trip, day, None), (trip, None, None)):
            if key in self._news:
                return self._news[key]
        return None

    # -- what time does ---------------------------------------------------------------------------

    def advance(self, now: float) -> None:
        """Let time pass: journeys come up and end, vehicles fall silent and leave. Walks over
        everything, so call it every few seconds, not with every fix."""
        journeys = self.timetable.journeys
        while self._upcoming < len(journeys):
            journey = journeys[self._upcoming]
            if journey.starts_at > now + HORIZON_S:
                break
            self._upcoming += 1
            if journey.ends_at > now - AFTERGLOW_S:
                self._run(journey)
        for track in [*self.tracks.values()]:
            self._age(track, now)
        for run in [*self.runs.values()]:
            if self._over(run, now):
                self._drop(run)
            elif run.holder is None and run.forecast is not None:
                self._foresee(run, now)
        for key, item in [*self._news.items()]:
            if item.at < now - NEWS_KEPT_S:
                del self._news[key]

    def _age(self, track: Track, now: float) -> None:
        silent = track.silent(now)
        if silent > GONE_S:
            self._lose(track, track.route)
        elif silent > LOST_S and track.run is not None and track.run.holder is track:
            run = track.run
            run.holder = run.forecast = None
            self._show_run(run, 0, run.last)
        elif silent > SILENT_S and not track.stale:
            track.stale = True
            self.changes.vehicles[track.vehicle] = None
            if track.run is not None:
                self._show_run(track.run, 0, track.run.last)
        else:
            return
        if track.route is not None:
            self.changes.routes[track.route.id] = None

    def _lose(self, track: Track, *routes: Route | None) -> None:
        """Take a vehicle off the map and off the lines that it was shown on."""
        self._leave(track)
        del self.tracks[track.vehicle]
        self.changes.vehicles.pop(track.vehicle, None)
        shown = [route.id for route in routes if route is not None]
        self.changes.gone[track.vehicle] = shown[0] if shown else None
        self.changes.routes.update(dict.fromkeys(shown))

    def _over(self, run: Run, now: float) -> bool:
        end = run.journey.ends_at
        if run.holder is not None and run.forecast is not None:
            end = max(end, run.forecast.arrivals[-1])
        return end < now - AFTERGLOW_S

    # -- runs -------------------------------------------------------------------------------------

    def path(self, pattern: Pattern) -> Path:
        """The pattern's shape, ready for projecting."""
        path = self._paths.get(id(pattern.shape))
        if path is None:
            path = self._paths[id(pattern.shape)] = Path(pattern.shape)
        return path

    def _run(self, journey: Journey) -> Run:
        key = journey.trip.id, journey.service_date, journey.start_s
        run = self.runs.get(key)
        if run is None:
            run = self.runs[key] = Run(journey, news=self._news_of(journey))
            for position, stop in enumerate(journey.trip.pattern.stops):
                self.calls[stop.id].append((run, position))
            self._show_run(run, 0, run.last)
        return run

    def _drop(self, run: Run) -> None:
        del self.runs[run.key]
        if run.holder is not None:
            holder, run.holder = run.holder, None
            holder.run = holder.place = holder.progress = None
            if holder.fix.longitude is None:
                # It was known only by its distance along this journey.
                self._lose(holder, holder.route)
        for stop in run.journey.trip.pattern.stops:
            self.calls[stop.id] = [call for call in self.calls[stop.id] if call[0] is not run]
            self.changes.stops[stop.id] = None

    def _predict(self, track: Track, now: float) -> None:
        run = track.run
        if run is None or run.holder is not track or track.progress is None:
            return
        self._foresee(run, now)
        ahead = track.progress
        if abs(ahead.delay - run.shown_delay) >= NOTABLE_S:
            run.shown_delay = ahead.delay
            self._show_run(run, ahead.next, run.last)
        else:
            self._show_run(run, ahead.next, min(ahead.next + NEAR_CALLS - 1, run.last))

    def _foresee(self, run: Run, now: float) -> None:
        """Work a run's expected times out anew."""
        told = run.told(now)
        if run.holder is not None and run.holder.progress is not None:
            run.forecast = forecast(run.journey, run.holder.progress, int(now), told)
        elif any(said.arrival or said.departure for said in told.values()):
            standing = told_progress(run.journey, told, now)
            run.forecast = forecast(run.journey, standing, int(now), told)
        else:
            run.forecast = None
        self.changes.runs[run.key] = None

    def _show_run(self, run: Run, first: int, last: int) -> None:
        """The boards of these calls look different now."""
        stops = run.journey.trip.pattern.stops
        for position in range(first, last + 1):
            self.changes.stops[stops[position].id] = None

    def take_changes(self) -> Changes:
        """What changed since the last call; starts collecting anew."""
        changes, self.changes = self.changes, Changes()
        return changes


def told_progress(journey: Journey, told: Mapping[int, Told], now: float) -> Progress:
    """Where a journey stands by the operator's words alone: at the first call not past yet."""
    delay = 0
    for position in range(len(journey.trip.arrivals)):
        due, leaves = journey.arrives_at(position), journey.departs_at(position)
        said = told.get(position)
        if said is not None and said.departure is not None:
            delay_then = said.departure - leaves
        elif said is not None and said.arrival is not None:
            delay_then = said.arrival - due
        else:
            delay_then = delay
        if leaves + delay_then >= now:
            return Progress(position, delay, standing=False)
        delay = delay_then
    return Progress(len(journey.trip.arrivals) - 1, delay, standing=False)


def seconds_of(start_time: str | None) -> int | None:
    """Seconds of the service day in GTFS's H:MM:SS."""
    if not start_time:
        return None
    hours, minutes, seconds = (int(part) for part in start_time.split(":"))
    return hours * 3600 + minutes * 60 + seconds
