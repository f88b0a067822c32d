"""The recordings and sources that the demo knows by name."""

from importlib.resources import files
from pathlib import Path

from . import recording
from .recording import Recording

BRUSSELS = "brussels-line-55.positions.jsonl.gz"
BRUSSELS_TIMETABLE = "brussels-line-55.gtfs.zip"


def brussels() -> Recording:
    """Tram line 55 of Brussels on 18 March 2025, as really recorded."""
    return recording.read(Path(str(data(BRUSSELS))))


def data(name: str) -> Path:
    """A file that came with the demo."""
    return Path(str(files("hub.local.demo").joinpath("data", name)))
