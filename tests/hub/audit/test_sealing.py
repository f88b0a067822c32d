"""The sealer takes in every committed row once, whatever the order of commits."""

import json
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from hub import audit, keys
from hub.audit import merkle
from hub.audit.copies import Copy
from hub.kernel import ids
from hub.kernel.work import SYSTEM

from .conftest import OFFICER, ORIGIN


def checkpoint(log):
    return log.as_person(audit.checkpoint)


def test_a_row_says_who_read_what_about_whom_and_why(log):
    log.read(for_whom="person_other", client_id="clinic", fields=["name"])

    [row] = log.mine()

    assert (row.actor_kind, row.actor_id, row.for_whom, row.client_id) == (
        "officer",
        "officer_test",
        "person_other",
        "clinic",
    )
    assert (row.register, row.purpose, row.basis, row.fields) == (
        "population",
        "entitlement check",
        "legal_duty",
        ["name"],
    )
    assert (len(row.salt), row.sealed) == (32, False)
    log.seal()
    assert log.mine()[0].sealed


def test_nobody_sees_rows_about_others(log):
    stranger = ids.new_id()
    log.read()

    assert log.mine(stranger) == []


def test_a_read_that_is_rolled_back_leaves_no_row(log):
    def read_and_fail(work):
        audit.read(work, about=log.person, register="r", purpose="p", basis="consent", fields=[])
        raise LookupError

    with pytest.raises(LookupError):
        log.work(read_and_fail)

    assert log.mine() == []


def test_committed_rows_are_sealed_once(log):
    log.sealed(3)
    assert log.seal() == 0
    log.sealed(2)

    assert len(log.ids()) == len(set(log.ids())) == 5
    assert checkpoint(log)["size"] == 5
    assert log.verify().wrong == []


def test_an_empty_log_is_signed_too(log):
    assert log.seal() == 0

    assert checkpoint(log)["size"] == 0
    assert log.seal() == 0
    assert log.owner("SELECT count(*) FROM audit_checkpoint") == [(1,)]


def test_a_transaction_held_open_is_neither_missed_nor_waited_for(log):
    """It took its number first and commits last: a follower by last id would never see it."""
    log.sealed(1)
    with log.parts.database.work(OFFICER) as slow:
        slow.session.connection().exec_driver_sql("SELECT pg_current_xact_id()")
        log.sealed(2)
        log.sealed(1)  # again and again while it is open
        audit.read(
            slow, about=log.person, register="slow", purpose="p", basis="consent", fields=["name"]
        )
    assert log.seal() == 1
    assert log.seal() == 0

    assert [row.register for row in log.mine()].count("slow") == 1
    assert len(log.ids()) == 5
    assert log.verify().wrong == []


def test_a_transaction_given_up_does_not_hold_anything_back(log):
    def begin_and_give_up(work):
        work.session.connection().exec_driver_sql("SELECT pg_current_xact_id()")
        log.sealed(1)
        raise LookupError

    with pytest.raises(LookupError):
        log.work(begin_and_give_up)
    log.sealed(1)

    assert len(log.ids()) == 2


def test_three_sealers_and_eight_readers_at_once_lose_nothing(log):
    over = threading.Event()

    def read():
        for _ in range(25):
            log.read()

    def seal():
        while not over.is_set():
            log.seal()

    readers = [threading.Thread(target=read) for _ in range(8)]
    sealers = [threading.Thread(target=seal) for _ in range(3)]
    for thread in (*readers, *sealers):
        thread.start()
    for thread in readers:
        thread.join(60)
    over.set()
    for thread in sealers:
        thread.join(60)
    log.seal()

    assert len(log.ids()) == len(set(log.ids())) == 200
    report = log.verify()
    assert (report.wrong, report.rows, report.waiting) == ([], 200, 0)


def test_a_sealer_killed_in_the_middle_has_done_nothing(log, monkeypatch):
    log.sealed(2)
    log.read()

    def killed(*_):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr("hub.audit.sealing.sign", killed)
        with pytest.raises(SystemExit):
            log.seal()
    assert checkpoint(log)["size"] == 2

    assert log.seal() == 1
    assert log.verify().wrong == []


def test_a_database_restored_into_another_server_goes_on(log):
    """There the numbers of transactions begin anew, far below those of the rows."""
    log.sealed(2)
    log.owner("UPDATE audit_checkpoint SET snapshot = '900000000:900000000:'")
    log.owner("UPDATE audit_access SET transaction = 899999999")
    log.read()
    log.owner("UPDATE audit_access SET transaction = 900000001 WHERE id = :id",
              id=log.mine()[0].id)  # fmt: skip
    log.read()

    assert log.seal() == 2
    log.read()
    assert log.seal() == 1
    assert log.seal() == 0
    assert len(log.ids()) == 5
    assert log.verify().wrong == []


def test_the_newest_checkpoint_is_signed_by_the_key_that_signs_now(log):
    log.sealed(1)
    before = checkpoint(log)["kid"]

    successor = log.work(lambda work: keys.revoke(work, log.parts.root(), before), SYSTEM)
    log.seal()

    assert checkpoint(log)["kid"] == successor != before
    report = log.verify()
    assert (report.wrong, report.not_counted) == ([], 2)  # in the database and in the copy


def test_the_application_can_change_and_delete_nothing(log):
    log.sealed(1)
    tables = ("audit_access", "audit_leaf", "audit_node", "audit_checkpoint")
    column = {"audit_access": "purpose", "audit_checkpoint": "text"}
    for table in tables:
        for statement in (
            f"UPDATE {table} SET {column.get(table, 'hash')} = NULL",
            f"DELETE FROM {table}",
        ):
            with pytest.raises(ProgrammingError, match="permission denied"):
                log.work(lambda work, statement=statement: work.session.execute(text(statement)))


def test_what_is_stored_of_a_larger_tree(log):
    log.work(
        lambda work: [
            audit.read(work, about=log.person, register="r", purpose="p", basis="consent",
                       fields=[])
            for _ in range(600)
        ]
    )  # fmt: skip
    assert log.seal() == 600
    log.read()
    log.seal()

    hashes = [row[0] for row in log.owner("SELECT hash FROM audit_leaf ORDER BY position")]
    nodes = log.owner("SELECT level, number, hash FROM audit_node ORDER BY number")
    assert [tuple(node) for node in nodes] == [
        (8, number, merkle.root(hashes[number * 256 : (number + 1) * 256])) for number in (0, 1)
    ]
    assert checkpoint(log)["size"] == 601
    assert log.verify().wrong == []


def test_copies_lie_outside_and_are_written_again_where_they_are_missing(log, tmp_path):
    log.sealed(2, 1)
    second = Copy(tmp_path / "elsewhere")
    log.copies.append(second)
    log.copy()
    [first_file], [second_file] = (list(c.folder.glob("*.jsonl")) for c in log.copies)

    assert first_file.read_bytes() == second_file.read_bytes()
    lines = [json.loads(line) for line in first_file.read_text().splitlines()]
    assert [len(line["leaves"]) for line in lines] == [2, 1]
    assert lines[-1]["text"].splitlines()[:2] == [ORIGIN, "3"]


def test_a_copy_that_cannot_be_written_keeps_no_other_waiting(log, tmp_path):
    full = tmp_path / "a disk that is full"
    full.write_text("no folder")
    log.copies.insert(0, Copy(full))
    log.read()
    log.seal()

    with pytest.raises(OSError, match="full"):
        log.copy()

    assert [line.number for line in log.copies[1].lines()] == [1]


def test_half_a_line_of_a_killed_writer_is_mended(log):
    log.sealed(2)
    [file] = log.copies[0].folder.glob("*.jsonl")
    whole = file.read_bytes()
    log.sealed(1)
    with file.open("r+b") as torn:
        torn.truncate(len(whole) + 40)
    assert log.verify().wrong == []

    log.copies[0] = Copy(log.copies[0].folder)  # the next process
    log.copy()

    assert file.read_bytes().startswith(whole)
    report = log.verify()
    assert (report.wrong, list(report.copied.values())) == ([], [2])


def test_two_processes_of_one_folder_write_each_line_once(log):
    other = Copy(log.copies[0].folder)
    for copy in (log.copies[0], other, log.copies[0], other):
        log.read()
        log.seal()
        with log.parts.database.reading(SYSTEM) as reading:
            copy.catch_up(reading)

    assert [line.number for line in other.lines()] == [1, 2, 3, 4]
