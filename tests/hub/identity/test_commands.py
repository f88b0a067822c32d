"""``python -m hub devices`` and ``python -m hub real-names``."""

import json

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text

from hub.identity import real_name_checks, real_names
from hub.identity.commands import devices
from hub.identity.population_gateway import Answer
from hub.identity.real_name_commands import real_names_of_people
from hub.kernel.ids import show
from hub.kernel.work import SYSTEM, Actor
from hub.keys import jwk_of, thumbprint
from tests.factories.residents import resident


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


def test_a_desk_releases_a_document(settings, monkeypatch, db, parts, city):
    found = resident(db)
    document = found.documents[0][0]
    li = city.citizen("li")

    def claim(work):
        real_names.submit(work, parts.keyring, document, found.name, sensitive_consent=True)

    db.run(claim, Actor("citizen", li.id))
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("HUB_HOME", str(settings.home))
    monkeypatch.setenv("HUB_ROOT_KEY", settings.root_key)
    monkeypatch.setenv("HUB_DEMO", "1")
    words = ["release", "--kind", "resident_card", "--evidence", "DESK-7"]

    def at_the_desk(number):
        told = CliRunner().invoke(real_names_of_people, words, input=f"{number}\n")
        assert number not in told.output
        return told

    mistyped = at_the_desk(document.number[:-1])
    pending = at_the_desk(document.number)
    answer = Answer("match", "SIM-1", found.reference)
    with db.reads() as connection:
        claim_id = connection.scalar(
            text("SELECT id FROM identity_real_name WHERE person_id = :id"), {"id": li.person_id}
        )
    db.run(
        lambda work: real_name_checks.conclude(
            work, parts.keyring, claim_id, answer, today=work.now.date()
        ),
        SYSTEM,
    )
    released = at_the_desk(document.number)

    assert mistyped.exit_code == 1
    assert "Eighteen characters" in mistyped.output
    assert "No account has this document." in pending.output
    assert "Released." in released.output
    with db.reads() as connection:
        details = connection.scalar(
            text("SELECT details FROM audit_entry WHERE action = 'identity.real_name_ended'"
                 " AND subject = :subject"),
            {"subject": show("document", claim_id)},
        )  # fmt: skip
    assert details == {"reason": "released", "evidence": "DESK-7"}
