"""0003_fleet: its tables follow."""

revision = "0003_fleet"
down_revision = "0002_identity"


def upgrade() -> None:
    pass
