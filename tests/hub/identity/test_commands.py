"""``python -m hub devices``."""

import json

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec

from hub.identity.commands import devices
from hub.keys import jwk_of, thumbprint


@pytest.fixture
def hub(settings, monkeypatch):
    """Runs a command on this worker's database."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("HUB_HOME", str(settings.home))
    runner = CliRunner()
    return lambda *words: runner.invoke(devices, [str(word) for word in words])


def test_a_device_is_enrolled_listed_and_revoked(hub, parts, tmp_path):
    jwk = jwk_of(ec.generate_private_key(ec.SECP256R1()).public_key())
    key = tmp_path / "key.jwk"
    key.write_text(json.dumps(jwk))
    enrolment = (
        "--kind",
        "publisher",
        "--name",
        "Office",
        "--scope",
        "transit.schedule:publish",
        key,
    )

    enrolled = hub("enrol", *enrolment)
    again = hub("enrol", *enrolment)
    line = next(li for li in hub("list").output.splitlines() if thumbprint(jwk) in li).split("\t")
    revoked = hub("revoke", line[0])

    assert enrolled.output.strip() == thumbprint(jwk)
    assert again.exit_code == 1
    assert line[1:4] == ["trusted", "publisher", "Office"]
    assert revoked.exit_code == 0
    assert f"{line[0]}\trevoked" in hub("list").output


def test_what_cannot_be_enrolled_or_revoked_is_said_in_a_sentence(hub, parts, tmp_path):
    key = tmp_path / "key.jwk"
    for content in ("", "[]", "{}", '{"kty": "EC", "d": "x"}', "5"):
        key.write_text(content)
        told = hub("enrol", "--kind", "gate", "--name", "Gate", "--scope", "x", key)
        assert (told.exit_code, "cannot be enrolled" in told.output) == (1, True), content

    assert "There is no device" in hub("revoke", "device_x").output
