"""What a score was, how fast it moves and how it compares (scoring.md, History)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import and_, mul
from typing import Final, Literal, NamedTuple

from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.rounding import clamp, decimal_places, round_half_away
from chalicelib.domain.settings import MINIMUM_COVERAGE, Model, ScoringSettings
from chalicelib.domain.weighted import Points, combination_ratio, covered, present_signals

BASELINE_NEWEST_DAYS: Final = 30
BASELINE_OLDEST_DAYS: Final = 37
TREND_DAYS: Final = 90
RETENTION_DAYS: Final = 730

Trigger = Literal["nightly", "manual", "qbr_logged", "touchpoint_logged", "reconciliation_completed"]
CALCULATION_TRIGGERS: Final[tuple[Trigger, ...]] = (
    "qbr_logged",
    "touchpoint_logged",
    "reconciliation_completed",
)
"""Triggers that records set off, in their order of precedence."""


class Scores(NamedTuple):
    """One client's scores of one evaluation, as every history entry keeps them."""

    deduction: int
    weighted: int | None
    coverage: int
    factor_points: tuple[int, ...]
    signal_points: tuple[int | None, ...]

    def of(self, model: Model) -> int | None:
        return self.deduction if model == "deduction" else self.weighted


class Stamp(NamedTuple):
    """Under what a result was computed: the settings version with its thresholds, and the sources that counted."""

    settings_version: int
    green_threshold: int
    yellow_threshold: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The scores of a roster page's clients on a local date, by seat; the first write of a date stays."""

    date: Day
    as_of: Instant
    stamp: Stamp
    scores: Mapping[int, Scores]


class HistoryEntry(NamedTuple):
    """A snapshot's or a calculation's scores of one client."""

    date: Day
    as_of: Instant
    trigger: Trigger
    stamp: Stamp
    scores: Scores


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
    held = [s for s in snapshots if oldest <= s.date <= newest and seat in s.scores]
    return max(held, key=lambda snapshot: snapshot.date, default=None)


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


class MonthChange(NamedTuple):
    """Change of the fleet's mean score against the baseline date's; 0 and no date without one."""

    points: Decimal
    baseline_date: Day | None
    settings_changed: bool


def month_over_month(
    now: tuple[int, int], before: tuple[int, int], baseline_date: Day | None, settings_changed: bool
) -> MonthChange:
    """Mean now less the mean stored for the baseline date, from (count, sum) of either side, rounded once."""
    (count, total), (count_before, total_before) = now, before
    if baseline_date is None or not count or not count_before:
        return MonthChange(Decimal("0.0"), None, False)
    change = total * count_before - total_before * count
    return MonthChange(decimal_places(change, count * count_before, 1), baseline_date, settings_changed)


def mean(count: int, total: int) -> Decimal | None:
    """A mean score, one decimal; None of nothing."""
    return decimal_places(total, count, 1) if count else None


class Peers(NamedTuple):
    """How a score stands among others: means with their n, and the share of others that are strictly lower."""

    industry_average: Decimal | None
    industry_n: int
    all_average: Decimal | None
    n: int
    percentile: int | None


def peers(score: int | None, histogram: Mapping[int, int], industry: tuple[int, int] | None, own: int | None) -> Peers:
    """A client among the clients of the last fleet summary.

    `histogram` counts clients per score, `industry` is (count, sum) of the client's industry, None for a client without
    one; `own` is the client's own entry in both (None: it has none), for which its current score stands in. Without a
    score it is in no average.
    """
    counts = dict(histogram)
    if own is not None:
        counts[own] = counts.get(own, 0) - 1
    others = sum(counts.values())
    mine = 0 if score is None else 1
    total = sum(map(mul, counts, counts.values())) + (score or 0)
    industry_n, industry_total = industry if industry is not None else (0, 0)
    if own is not None and industry_n:
        industry_n, industry_total = industry_n - 1, industry_total - own
    if industry is not None:
        industry_n, industry_total = industry_n + mine, industry_total + (score or 0)
    percentile = None
    if score is not None and others:
        lower = sum([count for value, count in counts.items() if value < score])
        percentile = round_half_away(100 * lower, others)
    return Peers(mean(industry_n, industry_total), industry_n, mean(others + mine, total), others + mine, percentile)


def trend(entries: Iterable[HistoryEntry], today: Day) -> list[HistoryEntry]:
    """The 90-day trend, oldest first: one entry per local date, the last of that date; gaps stay gaps."""
    last: dict[Day, HistoryEntry] = {}
    for entry in entries:
        if today - TREND_DAYS < entry.date <= today:
            held = last.get(entry.date)
            if held is None or entry.as_of >= held.as_of:
                last[entry.date] = entry
    return [last[day] for day in sorted(last)]
