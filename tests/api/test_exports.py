"""A copy of everything that is kept about a person: whole, theirs alone, and gone after a week."""

import base64
import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import uuid4

import pytest

from blueprints.citizen import exports
from hub import privacy
from hub.kernel import ids
from hub.kernel.work import SYSTEM
from tests.factories.planted import Planted, in_full

from .conftest import bearer


def key():
    return {"Idempotency-Key": uuid4().hex}


def ask(client, person, **more):
    return client.post("/v1/me/exports", headers=person.headers | key() | more)


def fetch(client, person, export_id):
    return client.get(f"/v1/me/exports/{export_id}/file", headers=person.headers)


def opened(answer):
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    return json.loads(archive.read("data.json")), archive.read("index.html").decode()


def made(client, outbox, person):
    export_id = ask(client, person).json["id"]
    outbox.deliver()
    return export_id


@pytest.fixture
def li(city):
    return city.citizen("li")


@pytest.fixture
def wang(city):
    return city.citizen("wang")


def as_json(value):
    if isinstance(value, bytes):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, date) else value


def test_every_exported_column_of_every_table_is_in_the_copy(app, client, parts, outbox, li, wang):
    planted, others = Planted(parts, li.person_id), Planted(parts, wang.person_id)
    li = in_full(app, parts, li)

    copy = fetch(client, li, made(client, outbox, li))
    data, page = opened(copy)

    tables = {table["table"]: table["rows"] for table in data["tables"]}
    missing = []
    for name, value in planted.given.items():
        table, _, column = name.rpartition(".")
        if as_json(value) not in [row.get(column) for row in tables.get(table, ())]:
            missing.append(name)
    assert missing == []
    assert len(planted.texts()) >= 10
    assert [text for text in planted.texts() if text not in page] == []
    assert [text for text in others.texts() if text in copy.data.decode("latin1")] == []
    assert [text for text in others.texts() if text in json.dumps(data) + page] == []
    assert wang.id not in json.dumps(data)
    assert data["person"] == li.id


def test_what_is_not_for_export_is_not_in_it(app, client, parts, outbox, li):
    planted = Planted(parts, li.person_id)
    li = in_full(app, parts, li)

    data, _ = opened(fetch(client, li, made(client, outbox, li)))

    names = {f"{t['table']}.{name}" for t in data["tables"] for row in t["rows"] for name in row}
    secret = {
        f"{table.fullname}.{column.name}"
        for table in privacy.tables_of_people()
        for column, said in privacy.columns(table)
        if not said.export
    }
    assert names & secret == set()
    assert planted.given.keys() <= names


def test_the_page_speaks_the_persons_language(client, parts, outbox, phone, city):
    li = city.citizen("zhang")
    etag = client.get("/v1/me", headers=li.headers).headers["ETag"]
    client.patch("/v1/me", json={"language": "zh-CN"}, headers=li.headers | {"If-Match": etag})

    _, page = opened(fetch(client, li, made(client, outbox, li)))

    assert '<html lang="zh-CN">' in page
    assert "关于我" in page
    assert "<dt>我不在时也有效</dt><dd>否</dd>" in page
    assert "False" not in page
    assert "<script" not in page


def test_a_name_cannot_put_markup_into_the_page(client, outbox, li):
    etag = client.get("/v1/me", headers=li.headers).headers["ETag"]
    name = {"display_name": "<script>alert(1)</script>"}
    client.patch("/v1/me", json=name, headers=li.headers | {"If-Match": etag})

    _, page = opened(fetch(client, li, made(client, outbox, li)))

    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_it_is_made_once_however_often_it_is_asked_for(app, client, parts, outbox, li):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(app.test_client(), li), range(8)))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json["id"] for answer in answers}) == 1
    outbox.deliver()
    (ready,) = client.get("/v1/me/exports", headers=li.headers).json["items"]
    assert ready["state"] == "ready"
    assert outbox.of(li.id).count("privacy.export_ready") == 1


def test_a_job_that_runs_twice_makes_one_copy(client, parts, outbox, li):
    export_id = made(client, outbox, li)
    before = fetch(client, li, export_id).data

    event = privacy.ExportAsked(person_id=li.person_id, export_id=ids.read("export", export_id))
    exports.make_export(parts, event)

    assert fetch(client, li, export_id).data == before
    assert outbox.of(li.id).count("privacy.export_ready") == 1


def test_a_new_copy_replaces_the_one_before(client, outbox, li):
    first = made(client, outbox, li)
    second = made(client, outbox, li)

    assert fetch(client, li, first).status_code == 404
    assert fetch(client, li, second).status_code == 200
    assert len(client.get("/v1/me/exports", headers=li.headers).json["items"]) == 1


def test_nobody_else_can_see_or_fetch_it(client, outbox, li, wang):
    export_id = made(client, outbox, li)

    assert fetch(client, wang, export_id).status_code == 404
    assert client.get(f"/v1/me/exports/{export_id}", headers=wang.headers).status_code == 404
    assert client.get("/v1/me/exports", headers=wang.headers).json["items"] == []
    assert client.get(f"/v1/me/exports/{export_id}/file").status_code == 401


def test_asking_and_fetching_need_a_recent_sign_in(client, clock, outbox, phone, li):
    export_id = made(client, outbox, li)
    clock.move(minutes=9)
    fresh = bearer(phone.refresh(li.tokens.refresh_token).json)
    assert client.get(f"/v1/me/exports/{export_id}/file", headers=fresh).status_code == 200
    clock.move(minutes=2)

    asked = client.post("/v1/me/exports", headers=fresh | key())
    fetched = client.get(f"/v1/me/exports/{export_id}/file", headers=fresh)

    for refused in (asked, fetched):
        assert refused.status_code == 401
        assert refused.json["type"].endswith("/problems/stronger-sign-in-needed")


def test_after_a_week_it_is_gone_from_the_disk_too(client, parts, clock, outbox, phone, li):
    export_id = made(client, outbox, li)
    with parts.database.reads() as connection:
        from hub.files import File
        from hub.privacy.model import Export

        sha256 = connection.scalar(
            File.__table__.select()
            .with_only_columns(File.sha256)
            .join(Export.__table__, Export.file_id == File.id)
            .where(Export.id == ids.read("export", export_id))
        )
    on_disk = parts.vault._path(sha256)
    assert on_disk.exists()
    assert b"identity_person" not in on_disk.read_bytes()

    clock.move(days=7)
    tokens = phone.refresh(li.tokens.refresh_token).json
    assert client.get("/v1/me/exports", headers=bearer(tokens)).json["items"] == []
    exports.forget_old(parts)
    exports.forget_old(parts)

    assert not on_disk.exists()
    found = parts.database.run(
        lambda work: work.session.get(Export, ids.read("export", export_id)), SYSTEM
    )
    assert found is None


def test_a_copy_whose_bytes_are_gone_is_no_fault(client, parts, outbox, li):
    """A process was killed between removing the bytes and forgetting the row."""
    export_id = made(client, outbox, li)
    with parts.database.work(SYSTEM) as work:
        from hub.files import File
        from hub.privacy.model import Export

        file_id = work.session.get(Export, ids.read("export", export_id)).file_id
        parts.vault.remove(work.session.get(File, file_id).sha256)

    assert fetch(client, li, export_id).status_code == 404


def test_making_it_leaves_a_line_in_the_access_log(client, outbox, li):
    made(client, outbox, li)

    (line,) = client.get("/v1/me/access-log", headers=li.headers).json["items"]

    assert (line["register"], line["purpose"]) == ("everything", "the person's own copy")
    assert "identity_person" in line["fields"]
