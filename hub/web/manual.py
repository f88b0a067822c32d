"""The manual: the reference of the API, the refusals, the state of the services."""

import json
import re
from functools import cache
from inspect import cleandoc
from typing import Any

from markupsafe import Markup, escape

from hub.kernel.errors import NotFound, Refusal, all_refusals
from hub.kernel.work import Reading

from . import about, problems, reference
from .guard import public
from .health import status_report
from .pages import Answer, Pages, page
from .refused import advice_for, refusal_page
from .request import parts
from .transaction import reads

bp = Pages("manual", __name__)
bp.record_once(lambda setup: setup.app.extensions.update({problems.PAGE: refusal_page}))


@cache
def _document() -> reference.Document:
    document: reference.Document = json.loads(about.DOCUMENT.read_bytes())
    return document


@bp.get("/docs")
@public
def docs_page() -> Answer:
    """The operations of the API, by tag."""
    document = _document()
    return page("manual/docs.html", info=document["info"], tags=reference.by_tag(document))


@bp.get("/docs/<operation_id>")
@public
def operation_page(operation_id: str) -> Answer:
    """One operation: what it takes, what it answers, how to try it."""
    document = _document()
    found = next((o for o in reference.operations(document) if o.id == operation_id), None)
    if found is None:
        raise NotFound
    return page(
        "manual/operation.html",
        operation=found,
        parameters=reference.parameters(found, document),
        body=_shown(reference.body(found), document),
        answers=[
            (status, said, media, reference.schema_name(schema), _example(schema, status))
            for status, said, media, schema in reference.answers(found, document)
        ],
        scopes=_scopes(found),
        curl=reference.curl(found, document, parts().settings.public_url),
    )


@bp.get("/docs/schemas/<name>")
@public
def schema_page(name: str) -> Answer:
    """One named schema: its fields and an example."""
    document = _document()
    schema = document.get("components", {}).get("schemas", {}).get(name)
    if schema is None:
        raise NotFound
    return page(
        "manual/schema.html",
        name=name,
        note=schema.get("description", ""),
        fields=list(reference.fields(schema, document)),
        kind=reference.kind(schema),
        example=reference.example_text(schema, document),
    )


def _shown(taken: tuple[str, reference.Node] | None, document: reference.Document) -> Any:
    if taken is None:
        return None
    media, schema = taken
    return {
        "media": media,
        "schema": reference.schema_name(schema),
        "fields": list(reference.fields(schema, document)),
        "example": reference.example_text(schema, document) if "json" in media else None,
    }


def _example(schema: reference.Node, status: str) -> str | None:
    return reference.example_text(schema, _document()) if schema and status < "300" else None


def _scopes(operation: reference.Operation) -> list[tuple[str, str]]:
    return [
        (way, scope)
        for security in operation.described.get("security", ())
        for way, scopes in security.items()
        for scope in scopes or [""]
    ]


# Refusals


@bp.get("/problems")
@public
def problems_page() -> Answer:
    """Every kind of refusal, by status."""
    kinds = sorted(set(all_refusals()), key=lambda kind: (kind.status, kind.slug()))
    return page("manual/problems.html", kinds=kinds, first_paragraph=first_paragraph)


@bp.get("/problems/<slug>")
@public
def problem_page(slug: str) -> Answer:
    """One kind of refusal: what happened, and what to do next."""
    kind = next((kind for kind in all_refusals() if kind.slug() == slug), None)
    if kind is None:
        raise NotFound
    return page(
        "manual/problem.html",
        kind=kind,
        what=prose(cleandoc(kind.__doc__ or "")),
        advice=advice_for(kind.status),
    )


def first_paragraph(kind: type[Refusal]) -> Markup:
    """The beginning of a refusal's manual page."""
    return prose(cleandoc(kind.__doc__ or "").partition("\n\n")[0])


# Status


@bp.get("/status")
@public
@reads
def status_page(reading: Reading) -> Answer:
    """What citizens may know of the hub's state, from real probes."""
    settings = parts().settings
    return page(
        "manual/status.html", report=status_report(parts()), now=reading.now, zone=settings.zone
    )


@bp.app_template_filter("prose")
def prose(text: str) -> Markup:
    """Docstrings and descriptions as HTML: paragraphs, lists, ``code`` and **strong**; the rest is
    escaped."""
    blocks = []
    for block in re.split(r"\n\s*\n", (text or "").strip()):
        if block.lstrip().startswith("- "):
            points = re.split(r"^- ", block.strip(), flags=re.MULTILINE)[1:]
            blocks.append("<ul>" + "".join(f"<li>{_inline(p)}</li>" for p in points) + "</ul>")
        elif block.strip():
            blocks.append(f"<p>{_inline(block)}</p>")
    return Markup("\n".join(blocks))  # noqa: S704 (every piece went through escape)


def _inline(text: str) -> str:
    safe = str(escape(" ".join(text.split())))
    safe = re.sub(r"``(.+?)``|`(.+?)`", lambda m: f"<code>{m[1] or m[2]}</code>", safe)
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", safe)
