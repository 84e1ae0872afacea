"""Values as other systems write them."""

from decimal import Decimal
from typing import Any

import pytest

from chalicelib.connections import values
from chalicelib.connections.values import BadValueError
from chalicelib.domain.facts import Money
from chalicelib.domain.times import parse_day, parse_instant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-06-01T09:00:00Z", "2026-06-01T09:00:00Z"),
        ("2026-06-01T09:00:00", "2026-06-01T09:00:00Z"),  # naive is UTC
        ("2002-08-20T18: 04: 26Z", "2002-08-20T18:04:26Z"),  # blanks of old data
        ("2026-06-01T09:00:00.8378294Z", "2026-06-01T09:00:00Z"),
        ("2026-06-01T09:00:00-07:00", "2026-06-01T16:00:00Z"),
        ("1900-01-01T00:00:00", None),
        ("0001-01-01T00:00:00", None),
        ("", None),
        (None, None),
    ],
)
def test_instants(written: str | None, meant: str | None) -> None:
    found = values.instant({"at": written}, "at")
    assert found == (None if meant is None else parse_instant(meant))
    assert values.instant({}, "at") is None  # absent is as null


@pytest.mark.parametrize("written", ["yesterday", "2026-13-01T00:00:00Z", "06/21/2026", ["2026"], {"at": 1}, 1.5])
def test_what_is_no_instant_names_its_field(written: Any) -> None:
    with pytest.raises(BadValueError, match=r"^_info\.at$"):
        values.instant({"_info": {"at": written}}, "_info.at")


def test_a_fraction_is_kept_to_the_microsecond() -> None:
    found = values.timestamp({"at": "2026-06-01T09:00:00.123456789Z"}, "at")
    assert found == parse_instant("2026-06-01T09:00:00Z") + Decimal("0.123456")


def test_calendar_dates_are_cut_and_never_converted() -> None:
    assert values.day({"on": "2026-06-03T00:00:00.000Z"}, "on") == parse_day("2026-06-03")
    assert values.day({"on": "2026-06-03T23:00:00-07:00"}, "on") == parse_day("2026-06-03")
    assert values.day({"on": "1900-01-01T00:00:00"}, "on") is None


def test_dates_in_milliseconds_are_days_of_utc() -> None:
    row = {"Date": "/Date(1539993600000+0000)/", "Late": "/Date(1540079999999+1300)/", "Odd": "/Date(x)/"}
    assert values.millisecond_day(row, "Date") == values.millisecond_day(row, "Late") == parse_day("2018-10-20")
    assert values.millisecond_instant(row, "Late") == Decimal("1540079999.999")
    with pytest.raises(BadValueError, match="Odd"):
        values.millisecond_day(row, "Odd")


@pytest.mark.parametrize("milliseconds", [-1, 99_999_999_999_999])
def test_milliseconds_outside_the_contract_are_refused(milliseconds: int) -> None:
    with pytest.raises(BadValueError):
        values.millisecond_instant({"at": f"/Date({milliseconds})/"}, "at")


def test_money_is_exact_and_rounds_half_away_from_zero() -> None:
    row: dict[str, Any] = {"total": Decimal("1200.10"), "odd": Decimal("0.00005"), "whole": 7, "minus": -1}
    assert values.money(row, "total", "EUR") == Money("EUR", 12_001_000)
    assert values.amount(row, "odd") == 1
    assert values.money(row, "whole", "JPY") == Money("JPY", 70_000)
    assert values.amount(row, "minus") == -10_000
    for path, currency in (("minus", "EUR"), ("total", "EURO"), ("total", None)):
        with pytest.raises(BadValueError, match=path):
            values.money(row, path, currency)


@pytest.mark.parametrize("written", [True, "12.00", Decimal("NaN"), 10**12, [1]])
def test_what_is_no_amount(written: Any) -> None:
    with pytest.raises(BadValueError):
        values.amount({"total": written}, "total")
