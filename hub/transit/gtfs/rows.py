"""Rows: from lines of text to values, each row judged by itself."""

import csv
from collections.abc import Callable, Iterator
from typing import Any

from . import fields
from .archive import Archive
from .fields import BadValue
from .problems import MENDED, WARNINGS, Problems
from .tables import Column, Table

csv.field_size_limit(65_536)


class Reader:
    """Reads the tables of one archive and remembers which of them had rows it could not read."""

    def __init__(
        self,
        archive: Archive,
        problems: Problems,
        tick: Callable[[int], None] = lambda _bytes: None,
    ) -> None:
        self._archive = archive
        self._problems = problems
        self._tick = tick
        self.damaged: set[str] = set()
        """Tables with a row that was left out: what refers to them is not judged."""
        self.rows_read = 0

    def rows(self, table: Table) -> Iterator[tuple[int, list[Any]]]:
        """Each sound row as (row number, values); nothing when the table is absent."""
        if table.file not in self._archive:
            return
        source = csv.reader(self._archive.lines(table.file, self._problems, self._tick))
        try:
            header = next(source, [])
            plan = self._plan(table, header)
            if plan is None:
                self.damaged.add(table.file)
                return
            yield from self._sound(table, source, len(header), plan)
            if table.file in self._archive.broken:
                self.damaged.add(table.file)
        except csv.Error:
            self.damaged.add(table.file)
            self._problems.add(
                "csv_parsing_failed",
                f"Row {source.line_num} is not CSV, or one of its values is too long.",
                file=table.file,
                row=source.line_num,
            )

    def _plan(self, table: Table, header: list[str]) -> list[tuple[int, int, Column]] | None:
        """Which column of the file feeds which of ours; None when the header is unusable."""
        if table.file in self._archive.broken:
            return None
        names = [name.strip() for name in header]
        sound = bool(names)
        if not names:
            self._problems.add("empty_file", f"{table.file} has no header.", file=table.file)
        for name in names:
            if not name or names.count(name) > 1:
                rule = "duplicated_column" if name else "empty_column_name"
                detail = f"The column {name!r} stands twice." if name else "A column has no name."
                self._problems.add(rule, detail, file=table.file, row=1, field=name or None)
                sound = False
        for column in table.columns:
            if column.required and column.name not in names:
                self._problems.add(
                    "missing_required_column",
                    f"{table.file} has no column {column.name}.",
                    file=table.file,
                    row=1,
                    field=column.name,
                )
                sound = False
        if not sound:
            return None
        return [
            (place, names.index(column.name), column)
            for place, column in enumerate(table.columns)
            if column.name in names
        ]

    def _sound(
        self,
        table: Table,
        source: Any,
        width: int,
        plan: list[tuple[int, int, Column]],
    ) -> Iterator[tuple[int, list[Any]]]:
        defaults = [column.default for column in table.columns]
        before = source.line_num
        for row in source:
            number = source.line_num
            lines, before = number - before, number
            if not row:
                continue
            self.rows_read += 1
            if number - 1 > table.most_rows:
                self.damaged.add(table.file)
                self._problems.add(
                    "too_many_rows",
                    f"{table.file} may have {table.most_rows:,} rows.",
                    file=table.file,
                    row=number,
                )
                return
            if len(row) != width:
                self._misshapen(table, row, number, width)
                continue
            if lines > 1:
                row = self._unwrapped(table, row, number)
            values = defaults.copy()
            if self._fill(table, row, number, plan, values):
                yield number, values
            else:
                self.damaged.add(table.file)

    def _misshapen(self, table: Table, row: list[str], number: int, width: int) -> None:
        if not any(value.strip() for value in row):
            self._problems.add("empty_row", "The row is empty.", file=table.file, row=number)
            return
        self.damaged.add(table.file)
        self._problems.add(
            "invalid_row_length",
            f"The row has {len(row)} values; the header has {width} columns.",
            file=table.file,
            row=number,
        )

    def _unwrapped(self, table: Table, row: list[str], number: int) -> list[str]:
        for value in row:
            if "\n" in value or "\r" in value:
                self._problems.add(
                    "new_line_in_value",
                    f"{fields.shown(value)} goes over several lines.",
                    file=table.file,
                    row=number,
                )
        return [" ".join(value.split()) for value in row]

    def _fill(
        self,
        table: Table,
        row: list[str],
        number: int,
        plan: list[tuple[int, int, Column]],
        values: list[Any],
    ) -> bool:
        sound = True
        for place, index, column in plan:
            value = row[index]
            if not value:
                sound &= not column.required or self._missing(table, number, column)
                continue
            if value[0] <= " " or value[-1] <= " ":
                value = self._stripped(table, value, number, column)
                if not value:
                    sound &= not column.required or self._missing(table, number, column)
                    continue
            try:
                values[place] = column.parse(value)
            except BadValue as bad:
                sound &= bad.rule in MENDED or bad.rule in WARNINGS
                self._problems.add(
                    bad.rule, bad.detail, file=table.file, row=number, field=column.name
                )
        return sound

    def _missing(self, table: Table, number: int, column: Column) -> bool:
        self._problems.add(
            "missing_required_field",
            f"The row has no {column.name}.",
            file=table.file,
            row=number,
            field=column.name,
        )
        return False

    def _stripped(self, table: Table, value: str, number: int, column: Column) -> str:
        self._problems.add(
            "leading_or_trailing_whitespaces",
            f"{fields.shown(value)} begins or ends with white space.",
            file=table.file,
            row=number,
            field=column.name,
        )
        return value.strip()
