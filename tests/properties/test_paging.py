"""Places in a list survive the way to a client and back, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel.errors import Invalid
from hub.kernel.paging import page_of, place, place_after

KEYS = st.tuples(st.text(), st.integers(-(2**53), 2**53))


@given(KEYS)
def test_a_place_comes_back_as_it_was(key):
    assert place(place_after(key), str, int) == key


@given(st.text())
def test_nothing_else_is_taken_for_a_place(given_text):
    try:
        found = place(given_text, str, int)
    except Invalid:
        return
    assert place_after(found).rstrip("=") == given_text.rstrip("=")


@given(st.lists(st.integers(), max_size=30), st.integers(1, 10))
def test_pages_put_together_are_the_list(rows, limit):
    rows, seen, start = sorted(set(rows)), [], 0
    while True:
        page = page_of(rows[start : start + limit + 1], limit, lambda row: (row,))
        seen += page.items
        if page.next is None:
            break
        start = rows.index(place(page.next, int)[0]) + 1

    assert seen == rows


def test_a_place_of_another_list_is_refused():
    with pytest.raises(Invalid):
        place(place_after((1, "a")), str, int)
