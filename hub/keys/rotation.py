"""Rotation: how a key comes into use and out of it.

``next`` (published, not used) → ``active`` (signs or seals) → ``retiring`` (still verifies and
opens) → ``revoked``. NIST SP 800-57 part 1 calls these pre-activation, active, deactivated and
destroyed or compromised. Each step is one conditional UPDATE, so that of two rotations at once one
takes it and the other sees that it was taken; unique indexes allow one ``active`` and one ``next``
of each kind.

Signing keys that retired by age stay known by their public half (``every_signing_key``): receipts
and checkpoints that they signed are kept for years. One that was revoked because somebody else may
have it vouches for nothing, whatever date its signatures claim.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from cryptography.exceptions import InvalidTag
from sqlalchemy import select, update

from hub.kernel.changes import announce
from hub.kernel.errors import Conflict, NotFound
from hub.kernel.work import Reading, Work

from .model import Key
from .ring import SigningKey, opened
from .root import RootKey
from .service import jwk_of, new_key, thumbprint

Kind = Literal["sign", "seal"]
State = Literal["next", "active", "retiring", "revoked"]
Because = Literal["age", "compromise"]
ROTATED: tuple[Kind, ...] = ("sign", "seal")

JWKS_LIVES = timedelta(hours=1)
"""How long the JWKS may be cached: the ``max-age`` of its answer."""

PUBLISHED_BEFORE_USE = JWKS_LIVES + timedelta(minutes=1)
"""Nobody who keeps to ``max-age`` meets a signature of a key that they have not seen. The minute is
for ``stale-while-revalidate`` and for slow clocks."""

HEARD_EVERYWHERE = timedelta(seconds=5)
"""After so long every process of the hub knows a new key: the change table is polled each second,
and who did not hear it asks again."""

RETIRING_LIVES = timedelta(days=1)
"""No token that a key signed lives longer (access tokens: ten minutes)."""

ACTIVE_LIVES = timedelta(days=30)
"""The age at which the daily duty takes the next key."""

STEPS: frozenset[tuple[State, State]] = frozenset(
    {
        ("next", "active"),
        ("active", "retiring"),
        ("retiring", "revoked"),
        ("next", "revoked"),
        ("active", "revoked"),
    }
)
"""Every step that there is. No way leads back, and none into ``next``: a key begins there."""


class NeverRevoked(Conflict):
    """A sealing or blinding key cannot be revoked: everything it sealed would be lost for good.
    Rotate the sealing key instead; what is sealed from then on does not depend on the old one."""

    title = "This key cannot be revoked"


class NotReadyYet(Conflict):
    """The next key is younger than copies of the published keys may be. Wait until it is used by
    everybody who caches them, or rotate at once if the active key may be in wrong hands."""

    title = "The next key is too young"


@dataclass(frozen=True)
class KeyLine:
    """One line of the list of keys."""

    kid: str
    kind: str
    state: str
    revoked_because: str | None
    created_at: datetime
    changed_at: datetime


def every_key(work: Work) -> list[KeyLine]:
    """Every key that ever was, newest first within its kind."""
    rows = work.session.execute(
        select(
            Key.kid, Key.kind, Key.state, Key.revoked_because, Key.created_at, Key.changed_at
        ).order_by(Key.kind.desc(), Key.created_at.desc(), Key.kid)
    )
    return [KeyLine(*row) for row in rows]


def every_signing_key(reading: Reading) -> list[dict[str, Any]]:
    """The public halves of all signing keys, also of those out of use, oldest first: each a JWK
    with ``state``, ``since`` (of that state) and, when revoked, ``revoked_because``."""
    rows = reading.connection.execute(
        select(Key.kid, Key.state, Key.revoked_because, Key.public_jwk, Key.changed_at)
        .where(Key.kind == "sign")
        .order_by(Key.created_at, Key.kid)
    )
    return [
        {
            **row.public_jwk,
            "kid": row.kid,
            "use": "sig",
            "alg": "ES256",
            "state": row.state,
            "since": row.changed_at,
            "revoked_because": row.revoked_because,
        }
        for row in rows
    ]


def own_signing_keys(work: Work, root: RootKey) -> dict[str, SigningKey | None]:
    """All signing keys that this hub made itself, by kid; None for one that was in wrong hands.

    Only what the root key opens and whose thumbprint is its kid: the owner of the database can
    write a row into the table of keys, but not seal one.
    """
    rows = work.session.execute(
        select(Key.kid, Key.state, Key.sealed, Key.public_jwk, Key.revoked_because).where(
            Key.kind == "sign"
        )
    )
    found: dict[str, SigningKey | None] = {}
    for row in rows:
        try:
            key = opened(row, root)
        except (InvalidTag, ValueError):
            continue
        if thumbprint(jwk_of(key.public)) == row.kid:
            found[row.kid] = None if row.revoked_because == "compromise" else key
    return found


def publish_next(work: Work, root: RootKey, kind: Kind) -> str:
    """The kid of the key that comes next; made and published now if there was none."""
    known = work.session.scalar(select(Key.kid).where(Key.kind == kind, Key.state == "next"))
    return known or _add(work, root, kind, "next")


def rotate(work: Work, root: RootKey, kind: Kind, *, at_once: bool = False) -> str:
    """Take the next key into use and publish another; the kid that is active then.

    Refuses with NotReadyYet while the next key (published now, if there was none) has not been
    published for PUBLISHED_BEFORE_USE; that is remembered. ``at_once`` waits only until every
    process of ours has heard of it (HEARD_EVERYWHERE): for a key that may be in wrong hands.
    Whoever rotates at the same moment gets the same key.
    """
    before = _active(work, kind)
    coming = publish_next(work, root, kind)
    if not _ripe(work, coming, kind, at_once=at_once):
        raise NotReadyYet(keep=True)
    if not _step(work, before, "active", "retiring"):
        return _active(work, kind)  # somebody was faster: theirs is the rotation
    return _promote(work, root, kind, coming)


def revoke(work: Work, root: RootKey, kid: str) -> str | None:
    """Trust a signing key no more, from the next request on (other processes: within two seconds).

    For a key that somebody else may have. When it was the active one, the next key takes its place
    at once, and its kid is answered. Twice is harmless; NotFound for a kid never seen, NeverRevoked
    for a key that seals or blinds.
    """
    found = work.session.execute(select(Key.kind, Key.state).where(Key.kid == kid)).one_or_none()
    if found is None:
        raise NotFound
    if found.kind != "sign":
        raise NeverRevoked
    if found.state == "revoked":
        _compromised(work, kid)
        return None
    if not _step(work, kid, found.state, "revoked", because="compromise"):
        work.session.expire_all()
        return revoke(work, root, kid)  # it moved on meanwhile: no step leads back, so this ends
    if found.state != "active":
        return None
    return _promote(work, root, "sign", publish_next(work, root, "sign"))


def rotate_by_age(work: Work, root: RootKey) -> list[str]:
    """The daily duty: publish what comes next, take it into use when the active key is thirty days
    old, and let signing keys go that have been retiring for a day. The kids that changed."""
    changed = _retire(work)
    for kind in ROTATED:
        coming = publish_next(work, root, kind)
        before = _active(work, kind)
        since = work.session.scalar(select(Key.changed_at).where(Key.kid == before))
        old = since is not None and since <= work.now - ACTIVE_LIVES
        if old and _ripe(work, coming, kind, at_once=False):
            changed.append(rotate(work, root, kind))
    return changed


def _retire(work: Work) -> list[str]:
    """Only signing keys: what a sealing key sealed has no last day."""
    due = work.session.scalars(
        select(Key.kid).where(
            Key.kind == "sign",
            Key.state == "retiring",
            Key.changed_at <= work.now - RETIRING_LIVES,
        )
    ).all()
    return [kid for kid in due if _step(work, kid, "retiring", "revoked", because="age")]


def _active(work: Work, kind: Kind) -> str:
    return work.session.scalars(
        select(Key.kid).where(Key.kind == kind, Key.state == "active")
    ).one()


def _ripe(work: Work, kid: str, kind: Kind, *, at_once: bool) -> bool:
    published = work.session.scalars(select(Key.created_at).where(Key.kid == kid)).one()
    # Nobody outside sees sealing keys, so there is no cache of them to wait for.
    wait = HEARD_EVERYWHERE if at_once or kind == "seal" else PUBLISHED_BEFORE_USE
    return published <= work.now - wait


def _promote(work: Work, root: RootKey, kind: Kind, coming: str) -> str:
    """The next key becomes active, and another comes next; the kid that is active then."""
    if not _step(work, coming, "next", "active"):
        # It was revoked at this very moment: better one that caches do not know than none.
        coming = _add(work, root, kind, "active")
    if work.session.scalar(select(Key.kid).where(Key.kind == kind, Key.state == "next")) is None:
        _add(work, root, kind, "next")
    return coming


def _step(
    work: Work, kid: str, before: State, after: State, *, because: Because | None = None
) -> bool:
    assert (before, after) in STEPS
    moved = work.session.execute(
        update(Key)
        .where(Key.kid == kid, Key.state == before)
        .values(state=after, changed_at=work.now, revoked_because=because)
        .execution_options(synchronize_session=False)
        .returning(Key.kid)
    ).scalar()
    if moved is not None:
        announce(work, "keys", kid)
    return moved is not None


def _compromised(work: Work, kid: str) -> None:
    """A key that had only grown old is now known to be in wrong hands."""
    work.session.execute(
        update(Key)
        .where(Key.kid == kid, Key.revoked_because == "age")
        .values(revoked_because="compromise", changed_at=work.now)
        .execution_options(synchronize_session=False)
    )
    announce(work, "keys", kid)


def _add(work: Work, root: RootKey, kind: Kind, state: State) -> str:
    key = new_key(work, root, kind, state)
    work.session.add(key)
    work.session.flush()
    announce(work, "keys", key.kid)
    return key.kid
