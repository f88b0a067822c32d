"""A receipt is checked anywhere, with nothing but the key set."""

import json

import pytest
from click.testing import CliRunner

from hub.cli import main
from hub.consent import ReceiptRefused, check
from hub.identity import es256
from tests.factories.consents import given


@pytest.fixture
def receipt(parts, city):
    return given(parts, city.citizen("li")).receipt


@pytest.fixture
def kept(tmp_path, parts, receipt):
    """The two files that a person keeps."""
    (tmp_path / "receipt.jwt").write_text(receipt)
    (tmp_path / "jwks.json").write_text(json.dumps(parts.keyring.jwks()))
    return [str(tmp_path / "receipt.jwt"), "--jwks", str(tmp_path / "jwks.json")]


def test_the_command_needs_no_database(kept, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)

    told = CliRunner().invoke(main, ["consent", "check", *kept])

    assert told.exit_code == 0
    assert told.output.startswith("Good")
    assert "To print your name on the ticket." in told.output


def test_the_command_refuses_what_was_changed(kept, tmp_path, receipt):
    header, payload, signature = receipt.split(".")
    claims = json.loads(es256.from_base64url(payload))
    claims["pii_processing"]["purposes"][0]["purpose"] = "Anything."
    forged = es256.base64url(json.dumps(claims).encode())
    (tmp_path / "receipt.jwt").write_text(f"{header}.{forged}.{signature}")

    told = CliRunner().invoke(main, ["consent", "check", *kept])

    assert told.exit_code == 1
    assert "was changed" in told.output


def test_the_command_refuses_a_file_that_is_no_key_set(kept, tmp_path):
    (tmp_path / "jwks.json").write_text("[1]")

    assert CliRunner().invoke(main, ["consent", "check", *kept]).exit_code == 1


@pytest.mark.parametrize("jwks", [{}, {"keys": None}, {"keys": [1]}, {"keys": [{"kid": "other"}]}])
def test_without_its_key_nothing_is_good(receipt, jwks):
    with pytest.raises(ReceiptRefused, match="no key"):
        check(receipt, jwks)


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "....", "é.é.é", "x" * 40_000])
def test_what_is_no_receipt_is_refused_not_a_crash(parts, text):
    with pytest.raises(ReceiptRefused):
        check(text, parts.keyring.jwks())


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"typ": "at+jwt"},
        {"jwk": {"kty": "EC"}},
    ],
)
def test_only_our_own_header_is_taken(parts, receipt, header):
    kid = parts.keyring.signing_key().kid
    made = {"alg": "ES256", "kid": kid, "typ": "consent-receipt+jwt", **header}
    segment = es256.base64url(json.dumps(made).encode())
    _, payload, _ = receipt.split(".")
    signed = f"{segment}.{payload}"
    signature = es256.sign(parts.keyring.signing_key().private, signed.encode())

    with pytest.raises(ReceiptRefused):
        check(f"{signed}.{es256.base64url(signature)}", parts.keyring.jwks())
