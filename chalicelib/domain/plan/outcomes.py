"""What no action of today moves: outcomes such as surveys and hours, and sources without which there is no score."""

from datetime import datetime
from typing import Final, NamedTuple

from chalicelib.domain.facts import Day, Facts
from chalicelib.domain.moment import Moment
from chalicelib.domain.plan.models import Model, Rules, Scored
from chalicelib.domain.rounding import decimal_places
from chalicelib.domain.sentences import FACTOR_LABELS, SIGNAL_LABELS, number_text
from chalicelib.domain.settings import FULL_WEIGHT, MINIMUM_COVERAGE, SIGNAL_SOURCE, SIGNALS
from chalicelib.domain.weighted import Points, billed_invoices, covered, past_due, present_signals

BEST_POINTS: Final = 100


class NotInHand(NamedTuple):
    """A signal, a factor or (without a score) a source, and the day from which time alone may change it, if known."""

    id: str
    sentence: str
    changes_on: Day | None = None


_NEEDS: Final = {
    "csat_nps_trend": "needs new responses",
    "billable_utilization": "counted again when a month ends",
    "stack_standardization": "needs a new assessment",
    "payment_health": "an overdue invoice is said to be paid on a later day",
    "contract_utilization_variance": "nothing of what is contracted is in use",
    "employee_growth": "needs a new headcount",
    "ticket_volume": "depends on the tickets that come in",
    "first_response": "depends on how fast the next tickets are answered",
    "inactivity": "needs a new ticket",
}

_LABELS: Final = {**SIGNAL_LABELS, **FACTOR_LABELS}


def outcomes(model: Model, facts: Facts, rules: Rules, moment: Moment) -> tuple[NotInHand, ...]:
    """The signals or factors that still cost points when all is done that can be."""
    most = model.scored(tuple(lever.most for lever in model.levers))
    costly = _costly_signals(most, rules) if model.names is SIGNALS else _costly_factors(model, most)
    changes = {"billable_utilization": _next_month, "payment_health": _last_payment}
    return tuple(
        NotInHand(name, f"{_LABELS[name]}: {_NEEDS[name]}.", changes[name](facts, moment) if name in changes else None)
        for name in costly
    )


def _costly_signals(most: Scored, rules: Rules) -> list[str]:
    """Those of connected sources; a missing one costs points only where it counts as 50."""
    neutral = rules.scoring.missing_signals == "neutral_50"
    return [
        signal
        for signal, points, source, weight in zip(
            SIGNALS, most.points, SIGNAL_SOURCE, rules.scoring.weights, strict=True
        )
        if weight and source in rules.connected and (neutral if points is None else points < BEST_POINTS)
    ]


def _costly_factors(model: Model, most: Scored) -> list[str]:
    return [
        factor for factor, points in zip(model.names, most.points, strict=True) if points is not None and points < 0
    ]


def _next_month(_: Facts, moment: Moment) -> Day:
    """The first day of the next local month."""
    year, month = divmod(moment.month + 1, 12)
    return Day(datetime(year, month + 1, 1, tzinfo=moment.zone).toordinal())


def _last_payment(facts: Facts, moment: Moment) -> Day | None:
    """When the last of the longest overdue invoices that nobody can collect is paid, as their records say."""
    overdue = past_due(billed_invoices(facts.invoices, moment.today), moment.today)
    waiting = [invoice for invoice in overdue if invoice.status == "PAID" and invoice.paid is not None]
    oldest = min((invoice.due for invoice in waiting), default=None)
    return max((invoice.paid or Day(0) for invoice in waiting if invoice.due == oldest), default=None)


def missing_sources(points: Points, rules: Rules) -> tuple[NotInHand, ...]:
    """The sources of signals that are missing, the heaviest first: what each would add to the coverage."""
    present = present_signals(points, rules.connected)
    weights: dict[str, int] = {}
    for source, weight, counts in zip(SIGNAL_SOURCE, rules.scoring.weights, present, strict=True):
        if weight and not counts:
            weights[source] = weights.get(source, 0) + weight
    coverage = covered(present, rules.scoring)
    needed = (
        f"at least {_percent(MINIMUM_COVERAGE)}" if rules.scoring.missing_signals == "redistribute" else "more than 0"
    )
    return tuple(
        NotInHand(
            source,
            f"{'Send records for' if source in rules.connected else 'Connect'} {source}: it brings up to "
            f"{_percent(weight)} of the weight; {_percent(coverage)} are covered, a score needs {needed}.",
        )
        for source, weight in sorted(weights.items(), key=lambda item: -item[1])
    )


def _percent(weight: int) -> str:
    """A weight in hundredths of a percent point."""
    return f"{number_text(decimal_places(weight, FULL_WEIGHT // 100, 2))}%"
