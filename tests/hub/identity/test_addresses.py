"""One address has one spelling; what no code can reach is said to be so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import identity
from hub.identity.addresses import AddressNotUsable, CountryNotServed, masked, parse
from hub.identity.limits import network_of
from hub.kernel.errors import Invalid


@pytest.mark.parametrize(
    ("written", "canonical", "region"),
    [
        ("+86 138 0013 8000", "+8613800138000", "CN"),
        ("＋８６１３８００１３８０００", "+8613800138000", "CN"),
        ("+٨٦ ١٣٨٠٠١٣٨٠٠٠", "+8613800138000", "CN"),
        ("+7 (916) 123-45-67", "+79161234567", "RU"),
        ("+1 202-555-0123", "+12025550123", "US"),
        ("+49 1511 2345678", "+4915112345678", "DE"),
        ("+852 5123 4567", "+85251234567", "HK"),
        ("+54 9 11 1234-5678", "+5491112345678", "AR"),
        ("+234 803 123 4567", "+2348031234567", "NG"),
    ],
)
def test_telephones_of_any_country(written, canonical, region):
    address = parse("sms", written)

    assert (address.text, address.region) == (canonical, region)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("Li.Na@Example.ORG", "li.na@example.org"),
        ("li+city@example.org", "li+city@example.org"),
        (" li@example.org ", "li@example.org"),
        ("li@例子.中国", "li@xn--fsqu00a.xn--fiqs8s"),
        ("li@почта.рф", "li@xn--80a1acny.xn--p1ai"),
        ("li@EXAMPLE。org", "li@example.org"),
    ],
)
def test_e_mail(written, canonical):
    assert parse("email", written).text == canonical


def test_countries_can_be_closed():
    with pytest.raises(CountryNotServed):
        parse("sms", "+79161234567", closed_regions=frozenset({"RU"}))


@given(st.sampled_from(["sms", "email"]), st.text(max_size=300))
def test_anything_is_an_address_or_a_refusal(channel, text):
    try:
        address = parse(channel, text)
    except Invalid:
        return
    assert parse(channel, address.text) == address  # canonical is canonical
    assert address.text.isascii()
    assert len(address.text) <= 254


@given(st.integers(0, 10**8 - 1))
def test_a_masked_number_keeps_most_of_itself(number):
    phone = f"+86139{number:08d}"

    shown = masked(parse("sms", phone))

    assert len(shown) == len(phone)
    assert shown.count("*") == 9


def test_a_masked_e_mail_address():
    assert masked(identity.Address("email", "li.na@example.org")) == "l***@example.org"


def test_a_too_long_address_is_refused_before_it_is_read():
    with pytest.raises(AddressNotUsable):
        parse("email", "a" * 10**6)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("unknown", "", True),
    ],
)
def test_who_is_counted_as_one_caller(one, other, same):
    assert (network_of(one) == network_of(other)) is same
