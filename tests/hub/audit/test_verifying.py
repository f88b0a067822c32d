"""`audit verify` names the first wrong row, also after the owner of the database has been at it."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from hub.audit import merkle
from hub.audit.access_model import Access
from hub.audit.checkpoints import Statement
from hub.audit.rows import content_of, leaf_of
from hub.kernel import ids
from hub.keys import es256, jwk_of, thumbprint

EDITED = "UPDATE audit_access SET purpose = 'nothing much' WHERE id = :id"


@pytest.fixture
def five(log):
    """Five rows in two checkpoints: positions 0 to 1 and 2 to 4."""
    log.sealed(2, 3)
    report = log.verify()
    assert (report.wrong, report.rows, report.checkpoints) == ([], 5, 2)
    return log


def first(log, **how):
    found = log.verify(**how).wrong
    assert found
    return found[0]


def rewritten(log):
    """Leaves and tree made anew by the owner, from the rows as they are now."""
    edge = merkle.Edge()
    for position, access_id in enumerate(log.ids()):
        columns = ", ".join(column.name for column in Access.__table__.columns)
        [row] = log.owner(f"SELECT {columns} FROM audit_access WHERE id = :id", id=access_id)
        leaf = leaf_of(row.salt, content_of(row).written())
        edge.add(leaf)
        log.owner(
            "UPDATE audit_leaf SET hash = :leaf WHERE position = :position",
            leaf=leaf,
            position=position,
        )
    return edge


def test_an_edited_row(five):
    five.owner(EDITED, id=five.ids()[3])

    assert first(five) == (
        f"{five.name(3)} is not what was sealed: content and leaf do not belong together"
    )
    assert first(five, copies=False) == first(five)


@pytest.mark.parametrize(
    "column",
    ["at = at + interval '1 microsecond'", "person_id = gen_random_uuid()", "actor_id = 'x'",
     "actor_kind = 'system'", "for_whom = 'x'", "client_id = 'x'", "register = 'x'",
     "basis = 'consent'", "fields = '{name}'", "salt = sha256('x')"],
)  # fmt: skip
def test_every_column_counts(five, column):
    five.owner(f"UPDATE audit_access SET {column} WHERE id = :id", id=five.ids()[1])

    assert first(five).startswith(f"{five.name(1)} is not what was sealed")


def test_a_deleted_row(five):
    name = five.name(2)
    five.owner("DELETE FROM audit_access WHERE id = :id", id=five.ids()[2])

    assert first(five) == f"{name} was deleted"


def test_a_leaf_taken_out(five):
    five.owner("DELETE FROM audit_leaf WHERE position = 1")

    assert first(five) == "the leaf at position 1 was taken out; the next is at 2"


def test_a_deleted_row_with_everything_behind_it_moved_up(five):
    five.owner("DELETE FROM audit_access WHERE id = :id", id=five.ids()[2])
    five.owner("DELETE FROM audit_leaf WHERE position = 2")
    for position in (3, 4):
        five.owner("UPDATE audit_leaf SET position = position - 1 WHERE position = :it",
                   it=position)  # fmt: skip
    rewritten(five)

    assert first(five).startswith(f"{five.name(2)} is not what was sealed")
    # Without a copy only what the roots say: that nobody vouches for what is left of the second.
    assert "the rows from position 4 on are gone" in first(five, copies=False)


def test_swapped_rows(five):
    a, b = five.ids()[2:4]
    five.owner("UPDATE audit_leaf SET access_id = gen_random_uuid() WHERE position = 2")
    five.owner("UPDATE audit_leaf SET access_id = :a WHERE position = 3", a=a)
    five.owner("UPDATE audit_leaf SET access_id = :b WHERE position = 2", b=b)
    assert first(five).startswith(f"{five.name(2)} is not what was sealed")
    rewritten(five)

    assert first(five).startswith(f"{five.name(2)} is not what was sealed")
    assert first(five, copies=False).startswith(f"{five.name(3)} is the first that can be wrong")


def test_a_rewritten_leaf_and_tree(five):
    five.owner(EDITED, id=five.ids()[3])
    rewritten(five)

    assert first(five).startswith(f"{five.name(3)} is not what was sealed: ")
    assert first(five, copies=False) == (
        f"{five.name(2)} is the first that can be wrong: positions 2 to 4 do not give the root"
        " signed in checkpoint 2 of the database"
    )


def signed_by_a_stranger(log, edge, key, kid):
    statement = Statement(
        "localhost/access-log", edge.size, edge.root(), log.parts.database.clock()
    )
    lines = statement.text()
    log.owner(
        "UPDATE audit_checkpoint SET text = :lines, kid = :kid, signature = :signature"
        " WHERE size = :size",
        lines=lines, kid=kid, signature=es256.sign(key, lines.encode()), size=edge.size,
    )  # fmt: skip


def test_a_rewritten_tree_with_a_checkpoint_of_the_owners_own(five):
    """Even with a key that the owner wrote into the table of keys: it is not sealed by the root."""
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = jwk_of(key.public_key())
    five.owner(
        "INSERT INTO keys_key SELECT :kid, kind, 'revoked', sealed, CAST(:jwk AS jsonb),"
        " created_at, changed_at, 'age' FROM keys_key WHERE kind = 'sign' AND state = 'active'",
        kid=thumbprint(jwk), jwk=str(jwk).replace("'", '"'),
    )  # fmt: skip
    five.owner(EDITED, id=five.ids()[3])
    signed_by_a_stranger(five, rewritten(five), key, thumbprint(jwk))

    assert first(five).startswith(f"{five.name(3)} is not what was sealed: ")
    alone = five.verify(copies=False).wrong
    assert alone[0].startswith(f"{five.name(2)} and those after it are vouched for by nobody")
    assert "names a key that is none of this hub" in alone[1]


def test_a_truncated_log(five):
    """Rows, leaves and checkpoint of the end, all gone: only what lies outside still knows."""
    gone = five.ids()[2:]
    five.owner("DELETE FROM audit_access WHERE id = ANY(:gone)", gone=gone)
    five.owner("DELETE FROM audit_leaf WHERE position >= 2")
    assert "the rows from position 2 on are gone: checkpoint 2" in first(five, copies=False)
    five.owner("DELETE FROM audit_checkpoint WHERE size > 2")
    assert five.verify(copies=False).wrong == []

    found = first(five)

    assert found.startswith("the rows from position 2 on are gone: ")
    assert found.endswith(".jsonl:2 was signed over 5")


def test_everything_gone(five):
    five.owner("TRUNCATE audit_access, audit_leaf, audit_node, audit_checkpoint")

    assert first(five).startswith("the rows from position 0 on are gone")


COPIED_ROW = (
    "INSERT INTO audit_access SELECT :new, at - make_interval(hours => :hours), person_id,"
    " actor_kind, actor_id, for_whom, client_id, register, purpose, basis, fields, salt, NULL,"
    " transaction FROM audit_access WHERE id = :id"
)


def test_a_row_put_in_with_a_leaf_of_its_own(five):
    new = ids.new_id()
    five.owner(COPIED_ROW, new=new, id=five.ids()[1], hours=0)
    five.owner("UPDATE audit_leaf SET position = position + 100 WHERE position > 1")
    five.owner("UPDATE audit_leaf SET position = position - 99 WHERE position > 1")
    five.owner("INSERT INTO audit_leaf VALUES (2, :new, '')", new=new)
    rewritten(five)

    assert five.name(2) == f"row {ids.show('access', new)} at position 2"
    assert first(five).startswith(f"{five.name(2)} is not what was sealed")
    assert first(five, copies=False).split(" is the first")[0] in {five.name(2), five.name(3)}


def test_a_row_put_in_behind_the_sealers_back(five):
    """With the number of a transaction that the sealer is done with: it never gets a position."""
    new = ids.new_id()
    five.owner(COPIED_ROW, new=new, id=five.ids()[1], hours=0)
    assert five.seal() == 0

    assert first(five).startswith(f"row {ids.show('access', new)} has no position")


def test_a_row_put_in_later_with_an_older_time(five):
    new = ids.new_id()
    five.owner(COPIED_ROW, new=new, id=five.ids()[1], hours=2)
    five.owner("UPDATE audit_access SET transaction = pg_current_xact_id()::text::bigint"
               " WHERE id = :id", id=new)  # fmt: skip
    assert five.seal() == 1
    five.copy()

    assert first(five).startswith(f"{five.name(5)} was put in afterwards")


def test_a_row_blanked_by_hand(five):
    five.owner(
        "UPDATE audit_access SET person_id = NULL, actor_kind = NULL, actor_id = NULL,"
        " register = NULL, purpose = NULL, basis = NULL, fields = NULL, salt = NULL,"
        " erased_at = now() WHERE id = :id",
        id=five.ids()[2],
    )

    assert first(five) == (
        f"{five.name(2)} was blanked, and no row of the log says that it was erased"
    )


def test_a_changed_node_spoils_proofs_and_is_named(log):
    log.work(lambda work: [log_a_read(work, log.person) for _ in range(300)])
    log.seal()
    log.owner("UPDATE audit_node SET hash = sha256('x')")

    assert first(log).startswith("the stored node 0 of level 8 is not what its rows give")


def log_a_read(work, person):
    from hub import audit

    audit.read(work, about=person, register="r", purpose="p", basis="consent", fields=[])


def test_a_changed_copy_is_named(five):
    [file] = five.copies[0].folder.glob("*.jsonl")
    lines = file.read_text().splitlines(keepends=True)
    other = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
    leaf = lines[1].split('"leaves": ["')[1][:44]
    file.write_text(lines[0] + lines[1].replace(leaf, other))
    assert first(five).endswith("its leaves do not give the root that was signed")

    file.write_text(lines[0] + "nonsense\n")
    assert first(five).endswith(":2: this line cannot be read")


def test_a_worker_that_was_away_for_hours_is_no_fault(log):
    log.sealed(1)
    log.read(now=log.parts.database.clock())
    log.seal()
    later = log.parts.database.clock().replace(year=2099)
    log.read(now=later)
    log.read(now=later)

    log.seal(now=later.replace(year=2100))
    log.copy()

    assert log.verify().wrong == []
