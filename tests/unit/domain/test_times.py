"""Instants, days and months as the contracts write them: what is read, what is refused, what is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.facts import NEVER, OPEN_ENDED, Instant
from chalicelib.domain.times import (
    EPOCH_DAY,
    day_of_instant,
    format_day,
    format_instant,
    format_instant_compact,
    format_month,
    parse_day,
    parse_instant,
    parse_month,
    quarter_of,
)

FIRST_INSTANT = 0
LAST_INSTANT = 4_133_980_799  # 2100-12-31T23:59:59Z
NOON = 1_795_348_800  # 2026-11-22T12:00:00Z


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1970-01-01T00:00:00Z", FIRST_INSTANT),
        ("2100-12-31T23:59:59Z", LAST_INSTANT),
        ("2026-11-22T12:00:00Z", NOON),
        ("2026-11-22t12:00:00z", NOON),
        ("2026-11-22T12:00:00.999999999Z", NOON),
        ("2026-11-22T13:30:00+01:30", NOON),
        ("2026-11-22T06:15:00-05:45", NOON),
        ("2026-11-22T12:00:00-00:00", NOON),
        ("2026-11-23T11:59:00+23:59", NOON),
        ("2026-11-22T11:59:60Z", NOON - 1),
        ("2024-02-29T00:00:00Z", 1_709_164_800),
        ("2101-01-01T00:59:59+01:00", LAST_INSTANT),
        ("1969-12-31T23:00:00-01:00", FIRST_INSTANT),
    ],
)
def test_reads_instants(text: str, instant: int) -> None:
    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-11-22", "Send an RFC 3339"),
        ("2026-11-22T12:00:00", "Send an RFC 3339"),
        ("2026-11-22T12:00Z", "Send an RFC 3339"),
        ("2026-11-22 12:00:00Z", "Send an RFC 3339"),
        ("2026-11-22T12:00:00.Z", "Send an RFC 3339"),
        ("2026-11-22T12:00:00+0100", "Send an RFC 3339"),
        ("2026-11-22T12:00:00Z\n", "Send an RFC 3339"),
        ("٢٠٢٦-11-22T12:00:00Z", "Send an RFC 3339"),
        ("", "Send an RFC 3339"),
        ("2026-11-22T12:00:61Z", "does not exist"),
        ("2026-11-22T24:00:00Z", "does not exist"),
        ("2026-11-22T12:60:00Z", "does not exist"),
        ("2026-02-29T12:00:00Z", "does not exist"),
        ("2026-13-01T12:00:00Z", "does not exist"),
        ("2026-11-22T12:00:00+24:00", "does not exist"),
        ("2026-11-22T12:00:00+01:60", "does not exist"),
        ("0000-01-01T00:00:00Z", "does not exist"),
        ("0001-01-01T00:00:00+01:00", "does not exist"),
        ("9999-12-31T23:59:59-01:00", "does not exist"),
        ("0001-01-01T00:00:00Z", "1970–2100"),
        ("1969-12-31T23:59:59Z", "1970–2100"),
        ("1970-01-01T00:59:59+01:00", "1970–2100"),
        ("2101-01-01T00:00:00Z", "1970–2100"),
        ("2100-12-31T23:00:00-01:00", "1970–2100"),
    ],
)
def test_refuses_instants(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_instant(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-11-2", "Send a date"),
        ("20261122", "Send a date"),
        ("2026-W47-7", "Send a date"),
        ("2026-11-22T00:00:00Z", "Send a date"),
        ("2026-11-22\n", "Send a date"),
        ("2026-11-31", "does not exist"),
        ("0000-01-01", "does not exist"),
        ("1969-12-31", "1970–2100"),
        ("2101-01-01", "1970–2100"),
        ("9999-12-31", "1970–2100"),
    ],
)
def test_refuses_days(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_day(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-1", "Send a month"),
        ("2026-00", "Send a month"),
        ("2026-13", "Send a month"),
        ("2026-11-22", "Send a month"),
        ("2026-11\n", "Send a month"),
        ("0000-01", "1970–2100"),
        ("1969-12", "1970–2100"),
        ("2101-01", "1970–2100"),
    ],
)
def test_refuses_months(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_month(text)


@pytest.mark.parametrize(
    ("text", "month"), [("1970-01", 1970 * 12), ("2100-12", 2100 * 12 + 11), ("2026-11", 2026 * 12 + 10)]
)
def test_months_are_counted_through_the_years(text: str, month: int) -> None:
    assert parse_month(text) == month
    assert format_month(month) == text


def test_days_are_ordinals() -> None:
    assert parse_day("1970-01-01") == EPOCH_DAY
    assert parse_day("2100-12-31") == EPOCH_DAY + 47_846
    assert format_day(OPEN_ENDED) == "9999-12-31"


@given(st.integers(FIRST_INSTANT, LAST_INSTANT))
def test_what_is_written_is_read_again(instant: int) -> None:
    assert instant < NEVER
    assert parse_instant(format_instant(Instant(instant))) == instant
    day = EPOCH_DAY + instant // 86_400
    assert parse_day(format_day(day)) == day
    assert format_instant(Instant(instant))[:10] == format_day(day)


@given(st.lists(st.integers(FIRST_INSTANT, LAST_INSTANT)))
def test_compact_instants_sort_as_text(instants: list[int]) -> None:
    assert sorted(instants) == sorted(map(Instant, instants), key=format_instant_compact)


def test_a_compact_instant() -> None:
    assert format_instant_compact(Instant(NOON)) == "20261122T120000Z"


@pytest.mark.parametrize(
    ("text", "quarter"),
    [
        ("2026-01-01T00:00:00Z", "2026-Q1"),
        ("2026-03-31T23:59:59Z", "2026-Q1"),
        ("2026-04-01T00:00:00Z", "2026-Q2"),
        ("2026-06-30T23:59:59Z", "2026-Q2"),
        ("2026-07-01T00:00:00Z", "2026-Q3"),
        ("2026-09-30T23:59:59Z", "2026-Q3"),
        ("2026-10-01T00:00:00Z", "2026-Q4"),
        ("2026-12-31T23:59:59Z", "2026-Q4"),
    ],
)
def test_quarters_are_of_utc(text: str, quarter: str) -> None:
    assert quarter_of(parse_instant(text)) == quarter


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1970-01-01T00:00:00Z", "1970-01-01"),
        ("2026-11-21T23:59:59Z", "2026-11-21"),
        ("2026-11-22T00:00:00Z", "2026-11-22"),
    ],
)
def test_days_are_of_utc(text: str, day: str) -> None:
    assert format_day(day_of_instant(parse_instant(text))) == day
