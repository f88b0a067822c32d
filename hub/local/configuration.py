"""What the embedded server is told: one machine shared with the hub, no network, private logs.

The files lie in a folder of ours beside the data directory, not in it, and are written anew at
every start: nothing that the server's account may write is ever followed by root.
"""

import os
from collections.abc import Mapping
from pathlib import Path

SUPERUSER = "postgres"
ROLES = ("hub_owner", "hub_app", "hub_read")
GIB = 1 << 30

# Statements, parameters and the DETAIL of an error may hold what a citizen typed: the log names
# the error and the place, never the values.
QUIET_LOG = {
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_line_prefix": "%m %p %u ",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
}

# The cores belong to the hub's own roles, and a container's /dev/shm is often too small for
# parallel workers: queries stay in one process.
ONE_MACHINE = {
    "max_connections": "120",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "jit": "off",
    "random_page_cost": "1.1",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
}

# For a database that lives as long as a test run. Safe against `kill -9` (commits still reach the
# system before they are told), not against power loss.
THROWAWAY = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "300",
}


def write(folder: Path, *, data: Path, socket: Path, client: str, throwaway: bool) -> list[str]:
    """Write the three files; returns the server's arguments that name them."""
    folder.mkdir(mode=0o755, exist_ok=True)
    values = {
        "listen_addresses": "",
        "unix_socket_directories": f'"{socket}"',
        "unix_socket_permissions": "0700",
        **memory(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")),
        **ONE_MACHINE,
        **QUIET_LOG,
        **(THROWAWAY if throwaway else {}),
    }
    _write(folder / "postgresql.conf", settings_text(values))
    _write(folder / "pg_hba.conf", "local all all peer map=hub\n")
    _write(folder / "pg_ident.conf", identity_text(client))
    _write(folder / "socket", str(socket))
    files = {
        "config_file": "postgresql.conf",
        "hba_file": "pg_hba.conf",
        "ident_file": "pg_ident.conf",
    }
    arguments = ["-D", str(data)]
    for name, file in files.items():
        arguments += ["-c", f"{name}={folder / file}"]
    return arguments


def memory(total: int) -> Mapping[str, str]:
    """Cache sizes for a machine with so many bytes, of which the database is one tenant."""
    shared = "256MB" if total >= 4 * GIB else "64MB"
    return {"shared_buffers": shared, "effective_cache_size": f"{total // 2 >> 20}MB"}


def settings_text(values: Mapping[str, str]) -> str:
    """The text of postgresql.conf; quotes and backslashes in a path survive."""
    lines = []
    for name, value in values.items():
        escaped = value.replace("\\", "\\\\").replace("'", "''")
        lines.append(f"{name} = '{escaped}'\n")
    return "".join(lines)


def identity_text(client: str) -> str:
    """The ident map: who started the server may be each of its roles, nobody else may be any."""
    quoted = client.replace('"', '""')
    return "".join(f'hub "{quoted}" {role}\n' for role in (SUPERUSER, *ROLES))


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o644)
