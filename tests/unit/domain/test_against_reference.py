"""Every number of both models against the reference, which was written from the rules alone: random portfolios."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

import pytest

from chalicelib.domain import weighted
from chalicelib.domain.client_health import client_health_rows, indicators
from chalicelib.domain.data_quality import flaws
from chalicelib.domain.deduction import FACTORS, open_ticket_rows, risk_indicators
from chalicelib.domain.evaluation import DEFAULT_PERIOD_INDEX, Evaluation, evaluate
from chalicelib.domain.facts import MONEY_SCALE, Facts, Instant
from chalicelib.domain.fleet import BAND_NAMES, FleetSummary, day_figures, fleet_summary
from chalicelib.domain.history import Scores, Snapshot
from chalicelib.domain.moment import PERIODS, Moment
from chalicelib.domain.peers import peers
from chalicelib.domain.roster import CurrentRow, current_row, scores_of, stamp_of
from chalicelib.domain.rounding import mean
from chalicelib.domain.sentences import factor_values
from chalicelib.domain.settings import MODELS, SIGNALS, Model, ScoringSettings, Settings
from chalicelib.domain.settings_resources import scoring_settings
from chalicelib.domain.text import industry_key
from chalicelib.domain.times import format_day
from chalicelib.domain.trend import month_over_month
from chalicelib.domain.velocity import Velocity, baseline_window, direction, projection
from chalicelib.domain.weighted import Reading, band_of, combine, contributions, exact_hundredths
from tests.reference import history as reference_history
from tests.reference import portfolio as reference_portfolio
from tests.reference.deduction import score_deduction
from tests.reference.history import baseline_snapshot
from tests.reference.inputs import rounded, rounded_integer
from tests.reference.scoring import auto_sources, resolved_primary_model, resolved_sources, score_client
from tests.unit.domain.random_portfolio import CLIENTS, Generator, Portfolio, facts_by_client, hours_of

SEEDS: Final = range(40)
Document = dict[str, Any]


@dataclass(frozen=True)
class Night:
    """A portfolio scored at an instant under settings, by both."""

    portfolio: Portfolio
    facts: Mapping[str, Facts]
    at: datetime
    document: Document

    @cached_property
    def scoring(self) -> ScoringSettings:
        return scoring_settings(self.document)

    @cached_property
    def settings(self) -> Settings:
        return Settings(self.document["version"], self.scoring, hours_of(self.portfolio))

    @cached_property
    def sources(self) -> tuple[str, ...]:
        return self.scoring.connected(auto_sources(self.portfolio.records))

    @cached_property
    def moment(self) -> Moment:
        return Moment.at(Instant(int(self.at.timestamp())), self.portfolio.zone, self.settings.business_hours)

    @cached_property
    def evaluations(self) -> dict[str, Evaluation | None]:
        return {
            client_id: evaluate(facts, self.sources, self.scoring, self.moment)
            for client_id, facts in self.facts.items()
        }

    def records_of(self, client_id: str) -> list[Document]:
        return [
            r for r in self.portfolio.records if client_id == (r["id"] if r["type"] == "client" else r["client_id"])
        ]

    @cached_property
    def expected(self) -> dict[str, Document]:
        """The reference's answer for each client."""
        return {
            client_id: score_client(
                self.records_of(client_id),
                client_id,
                self.document,
                self.portfolio.hours,
                self.portfolio.time_zone,
                self.at,
                resolved_sources(self.portfolio.records, self.document),
            )
            for client_id in self.facts
        }

    def expected_deduction(self, client_id: str, period_days: int) -> Document:
        """The reference's answer for the deduction model in a period."""
        return score_deduction(
            self.records_of(client_id),
            client_id,
            self.document,
            self.portfolio.hours,
            self.portfolio.time_zone,
            self.at,
            period_days,
            "tickets" in self.sources,
        )

    def snapshot(self, seats: Mapping[str, int]) -> Snapshot:
        """What this night leaves behind of the clients that have a seat."""
        scores: dict[int, Scores] = {}
        for client_id, seat in seats.items():
            evaluation = self.evaluations[client_id]
            if evaluation is not None:
                scores[seat] = scores_of(evaluation)
        return Snapshot(self.moment.today, self.moment.as_of, stamp_of(self.settings, self.sources), scores)


@dataclass(frozen=True)
class Case:
    now: Night
    earlier: list[Night]
    seats: Mapping[str, int]
    """Of all clients."""
    seated: list[dict[str, int]]
    """Who had a seat in each of the earlier nights."""


def case_of(seed: int) -> Case:
    generator = Generator(seed)
    portfolio = generator.portfolio()
    facts = facts_by_client(portfolio)
    seats = {client_id: 3 * place for place, client_id in enumerate(portfolio.client_ids)}
    ages = sorted(generator.random.sample([1, 28, 29, 30, 31, 33, 36, 37, 38, 39], 2))
    earlier = [
        Night(portfolio, facts, portfolio.as_of - timedelta(days=age), portfolio.earlier_settings) for age in ages
    ]
    seated = [{c: seat for c, seat in seats.items() if generator.random.random() < 0.8} for _ in earlier]
    return Case(Night(portfolio, facts, portfolio.as_of, portfolio.settings), earlier, seats, seated)


# ---- what the portfolios are worth ---------------------------------------------------------------------


def test_the_portfolios_are_a_few_hundred_clients_with_every_record_type_and_every_outcome() -> None:
    nights = [case_of(seed).now for seed in SEEDS]
    records = [record for night in nights for record in night.portfolio.records]
    evaluations = [found for night in nights for found in night.evaluations.values()]
    scored = [found for found in evaluations if found is not None]
    points = {(name, p) for found in scored for name, p in zip(FACTORS, found.deduction().points, strict=True)}
    signals = [{found.signal_points[place] for found in scored} for place in range(len(SIGNALS))]

    assert len(evaluations) == CLIENTS * len(SEEDS) == 320
    assert 200 < len(scored) < len(evaluations)
    assert len({record["type"] for record in records}) == 11
    assert {night.moment.open_time is None for night in nights} == {True, False}
    for name, tiers in {
        "ticket_volume": (0, -5, -10, -15),
        "first_response": (0, -5, -10, -20),
        "open_tickets": (0, -5, -10, -15),
        "inactivity": (0, -5, -10, -20),
        "active_contract": (0, 5),
    }.items():
        assert {p for of, p in points if of == name} == set(tiers)
    assert signals[0] >= {100, 80, 60, 40, 10}
    assert len(signals[1]) > 10
    assert signals[2] == {None, 100, 60, 20}
    assert signals[3] == {100, 70, 40, 10}
    assert signals[4] == {100, 75, 45, 15}
    assert len(signals[5]) > 10
    assert signals[6] >= {None, 100, 75, 45, 20, 0}
    assert signals[7] == {None, 100, 60, 20, 70, 30}
    assert signals[8] == {None, 100, 85, 70, 45, 20, 5}
    assert {found.weighted_score is None for found in scored} == {True, False}


# ---- one client ----------------------------------------------------------------------------------------


def check_who_is_scored(now: Night) -> None:
    for client_id, evaluation in now.evaluations.items():
        wanted = now.expected[client_id]
        assert (evaluation is not None) is wanted["scored"], client_id
        if evaluation is not None:
            result, default = evaluation.deduction(), evaluation.activities[DEFAULT_PERIOD_INDEX]
            assert result.score == wanted["deduction"]["score"], client_id
            assert list(risk_indicators(default, evaluation.standing)) == wanted["risk_indicators"], client_id


def check_the_deduction_model(now: Night, period: str) -> None:
    index = list(PERIODS).index(period)
    for client_id, evaluation in now.evaluations.items():
        if evaluation is None:
            continue
        wanted = now.expected_deduction(client_id, PERIODS[period])
        found, standing = evaluation.activities[index], evaluation.standing
        result = evaluation.deduction(index)

        assert dict(zip(FACTORS, result.points, strict=True)) == wanted["points"], client_id
        assert (result.score, result.status) == (wanted["score"], wanted["status"]), client_id
        assert list(factor_values(found, standing)) == [factor["value"] for factor in wanted["factors"]], client_id
        assert (found.tickets, found.previous_tickets) == (wanted["tickets"], wanted["previous_tickets"]), client_id
        change = {"direction": found.direction, "percent": found.percent_change}
        assert change == wanted["tickets_change"], client_id
        exact_hours = wanted["exact_first_response_hours"]
        assert bool(found.answered) is (exact_hours is not None), client_id
        if exact_hours is not None:
            assert found.response_seconds == exact_hours * 3600 * found.answered, client_id
        assert found.response_hours == wanted["average_first_response_hours"], client_id
        assert standing.open_tickets == wanted["open_tickets"], client_id
        assert standing.overdue_tickets == wanted["overdue_tickets"], client_id
        assert standing.last_activity_days == wanted["days_since_last_activity"], client_id
        revenue = {currency: Decimal(amount) / MONEY_SCALE for currency, amount in found.revenue}
        assert revenue == wanted["revenue"], client_id
        assert list(risk_indicators(found, standing)) == wanted["risk_indicators"], client_id


def comparable(signal: str, value: Any) -> Any:
    """The reference's value of a signal as the product's reading gives it."""
    if signal == "csat_nps_trend":
        return {kind.lower(): rounded_integer(held["level"]) for kind, held in value.items() if held is not None}
    if signal in ("billable_utilization", "contract_utilization_variance", "employee_growth"):
        return None if value is None else rounded(100 * value, 1)
    return value


def check_the_signals(now: Night) -> None:
    for client_id, evaluation in now.evaluations.items():
        if evaluation is None:
            continue
        facts = now.facts[client_id]
        open_rows = open_ticket_rows(facts.tickets, now.moment.as_of, now.scoring.ticket_open_until)
        found = dict(zip(SIGNALS, weighted.readings(facts, open_rows, now.moment), strict=True))

        assert tuple(reading.points for reading in found.values()) == evaluation.signal_points
        for row in now.expected[client_id]["weighted"]["signals"]:
            reading: Reading = found[row["id"]]
            assert reading.points == row["points"], (client_id, row)
            if reading.points is not None:
                assert reading.value == comparable(row["id"], row["value"]), (client_id, row)


def check_the_combination(now: Night) -> None:
    assert set(now.sources) == resolved_sources(now.portfolio.records, now.document)
    assert now.scoring.resolved_primary_model(now.sources) == resolved_primary_model(now.document, set(now.sources))
    for client_id, evaluation in now.evaluations.items():
        if evaluation is None:
            continue
        wanted = now.expected[client_id]["weighted"]
        result = combine(evaluation.signal_points, now.sources, now.scoring)

        assert result.score == evaluation.weighted_score == wanted["score"], client_id
        assert Decimal(evaluation.coverage) / 100 == wanted["coverage"], client_id
        assert result.provisional is wanted["provisional"], client_id
        assert band_of(result.score, now.scoring) == wanted["band"], client_id
        exact = None if result.exact is None else Decimal(exact_hundredths(result.exact)).scaleb(-2)
        assert exact == wanted["exact_score"], client_id
        cents = contributions(evaluation.signal_points, result, now.scoring)
        shown = [None if cent is None else Decimal(cent).scaleb(-2) for cent in cents]
        assert shown == [row["contribution"] for row in wanted["signals"]], client_id
        for row, counts in zip(wanted["signals"], result.present, strict=True):
            assert counts is (row["missing"] is None), (client_id, row)


def check_data_quality(now: Night) -> None:
    for client_id, facts in now.facts.items():
        found = [
            {"code": flaw.code, "record_type": flaw.record_type, "record_id": flaw.record_id}
            for flaw in flaws(facts, now.moment)
        ]
        key = str
        assert sorted(found, key=key) == sorted(now.expected[client_id]["data_quality"], key=key), client_id


# ---- history -------------------------------------------------------------------------------------------


def rows_of(case: Case) -> dict[str, CurrentRow]:
    snapshots = [night.snapshot(seated) for night, seated in zip(case.earlier, case.seated, strict=True)]
    return {
        client_id: current_row(
            case.now.facts[client_id].client,
            case.seats[client_id],
            evaluation,
            case.now.moment,
            case.now.settings,
            case.now.sources,
            snapshots,
        )
        for client_id, evaluation in case.now.evaluations.items()
    }


def entries_of(case: Case, client_id: str, model: str) -> list[Document]:
    """The client's history as the reference takes it."""
    return [
        {**night.expected[client_id][model], "date": format_day(night.moment.today), "trigger": "nightly"}
        for night, seated in zip(case.earlier, case.seated, strict=True)
        if client_id in seated and night.expected[client_id]["scored"]
    ]


def today_of(night: Night) -> Any:
    return night.at.astimezone(night.portfolio.zone).date()


def check_velocity_and_projection(case: Case) -> None:
    for client_id, row in rows_of(case).items():
        wanted = case.now.expected[client_id]
        if not wanted["scored"]:
            continue
        today = today_of(case.now)
        of_deduction = baseline_snapshot(entries_of(case, client_id, "deduction"), today)
        of_weighted = baseline_snapshot(entries_of(case, client_id, "weighted"), today)
        velocities = {
            "deduction": reference_history.deduction_velocity(wanted["deduction"], of_deduction),
            "weighted": reference_history.velocity(wanted["weighted"], of_weighted, case.now.document),
        }

        for model in MODELS:
            found, score = row.velocity(model), row.score(model)
            assert tuple(found) == velocities[model], (client_id, model)
            assert projection(score, found) == reference_history.projection(score, found.points), (client_id, model)
            trend = reference_history.score_trend(found.points)
            assert direction(found.points) == (trend and trend["direction"]), (client_id, model)


def check_month_over_month(case: Case) -> None:
    today, oldest_newest = today_of(case.now), baseline_window(case.now.moment.today)
    days = [
        day_figures(night.moment.today, night.moment.as_of, night.settings.version, [night.snapshot(seated)])
        for night, seated in zip(case.earlier, case.seated, strict=True)
    ]
    for model in MODELS:
        stored = {}
        for night, seated in zip(case.earlier, case.seated, strict=True):
            scores = [night.expected[c][model]["score"] for c in seated if night.expected[c]["scored"]]
            held = [score for score in scores if score is not None]
            day = format_day(night.moment.today)
            stored[day] = {"sum": sum(held), "count": len(held), "settings_version": night.document["version"]}
        for day_found in days:
            figures, held_day = day_found.models[model], stored[format_day(day_found.date)]
            assert (figures.n, figures.total) == (held_day["count"], held_day["sum"])
        results = [wanted[model] for wanted in case.now.expected.values() if wanted["scored"]]
        scores_now = [result["score"] for result in results]
        present = [score for score in scores_now if score is not None]
        wanted = reference_history.month_over_month(scores_now, stored, today, case.now.document["version"])

        candidates = [day for day in days if oldest_newest[0] <= day.date <= oldest_newest[1] and day.models[model].n]
        before = max(candidates, key=lambda day: day.date, default=None)
        change = month_over_month(
            (len(present), sum(present)),
            (before.models[model].n, before.models[model].total) if before else (0, 0),
            before.date if before else None,
            before is not None and before.settings_version != case.now.settings.version,
        )

        assert change.points == wanted["points"]
        assert (change.baseline_date and format_day(change.baseline_date)) == wanted["baseline_date"]
        assert change.settings_changed is wanted["settings_changed"]


def summary_of(night: Night, seats: Mapping[str, int], rows: Mapping[str, CurrentRow]) -> FleetSummary:
    by_seat = {seats[client_id]: row for client_id, row in rows.items() if client_id in seats}
    # On two pages, as a larger fleet is.
    snapshot = night.snapshot(seats)
    halves = [
        Snapshot(
            snapshot.date,
            snapshot.as_of,
            snapshot.stamp,
            {seat: scores for seat, scores in snapshot.scores.items() if (seat < 12) is first},
        )
        for first in (True, False)
    ]
    return fleet_summary(snapshot.date, snapshot.as_of, night.settings.version, [(half, by_seat) for half in halves])


def check_peers(case: Case) -> None:
    # GIVEN the summary of an earlier night that some clients were not yet in
    last, seated = case.earlier[0], case.seated[0]
    summary = summary_of(last, seated, rows_of(case))
    for model in MODELS:
        entries: list[Document] = [
            {
                "client_id": c,
                "industry": last.facts[c].client.industry,
                "score": last.expected[c][model]["score"] if last.expected[c]["scored"] else None,
            }
            for c in seated
        ]
        own: dict[str, int | None] = {entry["client_id"]: entry["score"] for entry in entries}
        for client_id, wanted_now in case.now.expected.items():
            if not wanted_now["scored"]:
                continue
            industry = last.facts[client_id].client.industry
            score = wanted_now[model]["score"]
            wanted = reference_history.peers(client_id, score, industry, entries)

            key = industry_key(industry)
            of_industry = None if key is None else summary.models[model].industries.get(key)
            found = peers(
                score,
                summary.models[model].histogram,
                None if key is None else (of_industry[1:] if of_industry else (0, 0)),
                own.get(client_id),
            )

            assert found.industry_average == wanted["industry"]["average"], (client_id, model)
            assert found.industry_n == wanted["industry"]["n"], (client_id, model)
            assert (found.all_average, found.n) == (wanted["all"]["average"], wanted["all"]["n"]), (client_id, model)
            assert (found.percentile, found.n) == (wanted["percentile"], wanted["n"]), (client_id, model)


# ---- the fleet -----------------------------------------------------------------------------------------


def check_the_portfolio(case: Case, model: Model) -> None:
    rows = rows_of(case)
    now = case.now
    summary = summary_of(now, case.seats, rows).models[model]
    wanted = reference_portfolio.portfolio(
        now.portfolio.records, now.document, now.portfolio.hours, now.portfolio.time_zone, now.at, model
    )

    bands = [{"band": band, "count": summary.bands.get(band, 0)} for band in BAND_NAMES[model]]
    assert bands == [{"band": band["band"], "count": band["count"]} for band in wanted["bands"]]
    assert mean(summary.n, summary.total) == wanted["average_score"]
    assert summary.bands.get("INSUFFICIENT_DATA", 0) == wanted["insufficient_data"]
    by_industry = [
        {"industry": key, "clients": held.n, "average_score": mean(held.n, held.total)}
        for key, held in summary.industries.items()
    ]
    assert by_industry == wanted["average_by_industry"]
    revenue = {place: Decimal(amount) / MONEY_SCALE for place, amount in summary.revenue.items()}
    assert revenue == wanted["revenue_by_band"]

    members = [
        {
            "client_id": client_id,
            "name": row.client.name,
            "score": now.expected[client_id][model]["score"],
            "velocity": row.velocity(model).points,
        }
        for client_id, row in rows.items()
        if now.expected[client_id]["scored"]
    ]
    declining = [
        {**held._asdict(), "projected_score": projection(held.score, Velocity(held.velocity))}
        for held in summary.declining
    ]
    assert declining == reference_history.fastest_declining(members)


def check_the_client_health_page(case: Case) -> None:
    now = case.now
    index = case.now.moment.as_of % len(PERIODS)
    wanted = reference_portfolio.fleet(
        now.portfolio.records,
        now.document,
        now.portfolio.hours,
        now.portfolio.time_zone,
        now.at,
        list(PERIODS.values())[index],
    )

    found = client_health_rows(rows_of(case).values(), index)

    shown = [(row.row.client.id, row.score, row.status, row.activity.tickets) for row in found]
    assert shown == [(row["client_id"], row["score"], row["status"], row["tickets"]) for row in wanted["clients"]]
    assert mean(len(found), sum(row.score for row in found)) == wanted["average_score"]
    panel = [
        {
            "code": indicator.code,
            "label": indicator.label,
            "count": indicator.affected,
            "clients": [{"client_id": client.id, "name": client.name} for client in indicator.clients],
        }
        for indicator in indicators(found)
    ]
    assert panel == wanted["risk_indicators"]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_is_the_references(seed: int) -> None:
    case = case_of(seed)

    check_who_is_scored(case.now)
    for period in PERIODS:
        check_the_deduction_model(case.now, period)
    check_the_signals(case.now)
    check_the_combination(case.now)
    check_data_quality(case.now)
    check_velocity_and_projection(case)
    check_month_over_month(case)
    check_peers(case)
    check_the_portfolio(case, MODELS[seed % 2])
    check_the_client_health_page(case)
