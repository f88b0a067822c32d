"""How alembic meets the hub: one linear history, run as hub_owner on an open connection."""

import importlib
import pkgutil

from alembic import context

import hub
from hub.kernel.db import Base

for module in pkgutil.walk_packages(hub.__path__, "hub."):
    if module.name.endswith("model") or module.name.startswith("hub.kernel."):
        importlib.import_module(module.name)

OTHERS = {"procrastinate"}  # a schema that its library owns


def ours(name: str | None, type_: str, _parents: object) -> bool:
    """Leaves out what is not in the models: the schema of jobs and partitions made by time."""
    if type_ == "schema":
        return name not in OTHERS
    return not (type_ == "table" and name and "_p20" in name) and name != "alembic_version"


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
    include_name=ours,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
