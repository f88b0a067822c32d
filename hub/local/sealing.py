"""A file sealed by a passphrase.

The key comes from the passphrase by scrypt (N = 2^17, r = 8, p = 1) with a fresh salt. The content
is sealed with AES-256-GCM in pieces of one mebibyte whose nonce is a counter and a mark of the last
piece, so that pieces cannot be swapped, repeated or cut off (the STREAM construction of Hoang,
Reyhanitabar, Rogaway and Vizár, 2015). A nonce never repeats because the key is the file's own.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from .errors import CannotRun

MARK = b"hub sealed file 1\n"
PIECE = 1 << 20
_SALT = 16
_TAG = 16
_LAST = 1 << 88


class Sealer:
    """Writes sealed pieces to a file; `close` writes the last one, without which nothing opens."""

    def __init__(self, target: BinaryIO, passphrase: str) -> None:
        salt = os.urandom(_SALT)
        target.write(MARK + salt)
        self._target = target
        self._cipher = _cipher(passphrase, salt)
        self._number = 0
        self._waiting = bytearray()

    def write(self, content: bytes) -> int:
        """Take some of the content."""
        self._waiting += content
        while len(self._waiting) > PIECE:
            self._seal(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return len(content)

    def close(self) -> None:
        """Write what is left as the last piece."""
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, piece: bytes, *, last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._number, last=last), piece, None))
        self._number += 1


class Opener:
    """Reads a sealed file from just behind its mark."""

    def __init__(self, source: BinaryIO, passphrase: str) -> None:
        self._pieces = _opened(source, _cipher(passphrase, source.read(_SALT)))
        self._rest = b""

    def read(self, size: int) -> bytes:
        """At most so many bytes; empty at the end. Refuses a wrong passphrase and any damage."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = piece
        content, self._rest = self._rest[:size], self._rest[size:]
        return content


def _opened(source: BinaryIO, cipher: AESGCM) -> Iterator[bytes]:
    number, sealed = 0, source.read(PIECE + _TAG)
    while True:
        following = source.read(PIECE + _TAG)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), sealed, None)
        except InvalidTag:
            raise CannotRun(
                "The passphrase is wrong or the backup is damaged."
                if number == 0
                else "The backup is damaged; use another copy."
            ) from None
        if not following:
            return
        number, sealed = number + 1, following


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=2**17, r=8, p=1).derive(passphrase.encode()))


def _nonce(number: int, *, last: bool) -> bytes:
    return (number + (_LAST if last else 0)).to_bytes(12)
