"""People are told that their copy is ready, and that their account will be closed."""

from alembic import op

revision = "0021_notices_of_privacy"
down_revision = "0020_logout_addresses"


def upgrade() -> None:
    name = op.f("ck_identity_code_delivery_kind_known")
    op.drop_constraint(name, "identity_code_delivery")
    op.create_check_constraint(
        name,
        "identity_code_delivery",
        "kind IN ('code', 'new_device', 'credential_changed', 'recovery_opened',"
        " 'address_claimed', 'export_ready', 'closure_asked')",
    )
