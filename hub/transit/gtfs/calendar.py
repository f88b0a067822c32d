"""On which days a service runs: calendar.txt and calendar_dates.txt worked out day by day."""

from collections.abc import Iterable, Sequence
from datetime import date

from .problems import Problems
from .rows import Reader
from .tables import CALENDAR, CALENDAR_DATES

MOST_SERVICE_DAYS = 1_000_000
Days = set[int]
"""Proleptic Gregorian ordinals (`date.toordinal`)."""


def running_days(
    weekdays: Sequence[bool],
    first: date,
    last: date,
    exceptions: Iterable[tuple[date, bool]],
) -> Days:
    """The days between first and last, both included, on which a service runs: by weekday from
    Monday, then each exception adds (True) or takes away (False), also outside the period."""
    start, end = first.toordinal(), last.toordinal()
    days = {
        ordinal
        for shift in range(7)
        if weekdays[(first.weekday() + shift) % 7]
        for ordinal in range(start + shift, end + 1, 7)
    }
    for day, runs in exceptions:
        if runs:
            days.add(day.toordinal())
        else:
            days.discard(day.toordinal())
    return days


def read_calendar(reader: Reader, problems: Problems) -> dict[str, Days]:
    """All services of a feed with their days; a service may have none."""
    exceptions = _read_exceptions(reader, problems)
    services: dict[str, Days] = {}
    total = 0
    for row, (service, *weekdays, first, last) in reader.rows(CALENDAR):
        if service in services:
            _repeated(problems, CALENDAR.file, row, service)
        elif first > last:
            problems.add(
                "start_and_end_range_out_of_order",
                f"The service ends on {last} before it starts on {first}.",
                file=CALENDAR.file,
                row=row,
                field="end_date",
            )
        elif (last - first).days + total > MOST_SERVICE_DAYS:
            problems.add(
                "too_many_service_days",
                f"The calendar covers more than {MOST_SERVICE_DAYS:,} service days.",
                file=CALENDAR.file,
                row=row,
                field="end_date",
            )
        else:
            days = running_days(weekdays, first, last, exceptions.pop(service, {}).items())
            services[service] = days
            total += len(days)
    for service, dated in exceptions.items():
        added = {day.toordinal() for day, runs in dated.items() if runs}
        services.setdefault(service, set()).update(added)
    return services


def _read_exceptions(reader: Reader, problems: Problems) -> dict[str, dict[date, bool]]:
    exceptions: dict[str, dict[date, bool]] = {}
    for row, (service, day, runs) in reader.rows(CALENDAR_DATES):
        if runs is None:
            continue
        of_service = exceptions.setdefault(service, {})
        if day in of_service:
            _repeated(problems, CALENDAR_DATES.file, row, f"{service} {day}")
        of_service[day] = runs
    return exceptions


def _repeated(problems: Problems, file: str, row: int, key: str) -> None:
    problems.add(
        "duplicate_key",
        f"{key!r} stands in an earlier row already.",
        file=file,
        row=row,
        field="service_id",
    )
