"""GET /analytics/portfolio: the health dashboard as of the last night, whatever the size of the fleet."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

import pytest

from tests.functional.examples import client, fact, ticket
from tests.functional.service import Record, Service
from tests.functional.support import STACK, change, counting, reads, settings, standardized, weights
from tests.functional.support import night as run_night
from tests.reference import history, portfolio
from tests.reference.inputs import average, folded_industry, instant, no_business_hours
from tests.reference.scoring import resolved_sources

PATH: Final = "/v1/analytics/portfolio"
FIRST: Final = date(2026, 10, 9)
LAST: Final = date(2026, 11, 20)
CHANGED: Final = date(2026, 10, 30)
"""The night from which on other settings are in force."""
MODELS: Final = ("deduction", "weighted")

LIGHT: Final = weights(
    open_p1_p2_tickets=5,
    csat_nps_trend=20,
    billable_utilization=15,
    days_since_qbr=5,
    days_since_decision_maker_contact=5,
    stack_standardization=20,
    payment_health=20,
    contract_utilization_variance=5,
    employee_growth=5,
)
"""A client of which little is known has no score under these."""
HEAVY: Final = {**LIGHT, "csat_nps_trend": 10, "payment_health": 29.75, "days_since_qbr": 5.25}


def fleet(seed: int) -> list[Record]:
    """Nine clients of which something happens all the time."""
    random = Random(seed)
    records: list[Record] = []

    def day(first: int = -200, last: int = 42) -> str:
        return (FIRST + timedelta(random.randrange(first, last))).isoformat()

    def moment(first: int = -120, last: int = 42) -> str:
        return f"{day(first, last)}T{random.randrange(24):02d}:{random.randrange(60):02d}:00Z"

    def some(chance: float, count: int = 1) -> range:
        return range(count if random.random() < chance else 0)

    for number in range(9):
        own = f"c{number}"
        described: dict[str, Any] = {"name": random.choice(["Same", "same", f"Client {own}"])}
        if random.random() < 0.8:
            described["industry"] = random.choice([" Law", "law", "LAW ", "Dental"])
        if random.random() < 0.8:
            currency = random.choice(["EUR", "EUR", "USD"])
            described["monthly_recurring_revenue"] = {"currency": currency, "amount": f"{random.randrange(10**6)}.25"}
        if random.random() < 0.5:
            described["client_since"] = day(-300, 30)
        records.append(client(own, **described))
        for _ in some(0.9, 14):
            fields: dict[str, Any] = {"created_at": moment(), "priority": f"P{random.randrange(1, 6)}"}
            for field in ("first_response_at", "closed_at", "due_at"):
                if random.random() < 0.6:
                    fields[field] = moment()
            records.append(ticket(client_id=own, **fields))
        records += [
            fact("survey", client_id=own, score=random.randrange(1, 6), responded_at=moment()) for _ in some(0.6, 9)
        ]
        for month in some(0.6, 5):
            hours: Record = {"billable_hours": random.randrange(80, 140), "budget_hours": 100}
            records.append(fact("billable_month", client_id=own, month=f"2026-{month + 6:02d}", **hours))
        for _ in some(0.7, 3):
            invoice = {"status": "SENT", "issued_on": day(-60), "due_on": day(-60)}
            if random.random() < 0.6:
                invoice |= {"status": "PAID", "paid_on": day(-30)}
            records.append(fact("invoice", client_id=own, **invoice))
        for _ in some(0.6, 2):
            score = random.randrange(1001) / 10
            records.append(fact("assessment", client_id=own, completed_on=day(-380), standardization_score=score))
        for _ in some(0.8, 2):
            attended = random.random() < 0.5
            records.append(fact("qbr", client_id=own, held_on=day(), decision_maker_present=attended))
            records.append(fact("touchpoint", client_id=own, occurred_at=moment(), with_decision_maker=attended))
        for _ in some(0.6, 2):
            used = random.randrange(50, 150)
            records.append(fact("reconciliation", client_id=own, completed_on=day(), used_quantity=used))
            records.append(fact("headcount", client_id=own, recorded_on=day(-450), employees=used))
            records.append(fact("contract", client_id=own, start_date=day()))
    return records


def nights() -> list[date]:
    """Nights of six weeks, some of which were missed; the last one has a baseline between two gaps."""
    return [FIRST + timedelta(days) for days in (0, 1, 2, 6, 7, 8, 9, 14, 20, 21, 30, 38, 40, 41, 42)]


Results = Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]


def expected(records: Sequence[Record], in_force: Mapping[date, Mapping[str, Any]]) -> dict[date, Results]:
    """The results of every night by the reference."""
    found: dict[date, Results] = {}
    for night in nights():
        as_of, held = instant(f"{night}T02:00:00Z"), in_force[night]
        sources = resolved_sources(records, held)
        found[night] = portfolio.score_fleet(records, held, no_business_hours(), "Europe/Rome", as_of, sources)
    return found


def expected_velocities(
    by_night: Mapping[date, Results], model: str, in_force: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Each client's score and velocity of the last night."""
    found = []
    for who, result in by_night[LAST]:
        entries = [
            {"date": night.isoformat(), "trigger": "nightly", **results[model]}
            for night, held in by_night.items()
            for other, results in held
            if other["id"] == who["id"]
        ]
        before = history.baseline_snapshot(entries, LAST)
        if model == "weighted":
            velocity = history.velocity(result[model], before, in_force)[0]
        else:
            velocity = history.deduction_velocity(result[model], before)[0]
        described = {"client_id": who["id"], "name": who["name"]}
        found.append({**described, "score": result[model]["score"], "velocity": velocity})
    return found


def test_six_weeks_of_a_fleet_equal_the_reference(service: Service) -> None:
    records = fleet(8)
    service.clock.to(f"{FIRST}T00:00:00Z")
    service.take(*records)
    change(service, weights=LIGHT)
    first, in_force = settings(service), {}
    for night in nights():
        service.clock.to(f"{night}T01:00:00Z")
        if night == CHANGED:
            change(service, weights=HEAVY, green_threshold=75)
            service.drain()
        in_force[night] = first if night < CHANGED else settings(service)
        run_night(service, night.isoformat())
    by_night = expected(records, in_force)

    for model in MODELS:
        found = service.http("GET", f"{PATH}?model={model}").body
        wanted = portfolio.portfolio(
            records, in_force[LAST], no_business_hours(), "Europe/Rome", instant(f"{LAST}T02:00:00Z"), model
        )
        assert (found["model"], found["computed_at"]) == (model, f"{LAST}T02:00:00Z")
        assert [{**band, "label": None} for band in found["bands"]] == [
            {**band, "label": None, "share": float(band["share"])} for band in wanted["bands"]
        ]
        assert found["average_score"] == float(wanted["average_score"])
        assert found["insufficient_data"] == wanted["insufficient_data"]
        assert [{**row, "industry": folded_industry(row["industry"])} for row in found["average_by_industry"]] == [
            {**row, "average_score": float(row["average_score"])} for row in wanted["average_by_industry"]
        ]
        assert {
            (row["band"], row["currency"]): Decimal(row["monthly_recurring_revenue"])
            for row in found["revenue_by_band"]
        } == wanted["revenue_by_band"]
        assert found["trend"] == [expected_day(night, by_night[night], model) for night in nights()]
        assert found["average_score_change"] == expected_change(by_night, in_force, model)
        velocities = expected_velocities(by_night, model, in_force[LAST])
        assert found["fastest_declining"] == history.fastest_declining(velocities)

    # What was compared is worth comparing.
    weighted, deducted = (service.http("GET", f"{PATH}?model={model}").body for model in ("weighted", "deduction"))
    assert weighted["insufficient_data"] > 0
    assert deducted["insufficient_data"] == 0
    assert len(weighted["fastest_declining"]) > 1
    assert len(deducted["fastest_declining"]) > 1
    assert len(weighted["average_by_industry"]) == 2
    assert weighted["average_score_change"]["settings_changed"]
    assert weighted["average_score_change"]["baseline_date"] == "2026-10-18"
    assert "INSUFFICIENT_DATA" in {row["band"] for row in weighted["revenue_by_band"]}


def expected_day(night: date, results: Results, model: str) -> dict[str, Any]:
    key, names = ("status", portfolio.STATUSES) if model == "deduction" else ("band", portfolio.BANDS)
    mean = average(result[model]["score"] for _, result in results)
    return {
        "date": night.isoformat(),
        "average_score": None if mean is None else float(mean),
        "bands": {name: sum(result[model][key] == name for _, result in results) for name in names},
    }


def expected_change(
    by_night: Mapping[date, Results], in_force: Mapping[date, Mapping[str, Any]], model: str
) -> dict[str, Any]:
    stored = {}
    for night, results in by_night.items():
        scores = [result[model]["score"] for _, result in results if result[model]["score"] is not None]
        version = in_force[night]["version"]
        stored[night.isoformat()] = {"sum": sum(scores), "count": len(scores), "settings_version": version}
    now = [result[model]["score"] for _, result in by_night[LAST]]
    found = history.month_over_month(now, stored, LAST, in_force[LAST]["version"])
    return {**found, "points": float(found["points"])}


# ---- the summary ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_before_the_first_night(service: Service, model: str) -> None:
    service.take(client(), ticket())
    service.drain()
    assert service.http("GET", f"{PATH}?model={model}").body == {
        "model": model,
        "computed_at": None,
        "bands": [
            {"band": band, "label": label, "count": 0, "share": 0.0}
            for band, label in {
                "deduction": {"HEALTHY": "Healthy", "AT_RISK": "At Risk", "CRITICAL": "Critical"},
                "weighted": {"GREEN": "Healthy", "YELLOW": "Needs attention", "RED": "At risk"},
            }[model].items()
        ],
        "average_score": None,
        "average_score_change": {"points": 0.0, "baseline_date": None, "settings_changed": False},
        "insufficient_data": 0,
        "fastest_declining": [],
        "average_by_industry": [],
        "trend": [],
        "revenue_by_band": [],
    }


def test_a_night_without_clients(service: Service) -> None:
    run_night(service, "2026-11-23")
    found = service.http("GET", PATH).body
    assert (found["model"], found["average_score"]) == ("deduction", None)
    assert [band["count"] for band in found["bands"]] == [0, 0, 0]


def test_the_model_is_the_primary_one_unless_named(service: Service) -> None:
    service.take(*standardized("c1", 80))
    run_night(service, "2026-11-23")
    assert service.http("GET", PATH).body["model"] == "deduction"
    change(service, primary_model="weighted")
    assert service.http("GET", PATH).body["model"] == "weighted"
    assert service.http("GET", f"{PATH}?model=deduction").body["model"] == "deduction"
    for wrong in ("model=auto", "model=", "period=30d", "limit=5"):
        assert service.http("GET", f"{PATH}?{wrong}").status == 400


def test_it_is_as_of_the_last_night(service: Service) -> None:
    change(service, **STACK, primary_model="weighted")
    service.take(*standardized("c1", 80, monthly_recurring_revenue={"currency": "EUR", "amount": "10.5"}))
    run_night(service, "2026-11-23")
    before = service.http("GET", PATH).body
    service.take(*standardized("c2", 20))
    change(service, green_threshold=90)
    service.drain()

    assert service.http("GET", PATH).body == before
    assert before["revenue_by_band"] == [{"band": "GREEN", "currency": "EUR", "monthly_recurring_revenue": "10.50"}]
    run_night(service, "2026-11-24")
    after = service.http("GET", PATH).body
    assert (after["computed_at"], after["average_score"]) == ("2026-11-24T02:00:00Z", 50.0)
    assert [(band["band"], band["count"], band["share"]) for band in after["bands"]] == [
        ("GREEN", 0, 0.0),
        ("YELLOW", 1, 0.5),
        ("RED", 1, 0.5),
    ]
    assert [day["average_score"] for day in after["trend"]] == [80.0, 50.0]


def test_who_is_not_scored_is_in_no_figure(service: Service) -> None:
    change(service, **STACK)
    money: Record = {"monthly_recurring_revenue": {"currency": "EUR", "amount": "5"}, "industry": "Law"}
    service.take(*standardized("c1", 80), *standardized("c2", 10, status="CHURNED", **money))
    service.take(*standardized("c3", 10, archived=True, **money), *standardized("c4", 10, client_since="2027-01-01"))
    run_night(service, "2026-11-23")

    found = service.http("GET", f"{PATH}?model=weighted").body
    assert (found["average_score"], found["insufficient_data"]) == (80.0, 0)
    assert (found["average_by_industry"], found["revenue_by_band"]) == ([], [])


def test_90_days_of_trend(service: Service) -> None:
    service.clock.to("2026-08-23T12:00:00Z")
    change(service, **STACK)
    service.take(*standardized("c1", 80, completed_days_ago=200))
    for night in ("2026-08-24", "2026-08-25", "2026-08-26", "2026-10-01", "2026-11-22"):
        run_night(service, night)

    trend = service.http("GET", f"{PATH}?model=weighted").body["trend"]
    # Gaps stay gaps; of the 90 dates up to today 2026-08-25 is the first.
    assert [day["date"] for day in trend] == ["2026-08-25", "2026-08-26", "2026-10-01", "2026-11-22"]


def test_a_date_without_a_mean_is_no_baseline(service: Service) -> None:
    """Month over month takes the newest date of its window that has a mean."""
    service.clock.to("2026-10-19T12:00:00Z")
    service.take(*standardized("c1", 80, completed_days_ago=200))
    change(service, **STACK)
    run_night(service, "2026-10-20")
    change(service, sources=["psa"])
    run_night(service, "2026-10-21")
    change(service, sources="auto")
    service.take(*standardized("c1", 50, completed_days_ago=199))
    run_night(service, "2026-11-22")

    found = service.http("GET", f"{PATH}?model=weighted").body
    assert [day["average_score"] for day in found["trend"]] == [80.0, None, 50.0]
    assert found["average_score_change"] == {"points": -30.0, "baseline_date": "2026-10-20", "settings_changed": True}


def test_the_dashboard_costs_three_calls_and_few_units(service: Service) -> None:
    service.clock.to("2026-11-17T12:00:00Z")
    change(service, **STACK)
    records = []
    for number in range(12):
        described: Any = {"industry": f"Industry {number}", "name": f"A name of some length {number}"}
        described["monthly_recurring_revenue"] = {"currency": ("EUR", "USD")[number % 2], "amount": "12345.67"}
        records += standardized(f"c{number}", 8 * number, 400 if number else 300, **described)
    service.take(*records)
    for night in range(5):
        run_night(service, (datetime.fromisoformat("2026-11-18") + timedelta(night)).date().isoformat())
    for model in MODELS:
        with counting() as cost:
            assert service.http("GET", f"{PATH}?model={model}").status == 200
        assert reads(cost) == {"GetItem": 2, "Query": 1}
        assert cost.call_count == 3
        assert cost.read <= 5


def test_it_needs_reports_read(service: Service) -> None:
    assert service.http("GET", PATH, permissions=["reports.read"]).status == 200
    assert service.http("GET", PATH, permissions=["clients.read"]).status == 403
