"""A family of refresh tokens as a machine of states, driven by a person and a thief.

Whatever they do in whatever order: one line of descent, at most one fresh token, and once two
holders show up nobody keeps the session.
"""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import select

from hub import identity
from hub.identity.errors import RefreshTokenRefused, RefreshTokenReplayed
from hub.identity.model import Grant, RefreshToken, Session
from hub.kernel.work import NOBODY, SYSTEM

GRACE = timedelta(seconds=10)


def machine(parts, issuer, begin):
    """The machine class, over this worker's database; time is a number of its own."""

    class Family(RuleBasedStateMachine):
        @initialize()
        def sign_in(self):
            self.now = begin
            self.session_id, first = self.in_work(self.start, SYSTEM)
            self.line = [first]
            self.used_at = [None]
            self.ended = False

        def start(self, work):
            person = identity.join(work, parts.keyring, [], language="en")
            tokens = identity.start(
                work, issuer, person_id=person, acr="urn:city:loa:1", amr=[], device_name=None
            )
            return tokens.session_id, tokens.refresh_token

        def in_work(self, act, actor=NOBODY):
            return parts.database.run(act, actor, now=self.now)

        @rule(seconds=st.sampled_from([0, 1, 9, 10, 11, 60]))
        def time_passes(self, seconds):
            self.now += timedelta(seconds=seconds)

        @rule()
        def present_the_newest(self):
            self.present(len(self.line) - 1)

        @rule(back=st.integers(1, 3))
        def present_an_older_one(self, back):
            self.present(max(0, len(self.line) - 1 - back))

        @rule()
        def present_a_stranger(self):
            with pytest.raises(RefreshTokenRefused):
                self.in_work(lambda w: identity.refresh(w, parts.keyring, issuer, "x" * 43))

        def present(self, generation):
            token = self.line[generation]
            expected = self.expected(generation)
            try:
                given = self.in_work(
                    lambda w: identity.refresh(w, parts.keyring, issuer, token)
                ).refresh_token
            except RefreshTokenReplayed:
                assert expected == "reuse"
                self.ended = True
            except RefreshTokenRefused:
                assert expected == "refused"
            else:
                assert expected in {"rotate", "repeat"}
                if expected == "rotate":
                    self.used_at[generation] = self.now
                    self.line.append(given)
                    self.used_at.append(None)
                assert given == self.line[generation + 1]

        def expected(self, generation):
            if self.ended:
                return "refused"
            used_at = self.used_at[generation]
            if used_at is None:
                return "rotate"
            successor_fresh = self.used_at[generation + 1] is None
            return "repeat" if successor_fresh and self.now - used_at <= GRACE else "reuse"

        @invariant()
        def one_line_of_descent(self):
            if not hasattr(self, "line"):
                return
            with parts.database.reads() as connection:
                rows = connection.execute(
                    select(RefreshToken.generation, RefreshToken.used_at)
                    .join(Grant, Grant.id == RefreshToken.grant_id)
                    .where(Grant.session_id == self.session_id)
                    .order_by(RefreshToken.generation)
                ).all()
                revoked = connection.scalar(
                    select(Session.revoked_at).where(Session.id == self.session_id)
                )
            assert [row.generation for row in rows] == list(range(1, len(self.line) + 1))
            assert [row.used_at is None for row in rows].count(True) == 1
            assert (revoked is not None) == self.ended

    return Family


def test_a_family_of_refresh_tokens(parts, app):
    issuer = identity.Issuer(parts.keyring, "http://localhost:8000", frozenset({"a.b:c"}))

    run_machine(
        machine(parts, issuer, parts.database.clock()),
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
