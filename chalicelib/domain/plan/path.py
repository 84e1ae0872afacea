"""The path to a target: the cheapest actions that reach it today, what each brings, and until when that holds
(scoring.md, Path to Healthy).

Nothing is stored: it is a function of facts, settings and moment, as the score is.
"""

from decimal import Decimal
from typing import Final, Literal, NamedTuple

from chalicelib.domain import deduction
from chalicelib.domain.business_hours import BusinessHours
from chalicelib.domain.facts import Day, Facts
from chalicelib.domain.moment import Moment
from chalicelib.domain.plan.levers import Kind
from chalicelib.domain.plan.models import Counts, DeductionModel, Model, Rules, Scored, WeightedModel, lasting
from chalicelib.domain.plan.outcomes import NotInHand, missing_sources, outcomes
from chalicelib.domain.plan.search import cheapest, effort, steps
from chalicelib.domain.rounding import rounded
from chalicelib.domain.settings import Model as ModelName
from chalicelib.domain.settings import ScoringSettings

HOLDS_DAYS: Final = 120
"""How far ahead it is looked whether a score lasts."""

Reason = Literal["insufficient_data", "out_of_reach"]


class Action(NamedTuple):
    """What to do: how many pieces, the records in order, and the points that it adds after those before it."""

    kind: Kind
    pieces: int
    refs: tuple[str, ...]
    gain: Decimal
    sentence: str


class Holds(NamedTuple):
    """The first day on which the facts alone fall short again, and the signals or factors that fall."""

    date: Day
    falls: tuple[str, ...]


class Plan(NamedTuple):
    """A path to a target. Without one, `score_after`, `effort` and `rounding` are None and there are no actions.

    `rounding` is what the gains leave of the change of the score. `holds` None: for longer than HOLDS_DAYS, or no path.
    """

    score: int | None
    target: int
    reason: Reason | None
    score_after: int | None
    best_score: int | None
    effort: int | None
    actions: tuple[Action, ...]
    rounding: Decimal | None
    holds: Holds | None
    not_in_hand: tuple[NotInHand, ...]


def default_target(model: ModelName, scoring: ScoringSettings) -> int:
    """Where a client is Healthy."""
    return scoring.green_threshold if model == "weighted" else deduction.HEALTHY_FROM


def path_to(
    target: int, name: ModelName, facts: Facts, rules: Rules, moment: Moment, hours: BusinessHours | None = None
) -> Plan:
    """The path of a scored client; `moment` has the default window, `hours` are those it was made of."""
    kept = lasting(facts, moment, rules)
    model: Model = (WeightedModel if name == "weighted" else DeductionModel)(kept, rules, moment)
    nothing = (0,) * len(model.levers)
    now = model.scored(nothing)
    if now.score is None:
        sources = missing_sources(now.points, rules)
        return Plan(
            score=None,
            target=target,
            reason="insufficient_data",
            score_after=None,
            best_score=None,
            effort=None,
            actions=(),
            rounding=None,
            holds=None,
            not_in_hand=sources,
        )
    found = cheapest(model, target)
    left = outcomes(model, kept, rules, moment)
    counts = nothing if now.score >= target else found.counts
    if counts is None:
        return Plan(
            score=now.score,
            target=target,
            reason="out_of_reach",
            score_after=None,
            best_score=found.best_score,
            effort=None,
            actions=(),
            rounding=None,
            holds=None,
            not_in_hand=left,
        )
    after = model.scored(counts)
    actions = _actions(model, counts)
    change = (after.score or 0) - now.score
    return Plan(
        score=now.score,
        target=target,
        reason=None,
        score_after=after.score,
        best_score=found.best_score,
        effort=effort(model.levers, counts),
        actions=actions,
        rounding=Decimal(change) - sum([action.gain for action in actions], Decimal("0.0")),
        holds=_holds(model, _changed(model, counts, kept), after, target, moment, hours),
        not_in_hand=left,
    )


def _actions(model: Model, counts: Counts) -> tuple[Action, ...]:
    return tuple(
        Action(
            kind=lever.kind,
            pieces=count,
            refs=lever.refs[:count],
            gain=rounded(gain, 1),
            sentence=lever.sentence(count),
        )
        for lever, count, gain in steps(model, counts)
    )


def _changed(model: Model, counts: Counts, facts: Facts) -> Facts:
    for lever, count in zip(model.levers, counts, strict=True):
        facts = lever.apply(facts, count) if count else facts
    return facts


def _holds(
    model: Model, facts: Facts, before: Scored, target: int, moment: Moment, hours: BusinessHours | None
) -> Holds | None:
    for midnight in moment.midnights(HOLDS_DAYS, hours):
        later = model.at(facts, midnight)
        if later.score is None or later.score < target:
            return Holds(midnight.today, model.falls(before, later))
    return None
