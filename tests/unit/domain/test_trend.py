"""The 90-day trend, and month over month."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.facts import Day
from chalicelib.domain.history import HistoryEntry, Stamp
from chalicelib.domain.rounding import mean
from chalicelib.domain.settings import SOURCES, ScoringSettings
from chalicelib.domain.trend import MonthChange, month_over_month, trend
from chalicelib.domain.weighted import combine
from tests.unit.domain.builders import AS_OF, DAY, STAMP, TODAY, scores

DEFAULT = ScoringSettings()


def held(points: Sequence[int | None], sources: Sequence[str] = SOURCES, settings: ScoringSettings = DEFAULT) -> Any:
    """What a snapshot under settings kept of points."""
    result = combine(points, sources, settings)
    stamp = Stamp(1, settings.green_threshold, settings.yellow_threshold, tuple(sources))
    return scores(100, result.score, coverage=result.coverage, signal_points=tuple(points)), stamp


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
def test_month_over_month_of_nothing(now: tuple[int, int], before: tuple[int, int], date: Day | None) -> None:
    found = month_over_month(now, before, date, True)

    assert found == MonthChange(Decimal("0.0"), None, False)


@pytest.mark.parametrize(
    ("count", "total", "expected"),
    [(0, 0, None), (1, 70, "70.0"), (3, 200, "66.7"), (4, 201, "50.3"), (20, 1001, "50.1"), (2, 0, "0.0")],
)
def test_mean(count: int, total: int, expected: str | None) -> None:
    assert str(mean(count, total)) == str(expected)


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
