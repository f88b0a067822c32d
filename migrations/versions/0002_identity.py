"""0002_identity: its tables follow."""

revision = "0002_identity"
down_revision = "0001_kernel"


def upgrade() -> None:
    pass
