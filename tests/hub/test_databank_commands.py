"""``python -m hub databank``."""

from uuid import uuid4

import pytest
from click.testing import CliRunner

from hub.databank.commands import databank
from tests.factories.residents import card_of, resident, say


@pytest.fixture
def hub(settings, monkeypatch):
    """Runs a command on this worker's database."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("HUB_HOME", str(settings.home))
    monkeypatch.setenv("HUB_ROOT_KEY", settings.root_key)
    return lambda *words: CliRunner().invoke(databank, list(words))


def test_an_appeal_is_listed_and_decided_once(hub, client, city, db, outbox):
    found, li = resident(db), city.citizen("li")
    say(db, found, "disabled", "refused", reason="No certificate.")

    def post(path, body):
        headers = {**li.headers, "Idempotency-Key": uuid4().hex}
        return client.post(path, json=body, headers=headers).json

    post("/v1/me/real-name", card_of(found))
    outbox.deliver()
    outbox.deliver()
    refused = client.get("/v1/me/entitlements", headers=li.headers).json["items"][0]
    filed = post(f"/v1/me/entitlements/{refused['id']}/appeals", {"statement": "Here it is."})

    listed = hub("appeals").output
    decided = hub("decide", filed["id"], "upheld", "--answer", "Seen.")
    again = hub("decide", filed["id"], "dismissed", "--answer", "No.")

    line = next(line for line in listed.splitlines() if line.startswith(filed["id"]))
    assert line.endswith("Here it is.")
    assert decided.exit_code == 0
    assert again.exit_code == 1
    assert filed["id"] not in hub("appeals").output
    after = client.get("/v1/me/entitlements", headers=li.headers).json["items"][0]
    assert (after["state"], after["valid_today"]) == ("granted", True)
