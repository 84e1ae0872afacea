"""Model `weighted`: one table per signal, every threshold on both sides, and what moves a signal which way."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import weighted
from chalicelib.domain.deduction import open_ticket_rows
from chalicelib.domain.facts import (
    Assessment,
    BillableMonth,
    Day,
    Facts,
    Headcount,
    Instant,
    Qbr,
    Reconciliation,
    Survey,
    Touchpoint,
)
from chalicelib.domain.moment import Moment
from chalicelib.domain.times import parse_instant
from chalicelib.domain.weighted import Reading, SurveyLevel
from tests.unit.domain.builders import AS_OF, DAY, HOUR, NEW_YORK, NOW, TODAY, UTC, facts, invoice, ticket

WEEK = 168 * HOUR
NOVEMBER = 2026 * 12 + 10


def urgent(known: Facts, open_until: Any = "closed") -> Reading:
    open_rows = open_ticket_rows(known.tickets, AS_OF, open_until)
    return weighted.open_p1_p2_tickets(known, open_rows, NOW)


# ---- open_p1_p2_tickets --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ages", "points"),
    [
        pytest.param([], 100, id="none"),
        pytest.param([HOUR], 80, id="1"),
        pytest.param([HOUR, HOUR], 60, id="2"),
        pytest.param([HOUR] * 3, 30, id="3"),
        pytest.param([HOUR] * 9, 30, id="9"),
        pytest.param([WEEK], 80, id="168 h"),
        pytest.param([WEEK + 1], 60, id="more than 168 h"),
        pytest.param([WEEK, WEEK + 1], 40, id="any of 2"),
        pytest.param([HOUR, WEEK + 1, HOUR], 10, id="any of 3"),
        pytest.param([WEEK + 1] * 5, 10, id="once for all"),
    ],
)
def test_open_p1_p2_tickets(ages: list[int], points: int) -> None:
    tickets = [ticket(AS_OF - age, priority=1 + n % 2) for n, age in enumerate(ages)]

    reading = urgent(facts(tickets))

    assert (reading.points, reading.value) == (points, len(ages))
    assert reading.facts == (len(ages), max(ages, default=0))


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        pytest.param({"priority": 1}, True, id="P1"),
        pytest.param({"priority": 2}, True, id="P2"),
        pytest.param({"priority": 3}, False, id="P3"),
        pytest.param({"priority": 5}, False, id="P5"),
        pytest.param({"priority": 1, "closed": AS_OF - 1}, False, id="closed"),
        pytest.param({"priority": 1, "closed": AS_OF}, True, id="closed at as_of"),
        pytest.param({"priority": 1, "created": AS_OF}, False, id="created at as_of"),
        pytest.param({"priority": 1, "resolved": AS_OF - 1}, True, id="resolved, not closed"),
    ],
)
def test_which_tickets_are_open_and_urgent(fields: dict[str, Any], counts: bool) -> None:
    assert urgent(facts([ticket(**{"created": AS_OF - HOUR, **fields})])).value == counts


def test_resolved_tickets_are_open_or_not_by_setting() -> None:
    known = facts([ticket(AS_OF - HOUR, priority=1, resolved=AS_OF - 1)])

    assert urgent(known).points == 80
    assert urgent(known, "resolved").points == 100


def test_an_old_ticket_of_low_priority_costs_nothing() -> None:
    assert urgent(facts([ticket(AS_OF - HOUR, priority=2), ticket(AS_OF - 30 * DAY, priority=3)])).points == 80


# ---- csat_nps_trend ------------------------------------------------------------------------------------


def surveys(kind: str, scores: Sequence[int], responded: int = AS_OF - DAY) -> list[Survey]:
    return [Survey(f"{kind}{n}", kind, score, Instant(responded)) for n, score in enumerate(scores)]


def csat(satisfied: int, others: int, responded: int = AS_OF - DAY) -> list[Survey]:
    return surveys(
        "CSAT",
        [4, 5] * (satisfied // 2) + [5] * (satisfied % 2) + [3, 1] * (others // 2) + [3] * (others % 2),
        responded,
    )


def nps(promoters: int, passives: int, detractors: int, responded: int = AS_OF - DAY) -> list[Survey]:
    scores = [9 + n % 2 for n in range(promoters)] + [7 + n % 2 for n in range(passives)]
    return surveys("NPS", scores + [6 - n % 7 for n in range(detractors)], responded)


def survey_points(*held: list[Survey]) -> int | None:
    return weighted.csat_nps_trend(facts(surveys=[s for several in held for s in several]), NOW).points


@pytest.mark.parametrize(
    ("satisfied", "others", "points"),
    [
        pytest.param(20, 0, 100, id="100 %"),
        pytest.param(95, 5, 100, id="95 %"),
        pytest.param(949, 51, 85, id="below 95 %"),
        pytest.param(85, 15, 85, id="85 %"),
        pytest.param(849, 151, 65, id="below 85 %"),
        pytest.param(75, 25, 65, id="75 %"),
        pytest.param(749, 251, 40, id="below 75 %"),
        pytest.param(60, 40, 40, id="60 %"),
        pytest.param(599, 401, 10, id="below 60 %"),
        pytest.param(0, 3, 10, id="0 %"),
    ],
)
def test_csat_level(satisfied: int, others: int, points: int) -> None:
    assert survey_points(csat(satisfied, others)) == points


@pytest.mark.parametrize(
    ("promoters", "passives", "detractors", "points"),
    [
        pytest.param(3, 0, 0, 100, id="100"),
        pytest.param(50, 50, 0, 100, id="50"),
        pytest.param(499, 501, 0, 85, id="below 50"),
        pytest.param(40, 50, 10, 85, id="30"),
        pytest.param(399, 501, 100, 65, id="below 30"),
        pytest.param(10, 0, 10, 65, id="0"),
        pytest.param(100, 799, 101, 40, id="below 0"),
        pytest.param(10, 50, 40, 40, id="-30"),
        pytest.param(100, 499, 401, 10, id="below -30"),
        pytest.param(0, 0, 3, 10, id="-100"),
        pytest.param(0, 3, 0, 65, id="passives alone"),
    ],
)
def test_nps_level(promoters: int, passives: int, detractors: int, points: int) -> None:
    assert survey_points(nps(promoters, passives, detractors)) == points


@pytest.mark.parametrize(
    ("before", "now", "points"),
    [
        # satisfied of 1000, the level's own points first
        pytest.param(700, 750, 75, id="65: +5"),
        pytest.param(701, 750, 65, id="65: just below +5"),
        pytest.param(850, 849, 65, id="65: -0.1"),
        pytest.param(799, 750, 65, id="65: -4.9"),
        pytest.param(800, 750, 50, id="65: -5"),
        pytest.param(899, 750, 50, id="65: -14.9"),
        pytest.param(900, 750, 35, id="65: -15"),
        pytest.param(1000, 750, 35, id="65: -25"),
        pytest.param(1000, 950, 85, id="100: -5"),
        pytest.param(0, 1000, 100, id="100: +100, clamped"),
        pytest.param(1000, 0, 0, id="10: -100, clamped"),
    ],
)
def test_csat_trend(before: int, now: int, points: int) -> None:
    earlier = csat(before, 1000 - before, AS_OF - 100 * DAY)

    assert survey_points(csat(now, 1000 - now), earlier) == points


@pytest.mark.parametrize(
    ("before", "now", "points"),
    [
        # promoters of 1000, the others passive: points of 10 are 100 of them
        pytest.param(200, 300, 95, id="85: +10"),
        pytest.param(201, 300, 85, id="85: just below +10"),
        pytest.param(399, 300, 85, id="85: -9.9"),
        pytest.param(400, 300, 70, id="85: -10"),
        pytest.param(599, 300, 70, id="85: -29.9"),
        pytest.param(600, 300, 55, id="85: -30"),
        pytest.param(1000, 300, 55, id="85: -70"),
        pytest.param(700, 500, 85, id="100: -20"),
    ],
)
def test_nps_trend(before: int, now: int, points: int) -> None:
    earlier = nps(before, 1000 - before, 0, AS_OF - 100 * DAY)

    assert survey_points(nps(now, 1000 - now, 0), earlier) == points


@pytest.mark.parametrize(
    ("ages", "points"),
    [
        pytest.param([90, 90, 90], 100, id="3 in 90 d"),
        pytest.param([1, 90, 91], 100, id="3 in 180 d"),
        pytest.param([1, 180, 180], 100, id="at 180 d"),
        pytest.param([1, 180, 181], 100, id="3 in 365 d"),
        pytest.param([1, 365, 365], 100, id="at 365 d"),
        pytest.param([1, 365, 366], None, id="2 in 365 d"),
        pytest.param([1, 1], None, id="2"),
        pytest.param([], None, id="none"),
    ],
)
def test_survey_windows(ages: list[int], points: int | None) -> None:
    responses = [Survey(str(n), "CSAT", 5, AS_OF - age * DAY) for n, age in enumerate(ages)]

    assert survey_points(responses) == points


@pytest.mark.parametrize(
    ("ages", "scores", "points"),
    [
        pytest.param([1, 1, 90, 91, 91, 180], [5, 5, 5, 1, 1, 1], 100, id="90 d against the 90 d before"),
        pytest.param([1, 1, 90, 91, 91, 180], [1, 1, 1, 5, 5, 5], 0, id="90 d in decline"),
        pytest.param([1, 1, 90, 91, 91, 181], [1, 1, 1, 5, 5, 5], 10, id="2 before: no trend"),
        pytest.param([1, 1, 91, 181, 270, 360], [1, 1, 1, 5, 5, 5], 0, id="180 d against the 180 d before"),
        pytest.param([1, 1, 91, 181, 270, 361], [1, 1, 1, 5, 5, 5], 10, id="2 in the 180 d before"),
        pytest.param([1, 1, 181, 366, 500, 730], [1, 1, 1, 5, 5, 5], 0, id="365 d against the 365 d before"),
        pytest.param([1, 1, 181, 366, 500, 731], [1, 1, 1, 5, 5, 5], 10, id="2 in the 365 d before"),
    ],
)
def test_the_trend_is_against_the_days_before(ages: list[int], scores: list[int], points: int) -> None:
    responses = [
        Survey(str(n), "CSAT", score, AS_OF - age * DAY)
        for n, (age, score) in enumerate(zip(ages, scores, strict=True))
    ]

    assert survey_points(responses) == points


@pytest.mark.parametrize(
    ("responded", "points"),
    [(AS_OF, None), (AS_OF - 1, 100), (AS_OF - 365 * DAY, 100), (AS_OF - 365 * DAY - 1, None)],
)
def test_survey_windows_are_half_open(responded: int, points: int | None) -> None:
    # A response at a window's start counts, whatever its score: 0 is one.
    responses = [*surveys("NPS", [10, 10], AS_OF - 400 * DAY + 36 * DAY), Survey("edge", "NPS", 10, Instant(responded))]

    assert survey_points(responses) == points


def test_a_response_with_the_lowest_score_at_a_windows_start_counts() -> None:
    assert survey_points(surveys("NPS", [0, 0, 0], AS_OF - 90 * DAY)) == 10
    assert survey_points(surveys("NPS", [9, 9, 9]), surveys("NPS", [0, 0, 0], AS_OF - 180 * DAY)) == 100
    assert survey_points(nps(0, 3, 0), surveys("NPS", [0, 0, 0], AS_OF - 180 * DAY)) == 75


@pytest.mark.parametrize(
    ("level", "nps_scores", "points"),
    [
        pytest.param(100, [6, 6, 6], 55, id="100 and 10"),
        pytest.param(85, [10, 10, 10], 93, id="85 and 100: 92.5 goes up"),
        pytest.param(85, [6, 6, 6], 48, id="85 and 10: 47.5 goes up"),
    ],
)
def test_both_kinds_give_their_mean(level: int, nps_scores: list[int], points: int) -> None:
    assert survey_points(csat(level, 100 - level), surveys("NPS", nps_scores)) == points


def test_a_kind_without_enough_responses_is_left_out() -> None:
    assert survey_points(csat(3, 0), surveys("NPS", [0, 0])) == 100
    assert survey_points(csat(2, 0), surveys("NPS", [0, 0, 0])) == 10


def test_a_survey_reading_tells_what_was_measured() -> None:
    known = facts(surveys=[*csat(2, 2), *csat(1, 3, AS_OF - 100 * DAY), *csat(5, 0, AS_OF - 200 * DAY)])

    reading = weighted.csat_nps_trend(known, NOW)

    assert reading.value == {"csat": 50}
    ((kind, survey),) = reading.facts
    assert (kind, survey) == ("CSAT", SurveyLevel(2, 4, total_before=1, responses_before=4, days=90))
    assert (survey.level, survey.before) == (50, 25)


# ---- billable_utilization ------------------------------------------------------------------------------


def months(*held: tuple[int, Any, Any]) -> Facts:
    """(months before this one, hours, budget), each."""
    return facts(billable_months=[BillableMonth(f"B{n}", NOVEMBER - ago, h, b) for n, (ago, h, b) in enumerate(held)])


@pytest.mark.parametrize(
    ("hours", "points"),
    [
        pytest.param(0, 100, id="nothing used"),
        pytest.param(100, 100, id="on budget"),
        pytest.param(110, 100, id="10 % over"),
        pytest.param(Decimal("110.01"), 60, id="more than 10 % over"),
        pytest.param(125, 60, id="25 % over"),
        pytest.param(Decimal("125.01"), 20, id="more than 25 % over"),
        pytest.param(900, 20, id="800 % over"),
    ],
)
def test_billable_utilization(hours: Any, points: int) -> None:
    reading = weighted.billable_utilization(months((1, hours, 100)), NOW)

    assert reading.points == points
    assert reading.value == round(Decimal(hours) - 100, 1)


@pytest.mark.parametrize(
    ("held", "points"),
    [
        pytest.param([], None, id="none"),
        pytest.param([(0, 900, 100)], None, id="this month"),
        pytest.param([(1, 900, 100)], 20, id="last month"),
        pytest.param([(3, 900, 100)], 20, id="three months ago"),
        pytest.param([(4, 900, 100)], None, id="four months ago"),
        pytest.param([(1, 900, None)], None, id="no budget"),
        pytest.param([(1, 900, 0)], None, id="a budget of 0"),
        pytest.param([(1, 900, 0), (2, 100, 100)], 100, id="only budgeted months are summed"),
        pytest.param([(1, 130, 100), (2, 100, 100), (3, 100, 100)], 100, id="the sum counts: 10 % over"),
        pytest.param([(1, 131, 100), (2, 100, 100), (3, 100, 100)], 60, id="the sum counts: over 10 %"),
        pytest.param([(1, Decimal("0.2"), Decimal("0.1")), (2, Decimal("0.1"), Decimal("0.17"))], 60, id="decimals"),
        pytest.param([(1, 900, 100), (1, 100, 100)], 100, id="of a month's records the highest id"),
        pytest.param([(1, 100, 100), (1, 900, None)], None, id="of a month's records the highest id, unbudgeted"),
    ],
)
def test_billable_months(held: list[tuple[int, Any, Any]], points: int | None) -> None:
    assert weighted.billable_utilization(months(*held), NOW).points == points


def test_full_months_follow_the_local_month() -> None:
    november = facts(billable_months=[BillableMonth("B1", NOVEMBER, 100, 100)])
    midnight = parse_instant("2026-12-01T00:00:00Z")

    assert weighted.billable_utilization(november, Moment.at(midnight, UTC)).points == 100
    assert weighted.billable_utilization(november, Moment.at(midnight, NEW_YORK)).points is None


# ---- days_since_qbr, days_since_decision_maker_contact --------------------------------------------------


@pytest.mark.parametrize(
    ("days", "points"),
    [(0, 100), (89, 100), (90, 70), (120, 70), (121, 40), (180, 40), (181, 10), (4000, 10)],
)
def test_days_since_qbr(days: int, points: int) -> None:
    held = facts(qbrs=[Qbr("Q1", TODAY - days, "COMPLETED")], client_since=TODAY - 5000)
    never = facts(client_since=TODAY - days)

    assert weighted.days_since_qbr(held, NOW) == Reading(points, days, (True,))
    assert weighted.days_since_qbr(never, NOW) == Reading(points, days, (False,))


@pytest.mark.parametrize(
    ("held", "days"),
    [
        pytest.param([], None, id="none"),
        pytest.param([(TODAY, "COMPLETED")], 0, id="today"),
        pytest.param([(TODAY + 1, "COMPLETED")], None, id="tomorrow"),
        pytest.param([(TODAY - 5, "SCHEDULED")], None, id="scheduled"),
        pytest.param([(TODAY - 5, "CANCELLED")], None, id="cancelled"),
        pytest.param([(TODAY - 50, "COMPLETED"), (TODAY - 40, "COMPLETED"), (TODAY - 5, "CANCELLED")], 40, id="last"),
    ],
)
def test_which_qbrs_count(held: list[tuple[int, str]], days: int | None) -> None:
    known = facts(qbrs=[Qbr(f"Q{n}", Day(day), status, True) for n, (day, status) in enumerate(held)])

    assert weighted.days_since_qbr(known, NOW).value == days
    assert weighted.days_since_decision_maker_contact(known, NOW).value == days


def test_unknown_gets_the_lowest_points() -> None:
    assert weighted.days_since_qbr(facts(), NOW) == Reading(10, None, (False,))
    assert weighted.days_since_decision_maker_contact(facts(), NOW) == Reading(15, None, (False,))


@pytest.mark.parametrize(
    ("days", "points"), [(0, 100), (30, 100), (31, 75), (60, 75), (61, 45), (90, 45), (91, 15), (4000, 15)]
)
def test_days_since_decision_maker_contact(days: int, points: int) -> None:
    since = TODAY - 5000
    touched = facts(touchpoints=[Touchpoint("X1", AS_OF - 1 - days * DAY, "CALL", True)], client_since=since)
    attended = facts(qbrs=[Qbr("Q1", TODAY - days, "COMPLETED", True)], client_since=since)
    never = facts(client_since=TODAY - days)

    assert weighted.days_since_decision_maker_contact(touched, NOW) == Reading(points, days, (True,))
    assert weighted.days_since_decision_maker_contact(attended, NOW) == Reading(points, days, (True,))
    assert weighted.days_since_decision_maker_contact(never, NOW) == Reading(points, days, (False,))


@pytest.mark.parametrize(
    ("touchpoints", "qbrs", "days"),
    [
        pytest.param([(AS_OF - 5 * DAY, False)], [], None, id="without a decision-maker"),
        pytest.param([], [(TODAY - 5, False)], None, id="QBR without a decision-maker"),
        pytest.param([(AS_OF, True)], [], None, id="at as_of"),
        pytest.param([(AS_OF - 2 * HOUR - 1, True)], [], 1, id="last night is yesterday"),
        pytest.param([(AS_OF - 5 * DAY, True), (AS_OF - 3 * DAY, False)], [(TODAY - 9, True)], 5, id="touchpoint last"),
        pytest.param([(AS_OF - 9 * DAY, True)], [(TODAY - 4, True), (TODAY - 2, False)], 4, id="QBR last"),
        pytest.param([(AS_OF - 9 * DAY, True), (AS_OF - 8 * DAY, True)], [], 8, id="the last touchpoint"),
    ],
)
def test_which_contacts_count(
    touchpoints: list[tuple[int, bool]], qbrs: list[tuple[int, bool]], days: int | None
) -> None:
    known = facts(
        touchpoints=[
            Touchpoint(f"X{n}", Instant(at), "CALL", with_them) for n, (at, with_them) in enumerate(touchpoints)
        ],
        qbrs=[Qbr(f"Q{n}", Day(day), "COMPLETED", with_them) for n, (day, with_them) in enumerate(qbrs)],
    )

    assert weighted.days_since_decision_maker_contact(known, NOW).value == days


def test_touchpoints_have_their_local_date() -> None:
    known = facts(touchpoints=[Touchpoint("X1", parse_instant("2026-11-21T03:00:00Z"), "CALL", True)])

    assert weighted.days_since_decision_maker_contact(known, NOW).value == 1
    assert weighted.days_since_decision_maker_contact(known, Moment.at(AS_OF, NEW_YORK)).value == 1
    assert weighted.days_since_decision_maker_contact(known, Moment.at(AS_OF + 3 * HOUR, NEW_YORK)).value == 2


# ---- stack_standardization -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "points"),
    [
        pytest.param([], None, id="none"),
        pytest.param([(TODAY, 80)], 80, id="today"),
        pytest.param([(TODAY + 1, 80)], None, id="tomorrow"),
        pytest.param([(TODAY - 365, 80)], 80, id="365 d old"),
        pytest.param([(TODAY - 366, 80)], None, id="older than 365 d"),
        pytest.param([(TODAY - 2, 80), (TODAY - 1, 30), (TODAY - 3, 90)], 30, id="the newest"),
        pytest.param([(TODAY, 80), (TODAY, 30)], 30, id="of a date's the highest id"),
        pytest.param([(TODAY, 0)], 0, id="0"),
        pytest.param([(TODAY, 100)], 100, id="100"),
        pytest.param([(TODAY, Decimal("84.5"))], 85, id="a half goes up"),
        pytest.param([(TODAY, Decimal("84.49"))], 84, id="below a half"),
    ],
)
def test_stack_standardization(held: list[tuple[int, Any]], points: int | None) -> None:
    known = facts(assessments=[Assessment(f"A{n}", Day(day), score) for n, (day, score) in enumerate(held)])

    reading = weighted.stack_standardization(known, NOW)

    assert reading.points == points
    assert points is None or reading.facts == (TODAY - max(day for day, _ in held),)


# ---- payment_health ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "points"),
    [(-9, 100), (0, 100), (1, 75), (30, 75), (31, 45), (60, 45), (61, 20), (90, 20), (91, 0), (4000, 0)],
)
def test_payment_health(late: int, points: int) -> None:
    known = facts(invoices=[invoice(status="SENT", issued=TODAY - 5000, due=TODAY - late)])

    reading = weighted.payment_health(known, NOW)

    assert (reading.points, reading.value, reading.facts) == (points, max(0, late), (int(late > 0),))


@pytest.mark.parametrize(
    ("fields", "points"),
    [
        pytest.param({"status": "SENT"}, 75, id="sent"),
        pytest.param({"status": "PARTIAL"}, 75, id="partly paid"),
        pytest.param({"status": "SENT", "paid": TODAY - 1}, 75, id="sent, whatever its paid_on"),
        pytest.param({"status": "PAID"}, 100, id="paid, no day"),
        pytest.param({"status": "PAID", "paid": TODAY}, 100, id="paid today"),
        pytest.param({"status": "PAID", "paid": TODAY + 1}, 75, id="paid after today"),
        pytest.param({"status": "DRAFT"}, None, id="draft"),
        pytest.param({"status": "VOID"}, None, id="void"),
        pytest.param({"status": "DISPUTED"}, None, id="disputed"),
        pytest.param({"status": "SENT", "amount": 0}, 100, id="an invoice of nothing"),
        pytest.param({"status": "PAID", "amount": 0, "paid": TODAY + 1}, 100, id="an invoice of nothing, paid later"),
        pytest.param({"status": "SENT", "balance": 0}, 100, id="sent, nothing owed"),
        pytest.param({"status": "SENT", "balance": 1}, 75, id="sent, a hundredth of a cent owed"),
        pytest.param({"status": "PARTIAL", "balance": 0}, 100, id="partly paid, nothing owed"),
        pytest.param({"status": "PARTIAL", "paid_total": 10_000}, 75, id="partly paid, what is owed is not said"),
        pytest.param({"status": "PAID", "balance": 10_000}, 100, id="paid, whatever its balance"),
        pytest.param({"status": "SENT", "issued": TODAY + 1}, None, id="issued after today"),
        pytest.param({"status": "SENT", "issued": TODAY}, 75, id="issued today"),
    ],
)
def test_which_invoices_count(fields: dict[str, Any], points: int | None) -> None:
    known = facts(invoices=[invoice(**{"due": TODAY - 5, **fields})])

    assert weighted.payment_health(known, NOW).points == points


def test_the_oldest_unpaid_invoice_counts() -> None:
    known = facts(
        invoices=[
            invoice(status="SENT", due=TODAY - 5),
            invoice(status="SENT", due=TODAY - 31),
            invoice(status="PAID", due=TODAY - 99),
            invoice(status="VOID", due=TODAY - 99),
            invoice(status="SENT", due=TODAY - 99, issued=TODAY + 1),
        ]
    )

    assert weighted.payment_health(known, NOW) == Reading(45, 31, (2,))


# ---- contract_utilization_variance ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "contracted", "points"),
    [
        pytest.param(100, 100, 100, id="as contracted"),
        pytest.param(110, 100, 100, id="10 % over"),
        pytest.param(1101, 1000, 60, id="more than 10 % over"),
        pytest.param(125, 100, 60, id="25 % over"),
        pytest.param(1251, 1000, 20, id="more than 25 % over"),
        pytest.param(900, 100, 20, id="800 % over"),
        pytest.param(90, 100, 100, id="10 % under"),
        pytest.param(899, 1000, 70, id="more than 10 % under"),
        pytest.param(67, 100, 70, id="33 % under"),
        pytest.param(669, 1000, 30, id="more than 33 % under"),
        pytest.param(0, 100, 30, id="nothing used"),
        pytest.param(5, 0, None, id="nothing contracted"),
        pytest.param(0, 0, None, id="nothing at all"),
        pytest.param(Decimal("0.33"), Decimal("0.3"), 100, id="10 % over in decimals"),
        pytest.param(Decimal("0.375"), Decimal("0.3"), 60, id="25 % over in decimals"),
    ],
)
def test_contract_utilization_variance(used: Any, contracted: Any, points: int | None) -> None:
    known = facts(reconciliations=[Reconciliation("R1", TODAY - 500, contracted, used)])

    assert weighted.contract_utilization_variance(known, NOW).points == points


@pytest.mark.parametrize(
    ("held", "points"),
    [
        pytest.param([], None, id="none"),
        pytest.param([(TODAY, 100, 120)], 60, id="today"),
        pytest.param([(TODAY + 1, 100, 120)], None, id="tomorrow"),
        pytest.param([(TODAY - 2, 100, 100), (TODAY - 1, 100, 120), (TODAY - 3, 100, 900)], 60, id="the newest"),
        pytest.param([(TODAY, 100, 120), (TODAY, 100, 900)], 20, id="of a date's the highest id"),
        pytest.param([(TODAY - 1, 100, 120), (TODAY, 0, 5)], None, id="the newest has nothing contracted"),
    ],
)
def test_the_newest_reconciliation_counts(held: list[tuple[Day, int, int]], points: int | None) -> None:
    known = facts(reconciliations=[Reconciliation(f"R{n}", *fields) for n, fields in enumerate(held)])

    assert weighted.contract_utilization_variance(known, NOW).points == points


@pytest.mark.parametrize(("used", "percent"), [(125, "25.0"), (33, "-67.0"), (12345, "12245.0")])
def test_the_variance_is_shown_in_percent(used: int, percent: str) -> None:
    known = facts(reconciliations=[Reconciliation("R1", TODAY, 100, used)])

    reading = weighted.contract_utilization_variance(known, NOW)

    assert (str(reading.value), reading.facts) == (percent, (used, 100))


# ---- employee_growth -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "points"),
    [
        pytest.param(100, 100, 70, id="flat"),
        pytest.param(5, 6, 70, id="one more, though 20 %"),
        pytest.param(5, 4, 70, id="one less, though -20 %"),
        pytest.param(5, 7, 100, id="two more: 40 %"),
        pytest.param(5, 3, 5, id="two less: -40 %"),
        pytest.param(1, 0, 70, id="the last one gone"),
        pytest.param(1000, 1100, 100, id="+10 %"),
        pytest.param(1000, 1099, 85, id="below +10 %"),
        pytest.param(1000, 1020, 85, id="+2 %"),
        pytest.param(1000, 1019, 70, id="below +2 %"),
        pytest.param(1000, 981, 70, id="above -2 %"),
        pytest.param(1000, 980, 45, id="-2 %"),
        pytest.param(1000, 901, 45, id="above -10 %"),
        pytest.param(1000, 900, 20, id="-10 %"),
        pytest.param(1000, 751, 20, id="above -25 %"),
        pytest.param(1000, 750, 5, id="-25 %"),
        pytest.param(1000, 0, 5, id="nobody left"),
        pytest.param(0, 5, None, id="from nobody"),
    ],
)
def test_employee_growth(before: int, now: int, points: int | None) -> None:
    known = facts(headcounts=[Headcount("H1", TODAY - 365, before), Headcount("H2", TODAY, now)])

    assert weighted.employee_growth(known, NOW).points == points


@pytest.mark.parametrize(
    ("held", "compared"),
    [
        pytest.param([], None, id="none"),
        pytest.param([(0, 100)], None, id="one alone"),
        pytest.param([(-1, 100), (365, 50)], None, id="the newest is to come"),
        pytest.param([(400, 100), (765, 50)], (50, 100, 365), id="the newest is 400 d old"),
        pytest.param([(401, 100), (766, 50)], None, id="the newest is older than 400 d"),
        pytest.param([(0, 100), (365, 50), (366, 60), (900, 70)], (50, 100, 365), id="the newest 365 d older"),
        pytest.param([(0, 100), (364, 50), (366, 60)], (60, 100, 366), id="364 d are too few"),
        pytest.param([(0, 100), (364, 50), (90, 60), (200, 70)], (50, 100, 364), id="else the oldest 90 d older"),
        pytest.param([(0, 100), (90, 60)], (60, 100, 90), id="90 d older"),
        pytest.param([(0, 100), (89, 60)], None, id="89 d are too few"),
        pytest.param([(10, 100), (375, 50)], (50, 100, 365), id="from the newest, not from today"),
        pytest.param([(0, 100), (365, 0), (200, 50)], None, id="the base is nobody"),
        pytest.param([(0, 100), (0, 110), (365, 50), (365, 60)], (60, 110, 365), id="of a date's the highest id"),
        pytest.param([(0, 100), (365, 50), (-5, 999)], (50, 100, 365), id="what is to come is not known"),
    ],
)
def test_which_headcounts_are_compared(held: list[tuple[int, int]], compared: tuple[int, int, int] | None) -> None:
    known = facts(headcounts=[Headcount(f"H{n}", TODAY - ago, count) for n, (ago, count) in enumerate(held)])

    reading = weighted.employee_growth(known, NOW)

    assert reading.facts == (compared or ())
    assert (reading.points is None) is (compared is None)


def test_growth_is_shown_in_percent() -> None:
    known = facts(headcounts=[Headcount("H1", TODAY - 365, 7), Headcount("H2", TODAY, 5)])

    assert str(weighted.employee_growth(known, NOW).value) == "-28.6"


# ---- all nine ------------------------------------------------------------------------------------------


def test_signals_are_in_table_order_and_computed_whatever_is_connected() -> None:
    # GIVEN facts that give each signal points of its own
    known = facts(
        [ticket(AS_OF - HOUR, priority=1)],
        client_since=TODAY - 150,
        surveys=csat(85, 15),
        billable_months=[BillableMonth("B1", NOVEMBER - 1, 120, 100)],
        touchpoints=[Touchpoint("X1", AS_OF - 40 * DAY, "CALL", True)],
        assessments=[Assessment("A1", TODAY, 33)],
        invoices=[invoice(status="SENT", due=TODAY - 61)],
        reconciliations=[Reconciliation("R1", TODAY, 100, 80)],
        headcounts=[Headcount("H1", TODAY - 365, 100), Headcount("H2", TODAY, 50)],
    )

    found = weighted.readings(known, open_ticket_rows(known.tickets, AS_OF, "closed"), NOW)

    assert [reading.points for reading in found] == [80, 85, 60, 40, 75, 33, 20, 70, 5]


def test_a_client_of_whom_nothing_is_known() -> None:
    found = weighted.readings(facts(), [], NOW)

    assert [reading.points for reading in found] == [100, None, None, 10, 15, None, None, None, None]


# ---- properties ----------------------------------------------------------------------------------------

days = st.integers(TODAY - 900, TODAY + 5)
instants = st.integers(AS_OF - 800 * DAY, AS_OF + 5 * DAY)
ids = st.uuids().map(str)
numbers = st.integers(0, 500) | st.decimals(0, 500, places=2)
anything = st.fixed_dictionaries(
    {
        "surveys": st.lists(st.builds(Survey, ids, st.just("CSAT"), st.integers(1, 5), instants), max_size=12),
        "billable_months": st.lists(
            st.builds(BillableMonth, ids, st.integers(NOVEMBER - 5, NOVEMBER), numbers, st.none() | numbers), max_size=6
        ),
        "qbrs": st.lists(st.builds(Qbr, ids, days, st.sampled_from(["COMPLETED", "SCHEDULED"]), st.booleans())),
        "touchpoints": st.lists(st.builds(Touchpoint, ids, instants, st.just("CALL"), st.booleans()), max_size=6),
        "assessments": st.lists(st.builds(Assessment, ids, days, st.integers(0, 100)), max_size=5),
        "reconciliations": st.lists(st.builds(Reconciliation, ids, days, numbers, numbers), max_size=5),
        "headcounts": st.lists(st.builds(Headcount, ids, days, st.integers(0, 50)), max_size=6),
    }
)


def all_points(known: Facts) -> list[int | None]:
    return [reading.points for reading in weighted.readings(known, [], NOW)]


@given(anything, st.none() | days)
def test_points_are_integers_from_0_to_100(kinds: dict[str, Any], since: int | None) -> None:
    for points in all_points(facts(client_since=since, **kinds)):
        assert points is None or (isinstance(points, int) and 0 <= points <= 100)


@given(anything, st.randoms(use_true_random=False))
def test_the_order_of_facts_is_irrelevant(kinds: dict[str, Any], random: Any) -> None:
    shuffled = {name: random.sample(rows, len(rows)) for name, rows in kinds.items()}

    assert all_points(facts(**shuffled)) == all_points(facts(**kinds))


@given(anything)
def test_what_is_to_come_is_not_known(kinds: dict[str, Any]) -> None:
    past = {
        **kinds,
        "surveys": [s for s in kinds["surveys"] if s.responded < AS_OF],
        "billable_months": [b for b in kinds["billable_months"] if b.month < NOVEMBER],
        "qbrs": [q for q in kinds["qbrs"] if q.held <= TODAY],
        "touchpoints": [t for t in kinds["touchpoints"] if t.occurred < AS_OF],
        "assessments": [a for a in kinds["assessments"] if a.completed <= TODAY],
        "reconciliations": [r for r in kinds["reconciliations"] if r.completed <= TODAY],
        "headcounts": [h for h in kinds["headcounts"] if h.recorded <= TODAY],
    }

    assert all_points(facts(**past)) == all_points(facts(**kinds))


def never_higher(signal: Callable[[Facts, Moment], Reading], better: Facts, worse: Facts) -> None:
    higher, lower = signal(better, NOW).points, signal(worse, NOW).points
    assert higher is not None
    assert lower is not None
    assert lower <= higher


@given(st.lists(st.integers(0, 20 * DAY), max_size=6), st.lists(st.integers(0, 20 * DAY), min_size=1, max_size=6))
def test_more_or_older_urgent_tickets_never_raise_the_points(ages: list[int], more: list[int]) -> None:
    def points(held: list[int]) -> int:
        found = urgent(facts([ticket(AS_OF - 1 - age, priority=1) for age in held])).points
        assert found is not None
        return found

    assert points([*ages, *more]) <= points(ages)
    assert points([age + DAY for age in ages]) <= points(ages)


@given(st.lists(st.integers(2, 5), min_size=3, max_size=9), st.lists(st.integers(1, 5), max_size=9), st.data())
def test_a_worse_rating_never_raises_the_points(now: list[int], before: list[int], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(now) - 1))
    worse = [score - (n == place) for n, score in enumerate(now)]
    earlier = surveys("CSAT", before, AS_OF - 100 * DAY)

    never_higher(
        weighted.csat_nps_trend,
        facts(surveys=[*surveys("CSAT", now), *earlier]),
        facts(surveys=[*surveys("CSAT", worse), *earlier]),
    )


@given(st.lists(st.integers(1, 10), min_size=3, max_size=9), st.lists(st.integers(0, 10), max_size=9), st.data())
def test_a_worse_recommendation_never_raises_the_points(now: list[int], before: list[int], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(now) - 1))
    worse = [score - (n == place) for n, score in enumerate(now)]
    earlier = surveys("NPS", before, AS_OF - 100 * DAY)

    never_higher(
        weighted.csat_nps_trend,
        facts(surveys=[*surveys("NPS", now), *earlier]),
        facts(surveys=[*surveys("NPS", worse), *earlier]),
    )


@given(numbers, numbers.filter(bool), numbers)
def test_more_hours_never_raise_the_points(hours: Any, budget: Any, more: Any) -> None:
    never_higher(weighted.billable_utilization, months((1, hours, budget)), months((1, hours + more, budget)))


@given(st.integers(0, 400), st.integers(0, 400))
def test_longer_ago_never_raises_the_points(ago: int, more: int) -> None:
    def qbr(days: int) -> Facts:
        return facts(qbrs=[Qbr("Q1", TODAY - days, "COMPLETED", True)])

    never_higher(weighted.days_since_qbr, qbr(ago), qbr(ago + more))
    never_higher(weighted.days_since_decision_maker_contact, qbr(ago), qbr(ago + more))


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 200))
def test_another_or_older_unpaid_invoice_never_raises_the_points(late: int, more: int, other: int) -> None:
    def unpaid(*days: int) -> Facts:
        return facts(invoices=[invoice(status="SENT", due=TODAY - day) for day in days])

    never_higher(weighted.payment_health, unpaid(late), unpaid(late + more))
    never_higher(weighted.payment_health, unpaid(late), unpaid(late, other))


@given(numbers, numbers.filter(bool), numbers)
def test_further_off_the_contract_never_raises_the_points(off: Any, contracted: Any, more: Any) -> None:
    def over(quantity: Any) -> Facts:
        return facts(reconciliations=[Reconciliation("R1", TODAY, contracted, contracted + quantity)])

    def under(quantity: Any) -> Facts:
        return facts(reconciliations=[Reconciliation("R1", TODAY, contracted, max(0, contracted - quantity))])

    never_higher(weighted.contract_utilization_variance, over(off), over(off + more))
    never_higher(weighted.contract_utilization_variance, under(off), under(off + more))


@given(st.integers(1, 200), st.integers(0, 400), st.integers(0, 100))
def test_fewer_employees_never_raise_the_points(before: int, now: int, fewer: int) -> None:
    def grown(employees: int) -> Facts:
        return facts(headcounts=[Headcount("H1", TODAY - 365, before), Headcount("H2", TODAY, employees)])

    never_higher(weighted.employee_growth, grown(now), grown(max(0, now - fewer)))
