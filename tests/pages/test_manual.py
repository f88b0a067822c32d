"""The manual: every operation, schema and refusal has its page, and no page is empty."""

import json

from hub.kernel.errors import all_refusals
from hub.web import about, reference
from hub.web.manual import prose

HTML = {"Accept": "text/html"}


def document():
    return json.loads(about.DOCUMENT.read_text())


def test_every_operation_has_a_page_that_shows_its_path(client):
    for operation in reference.operations(document()):
        page = client.get(f"/docs/{operation.id}", headers=HTML)

        assert page.status_code == 200, operation.id
        assert operation.path in page.text
        assert f"curl -X {operation.method.upper()}" in page.text


def test_every_schema_has_a_page(client):
    for name in document()["components"]["schemas"]:
        assert client.get(f"/docs/schemas/{name}", headers=HTML).status_code == 200, name


def test_every_refusal_has_a_page_in_the_readers_language(client):
    for kind in all_refusals():
        page = client.get(f"/problems/{kind.slug()}", headers={**HTML, "Accept-Language": "ru"})

        assert page.status_code == 200, kind
        assert f"/problems/{kind.slug()}" in page.text


def test_links_of_the_manual_lead_somewhere(client):
    names = set(document()["components"]["schemas"])
    for operation in reference.operations(document()):
        for _, _, _, schema in reference.answers(operation, document()):
            named = reference.schema_name(schema)
            assert named is None or named in names


def test_examples_come_from_the_schemas_and_end():
    schemas = {
        "Tree": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "example": "oak"},
                "kind": {"type": "string", "enum": ["leaf", "branch"]},
                "inside": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
            },
        }
    }
    tree = {"components": {"schemas": schemas}}

    made = reference.example({"$ref": "#/components/schemas/Tree"}, tree)

    assert (made["name"], made["kind"]) == ("oak", "leaf")
    assert "oak" in json.dumps(made["inside"])


def test_prose_escapes_what_is_not_its_own_markup():
    assert prose("a <b> ``c<d`` **e**") == (
        "<p>a &lt;b&gt; <code>c&lt;d</code> <strong>e</strong></p>"
    )
    assert prose("- one\n- two") == "<ul><li>one</li><li>two</li></ul>"
