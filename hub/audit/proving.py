"""Proofs: that a row is in the signed tree, and that one signed tree is the beginning of another.

A proof reads a few tiles of 256 hashes, however large the log is (merkle.py).
"""

import base64
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hub.kernel.errors import Invalid, NotFound
from hub.kernel.work import Reading

from . import merkle
from .access import one_of_mine
from .access_model import Checkpoint, Leaf, Node
from .checkpoints import read, shown
from .errors import NotSealedYet
from .rows import content_of, leaf_of

FORMAT = "hub-access-proof-1"


def checkpoint(reading: Reading) -> dict[str, Any]:
    """The newest checkpoint: ``text``, ``kid``, ``signature``, and what the text says (``size``,
    ``root``, ``signed_at``). NotFound before the first."""
    row = _newest(reading)
    statement = read(row.text)
    return {
        **shown(row),
        "size": statement.size,
        "root": _base64(statement.root),
        "signed_at": statement.at,
    }


def proof(reading: Reading, access_id: UUID) -> dict[str, Any]:
    """All that is needed to check, without this hub, that a row about the acting person is in the
    tree of the newest checkpoint. NotFound for others' rows; NotSealedYet."""
    row = one_of_mine(reading, access_id)
    position = reading.connection.scalar(select(Leaf.position).where(Leaf.access_id == access_id))
    if position is None:
        raise NotSealedYet
    newest = _newest(reading)
    path = merkle.inclusion_path(position, newest.size, _stored(reading))
    written = content_of(row).written()
    return {
        "format": FORMAT,
        "row": written.decode(),
        "salt": _base64(row.salt),
        "leaf_hash": _base64(leaf_of(row.salt, written)),
        "position": position,
        "path": [_base64(step) for step in path],
        "checkpoint": shown(newest),
    }


def consistency(reading: Reading, *, old: int, new: int | None) -> dict[str, Any]:
    """What shows that the tree of ``old`` rows is the beginning of that of ``new`` (None: of the
    newest checkpoint), and their roots. Refuses sizes that the log has not, or in the wrong order.
    """
    size = _newest(reading).size
    new = size if new is None else new
    if not 0 < old <= new <= size:
        raise Invalid(
            errors=[
                {
                    "pointer": "from",
                    "detail": "Sizes go from 1 to that of the newest checkpoint, the older first.",
                }
            ]
        )
    subtree = _stored(reading)
    path = merkle.consistency_path(old, new, subtree)
    return {
        "old_size": old,
        "old_root": _base64(subtree(0, old)),
        "new_size": new,
        "new_root": _base64(subtree(0, new)),
        "path": [_base64(step) for step in path],
    }


def _newest(reading: Reading) -> Any:
    found = reading.connection.execute(
        select(Checkpoint.text, Checkpoint.kid, Checkpoint.signature, Checkpoint.size)
        .order_by(Checkpoint.number.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        raise NotFound("Nothing has been signed yet; the worker does so when it starts.")
    return found


def _stored(reading: Reading) -> merkle.Subtree:
    def tile(bits: int, number: int) -> Sequence[bytes]:
        start, end = number * merkle.TILE, (number + 1) * merkle.TILE
        if bits == 0:
            leaves = select(Leaf.hash).where(Leaf.position >= start, Leaf.position < end)
            return reading.connection.scalars(leaves.order_by(Leaf.position)).all()
        nodes = select(Node.hash).where(Node.level == bits, Node.number >= start, Node.number < end)
        return reading.connection.scalars(nodes.order_by(Node.number)).all()

    return merkle.subtree_of(tile)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
