"""The zip itself: opened without trust, never unpacked to disk, read within declared limits."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from .problems import Problems

REQUIRED = ("agency.txt", "stops.txt", "routes.txt", "trips.txt", "stop_times.txt")
KNOWN = frozenset(
    (
        *REQUIRED,
        "areas.txt",
        "attributions.txt",
        "booking_rules.txt",
        "calendar.txt",
        "calendar_dates.txt",
        "fare_attributes.txt",
        "fare_rules.txt",
        "feed_info.txt",
        "frequencies.txt",
        "levels.txt",
        "pathways.txt",
        "shapes.txt",
        "transfers.txt",
        "translations.txt",
    )
)
_ROW_BYTES = 65_536
_END_BYTES = 20 + 22 + 65_536  # as far back as zipfile looks: locator, end record, comment
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a zip may ask of us. The defaults take the largest national feeds known in 2026."""

    entries: int = 500
    expanded_bytes: int = 3 * 2**30
    ratio: int = 300
    """How many times larger than its compressed form an entry above a megabyte may become."""


class Archive:
    """The tables of one zip. Make it with `open_archive`."""

    def __init__(self, file: zipfile.ZipFile, tables: dict[str, zipfile.ZipInfo]) -> None:
        self._file = file
        self._tables = tables
        self.broken: set[str] = set()
        """Tables whose lines ended before the file did."""

    def __contains__(self, table: str) -> bool:
        return table in self._tables

    def size(self, table: str) -> int:
        """The declared size of a table in bytes, 0 when it is absent."""
        return self._tables[table].file_size if table in self._tables else 0

    def close(self) -> None:
        """Let go of the zip."""
        self._file.close()

    def lines(
        self, table: str, problems: Problems, tick: Callable[[int], None] = lambda _bytes: None
    ) -> Iterator[str]:
        """The lines of a table as text; ends early, with a problem, where it cannot go on.

        Reads UTF-8 with or without a byte order mark. A line that is not UTF-8 is named by row and
        goes on with replacement characters, so that all bad rows are found in one import.
        """
        number = 0
        try:
            with self._file.open(self._tables[table]) as raw:
                for number, line in enumerate(_bounded_lines(raw), 1):
                    tick(len(line))
                    if len(line) >= _ROW_BYTES:
                        self.broken.add(table)
                        problems.add(
                            "csv_parsing_failed",
                            f"Row {number} is longer than {_ROW_BYTES:,} bytes.",
                            file=table,
                            row=number,
                        )
                        return
                    if number == 1 and line[:2] in (b"\xff\xfe", b"\xfe\xff"):
                        self.broken.add(table)
                        problems.add(
                            "invalid_character",
                            "The file is in UTF-16; GTFS is UTF-8.",
                            file=table,
                            row=1,
                        )
                        return
                    yield _decoded(line, table, number, problems)
        except _UNREADABLE:
            self.broken.add(table)
            problems.add(
                "corrupt_file",
                f"The zip is damaged: {table} cannot be read after row {number}.",
                file=table,
                row=number or None,
            )
        except RuntimeError:  # zipfile's word for an entry that wants a password
            self.broken.add(table)
            problems.add("encrypted_file", "The file is encrypted.", file=table)


def _bounded_lines(raw: IO[bytes]) -> Iterator[bytes]:
    while line := raw.readline(_ROW_BYTES):
        yield line


def _decoded(line: bytes, table: str, number: int, problems: Problems) -> str:
    if b"\0" in line:
        problems.add("invalid_character", "The row has a NUL byte.", file=table, row=number)
        line = line.replace(b"\0", b"")
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        problems.add(
            "invalid_character",
            f"Byte {error.start + 1} of the row, 0x{line[error.start]:02x}, is not UTF-8.",
            file=table,
            row=number,
        )
        return line.decode("utf-8", errors="replace")


def open_archive(source: IO[bytes], problems: Problems, limits: Limits) -> Archive | None:
    """Open a zip and judge its directory before a byte is unpacked; None when it is refused."""
    if not _has_modest_directory(source, limits):
        problems.add("too_many_entries", f"The zip may have {limits.entries} entries at most.")
        return None
    try:
        file = zipfile.ZipFile(source)
        entries = file.infolist()
    except (*_UNREADABLE, RuntimeError):
        problems.add("not_a_zip", "This is not a zip archive, or its end is missing.")
        return None
    if len(entries) > limits.entries:
        problems.add("too_many_entries", f"The zip may have {limits.entries} entries at most.")
        return None
    _judge_sizes(entries, problems, limits)
    tables = _judge_names(entries, problems)
    _judge_presence(tables, problems)
    if problems.refused:
        file.close()
        return None
    return Archive(file, tables)


def _has_modest_directory(source: IO[bytes], limits: Limits) -> bool:
    """Look at the end record before zipfile builds an object for each of perhaps millions of
    entries. A zip64 record would overrule the counts, and no timetable needs one."""
    size = source.seek(0, 2)
    source.seek(max(0, size - _END_BYTES))
    tail = source.read(_END_BYTES)
    source.seek(0)
    # Which record zipfile takes: the last 22 bytes if they can be one, else the last found.
    at = tail.rfind(b"PK\x05\x06")
    if tail[-22:-18] == b"PK\x05\x06" and tail[-2:] == b"\0\0":
        at = len(tail) - 22
    if at < 0 or len(tail) < at + 22:
        return True  # not a zip, which zipfile will say
    entries, directory_bytes = struct.unpack_from("<HI", tail, at + 10)
    zip64 = at >= 20 and tail[at - 20 : at - 16] == b"PK\x06\x07"
    return not zip64 and entries <= limits.entries and directory_bytes <= limits.entries * 2048


def _judge_sizes(entries: list[zipfile.ZipInfo], problems: Problems, limits: Limits) -> None:
    expanded = sum(entry.file_size for entry in entries)
    if expanded > limits.expanded_bytes:
        problems.add(
            "zip_bomb",
            f"Unpacked, the zip would have {expanded:,} bytes;"
            f" {limits.expanded_bytes:,} are allowed.",
        )
    for entry in entries:
        if entry.file_size > 2**20 and entry.file_size > entry.compress_size * limits.ratio:
            problems.add(
                "zip_bomb",
                f"{entry.filename[:80]!r} would grow more than {limits.ratio} times when unpacked.",
            )


def _judge_names(entries: list[zipfile.ZipInfo], problems: Problems) -> dict[str, zipfile.ZipInfo]:
    tables: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        name = entry.filename
        parts = name.replace("\\", "/").split("/")
        if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            problems.add("unsafe_path", f"The zip has an entry at {name[:80]!r}.")
        elif len(parts) > 1:
            if parts[-1] in KNOWN:
                problems.add(
                    "invalid_input_files_in_subfolder",
                    f"{name[:80]!r} is in a folder; tables belong at the top of the zip.",
                )
        elif name.lower() in tables:
            problems.add("duplicated_file", f"The zip has {name.lower()} twice.", file=name.lower())
        elif name.lower() in KNOWN:
            if entry.flag_bits & 1:
                problems.add("encrypted_file", f"{name} is encrypted.", file=name.lower())
            tables[name.lower()] = entry
    return tables


def _judge_presence(tables: dict[str, zipfile.ZipInfo], problems: Problems) -> None:
    for name in REQUIRED:
        if name not in tables:
            problems.add("missing_required_file", f"The zip has no {name}.", file=name)
    if not tables.keys() & {"calendar.txt", "calendar_dates.txt"}:
        problems.add(
            "missing_calendar_and_calendar_date_files",
            "The zip has neither calendar.txt nor calendar_dates.txt.",
        )
    if "translations.txt" in tables and "feed_info.txt" not in tables:
        problems.add(
            "missing_required_file",
            "translations.txt needs feed_info.txt, which says the language of the texts.",
            file="feed_info.txt",
        )
    for name, entry in tables.items():
        if entry.file_size == 0:
            problems.add("empty_file", f"{name} is empty.", file=name)
