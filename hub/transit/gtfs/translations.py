"""The texts of a feed in every language it gives: its own, and those of translations.txt."""

from collections.abc import Container
from dataclasses import dataclass, field

from .problems import Problems
from .rows import Reader
from .tables import TRANSLATIONS

LocalText = dict[str, str]

_RECORDS = {
    "agency": "one",
    "stops": "one",
    "routes": "one",
    "trips": "one",
    "stop_times": "two",
    "feed_info": "none",
}
_UNREAD = frozenset({"attributions", "levels", "pathways"})


@dataclass
class Texts:
    """Looks up translations. `language` is the one in which the tables themselves are written."""

    language: str
    _by_record: dict[tuple[str, str], dict[str, LocalText]] = field(default_factory=dict)
    _by_value: dict[tuple[str, str], dict[str, LocalText]] = field(default_factory=dict)
    _rows: dict[tuple[str, str], int] = field(default_factory=dict)

    def of(self, table: str, column: str, record: str, text: str) -> LocalText:
        """A text in all its languages; `record` is the key of its row (a stop time's is the trip
        and the stop_sequence with a line feed between). An empty text has no languages."""
        if not text:
            return {}
        local = {self.language: text}
        local.update(self._by_value.get((table, column), {}).get(text, {}))
        local.update(self._by_record.get((table, column), {}).get(record, {}))
        return local

    def forget_known(self, table: str, known: Container[str]) -> None:
        """Let go of the translated records of a table that do exist."""
        for name, record in list(self._rows):
            if name == table and record.split("\n")[0] in known:
                del self._rows[name, record]

    def name_unknown(self, problems: Problems) -> None:
        """Name each translated record that the feed does not have: all not yet let go of."""
        for (table, record), row in self._rows.items():
            problems.add(
                "translation_foreign_key_violation",
                f"{table} has no record {record!r}.",
                file=TRANSLATIONS.file,
                row=row,
                field="record_id",
            )
        self._rows.clear()

    def read(self, reader: Reader, problems: Problems) -> None:
        """Take in translations.txt, if there is one."""
        seen: set[tuple[str, ...]] = set()
        for row, values in reader.rows(TRANSLATIONS):
            table, column, language, text, record, sub_record, value = values
            key = tuple(part or "" for part in (table, column, language, record, sub_record, value))
            if key in seen:
                problems.add(
                    "duplicate_key",
                    f"This text is translated into {language} in an earlier row already.",
                    file=TRANSLATIONS.file,
                    row=row,
                )
            seen.add(key)
            if table not in _RECORDS:
                if table not in _UNREAD:
                    problems.add(
                        "translation_unknown_table_name",
                        f"{table!r} is not a table with translations.",
                        file=TRANSLATIONS.file,
                        row=row,
                        field="table_name",
                    )
            elif value is not None:
                if not _forbidden(problems, row, record_id=record, record_sub_id=sub_record):
                    by_value = self._by_value.setdefault((table, column), {})
                    by_value.setdefault(value, {})[language] = text
            elif _addressed(problems, row, table, record, sub_record):
                address = record or "" if sub_record is None else f"{record}\n{sub_record}"
                by_record = self._by_record.setdefault((table, column), {})
                by_record.setdefault(address, {})[language] = text
                if table != "feed_info":
                    self._rows.setdefault((table, address), row)


def _forbidden(problems: Problems, row: int, **unexpected: str | None) -> bool:
    present = [name for name, value in unexpected.items() if value is not None]
    for name in present:
        problems.add(
            "translation_unexpected_value",
            f"{name} has no place in this row.",
            file=TRANSLATIONS.file,
            row=row,
            field=name,
        )
    return bool(present)


def _addressed(
    problems: Problems, row: int, table: str, record: str | None, sub_record: str | None
) -> bool:
    """Whether the row names one record in the way its table has keys."""
    keys = _RECORDS[table]
    missing = None
    if record is None and keys != "none":
        missing = "record_id"
    elif sub_record is None and keys == "two":
        missing = "record_sub_id"
    if missing:
        problems.add(
            "missing_required_field",
            f"Neither field_value nor {missing} says which text this translates.",
            file=TRANSLATIONS.file,
            row=row,
            field=missing,
        )
        return False
    if keys == "none":
        return not _forbidden(problems, row, record_id=record, record_sub_id=sub_record)
    if keys == "one":
        return not _forbidden(problems, row, record_sub_id=sub_record)
    return True
