"""Hand-computed checks of the reference itself: every threshold on both sides, the brief's examples."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any

import pytest

from chalicelib.domain.time_zones import ZoneInfo
from tests.reference import history
from tests.reference.business_hours import response_hours
from tests.reference.deduction import (
    inactivity_points,
    open_points,
    response_points,
    status_of,
    tickets_change,
    volume_points,
)
from tests.reference.explanation import explain_deduction, explain_weighted
from tests.reference.inputs import (
    SIGNAL_SOURCE,
    average,
    default_settings,
    exact,
    instant,
    local_midnight,
    no_business_hours,
    rounded,
    rounded_integer,
)
from tests.reference.portfolio import fleet, portfolio, sort_table
from tests.reference.scoring import auto_sources, resolved_primary_model, resolved_sources, score_client
from tests.reference.weighted import (
    billable_utilization,
    combine,
    contract_utilization_variance,
    csat_nps_trend,
    days_since_decision_maker_contact,
    days_since_qbr,
    employee_growth,
    open_p1_p2_tickets,
    payment_health,
    stack_standardization,
)

AS_OF = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # a Sunday
TODAY = date(2026, 11, 22)
ALL_SOURCES = set(SIGNAL_SOURCE.values())
OFFICE: dict[str, Any] = {
    "enabled": True,
    "weekly": {weekday: [["08:00", "17:00"]] for weekday in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": [],
}
_ids: Iterator[int] = count()


def record(kind: str, /, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "id": f"{kind}-{next(_ids):06d}", "client_id": "c1", **fields}


def client(**fields: Any) -> dict[str, Any]:
    return {"type": "client", "id": "c1", "name": "Acme", "status": "ACTIVE", **fields}


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(**elapsed: float) -> str:
    return text(AS_OF - timedelta(**elapsed))


def days_ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def ticket(created: str, **fields: Any) -> dict[str, Any]:
    return record("ticket", **{"priority": "P3", "created_at": created, **fields})


def closed_ticket(created: str, **fields: Any) -> dict[str, Any]:
    return ticket(created, closed_at=text(instant(created) + timedelta(minutes=1)), **fields)


def score(
    *records: Mapping[str, Any],
    period_days: int = 30,
    settings: Mapping[str, Any] | None = None,
    business_hours: Mapping[str, Any] | None = None,
    time_zone: str = "UTC",
    as_of: datetime = AS_OF,
    sources: set[str] | None = None,
    **client_fields: Any,
) -> dict[str, Any]:
    return score_client(
        [client(**client_fields), *records],
        "c1",
        settings or default_settings(),
        business_hours or no_business_hours(),
        time_zone,
        as_of,
        ALL_SOURCES if sources is None else sources,
        period_days,
    )


# ---- numbers and times ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "places", "expected"),
    [("0.5", 0, "1"), ("-0.5", 0, "-1"), ("2.5", 0, "3"), ("0.049", 1, "0.0"), ("-0.04", 1, "0.0"),
     ("1.005", 2, "1.01"), ("-1.25", 1, "-1.3"), ("0.6125", 3, "0.613")],
)  # fmt: skip
def test_rounds_half_away_from_zero(number: str, places: int, expected: str) -> None:
    assert str(rounded(exact(number), places)) == expected


def test_numbers_are_the_decimals_they_are_written_as() -> None:
    assert exact(0.1) == exact("0.1") == exact(Decimal("0.1")) == Fraction(1, 10)
    assert average([70, 71, None]) == Decimal("70.5")
    assert average([]) is None


def test_instants_are_cut_to_the_second() -> None:
    assert instant("2026-03-06T16:00:00.999Z") == datetime(2026, 3, 6, 16, tzinfo=UTC)


# ---- business hours ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "created", "answered", "holidays", "expected"),
    [
        ("UTC", "2026-11-20T16:00:00Z", "2026-11-23T11:00:00Z", [], 4),
        ("UTC", "2026-11-20T16:00:00Z", "2026-11-24T11:00:00Z", ["2026-11-23"], 4),
        ("America/New_York", "2026-03-06T21:00:00Z", "2026-03-09T13:00:00Z", [], 2),
        ("UTC", "2026-11-21T16:00:00Z", "2026-11-22T11:00:00Z", [], 0),
        ("UTC", "2026-11-20T16:00:00Z", "2026-11-20T15:00:00Z", [], 0),
    ],
)
def test_business_hours(zone: str, created: str, answered: str, holidays: list[str], expected: int) -> None:
    calendar = {**OFFICE, "holidays": holidays}
    assert response_hours(instant(created), instant(answered), calendar, zone) == expected


@pytest.mark.parametrize(
    ("weekly", "holidays", "created", "answered", "expected"),
    [
        # the missing hour of 2026-03-08 in New York, the repeated one of 2026-11-01
        ({"sun": [["01:30", "03:30"]]}, [], "2026-03-08T00:00:00Z", "2026-03-09T00:00:00Z", "1"),
        ({"sun": [["02:30", "03:15"]]}, [], "2026-03-08T00:00:00Z", "2026-03-09T00:00:00Z", "0"),
        ({"sun": [["02:30", "04:00"]]}, [], "2026-03-08T00:00:00Z", "2026-03-09T00:00:00Z", "0.5"),
        ({"sun": [["02:00", "02:30"], ["03:00", "04:00"]]}, [], "2026-03-08T00:00:00Z",
         "2026-03-09T00:00:00Z", "1"),
        ({"sun": [["01:30", "02:30"]]}, [], "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", "2"),
        ({"sun": [["00:00", "24:00"]]}, [], "2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z", "25"),
        # over midnight, Friday to Saturday; only a holiday on the Friday removes it
        ({"fri": [["22:00", "06:00"]]}, [], "2026-11-20T12:00:00Z", "2026-11-22T12:00:00Z", "8"),
        ({"fri": [["22:00", "06:00"]]}, ["2026-11-21"], "2026-11-20T12:00:00Z", "2026-11-22T12:00:00Z", "8"),
        ({"fri": [["22:00", "06:00"]]}, ["2026-11-20"], "2026-11-20T12:00:00Z", "2026-11-22T12:00:00Z", "0"),
        # no interval in the week: calendar time
        ({"fri": []}, [], "2026-11-20T12:00:00Z", "2026-11-20T13:30:00Z", "1.5"),
    ],
)  # fmt: skip
def test_business_hours_at_the_edges(
    weekly: dict[str, Any], holidays: list[str], created: str, answered: str, expected: str
) -> None:
    calendar = {"enabled": True, "weekly": weekly, "holidays": holidays}
    found = response_hours(instant(created), instant(answered), calendar, "America/New_York")
    assert found == exact(expected)


def test_disabled_business_hours_are_calendar_time() -> None:
    calendar = {**OFFICE, "enabled": False}
    friday, monday = instant("2026-11-20T16:00:00Z"), instant("2026-11-23T11:00:00Z")
    assert response_hours(friday, monday, calendar, "UTC") == 67


# ---- deduction -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "before", "points", "direction", "percent"),
    [
        (0, 0, 0, "flat", "0.0"),
        (1, 0, -5, "up", None),
        (9, 0, -5, "up", None),
        (4, 4, 0, "flat", "0.0"),
        (3, 4, 0, "down", "-25.0"),
        (0, 4, 0, "down", "-100.0"),
        (5, 4, -5, "up", "25.0"),
        (126, 100, -10, "up", "26.0"),
        (6, 4, -10, "up", "50.0"),
        (151, 100, -15, "up", "51.0"),
        (4, 3, -10, "up", "33.3"),
        (10001, 10000, -5, "up", "0.0"),
    ],
)
def test_ticket_volume(now: int, before: int, points: int, direction: str, percent: str | None) -> None:
    assert volume_points(now, before) == points
    expected = None if percent is None else Decimal(percent)
    assert tickets_change(now, before) == {"direction": direction, "percent": expected}


@pytest.mark.parametrize(
    ("hours", "points"),
    [("4", 0), ("4.0001", -5), ("8", -5), ("8.0001", -10), ("24", -10), ("24.0001", -20)],
)
def test_first_response_tiers(hours: str, points: int) -> None:
    assert response_points(exact(hours)) == points


def test_open_and_inactivity_tiers() -> None:
    assert [open_points(n) for n in (2, 3, 5, 6, 10, 11)] == [0, -5, -5, -10, -10, -15]
    assert [inactivity_points(n) for n in (30, 31, 60, 61, 90, 91)] == [0, -5, -5, -10, -10, -20]
    assert inactivity_points(None) == 0
    assert [status_of(n) for n in (100, 70, 69, 40, 39, 0)] == [
        "HEALTHY", "HEALTHY", "AT_RISK", "AT_RISK", "CRITICAL", "CRITICAL",
    ]  # fmt: skip


def test_a_client_without_facts() -> None:
    found = score()["deduction"]
    assert (found["score"], found["status"]) == (100, "HEALTHY")
    assert found["days_since_last_activity"] is None
    assert found["average_first_response_hours"] is None
    assert found["tickets_change"] == {"direction": "flat", "percent": Decimal("0.0")}
    assert found["revenue"] == {}


def test_a_client_without_tickets_is_inactive_since_its_start() -> None:
    found = score(client_since=days_ago(91), sources={"tickets"})
    assert found["deduction"]["score"] == 80
    assert found["deduction"]["days_since_last_activity"] is None
    assert found["risk_indicators"] == ["no_recent_activity"]
    nothing_known = score(client_since=days_ago(91), sources={"psa"})
    assert (nothing_known["deduction"]["score"], nothing_known["risk_indicators"]) == (100, [])


def test_windows_are_half_open() -> None:
    inside, outside = ago(days=30), ago(days=30, seconds=1)
    found = score(
        closed_ticket(inside), closed_ticket(outside), closed_ticket(ago(days=60)), closed_ticket(text(AS_OF))
    )["deduction"]
    assert (found["tickets"], found["previous_tickets"]) == (1, 2)
    assert score(closed_ticket(inside), period_days=7)["deduction"]["tickets"] == 0


def test_a_hand_computed_score() -> None:
    # 3 tickets after 2 (50 % up: −10); answered after 9 h and 8 h (8.5 h: −10); 3 open (−5), 2 overdue (−10);
    # an active contract (+5): 70.
    found = score(
        closed_ticket(ago(days=31)),
        closed_ticket(ago(days=45)),
        ticket(ago(days=3), first_response_at=ago(days=3, hours=-9), due_at=ago(seconds=1)),
        ticket(ago(days=2), first_response_at=ago(days=2, hours=-8), due_at=ago(seconds=0)),
        ticket(ago(days=1), due_at=ago(hours=1)),
        record("contract", status="ACTIVE", start_date=days_ago(0), end_date=days_ago(-30)),
    )
    assert found["deduction"]["points"] == {
        "ticket_volume": -10, "first_response": -10, "overdue_tickets": -10, "open_tickets": -5,
        "inactivity": 0, "active_contract": 5,
    }  # fmt: skip
    assert found["deduction"]["score"] == 70
    assert found["deduction"]["average_first_response_hours"] == Decimal("8.50")
    assert found["deduction"]["days_since_last_activity"] == 1
    assert found["risk_indicators"] == ["overdue_tickets", "slow_response", "contract_expiring"]


def test_the_bonus_comes_before_the_one_clamp() -> None:
    contract = record("contract", status="ACTIVE", start_date="2020-01-01", end_date="9999-12-31")
    assert score(contract)["deduction"]["score"] == 100
    overdue = [ticket(ago(days=1), due_at=ago(hours=1)) for _ in range(17)]  # −85 −15 −5
    assert score(*overdue)["deduction"]["score"] == 0
    assert score(*overdue, contract)["deduction"]["score"] == 0
    assert score(*overdue[:16], contract)["deduction"]["score"] == 5


@pytest.mark.parametrize(
    ("start", "end", "status", "active", "expiring"),
    [
        (0, None, "ACTIVE", True, False),
        (-1, None, "ACTIVE", False, False),
        (9, 0, "ACTIVE", True, True),
        (9, 1, "ACTIVE", False, False),
        (9, -30, "ACTIVE", True, True),
        (9, -31, "ACTIVE", True, False),
        (9, -5, "DRAFT", False, False),
    ],
)
def test_contracts(start: int, end: int | None, status: str, active: bool, expiring: bool) -> None:
    fields = {"end_date": days_ago(end)} if end is not None else {}
    found = score(record("contract", status=status, start_date=days_ago(start), **fields), ticket(ago(days=1)))
    assert found["deduction"]["points"]["active_contract"] == (5 if active else 0)
    assert ("contract_expiring" in found["risk_indicators"]) == expiring


def test_facts_after_as_of_and_deleted_ones_do_not_count() -> None:
    answered_later = ticket(ago(hours=1), first_response_at=text(AS_OF), closed_at=text(AS_OF))
    deleted = ticket(ago(hours=1), deleted=True)
    found = score(answered_later, deleted, ticket(text(AS_OF)))["deduction"]
    assert (found["tickets"], found["open_tickets"]) == (1, 1)
    assert found["average_first_response_hours"] is None


def test_open_until_resolved_is_a_setting() -> None:
    resolved = ticket(ago(days=2), resolved_at=ago(days=1))
    assert score(resolved)["deduction"]["open_tickets"] == 1
    settings = {**default_settings(), "ticket_open_until": "resolved"}
    assert score(resolved, settings=settings)["deduction"]["open_tickets"] == 0
    closed = closed_ticket(ago(days=2))
    assert score(closed, settings=settings)["deduction"]["open_tickets"] == 0


def test_business_hours_change_the_response_time() -> None:
    slow = ticket("2026-11-13T16:00:00Z", first_response_at="2026-11-16T11:00:00Z")
    assert score(slow)["deduction"]["average_first_response_hours"] == 67
    assert score(slow, business_hours=OFFICE)["deduction"]["average_first_response_hours"] == 4


def test_revenue_is_by_local_midnight_of_issue() -> None:
    def invoice(issued_on: str, amount: str, currency: str = "EUR", status: str = "PAID") -> dict[str, Any]:
        total = {"currency": currency, "amount": amount}
        return record("invoice", status=status, issued_on=issued_on, due_on=issued_on, total=total)

    found = score(
        invoice("2026-11-22", "0.10"),
        invoice("2026-10-24", "0.20", status="PARTIAL"),  # midnight is after 2026-10-23T02:00
        invoice("2026-10-23", "1.00"),  # midnight is before it
        invoice("2026-11-01", "5.00", "USD"),
        invoice("2026-11-01", "7.00", status="SENT"),
        invoice("2026-11-23", "9.00"),
    )["deduction"]
    assert found["revenue"] == {"EUR": Decimal("0.30"), "USD": Decimal("5.00")}


def test_local_midnight_in_a_missing_hour_takes_the_offset_before() -> None:
    # Beirut 2025-03-30: 00:00 +02:00 does not exist, clocks go to 01:00 +03:00.
    missing = datetime(2025, 3, 30, tzinfo=ZoneInfo("Asia/Beirut"))
    assert missing.utcoffset() == timedelta(hours=2)
    assert missing.replace(fold=1).utcoffset() == timedelta(hours=3)
    assert local_midnight(date(2025, 3, 30), "Asia/Beirut") == datetime(2025, 3, 29, 22, tzinfo=UTC)


def test_local_dates_count_days() -> None:
    # 2026-11-22T02:00Z is still the 21st in New York; a ticket of 2026-10-22T04:30Z is of the 22nd there.
    found = score(ticket("2026-10-22T03:30:00Z"), time_zone="America/New_York")["deduction"]
    assert found["days_since_last_activity"] == 31
    found = score(ticket("2026-10-22T04:30:00Z"), time_zone="America/New_York")["deduction"]
    assert found["days_since_last_activity"] == 30


@pytest.mark.parametrize(
    ("fields", "scored"),
    [
        ({}, True),
        ({"status": "AT_RISK"}, True),
        ({"status": "INACTIVE"}, False),
        ({"status": "CHURNED"}, False),
        ({"archived": True}, False),
        ({"archived": False, "client_since": "2026-11-22"}, True),
        ({"client_since": "2026-11-23"}, False),
    ],
)
def test_who_is_scored(fields: dict[str, Any], scored: bool) -> None:
    found = score(**fields)
    assert found["scored"] == scored
    assert (found["deduction"] is not None) == scored


def test_impossible_times_are_named_and_count_as_zero_hours() -> None:
    odd = ticket(ago(days=1), first_response_at=ago(days=2), closed_at=ago(days=2))
    found = score(odd, account_manager_id="am", industry=" ", client_since="2020-01-01")
    assert found["deduction"]["average_first_response_hours"] == Decimal("0.00")
    assert found["deduction"]["open_tickets"] == 0
    assert found["data_quality"] == [
        {"code": "answered_before_creation", "record_type": "ticket", "record_id": odd["id"]},
        {"code": "closed_before_creation", "record_type": "ticket", "record_id": odd["id"]},
        {"code": "no_decision_maker_contact", "record_type": "client", "record_id": "c1"},
        {"code": "no_industry", "record_type": "client", "record_id": "c1"},
    ]


# ---- the nine signals ----------------------------------------------------------------------------------


def test_open_p1_p2_tickets() -> None:
    def points(*ages: float) -> int | None:
        tickets = [ticket(ago(hours=age), priority=("P1", "P2")[i % 2]) for i, age in enumerate(ages)]
        others = [ticket(ago(hours=999)), closed_ticket(ago(hours=999), priority="P1")]
        return open_p1_p2_tickets(tickets + others, default_settings(), AS_OF)[1]

    assert [points(), points(1), points(1, 1), points(1, 1, 1)] == [100, 80, 60, 30]
    assert [points(168), points(168.001), points(169, 169), points(*[169] * 9)] == [80, 60, 40, 10]


def surveys(kind: str, days: float, *scores: float) -> list[dict[str, Any]]:
    return [record("survey", kind=kind, score=value, responded_at=ago(days=days)) for value in scores]


@pytest.mark.parametrize(
    ("happy", "points"), [(95, 100), (94, 85), (85, 85), (84, 65), (75, 65), (74, 40), (60, 40), (59, 10)]
)
def test_csat_levels(happy: int, points: int) -> None:
    answers = [4] * happy + [3] * (100 - happy)
    assert csat_nps_trend(surveys("CSAT", 1, *answers), AS_OF)[1] == points


@pytest.mark.parametrize(
    ("promoters", "detractors", "points"),
    [(50, 0, 100), (50, 1, 85), (30, 0, 85), (30, 1, 65), (5, 5, 65), (5, 6, 40), (0, 30, 40), (0, 31, 10)],
)
def test_nps_levels(promoters: int, detractors: int, points: int) -> None:
    answers = [9] * promoters + [6] * detractors + [8] * (100 - promoters - detractors)
    assert csat_nps_trend(surveys("NPS", 1, *answers), AS_OF)[1] == points


@pytest.mark.parametrize(
    ("before", "now", "points"),
    [(65, 70, 50), (66, 70, 40), (74, 70, 40), (75, 70, 25), (84, 70, 25), (85, 70, 10), (99, 50, 0),
     (90, 95, 100)],
)  # fmt: skip
def test_csat_trend(before: int, now: int, points: int) -> None:
    answers = surveys("CSAT", 89, *([5] * now + [1] * (100 - now)))
    answers += surveys("CSAT", 91, *([5] * before + [1] * (100 - before)))
    assert csat_nps_trend(answers, AS_OF)[1] == points


@pytest.mark.parametrize(
    ("before", "now", "points"),
    [(10, 20, 75), (11, 20, 65), (29, 20, 65), (30, 20, 50), (49, 20, 50), (50, 20, 35)],
)
def test_nps_trend(before: int, now: int, points: int) -> None:
    answers = surveys("NPS", 89, *([10] * now + [7] * (100 - now)))
    answers += surveys("NPS", 91, *([10] * before + [7] * (100 - before)))
    assert csat_nps_trend(answers, AS_OF)[1] == points


def test_survey_windows() -> None:
    # two responses in 90 d, a third in 180 d; of the 180 d before, three at 100 %: 67 % is −33 pp.
    answers = surveys("CSAT", 90, 5, 1) + surveys("CSAT", 180, 5) + surveys("CSAT", 181, 5, 5, 5)
    value, points = csat_nps_trend(answers, AS_OF)
    assert value["CSAT"]["days"] == 180
    assert value["CSAT"]["change"] == Fraction(-100, 3)
    assert points == 10
    assert csat_nps_trend(surveys("CSAT", 365, 5, 5, 5), AS_OF)[1] == 100
    assert csat_nps_trend(surveys("CSAT", 365.1, 5, 5, 5), AS_OF)[1] is None
    assert csat_nps_trend(surveys("CSAT", 1, 5, 5), AS_OF)[1] is None
    # both kinds: 100 and 65, mean 82.5
    assert csat_nps_trend(surveys("CSAT", 1, 5, 5, 5) + surveys("NPS", 1, 8, 8, 8), AS_OF)[1] == 83


def test_billable_utilization() -> None:
    def points(*months: tuple[str, str, str | None]) -> int | None:
        made = [record("billable_month", month=m, billable_hours=h, budget_hours=b) for m, h, b in months]
        return billable_utilization(made, TODAY)[1]

    assert [points(("2026-10", hours, "100")) for hours in ("0", "110", "110.01", "125", "125.01")] == [
        100, 100, 60, 60, 20,
    ]  # fmt: skip
    # Σ 330 of 300; the month without a budget and those outside the three months do not count
    assert points(("2026-10", "130", "100"), ("2026-09", "200", "200"), ("2026-08", "999", None)) == 100
    assert points(("2026-11", "1", "1"), ("2026-07", "1", "1"), ("2026-08", "5", "0")) is None
    assert points(("2026-10", "100", "100"), ("2026-10", "200", "100")) == 20  # the higher id
    assert billable_utilization(
        [record("billable_month", month="2025-12", billable_hours=1, budget_hours=1)], date(2026, 2, 28)
    ) == (0, 100)


def test_days_since_qbr() -> None:
    def points(days: int) -> int | None:
        return days_since_qbr([record("qbr", held_on=days_ago(days))], None, TODAY)[1]

    assert [points(n) for n in (0, 89, 90, 120, 121, 180, 181)] == [100, 100, 70, 70, 40, 40, 10]
    assert days_since_qbr([], TODAY - timedelta(days=100), TODAY) == (100, 70)
    assert days_since_qbr([], None, TODAY) == (None, 10)


def test_days_since_decision_maker_contact() -> None:
    def points(days: int) -> int | None:
        return days_since_decision_maker_contact([TODAY - timedelta(days=days)], None, TODAY)[1]

    assert [points(n) for n in (30, 31, 60, 61, 90, 91)] == [100, 75, 75, 45, 45, 15]
    assert days_since_decision_maker_contact([], None, TODAY) == (None, 15)


def test_decision_makers_are_met_in_touchpoints_and_qbrs() -> None:
    def value(*records: Mapping[str, Any]) -> tuple[Any, Any]:
        rows = {row["id"]: row for row in score(*records)["weighted"]["signals"]}
        return rows["days_since_decision_maker_contact"]["value"], rows["days_since_qbr"]["value"]

    qbr = {"held_on": days_ago(40), "status": "COMPLETED"}
    touch = {"occurred_at": ago(days=20), "kind": "CALL"}
    assert value(record("qbr", **qbr), record("touchpoint", **touch, with_decision_maker=False)) == (None, 40)
    assert value(record("qbr", **qbr, decision_maker_present=True)) == (40, 40)
    assert value(
        record("qbr", **qbr, decision_maker_present=True),
        record("touchpoint", **touch, with_decision_maker=True),
    ) == (20, 40)
    scheduled = {"held_on": days_ago(1), "status": "SCHEDULED", "decision_maker_present": True}
    tomorrow = {"held_on": days_ago(-1), "status": "COMPLETED", "decision_maker_present": True}
    assert value(record("qbr", **scheduled), record("qbr", **tomorrow)) == (None, None)


def test_stack_standardization() -> None:
    def assessed(days: int, value: str) -> dict[str, Any]:
        return record("assessment", completed_on=days_ago(days), standardization_score=value)

    assert stack_standardization([assessed(365, "74.5")], TODAY)[1] == 75
    assert stack_standardization([assessed(366, "75")], TODAY)[1] is None
    assert stack_standardization([assessed(9, "10"), assessed(5, "20"), assessed(5, "30")], TODAY)[1] == 30
    stale = score(assessed(366, "75"))
    assert "stale_assessment" in [finding["code"] for finding in stale["data_quality"]]


def test_payment_health() -> None:
    def invoice(status: str, due: int, paid_on: str | None = None, total: str = "10", **owed: str) -> dict[str, Any]:
        money = {"currency": "EUR", "amount": total}
        return record(
            "invoice", status=status, issued_on="2026-01-01", due_on=days_ago(due), paid_on=paid_on, total=money, **owed
        )

    def points(*invoices: dict[str, Any]) -> int | None:
        return payment_health(invoices, TODAY)[1]

    assert [points(invoice("SENT", due)) for due in (-5, 0, 1, 30, 31, 60, 61, 90, 91)] == [
        100, 100, 75, 75, 45, 45, 20, 20, 0,
    ]  # fmt: skip
    assert points(invoice("PARTIAL", 31), invoice("SENT", 5)) == 45
    assert points(invoice("PAID", 99)) == 100
    assert points(invoice("PAID", 99, days_ago(0))) == 100
    assert points(invoice("PAID", 99, days_ago(-1))) == 0
    assert [points(invoice("SENT", 99, balance=owed)) for owed in ("0", "0.00", "0.01", "10")] == [100, 100, 0, 0]
    assert points(invoice("SENT", 99, total="0.00"), invoice("PAID", 99, days_ago(-1), total="0")) == 100
    assert points(invoice("DRAFT", 99), invoice("VOID", 99), invoice("DISPUTED", 99)) is None


def test_contract_utilization_variance() -> None:
    def points(used: str, contracted: str = "100") -> int | None:
        made = record("reconciliation", completed_on="2026-01-01", contracted_quantity=contracted, used_quantity=used)
        return contract_utilization_variance([made])[1]

    used = ("66.99", "67", "89.99", "90", "110", "110.01", "125", "125.01")
    assert [points(n) for n in used] == [30, 70, 70, 100, 100, 60, 60, 20]
    assert points("5", "0") is None
    assert contract_utilization_variance([]) == (None, None)


@pytest.mark.parametrize(
    ("before", "now", "points"),
    [
        (10, 11, 70), (2, 1, 70), (100, 110, 100), (1000, 1099, 85), (100, 102, 85), (1000, 1019, 70),
        (1000, 981, 70), (100, 98, 45), (1000, 901, 45), (100, 90, 20), (1000, 751, 20), (100, 75, 5),
        (0, 5, None),
    ],
)  # fmt: skip
def test_employee_growth(before: int, now: int, points: int | None) -> None:
    pair = [
        record("headcount", recorded_on=days_ago(365), employees=before),
        record("headcount", recorded_on=days_ago(0), employees=now),
    ]
    assert employee_growth(pair, TODAY)[1] == points


def test_employee_growth_chooses_its_base() -> None:
    def value(*counts: tuple[int, int]) -> Any:
        made = [record("headcount", recorded_on=days_ago(on), employees=n) for on, n in counts]
        return employee_growth(made, TODAY)[0]

    assert value((0, 150), (300, 120), (365, 100), (366, 50)) == Fraction(1, 2)  # newest ≥ 365 d older
    assert value((0, 150), (89, 10), (90, 120), (364, 100)) == Fraction(1, 2)  # oldest ≥ 90 d older
    assert value((0, 150), (89, 10)) is None
    assert value((400, 150), (800, 100)) == Fraction(1, 2)
    assert value((401, 150), (800, 100)) is None


# ---- combination ---------------------------------------------------------------------------------------

SAMPLE = dict(zip(SIGNAL_SOURCE, (80, 85, 60, 70, 75, 75, 75, 100, 70), strict=True))


def with_settings(**changes: Any) -> dict[str, Any]:
    return {**default_settings(), **changes}


def test_the_sample_account_of_the_preview() -> None:
    found = combine(SAMPLE, ALL_SOURCES, default_settings())
    assert (found["score"], found["exact_score"], found["band"]) == (76, Decimal("75.75"), "GREEN")
    assert (found["coverage"], found["provisional"]) == (100, False)
    assert [str(share) for share in found["contributions"].values()] == [
        "16.00", "12.75", "9.00", "7.00", "7.50", "7.50", "7.50", "5.00", "3.50",
    ]  # fmt: skip


def test_missing_weight_is_redistributed_or_counts_as_50() -> None:
    points = {**SAMPLE, "csat_nps_trend": None, "employee_growth": None}
    # 7575 − 1275 − 350 = 5950 over 80 = 74.375
    spread = combine(points, ALL_SOURCES, default_settings())
    assert (spread["score"], spread["exact_score"], spread["coverage"]) == (74, Decimal("74.37"), 80)
    assert sum(spread["contributions"].values()) == Decimal("74.37")
    assert spread["contributions"]["csat_nps_trend"] == 0
    assert spread["contributions"]["open_p1_p2_tickets"] == Decimal("20.00")
    # 59.50 + 50 × 0.20 = 69.50
    neutral = combine(points, ALL_SOURCES, with_settings(missing_signals="neutral_50"))
    assert (neutral["score"], neutral["exact_score"], neutral["band"]) == (70, Decimal("69.50"), "GREEN")
    assert neutral["contributions"]["csat_nps_trend"] == Decimal("7.50")
    assert neutral["coverage"] == 80


def test_largest_remainder_prefers_table_order() -> None:
    # psa alone: three signals of weight 20 and 1 point, a third of a point each, 1.00 in all
    points = dict.fromkeys(SIGNAL_SOURCE, 1)
    settings = with_settings(weights={**dict.fromkeys(SIGNAL_SOURCE, 20), "days_since_qbr": 0} | {
        "stack_standardization": 0, "payment_health": 0, "contract_utilization_variance": 0,
        "employee_growth": 20})  # fmt: skip
    found = combine(points, {"psa"}, settings)
    assert [str(found["contributions"][s]) for s in list(SIGNAL_SOURCE)[:3]] == ["0.34", "0.33", "0.33"]


def test_coverage_decides_whether_there_is_a_score() -> None:
    psa = combine(SAMPLE, {"psa"}, default_settings())  # 50
    assert (psa["score"], psa["provisional"]) == (76, True)  # 3775 / 50 = 75.5
    points = {**SAMPLE, "billable_utilization": None}
    assert combine(points, {"psa"}, default_settings())["score"] is None  # 35
    assert combine(points, {"psa", "headcount"}, default_settings())["score"] is not None  # 40
    nothing = combine(points, set(), with_settings(missing_signals="neutral_50"))
    assert (nothing["score"], nothing["band"], nothing["provisional"]) == (None, "INSUFFICIENT_DATA", False)
    assert set(nothing["contributions"].values()) == {None}
    little = combine(points, {"headcount"}, with_settings(missing_signals="neutral_50"))
    assert (little["score"], little["provisional"]) == (51, True)
    seventy = {"psa", "qbr", "touchpoints"}
    assert combine(SAMPLE, seventy, default_settings())["provisional"] is False
    assert combine({**SAMPLE, "days_since_qbr": None}, seventy, default_settings())["provisional"] is True


@pytest.mark.parametrize(("points", "band"), [(70, "GREEN"), (69, "YELLOW"), (40, "YELLOW"), (39, "RED")])
def test_bands(points: int, band: str) -> None:
    same = dict.fromkeys(SIGNAL_SOURCE, points)
    assert combine(same, ALL_SOURCES, default_settings())["band"] == band


def test_bands_use_the_rounded_score() -> None:
    found = combine({**dict.fromkeys(SIGNAL_SOURCE, 69), "days_since_qbr": 74}, ALL_SOURCES, default_settings())
    assert (found["exact_score"], found["score"], found["band"]) == (Decimal("69.50"), 70, "GREEN")


def test_a_client_without_facts_in_the_weighted_model() -> None:
    found = score(sources={"psa", "qbr"})["weighted"]
    rows = {row["id"]: row for row in found["signals"]}
    assert rows["open_p1_p2_tickets"]["missing"] is None
    assert rows["csat_nps_trend"]["missing"] == "no_data"
    assert rows["days_since_decision_maker_contact"]["missing"] == "not_connected"
    assert rows["days_since_decision_maker_contact"]["points"] == 15
    assert (found["score"], found["coverage"], found["band"]) == (None, 30, "INSUFFICIENT_DATA")


def test_sources() -> None:
    records = [
        client(),
        record("invoice", deleted=True),
        record("touchpoint", occurred_at="2099-01-01T00:00:00Z"),
        record("contract"),
    ]
    assert auto_sources(records) == {"accounting", "touchpoints"}
    assert resolved_sources(records, with_settings(sources=["psa"])) == {"psa"}
    assert resolved_primary_model(default_settings(), {"psa", "qbr", "accounting"}) == "weighted"
    assert resolved_primary_model(default_settings(), {"psa", "qbr", "headcount"}) == "deduction"
    assert resolved_primary_model(with_settings(primary_model="weighted"), set()) == "weighted"


# ---- history -------------------------------------------------------------------------------------------


def result(points: Mapping[str, int | None], sources: set[str], settings: Mapping[str, Any]) -> dict[str, Any]:
    return {**combine(points, sources, settings), "points": dict(points), "sources": sorted(sources)}


def all_points(value: int, **changes: int | None) -> dict[str, int | None]:
    return {**dict.fromkeys(SIGNAL_SOURCE, value), **changes}


def test_the_projection_of_the_brief() -> None:
    settings = default_settings()
    now, then = (result(all_points(value), ALL_SOURCES, settings) for value in (65, 75))
    assert history.velocity(now, then, settings) == (-10, False, None)
    assert history.projection(65, -10) == 55
    assert (history.projection(5, -10), history.projection(95, 10)) == (0, 100)
    assert history.projection(None, None) is None
    assert history.score_trend(-12) == {"direction": "down", "points": -12}
    assert history.velocity(now, None, settings) == (None, False, "insufficient_history")
    assert history.deduction_velocity({"score": 60}, {"score": 71}) == (-11, False, None)


def test_a_new_source_or_new_weights_never_look_like_a_decline() -> None:
    settings = default_settings()
    then = result(all_points(80), {"psa", "qbr"}, settings)
    now = result(all_points(80, payment_health=0), {"psa", "qbr", "accounting"}, settings)
    assert (then["score"], now["score"]) == (80, 69)
    assert history.velocity(now, then, settings) == (0, True, None)
    old = with_settings(weights={**settings["weights"], "days_since_qbr": 25, "open_p1_p2_tickets": 5})
    then = result(all_points(80, days_since_qbr=40), ALL_SOURCES, old)
    now = result(all_points(80, days_since_qbr=40), ALL_SOURCES, settings)
    assert history.velocity(now, then, settings) == (0, True, None)


def test_velocity_needs_common_signals() -> None:
    settings = default_settings()
    then = result(all_points(80), {"psa"}, settings)
    now = result(all_points(80), ALL_SOURCES - {"psa"}, settings)
    assert history.velocity(now, then, settings) == (None, False, "insufficient_data")


def test_the_baseline_is_the_newest_snapshot_30_to_37_days_back() -> None:
    def entry(days: int, trigger: str = "nightly") -> dict[str, Any]:
        return {"date": days_ago(days), "as_of": ago(days=days), "trigger": trigger}

    entries = [entry(29), entry(38), entry(37), entry(32), entry(31, "manual")]
    assert history.baseline_snapshot(entries, TODAY) == entry(32)
    assert history.baseline_snapshot([entry(30), *entries], TODAY) == entry(30)
    assert history.baseline_snapshot([entry(29), entry(38)], TODAY) is None


def test_month_over_month() -> None:
    stored = {
        days_ago(30): {"sum": 0, "count": 0, "settings_version": 1},
        days_ago(31): {"sum": 200, "count": 3, "settings_version": 1},
        days_ago(33): {"sum": 900, "count": 10, "settings_version": 1},
    }
    # 70.5 − 66.666… = 3.833…, while 70.5 − 66.7 rounds to 3.8 too; 71.25 − 66.666… = 4.583…
    found = history.month_over_month([70, 71, None], stored, TODAY, 2)
    assert found == {"points": Decimal("3.8"), "baseline_date": days_ago(31), "settings_changed": True}
    none = {"points": 0, "baseline_date": None, "settings_changed": False}
    assert history.month_over_month([70], {}, TODAY, 1) == none
    assert history.month_over_month([None], stored, TODAY, 1) == none


def test_peers() -> None:
    summary: list[dict[str, Any]] = [
        {"client_id": "c1", "industry": "Law", "score": 10},
        {"client_id": "c2", "industry": "healthcare ", "score": 60},
        {"client_id": "c3", "industry": "Healthcare", "score": 75},
        {"client_id": "c4", "industry": None, "score": None},
        {"client_id": "c5", "industry": "Law", "score": 80},
    ]
    assert history.peers("c1", 75, " HEALTHCARE", summary) == {
        "industry": {"average": Decimal("70.0"), "n": 3},
        "all": {"average": Decimal("72.5"), "n": 4},
        "percentile": 33,
        "n": 4,
    }
    alone = history.peers("c1", 75, None, None)
    assert alone["industry"] == {"average": None, "n": 0}
    assert (alone["all"], alone["percentile"]) == ({"average": Decimal("75.0"), "n": 1}, None)


def test_the_percentile_of_the_brief() -> None:
    summary = [{"client_id": str(n), "industry": None, "score": 1 if n < 73 else 99} for n in range(100)]
    assert history.peers("me", 50, None, summary)["percentile"] == 73


def test_fastest_declining() -> None:
    rows = [("a", 50, -3), ("b", 40, -3), ("C", 50, -3), ("d", 9, 0), ("e", 9, None), ("f", 99, -20),
            ("g", 50, -1), ("h", 50, -2)]  # fmt: skip
    clients = [{"client_id": n, "name": n, "score": s, "velocity": v} for n, s, v in rows]
    found = history.fastest_declining(clients)
    assert [row["name"] for row in found] == ["f", "b", "a", "C", "h"]
    assert found[0]["projected_score"] == 79


def test_trend_and_lookup() -> None:
    def entry(days: int, hour: int) -> dict[str, Any]:
        return {"date": days_ago(days), "as_of": f"{days_ago(days)}T{hour:02d}:00:00Z"}

    entries = [entry(3, 2), entry(3, 9), entry(90, 2), entry(91, 2), entry(0, 2)]
    assert history.trend(entries, TODAY) == [entry(90, 2), entry(3, 9), entry(0, 2)]
    assert history.entry_on_or_before(entries, TODAY - timedelta(days=1)) == entry(3, 9)
    assert history.entry_on_or_before(entries, TODAY - timedelta(days=83)) == entry(90, 2)
    assert history.entry_on_or_before(entries, TODAY - timedelta(days=82)) is None


# ---- explanation ---------------------------------------------------------------------------------------


def shown(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(part["id"], part["change"]) for part in found["parts"]]


def test_explains_a_change_of_signals() -> None:
    settings = default_settings()
    old = result(all_points(80), ALL_SOURCES, settings)
    # −20 × 15 % = −3.0, +5 × 5 % = +0.25 → 0.3, exact change −2.75, shown −3 (80 → 77.25 → 77)
    new = result(all_points(80, csat_nps_trend=60, employee_growth=85), ALL_SOURCES, settings)
    found = explain_weighted(old, new, settings, settings)
    assert found["change"] == -3
    assert shown(found) == [("csat_nps_trend", "-3.0"), ("employee_growth", "0.3"), ("rounding", "-0.3")]


def test_explains_new_settings_and_coverage() -> None:
    settings = default_settings()
    heavier = with_settings(weights={**settings["weights"], "days_since_qbr": 20, "open_p1_p2_tickets": 10})
    old = result(all_points(80, days_since_qbr=40, payment_health=None), {"psa", "qbr"}, settings)
    new = result(all_points(80, days_since_qbr=40, payment_health=0), {"psa", "qbr", "accounting"}, heavier)
    # old 80 − 40 × 10/60 = 73.33; with the new weights 80 − 40 × 20/60 = 66.67: −6.67.
    # new: (80 × 40 + 40 × 20 + 0 × 10) / 70 = 57.14: coverage −9.52; shown 57 − 73 = −16.
    found = explain_weighted(old, new, settings, heavier)
    assert found["change"] == -16
    assert shown(found) == [("settings", "-6.7"), ("coverage", "-9.5"), ("rounding", "0.2")]


def test_parts_sum_to_the_change_and_null_has_none() -> None:
    settings = default_settings()
    old = result(all_points(33, csat_nps_trend=None), ALL_SOURCES, settings)
    new = result(all_points(71, payment_health=None, days_since_qbr=12), ALL_SOURCES, settings)
    neutral = with_settings(missing_signals="neutral_50")
    for new_settings in (settings, neutral):
        found = explain_weighted(old, new, settings, new_settings)
        assert sum(Decimal(part["change"]) for part in found["parts"]) == found["change"]
    unknown = result(all_points(71), {"headcount"}, settings)
    assert explain_weighted(old, unknown, settings, settings) == {"change": None, "parts": []}


def test_explains_a_deduction() -> None:
    settings = default_settings()
    contract = record("contract", status="ACTIVE", start_date="2020-01-01")
    old = score(contract, settings=settings)["deduction"]
    new = score(*[ticket(ago(days=1)) for _ in range(3)], contract)["deduction"]
    # 105 cut to 100; then 100 − 5 (up) − 5 (3 open) + 5 = 95
    assert shown(explain_deduction(old, new)) == [
        ("ticket_volume", "-5.0"), ("open_tickets", "-5.0"), ("limit", "5.0"),
    ]  # fmt: skip


# ---- the fleet -----------------------------------------------------------------------------------------


def test_the_client_health_page() -> None:
    def named(client_id: str, name: str, **fields: Any) -> dict[str, Any]:
        return {"type": "client", "id": client_id, "name": name, "status": "ACTIVE", **fields}

    def overdue(client_id: str, number: int) -> list[dict[str, Any]]:
        return [ticket(ago(days=1), due_at=ago(hours=1), client_id=client_id) for _ in range(number)]

    records = [
        named("c1", "beta"), named("c2", "Alpha"), named("c3", "gamma"), named("c4", "Gone", archived=True),
        named("c5", "alpha"), *overdue("c3", 5), *overdue("c1", 1), *overdue("c4", 9),
    ]  # fmt: skip
    stored = {days_ago(30): {"sum": 200, "count": 2, "settings_version": 1}}
    found = fleet(records, default_settings(), no_business_hours(), "UTC", AS_OF, 30, stored)
    # gamma: −5 up, −25 overdue, −5 open = 65; beta: −5 −5 = 90; the two alphas 100
    assert [(row["client_id"], row["score"]) for row in found["clients"]] == [
        ("c3", 65), ("c1", 90), ("c2", 100), ("c5", 100),
    ]  # fmt: skip
    assert found["summary"] == {"total": 4, "healthy": 3, "at_risk": 1, "critical": 0}
    assert found["average_score"] == Decimal("88.8")  # 88.75
    assert found["average_score_change"]["points"] == Decimal("-11.3")  # −11.25
    assert found["distribution"][0] == {"status": "HEALTHY", "count": 3, "share": Decimal("0.750")}
    assert found["risk_indicators"] == [
        {
            "code": "overdue_tickets",
            "label": "Overdue Tickets",
            "count": 2,
            "clients": [{"client_id": "c3", "name": "gamma"}, {"client_id": "c1", "name": "beta"}],
        }
    ]
    for order in ("asc", "desc"):
        last = sort_table(found["clients"], "days_since_last_activity", order)[-2:]
        assert [row["client_id"] for row in last] == ["c2", "c5"]


def test_an_empty_fleet() -> None:
    found = fleet([], default_settings(), no_business_hours(), "UTC", AS_OF)
    assert found["average_score"] is None
    assert found["summary"]["total"] == 0
    assert found["risk_indicators"] == []


def test_the_portfolio() -> None:
    money = {"currency": "EUR", "amount": "10.50"}
    records = [
        client(industry="Law ", monthly_recurring_revenue=money),
        {**client(industry="law"), "id": "c2", "monthly_recurring_revenue": money},
        ticket(ago(days=1), priority="P1"),
        record("qbr", held_on=days_ago(1), status="COMPLETED"),
    ]
    # psa and qbr are connected, coverage 30 of both clients: no score under redistribute
    found = portfolio(records, default_settings(), no_business_hours(), "UTC", AS_OF)
    assert (found["average_score"], found["insufficient_data"]) == (None, 2)
    assert found["revenue_by_band"] == {("INSUFFICIENT_DATA", "EUR"): Decimal("21.00")}
    neutral = with_settings(missing_signals="neutral_50")
    found = portfolio(records, neutral, no_business_hours(), "UTC", AS_OF)
    # c1: 80 × 0.2 + 100 × 0.1 + 50 × 0.7 = 61; c2: 20 + 1 + 35 = 56
    assert found["average_by_industry"] == [{"industry": "law", "clients": 2, "average_score": Decimal("58.5")}]
    assert found["bands"][1] == {"band": "YELLOW", "count": 2, "share": Decimal("1.000")}
    found = portfolio(records, neutral, no_business_hours(), "UTC", AS_OF, "deduction")
    assert found["average_score"] == Decimal("97.5")


def test_rounding_to_an_integer() -> None:
    assert [rounded_integer(Fraction(n, 2)) for n in (1, -1, 3, 4)] == [1, -1, 2, 2]
