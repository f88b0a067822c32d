"""Finds every sentence of the hub that a person may read, for the test of the catalogues."""

import ast
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract

from hub.kernel.errors import all_refusals

ROOT = Path(__file__).parents[2]
SPEAKERS = (ROOT / "hub", ROOT / "blueprints")
# Manual pages and the command line are English.
SILENT = ("hub/local/", "hub/cli.py", "hub/__main__.py")
CALLS = {"_": None, "translate": None, "marked": None, "counted": (1, 2)}

# Definitions, and which of their words a person reads.
DEFINED = {
    "Probe": {"title"},
    "Register": {"title", "keeper"},
    "Field": {"title"},
    "Purpose": {"sentence", "source"},
}

Said = tuple[int, str]


def sentences() -> dict[str, str]:
    """Each msgid (singular for counted ones) with the first place where it is said."""
    refusals = {kind.__name__ for kind in all_refusals()} | {"ValidationError"}
    found: dict[str, str] = {}
    for folder in SPEAKERS:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if name.startswith(SILENT):
                continue
            if path.suffix == ".html":
                said = _in_template(path)
            elif path.suffix == ".py":
                said = _in_module(ast.parse(path.read_text()), refusals)
            else:
                continue
            for line, msgid in said:
                found.setdefault(msgid, f"{name}:{line}")
    return found


def _in_template(path: Path) -> Iterator[Said]:
    with path.open("rb") as source:
        found = extract(
            "jinja2.ext:babel_extract", source, keywords=CALLS, options={"encoding": "utf-8"}
        )
        for line, message, _, _ in found:
            yield line, message if isinstance(message, str) else message[0]


def _in_module(tree: ast.Module, refusals: set[str]) -> Iterator[Said]:
    """Calls of the languages, titles and details of refusals, wrong fields, titles of probes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name in refusals:
            yield from _titles(node)
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            yield from _text(*(v for k, v in pairs if getattr(k, "value", None) == "detail"))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in {*CALLS, *refusals}:
                yield from _text(*node.args[:1])
            elif node.func.id in DEFINED:
                yield from _text(
                    *(k.value for k in node.keywords if k.arg in DEFINED[node.func.id])
                )


def _titles(node: ast.ClassDef) -> Iterator[Said]:
    for statement in node.body:
        if isinstance(statement, ast.Assign) and getattr(statement.targets[0], "id", "") == "title":
            yield from _text(statement.value)


def _text(*nodes: ast.expr) -> Iterator[Said]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
