"""The baseline, velocities of both models, projection and direction."""

from collections.abc import Sequence
from typing import Any

import pytest

from chalicelib.domain.history import Scores, Stamp
from chalicelib.domain.settings import SOURCES, ScoringSettings
from chalicelib.domain.velocity import (
    Velocity,
    baseline,
    baseline_window,
    deduction_velocity,
    direction,
    projection,
    weighted_velocity,
)
from chalicelib.domain.weighted import combine
from tests.unit.domain.builders import STAMP, TODAY, scores, snapshot

DEFAULT = ScoringSettings()

NONE = Velocity(None, False, "insufficient_history")

TOO_LITTLE = Velocity(None, False, "insufficient_data")


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
