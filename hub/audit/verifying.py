"""Verify the whole log: from each row to its leaf, from the leaves to every root that was signed,
and what lies in the database against what lies outside of it.

Nothing that is stored about the tree is believed: leaf hashes are made anew from the rows, the tree
anew from the leaves. The owner of the database can write all of it, but has no key to sign another
root with, and does not write the copies.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from hub.kernel import ids
from hub.kernel.work import Work
from hub.keys import RootKey, SigningKey, own_signing_keys

from . import merkle
from .access_model import Checkpoint, Node
from .checkpoints import Statement, read, signed_by
from .copies import Copy
from .erasing import REGISTER
from .rows import content_of, leaf_of
from .sealing import parsed

_PORTION = 5000
_SLOWEST = timedelta(hours=1)
"""No transaction of the hub takes longer from its beginning to its commit."""

_ONE_MOMENT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
_ROWS = text(
    "SELECT position, access_id, hash, audit_access.* FROM audit_leaf"
    " LEFT JOIN audit_access ON audit_access.id = access_id"
    " WHERE position >= :begin ORDER BY position LIMIT :portion"
)
_WAITING = text(
    "SELECT id, at, transaction FROM audit_access WHERE NOT EXISTS"
    " (SELECT FROM audit_leaf WHERE access_id = audit_access.id) ORDER BY id"
)


@dataclass
class Report:
    """What was found. ``wrong`` is empty when all is well; its first sentence names the first row
    that is not right, by id and position. ``not_counted`` are signatures of keys that turned out
    to be in wrong hands: they vouch for nothing, and need not, for later ones do."""

    rows: int = 0
    erased: int = 0
    waiting: int = 0
    checkpoints: int = 0
    not_counted: int = 0
    copied: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Claim:
    """A root that somebody signed, and where it stands."""

    statement: Statement
    where: str


@dataclass
class _Copied:
    """A copy as it was found, and those of its leaves, in order, that signed roots vouch for."""

    where: str
    leaves: Iterator[bytes]


def verify(
    work: Work, root: RootKey, copies: Sequence[Copy], tell: Callable[[int], None]
) -> Report:
    """Verify everything, at one moment; ``tell`` hears how many rows were done, now and then."""
    work.session.execute(_ONE_MOMENT)
    return _Verification(work, own_signing_keys(work, root)).run(copies, tell)


class _Verification:
    def __init__(self, work: Work, keys: dict[str, SigningKey | None]) -> None:
        self._work, self._keys = work, keys
        self._report = Report()
        self._claims: dict[int, list[_Claim]] = {}
        self._later: list[str] = []  # what is wrong, but with no row of its own
        self._edge = merkle.Edge()
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._erased: dict[UUID, int] = {}
        self._erasures: set[str] = set()
        self._vouched = 0
        self._first_unvouched = ""
        self._suspect: str | None = None
        self._last_id: UUID | None = None
        self._sealed_after: datetime | None = None

    def run(self, copies: Sequence[Copy], tell: Callable[[int], None]) -> Report:
        snapshot = self._read_checkpoints()
        copied = [self._read_copy(copy) for copy in copies]
        whole = self._walk(copied, tell)
        if whole:
            self._look_beyond_the_end()
            self._look_at_erased()
            self._look_at_waiting(snapshot)
            self._look_at_nodes()
        self._report.rows = self._edge.size
        self._report.wrong += self._later
        return self._report

    def _read_checkpoints(self) -> Any:
        size, last = 0, None
        for row in self._work.session.execute(
            select(*Checkpoint.__table__.columns).order_by(Checkpoint.number)
        ):
            where = f"checkpoint {row.number} of the database"
            statement = self._vouched_for(where, row.text, row.kid, row.signature)
            if statement is not None and (row.size != statement.size or row.size < size):
                self._later.append(f"{where} says {row.size} rows and was signed otherwise")
            elif statement is not None:
                self._claims.setdefault(row.size, []).append(_Claim(statement, where))
                size = row.size
            self._report.checkpoints += 1
            last = row
        return last

    def _vouched_for(self, where: str, lines: str, kid: str, signature: bytes) -> Statement | None:
        if kid not in self._keys:
            self._later.append(f"{where} names a key that is none of this hub: {kid}")
            return None
        key = self._keys[kid]
        if key is None:
            self._report.not_counted += 1
            return None
        if not signed_by(key.public, lines, signature):
            self._later.append(f"{where} is not what was signed")
            return None
        return read(lines)

    def _read_copy(self, copy: Copy) -> _Copied:
        edge, count, good = merkle.Edge(), 0, 0
        for line in copy.lines():
            if line.unfinished:
                continue  # its writer was killed and writes it again
            if line.damage is not None:
                self._later.append(f"{line.where}: {line.damage}")
                break
            for leaf in line.leaves:
                edge.add(leaf)
            count += 1
            statement = self._vouched_for(line.where, line.text, line.kid, line.signature)
            if statement is None:
                continue
            if (statement.size, statement.root) != (edge.size, edge.root()):
                self._later.append(f"{line.where}: its leaves do not give the root that was signed")
                break
            self._claims.setdefault(edge.size, []).append(_Claim(statement, line.where))
            good = edge.size
        self._report.copied[str(copy.folder)] = count
        leaves = (leaf for line in copy.lines() for leaf in line.leaves)
        return _Copied(str(copy.folder), islice(leaves, good))

    def _walk(self, copied: Sequence[_Copied], tell: Callable[[int], None]) -> bool:
        """All leaves in order, up to the first that is not right; whether there was none."""
        if not self._agrees():
            return False
        while True:
            portion = self._work.session.execute(
                _ROWS, {"begin": self._edge.size, "portion": _PORTION}
            ).all()
            for row in portion:
                trouble = self._trouble(row, copied)
                if trouble is not None:
                    self._report.wrong.append(trouble)
                    return False
                if not self._agrees():
                    return False
            tell(self._edge.size)
            if len(portion) < _PORTION:
                return True

    def _trouble(self, row: Any, copied: Sequence[_Copied]) -> str | None:
        position = self._edge.size
        name = f"row {ids.show('access', row.access_id)} at position {position}"
        if row.position != position:
            return f"the leaf at position {position} was taken out; the next is at {row.position}"
        if row.id is None:
            return f"{name} was deleted"
        if row.erased_at is not None:
            self._erased[row.access_id] = position
            leaf = row.hash
        else:
            content = content_of(row)
            leaf = leaf_of(row.salt, content.written())
            if leaf != row.hash:
                return f"{name} is not what was sealed: content and leaf do not belong together"
            if content.register == REGISTER and content.about is None:
                self._erasures.update(content.fields)
        for copy in copied:
            if next(copy.leaves, leaf) != leaf:
                return f"{name} is not what was sealed: {copy.where} has another leaf there"
        if self._sealed_after is not None and row.at < self._sealed_after - _SLOWEST:
            return (
                f"{name} was put in afterwards: it says {row.at:%Y-%m-%d %H:%M:%S}, and the"
                f" checkpoint of {self._sealed_after:%Y-%m-%d %H:%M:%S} did not have it yet"
            )
        self._note(row, name, leaf)
        return None

    def _note(self, row: Any, name: str, leaf: bytes) -> None:
        if self._edge.size == self._vouched:
            self._first_unvouched, self._suspect = name, None
        # The sealer takes rows in the order of their ids.
        elif self._suspect is None and self._last_id is not None and row.access_id < self._last_id:
            self._suspect = name
        self._last_id = row.access_id
        for bits, number, found in self._edge.add(leaf):
            self._nodes[bits, number] = found

    def _agrees(self) -> bool:
        """Whether the leaves so far give each root that was signed over so many."""
        for claim in self._claims.get(self._edge.size, ()):
            if claim.statement.root != self._edge.root():
                first = self._suspect or self._first_unvouched
                self._report.wrong.append(
                    f"{first} is the first that can be wrong: positions {self._vouched} to"
                    f" {self._edge.size - 1} do not give the root signed in {claim.where}"
                )
                return False
            self._vouched = self._edge.size
            self._sealed_after = max(claim.statement.at, self._sealed_after or claim.statement.at)
        return True

    def _look_beyond_the_end(self) -> None:
        size = self._edge.size
        beyond = [claims[0] for known, claims in self._claims.items() if known > size]
        if beyond:
            most = max(beyond, key=lambda claim: claim.statement.size)
            self._report.wrong.append(
                f"the rows from position {size} on are gone: {most.where} was signed over"
                f" {most.statement.size}"
            )
        if size > self._vouched:
            self._report.wrong.append(
                f"{self._first_unvouched} and those after it are vouched for by nobody: no"
                " checkpoint that this hub signed goes beyond"
            )

    def _look_at_erased(self) -> None:
        self._report.erased = len(self._erased)
        for row_id, position in self._erased.items():
            if ids.show("access", row_id) not in self._erasures:
                self._report.wrong.append(
                    f"row {ids.show('access', row_id)} at position {position} was blanked, and no"
                    " row of the log says that it was erased"
                )
                return

    def _look_at_waiting(self, newest: Any) -> None:
        waiting = self._work.session.execute(_WAITING).all()
        self._report.waiting = len(waiting)
        if newest is None:
            return
        _, begun, still_open = parsed(newest.snapshot)
        for row in waiting:
            passed_over = row.transaction < begun and row.transaction not in still_open
            if passed_over or row.at < newest.signed_at - _SLOWEST:
                self._report.wrong.append(
                    f"row {ids.show('access', row.id)} has no position: it was put in behind the"
                    " sealer's back, or its leaf was taken out"
                )
                return

    def _look_at_nodes(self) -> None:
        stored = {
            (row.level, row.number): row.hash
            for row in self._work.session.execute(select(Node.level, Node.number, Node.hash))
        }
        if stored != self._nodes:
            level, number = min(
                key
                for key in stored.keys() | self._nodes.keys()
                if stored.get(key) != self._nodes.get(key)
            )
            self._later.append(
                f"the stored node {number} of level {level} is not what its rows give: proofs that"
                " need it fail"
            )
