"""Limits that hold across all processes and restarts: token buckets in PostgreSQL.

One statement refills and takes; its row lock makes fifty parallel takers take fifty times. A
refusal rolls the transaction back and costs nobody a token.
"""

import math
from datetime import timedelta
from ipaddress import ip_address, ip_network

from sqlalchemy import delete, select, text

from hub.kernel.work import Work
from hub.keys import KeyRing

from .errors import AskedTooOften
from .model import Bucket
from .rules import Limit

IDLE = timedelta(days=7)
"""After so long without a taking every bucket is full again, and need not be kept."""

# A bucket refills with the time that lies between two takings, up to its capacity; in whichever
# direction, for a clock that ran ahead a while must not leave buckets empty until it is right.
_TAKE = text(
    """
    INSERT INTO identity_bucket AS bucket (key, tokens, refilled_at)
    VALUES (:key, :capacity - 1, :now)
    ON CONFLICT (key) DO UPDATE
    SET tokens = LEAST(:capacity, bucket.tokens + ABS(EXTRACT(
            EPOCH FROM excluded.refilled_at - bucket.refilled_at)) / :every) - 1,
        refilled_at = excluded.refilled_at
    WHERE LEAST(:capacity, bucket.tokens + ABS(EXTRACT(
            EPOCH FROM excluded.refilled_at - bucket.refilled_at)) / :every) >= 1
    RETURNING true
    """
)
_GIVE_BACK = text(
    "UPDATE identity_bucket SET tokens = LEAST(:capacity, tokens + 1) WHERE key = :key"
)


def take(work: Work, keyring: KeyRing, limit: Limit, whose: bytes) -> None:
    """Take one token from the bucket of ``whose``; refuses with AskedTooOften when it is empty."""
    key = _key(keyring, limit, whose)
    every = limit.every.total_seconds()
    values = {"key": key, "capacity": limit.capacity, "every": every, "now": work.now}
    if work.session.execute(_TAKE, values).scalar():
        return
    tokens, refilled_at = work.session.execute(
        select(Bucket.tokens, Bucket.refilled_at).where(Bucket.key == key)
    ).one()
    missing = (1 - tokens) * every - abs((work.now - refilled_at).total_seconds())
    wait = max(1, math.ceil(missing))
    window = math.ceil(limit.capacity * every)
    raise AskedTooOften(
        retry_after=wait,
        headers={
            "RateLimit-Policy": f'"{limit.name}";q={limit.capacity};w={window}',
            "RateLimit": f'"{limit.name}";r=0;t={wait}',
        },
    )


def give_back(work: Work, keyring: KeyRing, limit: Limit, whose: bytes) -> None:
    """Return a token: only failures count against some limits."""
    key = _key(keyring, limit, whose)
    work.session.execute(_GIVE_BACK, {"key": key, "capacity": limit.capacity})


def forget_idle(work: Work) -> None:
    """Delete buckets that are full again."""
    work.session.execute(delete(Bucket).where(Bucket.refilled_at < work.now - IDLE))


def network_of(address: str) -> bytes:
    """What one caller is counted by: an IPv4 address, or the /64 of an IPv6 one, since a single
    line owns all of that."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return b"unknown"
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        return str(ip_network((parsed, 64), strict=False)).encode()
    return str(getattr(parsed, "ipv4_mapped", None) or parsed).encode()


def _key(keyring: KeyRing, limit: Limit, whose: bytes) -> bytes:
    return keyring.blind("identity.limit", limit.name.encode() + b"|" + whose)
