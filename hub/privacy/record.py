"""The processing record (PIPL articles 54 to 56, GDPR article 30), read from the tables."""

from collections.abc import Iterator
from dataclasses import dataclass

from hub.kernel.db import Base
from hub.kernel.personal import Personal

from .belonging import columns, owners


@dataclass(frozen=True)
class Line:
    """One personal column, the capability that it belongs to, and by which columns its person is
    found; none: ``because`` says why the values belong to no account."""

    capability: str
    column: str
    said: Personal
    owner: tuple[str, ...]
    because: str | None


def processing_record() -> Iterator[Line]:
    """Every personal column, by capability."""
    for table in sorted(Base.metadata.tables.values(), key=lambda table: table.fullname):
        for column, said in columns(table):
            yield Line(
                capability=(table.schema or table.name).partition("_")[0],
                column=f"{table.fullname}.{column.name}",
                said=said,
                owner=tuple(found.name for found in owners(table)),
                because=table.info.get("because"),
            )
