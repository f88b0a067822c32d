"""What every API of the hub promises, walked over every route."""

import inspect
import json
import re

import openapi_spec_validator
import pytest

from blueprints import SECTORS
from hub.app import create_app
from hub.kernel.errors import all_refusals
from hub.settings import Settings
from hub.web import documents
from hub.web.pages import Pages

# Standard protocols keep their own rules of repetition; each is named here with its reason.
REPEATABLE = {
    "sign_in.refresh_tokens": "a refresh token is its own key: the same one, the same successor",
    "sign_in.sign_out": "what has ended stays ended",
    "oauth.exchange_for_token": "codes and refresh tokens are good once (RFC 6749, RFC 9700)",
    "oauth.begin_on_device": "a question nobody answers ends by itself (RFC 8628)",
    "oauth.push_request": "a request nobody answers ends by itself (RFC 9126)",
    "registration.register_by_token": "each registration makes a client of its own (RFC 7591, 3)",
    "oauth.revoke_token": "what has ended stays ended (RFC 7009)",
    "oauth.introspect_token": "it only looks (RFC 7662)",
    "oauth.user_info_by_post": "it only looks (OpenID Connect Core, 5.3.1)",
    "sessions.sign_out_everywhere": "what has ended stays ended",
    "sessions.sign_out_elsewhere": "what has ended stays ended",
}


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    home = str(tmp_path_factory.mktemp("described"))
    return create_app(Settings.from_env({"HUB_HOME": home}), SECTORS, writes_document=True)


@pytest.fixture(scope="module")
def operations(described):
    document = described.extensions["hub-api"].spec.to_dict()
    return {
        (method, path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in {"get", "post", "put", "patch", "delete"}
    }


def api_rules(app):
    pages = {name for name, bp in app.blueprints.items() if isinstance(bp, Pages)}
    for rule in app.url_map.iter_rules():
        blueprint = rule.endpoint.rpartition(".")[0]
        if blueprint in app.blueprints and blueprint not in pages:
            yield rule, app.view_functions[rule.endpoint]


def test_every_route_says_who_may_call_it(described):
    silent = [rule.rule for rule, view in api_rules(described) if not hasattr(view, "guard")]

    assert not silent, f"Say @public, @requires or @signed: {silent}"


def test_every_write_is_a_transaction_and_every_post_happens_once(described):
    unsafe = []
    for rule, view in api_rules(described):
        kind = getattr(view, "transactional", None)
        methods = rule.methods - {"GET", "HEAD", "OPTIONS"}
        once = "POST" not in methods or kind == "once" or rule.endpoint in REPEATABLE
        if methods and (kind not in {"once", "plain"} or not once):
            unsafe.append(f"{methods} {rule.rule}: {kind}")

    assert not unsafe, f"Use @transaction, and once=True on POST: {unsafe}"


def test_operations_are_described(operations):
    poor = [
        f"{method} {path}"
        for (method, path), operation in operations.items()
        if not operation.get("summary") or not operation.get("tags") or "security" not in operation
    ]

    assert not poor, f"Docstring, tag and guard make a description: {poor}"


def test_operation_ids_are_unique(operations):
    names = [operation["operationId"] for operation in operations.values()]

    assert sorted(names) == sorted(set(names))


def test_no_answer_is_a_bare_list(operations):
    standard = {"/.well-known/assetlinks.json"}
    bare = [
        path
        for (_, path), operation in operations.items()
        for response in operation["responses"].values()
        for media in response.get("content", {}).values()
        if media.get("schema", {}).get("type") == "array" and path not in standard
    ]

    assert not bare


def inline_enumerations(node, place=""):
    if isinstance(node, dict):
        named = re.fullmatch(r"/components/schemas/\w+", place)
        if not named and isinstance(words := node.get("enum"), list) and len(words) > 1:
            yield place
        for key, inner in node.items():
            yield from inline_enumerations(inner, f"{place}/{key}")
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            yield from inline_enumerations(inner, f"{place}/{number}")


def test_every_enumeration_has_a_name(described):
    inline = list(inline_enumerations(json.loads(described.extensions["hub-api"].document())))

    assert not inline, f"Declare an Enumeration and give it as validator: {inline}"


def test_every_scope_is_declared_by_one_sector(described):
    """What a partner may ask is decided aloud: a scope that no sector declares is nobody's."""
    demanded = {
        view.guard.scope
        for _, view in api_rules(described)
        if view.guard.kind == "token" and view.guard.scope
    }
    declared = [scope.name for sector in SECTORS for scope in sector.scopes]

    assert not demanded - set(declared), "Declare them in Sector(scopes=(Scope(...),))"
    assert sorted(declared) == sorted(set(declared))


def test_refusals_are_pages_of_the_manual():
    kinds = list(all_refusals())
    slugs = [kind.slug() for kind in kinds]
    poor = [kind.__name__ for kind in kinds if len(inspect.getdoc(kind) or "") < 40]

    assert not poor, f"Write what happened and what to do next: {poor}"
    assert sorted(slugs) == sorted(set(slugs))


def test_the_description_is_openapi(described):
    openapi_spec_validator.validate(json.loads(described.extensions["hub-api"].document()))


def test_the_committed_documents_are_current(described):
    stale = documents.stale(documents.documents(described, SECTORS))

    assert not stale, f"Run `make spec` and look at the difference: {stale}"
