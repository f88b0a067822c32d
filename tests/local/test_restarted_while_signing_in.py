"""The database dies by `kill -9` in the middle of a sign-in, before its commit and just after it:
nobody gets in who should not, and nobody stays outside."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from blueprints import SECTORS
from hub.app import create_app
from hub.jobs.release import release
from hub.kernel import db
from hub.local import processes
from hub.local.postgres import Cluster
from hub.parts import Parts, build_parts
from hub.settings import Settings
from tests.api.conftest import Phone, bearer
from tests.api.credentials import a_number, a_wrong

Dies = Callable[[], None]


@pytest.fixture
def parts(own_cluster: Cluster, home: Path) -> Iterator[Parts]:
    settings = Settings.from_env(
        {
            "HUB_HOME": str(home),
            "HUB_DEMO": "1",
            "HUB_LOG_LEVEL": "error",
            "DATABASE_URL": own_cluster.url("hub_app"),
            "DATABASE_OWNER_URL": own_cluster.url("hub_owner"),
        }
    )
    release(settings)
    built = build_parts(settings, application="hub-test")
    yield built
    built.watch.stop()
    built.database.dispose()


@pytest.fixture
def phone(parts: Parts) -> Any:
    app: Flask = create_app(parts.settings, SECTORS, parts=parts)
    return Phone(app, parts)  # type: ignore[no-untyped-call]


@pytest.fixture(params=["before the commit", "just after it"])
def dies(
    request: pytest.FixtureRequest,
    own_cluster: Cluster,
    parts: Parts,
    monkeypatch: pytest.MonkeyPatch,
) -> Dies:
    """Arm the next transaction: the database is killed at its end, and started again."""
    commit = db._close

    def restart() -> None:
        assert own_cluster.pid is not None
        os.kill(own_cluster.pid, signal.SIGKILL)
        assert processes.wait_until(lambda: own_cluster.pid is None, 10)
        own_cluster.revive()

    def close(work: Any) -> None:
        if work.session.get_bind() is not parts.database.engine:
            commit(work)  # another hub's of this process, whose thread must not start our server
            return
        monkeypatch.setattr(db, "_close", commit)
        if request.param == "just after it":
            commit(work)
            restart()
        else:
            restart()
            commit(work)

    return lambda: monkeypatch.setattr(db, "_close", close)


def again(send: Callable[[], Any]) -> Any:
    """What an app does that heard nothing, or 503: the same once more."""
    answer = send()
    return send() if answer.status_code == 503 else answer


def test_a_right_code_signs_in_once(phone: Any, dies: Dies) -> None:
    number, key = a_number(), uuid4().hex
    login = phone.ask(number).json["login"]
    code = phone.code(number)

    dies()
    assert phone.enter(login, code, key=key).status_code in {200, 503}

    answer = again(lambda: phone.enter(login, code, key=key))
    assert answer.status_code == 200
    assert phone.enter(login, code).status_code == 409  # under another key it is another act
    listed = phone.http.get("/v1/me/sessions", headers=bearer(answer.json)).json["items"]
    assert [one["id"] for one in listed] == [answer.json["session"]]

    dies()
    token = answer.json["refresh_token"]
    assert phone.refresh(token).status_code in {200, 503}
    renewed = again(lambda: phone.refresh(token))
    assert renewed.status_code == 200
    assert phone.refresh(renewed.json["refresh_token"]).status_code == 200


def test_no_guess_is_won_by_it(phone: Any, dies: Dies) -> None:
    number = a_number()
    login = phone.ask(number).json["login"]
    code = phone.code(number)

    dies()
    told = [phone.enter(login, a_wrong(code)).status_code for _ in range(7)]

    assert told.count(403) == 5  # as many answers as without; what was not counted said nothing
    assert again(lambda: phone.enter(login, code)).status_code == 409
