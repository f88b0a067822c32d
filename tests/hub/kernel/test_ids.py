"""Ids: in the order of their making."""

import time

from hub.kernel import ids


def test_what_is_made_later_sorts_later_also_within_a_millisecond():
    made = []
    for _ in range(2000):
        began = time.time_ns()
        while time.time_ns() - began < 500:  # two fractions of a millisecond
            pass
        made.append(ids.new_id())

    assert made == sorted(made)
