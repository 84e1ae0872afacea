"""One client through time: its scores at many dates, in one pass over its facts.

Between two dates only what crossed a boundary changes: a ticket enters a window, falls due, is closed; a count of days
passes a tier. So each factor and signal is found for all dates at once (`tickets`, `signals`), from the few places at
which it changes, and a combination of points is scored once however often it comes. `evaluation.evaluate` stays the
definition: the walk equals it at every date.
"""

from collections.abc import Sequence

from chalicelib.domain import deduction, weighted
from chalicelib.domain.facts import Facts
from chalicelib.domain.history import Scores
from chalicelib.domain.settings import TICKETS, ScoringSettings
from chalicelib.domain.walk import signals
from chalicelib.domain.walk.dates import Dates
from chalicelib.domain.walk.tickets import ticket_columns

FACTORS = len(deduction.FACTORS)

AllPoints = tuple[int | None, ...]
"""Points of the six factors, then of the nine signals."""


class _Combinations(dict[AllPoints, Scores]):
    """The scores of points under one tenant's settings, each combination made when it is first met."""

    def __init__(self, connected: Sequence[str], settings: ScoringSettings) -> None:
        super().__init__()
        self._connected, self._settings = connected, settings

    def __missing__(self, points: AllPoints) -> Scores:
        factors = tuple(each for each in points[:FACTORS] if each is not None)
        result = weighted.combine(points[FACTORS:], self._connected, self._settings)
        scores = Scores(
            deduction=deduction.combine(factors).score,
            weighted=result.score,
            coverage=result.coverage,
            factor_points=factors,
            signal_points=points[FACTORS:],
        )
        self[points] = scores
        return scores


class Walk:
    """The dates, sources and settings that clients of one tenant are walked through."""

    def __init__(self, dates: Dates, connected: Sequence[str], settings: ScoringSettings) -> None:
        self._dates, self._connected, self._settings = dates, connected, settings
        self._scores = _Combinations(connected, settings)

    def scores(self, facts: Facts) -> list[Scores]:
        """What history keeps of a client at each date, whether or not it is served then."""
        dates = self._dates
        tickets = ticket_columns(
            facts.tickets, facts.client, self._settings, dates, ticket_source=TICKETS in self._connected
        )
        columns: tuple[Sequence[int | None], ...] = (
            tickets.volume,
            tickets.response,
            tickets.overdue,
            tickets.open,
            tickets.inactivity,
            signals.contract_bonus(facts.contracts, dates),
            tickets.urgent,
            signals.surveys(facts.surveys, dates),
            signals.billable_utilization(facts, dates),
            signals.days_since_qbr(facts, dates),
            signals.decision_maker_contact(facts, dates),
            signals.stack_standardization(facts, dates),
            signals.payment_health(facts.invoices, dates),
            signals.contract_utilization_variance(facts, dates),
            signals.employee_growth(facts, dates),
        )
        return list(map(self._scores.__getitem__, zip(*columns, strict=True)))
