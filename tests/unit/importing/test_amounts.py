"""Amounts as people's programs write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.importing.amounts import amount_text, currency_of, read_amount, read_number


@pytest.mark.parametrize(
    ("cell", "mark", "expected", "currency"),
    [
        ("852.00", ".", "852.00", None),
        ("1,234.5", ".", "1234.5", None),
        ("1.234.567,89", ",", "1234567.89", None),
        ("1 234,5", ",", "1234.5", None),
        ("1\u202f234,5", ",", "1234.5", None),
        ("1'234.50", ".", "1234.50", None),
        ("$1,234", ".", "1234", "$"),
        ("1.234,00 €", ",", "1234.00", "€"),
        ("CHF 12", ".", "12", "CHF"),
        ("12 USD", ".", "12", "USD"),
        ("(5.00)", ".", "-5.00", None),
        ("($5.00)", ".", "-5.00", "$"),
        ("-5", ".", "-5", None),
        ("−$5", ".", "-5", "$"),
        ("$-5", ".", "-5", "$"),
        ("5.", ".", "5.0", None),
    ],
)
def test_is_read(cell: str, mark: str, expected: str, currency: str | None) -> None:
    assert read_amount(cell, mark)[:2] == (Decimal(expected), currency)


@pytest.mark.parametrize(
    ("cell", "mark"),
    [
        *(("1,23", "."), ("0,123", "."), ("12,34,567.00", "."), ("1.23.4", "."), ("1,234,56", ".")),
        *(
            ("abc", "."),
            ("", "."),
            ("--5", "."),
            ("(-5)", "."),
            ("1 23", "."),
            ("1.234.5", ","),
            ("EUR", "."),
            (".5", "."),
        ),
        *(("1e5", "."), ("\u0661", "."), ("1,234 567", "."), ("5 apples", ".")),
    ],
)
def test_is_a_fault(cell: str, mark: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_amount(cell, mark)


@pytest.mark.parametrize(
    ("cell", "expected"), [("0.00005", "0.0001"), ("-0.00005", "-0.0001"), ("1.23456", "1.2346"), ("2.00004", "2.0000")]
)
def test_more_than_four_decimals_are_rounded_half_away_from_zero(cell: str, expected: str) -> None:
    assert read_amount(cell, ".") == (Decimal(expected), None, True)


def test_zeros_beyond_four_decimals_round_nothing() -> None:
    assert not read_amount("1.50000", ".").rounded
    assert amount_text(read_amount("1.50000", ".").number) == "1.5000"


def test_a_sign_that_several_currencies_share_is_the_tenants_own_where_it_may_be() -> None:
    assert currency_of("$", "AUD") == "AUD"
    assert currency_of("$", "EUR") == "USD"
    assert currency_of(None, "EUR") == "EUR"
    assert currency_of("GBP", "EUR") == "GBP"
    assert currency_of("??", "EUR") is None


@given(st.decimals(min_value=1, max_value=10**12, places=2), st.sampled_from([",", " ", "'", "\u00a0"]))
def test_what_is_grouped_is_read_back(number: Decimal, group: str) -> None:
    written = f"{number:,.2f}".replace(",", group)
    assert read_number(written, ".") == number
    assert amount_text(read_amount(written, ".").number) == f"{number:.2f}"
