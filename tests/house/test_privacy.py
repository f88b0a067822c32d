"""What every table declares about people holds together."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import LargeBinary

from blueprints import SECTORS
from blueprints.citizen import export_paper
from hub import privacy
from hub.cli import main
from hub.jobs.clock import DUTIES
from hub.kernel.db import Base
from hub.kernel.personal import WITH_THE_ACCOUNT


@pytest.fixture(scope="module")
def people(parts):
    return privacy.tables_of_people()


def test_whoever_has_an_owner_says_what_is_personal(people):
    silent = [table.fullname for table in people if not privacy.columns(table)]

    assert not silent, (
        "Rows of these belong to a person (a foreign key leads there): give their personal columns"
        ' info=personal(...), or the table {"info": nobodys("why")}'
        f" (hub/kernel/personal.py): {silent}"
    )


def test_whatever_is_personal_has_an_owner():
    lost = [
        table.fullname
        for table in Base.metadata.sorted_tables
        if privacy.columns(table) and not privacy.owners(table) and "whose" not in table.info
    ]

    assert not lost, f'Say whose rows these are: {{"info": whose(...)}} or nobodys(...): {lost}'


def test_a_column_that_names_a_person_is_known():
    unknown = [
        f"{table.fullname}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name in {"person", "person_id"}
        and "whose" not in table.info
        and column not in privacy.owners(table)
    ]

    assert not unknown, f"Add a foreign key, whose(...) or nobodys(...): {unknown}"


def test_an_erasure_is_one_thing_to_a_row(people):
    torn = [
        table.fullname
        for table in people
        if {"delete", "keep"} <= {said.erase for _, said in privacy.columns(table)}
        or {"delete", "blank"} <= {said.erase for _, said in privacy.columns(table)}
    ]

    assert not torn, f"A row is deleted, or its values are blanked or kept: {torn}"


def test_what_is_blanked_may_be_blank(people):
    filled = [
        f"{table.fullname}.{column.name}"
        for table in people
        for column, said in privacy.columns(table)
        if said.erase == "blank" and said.blank is None and not column.nullable
    ]

    assert not filled, f"Say blank=..., or let it be NULL: {filled}"


def test_nothing_kept_hangs_on_what_is_deleted(people):
    fate = {table: {said.erase for _, said in privacy.columns(table)} for table in people}
    hanging = [
        f"{table.fullname}.{key.parent.name}"
        for table in people
        for key in table.foreign_keys
        if key.column.table in fate
        and "delete" in fate[key.column.table]
        and "delete" not in fate[table]
    ]

    assert not hanging, f"These rows would lose what they hang on: {hanging}"


def test_a_sealed_value_that_is_exported_can_be_opened(people):
    closed = [
        f"{table.fullname}.{column.name}"
        for table in people
        for column, said in privacy.columns(table)
        if said.export
        and isinstance(column.type, LargeBinary)
        and "sealed" in column.name
        and said.sealed is None
    ]

    assert not closed, f"Say sealed=Sealed(purpose, bound_to): {closed}"


def test_every_retention_has_a_duty_that_runs():
    duties = {duty.name for sector in SECTORS for duty in sector.schedules}
    duties |= {duty.name for duty in DUTIES}
    idle = sorted(
        {f"{line.column}: {line.said.duty}" for line in privacy.processing_record()}
        - {
            f"{line.column}: {line.said.duty}"
            for line in privacy.processing_record()
            if line.said.duty in duties
        }
    )

    assert not idle, f"No schedule of a sector has this name: {idle}"


def test_what_is_kept_for_longer_has_an_end_of_its_own():
    """The closing of the account ends only what is kept as long as there is one."""
    endless = [
        line.column
        for line in privacy.processing_record()
        if line.said.duty == WITH_THE_ACCOUNT
        and (line.said.erase == "keep" or line.said.keep > timedelta(days=30))
    ]

    assert not endless, f"Say duty=...: the closing of the account does not end these: {endless}"


def test_the_register_prints_every_personal_column():
    from click.testing import CliRunner

    told = CliRunner().invoke(main, ["privacy", "register", "--json"])
    items = json.loads(told.output)["items"]
    paper = CliRunner().invoke(main, ["privacy", "register"]).output

    columns = {
        f"{table.fullname}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column, _ in privacy.columns(table)
    }
    assert {item["column"] for item in items} == columns
    assert all(item["purpose"] and item["basis"] and item["duty"] for item in items)
    assert all(item["person"] or item["nobodys"] for item in items)
    assert [name for name in columns if f"| {name} |" not in paper] == []


def test_the_copy_has_a_word_for_everything_in_it(people):
    exported = [t for t in people if any(said.export for _, said in privacy.columns(t))]
    silent = [t.fullname for t in exported if t.fullname not in export_paper.TABLES]
    silent += [
        f"{table.fullname}.{column.name}"
        for table in exported
        for column in table.columns
        if privacy.is_given(column) and column.name not in export_paper.COLUMNS
    ]

    assert not silent, f"Give it a word in blueprints/citizen/export_paper.py: {silent}"
