"""The table of files; the bytes are in the vault."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from hub.kernel.db import Base


class File(Base):
    """A stored file: its SHA-256, size in bytes and media type."""

    __tablename__ = "files_file"
    __table_args__ = (
        CheckConstraint("size >= 0", name="size"),
        Index("ix_files_file_sha256", "sha256"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str]
    stored_at: Mapped[datetime]
