"""Which passwords are good enough, as plain functions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.identity.password_rules import LONGEST, normalised, why_not
from hub.identity.rules import assurance, may_change_credentials, reaches


@pytest.mark.parametrize(
    "password", ["password", "Password1", "iloveyou", "zaq12wsx", "QWERTYUIOP"]
)
def test_the_first_guesses_of_attackers_are_not_taken_in_any_case(password):
    assert "Attackers" in why_not(password, second_factor=True)["detail"]


@pytest.mark.parametrize(
    "password",
    ["七个雪人在街上走路很慢啊啊真", "correct horse battery staple", "тихая улица зимой вечером"],
)
def test_sentences_of_any_script_are_fine(password):
    long_enough = len(password) >= 15
    assert (why_not(password, second_factor=False) is None) is long_enough
    assert why_not(password, second_factor=True) is None


def test_an_own_word_may_stand_in_a_long_sentence():
    assert why_not("Ivan", second_factor=True, own_words=["Ivan"])
    assert why_not("ivan2026", second_factor=True, own_words=["Ivan"])
    assert (
        why_not("my brother Ivan skates backwards", second_factor=False, own_words=["Ivan"]) is None
    )


@given(st.text(min_size=0, max_size=300))
def test_normalising_twice_changes_nothing_and_rules_never_fail(password):
    once = normalised(password)

    assert normalised(once) == once
    why = why_not(once, second_factor=True)
    assert why is not None if not 8 <= len(once) <= LONGEST else True


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=20, max_size=60))
def test_no_rule_of_composition(password):
    """Letters of one kind are enough, as long as they are not one repeated piece or a run."""
    why = why_not(normalised(password), second_factor=False)
    if len(set(password)) > 15:
        assert why is None


@pytest.mark.parametrize(
    ("methods", "level"),
    [
        (["sms"], 1),
        (["otp"], 1),
        (["sms", "otp"], 1),
        (["pwd"], 1),
        (["pwd", "otp"], 1),  # a password and a code by e-mail
        (["pwd", "otp", "mfa"], 2),
        (["hwk", "user"], 2),
        (["swk", "user"], 2),
        (["hwk"], 1),
    ],
)
def test_levels_of_assurance(methods, level):
    assert assurance(methods) == f"urn:city:loa:{level}"


def test_an_unknown_level_reaches_nothing():
    assert not reaches("urn:city:loa:9", "urn:city:loa:1")
    assert reaches("urn:city:loa:3", "urn:city:loa:2")


@pytest.mark.parametrize(
    ("acr", "amr", "second", "strong", "may"),
    [
        (1, ["sms"], False, False, True),
        (1, ["sms"], True, False, False),
        (1, ["sms", "otp"], True, False, True),
        (1, ["sms", "otp"], True, True, False),
        (2, ["pwd", "otp", "mfa"], True, True, True),
    ],
)
def test_who_may_change_how_they_sign_in(acr, amr, second, strong, may):
    level = f"urn:city:loa:{acr}"
    assert may_change_credentials(level, amr, second_factor=second, strong=strong) is may
