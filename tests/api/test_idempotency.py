"""A POST repeated under its Idempotency-Key has one effect and one answer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from marshmallow import fields
from sqlalchemy import text

from hub import audit
from hub.jobs import clock as clock_duties
from hub.kernel.errors import Conflict
from hub.kernel.work import CLOCK
from hub.web import Blueprint, Schema, edge, problems, public, request, tokens, transaction
from hub.web.openapi import Api


class Parcel(Schema):
    label = fields.String(required=True)


class TooHeavy(Conflict):
    """Your parcel weighs more than we carry. Send it in two."""

    title = "Too heavy"


@pytest.fixture(scope="module")
def post_office(parts):
    """A little application of one view, so that the edge is tested without any capability."""
    bp = Blueprint("post", __name__)

    @bp.post("/v1/parcels")
    @public
    @transaction(once=True)
    @bp.arguments(Parcel)
    @bp.response(201, Parcel)
    def send(work, parcel):
        audit.record(work, "post.sent", parcel["label"])
        if parcel["label"].startswith("heavy"):
            raise TooHeavy(keep=parcel["label"].endswith("kept"))
        return parcel

    app = Flask("post")
    request.install(app, parts)
    edge.install(app, parts)
    tokens.install(app, parts)
    problems.register(app)
    Api(app).register_blueprint(bp)
    return app


def send(app, label, key):
    return app.test_client().post(
        "/v1/parcels", json={"label": label}, headers={"Idempotency-Key": key}
    )


def times_sent(db, label):
    with db.reads() as connection:
        return connection.scalar(
            text("SELECT count(*) FROM audit_entry WHERE subject = :label"), {"label": label}
        )


def test_a_repeated_request_gets_its_first_answer(post_office, db):
    label, key = uuid4().hex, uuid4().hex

    first, second = send(post_office, label, key), send(post_office, label, key)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json == first.json
    assert second.headers["Idempotent-Replayed"] == "true"
    assert times_sent(db, label) == 1


def test_fifty_at_once_have_one_effect_and_fifty_equal_answers(post_office, db):
    label, key = uuid4().hex, uuid4().hex

    with ThreadPoolExecutor(50) as crowd:
        answers = list(crowd.map(lambda _: send(post_office, label, key), range(50)))

    assert {answer.status_code for answer in answers} == {201}
    assert {answer.data for answer in answers} == {answers[0].data}
    assert times_sent(db, label) == 1


def test_a_key_belongs_to_one_request(post_office):
    key = uuid4().hex
    send(post_office, uuid4().hex, key)

    other = send(post_office, uuid4().hex, key)

    assert (other.status_code, other.json["type"]) == (422, "/problems/idempotency-key-reused")


def test_a_request_with_an_effect_needs_a_key(post_office):
    answer = post_office.test_client().post("/v1/parcels", json={"label": "x"})

    assert (answer.status_code, answer.json["type"]) == (400, "/problems/idempotency-key-missing")


def test_a_refusal_leaves_nothing_behind_and_may_be_tried_again(post_office, db):
    label, key = f"heavy-{uuid4().hex}", uuid4().hex

    first, second = send(post_office, label, key), send(post_office, label, key)

    assert (first.status_code, second.status_code) == (409, 409)
    assert "Idempotent-Replayed" not in second.headers
    assert times_sent(db, label) == 0


def test_a_refusal_that_is_kept_happens_once(post_office, db):
    label, key = f"heavy-{uuid4().hex}-kept", uuid4().hex

    first, second = send(post_office, label, key), send(post_office, label, key)

    assert (first.status_code, second.status_code) == (409, 409)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert times_sent(db, label) == 1


def test_after_seven_days_only_the_effect_is_known(post_office, db):
    label, key = uuid4().hex, uuid4().hex
    send(post_office, label, key)
    later = db.clock() + timedelta(days=7, minutes=1)
    db.run(clock_duties.forget, CLOCK, now=later)

    answer = send(post_office, label, key)

    assert (answer.status_code, answer.json["type"]) == (409, "/problems/key-expired")
    assert times_sent(db, label) == 1


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"label": "a"', "application/json", 400),
        (b'{"label": NaN}', "application/json", 400),
        (b'{"label": "\\ud800"}', "application/json", 400),
        (b'{"label": "a\\u0000"}', "application/json", 400),
        (b"[" * 60000, "application/json", 400),
        (b'{"label":' + b"[" * 50000 + b"]" * 50000 + b"}", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"label": "a"}', "text/plain", 415),
        (b'{"label": "a", "other": 1}', "application/json", 422),
        (b'{"label": 7}', "application/json", 422),
        (b"null", "application/json", 422),
        (b"x" * (2 << 20), "application/json", 413),
    ],
)
def test_what_cannot_be_read_is_named(post_office, body, kind, status):
    answer = post_office.test_client().post(
        "/v1/parcels", data=body, content_type=kind, headers={"Idempotency-Key": uuid4().hex}
    )

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
