"""Whose a row is, in every table: by its foreign keys, or by what the table says of itself."""

from graphlib import TopologicalSorter
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Table, or_, select

from hub.kernel import ids
from hub.kernel.db import Base
from hub.kernel.personal import Personal

PERSON = "identity_person"


def columns(table: Table) -> list[tuple[Column[Any], Personal]]:
    """The personal columns of a table and what they declare."""
    return [(column, column.info["personal"]) for column in table.c if "personal" in column.info]


def owners(table: Table) -> list[Column[Any]]:
    """The columns that say whose a row is: those that name a person, else those that lead to a
    table of rows with an owner. None of them: the rows are nobody's."""
    return _owned().get(table, [])


def tables_of_people() -> list[Table]:
    """Every table whose rows have an owner; a table comes after those that its rows hang on."""
    found = _owned()
    order = {
        table: {key.column.table for key in table.foreign_keys} & found.keys() - {table}
        for table in sorted(found, key=lambda table: table.fullname)
    }
    return list(TopologicalSorter(order).static_order())


def _owned() -> dict[Table, list[Column[Any]]]:
    """Each table of people with its owning columns: first those that name a person themselves, then
    those that lead to one found already, until there are no more."""
    tables = Base.metadata.tables.values()
    found = {table: named for table in tables if (named := _naming(table))}
    undecided = [table for table in tables if table not in found and "whose" not in table.info]
    while further := {
        table: leading
        for table in undecided
        if table not in found
        and (leading := [k.parent for k in table.foreign_keys if k.column.table in found])
    }:
        found |= further
    return found


def _naming(table: Table) -> list[Column[Any]]:
    if "whose" in table.info:
        said = table.info["whose"]
        return [] if said is None else [table.c[said.column]]
    if table.name == PERSON:
        return [table.c.id]
    return [key.parent for key in table.foreign_keys if key.column.table.name == PERSON]


def theirs(table: Table, person_id: UUID) -> ColumnElement[bool]:
    """The condition for the rows of ``table`` that are this person's."""
    return or_(*(_names(table, column, person_id) for column in owners(table)))


def _names(table: Table, column: Column[Any], person_id: UUID) -> ColumnElement[bool]:
    said = table.info.get("whose")
    if said is not None and said.public_id:
        return column == ids.show("person", person_id)
    targets = [key.column for key in column.foreign_keys]
    if said is None and targets and targets[0].table.name != PERSON:
        return column.in_(select(targets[0]).where(theirs(targets[0].table, person_id)))
    return column == person_id
