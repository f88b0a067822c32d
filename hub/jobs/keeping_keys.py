"""Keeping the keys: the daily duty, and what an operator may do to them by hand.

Each act leaves an audit line; hub/keys itself stands below the audit and knows nothing of it.
"""

from hub import audit, keys
from hub.kernel.work import CLOCK, Work
from hub.parts import Parts


def rotate(work: Work, root: keys.RootKey, kind: keys.Kind, *, at_once: bool) -> str:
    """Take the next key of a kind into use; refuses as ``keys.rotate`` does."""
    kid = keys.rotate(work, root, kind, at_once=at_once)
    audit.record(work, "keys.rotated", kid, kind=kind, at_once=at_once)
    return kid


def revoke(work: Work, root: keys.RootKey, kid: str) -> str | None:
    """Trust a signing key no more; the kid that took its place, if it was the active one."""
    successor = keys.revoke(work, root, kid)
    audit.record(work, "keys.revoked", kid, successor=successor)
    return successor


def rotate_by_age(parts: Parts) -> None:
    """The daily duty."""

    def turn(work: Work) -> None:
        for kid in keys.rotate_by_age(work, parts.root()):
            audit.record(work, "keys.changed_by_age", kid)

    parts.database.run(turn, CLOCK)
