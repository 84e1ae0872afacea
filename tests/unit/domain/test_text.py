"""Texts that look the same are the same, however their letters were put together."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.text import industry_key, name_key, search_key, stored_text

COMPOSED, DECOMPOSED = "Bäckerei Süd", "Ba\u0308ckerei Su\u0308d"


def test_a_text_is_stored_composed() -> None:
    assert stored_text(DECOMPOSED) == COMPOSED == stored_text(COMPOSED)
    assert stored_text("ﬁ Ａ") == "ﬁ Ａ", "what looks different stays different"


@pytest.mark.parametrize(
    ("one", "other"), [(COMPOSED, DECOMPOSED), ("Ａcme", "acme"), ("ﬁne", "FINE"), ("STRASSE", "Straße")]
)
def test_names_that_are_ordered_alike(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_accents_order_names() -> None:
    assert name_key("Müller") != name_key("Muller")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Santé", "SANTE\u0301"),
        (" Real  estate\t", "real estate"),
        ("Real\u00a0estate", "real estate"),
        ("ＩＴ", "it"),
    ],
)
def test_industries_that_are_the_same(one: str, other: str) -> None:
    assert industry_key(one) == industry_key(other) is not None


@pytest.mark.parametrize("blank", [None, "", "  ", "\u00a0\t"])
def test_no_industry(blank: str | None) -> None:
    assert industry_key(blank) is None


def test_industries_that_differ() -> None:
    assert len({industry_key(each) for each in ("Law", "Laws", "La w", "Santé", "Sante")}) == 5


@pytest.mark.parametrize(
    ("sought", "name", "found"),
    [
        ("muller", "Müller & Söhne", True),
        ("MÜLLER", "Muller", True),
        ("Ba\u0308ck", COMPOSED, True),
        ("strasse", "Straße", True),
        ("istanbul", "İstanbul", True),
        ("muler", "Müller", False),
    ],
)
def test_a_search_ignores_case_and_accents(sought: str, name: str, found: bool) -> None:
    assert (search_key(sought) in search_key(name)) is found


@given(st.text())
def test_equivalent_texts_are_one(text: str) -> None:
    for form in ("NFC", "NFD"):
        other = unicodedata.normalize(form, text)
        assert stored_text(other) == stored_text(text)
        assert name_key(other) == name_key(text)
        assert industry_key(other) == industry_key(text)
        assert search_key(other) == search_key(text)
