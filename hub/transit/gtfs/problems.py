"""What is wrong with a zip: file, row, field, rule, how bad, and a sentence."""

from collections import Counter
from dataclasses import asdict, dataclass

MOST_KEPT = 300
MOST_OF_ONE_RULE = 25

WARNINGS = frozenset(
    {
        "empty_row",
        "expired_calendar",
        "flexible_trip_left_out",
        "leading_or_trailing_whitespaces",
        "single_shape_point",
        "stop_without_stop_time",
        "translation_unknown_table_name",
        "unexpected_enum_value",
        "unusable_trip",
    }
)
"""Rules that never stop a timetable. Everything else is an error."""

MENDED = frozenset(
    {
        "block_trips_with_overlapping_stop_times",
        "decreasing_shape_distance",
        "equal_shape_distance_diff_coordinates",
        "invalid_color",
        "invalid_email",
        "invalid_language_code",
        "invalid_url",
        "new_line_in_value",
        "translation_foreign_key_violation",
        "translation_unexpected_value",
        "trip_distance_exceeds_shape_distance",
    }
)
"""Errors that we can do without: the value is left out, distances are measured on the ground, and
buses run. Every other error refuses the zip."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `row` counts physical lines of the file, the header being row 1."""

    rule: str
    severity: str
    detail: str
    file: str | None = None
    row: int | None = None
    field: str | None = None

    def shown(self) -> dict[str, object]:
        """The finding as JSON; what does not apply is absent."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class Problems:
    """Gathers findings: counts all, keeps the first of each rule so that none hides the others."""

    def __init__(self) -> None:
        self.kept: list[Problem] = []
        self.errors = 0
        self.warnings = 0
        self.refused = False
        self._of_rule: Counter[tuple[str, str | None]] = Counter()

    def add(
        self,
        rule: str,
        detail: str,
        *,
        file: str | None = None,
        row: int | None = None,
        field: str | None = None,
        mended: bool = False,
    ) -> None:
        """Note a finding; `mended` says that this one stops nothing although its rule does."""
        warning = rule in WARNINGS
        self.warnings += warning
        self.errors += not warning
        if not warning and not mended and rule not in MENDED:
            self.refused = True
        self._of_rule[rule, file] += 1
        if self._of_rule[rule, file] <= MOST_OF_ONE_RULE and len(self.kept) < MOST_KEPT:
            severity = "warning" if warning else "error"
            self.kept.append(Problem(rule, severity, detail, file, row, field))

    def shown(self) -> list[dict[str, object]]:
        """The kept findings as JSON, errors first."""
        ordered = sorted(self.kept, key=lambda problem: problem.severity)
        return [problem.shown() for problem in ordered]
