"""The first thing a person sees: where everything is, who to sign in as, what to try."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from . import environment


def panel(variables: Mapping[str, str], home: Path, *, seconds: float) -> Panel:
    """The welcome of a hub that was ready after so many seconds."""
    address = variables.get("HUB_URL") or f"http://localhost:{variables['PORT']}"
    places = _rows(
        ("Map and stops", f"{address}/"),
        ("Sign in", f"{address}/sign-in"),
        ("Codes sent to the samples", f"{address}/demo/messages"),
        ("API documentation", f"{address}/docs"),
        ("What works now", f"{address}/status"),
    )
    which = _named(variables, home)
    try_next = _rows(
        (f"make tour{which}", "a citizen's day, step by step"),
        (f"make people{which}", "sample people to sign in as"),
        ("make help", "everything else"),
    )
    return Panel(
        Group(
            places,
            Text("\nIn a second terminal", style="bold"),
            try_next,
            Text(f"\nData and logs are in {home}\nCtrl-C ends everything.", style="dim"),
        ),
        title=f"[bold]The city's service hub runs[/] [dim]({seconds:.1f} s)[/]",
        border_style="green",
        padding=(1, 2),
        expand=False,
    )


def _named(variables: Mapping[str, str], home: Path) -> str:
    """How a second terminal says which hub it means, where that is not the usual one."""
    port = "" if variables["PORT"] == str(environment.PORT) else f" PORT={variables['PORT']}"
    usual = home == environment.home({})
    return port + ("" if usual else f" HUB_HOME={shlex.quote(str(home))}")


def _rows(*rows: tuple[str, str]) -> Table:
    table = Table.grid(padding=(0, 3))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, value)
    return table
