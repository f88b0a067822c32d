"""Documents that the program writes about itself: openapi/, catalogue, processing record."""

import inspect
import pkgutil
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import groupby
from pathlib import Path

import msgspec
from flask import Flask

from hub.kernel.errors import all_refusals
from hub.privacy import Line, processing_record

from .guard import Guard
from .openapi import Api
from .sector import Sector

FOLDER = Path(__file__).resolve().parents[2] / "openapi"


def documents(app: Flask, sectors: Sequence[Sector]) -> dict[str, bytes]:
    """Everything under openapi/, by file name. ``app`` must have been made to write documents."""
    api: Api = app.extensions["hub-api"]
    return {
        "v1.json": api.document(),
        "problems.md": manual().encode(),
        "systems.md": catalogue(app, sectors).encode(),
    }


def stale(found: dict[str, bytes]) -> list[str]:
    """The committed files that differ from ``found``."""
    return [
        name
        for name, body in found.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_bytes() != body
    ]


def write(found: dict[str, bytes]) -> None:
    """Write the files under openapi/."""
    FOLDER.mkdir(exist_ok=True)
    for name, body in found.items():
        (FOLDER / name).write_bytes(body)


def manual() -> str:
    """Every refusal: what happened and what to do next, from the classes themselves."""
    _import_everything()
    lines = ["# Problems", "", "What the hub refuses, by type. Written by `make spec`.", ""]
    kinds = {kind.slug(): kind for kind in all_refusals()}
    for slug, kind in sorted(kinds.items()):
        lines += [f"## {slug}", "", f"**{kind.title}** ({kind.status})", ""]
        lines += [inspect.cleandoc(kind.__doc__ or ""), ""]
    return "\n".join(lines)


def _import_everything() -> None:
    """So that the manual and the processing record are the same whatever was imported before."""
    for name in ("hub", "blueprints"):
        for module in pkgutil.walk_packages(import_module(name).__path__, f"{name}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)


def catalogue(app: Flask, sectors: Sequence[Sector]) -> str:
    """Every system with its shape, and every route with its guard."""
    lines = ["# Systems", "", "What runs here. Written by `make spec`.", ""]
    for sector in sectors:
        lines += [f"## {sector.title}", ""]
        lines += [f"- {s.number} {s.title} ({s.shape})" for s in sector.systems]
        names = {blueprint.name for blueprint in sector.blueprints}
        lines += ["", "| route | guard |", "|---|---|", *_routes(app, names), ""]
    lines += ["## The hub itself", "", "| route | guard |", "|---|---|"]
    lines += [*_routes(app, {"health", "about"}), ""]
    return "\n".join(lines)


def _routes(app: Flask, blueprints: set[str]) -> Iterator[str]:
    for rule in sorted(
        app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ()))
    ):
        if rule.endpoint.partition(".")[0] in blueprints:
            guard: Guard = getattr(app.view_functions[rule.endpoint], "guard")  # noqa: B009 (dynamic)
            methods = ", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
            demands = " ".join(filter(None, (guard.kind, guard.scope, *_more_of(guard))))
            yield f"| {methods} {rule.rule} | {demands} |"


def _more_of(guard: Guard) -> Iterator[str]:
    if guard.acr:
        yield guard.acr
    if guard.max_age is not None:
        yield f"shown within {int(guard.max_age.total_seconds())} s"
    if guard.at_once:
        yield "asked at once"
    if guard.for_others:
        yield "also for others"


def record_for_reading() -> str:
    """Every personal column by capability: why, by which right, who, how long, export, erasure."""
    lines = ["# Processing record", ""]
    for capability, found in groupby(_record(), key=lambda line: line.capability):
        lines += [f"## {capability}", "", f"| {' | '.join(_TITLES)} |", "|---" * len(_TITLES) + "|"]
        lines += [f"| {' | '.join(_cells(line))} |" for line in found]
        lines.append("")
    return "\n".join(lines)


def record_for_programs() -> str:
    """The same as JSON: ``{"items": [{"capability", "column", "purpose", "basis", ...}]}``."""
    items = [
        {
            "capability": line.capability,
            "column": line.column,
            "purpose": line.said.purpose,
            "basis": line.said.basis,
            "recipients": line.said.recipients,
            "keep_days": line.said.keep.days,
            "duty": line.said.duty,
            "export": line.said.export,
            "erase": line.said.erase,
            "person": line.owner,
            "nobodys": line.because,
        }
        for line in _record()
    ]
    return msgspec.json.format(msgspec.json.encode({"items": items}), indent=2).decode() + "\n"


_TITLES = (
    "column",
    "purpose",
    "legal basis",
    "recipients",
    "days kept afterwards",
    "ended by",
    "in the export",
    "when the account is closed",
)


def _record() -> Iterator[Line]:
    _import_everything()
    return processing_record()


def _cells(line: Line) -> tuple[str, ...]:
    said = line.said
    return (
        line.column,
        said.purpose,
        said.basis.replace("_", " "),
        ", ".join(said.recipients) or "nobody",
        str(said.keep.days),
        said.duty,
        "yes" if said.export else "no",
        line.because or said.erase,
    )
