"""Follow a table as it is committed: each row exactly once, whatever the order of commits.

Going by the last id or time would lose rows, for a transaction that began earlier may commit later.
So rows carry their transaction's id, and a follower asks for everything from the oldest transaction
on that was still open when it last looked (`pg_snapshot_xmin`), except the transactions that it has
read already: the rows of one appear all at once. A long transaction elsewhere in the cluster (an
import, say) therefore delays nothing; it only makes the list of those already read longer.
"""

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.engine import Connection

_HORIZON = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")

UNREAD = "transaction >= :horizon AND transaction <> ALL (CAST(:seen AS bigint[]))"
"""The condition for a query on a table with a `transaction` column."""


class Unread:
    """What one follower has read of one table.

    Use: `asked = unread.ask(connection)`, then the query with `asked` on an autocommit connection,
    then `unread.note(...)` with the transactions of the rows it gave.
    """

    def __init__(self) -> None:
        self.begun = False
        self._horizon = self._next = 0
        self._seen: set[int] = set()

    def ask(self, connection: Connection) -> dict[str, object]:
        """The parameters of UNREAD. The horizon is asked before the query: whatever is older than
        it is visible to the query."""
        self._next = connection.scalar(_HORIZON) or 0
        return {"horizon": self._horizon, "seen": list(self._seen)}

    def note(self, transactions: Iterable[int]) -> None:
        """These have been read; the next question begins at the horizon asked for last."""
        self.begun = True
        self._horizon = self._next
        self._seen.update(transactions)
        self._seen = {number for number in self._seen if number >= self._horizon}
