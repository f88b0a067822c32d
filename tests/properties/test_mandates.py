"""Whatever people offer, accept, hand on, end and try: nobody acts beyond what was given.

A city of a few people lives through a random history, by the rules alone. Beside it stands a plain
model that knows only what was said: who gave whom what, from when until when, and what has ended.
The sample of `make test` is a seeded part; `make soak` runs ten thousand histories.
"""

import os
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.identity.ages import age, guardianship_ends, is_adult, is_under_fourteen
from hub.identity.mandate_rules import (
    DELEGATING,
    EVERYTHING,
    Mandate,
    fits_within,
    may_act,
    would_loop,
)

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
histories = settings(
    max_examples=10_000 if SOAK else 600, derandomize=not SOAK, deadline=None, database=None
)

BEGIN = datetime(2026, 11, 24, tzinfo=UTC)
PEOPLE = range(4)
SCOPES = ("read", "pay")
person = st.sampled_from(PEOPLE)
which = st.integers(0, 7)


@dataclass
class Given:
    """One arrow of the city, and what the plain model knows of it."""

    giver: int
    holder: int
    mandate: Mandate
    over_from: int | None = None
    parent: "Given | None" = None


def at(hour):
    return BEGIN + timedelta(hours=hour)


# Few values, close together: so the edges (the first hour, the last act, the exact amount) are met.
terms = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(("mandate", "mandate", "guardianship")),
        "scopes": st.sampled_from(
            [frozenset({"read"}), frozenset(SCOPES), frozenset({"pay"}), frozenset({EVERYTHING})]
        ),
        "after": st.integers(0, 2),
        "hours": st.integers(1, 5),
        "amount_limit": st.sampled_from((None, 100, 200)),
        "acts_limit": st.sampled_from((None, None, 1, 2)),
        "may_delegate": st.sampled_from((True, True, False)),
    }
)
acting = st.tuples(
    st.just("act"),
    which,
    st.sampled_from((*SCOPES, DELEGATING)),
    st.sampled_from((None, None, 100, 101, 200, 201)),
)
giving = st.tuples(st.just("give"), person, person, terms)
handing_on = st.tuples(st.just("hand on"), which, person, terms)
steps = st.lists(
    st.one_of(
        giving,
        giving,
        acting,
        acting,
        acting,
        handing_on,
        handing_on,
        st.tuples(st.just("wait"), st.integers(1, 2)),
        st.tuples(st.just("end"), which),
        st.tuples(st.just("close"), person),
    ),
    min_size=6,
    max_size=40,
)


class City:
    """People and mandates; all decisions are the rules', all suspicion is the model's."""

    def __init__(self):
        self.hour, self.given, self.closed = 0, [], set()

    def arrows(self):
        now = at(self.hour)
        return [
            (one.giver, one.holder)
            for one in self.given
            if one.over_from is None and now < one.mandate.until
        ]

    def mandate(self, drawn):
        """What was drawn, from the present hour on."""
        terms = dict(drawn)
        starts = self.hour + terms.pop("after")
        return Mandate(starts_at=at(starts), until=at(starts + terms.pop("hours")), **terms)

    def add(self, giver, holder, mandate, parent=None):
        if would_loop(self.arrows(), giver, holder):
            return
        self.given.append(Given(giver, holder, mandate, parent=parent))
        assert acyclic(self.arrows()), "a circle was closed"

    def end(self, index):
        if self.given:
            one = self.given[index % len(self.given)]
            for each in self.given:
                if (each is one or each.parent is one) and each.over_from is None:
                    each.over_from = self.hour
                    each.mandate = replace(each.mandate, state="ended")

    def standing(self, one):
        """The mandate as the tables would give it to the rules now."""
        alive = not {one.giver, one.holder} & self.closed
        parent = self.standing(one.parent) if one.parent else None
        return replace(one.mandate, people_active=alive, parent=parent)

    def act(self, index, scope, amount):
        if not self.given:
            return
        one = self.given[index % len(self.given)]
        decision = may_act(self.standing(one), scope, amount, at(self.hour))
        assert decision.allowed == self.expected(one, scope, amount), decision
        for link in (one, one.parent) if decision.allowed else ():
            if link is not None:
                link.mandate = replace(link.mandate, acts_done=link.mandate.acts_done + 1)

    def expected(self, one, scope, amount):
        """The same by other words, over the whole chain that the act stands on."""
        chain = [one] if one.parent is None else [one, one.parent]
        now = self.hour
        for link in chain:
            said = link.mandate
            if link.over_from is not None or {link.giver, link.holder} & self.closed:
                return False
            if not (said.starts_at <= at(now) < said.until):
                return False
            if scope == DELEGATING:
                if link.parent is not None or not said.may_delegate:
                    return False
            elif not said.scopes & {scope, EVERYTHING}:
                return False
            bound = float("inf") if said.kind == "guardianship" else -1
            if amount is not None and amount > (
                bound if said.amount_limit is None else said.amount_limit
            ):
                return False
        limited = [link.mandate for link in chain if link.mandate.acts_limit is not None]
        return all(said.acts_done < said.acts_limit for said in limited)

    def hand_on(self, index, to, drawn):
        if not self.given:
            return
        part = self.mandate(drawn)
        whole = self.given[index % len(self.given)]
        standing = self.standing(whole)
        if not may_act(standing, DELEGATING, None, at(self.hour), changes=False).allowed:
            return
        if to in {whole.giver, whole.holder} or not fits_within(part, standing):
            return
        assert part.starts_at >= standing.starts_at
        assert part.until <= standing.until
        assert not part.may_delegate
        assert EVERYTHING in standing.scopes or part.scopes <= standing.scopes
        assert standing.acts_limit is None or (part.acts_limit or 9) <= standing.acts_limit
        most = standing.amount_limit or (9999 if standing.kind == "guardianship" else 0)
        assert (part.amount_limit or 0) <= most
        self.add(whole.giver, to, part, parent=whole)


def acyclic(arrows):
    """Kahn's algorithm: take away whoever nobody points at, until nobody is left."""
    left = set(arrows)
    while left:
        pointed_at = {holder for _, holder in left}
        free = {arrow for arrow in left if arrow[0] not in pointed_at}
        if not free:
            return False
        left -= free
    return True


@histories
@given(steps)
def test_no_act_outside_scope_and_time_no_circle_and_what_ended_has_ended(history):
    city = City()
    for step, *given_with in history:
        if step == "give":
            giver, holder, mandate = given_with
            city.add(giver, holder, city.mandate(mandate))
        elif step == "end":
            city.end(*given_with)
        elif step == "close":
            city.closed.add(*given_with)
        elif step == "wait":
            city.hour += given_with[0]
        elif step == "act":
            city.act(*given_with)
        else:
            city.hand_on(*given_with)
    for one in city.given:
        for scope in SCOPES:
            if one.over_from is not None:
                assert not may_act(city.standing(one), scope, None, at(city.hour)).allowed


@histories
@given(st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), max_size=30))
def test_an_arrow_is_refused_exactly_when_it_closes_a_circle(wanted):
    arrows = []
    for giver, holder in wanted:
        closes = not acyclic([*arrows, (giver, holder)])
        assert would_loop(arrows, giver, holder) == closes
        if not closes:
            arrows.append((giver, holder))


births = st.dates(date(1990, 1, 1), date(2026, 11, 24))


@given(births, st.dates(date(2020, 1, 1), date(2060, 1, 1)))
@example(date(2012, 2, 29), date(2026, 2, 28))
@example(date(2012, 2, 29), date(2026, 3, 1))
def test_ages_are_full_years(born, on):
    years = age(born, on)

    had_birthday = (on.month, on.day) >= (born.month, born.day)
    assert years == on.year - born.year - (not had_birthday)
    assert is_under_fourteen(born, on) == (years < 14)
    assert is_adult(born, on) == (years >= 18)


@given(births)
@example(date(2008, 2, 29))
def test_guardianship_ends_with_the_eighteenth_birthday_in_the_city(born):
    ends = guardianship_ends(born, "Asia/Shanghai")
    there = timedelta(hours=8)

    def day(moment):
        return (moment + there).date()

    assert is_adult(born, day(ends))
    assert not is_adult(born, day(ends - timedelta(seconds=1)))


hour = st.integers(0, 5)
amount = st.sampled_from((None, 100, 101, 200, 201))


@st.composite
def mandates(draw, parent=None):
    """Any mandate at all, close to the edges of the questions below."""
    starts = draw(st.integers(0, 3))
    return Mandate(
        kind=draw(st.sampled_from(("mandate", "guardianship"))),
        scopes=draw(st.sampled_from([frozenset({"read"}), frozenset(SCOPES), frozenset("*")])),
        starts_at=at(starts),
        until=at(starts + draw(st.integers(1, 3))),
        state=draw(st.sampled_from(("active", "active", "active", "offered", "ended"))),
        amount_limit=draw(st.sampled_from((None, 100, 200))),
        acts_limit=draw(st.sampled_from((None, 1, 2))),
        acts_done=draw(st.integers(0, 2)),
        may_delegate=draw(st.booleans()),
        people_active=draw(st.sampled_from((True, True, True, False))),
        parent=parent,
    )


chains = mandates() | mandates().flatmap(lambda whole: mandates(parent=whole))


def said(mandate, scope, asked, when):
    """Whether the words of one mandate alone allow it; acts are not counted."""
    within = mandate.starts_at <= at(when) < mandate.until
    named = scope in mandate.scopes or EVERYTHING in mandate.scopes
    if mandate.amount_limit is None:
        paid = asked is None or mandate.kind == "guardianship"
    else:
        paid = asked is None or asked <= mandate.amount_limit
    return mandate.state == "active" and mandate.people_active and within and named and paid


@histories
@given(chains, st.sampled_from(SCOPES), amount, hour, st.booleans())
def test_an_act_is_allowed_exactly_when_every_word_of_the_chain_allows_it(
    mandate, scope, asked, when, changes
):
    links = [mandate, *([mandate.parent] if mandate.parent else [])]
    left = all(link.acts_limit is None or link.acts_done < link.acts_limit for link in links)
    expected = all(said(link, scope, asked, when) for link in links) and (left or not changes)

    assert may_act(mandate, scope, asked, at(when), changes=changes).allowed == expected


@histories
@given(chains)
def test_only_what_came_from_the_giver_is_handed_on(mandate):
    allowed = may_act(mandate, DELEGATING, None, mandate.starts_at, changes=False).allowed

    if mandate.parent is not None or not mandate.may_delegate:
        assert not allowed


@histories
@given(mandates(), mandates(), st.sampled_from((*SCOPES, "else")), amount, hour)
def test_what_fits_within_allows_nothing_that_the_whole_does_not(whole, part, scope, asked, when):
    whole, part = (replace(one, state="active", people_active=True) for one in (whole, part))
    bounded = asked is None or part.kind != "guardianship"
    if bounded and fits_within(part, whole) and said(part, scope, asked, when):
        assert said(whole, scope, asked, when)
