"""How fast a score moves: points gained or lost against the baseline, 30 to 37 days back (scoring.md, History)."""

from collections.abc import Iterable, Sequence
from operator import and_
from typing import Final, Literal, NamedTuple

from chalicelib.domain.facts import Day
from chalicelib.domain.history import Scores, Snapshot, Stamp
from chalicelib.domain.rounding import clamp, round_half_away
from chalicelib.domain.settings import MINIMUM_COVERAGE, ScoringSettings
from chalicelib.domain.weighted import Points, combination_ratio, covered, present_signals

BASELINE_NEWEST_DAYS: Final = 30

BASELINE_OLDEST_DAYS: Final = 37


class Velocity(NamedTuple):
    """Points gained or lost against the baseline; without one, the reason."""

    points: int | None
    restated: bool = False
    reason: Literal["insufficient_history", "insufficient_data"] | None = None


NO_HISTORY: Final = Velocity(None, False, "insufficient_history")


def baseline_window(today: Day) -> tuple[Day, Day]:
    """Oldest and newest date that a baseline may have."""
    return today - BASELINE_OLDEST_DAYS, today - BASELINE_NEWEST_DAYS


def baseline(seat: int, snapshots: Iterable[Snapshot], today: Day) -> tuple[Scores, Stamp] | None:
    """A client's scores in its baseline."""
    latest = baseline_snapshot(seat, snapshots, today)
    return None if latest is None else (latest.scores[seat], latest.stamp)


def baseline_snapshot(seat: int, snapshots: Iterable[Snapshot], today: Day) -> Snapshot | None:
    """The newest snapshot of the baseline window that has the client."""
    oldest, newest = baseline_window(today)
    in_window = [s for s in snapshots if oldest <= s.date <= newest and seat in s.scores]
    return max(in_window, key=lambda snapshot: snapshot.date, default=None)


def deduction_velocity(score: int, before: Scores | None) -> Velocity:
    """The plain difference of the two scores."""
    return NO_HISTORY if before is None else Velocity(score - before.deduction)


def weighted_velocity(
    score: int | None,
    points: Points,
    sources: Sequence[str],
    before: tuple[Scores, Stamp] | None,
    settings: ScoringSettings,
) -> Velocity:
    """The difference of the two combinations under today's settings from the signals present on both sides.

    So neither new weights nor a newly connected source ever look like a decline; `restated` tells that it is not the
    difference of the two stored scores.
    """
    if before is None:
        return NO_HISTORY
    scores, stamp = before
    now, then = present_signals(points, sources), present_signals(scores.signal_points, stamp.sources)
    common = tuple(map(and_, now, then))
    if covered(common, settings) < MINIMUM_COVERAGE:
        return Velocity(None, False, "insufficient_data")
    change = round_half_away(*combination_ratio(points, common, settings)) - round_half_away(
        *combination_ratio(scores.signal_points, common, settings)
    )
    stored = None if score is None or scores.weighted is None else score - scores.weighted
    return Velocity(change, change != stored)


def projection(score: int | None, velocity: Velocity) -> int | None:
    """The score 30 days on if the trend holds; None without a score or a velocity."""
    return None if score is None or velocity.points is None else clamp(score + velocity.points)


def direction(velocity: int | None) -> Literal["up", "down", "flat"] | None:
    """Where a score moves; None without a velocity."""
    if velocity is None:
        return None
    return "up" if velocity > 0 else "down" if velocity < 0 else "flat"
