"""The roles of the Procfile: one line each, `name: command`."""

from dataclasses import dataclass
from pathlib import Path

PROCFILE = Path(__file__).resolve().parents[2] / "Procfile"
RELEASE = "release"


@dataclass(frozen=True)
class Role:
    """A program that runs for as long as the hub does; the command is a line for `sh`."""

    name: str
    command: str


def roles(procfile: Path = PROCFILE) -> list[Role]:
    """Every role but `release`, which runs once before the others."""
    lines = [line.partition(":") for line in procfile.read_text().splitlines() if ":" in line]
    named = [Role(name.strip(), command.strip()) for name, _, command in lines]
    return [role for role in named if role.name != RELEASE and not role.name.startswith("#")]
