"""One client scored by both models at one moment: the facts of every number the service shows."""

from collections.abc import Sequence
from typing import NamedTuple

from chalicelib.domain import deduction, weighted
from chalicelib.domain.deduction import Activity, DeductionResult, Standing
from chalicelib.domain.facts import Facts
from chalicelib.domain.moment import DEFAULT_PERIOD, PERIODS, Moment
from chalicelib.domain.settings import TICKETS, ScoringSettings

DEFAULT_PERIOD_INDEX = list(PERIODS).index(DEFAULT_PERIOD)


class Evaluation(NamedTuple):
    """What one evaluation found: `activities` per period in the order of PERIODS, nine signal points, the weighted
    score with its coverage (hundredths of a percent point).

    The deduction results are not kept: they follow from standing and activity.
    """

    standing: Standing
    activities: tuple[Activity, ...]
    signal_points: tuple[int | None, ...]
    weighted_score: int | None
    coverage: int

    def deduction(self, period_index: int = DEFAULT_PERIOD_INDEX) -> DeductionResult:
        """The Client Health result of a period, by its place in PERIODS."""
        return deduction.score(self.activities[period_index], self.standing)


def evaluate(facts: Facts, connected: Sequence[str], settings: ScoringSettings, moment: Moment) -> Evaluation | None:
    """Both models at a moment; None for a client that is not scored then (scoring.md, Who is scored)."""
    if not facts.client.is_scored(moment.today):
        return None
    open_rows = deduction.open_ticket_rows(facts.tickets, moment.as_of, settings.ticket_open_until)
    points = tuple(reading.points for reading in weighted.readings(facts, open_rows, moment))
    combined = weighted.combine(points, connected, settings)
    return Evaluation(
        standing=deduction.standing(facts, open_rows, moment, ticket_source=TICKETS in connected),
        activities=deduction.activities(facts, moment),
        signal_points=points,
        weighted_score=combined.score,
        coverage=combined.coverage,
    )
