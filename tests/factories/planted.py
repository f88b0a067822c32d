"""A row of somebody's in every table of people, each personal value one that is found again.

A table needs a line in ``KNOWN`` only where its own constraints want certain values together.
"""

import io
import re
import secrets
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, insert, select, update

from hub import files, identity, privacy
from hub.kernel import ids
from hub.kernel.db import Base
from hub.kernel.work import SYSTEM
from hub.web import tokens

_WORDS = re.compile(r"\b(\w+) IN \('([^']+)'")
_LATER = {"until", "expires_at", "due_at", "code_expires_at"}

KNOWN = {
    "identity_login": {"state": "done"},
    "identity_code_delivery": {"state": "waiting", "finished_at": None},
    "identity_real_name": {"state": "verified", "reason": None, "ended_at": None},
    "identity_recovery": {"kind": "address"},
    "audit_access": {"erased_at": None},
    "identity_mandate": {
        "state": "offered",
        "holder_id": None,
        "parent_id": None,
        "acts_limit": None,
        "offered_device": None,
        "accepted_device": None,
    },
    "databank_appeal": {"state": "upheld"},
    "identity_approval": {"decision": None, "decided_by": None, "decided_at": None},
    "privacy_export": {"state": "ready"},
    "privacy_closure": {"state": "cancelled"},
}


class Planted:
    """Rows of one person; ``given`` holds what an export must show, by table and column."""

    def __init__(self, parts, person_id):
        self.person_id = person_id
        self.given = {}
        self.rows = {}
        self._parts = parts
        parts.database.run(self._plant, SYSTEM)

    def texts(self):
        """The values that nobody else has."""
        return [v for v in self.given.values() if isinstance(v, str) and "planted" in v]

    def _plant(self, work):
        for table in privacy.tables_of_people():
            values = self._row(work, table)
            if table.name == privacy.PERSON:
                named = {"display_name": values["display_name"]}
                mine = table.c.id == self.person_id
                work.session.execute(update(table).where(mine).values(named))
                values = dict(work.session.execute(select(table).where(mine)).one()._mapping)
            else:
                work.session.execute(insert(table).values(values))
            self.rows[table.fullname] = values
            for column, said in privacy.columns(table):
                if said.export:
                    self.given[f"{table.fullname}.{column.name}"] = self._shown(
                        said, column, values
                    )

    def _row(self, work, table):
        values = {}
        words = {
            found[1]: found[2]
            for check in table.constraints
            if isinstance(check, CheckConstraint)
            for found in [_WORDS.match(str(check.sqltext))]
            if found
        }
        for column in table.columns:
            if column.identity is not None or column.server_default is not None:
                continue
            values[column.name] = words.get(column.name) or self._value(work, table, column)
        values |= KNOWN.get(table.fullname, {})
        if table.fullname == "audit_access":
            values["at"] = work.now  # an older row would have been put in afterwards, says the log
        for column, said in privacy.columns(table):
            if said.sealed and values[column.name] is not None:
                plain = f"planted-{table.name}-{column.name}-{secrets.token_hex(4)}"
                context = values[said.sealed.bound_to].bytes
                sealed = self._parts.keyring.seal(said.sealed.purpose, plain.encode(), context)
                values[column.name] = sealed
                self.given[f"{table.fullname}.{column.name}"] = plain
        return values

    def _value(self, work, table, column):
        said = table.info.get("whose")
        if said is not None and said.column == column.name:
            return ids.show("person", self.person_id) if said.public_id else self.person_id
        for key in column.foreign_keys:
            if key.column.table.name == privacy.PERSON:
                return self.person_id
            if key.column.table.fullname in self.rows:
                return self.rows[key.column.table.fullname][key.column.name]
            if key.column.table.name == "files_file":
                return self._file(work)
            if key.column.table.name == "partners_organisation":
                return self._nobodys(work, key.column.table)
        return self._made_up(table, column)

    def _nobodys(self, work, table):
        values = self._row(work, table)
        work.session.execute(insert(table).values(values))
        return values["id"]

    def _file(self, work):
        source = io.BytesIO(secrets.token_bytes(32))
        stored = files.store(work, self._parts.vault, source, "text/plain")
        work.session.flush()
        return stored.id

    def _made_up(self, table, column):
        text = f"planted-{table.name}-{column.name}-{secrets.token_hex(4)}"
        if isinstance(column.type, ARRAY):
            return [text]
        kind = column.type.python_type
        if kind is datetime:
            day = timedelta(days=1 if column.name in _LATER else -1)
            return datetime.now(UTC) + day + timedelta(microseconds=secrets.randbelow(10**6))
        made = {
            str: text,
            bytes: secrets.token_bytes(32),
            UUID: ids.new_id(),
            bool: True,
            int: secrets.randbelow(10**6),
            float: 0.5,
            date: date(1990, 5, 17),
            object: {"planted": text},
        }
        return made[kind]

    def _shown(self, said, column, values):
        name = f"{column.table.fullname}.{column.name}"
        if said.sealed:
            return self.given[name]
        value = values[column.name]
        return ids.show("person", value) if isinstance(value, UUID) else value


def left_of(parts, person_id):
    """Every personal value that is still in the database of somebody, by table and column."""
    from hub.privacy.belonging import theirs

    with parts.database.reads() as connection:
        return {
            f"{table.fullname}.{column.name}": (said, row._mapping[column.name])
            for table in privacy.tables_of_people()
            for row in connection.execute(select(table).where(theirs(table, person_id)))
            for column, said in privacy.columns(table)
        }


def everything_in_the_database(parts, word):
    """The tables that hold ``word`` anywhere, in any column of any row."""
    found = []
    with parts.database.reads() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                if word in str(tuple(row)):
                    found.append(table.fullname)
                    break
    return found


def in_full(app, parts, person):
    """The same person, signed in by password and authenticator app."""
    with app.app_context():
        issuer = tokens.issuer()
    started = parts.database.run(
        lambda work: identity.start(
            work,
            issuer,
            person_id=person.person_id,
            acr=identity.LOA_STRONG,
            amr=["pwd", "otp", "mfa"],
            device_name="planted",
        ),
        SYSTEM,
    )
    return replace(person, tokens=started)
