"""What other settings would make of the scores: points recombined, no fact read (api.md, Routes)."""

from collections import Counter
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.rounding import mean
from chalicelib.domain.settings import SOURCES, ScoringSettings
from chalicelib.domain.text import name_key
from chalicelib.domain.weighted import WeightedResult, band_of, combine

SAMPLE_POINTS: Final = (80, 85, 60, 70, 75, 75, 75, 100, 70)
"""The sample account: 1 open P1/P2 ticket 2 days old, CSAT/NPS 85 points, hours 12 % over budget, QBR 100 days ago,
decision-maker 45 days ago, stack 75, oldest overdue invoice 10 days, variance 5 %, headcount flat."""

SAMPLE_SOURCES: Final = SOURCES
"""The sample account has a record of every kind; an explicit list of sources still decides which count."""

LISTED: Final = 50


class Pair(NamedTuple):
    """A client's result under the settings in force and under the previewed ones."""

    client_id: str
    name: str
    before: WeightedResult
    after: WeightedResult


class Move(NamedTuple):
    """A client whose band or score the previewed settings change."""

    client_id: str
    name: str
    from_band: str
    to_band: str
    from_score: int | None
    to_score: int | None

    @property
    def distance(self) -> int:
        return abs((self.to_score or 0) - (self.from_score or 0))


class PortfolioPreview(NamedTuple):
    """What the previewed settings change in the whole portfolio; lists are whole, callers cut them."""

    bands_before: Counter[str]
    bands_after: Counter[str]
    average_before: Decimal | None
    average_after: Decimal | None
    crossing: list[Move]
    movers: list[Move]
    alerting: list[Move]


def pair_of(row: CurrentRow, seen: Collection[str], before: ScoringSettings, after: ScoringSettings) -> Pair | None:
    """A scored client's points combined under both settings; None for an unscored one."""
    if row.evaluation is None:
        return None
    points = row.evaluation.signal_points
    return Pair(
        row.client.id,
        row.client.name,
        combine(points, before.connected(seen), before),
        combine(points, after.connected(seen), after),
    )


def portfolio_preview(
    rows: Iterable[CurrentRow], seen: Collection[str], before: ScoringSettings, after: ScoringSettings
) -> PortfolioPreview:
    """Who crosses a band, who moves most, who would be below the alert threshold."""
    pairs = [pair for row in rows if (pair := pair_of(row, seen, before, after)) is not None]
    moves = [
        Move(
            client_id=pair.client_id,
            name=pair.name,
            from_band=band_of(pair.before.score, before),
            to_band=band_of(pair.after.score, after),
            from_score=pair.before.score,
            to_score=pair.after.score,
        )
        for pair in pairs
    ]
    crossing = [move for move in moves if move.from_band != move.to_band]
    movers = [m for m in moves if m.from_score != m.to_score and None not in (m.from_score, m.to_score)]
    alerting = [
        move
        for move, pair in zip(moves, pairs, strict=True)
        if pair.after.score is not None and not pair.after.provisional and pair.after.score < after.alert_threshold
    ]
    return PortfolioPreview(
        bands_before=Counter(move.from_band for move in moves),
        bands_after=Counter(move.to_band for move in moves),
        average_before=_average(move.from_score for move in moves),
        average_after=_average(move.to_score for move in moves),
        crossing=sorted(crossing, key=_worst_first),
        movers=sorted(movers, key=lambda move: (-move.distance, name_key(move.name), move.client_id)),
        alerting=sorted(alerting, key=_worst_first),
    )


def _worst_first(move: Move) -> tuple[bool, int, str, str]:
    return move.to_score is None, move.to_score or 0, name_key(move.name), move.client_id


def _average(scores: Iterable[int | None]) -> Decimal | None:
    known = [score for score in scores if score is not None]
    return mean(len(known), sum(known))
