"""Answers: a POST repeated under its Idempotency-Key has one effect and one answer.

After draft-ietf-httpapi-idempotency-key-header. The claim on a key and the stored answer are
written in the transaction of the effect, so that they exist exactly when it does. Only an HMAC of
the key is kept; the answer is sealed with a key derived from the Idempotency-Key itself, which
only the caller knows. After seven days the answer is gone and its row says merely that the effect
exists.
"""

import base64
import hashlib
import re
from collections.abc import Callable

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Response, request
from sqlalchemy import select, text

from hub.kernel.errors import Conflict, Invalid, Malformed
from hub.kernel.work import Closing, Work

from .answer_model import Answer
from .request import parts

HEADER = "Idempotency-Key"
_KEPT_HEADERS = (
    "Content-Type",
    "Content-Language",
    "Location",
    "ETag",
    "Retry-After",
    "WWW-Authenticate",
)
_FORM = re.compile(r"[\x21-\x7e]{16,255}")
_NONCE = bytes(12)  # each derived key seals one answer, once

ANSWER = Closing(
    "answer",
    """
    answer AS (
        UPDATE web_answer SET sealed = decode(row.sealed, 'base64')
        FROM jsonb_to_recordset(CAST(:answer AS jsonb)) AS row (key text, sealed text)
        WHERE web_answer.key = decode(row.key, 'base64')
    )""",
)
_CLAIM = text(
    "INSERT INTO web_answer (key, request, claimed_at) VALUES (:key, :request, :now)"
    " ON CONFLICT (key) DO NOTHING RETURNING true"
)


class IdempotencyKeyMissing(Malformed):
    """This request has an effect, so it needs an ``Idempotency-Key`` header: 16 to 255 visible
    ASCII characters that you make up for this one act, for example a UUID. If the answer gets lost,
    send the same request with the same key: you get the same answer, without a second effect."""

    title = "An Idempotency-Key is needed"


class IdempotencyKeyReused(Invalid):
    """You sent this Idempotency-Key before, with another request. A key belongs to one act: make up
    a new one for a new act, or repeat the first request exactly to get its answer again."""

    title = "This Idempotency-Key belongs to another request"


class KeyExpired(Conflict):
    """The act under this Idempotency-Key was done more than seven days ago, and its answer is no
    longer kept. Look at the record itself; do not send the act again under another key unless you
    want it done twice."""

    title = "Done long ago; the answer is no longer kept"


class _Stored(msgspec.Struct, array_like=True):
    status: int
    headers: list[tuple[str, str]]
    body: bytes


def once(work: Work, act: Callable[[], Response]) -> Response:
    """The answer of ``act``, or the one it gave before under the same key."""
    given = request.headers.get(HEADER, "")
    if not _FORM.fullmatch(given):
        raise IdempotencyKeyMissing
    scope = f"{work.actor.kind}:{work.actor.id}"
    if work.actor.client is not None:
        scope = f"{scope}@{work.actor.client}"
    if work.actor.act is not None:
        scope = f"{scope}<{work.actor.act}"
    key = parts().keyring.blind("web.answer.key", f"{scope}|{given}".encode())
    asked = _fingerprint()
    claim = {"key": key, "request": asked, "now": work.now}
    if not work.session.execute(_CLAIM, claim).scalar():
        return _replayed(work, key, asked, given)
    response = act()
    work.leave(
        ANSWER,
        {
            "key": base64.b64encode(key).decode(),
            "sealed": base64.b64encode(_seal(given, key, response)).decode(),
        },
    )
    return response


def _replayed(work: Work, key: bytes, asked: bytes, given: str) -> Response:
    row = work.session.execute(select(Answer.request, Answer.sealed).where(Answer.key == key)).one()
    if row.request != asked:
        raise IdempotencyKeyReused
    if row.sealed is None:
        raise KeyExpired
    stored = _open(given, key, row.sealed)
    response = Response(stored.body, stored.status, stored.headers)
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _fingerprint() -> bytes:
    """What makes two requests the same: method, address, media type and body."""
    digest = hashlib.sha256()
    for part in (
        request.method.encode(),
        request.full_path.encode(),
        request.mimetype.encode(),
        request.get_data(),
    ):
        digest.update(len(part).to_bytes(8) + part)
    return digest.digest()


def _seal(given: str, key: bytes, response: Response) -> bytes:
    kept = [(name, response.headers[name]) for name in _KEPT_HEADERS if name in response.headers]
    stored = msgspec.msgpack.encode(_Stored(response.status_code, kept, response.get_data()))
    return _cipher(given).encrypt(_NONCE, stored, key)


def _open(given: str, key: bytes, sealed: bytes) -> _Stored:
    try:
        return msgspec.msgpack.decode(_cipher(given).decrypt(_NONCE, sealed, key), type=_Stored)
    except InvalidTag:
        raise KeyExpired from None  # sealed under a ring secret that is no more


def _cipher(given: str) -> AESGCM:
    salt = parts().keyring.derive("web.answer.seal")
    return AESGCM(HKDF(hashes.SHA256(), 32, salt=salt, info=b"answer").derive(given.encode()))
