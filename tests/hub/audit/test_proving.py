"""A proof holds without the hub, for the row that it is for, also after others were erased."""

import base64
import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from hub import audit, keys
from hub.audit.access_model import KEPT
from hub.audit.checking import ProofRefused, check
from hub.audit.commands import audit as commands
from hub.kernel import ids
from hub.kernel.errors import Invalid, NotFound
from hub.kernel.work import SYSTEM


def proof(log, position=0, person=None):
    return log.as_person(lambda r: audit.proof(r, log.ids()[position]), person)


def jwks(log):
    return json.dumps(log.keyring.jwks()).encode()


def checked(log, found):
    return check(json.dumps(found).encode(), jwks(log))


@pytest.fixture
def twenty(log):
    log.sealed(7, 13)
    return log


def test_every_row_has_a_proof_that_holds(twenty):
    for position in range(20):
        row, statement = checked(twenty, proof(twenty, position))

        assert row["id"] == ids.show("access", twenty.ids()[position])
        assert row["about"] == ids.show("person", twenty.person)
        assert statement.size == 20


def by_hand(found, key_set):
    """The check of docs/identity.md, with nothing of the hub."""
    manual = (Path(__file__).parents[3] / "docs" / "identity.md").read_text()
    lines = manual.split("```python\nb64, sha")[1].split("```")[0]
    exec("b64, sha" + lines, {"base64": base64, "hashlib": hashlib, "proof": found})
    jwk = next(k for k in key_set["keys"] if k["kid"] == found["checkpoint"]["kid"])
    x, y = (int.from_bytes(base64.urlsafe_b64decode(jwk[c] + "==")) for c in "xy")
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    raw = base64.b64decode(found["checkpoint"]["signature"])
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key.verify(der, found["checkpoint"]["text"].encode(), ec.ECDSA(SHA256()))


def test_anybody_can_check_by_hand(twenty):
    for position in range(20):
        by_hand(proof(twenty, position), twenty.keyring.jwks())
    with pytest.raises(AssertionError):
        by_hand({**proof(twenty, 3), "position": 4}, twenty.keyring.jwks())


def spoiled(found, **changes):
    return {**found, **changes}


def test_whatever_is_changed_in_a_proof_spoils_it(twenty):
    found = proof(twenty, 5)
    other = proof(twenty, 6)
    signed = found["checkpoint"]
    no_key = {**signed, "kid": "of-a-stranger"}
    wrong = [
        spoiled(found, row=found["row"].replace("entitlement", "curiosity").replace("0", "1")),
        spoiled(found, salt=other["salt"]),
        spoiled(found, salt=""),
        spoiled(found, leaf_hash=other["leaf_hash"]),
        spoiled(found, position=6),
        spoiled(found, position=-1),
        spoiled(found, path=found["path"][:-1]),
        spoiled(found, path=[]),
        spoiled(found, path=["?"]),
        spoiled(found, format="another"),
        spoiled(found, checkpoint=no_key),
        spoiled(found, checkpoint={**signed, "signature": base64.b64encode(bytes(64)).decode()}),
        spoiled(found, checkpoint={**signed, "signature": ""}),
        spoiled(found, checkpoint={**signed, "text": signed["text"].replace("\n20\n", "\n21\n")}),
        spoiled(found, checkpoint={**signed, "text": signed["text"] + "more\n"}),
        spoiled(found, checkpoint={**signed, "text": ""}),
        {"format": found["format"]},
        [],
    ]
    for changed in wrong:
        with pytest.raises(ProofRefused):
            checked(twenty, changed)
    for key_set in (b"", b"{}", b'{"keys": []}', b'{"keys": [{"kid": 5}]}', b"[]"):
        with pytest.raises(ProofRefused):
            check(json.dumps(found).encode(), key_set)


def test_a_signature_of_a_key_in_wrong_hands_proves_nothing(twenty):
    found = proof(twenty)
    twenty.work(
        lambda work: keys.revoke(work, twenty.parts.root(), found["checkpoint"]["kid"]), SYSTEM
    )
    with twenty.parts.database.reading(SYSTEM) as reading:
        every = [{**k, "since": ""} for k in keys.every_signing_key(reading)]

    with pytest.raises(ProofRefused, match="wrong hands"):
        check(json.dumps(found).encode(), json.dumps({"keys": every}).encode())
    twenty.seal()
    checked(twenty, proof(twenty))  # the new one is signed by the key that took its place


def test_a_row_is_proven_to_its_person_only_and_once_it_is_sealed(twenty):
    with pytest.raises(NotFound):
        proof(twenty, person=ids.new_id())
    with pytest.raises(NotFound):
        twenty.as_person(lambda r: audit.proof(r, ids.new_id()))
    twenty.read()
    fresh = twenty.mine()[0]
    with pytest.raises(audit.NotSealedYet) as refused:
        twenty.as_person(lambda r: audit.proof(r, fresh.id))

    assert refused.value.headers["Retry-After"] == "2"


def test_every_two_sizes_are_consistent(twenty):
    from hub.audit import merkle

    b64 = base64.b64decode
    for old in range(1, 21):
        for new in (None, *range(old, 21)):
            found = twenty.as_person(lambda r, o=old, n=new: audit.consistency(r, old=o, new=n))

            assert found["new_size"] == new or 20
            assert merkle.continues(
                found["old_size"],
                found["new_size"],
                b64(found["old_root"]),
                b64(found["new_root"]),
                [b64(step) for step in found["path"]],
            )


@pytest.mark.parametrize(("old", "new"), [(0, 5), (5, 4), (1, 21), (21, None), (-1, 5)])
def test_sizes_that_the_log_has_not(twenty, old, new):
    with pytest.raises(Invalid):
        twenty.as_person(lambda r: audit.consistency(r, old=old, new=new))


def test_erasing_keeps_every_proof(twenty):
    """Content and salt are gone; the proofs of others, and those already given out, still hold."""
    other = ids.new_id()
    twenty.read(other)
    twenty.seal()
    kept, theirs = proof(twenty, 3), proof(twenty, 20, other)

    assert twenty.work(lambda work: audit.erase(work, twenty.person)) == 20
    assert twenty.work(lambda work: audit.erase(work, twenty.person)) == 0
    assert twenty.seal() == 1
    twenty.copy()

    assert twenty.mine() == []
    assert len(twenty.mine(other)) == 1
    left = twenty.owner(
        "SELECT count(*) FROM audit_access WHERE salt IS NULL AND purpose IS NULL"
        " AND person_id IS NULL AND actor_id IS NULL"
    )
    assert left == [(20,)]
    checked(twenty, kept)
    checked(twenty, theirs)
    checked(twenty, proof(twenty, 20, other))
    report = twenty.verify()
    assert (report.wrong, report.erased, report.rows) == ([], 20, 22)


def test_rows_not_sealed_yet_are_erased_with_a_later_call(log):
    log.read()
    assert log.work(lambda work: audit.erase(work, log.person)) == 0
    log.seal()

    assert log.work(lambda work: audit.erase(work, log.person)) == 1
    assert log.mine() == []


def test_rows_are_forgotten_after_three_years(log):
    log.sealed(2)
    three_years = log.parts.database.clock() + KEPT

    assert log.work(audit.forget_old, now=three_years - timedelta(minutes=1)) == 0
    assert log.work(audit.forget_old, now=three_years) == 2
    log.seal(three_years)
    assert log.mine() == []
    assert log.verify().wrong == []


@pytest.fixture
def hub(log, monkeypatch):
    settings = log.parts.settings
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("HUB_HOME", str(log.copies[0].folder.parent))
    monkeypatch.setenv("HUB_ROOT_KEY", settings.root_key)
    return lambda *words: CliRunner().invoke(commands, [str(word) for word in words])


def test_the_commands_check_and_verify(hub, twenty, tmp_path, monkeypatch):
    proven = proof(twenty, 5)
    (tmp_path / "proof.json").write_text(json.dumps(proven))
    (tmp_path / "jwks.json").write_bytes(jwks(twenty))
    whole = hub("verify")
    monkeypatch.delenv("DATABASE_URL")
    good = hub("check", tmp_path / "proof.json", "--jwks", tmp_path / "jwks.json")
    (tmp_path / "jwks.json").write_text("{}")
    bad = hub("check", tmp_path / "proof.json", "--jwks", tmp_path / "jwks.json")

    assert (whole.exit_code, good.exit_code, bad.exit_code) == (0, 0, 1)
    assert "20 rows sealed" in whole.output
    assert "The log is whole." in whole.output
    assert "2 checkpoints in" in whole.output
    assert f"purpose: {json.loads(proven['row'])['purpose']}" in good.output
    assert "has not been changed since" in good.output


def test_the_command_names_what_is_wrong_and_fails(hub, twenty):
    twenty.owner("UPDATE audit_access SET purpose = 'x' WHERE id = :id", id=twenty.ids()[4])

    told = hub("verify")

    assert told.exit_code == 1
    assert re.search(rf"WRONG: {re.escape(twenty.name(4))} is not what was sealed", told.output)
