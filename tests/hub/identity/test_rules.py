"""The decisions of sign-in."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.identity import limits, rules
from hub.identity.rules import (
    REFRESH_GRACE,
    REFRESH_IDLE,
    is_code,
    judge_refresh,
    new_code,
    new_secret,
    refresh_expiry,
    totp_steps,
)

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
moments = st.timedeltas(timedelta(days=-100), timedelta(days=100)).map(lambda d: NOW + d)


def test_no_limit_is_forgotten_before_it_is_whole_again():
    every = [limit for limit in vars(rules).values() if isinstance(limit, rules.Limit)]

    assert max(limit.capacity * limit.every for limit in every) <= limits.IDLE


def test_codes_are_six_digits_and_differ():
    codes = {new_code() for _ in range(1000)}

    assert all(is_code(code) for code in codes)
    assert len(codes) > 990
    assert len(new_secret()) == 43


@given(st.text(max_size=8))
def test_only_six_ascii_digits_are_a_code(text):
    assert is_code(text) == (len(text) == 6 and all(c in "0123456789" for c in text))


@given(moments, moments, st.none() | moments, st.booleans())
def test_every_refresh_has_one_verdict_and_a_used_token_never_rotates(
    now, expires_at, used_at, successor_used
):
    verdict = judge_refresh(
        now, expires_at=expires_at, used_at=used_at, successor_used=successor_used
    )

    if used_at is None:
        assert verdict == ("rotate" if now < expires_at else "expired")
    else:
        assert verdict in {"repeat", "reuse"}
    if verdict == "repeat":
        assert not successor_used
        assert now - used_at <= REFRESH_GRACE


@given(moments, moments)
def test_no_token_outlives_its_session(now, session_expires_at):
    assert refresh_expiry(now, session_expires_at) == min(now + REFRESH_IDLE, session_expires_at)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_three_steps_of_thirty_seconds_count_as_now(now):
    steps = totp_steps(now)

    assert len(steps) == 3
    assert steps[1] * 30 <= now.timestamp() < steps[1] * 30 + 30
