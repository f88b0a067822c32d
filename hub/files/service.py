"""Verbs on files."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO
from uuid import UUID

from hub.kernel.errors import NotFound
from hub.kernel.ids import new_id
from hub.kernel.work import Work

from .model import File
from .vault import Vault


def store(work: Work, vault: Vault, source: BinaryIO, media_type: str) -> File:
    """Keep a file. The bytes are written before the row: a transaction that rolls back leaves at
    most an unnamed file, which the next file of the same content takes over."""
    kept = vault.write(source)
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


@contextmanager
def read(vault: Vault, file: File) -> Iterator[BinaryIO]:
    """The plain bytes as a seekable temporary file without a name."""
    with vault.open(file.sha256) as plain:
        yield plain
