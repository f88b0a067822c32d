"""The first thing a person sees: where everything is, who to sign in as, what to try."""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text


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
    try_next = _rows(
        ("make tour", "a citizen's day, step by step"),
        ("make people", "sample people to sign in as"),
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


def _rows(*rows: tuple[str, str]) -> Table:
    table = Table.grid(padding=(0, 3))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, value)
    return table
