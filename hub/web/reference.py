"""The reference: the committed OpenAPI document, cut into what one page of the manual shows.

Pure: takes the document and returns rows. Rendering it ourselves keeps the manual whole without a
script and under the strict content security policy, which the usual viewers need opened.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
Node = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One operation with its place. ``described`` is its OpenAPI object."""

    method: str
    path: str
    described: Node

    @property
    def id(self) -> str:
        """The ``operationId``, which is also the name of its page."""
        return str(self.described["operationId"])

    @property
    def summary(self) -> str:
        """Its one line."""
        return str(self.described.get("summary", self.id))


@dataclass(frozen=True)
class Field:
    """One row of a table of fields or parameters. ``schema``: the named schema it refers to."""

    name: str
    kind: str
    required: bool
    note: str
    schema: str | None = None


def operations(document: Document) -> list[Operation]:
    """Every operation, in the order of paths."""
    return [
        Operation(method, path, item[method])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]


def by_tag(document: Document) -> list[tuple[str, str, list[Operation]]]:
    """Tags with their description and operations; what has no tag stands under "Other"."""
    found: dict[str, list[Operation]] = {}
    for operation in operations(document):
        found.setdefault((operation.described.get("tags") or ["Other"])[0], []).append(operation)
    notes = {tag["name"]: tag.get("description", "") for tag in document.get("tags", ())}
    return [(tag, notes.get(tag, ""), found[tag]) for tag in sorted(found)]


def parameters(operation: Operation, document: Document) -> list[tuple[str, Field]]:
    """Where each parameter stands (path, query, header) and what it is."""
    rows = []
    for parameter in (resolved(node, document) for node in _parameters(operation, document)):
        schema = parameter.get("schema", {})
        note = parameter.get("description", schema.get("description", ""))
        required = parameter.get("required", False)
        field = Field(parameter["name"], kind(schema), required, note, schema_name(schema))
        rows.append((parameter["in"], field))
    return rows


def _parameters(operation: Operation, document: Document) -> list[Node]:
    shared = document["paths"][operation.path].get("parameters", [])
    return [*shared, *operation.described.get("parameters", [])]


def body(operation: Operation) -> tuple[str, Node] | None:
    """Media type and schema of what the operation takes, if it takes a body."""
    content = operation.described.get("requestBody", {}).get("content", {})
    for media, node in content.items():
        return str(media), node.get("schema", {})
    return None


def answers(operation: Operation, document: Document) -> list[tuple[str, str, str | None, Node]]:
    """Status, description, media type and schema of each answer that is declared."""
    rows: list[tuple[str, str, str | None, Node]] = []
    for status, node in sorted(operation.described.get("responses", {}).items()):
        answer = resolved(node, document)
        content: Document = answer.get("content", {})
        media = next(iter(content), None)
        schema = content[media].get("schema", {}) if media else {}
        rows.append((status, answer.get("description", ""), media, schema))
    return rows


def resolved(node: Node, document: Document) -> Node:
    """What a ``$ref`` into the document points at; anything else as it is."""
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def schema_name(node: Node) -> str | None:
    """The name of the schema that a node refers to, directly or as items or alternative."""
    for part in (node, node.get("items", {}), *node.get("anyOf", ()), *node.get("allOf", ())):
        if "$ref" in part:
            return str(part["$ref"]).rpartition("/")[2]
    return None


def kind(schema: Node) -> str:
    """A schema's type in a few words: ``string (date-time)``, ``one of: bus, tram``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return "one of: " + ", ".join(str(value) for value in schema["enum"] if value is not None)
    for joined in ("anyOf", "oneOf", "allOf"):
        if joined in schema:
            return " or ".join(kind(part) for part in schema[joined])
    types = schema.get("type", "any")
    said = " or ".join(types) if isinstance(types, list) else str(types)
    if said.startswith("array"):
        return f"list of {kind(schema.get('items', {}))}"
    return f"{said} ({schema['format']})" if "format" in schema else said


def fields(schema: Node, document: Document) -> Iterator[Field]:
    """The properties of an object schema, its own and those of the schemas it is made of."""
    found = resolved(schema, document)
    if str(found.get("type", "")) == "array":
        found = resolved(found.get("items", {}), document)
    for part in found.get("allOf", ()):
        yield from fields(part, document)
    required = set(found.get("required", ()))
    for name, node in found.get("properties", {}).items():
        note = node.get("description") or resolved(node, document).get("description", "")
        yield Field(name, kind(node), name in required, note, schema_name(node))


def example(schema: Node, document: Document, depth: int = 0) -> Any:
    """A plausible value: the schema's own example where it gives one, else made from its type."""
    if "example" in schema:
        return schema["example"]
    if schema.get("examples"):
        return schema["examples"][0]
    found = resolved(schema, document)
    if found is not schema and ("example" in found or found.get("examples")):
        return example(found, document, depth)
    for joined in ("anyOf", "oneOf", "allOf"):
        if joined in found:
            return example(found[joined][0], document, depth)
    if "enum" in found:
        return found["enum"][0]
    return _made_up(found, document, depth)


def _made_up(schema: Node, document: Document, depth: int) -> Any:
    types = schema.get("type")
    first = types[0] if isinstance(types, list) else types
    if first == "array":
        return [] if depth > 3 else [example(schema.get("items", {}), document, depth + 1)]
    if first == "object" or "properties" in schema:
        held = schema.get("properties", {}) if depth <= 3 else {}
        return {name: example(node, document, depth + 1) for name, node in held.items()}
    if schema.get("format") == "date-time":
        return "2026-11-24T06:01:00Z"
    return {"integer": 1, "number": 1.5, "boolean": True, "null": None}.get(first or "", "text")


def example_text(schema: Node, document: Document) -> str:
    """The example as indented JSON."""
    return json.dumps(example(schema, document), ensure_ascii=False, indent=2)


def curl(operation: Operation, document: Document, url: str) -> str:
    """How to try the operation from a terminal."""
    lines = [f"curl -X {operation.method.upper()} '{url}{operation.path}'"]
    if any("bearer" in way for way in operation.described.get("security", ())):
        lines.append('-H "Authorization: Bearer $TOKEN"')
    names = {field.name for place, field in parameters(operation, document) if place == "header"}
    if "Idempotency-Key" in names:
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    if (taken := body(operation)) is not None:
        media, schema = taken
        lines.append(f"-H 'Content-Type: {media}'")
        if media == "application/json":
            compact = json.dumps(example(schema, document), ensure_ascii=False)
            quoted = compact.replace("'", "'\\''")
            lines.append(f"-d '{quoted}'")
    return " \\\n  ".join(lines)
