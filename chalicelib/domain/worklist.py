"""Why a client stands where it does in a worklist: the one fact that costs its score most, and the change of a week."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from chalicelib.domain.deduction import FACTORS
from chalicelib.domain.evaluation import DEFAULT_PERIOD_INDEX, Evaluation
from chalicelib.domain.history import Scores, Stamp
from chalicelib.domain.moment import DEFAULT_PERIOD, PERIODS
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.rounding import decimal_places
from chalicelib.domain.sentences import FACTOR_LABELS, SIGNAL_LABELS, factor_sentences
from chalicelib.domain.settings import SIGNALS, Model, ScoringSettings
from chalicelib.domain.velocity import Velocity, deduction_velocity, weighted_velocity
from chalicelib.domain.weighted import (
    CONTACT_TIERS,
    PAYMENT_TIERS,
    QBR_TIERS,
    SAME_STAFF_POINTS,
    UTILIZATION_TIERS,
    Tiers,
    combine,
    whole_weight,
)


class MainCost(NamedTuple):
    """The factor or signal that costs a score most: points as a one-decimal text, and the fact as far as rows tell."""

    id: str
    label: str
    points: str
    sentence: str


def main_cost(model: Model, row: CurrentRow, scoring: ScoringSettings) -> MainCost | None:
    """What costs a client most; None where nothing costs anything, or there is no score."""
    if row.evaluation is None or row.score(model) is None:
        return None
    if model == "deduction":
        return _of_deduction(row.evaluation, row.stamp)
    return _of_weighted(row.evaluation, row.stamp, scoring)


def _of_deduction(evaluation: Evaluation, stamp: Stamp) -> MainCost | None:
    points = evaluation.deduction().points
    place = min(range(len(points)), key=points.__getitem__)
    if points[place] >= 0:
        return None
    activity = evaluation.activities[DEFAULT_PERIOD_INDEX]
    sentences = factor_sentences(activity, evaluation.standing, PERIODS[DEFAULT_PERIOD], stamp.sources)
    factor = FACTORS[place]
    return MainCost(factor, FACTOR_LABELS[factor], f"{-points[place]}.0", sentences[place])


def _of_weighted(evaluation: Evaluation, stamp: Stamp, scoring: ScoringSettings) -> MainCost | None:
    points = evaluation.signal_points
    result = combine(points, stamp.sources, scoring)
    whole = whole_weight(result.present, scoring)
    lost = [
        Fraction((100 - held) * weight, whole) if counts and held is not None else Fraction(0)
        for held, weight, counts in zip(points, scoring.weights, result.present, strict=True)
    ]
    place = max(range(len(lost)), key=lost.__getitem__)
    if not lost[place]:
        return None
    signal, cost = SIGNALS[place], decimal_places(lost[place].numerator, lost[place].denominator, 1)
    return MainCost(signal, SIGNAL_LABELS[signal], str(cost), _fact(signal, points[place] or 0))


def _fact(signal: str, points: int) -> str:
    """What the points of a signal say about the fact behind them: rows keep points, no facts."""
    if signal in _EVENTS:
        event, tiers = _EVENTS[signal]
        return f"No {event} in the last {_beyond(points, tiers)} days."
    if signal == "payment_health":
        late = _beyond(points, PAYMENT_TIERS)
        return f"An invoice is over {late} days past due." if late else "An invoice is past due."
    if signal == "billable_utilization":
        return f"Billable hours are over {_beyond(points, UTILIZATION_TIERS)}% over budget."
    if signal == "employee_growth":
        return "Their headcount is falling." if points < SAME_STAFF_POINTS else "Their headcount is not growing."
    return _SAID[signal].format(points=points)


_EVENTS: Final[dict[str, tuple[str, Tiers]]] = {
    "days_since_qbr": ("QBR", QBR_TIERS),
    "days_since_decision_maker_contact": ("contact with a decision-maker", CONTACT_TIERS),
}


def _beyond(points: int, tiers: Tiers) -> int:
    """The bound that a value of these points lies beyond."""
    return max(bound for bound, given in tiers if given > points)


_SAID: Final = {
    "open_p1_p2_tickets": "Open P1 or P2 tickets.",
    "csat_nps_trend": "Satisfaction is low or falling: {points} of 100.",
    "stack_standardization": "The stack scores {points} of 100.",
    "contract_utilization_variance": "Use is away from what is contracted.",
}


def week_change(
    model: Model, row: CurrentRow, before: tuple[Scores, Stamp] | None, sources: Sequence[str], scoring: ScoringSettings
) -> Velocity:
    """Points gained or lost since a snapshot; of the Health Score both ends under today's settings."""
    if row.evaluation is None:
        return Velocity(None)
    if model == "deduction":
        return deduction_velocity(row.evaluation.deduction().score, None if before is None else before[0])
    evaluation = row.evaluation
    return weighted_velocity(evaluation.weighted_score, evaluation.signal_points, sources, before, scoring)
