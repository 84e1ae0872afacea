"""The rows of a roster page: what lists show of each client now."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from chalicelib.domain.alerts import NEVER_EVALUATED, AlertState
from chalicelib.domain.evaluation import Evaluation
from chalicelib.domain.facts import Client, Instant
from chalicelib.domain.history import Scores, Snapshot, Stamp
from chalicelib.domain.moment import Moment
from chalicelib.domain.settings import Model, Settings
from chalicelib.domain.velocity import Velocity, baseline, deduction_velocity, weighted_velocity

SEATS_PER_PAGE = 64


def page_of(seat: int) -> int:
    """The roster page of a seat; both count from 0."""
    return seat // SEATS_PER_PAGE


def pages_for(seats: int) -> int:
    """How many roster pages hold a number of seats."""
    return -(-seats // SEATS_PER_PAGE)


class CurrentRow(NamedTuple):
    """A client as of its last evaluation; `evaluation` is None for one that is not scored, which no list shows."""

    client: Client
    as_of: Instant
    stamp: Stamp
    evaluation: Evaluation | None
    deduction_velocity: Velocity
    weighted_velocity: Velocity
    alerts: AlertState = NEVER_EVALUATED

    def score(self, model: Model) -> int | None:
        """The row's score of a model; Client Health's is that of the default period."""
        if self.evaluation is None:
            return None
        return self.evaluation.deduction().score if model == "deduction" else self.evaluation.weighted_score

    def velocity(self, model: Model) -> Velocity:
        return self.deduction_velocity if model == "deduction" else self.weighted_velocity


def stamp_of(settings: Settings, connected: Sequence[str]) -> Stamp:
    """What every result computed under settings carries."""
    scoring = settings.scoring
    return Stamp(settings.version, scoring.green_threshold, scoring.yellow_threshold, tuple(connected))


def scores_of(evaluation: Evaluation) -> Scores:
    """What history keeps of an evaluation."""
    deduction = evaluation.deduction()
    return Scores(
        deduction=deduction.score,
        weighted=evaluation.weighted_score,
        coverage=evaluation.coverage,
        factor_points=deduction.points,
        signal_points=evaluation.signal_points,
    )


def current_row(
    client: Client,
    seat: int,
    evaluation: Evaluation | None,
    moment: Moment,
    settings: Settings,
    connected: Sequence[str],
    snapshots: Iterable[Snapshot],
) -> CurrentRow:
    """A client's row of an evaluation, its velocities against the page's earlier snapshots."""
    stamp = stamp_of(settings, connected)
    if evaluation is None:
        return CurrentRow(
            client=client,
            as_of=moment.as_of,
            stamp=stamp,
            evaluation=None,
            deduction_velocity=Velocity(None),
            weighted_velocity=Velocity(None),
        )
    before = baseline(seat, snapshots, moment.today)
    return CurrentRow(
        client=client,
        as_of=moment.as_of,
        stamp=stamp,
        evaluation=evaluation,
        deduction_velocity=deduction_velocity(evaluation.deduction().score, before[0] if before else None),
        weighted_velocity=weighted_velocity(
            evaluation.weighted_score, evaluation.signal_points, connected, before, settings.scoring
        ),
    )


def adopt(evaluation: Evaluation, scores: Scores) -> Evaluation:
    """An evaluation that goes on with the weighted scores of the snapshot that stands for its date."""
    return evaluation._replace(
        signal_points=scores.signal_points, weighted_score=scores.weighted, coverage=scores.coverage
    )


class CurrentPage(NamedTuple):
    """A page's current rows by seat, and the version of the item (0: there is none yet)."""

    rows: Mapping[int, CurrentRow]
    version: int
