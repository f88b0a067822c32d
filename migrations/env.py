"""How alembic meets the hub: one linear history, run as hub_owner on an open connection."""

import importlib
import pkgutil
import re

from alembic import context

import hub
from hub.kernel.db import Base

for module in pkgutil.walk_packages(hub.__path__, "hub."):
    if module.name.endswith("model") or module.name.startswith("hub.kernel."):
        importlib.import_module(module.name)

# The schema of jobs belongs to its library.
OURS = {None, "public", "simulator_message", "simulator_population", "simulator_entitlements"}
PARTITION = re.compile(r"_20\d{6}$")


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Leaves out what is not in the models: the schema of jobs, and partitions made by time."""
    if kind == "schema":
        return name in OURS
    return not (kind == "table" and name and (PARTITION.search(name) or name == "alembic_version"))


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
    include_schemas=True,
    include_name=ours,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
