"""The path to a target at the boundaries of its rules: levers, ties, clamping, dates, and what is in nobody's hands."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import pytest

from chalicelib.domain.business_hours import BusinessHours
from chalicelib.domain.facts import (
    Assessment,
    BillableMonth,
    Contract,
    Facts,
    Headcount,
    Invoice,
    Qbr,
    Reconciliation,
    Survey,
    Ticket,
    Tickets,
    Touchpoint,
)
from chalicelib.domain.moment import Moment
from chalicelib.domain.plan.levers import EFFORT
from chalicelib.domain.plan.models import Rules, WeightedModel
from chalicelib.domain.plan.path import Plan, default_target, path_to
from chalicelib.domain.plan.search import cheapest
from chalicelib.domain.settings import REMEMBERED_SOURCES, Model, ScoringSettings
from chalicelib.domain.time_zones import ZoneInfo
from chalicelib.domain.times import format_day, parse_instant
from tests.unit.domain.builders import AS_OF, DAY, HOUR, NEW_YORK, NOW, TODAY, client, contract, invoice, ticket

EVERYTHING: Final = Facts(
    client(),
    surveys=[Survey(f"S{number}", "CSAT", 5, AS_OF - DAY * number) for number in range(1, 4)],
    billable_months=[BillableMonth("B1", NOW.month - 1, 100, 100)],
    qbrs=[Qbr("Q1", TODAY - 10, "COMPLETED")],
    touchpoints=[Touchpoint("P1", AS_OF - DAY, "CALL", decision_maker=True)],
    assessments=[Assessment("A1", TODAY - 10, 100)],
    invoices=[invoice()],
    reconciliations=[Reconciliation("R1", TODAY - 10, 100, 100)],
    headcounts=[Headcount("H1", TODAY - 365, 100), Headcount("H2", TODAY, 110)],
)
"""A client with 100 points for every signal."""

NO_HOURS: Final[dict[str, Any]] = {"billable_months": [BillableMonth("B1", NOW.month - 1, 200, 100)]}
"""20 points for 15 of 100 of the weight: 12 points lost that nobody gets back today."""


def path(
    target: int = 70,
    model: Model = "weighted",
    *,
    tickets: Sequence[Ticket] = (),
    scoring: ScoringSettings | None = None,
    connected: Sequence[str] = REMEMBERED_SOURCES,
    moment: Moment = NOW,
    hours: BusinessHours | None = None,
    **kinds: Any,
) -> Plan:
    facts = replace(EVERYTHING, tickets=Tickets.of(tickets), **kinds)
    return path_to(target, model, facts, Rules(connected, scoring or ScoringSettings()), moment, hours)


def done(plan: Plan) -> list[tuple[str, int, str]]:
    """Kind, pieces and gain of each action."""
    return [(action.kind, action.pieces, str(action.gain)) for action in plan.actions]


def urgent(number: int, age: int = DAY, **fields: Any) -> Ticket:
    return ticket(AS_OF - age, id=f"T{number}", priority=1, **fields)


def unpaid(number: int, overdue: int, **fields: Any) -> Invoice:
    return invoice(**{"id": f"I{number}", "status": "SENT", "due": TODAY - overdue, "issued": TODAY - 200, **fields})


OLD_QBR: Final[dict[str, Any]] = {"qbrs": [Qbr("Q1", TODAY - 200, "COMPLETED", decision_maker=True)]}
NO_CONTACT: Final[dict[str, Any]] = {**OLD_QBR, "touchpoints": []}
UNDER_USED: Final[dict[str, Any]] = {"reconciliations": [Reconciliation("R1", TODAY, 100, 50)]}

# ---- what is chosen ------------------------------------------------------------------------------------


def test_efforts_are_per_piece() -> None:
    assert EFFORT == {"call": 1, "close": 2, "collect": 2, "true_up": 3, "qbr": 4, "contract": 5}

    assert path(100, tickets=[urgent(1), urgent(2)], invoices=[unpaid(1, 10)]).effort == 6
    assert path(100, **NO_CONTACT).effort == 4
    assert path(100, touchpoints=[]).effort == 1
    assert path(100, **UNDER_USED).effort == 3


def test_a_client_who_is_there_needs_nothing() -> None:
    plan = path(100)

    assert (plan.score, plan.score_after, plan.best_score, plan.effort) == (100, 100, 100, 0)
    assert (plan.actions, plan.rounding, plan.reason) == ((), Decimal("0.0"), None)


def test_the_oldest_ticket_is_closed_for_the_penalty_is_its_own() -> None:
    # GIVEN two open ones, 40 points; the younger one alone would give 80, the older one 60
    plan = path(96, tickets=[urgent(1, age=DAY), urgent(2, age=8 * DAY)])

    assert (plan.score, plan.score_after) == (88, 96)
    assert [action.refs for action in plan.actions] == [("T2",)]
    assert plan.actions[0].sentence == "Close P1 ticket T2, open 8 days."


def test_a_count_that_moves_no_points_is_not_tried() -> None:
    # GIVEN five open ones, none old: 30 points, and so with four and three
    tickets = [urgent(number, age=DAY + number) for number in range(5)]
    facts = replace(EVERYTHING, tickets=Tickets.of(tickets))
    model = WeightedModel(facts, Rules(REMEMBERED_SOURCES, ScoringSettings()), NOW)

    assert {counts[0] for counts in model.combinations()} == {0, 3, 4, 5}
    assert done(path(87, tickets=tickets)) == [("close", 3, "6.0")]


def test_what_a_qbr_gives_counts_for_both_signals_and_a_call_takes_none_of_it() -> None:
    # GIVEN 9 of 10 and 8.5 of 10 points lost, and hours that cannot be helped
    plan = path(88, **NO_CONTACT, **NO_HOURS)

    assert plan.score == 71
    assert done(plan) == [("qbr", 1, "17.5")]
    assert plan.score_after == plan.best_score == 88


def test_of_equal_effort_fewer_pieces_are_chosen() -> None:
    # GIVEN a target that two tickets reach with 91, or the QBR with 88; the older ticket alone comes to 87
    plan = path(88, tickets=[urgent(1), urgent(2, age=8 * DAY)], **OLD_QBR)

    assert (plan.score, plan.score_after) == (79, 88)
    assert done(plan) == [("qbr", 1, "9.0")]


def test_of_equal_effort_and_pieces_the_higher_score_is_chosen() -> None:
    # GIVEN one ticket, which costs 4 points, and one invoice, which costs 5.5
    plan = path(94, tickets=[urgent(1)], invoices=[unpaid(1, 40)])

    assert done(plan) == [("collect", 1, "5.5")]


def test_of_equal_scores_too_the_table_of_levers_decides() -> None:
    # GIVEN one ticket and one invoice, which cost the same
    weights = (500, 1500, 1500, 1000, 1000, 1000, 400, 2600, 500)
    plan = path(99, tickets=[urgent(1)], invoices=[unpaid(1, 10)], scoring=ScoringSettings(weights=weights))

    assert (plan.score, plan.best_score) == (98, 100)
    assert done(plan) == [("close", 1, "1.0")]


def test_gains_are_listed_from_the_largest_alone() -> None:
    plan = path(100, tickets=[urgent(1)], invoices=[unpaid(1, 40)], **UNDER_USED)

    assert done(plan) == [("collect", 1, "5.5"), ("close", 1, "4.0"), ("true_up", 1, "3.5")]
    assert plan.rounding == Decimal("0.0")


@pytest.mark.parametrize(("weight", "best", "reason"), [(3_814, 69, "out_of_reach"), (3_812, 70, None)])
def test_the_rounded_score_reaches_the_target(weight: int, best: int, reason: str | None) -> None:
    # GIVEN hours of a weight that makes the best exact score 69.488 or 69.504
    scoring = ScoringSettings(weights=(10_000 - weight, 0, weight, 0, 0, 0, 0, 0, 0))
    plan = path(70, tickets=[urgent(1)], scoring=scoring, **NO_HOURS)

    assert (plan.best_score, plan.reason) == (best, reason)


def test_an_action_that_shows_no_gain_stays_if_the_target_needs_it() -> None:
    # GIVEN an exact score of 69.470, which a call of little weight makes 69.504
    scoring = ScoringSettings(weights=(6_184, 0, 3_812, 0, 4, 0, 0, 0, 0))
    plan = path(70, scoring=scoring, touchpoints=[], **NO_HOURS)

    assert done(plan) == [("call", 1, "0.0")]
    assert (plan.score, plan.score_after, plan.rounding) == (69, 70, Decimal("1.0"))


# ---- levers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "facts"),
    [
        ("psa", {"tickets": [urgent(1)]}),
        ("accounting", {"invoices": [unpaid(1, 10)]}),
        ("touchpoints", {"touchpoints": []}),
        ("qbr", OLD_QBR),
        ("reconciliation", UNDER_USED),
    ],
)
def test_only_connected_sources_have_levers(source: str, facts: dict[str, Any]) -> None:
    without = [each for each in REMEMBERED_SOURCES if each != source]
    neutral = ScoringSettings(missing_signals="neutral_50")

    assert path(100, **facts).actions
    assert path(100, connected=without, **facts).actions == ()
    assert (
        path(100, connected=without, scoring=neutral, **facts).best_score
        == path(100, connected=without, scoring=neutral, **facts).score
    )


def test_where_touchpoints_are_not_connected_a_qbr_counts_once() -> None:
    without = [each for each in REMEMBERED_SOURCES if each != "touchpoints"]

    assert done(path(100, connected=without, **NO_CONTACT)) == [("qbr", 1, "10.0")]


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "DRAFT"},
        {"status": "VOID"},
        {"status": "DISPUTED"},
        {"balance": 0},
        {"amount": 0},
        {"issued": TODAY + 1},
        {"overdue": 0},
    ],
)
def test_what_costs_nothing_is_not_collected(fields: dict[str, Any]) -> None:
    taken = unpaid(1, 20)
    other = unpaid(0, **{"overdue": 90, **fields})

    assert path(100, invoices=[taken]).actions[0].refs == ("I1",)
    assert [action.refs for action in path(100, invoices=[other, taken]).actions] == [("I1",)]


def test_invoices_are_collected_as_they_were_due_and_of_one_day_by_id() -> None:
    invoices = [unpaid(3, 95), unpaid(2, 95, status="PARTIAL"), unpaid(1, 31), unpaid(4, 1), unpaid(5, -1)]

    assert path(95, invoices=invoices).actions[0].refs == ("I2", "I3")
    assert path(98, invoices=invoices).actions[0].refs == ("I2", "I3", "I1")
    assert path(100, invoices=invoices).actions[0].refs == ("I2", "I3", "I1", "I4")
    assert path(98, invoices=invoices).actions[0].sentence == (
        "Collect the 3 oldest unpaid invoices, the first of them 95 days past due."
    )


def test_an_invoice_that_is_said_to_be_paid_later_is_in_nobodys_hands() -> None:
    later = unpaid(1, 10, status="PAID", paid=TODAY + 3)
    plan = path(100, invoices=[later, unpaid(2, 40)])

    assert (plan.score, plan.best_score, plan.reason) == (95, 98, "out_of_reach")
    assert [(each.id, each.changes_on) for each in plan.not_in_hand] == [("payment_health", TODAY + 3)]
    assert path(97, invoices=[later, unpaid(2, 40)]).actions[0].refs == ("I2",)


def test_a_true_up_contracts_what_is_used_and_makes_a_missing_signal_count() -> None:
    nothing_contracted: dict[str, Any] = {"reconciliations": [Reconciliation("R1", TODAY, 0, 50)]}
    plan = path(90, **nothing_contracted, **NO_HOURS)

    assert plan.score == 87
    assert done(path(88, **nothing_contracted, **NO_HOURS)) == [("true_up", 1, "0.6")]
    assert plan.best_score == 88
    assert path(100, **UNDER_USED).actions[0].sentence == "True up the contract: 50 are in use, 100 are contracted."


def test_a_true_up_stands_against_the_reconciliations_of_today() -> None:
    today = [Reconciliation("zzzz", TODAY, 100, 50), Reconciliation("a", TODAY - 1, 100, 70)]

    assert path(100, reconciliations=today).score_after == 100


@pytest.mark.parametrize("used", [0, None])
def test_where_nothing_is_used_there_is_no_true_up(used: int | None) -> None:
    held = [] if used is None else [Reconciliation("R1", TODAY, 100, used)]
    plan = path(100, reconciliations=held)

    assert plan.actions == ()
    assert [each.id for each in plan.not_in_hand] == ([] if used is None else ["contract_utilization_variance"])


@pytest.mark.parametrize(("setting", "closed"), [("closed", ("T2", "T1")), ("resolved", ("T1",))])
def test_a_resolved_ticket_is_closed_where_it_counts_as_open(setting: Any, closed: tuple[str, ...]) -> None:
    tickets = [urgent(1), urgent(2, age=2 * DAY, resolved=AS_OF - HOUR)]
    scoring = ScoringSettings(ticket_open_until=setting)

    assert path(100, tickets=tickets, scoring=scoring).actions[0].refs == closed
    assert path(100, tickets=tickets, scoring=scoring).score_after == 100


def test_at_midnight_a_call_a_second_ago_was_yesterday_and_counts() -> None:
    midnight = Moment.at(parse_instant("2026-11-22T05:00:00Z"), NEW_YORK)

    assert midnight.today == TODAY
    assert path(100, touchpoints=[], moment=midnight).score_after == 100


def test_a_bound_holds_for_the_most_levers_with_the_most_steps() -> None:
    tickets = [urgent(number, age=9 * DAY if number < 3 else DAY + number) for number in range(40)]
    invoices = [unpaid(number, number) for number in range(120)]
    facts = replace(EVERYTHING, tickets=Tickets.of(tickets), **UNDER_USED, invoices=invoices, **NO_CONTACT)
    model = WeightedModel(facts, Rules(REMEMBERED_SOURCES, ScoringSettings()), NOW)

    assert 150 < len(list(model.combinations())) <= 500
    assert cheapest(model, 100).best_score == 100


# ---- the other model -----------------------------------------------------------------------------------


def overdue(number: int, **fields: Any) -> Ticket:
    return ticket(AS_OF - 40 * DAY + number, id=f"T{number}", due=AS_OF - number - 1, **fields)


def test_the_tickets_are_closed_that_were_due_first_then_the_oldest_of_the_others() -> None:
    # GIVEN 2 overdue and 4 other open tickets: −10 −10 and no contract, created 40 days ago: −5
    others = [ticket(AS_OF - 40 * DAY + number, id=f"T{number}") for number in range(3, 7)]
    tickets = [overdue(1), overdue(2), *others]

    assert path(75, "deduction", tickets=tickets).score == 75
    assert path(80, "deduction", tickets=tickets).actions[0].refs == ("T2",)
    plan = path(95, "deduction", tickets=tickets)
    assert [action.refs for action in plan.actions] == [("T2", "T1"), ("T3", "T4")]
    assert done(plan) == [("close", 2, "15.0"), ("close", 2, "5.0")]
    assert plan.actions[1].sentence == "Close the 2 oldest open tickets that are not overdue."
    assert done(path(100, "deduction", tickets=tickets))[-1] == ("contract", 1, "5.0")


def test_below_zero_the_first_tickets_show_no_gain_and_count_nevertheless() -> None:
    # GIVEN 24 overdue tickets: 100 − 120 − 15 − 5, far below 0
    tickets = [overdue(number) for number in range(24)]

    assert path(10, "deduction", tickets=tickets).score == 0
    assert done(path(10, "deduction", tickets=tickets)) == [("close", 10, "10.0")]
    assert done(path(100, "deduction", tickets=tickets)) == [("close", 24, "95.0"), ("contract", 1, "5.0")]


def test_a_contract_is_a_lever_where_none_is_active() -> None:
    old = [ticket(AS_OF - 40 * DAY)]

    assert done(path(100, "deduction", tickets=old)) == [("contract", 1, "5.0")]
    assert path(100, "deduction", tickets=old, contracts=[Contract("K", "ACTIVE", TODAY + 1)]).actions
    plan = path(100, "deduction", tickets=[*old, overdue(1)], contracts=[contract()])
    assert [action.kind for action in plan.actions] == ["close"]


def test_what_comes_in_is_in_nobodys_hands() -> None:
    slow = ticket(AS_OF - DAY, closed=AS_OF - HOUR, first_response=AS_OF - HOUR)
    plan = path(95, "deduction", tickets=[slow], contracts=[contract()])

    assert plan.reason == "out_of_reach"
    assert [each.id for each in plan.not_in_hand] == ["ticket_volume", "first_response"]
    gone = path(90, "deduction", tickets=[ticket(AS_OF - 100 * DAY, closed=AS_OF - DAY)])
    assert [each.id for each in gone.not_in_hand] == ["inactivity"]


# ---- out of reach, and no score ------------------------------------------------------------------------


def test_outcomes_are_listed_and_never_actions() -> None:
    plan = path(
        100,
        **NO_HOURS,
        surveys=[Survey(f"S{number}", "CSAT", 1, AS_OF - DAY) for number in range(3)],
        assessments=[Assessment("A1", TODAY, 50)],
        headcounts=[Headcount("H1", TODAY - 365, 100), Headcount("H2", TODAY, 50)],
    )

    assert (plan.reason, plan.actions, plan.score_after, plan.effort) == ("out_of_reach", (), None, None)
    assert plan.best_score == plan.score
    assert {each.id: each.changes_on and format_day(each.changes_on) for each in plan.not_in_hand} == {
        "csat_nps_trend": None,
        "billable_utilization": "2026-12-01",
        "stack_standardization": None,
        "employee_growth": None,
    }


@pytest.mark.parametrize(("missing", "listed"), [("redistribute", []), ("neutral_50", ["stack_standardization"])])
def test_a_missing_signal_costs_only_where_it_counts_as_50(missing: Any, listed: list[str]) -> None:
    scoring = ScoringSettings(missing_signals=missing)
    plan = path(100, assessments=[], scoring=scoring)

    assert [each.id for each in plan.not_in_hand] == listed
    without = [source for source in REMEMBERED_SOURCES if source != "assessments"]
    assert path(100, assessments=[], scoring=scoring, connected=without).not_in_hand == ()


def test_without_a_score_there_is_no_path_but_the_sources_of_one() -> None:
    plan = path(70, connected=["qbr", "touchpoints", "accounting"], **OLD_QBR)

    assert (plan.score, plan.best_score, plan.score_after, plan.reason) == (None, None, None, "insufficient_data")
    assert (plan.actions, plan.holds) == ((), None)
    assert [each.id for each in plan.not_in_hand] == ["psa", "assessments", "reconciliation", "headcount"]
    assert plan.not_in_hand[0].sentence == (
        "Connect psa: it brings up to 50% of the weight; 30% are covered, a score needs at least 40%."
    )


def test_the_default_target_is_healthy() -> None:
    scoring = ScoringSettings(green_threshold=81)

    assert (default_target("weighted", scoring), default_target("deduction", scoring)) == (81, 70)


# ---- until when it holds -------------------------------------------------------------------------------


def test_it_holds_until_the_next_invoice_falls_due() -> None:
    invoices = [unpaid(1, 10), unpaid(2, -20)]

    assert done(path(99, invoices=invoices)) == [("collect", 1, "2.5")]
    assert path(99, invoices=invoices).holds == (TODAY + 21, ("payment_health",))


def test_what_lasts_longer_than_is_looked_ahead_has_no_date() -> None:
    lasting: dict[str, Any] = {"qbrs": [Qbr("Q1", TODAY, "COMPLETED", decision_maker=True)], "touchpoints": []}

    assert path(60, **lasting).holds is None
    # 90 days after the QBR its points fall, 31 days after it those of the contact
    assert path(100, **lasting).holds == (TODAY + 31, ("days_since_decision_maker_contact",))


def test_a_score_that_ends_for_want_of_data_holds_no_longer() -> None:
    # GIVEN an assessment of 365 days ago with half of the weight, which counts for the last day
    weights = (0, 0, 0, 3000, 0, 7000, 0, 0, 0)
    plan = path(
        90,
        assessments=[Assessment("A1", TODAY - 365, 100)],
        scoring=ScoringSettings(weights=weights),
        connected=["qbr", "assessments"],
    )

    assert plan.holds == (TODAY + 1, ("stack_standardization",))


@pytest.mark.parametrize(
    ("zone", "as_of", "first"),
    [
        ("America/New_York", "2026-10-31T12:00:00Z", "2026-11-01"),
        ("America/New_York", "2026-10-31T23:59:59Z", "2026-11-01"),
        ("America/Havana", "2027-03-13T12:00:00Z", "2027-03-14"),
        ("Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-31"),
        ("Pacific/Kiritimati", "2026-10-31T10:00:00Z", "2026-11-02"),
    ],
)
def test_the_day_is_the_tenants_own(zone: str, as_of: str, first: str) -> None:
    # GIVEN an assessment that counts for the last time today
    moment = Moment.at(parse_instant(as_of), ZoneInfo(zone))
    scoring = ScoringSettings(weights=(0, 0, 0, 0, 0, 10_000, 0, 0, 0))
    plan = path(50, assessments=[Assessment("A1", moment.today - 365, 80)], scoring=scoring, moment=moment)

    assert plan.holds is not None
    assert format_day(plan.holds.date) == first


def test_a_ticket_falls_due_while_nobody_looks() -> None:
    due = ticket(AS_OF - DAY, due=AS_OF + 3 * DAY, first_response=AS_OF - DAY)
    plan = path(100, "deduction", tickets=[due, ticket(AS_OF - 40 * DAY, id="T0", closed=AS_OF - 39 * DAY)])

    assert plan.score == 100
    assert plan.holds == (TODAY + 4, ("overdue_tickets",))
