"""Names are what the document prints, however they are typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.identity.documents import Kind
from hub.identity.names import canonical_name, masked_name
from hub.identity.real_name_errors import DocumentNotUsable


@pytest.mark.parametrize(
    ("kind", "typed", "printed"),
    [
        (Kind.RESIDENT_CARD, " 李伟 ", "李伟"),
        (Kind.RESIDENT_CARD, "阿不都•热合曼", "阿不都·热合曼"),
        (Kind.RESIDENT_CARD, "阿不都 ． 热合曼", "阿不都·热合曼"),
        (Kind.PASSPORT, "Anna  Maria Eriksson", "ANNA MARIA ERIKSSON"),
        (Kind.PASSPORT, "O’Brien, Seán", "O'BRIEN, SEÁN"),
        (Kind.PERMANENT_RESIDENCE_CARD, "Alex Morgan", "ALEX MORGAN"),
        (Kind.PERMANENT_RESIDENCE_CARD, "李伟", "李伟"),
    ],
)
def test_a_name_has_one_spelling(kind, typed, printed):
    assert canonical_name(kind, typed) == printed


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (Kind.RESIDENT_CARD, "Li Wei"),
        (Kind.RESIDENT_CARD, ""),
        (Kind.PASSPORT, "Анна Петрова"),
        (Kind.PASSPORT, "李伟"),
        (Kind.PASSPORT, "'-"),
        (Kind.PASSPORT, "A" * 101),
    ],
)
def test_what_the_document_cannot_print_is_refused(kind, typed):
    with pytest.raises(DocumentNotUsable) as caught:
        canonical_name(kind, typed)

    assert caught.value.errors[0]["pointer"] == "/name"


@given(st.sampled_from(Kind), st.text(max_size=50))
def test_the_spelling_is_its_own_spelling(kind, typed):
    try:
        once = canonical_name(kind, typed)
    except DocumentNotUsable:
        return

    assert canonical_name(kind, once) == once


def test_a_name_is_shown_masked():
    assert masked_name("李伟") == "*伟"
    assert masked_name("ANNA PETROVA") == "A*** P******"
