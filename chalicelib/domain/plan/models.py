"""Both models as the search sees them: their levers, the counts worth trying, and the score with some levers pulled.

Counts name how many pieces of each lever are done, in table order. The scores come of the models' own functions over
changed facts; what does not depend on a lever is computed once.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache, partial
from itertools import product
from typing import Final, NamedTuple, Protocol

from chalicelib.domain import deduction, weighted
from chalicelib.domain.deduction import (
    FACTORS,
    OPEN_TIERS,
    Activity,
    Standing,
    newest_row,
    open_ticket_rows,
    overdue_rows,
)
from chalicelib.domain.facts import Facts, Tickets
from chalicelib.domain.moment import DEFAULT_PERIOD, PERIODS, SECONDS_PER_DAY, Moment
from chalicelib.domain.plan import levers
from chalicelib.domain.plan.levers import Lever
from chalicelib.domain.settings import SIGNALS, TICKETS, ScoringSettings
from chalicelib.domain.weighted import SURVEY_WINDOWS, Points, Reading

Counts = tuple[int, ...]


class Scored(NamedTuple):
    """The points of signals or factors, the score that they make, and unrounded as numerator and denominator.

    Without a score it is None and the rest means nothing.
    """

    points: Points
    score: int | None
    ratio: tuple[int, int]

    @property
    def exact(self) -> Fraction:
        return Fraction(*self.ratio)


class Rules(NamedTuple):
    """What a model is run under beside facts and moment."""

    connected: Sequence[str]
    scoring: ScoringSettings


class Model(Protocol):
    """One of the two models over the facts of a client at a moment."""

    @property
    def names(self) -> Sequence[str]:
        """Its signals or factors."""

    @property
    def levers(self) -> Sequence[Lever]:
        """In table order."""

    def combinations(self) -> Iterator[Counts]:
        """All that are worth trying: each lever's smallest counts at which points change."""

    def scored(self, counts: Counts) -> Scored:
        """With some levers pulled."""

    def at(self, facts: Facts, moment: Moment) -> Scored:
        """Any facts at any moment, under the same rules."""

    def falls(self, before: Scored, after: Scored) -> tuple[str, ...]:
        """The signals or factors that take from the score between two results."""


def lasting(facts: Facts, moment: Moment, rules: Rules) -> Facts:
    """The facts without the tickets and responses that count neither at a moment nor at any later one.

    Tickets count while they are open, in the window and the one before it, and the newest as the last activity.
    """
    tickets, as_of = facts.tickets, moment.as_of
    since = as_of - 2 * PERIODS[DEFAULT_PERIOD] * SECONDS_PER_DAY
    held = set(open_ticket_rows(tickets, as_of, rules.scoring.ticket_open_until))
    last = newest_row(tickets, as_of)
    kept = [row for row, created in enumerate(tickets.created) if created >= since or row in held or row == last]
    columns = (getattr(tickets, name) for name in Tickets.__slots__)
    surveyed = as_of - 2 * SURVEY_WINDOWS[-1] * SECONDS_PER_DAY
    return replace(
        facts,
        tickets=Tickets(*([column[row] for row in kept] for column in columns)),
        surveys=[survey for survey in facts.surveys if survey.responded >= surveyed],
    )


_CLOSE, _COLLECT, _CALL, _QBR, _TRUE_UP = range(5)

_NEEDS: Final = ("psa", "accounting", "touchpoints", "qbr", "reconciliation")
"""The source of each lever: where it is not connected, the first record would connect it and change what counts."""

Measure = Callable[[Facts, Moment, ScoringSettings], Reading]


def _open_p1_p2_tickets(facts: Facts, moment: Moment, scoring: ScoringSettings) -> Reading:
    open_rows = open_ticket_rows(facts.tickets, moment.as_of, scoring.ticket_open_until)
    return weighted.open_p1_p2_tickets(facts, open_rows, moment)


class _Moved(NamedTuple):
    """A signal that people can move today: how it is measured, and the levers that it depends on."""

    measure: Measure
    by: tuple[int, ...]


_MOVED: Final[dict[str, _Moved]] = {
    "open_p1_p2_tickets": _Moved(_open_p1_p2_tickets, (_CLOSE,)),
    "days_since_qbr": _Moved(lambda facts, moment, _: weighted.days_since_qbr(facts, moment), (_QBR,)),
    "days_since_decision_maker_contact": _Moved(
        lambda facts, moment, _: weighted.days_since_decision_maker_contact(facts, moment), (_CALL, _QBR)
    ),
    "payment_health": _Moved(lambda facts, moment, _: weighted.payment_health(facts, moment), (_COLLECT,)),
    "contract_utilization_variance": _Moved(
        lambda facts, moment, _: weighted.contract_utilization_variance(facts, moment), (_TRUE_UP,)
    ),
}


class WeightedModel:
    """`weighted`: a signal is measured once for each of the counts of its own levers."""

    names = SIGNALS

    def __init__(self, facts: Facts, rules: Rules, moment: Moment) -> None:
        self._facts, self._rules, self._moment = facts, rules, moment
        open_rows = open_ticket_rows(facts.tickets, moment.as_of, rules.scoring.ticket_open_until)
        self._points = [reading.points for reading in weighted.readings(facts, open_rows, moment)]
        self.levers: Sequence[Lever] = (
            levers.close_urgent(facts, open_rows, moment),
            levers.collect(facts, moment),
            levers.call(moment),
            levers.hold_qbr(moment),
            levers.true_up(facts, moment),
        )
        self._measured = lru_cache(maxsize=None)(self._measure)

    def combinations(self) -> Iterator[Counts]:
        return product(*map(self._steps, range(len(self.levers))))

    def scored(self, counts: Counts) -> Scored:
        points = list(self._points)
        for place, signal in enumerate(SIGNALS):
            if signal in _MOVED:
                points[place] = self._measured(signal, tuple([counts[lever] for lever in _MOVED[signal].by]))
        return self._scored(points)

    def at(self, facts: Facts, moment: Moment) -> Scored:
        open_rows = open_ticket_rows(facts.tickets, moment.as_of, self._rules.scoring.ticket_open_until)
        return self._scored([reading.points for reading in weighted.readings(facts, open_rows, moment)])

    def falls(self, before: Scored, after: Scored) -> tuple[str, ...]:
        """Those that alone would lower the exact score; where there is none any more, those that went missing too."""
        return tuple(
            signal
            for place, (signal, was, now) in enumerate(zip(SIGNALS, before.points, after.points, strict=True))
            if was != now
            and (
                self._exact([*before.points[:place], now, *before.points[place + 1 :]]) < self._exact(before.points)
                or (after.score is None and now is None)
            )
        )

    def _scored(self, points: Points) -> Scored:
        combined = weighted.combine(points, self._rules.connected, self._rules.scoring)
        return Scored(points, combined.score, combined.ratio or (0, 1))

    def _exact(self, points: Points) -> Fraction:
        present = weighted.present_signals(points, self._rules.connected)
        return weighted.exact_combination(points, present, self._rules.scoring)

    def _steps(self, place: int) -> Sequence[int]:
        """0, and the smallest count of a lever for each value of its signals' points, which never fall as it grows."""
        lever, steps = self.levers[place], [0]
        while _NEEDS[place] in self._rules.connected:
            points = partial(self._alone, place)
            following = bisect_right(range(lever.most + 1), points(steps[-1]), lo=steps[-1], key=points)
            if following > lever.most:
                break
            steps.append(following)
        return steps

    def _alone(self, place: int, count: int) -> tuple[int, ...]:
        """The points of a lever's signals with nothing else done; -1 for a missing one."""
        points = [
            self._measured(signal, tuple([count if by == place else 0 for by in moved.by]))
            for signal, moved in _MOVED.items()
            if place in moved.by
        ]
        return tuple([-1 if point is None else point for point in points])

    def _measure(self, signal: str, counts: Counts) -> int | None:
        facts, moved = self._facts, _MOVED[signal]
        for place, count in zip(moved.by, counts, strict=True):
            facts = self.levers[place].apply(facts, count) if count else facts
        return moved.measure(facts, self._moment, self._rules.scoring).points


class DeductionModel:
    """`deduction`: its points follow from a few counts, so that many overdue tickets are quickly tried."""

    names = FACTORS

    def __init__(self, facts: Facts, rules: Rules, moment: Moment) -> None:
        self._rules = rules
        tickets = facts.tickets
        open_rows = open_ticket_rows(tickets, moment.as_of, rules.scoring.ticket_open_until)
        overdue = sorted(overdue_rows(tickets, open_rows, moment.as_of), key=tickets.due.__getitem__)
        further = [row for row in open_rows if tickets.due[row] >= moment.as_of]
        self._activity, self._standing = self._seen(facts, moment)
        self.levers: Sequence[Lever] = (
            levers.close_overdue(facts, overdue, moment),
            levers.close_further(facts, further, moment),
            levers.sign_contract(moment, active=self._standing.active_contracts),
        )

    def combinations(self) -> Iterator[Counts]:
        """Every count of overdue tickets, with as many others as bring the open ones down to each tier."""
        overdue, others, contract = (lever.most for lever in self.levers)
        for closed in range(overdue + 1):
            left = self._standing.open_tickets - closed
            further = [left - most for most, _ in OPEN_TIERS if 0 < left - most <= others]
            yield from product((closed,), (0, *reversed(further)), range(contract + 1))

    def scored(self, counts: Counts) -> Scored:
        overdue, further, contract = counts
        before = self._standing
        return self._scored(
            self._activity,
            before._replace(
                open_tickets=before.open_tickets - overdue - further,
                overdue_tickets=before.overdue_tickets - overdue,
                active_contracts=before.active_contracts + contract,
            ),
        )

    def at(self, facts: Facts, moment: Moment) -> Scored:
        return self._scored(*self._seen(facts, moment))

    def falls(self, before: Scored, after: Scored) -> tuple[str, ...]:
        """Those with fewer points."""
        pairs = zip(FACTORS, before.points, after.points, strict=True)
        return tuple(factor for factor, was, now in pairs if was is not None and now is not None and now < was)

    def _seen(self, facts: Facts, moment: Moment) -> tuple[Activity, Standing]:
        open_rows = open_ticket_rows(facts.tickets, moment.as_of, self._rules.scoring.ticket_open_until)
        standing = deduction.standing(facts, open_rows, moment, ticket_source=TICKETS in self._rules.connected)
        window = list(moment.windows).index(DEFAULT_PERIOD)
        return deduction.activities(facts, moment)[window], standing

    def _scored(self, activity: Activity, standing: Standing) -> Scored:
        result = deduction.score(activity, standing)
        return Scored(result.points, result.score, (result.score, 1))
