"""Writes a GTFS zip that depends on its rows alone: no time of day, no order of a set in it.

How small the compressed bytes are is zlib's affair and may differ between its versions.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence

Table = tuple[Sequence[str], Iterable[Sequence[object]]]
"""Column names, then rows. None is written as an empty field."""

EPOCH = (1980, 1, 1, 0, 0, 0)


def gtfs_zip(tables: Mapping[str, Table]) -> bytes:
    """The zip holding each table as `<name>.txt`."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (columns, rows) in tables.items():
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)
            entry = zipfile.ZipInfo(f"{name}.txt", EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.getvalue())
    return packed.getvalue()


def clock_face(seconds: float) -> str:
    """Seconds since noon minus twelve hours as GTFS writes them: past midnight the hours go on from
    24."""
    whole = round(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
