"""Verbs on files."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from hub.kernel.db import Database
from hub.kernel.errors import NotFound
from hub.kernel.ids import new_id
from hub.kernel.work import CLOCK, Work

from .model import File
from .vault import Vault


def store(work: Work, vault: Vault, source: BinaryIO, media_type: str) -> File:
    """Keep a file. The bytes are written before the row: a transaction that rolls back leaves an
    unnamed file, until the next file of the same content takes it over or ``tidy`` removes it."""

    def claim(sha256: bytes) -> None:
        work.session.execute(select(func.pg_advisory_xact_lock_shared(_content(sha256))))

    kept = vault.write(source, claim)
    file = File(
        id=new_id(),
        sha256=kept.sha256,
        size=kept.size,
        media_type=media_type,
        stored_at=work.now,
    )
    work.session.add(file)
    return file


def find(work: Work, file_id: UUID) -> File:
    """The row of a file. Whether somebody may see it is for the owner of the file to say."""
    file = work.session.get(File, file_id)
    if file is None:
        raise NotFound
    return file


def remove(work: Work, file: File) -> bytes:
    """Forget a file; its SHA-256, for ``clear`` once this transaction has committed."""
    work.session.delete(file)
    return file.sha256


def clear(work: Work, vault: Vault, sha256: bytes) -> None:
    """Remove the bytes that no file has any more. Whoever is storing the same content just now
    keeps them."""
    if not work.session.scalar(select(func.pg_try_advisory_xact_lock(_content(sha256)))):
        return
    if not work.session.scalar(_named(sha256)):
        vault.remove(sha256)
    vault.settle(sha256)


def tidy(database: Database, vault: Vault) -> None:
    """Remove what killed processes left behind: bytes whose row was never committed, and drafts."""
    for sha256 in vault.unsettled():
        database.run(partial(clear, vault=vault, sha256=sha256), CLOCK)
    vault.remove_drafts()


def _named(sha256: bytes) -> Select[tuple[bool]]:
    return select(select(File.id).where(File.sha256 == sha256).exists())


def _content(sha256: bytes) -> ColumnElement[int]:
    """The lock of a content: shared by who stores it, alone for who removes its bytes."""
    return func.hashtextextended(f"files_file {sha256.hex()}", 0)


@contextmanager
def read(vault: Vault, file: File) -> Iterator[BinaryIO]:
    """The plain bytes as a seekable temporary file without a name."""
    with vault.open(file.sha256) as plain:
        yield plain
