"""Business hours: the checks of scoring.md, clocks that change, nights, holidays, and schedules that are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.business_hours import BusinessHours, Interval, OpenTime, interval_faults, wall_time
from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.time_zones import ZoneInfo
from chalicelib.domain.times import format_instant, parse_day, parse_instant
from tests.unit.domain.builders import HOUR, NEW_YORK, OFFICE, ROME, UTC

MINUTE = 60
Week = tuple[tuple[Interval, ...], ...]


def every_day(*intervals: Interval) -> BusinessHours:
    return BusinessHours(True, (intervals,) * 7)


def local(zone: ZoneInfo, text: str) -> int:
    """`2026-03-06 16:00` as an instant."""
    day, clock = text.split()
    return wall_time(zone, parse_day(day), int(clock[:2]) * 60 + int(clock[3:]))


def open_seconds(hours: BusinessHours, zone: ZoneInfo, start: str, end: str) -> int:
    opened = OpenTime(hours, zone, parse_day(start.split()[0]), parse_day(end.split()[0]))
    return opened.between(Instant(local(zone, start)), Instant(local(zone, end)))


# ---- the three checks of the rules ---------------------------------------------------------------------


def test_friday_afternoon_to_monday_morning_is_four_hours() -> None:
    assert open_seconds(OFFICE, UTC, "2026-11-20 16:00", "2026-11-23 11:00") == 4 * HOUR


def test_that_monday_a_holiday_to_tuesday_morning_is_four_hours() -> None:
    hours = BusinessHours(True, OFFICE.weekly, frozenset({parse_day("2026-11-23")}))

    assert open_seconds(hours, UTC, "2026-11-20 16:00", "2026-11-24 11:00") == 4 * HOUR


def test_a_weekend_on_which_the_clocks_change_is_two_hours() -> None:
    assert open_seconds(OFFICE, NEW_YORK, "2026-03-06 16:00", "2026-03-09 09:00") == 2 * HOUR


# ---- edges of an interval ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        pytest.param("2026-11-20 07:00", "2026-11-20 08:00", 0, id="ends at opening"),
        pytest.param("2026-11-20 07:00", "2026-11-20 08:01", 1, id="ends after opening"),
        pytest.param("2026-11-20 08:00", "2026-11-20 17:00", 540, id="the whole interval"),
        pytest.param("2026-11-20 16:59", "2026-11-20 18:00", 1, id="starts before closing"),
        pytest.param("2026-11-20 17:00", "2026-11-20 18:00", 0, id="starts at closing"),
        pytest.param("2026-11-20 12:00", "2026-11-20 12:00", 0, id="no time at all"),
        pytest.param("2026-11-20 12:00", "2026-11-20 11:00", 0, id="ends before it starts"),
        pytest.param("2026-11-20 09:00", "2026-11-20 09:30", 30, id="inside"),
        pytest.param("2026-11-21 09:00", "2026-11-22 09:00", 0, id="a weekend"),
        pytest.param("2026-11-16 00:00", "2026-11-23 00:00", 5 * 540, id="a week"),
    ],
)
def test_open_time_overlaps(start: str, end: str, minutes: int) -> None:
    assert open_seconds(OFFICE, UTC, start, end) == minutes * MINUTE


@pytest.mark.parametrize(
    ("intervals", "start", "end", "hours"),
    [
        pytest.param([(1320, 360)], "2026-11-18 12:00", "2026-11-19 12:00", 8, id="a night"),
        pytest.param([(1320, 360)], "2026-11-19 02:00", "2026-11-19 12:00", 4, id="from inside last night"),
        pytest.param([(1320, 0)], "2026-11-18 12:00", "2026-11-19 12:00", 2, id="until 00:00"),
        pytest.param([(1320, 1440)], "2026-11-18 12:00", "2026-11-19 12:00", 2, id="until 24:00"),
        pytest.param([(0, 1440)], "2026-11-18 12:00", "2026-11-19 12:00", 24, id="round the clock"),
        pytest.param([(720, 1440), (0, 720)], "2026-11-18 00:00", "2026-11-19 00:00", 24, id="intervals that meet"),
        pytest.param([(480, 720), (780, 1020)], "2026-11-18 00:00", "2026-11-19 00:00", 8, id="a lunch break"),
    ],
)
def test_nights_and_whole_days(intervals: list[Interval], start: str, end: str, hours: int) -> None:
    assert open_seconds(every_day(*intervals), UTC, start, end) == hours * HOUR


def test_a_holiday_removes_the_intervals_that_start_on_it() -> None:
    # GIVEN nights from 22:00 to 06:00 and a holiday on the 19th
    hours = BusinessHours(True, every_day((1320, 360)).weekly, frozenset({parse_day("2026-11-19")}))

    # THEN the night that began on the 18th still ends on the holiday's morning, and the next begins on the 20th
    assert open_seconds(hours, UTC, "2026-11-18 22:00", "2026-11-19 12:00") == 8 * HOUR
    assert open_seconds(hours, UTC, "2026-11-19 12:00", "2026-11-20 22:00") == 0


def test_outside_the_prepared_days_is_closed() -> None:
    day = parse_day("2026-11-18")
    opened = OpenTime(every_day((480, 1020)), UTC, day, day)

    assert opened.between(wall_time(UTC, day + 1), wall_time(UTC, day + 2)) == 0


# ---- clocks that change --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "minute", "instant"),
    [
        pytest.param(NEW_YORK, "2026-03-08", 119, "2026-03-08T06:59:00Z", id="last minute before the gap"),
        pytest.param(NEW_YORK, "2026-03-08", 120, "2026-03-08T07:00:00Z", id="missing: the offset before"),
        pytest.param(NEW_YORK, "2026-03-08", 150, "2026-03-08T07:30:00Z", id="missing: the offset before, 02:30"),
        pytest.param(NEW_YORK, "2026-03-08", 180, "2026-03-08T07:00:00Z", id="first minute after the gap"),
        pytest.param(NEW_YORK, "2026-11-01", 60, "2026-11-01T05:00:00Z", id="ambiguous: the first"),
        pytest.param(NEW_YORK, "2026-11-01", 119, "2026-11-01T05:59:00Z", id="ambiguous: the first, 01:59"),
        pytest.param(NEW_YORK, "2026-11-01", 120, "2026-11-01T07:00:00Z", id="after the second"),
        pytest.param(ROME, "2026-03-29", 1440, "2026-03-29T22:00:00Z", id="24:00 of a short day"),
        pytest.param(ROME, "2026-10-25", 1440, "2026-10-25T23:00:00Z", id="24:00 of a long day"),
    ],
)
def test_wall_time(zone: ZoneInfo, day: str, minute: int, instant: str) -> None:
    assert format_instant(wall_time(zone, parse_day(day), minute)) == instant


@pytest.mark.parametrize(
    ("intervals", "day", "minutes"),
    [
        pytest.param([(60, 240)], "2026-03-08", 120, id="over the gap"),
        pytest.param([(60, 240)], "2026-11-01", 240, id="over the repeated hour"),
        pytest.param([(120, 150)], "2026-03-08", 30, id="inside the gap"),
        pytest.param([(150, 180)], "2026-03-08", 0, id="ends before it starts after conversion"),
        pytest.param([(150, 210)], "2026-03-08", 0, id="ends where it starts after conversion"),
        pytest.param([(150, 211)], "2026-03-08", 1, id="a minute is left after conversion"),
        pytest.param([(120, 150), (180, 240)], "2026-03-08", 60, id="the union counts"),
        pytest.param([(60, 90)], "2026-11-01", 30, id="inside the repeated hour, the first of two"),
        pytest.param([(0, 1440)], "2026-03-08", 23 * 60, id="a short day"),
        pytest.param([(0, 1440)], "2026-11-01", 25 * 60, id="a long day"),
    ],
)
def test_intervals_on_days_of_change(intervals: list[Interval], day: str, minutes: int) -> None:
    hours, start = every_day(*intervals), parse_day(day)
    weekday = (start - 1) % 7
    only_then = BusinessHours(True, tuple(hours.weekly[n] if n == weekday else () for n in range(7)))
    opened = OpenTime(only_then, NEW_YORK, start - 1, start + 1)

    assert opened.between(wall_time(NEW_YORK, start - 1), wall_time(NEW_YORK, start + 2)) == minutes * MINUTE


@pytest.mark.parametrize(
    ("intervals", "usual", "minutes"),
    [
        # After conversion the second begins inside the first.
        pytest.param([(120, 150), (190, 240)], 80, 60, id="the second ends later"),
        pytest.param([(120, 175), (185, 200)], 70, 55, id="the second ends earlier"),
        pytest.param([(120, 150), (210, 240)], 60, 60, id="they meet"),
    ],
)
def test_the_union_counts_on_a_day_among_others(intervals: list[Interval], usual: int, minutes: int) -> None:
    change = parse_day("2026-03-08")
    opened = OpenTime(every_day(*intervals), NEW_YORK, change - 2, change + 2)

    days = [
        opened.between(wall_time(NEW_YORK, Day(day)), wall_time(NEW_YORK, Day(day + 1)))
        for day in range(change - 2, change + 3)
    ]

    assert days == [usual * MINUTE, usual * MINUTE, minutes * MINUTE, usual * MINUTE, usual * MINUTE]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-07", 7), ("2026-10-31", 9), ("2026-11-14", 8)])
def test_a_night_on_which_the_clocks_change(day: str, hours: int) -> None:
    start = parse_day(day)
    opened = OpenTime(every_day((1320, 360)), NEW_YORK, start, start)

    night = opened.between(wall_time(NEW_YORK, start, 1200), wall_time(NEW_YORK, start + 1, 720))

    assert night == hours * HOUR


def test_a_night_that_begins_before_a_skipped_day_ends_after_it() -> None:
    # GIVEN nights from 22:00 to 06:00 in Samoa, where 29 December 2011 was followed by the 31st,
    # WHEN only the 31st and later are prepared, THEN its small hours are those of the night that began on the 29th
    apia, day = ZoneInfo("Pacific/Apia"), parse_day("2011-12-31")
    only_the_29th = BusinessHours(True, tuple(((1320, 360),) if n == (day - 3) % 7 else () for n in range(7)))
    opened = OpenTime(only_the_29th, apia, day, day)

    assert opened.between(wall_time(apia, day), wall_time(apia, day, 720)) == 6 * HOUR


# ---- whether they count, business days -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "counts"),
    [
        (OFFICE, True),
        (BusinessHours(False, OFFICE.weekly), False),
        (BusinessHours(True), False),
        (BusinessHours(True, ((),) * 6 + (((0, 1),),)), True),
    ],
)
def test_hours_count_when_enabled_with_an_interval_in_the_week(hours: BusinessHours, counts: bool) -> None:
    assert hours.counts is counts


@pytest.mark.parametrize(
    ("hours", "day", "is_business_day"),
    [
        pytest.param(BusinessHours(), "2026-11-20", True, id="Friday without hours"),
        pytest.param(BusinessHours(), "2026-11-21", False, id="Saturday without hours"),
        pytest.param(BusinessHours(), "2026-11-23", True, id="Monday without hours"),
        pytest.param(BusinessHours(holidays=frozenset({parse_day("2026-11-20")})), "2026-11-20", True, id="disabled"),
        pytest.param(OFFICE, "2026-11-22", False, id="Sunday"),
        pytest.param(OFFICE, "2026-11-23", True, id="Monday"),
        pytest.param(every_day((480, 1020)), "2026-11-22", True, id="open on Sundays"),
        pytest.param(
            BusinessHours(True, OFFICE.weekly, frozenset({parse_day("2026-11-20")})), "2026-11-20", False, id="holiday"
        ),
    ],
)
def test_business_days(hours: BusinessHours, day: str, is_business_day: bool) -> None:
    assert hours.is_business_day(parse_day(day)) is is_business_day


# ---- schedules that are refused ------------------------------------------------------------------------


def week(**days: list[Interval]) -> Week:
    return tuple(tuple(days.get(day, ())) for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))


@pytest.mark.parametrize(
    "weekly",
    [
        pytest.param(week(), id="nothing"),
        pytest.param(week(mon=[(480, 720), (720, 1020)]), id="intervals that meet"),
        pytest.param(week(mon=[(780, 1020), (480, 720)]), id="in any order"),
        pytest.param(week(mon=[(1320, 360)], tue=[(360, 720)]), id="a night that meets the morning"),
        pytest.param(week(sun=[(1320, 360)], mon=[(360, 720)]), id="Sunday night that meets Monday morning"),
        pytest.param(week(sun=[(1200, 1440)], mon=[(0, 60)]), id="24:00 that meets 00:00"),
        pytest.param(week(sun=[(720, 719)]), id="almost a day, alone"),
    ],
)
def test_takes_schedules(weekly: Week) -> None:
    assert list(interval_faults(weekly)) == []


@pytest.mark.parametrize(
    ("weekly", "faulty"),
    [
        pytest.param(week(mon=[(480, 480)]), [(0, 0)], id="empty"),
        pytest.param(week(mon=[(480, 721), (720, 1020)]), [(0, 1)], id="by a minute"),
        pytest.param(week(mon=[(720, 1020), (480, 721)]), [(0, 0)], id="by a minute, out of order"),
        pytest.param(week(mon=[(480, 720), (480, 720)]), [(0, 1)], id="twice the same"),
        pytest.param(week(mon=[(1320, 361)], tue=[(360, 720)]), [(1, 0)], id="a night into the morning"),
        pytest.param(week(sun=[(1320, 361)], mon=[(360, 720)]), [(0, 0)], id="Sunday night into Monday"),
        pytest.param(week(sun=[(1320, 240)], mon=[(0, 60), (120, 180)]), [(0, 0), (0, 1)], id="Sunday over two"),
        pytest.param(week(mon=[(480, 1080), (540, 600), (660, 720)]), [(0, 1), (0, 2)], id="one over two that follow"),
    ],
)
def test_refuses_schedules(weekly: Week, faulty: list[tuple[int, int]]) -> None:
    assert [(weekday, index) for weekday, index, _ in interval_faults(weekly)] == faulty


def test_says_what_is_wrong() -> None:
    faults = list(interval_faults(week(mon=[(60, 60), (480, 720), (600, 660)])))

    assert faults == [(0, 0, "The interval is empty."), (0, 2, "The interval overlaps the one before it.")]


# ---- properties ----------------------------------------------------------------------------------------

minutes = st.integers(0, 1440)
schedules = st.tuples(*[st.lists(st.tuples(minutes, minutes), max_size=2).map(tuple)] * 7)
zones = st.sampled_from([UTC, NEW_YORK, ROME, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Australia/Lord_Howe")])
START = parse_instant("2026-03-01T00:00:00Z")
seconds = st.integers(0, 45 * 24 * HOUR)


@given(schedules, zones, seconds, seconds, seconds)
def test_open_time_is_additive_and_never_more_than_elapsed(
    weekly: Week, zone: ZoneInfo, a: int, b: int, c: int
) -> None:
    opened = OpenTime(BusinessHours(True, weekly), zone, parse_day("2026-02-28"), parse_day("2026-04-16"))
    first, middle, last = sorted((START + a, START + b, START + c))

    assert 0 <= opened.between(first, last) <= last - first
    assert opened.between(first, middle) + opened.between(middle, last) == opened.between(first, last)


@given(schedules)
def test_faults_are_found_in_any_order(weekly: Week) -> None:
    turned = tuple(tuple(reversed(intervals)) for intervals in weekly)

    assert bool(list(interval_faults(weekly))) == bool(list(interval_faults(turned)))
