"""The service's own rules over a fleet of decoded facts, as its worker and its card call them."""

from typing import NamedTuple

import chalicelib.bootstrap  # noqa: F401 - the collector is set as in the service's processes
from benchmarks.engines.answers import Answers, ClientAnswer, FleetAnswer
from benchmarks.engines.tables import MOMENT, SETTINGS, Fleet
from chalicelib.domain.evaluation import evaluate
from chalicelib.domain.fleet import DayFigures, FleetSummary, day_figures, fleet_summary
from chalicelib.domain.history import Snapshot
from chalicelib.domain.moment import DEFAULT_PERIOD, PERIODS
from chalicelib.domain.peers import Peers, peers
from chalicelib.domain.roster import SEATS_PER_PAGE, CurrentRow, current_row, scores_of, stamp_of
from chalicelib.domain.settings import SOURCES
from chalicelib.domain.text import industry_key


class Computed(NamedTuple):
    """What the rules gave: rows and peers by seat, figures and summary of the fleet."""

    rows: dict[int, CurrentRow]
    peers: dict[int, Peers]
    figures: DayFigures
    summary: FleetSummary


def compute(fleet: Fleet) -> Computed:
    """Page by page as the night does it, then the end of the run, then each client among its peers."""
    stamp, pages = stamp_of(SETTINGS, SOURCES), []
    rows: dict[int, CurrentRow] = {}
    for page, baseline in enumerate(fleet.baselines):
        first = page * SEATS_PER_PAGE
        held, scores = {}, {}
        for seat, facts in enumerate(fleet.facts[first : first + SEATS_PER_PAGE], start=first):
            evaluation = evaluate(facts, SOURCES, SETTINGS.scoring, MOMENT)
            held[seat] = current_row(facts.client, seat, evaluation, MOMENT, SETTINGS, SOURCES, [baseline])
            if evaluation is not None:
                scores[seat] = scores_of(evaluation)
        rows |= held
        pages.append((Snapshot(MOMENT.today, MOMENT.as_of, stamp, scores), held))
    figures = day_figures(MOMENT.today, MOMENT.as_of, SETTINGS.version, [snapshot for snapshot, _ in pages])
    summary = fleet_summary(MOMENT.today, MOMENT.as_of, SETTINGS.version, pages)
    return Computed(rows, _peers(rows, summary), figures, summary)


def _peers(rows: dict[int, CurrentRow], summary: FleetSummary) -> dict[int, Peers]:
    weighted = summary.models["weighted"]
    found = {}
    for seat, row in rows.items():
        score, industry = row.score("weighted"), None
        key = industry_key(row.client.industry)
        if key is not None:
            held = weighted.industries.get(key)
            industry = (0, 0) if held is None else (held.n, held.total)
        found[seat] = peers(score, weighted.histogram, industry, own=score)
    return found


def answers(computed: Computed) -> Answers:
    """The same in the form in which all engines are compared."""
    weighted, deduction = computed.figures.models["weighted"], computed.figures.models["deduction"]
    by_id = {row.client.id: seat for seat, row in computed.rows.items()}
    return Answers(
        [_client(seat, row, computed.peers[seat]) for seat, row in computed.rows.items()],
        FleetAnswer._make((weighted.n, weighted.total, *weighted.bands, deduction.total, *deduction.bands)),
        [by_id[client.client_id] for client in computed.summary.models["weighted"].declining],
    )


def _client(seat: int, row: CurrentRow, among: Peers) -> ClientAnswer:
    evaluation = row.evaluation
    assert evaluation is not None
    average = among.industry_average
    revenue = evaluation.activities[list(PERIODS).index(DEFAULT_PERIOD)].revenue
    return ClientAnswer._make(
        (
            seat,
            *(evaluation.deduction(period).score for period in range(len(PERIODS))),
            sum(amount for _, amount in revenue),
            *evaluation.signal_points,
            evaluation.coverage,
            evaluation.weighted_score,
            row.deduction_velocity.points,
            row.weighted_velocity.points,
            None if average is None else int(average.scaleb(1)),
            among.percentile,
        )
    )
