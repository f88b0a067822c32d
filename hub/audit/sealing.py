"""The sealer: binds committed rows into the tree and signs the result.

One at a time, by an advisory lock of the transaction; whoever does not get it has nothing to do.
It follows the table by snapshots. The one that the last checkpoint was made in is kept with it; new
is what it did not contain: rows of transactions that had not begun then, or were still open. So a
transaction held open is neither skipped nor waited for, and an hour-long one elsewhere costs
nothing. Leaves, nodes and checkpoint are one transaction: a sealer killed in the middle has done
nothing, and the next one finds the same rows.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, text

from hub.kernel.work import Work
from hub.keys import KeyRing

from . import merkle
from .access_model import Checkpoint, Leaf, Node
from .checkpoints import Statement, sign
from .rows import content_of, leaf_of

_LOCK = 0x48_55_42_00_5E_A1

_ALONE = text("SELECT pg_try_advisory_xact_lock(:lock)")
_YOUNGEST = text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")

_NOT_SEALED = "NOT EXISTS (SELECT FROM audit_leaf WHERE audit_leaf.access_id = audit_access.id)"
# Rows that came with a restore may carry numbers of transactions of another server that lie in this
# one's future; those below the upper bound are looked at once, when the count gets there.
_NEW = text(
    f"""
    SELECT audit_access.*, pg_current_snapshot()::text AS snapshot FROM audit_access
    WHERE ((transaction >= :begin
            AND transaction < pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
           OR transaction = ANY (CAST(:open AS bigint[])))
      AND {_NOT_SEALED}
    ORDER BY id
    """  # noqa: S608 (a constant)
)
_EVERYTHING = text(
    f"""
    SELECT audit_access.*, pg_current_snapshot()::text AS snapshot FROM audit_access
    WHERE {_NOT_SEALED} ORDER BY id
    """  # noqa: S608 (a constant)
)
_SNAPSHOT = text("SELECT pg_current_snapshot()::text")
_ADD_LEAVES = text(
    "INSERT INTO audit_leaf (position, access_id, hash) SELECT * FROM"
    " unnest(CAST(:positions AS bigint[]), CAST(:rows AS uuid[]), CAST(:hashes AS bytea[]))"
)
_PORTION = 5000


def seal(work: Work, keyring: KeyRing, origin: str) -> int:
    """Seal what was committed since the last time; how many rows that were.

    A checkpoint is also signed when there is none yet, and when another key signs now than signed
    the newest one: that is always signed by the active key.
    """
    if not work.session.scalar(_ALONE, {"lock": _LOCK}):
        return 0
    last = latest(work)
    rows, snapshot = _waiting(work, last)
    key = keyring.signing_key()
    if not rows and last is not None and last.kid == key.kid and snapshot is None:
        return 0
    edge = _edge(work, last.size if last else 0)
    _add(work, edge, rows)
    lines = Statement(origin, edge.size, edge.root(), work.now).text()
    work.session.add(
        Checkpoint(
            size=edge.size,
            text=lines,
            kid=key.kid,
            signature=sign(key, lines),
            signed_at=work.now,
            snapshot=snapshot or (last.snapshot if last else "1:1:"),
        )
    )
    return len(rows)


def latest(work: Work) -> Any:
    """The newest checkpoint, or None."""
    return work.session.execute(
        select(Checkpoint.size, Checkpoint.kid, Checkpoint.snapshot)
        .order_by(Checkpoint.number.desc())
        .limit(1)
    ).one_or_none()


def _waiting(work: Work, last: Any) -> tuple[Sequence[Any], str | None]:
    """The rows to seal, in the order of their ids, and the snapshot that they were found in; None
    when the one of the last checkpoint still serves."""
    begin, still_open = 0, list[int]()
    if last is not None:
        _, begin, still_open = parsed(last.snapshot)
        if (work.session.scalar(_YOUNGEST) or 0) < begin:
            # This server counts from anew: the database was restored into another one.
            rows = work.session.execute(_EVERYTHING).all()
            return rows, rows[0].snapshot if rows else work.session.scalar(_SNAPSHOT)
    rows = work.session.execute(_NEW, {"begin": begin, "open": still_open}).all()
    return rows, rows[0].snapshot if rows else None


def parsed(snapshot: str) -> tuple[int, int, list[int]]:
    """``xmin:xmax:open,open``: all below xmin is over, nothing from xmax on had begun."""
    oldest, youngest, between = snapshot.split(":")
    return int(oldest), int(youngest), [int(number) for number in between.split(",") if number]


def _edge(work: Work, size: int) -> merkle.Edge:
    tails = []
    for bits, start, end in merkle.tails(size):
        if bits == 0:
            query = select(Leaf.hash).where(Leaf.position >= start, Leaf.position < end)
            tails.append(work.session.scalars(query.order_by(Leaf.position)).all())
        else:
            query = select(Node.hash).where(
                Node.level == bits, Node.number >= start, Node.number < end
            )
            tails.append(work.session.scalars(query.order_by(Node.number)).all())
        if len(tails[-1]) != end - start:
            raise LookupError(f"The tree of the access log is damaged at level {bits}, {start}.")
    return merkle.Edge(size, tails)


def _add(work: Work, edge: merkle.Edge, rows: Sequence[Any]) -> None:
    for first in range(0, len(rows), _PORTION):
        portion = rows[first : first + _PORTION]
        begin = edge.size
        hashes, nodes = [], []
        for row in portion:
            hashes.append(leaf_of(row.salt, content_of(row).written()))
            nodes += edge.add(hashes[-1])
        work.session.execute(
            _ADD_LEAVES,
            {
                "positions": list(range(begin, edge.size)),
                "rows": [row.id for row in portion],
                "hashes": hashes,
            },
        )
        work.session.add_all(
            Node(level=bits, number=number, hash=found) for bits, number, found in nodes
        )
