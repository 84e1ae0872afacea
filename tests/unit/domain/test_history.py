"""Velocity, projection, month over month, peers and the trend."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.history import (
    HistoryEntry,
    MonthChange,
    Peers,
    Scores,
    Stamp,
    Velocity,
    baseline,
    baseline_window,
    deduction_velocity,
    direction,
    mean,
    month_over_month,
    peers,
    projection,
    trend,
    weighted_velocity,
)
from chalicelib.domain.settings import SOURCES, ScoringSettings
from chalicelib.domain.weighted import combine
from tests.unit.domain.builders import AS_OF, DAY, STAMP, TODAY, scores, snapshot

DEFAULT = ScoringSettings()
NONE = Velocity(None, False, "insufficient_history")
TOO_LITTLE = Velocity(None, False, "insufficient_data")


# ---- baseline ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ages", "newest"),
    [
        pytest.param([], None, id="none"),
        pytest.param([29], None, id="29 days"),
        pytest.param([30], 30, id="30 days"),
        pytest.param([37], 37, id="37 days"),
        pytest.param([38], None, id="38 days"),
        pytest.param([1, 29, 38, 90], None, id="around the window"),
        pytest.param([37, 33, 35], 33, id="the newest"),
        pytest.param([29, 30, 37, 38], 30, id="the newest in the window"),
    ],
)
def test_the_baseline_is_30_to_37_days_old(ages: list[int], newest: int | None) -> None:
    held = [snapshot(TODAY - age, {4: scores(age)}) for age in ages]

    found = baseline(4, held, TODAY)

    assert found == (None if newest is None else (scores(newest), STAMP))


def test_the_baseline_is_the_newest_snapshot_that_has_the_client() -> None:
    # GIVEN a client that the night 30 days ago did not have
    held = [snapshot(TODAY - 30, {1: scores(90)}), snapshot(TODAY - 32, {1: scores(80), 2: scores(70)})]

    assert baseline(2, held, TODAY) == (scores(70), STAMP)
    assert baseline(1, held, TODAY) == (scores(90), STAMP)
    assert baseline(3, held, TODAY) is None


def test_the_baseline_window() -> None:
    assert baseline_window(TODAY) == (TODAY - 37, TODAY - 30)


# ---- velocity ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("now", "before", "points"), [(70, 85, -15), (85, 70, 15), (70, 70, 0), (0, 100, -100)])
def test_deduction_velocity_is_the_plain_difference(now: int, before: int, points: int) -> None:
    assert deduction_velocity(now, scores(before)) == Velocity(points, False, None)


def test_without_a_baseline_there_is_no_velocity() -> None:
    assert deduction_velocity(70, None) == NONE
    assert weighted_velocity(70, (70,) * 9, SOURCES, None, DEFAULT) == NONE


def held(points: Sequence[int | None], sources: Sequence[str] = SOURCES, settings: ScoringSettings = DEFAULT) -> Any:
    """What a snapshot under settings kept of points."""
    result = combine(points, sources, settings)
    stamp = Stamp(1, settings.green_threshold, settings.yellow_threshold, tuple(sources))
    return scores(100, result.score, coverage=result.coverage, signal_points=tuple(points)), stamp


def velocity(
    now: Sequence[int | None],
    before: tuple[Scores, Stamp],
    sources: Sequence[str] = SOURCES,
    settings: ScoringSettings = DEFAULT,
) -> Velocity:
    return weighted_velocity(combine(now, sources, settings).score, now, sources, before, settings)


def test_weighted_velocity_of_the_same_signals_is_the_plain_difference() -> None:
    assert velocity((60,) * 9, held((75,) * 9)) == Velocity(-15)
    assert velocity((75,) * 9, held((60,) * 9)) == Velocity(15)
    assert velocity((75,) * 9, held((75,) * 9)) == Velocity(0)


def test_a_newly_connected_source_is_no_decline() -> None:
    # GIVEN a perfect client, of whom a bad headcount now becomes known
    perfect = (100,) * 8
    before = held((*perfect, None))
    unconnected = held((*perfect, 5), SOURCES[:-1])

    # THEN the score fell and the velocity did not, which it says
    assert velocity((*perfect, 5), before) == Velocity(0, True)
    assert velocity((*perfect, 5), unconnected) == Velocity(0, True)


def test_a_source_that_is_gone_is_no_rise() -> None:
    assert velocity((100,) * 8 + (5,), held((100,) * 8 + (5,)), SOURCES[:-1]) == Velocity(0, True)


def test_new_weights_are_no_decline() -> None:
    # GIVEN points that did not change, and weights that now are all on the bad signal
    points = (100,) * 8 + (10,)
    all_on_the_last = ScoringSettings(weights=(0,) * 8 + (10_000,))

    assert velocity(points, held(points), settings=all_on_the_last) == Velocity(0, True)


def test_each_side_is_rounded() -> None:
    # 50.5 → 51 and 49.4 → 49 are 2 apart though 1.1 in fact
    weights = ScoringSettings(weights=(1000,) * 5 + (1250,) * 4)
    now, before = (50,) * 5 + (51,) * 4, (49,) * 5 + (50,) * 4
    assert velocity(now, held(before, settings=weights), settings=weights) == Velocity(51 - 50)
    now, before = (50,) * 5 + (51,) * 4, (50,) * 5 + (50, 50, 50, 51)
    assert velocity(now, held(before, settings=weights), settings=weights) == Velocity(1)


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        pytest.param(3999, TOO_LITTLE, id="39.99 in common"),
        pytest.param(4000, Velocity(-100), id="40 in common"),
    ],
)
def test_common_coverage(weight: int, expected: Velocity) -> None:
    for missing in ("redistribute", "neutral_50"):
        settings = ScoringSettings(
            weights=(weight, 10_000 - weight, *(0,) * 7),
            missing_signals="neutral_50" if missing == "neutral_50" else "redistribute",
        )
        now: tuple[int | None, ...] = (0, *(None,) * 8)
        before: tuple[int | None, ...] = (100, *(None,) * 8)

        found = velocity(now, held(before, settings=settings), settings=settings)

        if missing == "redistribute" or expected is TOO_LITTLE:
            assert found == expected
        else:
            assert found == Velocity(-40)


def test_signals_in_common_count_only() -> None:
    # GIVEN each side has enough, but of different signals
    assert velocity((70,) * 3 + (None,) * 6, held((None,) * 3 + (70,) * 6)) == TOO_LITTLE


def test_a_baseline_without_a_score_can_be_compared_and_says_so() -> None:
    # GIVEN a night that had 40 of today's weights under weights that gave it no score
    before = held((80, *(None,) * 8), settings=ScoringSettings(weights=(3000, 7000, *(0,) * 7)))
    today = ScoringSettings(weights=(5000, 5000, *(0,) * 7))
    assert before[0].weighted is None

    assert velocity((70, *(None,) * 8), before, settings=today) == Velocity(-10, True)


@pytest.mark.parametrize(
    ("score", "points", "projected"),
    [(70, -15, 55), (70, 40, 100), (10, -40, 0), (70, 0, 70), (None, -15, None), (70, None, None)],
)
def test_projection(score: int | None, points: int | None, projected: int | None) -> None:
    assert projection(score, Velocity(points)) == projected


@pytest.mark.parametrize(("points", "arrow"), [(1, "up"), (0, "flat"), (-1, "down"), (None, None)])
def test_direction(points: int | None, arrow: str | None) -> None:
    assert direction(points) == arrow


# ---- month over month, means ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "before", "points"),
    [
        pytest.param((3, 210), (2, 150), "-5.0", id="down"),
        pytest.param((2, 150), (3, 210), "5.0", id="up"),
        pytest.param((3, 100), (3, 100), "0.0", id="same"),
        pytest.param((3, 200), (7, 480), "-1.9", id="66.67 - 68.57: rounded once"),
        pytest.param((4, 201), (4, 200), "0.3", id="a quarter goes away from zero"),
        pytest.param((4, 200), (4, 201), "-0.3", id="a quarter down goes away from zero"),
    ],
)
def test_month_over_month(now: tuple[int, int], before: tuple[int, int], points: str) -> None:
    for changed in (False, True):
        found = month_over_month(now, before, TODAY - 30, changed)

        assert found == MonthChange(Decimal(points), TODAY - 30, changed)
        assert str(found.points) == points


@pytest.mark.parametrize(
    ("now", "before", "date"),
    [((0, 0), (2, 150), TODAY - 30), ((2, 150), (0, 0), TODAY - 30), ((2, 150), (0, 0), None)],
)
def test_month_over_month_of_nothing(now: tuple[int, int], before: tuple[int, int], date: int | None) -> None:
    found = month_over_month(now, before, date, True)

    assert found == MonthChange(Decimal("0.0"), None, False)


@pytest.mark.parametrize(
    ("count", "total", "expected"),
    [(0, 0, None), (1, 70, "70.0"), (3, 200, "66.7"), (4, 201, "50.3"), (20, 1001, "50.1"), (2, 0, "0.0")],
)
def test_mean(count: int, total: int, expected: str | None) -> None:
    assert str(mean(count, total)) == str(expected)


# ---- peers ---------------------------------------------------------------------------------------------

HISTOGRAM = {40: 1, 60: 2, 80: 1}
"""A fleet of 4."""


@pytest.mark.parametrize(
    ("score", "own", "expected"),
    [
        pytest.param(60, 60, Peers(None, 0, Decimal("60.0"), 4, 33), id="its own entry"),
        pytest.param(90, 60, Peers(None, 0, Decimal("67.5"), 4, 100), id="the current score stands in"),
        pytest.param(40, 40, Peers(None, 0, Decimal("60.0"), 4, 0), id="the lowest"),
        pytest.param(80, 80, Peers(None, 0, Decimal("60.0"), 4, 100), id="the highest"),
        pytest.param(60, None, Peers(None, 0, Decimal("60.0"), 5, 25), id="not in the summary"),
        pytest.param(61, None, Peers(None, 0, Decimal("60.2"), 5, 75), id="strictly lower"),
        pytest.param(0, None, Peers(None, 0, Decimal("48.0"), 5, 0), id="0 is a score"),
    ],
)
def test_peers(score: int, own: int | None, expected: Peers) -> None:
    assert peers(score, HISTOGRAM, None, own) == expected


@pytest.mark.parametrize(
    ("industry", "own", "average", "n"),
    [
        pytest.param(None, 60, None, 0, id="no industry"),
        pytest.param((2, 100), 60, "60.0", 2, id="itself in it"),
        pytest.param((1, 60), 60, "80.0", 1, id="alone"),
        pytest.param((2, 100), None, "60.0", 3, id="not in the summary"),
        pytest.param((0, 0), None, "80.0", 1, id="an industry of its own"),
        pytest.param((0, 0), 60, "80.0", 1, id="an industry since the summary"),
    ],
)
def test_peers_of_an_industry(industry: tuple[int, int] | None, own: int | None, average: str | None, n: int) -> None:
    found = peers(80, HISTOGRAM, industry, own)

    assert found is not None
    assert found.industry_average == (None if average is None else Decimal(average))
    assert found.industry_n == n


def test_peers_of_one_alone() -> None:
    assert peers(70, {}, (0, 0), None) == Peers(Decimal("70.0"), 1, Decimal("70.0"), 1, None)
    assert peers(70, {50: 1}, None, 50) == Peers(None, 0, Decimal("70.0"), 1, None)


@pytest.mark.parametrize(
    ("industry", "own", "expected"),
    [
        pytest.param(None, None, Peers(None, 0, Decimal("60.0"), 4, None), id="never scored"),
        pytest.param((2, 140), None, Peers(Decimal("70.0"), 2, Decimal("60.0"), 4, None), id="never, of an industry"),
        pytest.param((2, 140), 80, Peers(Decimal("60.0"), 1, Decimal("53.3"), 3, None), id="no longer"),
    ],
)
def test_a_client_without_a_score_is_in_no_average(
    industry: tuple[int, int] | None, own: int | None, expected: Peers
) -> None:
    assert peers(None, HISTOGRAM, industry, own) == expected


def test_a_percentile_rounds_half_away() -> None:
    assert peers(50, {0: 1, 60: 7}, None, None) == Peers(None, 0, Decimal("52.2"), 9, 13)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=9), st.data())
def test_the_current_score_stands_in_for_the_own_entry(fleet: list[int], data: st.DataObject) -> None:
    place, score = data.draw(st.integers(0, len(fleet) - 1)), data.draw(st.integers(0, 100))
    histogram = {value: fleet.count(value) for value in fleet}
    others = fleet[:place] + fleet[place + 1 :]

    found = peers(score, histogram, (len(fleet), sum(fleet)), fleet[place])

    assert found is not None
    assert found.n == found.industry_n == len(fleet)
    assert found.all_average == found.industry_average == mean(len(fleet), sum(others) + score)
    assert (found.percentile is None) is (len(fleet) == 1)
    if found.percentile is not None:
        exact = 100 * sum(other < score for other in others) / len(others)
        assert abs(found.percentile - exact) <= 0.5


# ---- trend ---------------------------------------------------------------------------------------------


def entry(age: int, second: int = 0, score: int = 70) -> HistoryEntry:
    return HistoryEntry(TODAY - age, AS_OF - age * DAY + second, "nightly", STAMP, scores(score))


def test_the_trend_is_of_90_days_and_gaps_stay_gaps() -> None:
    held = [entry(age) for age in (-1, 0, 3, 89, 90, 91)]

    assert trend(held, TODAY) == [entry(89), entry(3), entry(0)]


def test_of_a_date_the_last_entry_counts() -> None:
    first, later, last = entry(5, 0, 10), entry(5, 60, 20), entry(5, 3600, 30)

    assert trend([first, last, later], TODAY) == [last]
    assert trend([last, first, later], TODAY) == [last]
    assert trend([first, later], TODAY) == [later]


@given(st.lists(st.builds(entry, st.integers(-3, 100), st.integers(0, 9)), max_size=20))
def test_the_trend_is_in_order_whatever_the_order(entries: list[HistoryEntry]) -> None:
    found = trend(entries, TODAY)

    assert found == trend(reversed(entries), TODAY)
    assert [e.date for e in found] == sorted({e.date for e in entries if TODAY - 90 < e.date <= TODAY})
    assert all(e.as_of == max(o.as_of for o in entries if o.date == e.date) for e in found)
