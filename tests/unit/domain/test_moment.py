"""The moment of a score: local days, windows and the days whose local midnight lies in them."""

import pytest

from chalicelib.domain.business_hours import BusinessHours
from chalicelib.domain.moment import PERIODS, Moment, local_day
from chalicelib.domain.time_zones import ZoneInfo
from chalicelib.domain.times import format_day, format_month, parse_day, parse_instant
from tests.unit.domain.builders import AS_OF, DAY, NEW_YORK, OFFICE, ROME, TODAY, UTC
from tests.unit.domain.midnights import midnights

APIA = ZoneInfo("Pacific/Apia")
KATHMANDU = ZoneInfo("Asia/Kathmandu")


@pytest.mark.parametrize(
    ("zone", "today"), [(UTC, "2026-11-22"), (NEW_YORK, "2026-11-21"), (ROME, "2026-11-22"), (APIA, "2026-11-22")]
)
def test_today_is_the_local_date(zone: ZoneInfo, today: str) -> None:
    assert format_day(Moment.at(AS_OF, zone).today) == today


@pytest.mark.parametrize(("period", "days"), [("7d", 7), ("30d", 30), ("90d", 90), ("12m", 365)])
def test_windows_are_elapsed_time(period: str, days: int) -> None:
    # Rome's clocks change inside all but the shortest window; the window is N × 24 h all the same.
    window = Moment.at(AS_OF, ROME).windows[period]

    assert (window.start, window.previous_start) == (AS_OF - days * DAY, AS_OF - 2 * days * DAY)


def test_periods_are_in_the_order_of_the_contract() -> None:
    assert list(PERIODS) == ["7d", "30d", "90d", "12m"]


@pytest.mark.parametrize(
    ("as_of", "first", "last"),
    [
        pytest.param("2026-11-22T00:00:00Z", "2026-11-15", "2026-11-21", id="at midnight"),
        pytest.param("2026-11-22T00:00:01Z", "2026-11-16", "2026-11-22", id="a second after"),
        pytest.param("2026-11-21T23:59:59Z", "2026-11-15", "2026-11-21", id="a second before"),
    ],
)
def test_days_of_a_window_by_their_midnight(as_of: str, first: str, last: str) -> None:
    window = Moment.at(parse_instant(as_of), UTC).windows["7d"]

    assert (format_day(window.first_day), format_day(window.last_day)) == (first, last)


HAVANA = ZoneInfo("America/Havana")
BEIRUT = ZoneInfo("Asia/Beirut")
ST_JOHNS = ZoneInfo("America/St_Johns")


# Of years past alone: what is to come may still be changed, and was for Havana's autumn of 2026.
@pytest.mark.parametrize(
    ("zone", "day", "times"),
    [
        (KATHMANDU, "2025-11-22", 1),
        (HAVANA, "2025-11-02", 2),
        (BEIRUT, "2025-03-30", 0),
        (APIA, "2011-12-30", 0),
        (ST_JOHNS, "2010-11-07", 2),
    ],
)
def test_the_midnights_below_are_what_they_are_taken_for(zone: ZoneInfo, day: str, times: int) -> None:
    assert len(midnights(zone, parse_day(day))) == times


@pytest.mark.parametrize(
    ("zone", "as_of", "last"),
    [
        pytest.param(KATHMANDU, "2025-11-21T18:15:00Z", "2025-11-21", id="Kathmandu's midnight"),
        pytest.param(KATHMANDU, "2025-11-21T18:15:01Z", "2025-11-22", id="a second after it"),
        pytest.param(HAVANA, "2025-11-02T04:00:00Z", "2025-11-01", id="at the first of two midnights"),
        pytest.param(HAVANA, "2025-11-02T04:00:01Z", "2025-11-02", id="a second after the first"),
        pytest.param(HAVANA, "2025-11-02T05:00:00Z", "2025-11-02", id="second of two midnights"),
        pytest.param(BEIRUT, "2025-03-29T22:00:00Z", "2025-03-29", id="missing midnight"),
        pytest.param(BEIRUT, "2025-03-29T22:00:01Z", "2025-03-30", id="after a missing midnight"),
        # Samoa had no 30 December 2011: that day's midnight and the next one's are the same instant.
        pytest.param(APIA, "2011-12-30T09:59:59Z", "2011-12-29", id="before the skipped day"),
        pytest.param(APIA, "2011-12-30T10:00:00Z", "2011-12-29", id="at the skipped day"),
        pytest.param(APIA, "2011-12-30T10:00:01Z", "2011-12-31", id="after the skipped day"),
        # Until 2011 Newfoundland went back to the day before, a minute after midnight.
        pytest.param(ST_JOHNS, "2010-11-07T03:00:00Z", "2010-11-07", id="the day before again"),
    ],
)
def test_midnights_of_other_zones(zone: ZoneInfo, as_of: str, last: str) -> None:
    instant = parse_instant(as_of)

    assert format_day(Moment.at(instant, zone).windows["7d"].last_day) == last
    # What is too late for the window that ends there is the first day of the one that begins there.
    assert Moment.at(instant + 7 * DAY, zone).windows["7d"].first_day == parse_day(last) + 1


@pytest.mark.parametrize(
    ("created", "days"),
    [
        ("2026-11-22T00:00:00Z", 0),
        ("2026-11-21T23:59:59Z", 1),
        ("2026-11-21T00:00:00Z", 1),
        ("2025-11-22T12:00:00Z", 365),
    ],
)
def test_days_since_are_calendar_days(created: str, days: int) -> None:
    assert Moment.at(AS_OF, UTC).days_since(parse_instant(created)) == days


def test_days_since_follow_the_zone() -> None:
    evening = parse_instant("2026-11-20T23:30:00Z")

    assert Moment.at(AS_OF, UTC).days_since(evening) == 2
    assert Moment.at(AS_OF, ROME).days_since(evening) == 1


@pytest.mark.parametrize(
    ("as_of", "zone", "month"),
    [
        ("2026-12-31T23:59:59Z", UTC, "2026-12"),
        ("2027-01-01T00:00:00Z", UTC, "2027-01"),
        ("2027-01-01T04:59:59Z", NEW_YORK, "2026-12"),
        ("2026-12-31T23:00:00Z", ROME, "2027-01"),
    ],
)
def test_the_month_is_local(as_of: str, zone: ZoneInfo, month: str) -> None:
    assert format_month(Moment.at(parse_instant(as_of), zone).month) == month


def test_open_time_is_there_only_when_business_hours_count() -> None:
    assert Moment.at(AS_OF, UTC).open_time is None
    assert Moment.at(AS_OF, UTC, BusinessHours(False, OFFICE.weekly)).open_time is None
    assert Moment.at(AS_OF, UTC, BusinessHours(True)).open_time is None
    assert Moment.at(AS_OF, UTC, OFFICE).open_time is not None


def test_open_time_reaches_back_to_the_longest_window() -> None:
    # GIVEN hours that are open round the clock, THEN nothing of the longest window is closed
    always = BusinessHours(True, (((0, 1440),),) * 7)
    moment = Moment.at(AS_OF, NEW_YORK, always)

    assert moment.open_time is not None
    assert moment.open_time.between(AS_OF - 365 * DAY, AS_OF) == 365 * DAY


def test_local_days_are_ordinals() -> None:
    assert local_day(AS_OF, UTC) == TODAY
