"""Model `deduction`: every threshold on both sides, and what moves a score which way."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.domain import deduction
from chalicelib.domain.deduction import (
    FACTORS,
    INDICATOR_LABELS,
    Activity,
    Standing,
    open_ticket_rows,
    risk_indicators,
    score,
    standing,
    status_of,
)
from chalicelib.domain.facts import NEVER, OPEN_ENDED, Facts, Instant, Invoice, Qbr, Ticket, Tickets
from chalicelib.domain.moment import PERIODS, Moment
from tests.unit.domain.builders import (
    AS_OF,
    DAY,
    HOUR,
    NEW_YORK,
    NOW,
    OFFICE,
    ROME,
    TODAY,
    contract,
    facts,
    invoice,
    ticket,
)

QUIET = Standing(0, 0, 0, 0, 0, False)
IDLE = Activity(0, 0, 0, 0)


def standing_of(known: Facts, moment: Moment = NOW, open_until: Any = "closed") -> Standing:
    return standing(known, open_ticket_rows(known.tickets, moment.as_of, open_until), moment, ticket_source=True)


def activity(known: Facts, moment: Moment, period: str) -> Activity:
    return dict(zip(PERIODS, deduction.activities(known, moment), strict=True))[period]


def points(activity: Activity = IDLE, **changes: Any) -> dict[str, int]:
    return dict(zip(FACTORS, score(activity, QUIET._replace(**changes)).points, strict=True))


# ---- ticket volume -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tickets", "previous", "expected", "percent", "direction"),
    [
        pytest.param(0, 0, 0, "0.0", "flat", id="nothing"),
        pytest.param(1, 0, -5, None, "up", id="from nothing: no percentage"),
        pytest.param(1000, 0, -5, None, "up", id="from nothing to many"),
        pytest.param(4, 4, 0, "0.0", "flat", id="flat"),
        pytest.param(3, 4, 0, "-25.0", "down", id="down"),
        pytest.param(0, 4, 0, "-100.0", "down", id="down to nothing"),
        pytest.param(101, 100, -5, "1.0", "up", id="up"),
        pytest.param(2, 1, -15, "100.0", "up", id="from one to two"),
        pytest.param(5, 4, -5, "25.0", "up", id="exactly 25 %"),
        pytest.param(125, 100, -5, "25.0", "up", id="exactly 25 % of many"),
        pytest.param(126, 100, -10, "26.0", "up", id="more than 25 %"),
        pytest.param(12501, 10000, -10, "25.0", "up", id="just more than 25 %, shown as 25.0"),
        pytest.param(6, 4, -10, "50.0", "up", id="exactly 50 %"),
        pytest.param(150, 100, -10, "50.0", "up", id="exactly 50 % of many"),
        pytest.param(151, 100, -15, "51.0", "up", id="more than 50 %"),
        pytest.param(15001, 10000, -15, "50.0", "up", id="just more than 50 %, shown as 50.0"),
        pytest.param(2, 3, 0, "-33.3", "down", id="a third down"),
        pytest.param(8, 7, -5, "14.3", "up", id="a seventh up"),
        pytest.param(2001, 2000, -5, "0.1", "up", id="half a tenth goes away from zero"),
        pytest.param(1999, 2000, 0, "-0.1", "down", id="half a tenth down goes away from zero"),
    ],
)
def test_ticket_volume(tickets: int, previous: int, expected: int, percent: str | None, direction: str) -> None:
    found = Activity(tickets, previous, 0, 0)

    assert points(found)["ticket_volume"] == expected
    assert found.percent_change == (None if percent is None else Decimal(percent))
    assert str(found.percent_change) == str(percent)
    assert found.direction == direction
    assert ("high_ticket_volume" in risk_indicators(found, QUIET)) is (expected == -15)


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        pytest.param(AS_OF, (0, 0), id="at as_of"),
        pytest.param(AS_OF - 1, (1, 0), id="just before as_of"),
        pytest.param(AS_OF - 30 * DAY, (1, 0), id="at the window's start"),
        pytest.param(AS_OF - 30 * DAY - 1, (0, 1), id="just before it"),
        pytest.param(AS_OF - 60 * DAY, (0, 1), id="at the previous window's start"),
        pytest.param(AS_OF - 60 * DAY - 1, (0, 0), id="just before that"),
    ],
)
def test_tickets_are_in_a_window_by_their_creation(created: int, expected: tuple[int, int]) -> None:
    found = activity(facts([ticket(created)]), NOW, "30d")

    assert (found.tickets, found.previous_tickets) == expected


def test_each_period_has_its_window() -> None:
    # GIVEN a ticket on each of 800 days
    known = facts([ticket(AS_OF - day * DAY) for day in range(1, 801)])

    found = {period: activity(known, NOW, period) for period in PERIODS}

    assert {period: (a.tickets, a.previous_tickets) for period, a in found.items()} == {
        "7d": (7, 7),
        "30d": (30, 30),
        "90d": (90, 90),
        "12m": (365, 365),
    }


# ---- first response ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "answered", "expected", "hours"),
    [
        pytest.param(0, 0, 0, None, id="none answered"),
        pytest.param(0, 3, 0, "0.00", id="at once"),
        pytest.param(4 * HOUR, 1, 0, "4.00", id="4 h"),
        pytest.param(4 * HOUR + 1, 1, -5, "4.00", id="over 4 h"),
        pytest.param(12 * HOUR, 3, 0, "4.00", id="a mean of 4 h"),
        pytest.param(12 * HOUR + 1, 3, -5, "4.00", id="a mean of over 4 h"),
        pytest.param(8 * HOUR, 1, -5, "8.00", id="8 h"),
        pytest.param(8 * HOUR + 1, 1, -10, "8.00", id="over 8 h"),
        pytest.param(24 * HOUR, 1, -10, "24.00", id="24 h"),
        pytest.param(24 * HOUR + 1, 1, -20, "24.00", id="over 24 h"),
        pytest.param(500 * HOUR, 1, -20, "500.00", id="weeks"),
        pytest.param(17, 1, 0, "0.00", id="below half a hundredth"),
        pytest.param(18, 1, 0, "0.01", id="half a hundredth"),
    ],
)
def test_first_response(seconds: int, answered: int, expected: int, hours: str | None) -> None:
    found = Activity(0, 0, answered, seconds)

    assert points(found)["first_response"] == expected
    assert str(found.response_hours) == str(hours)
    assert ("slow_response" in risk_indicators(found, QUIET)) is (expected <= -10)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        pytest.param(AS_OF - 1, (1, 2 * HOUR - 1), id="before as_of"),
        pytest.param(AS_OF, (0, 0), id="at as_of: not yet"),
        pytest.param(AS_OF + 1, (0, 0), id="after as_of"),
        pytest.param(NEVER, (0, 0), id="never"),
        pytest.param(AS_OF - 2 * HOUR, (1, 0), id="at creation"),
        pytest.param(AS_OF - 3 * HOUR, (1, 0), id="before creation: 0"),
    ],
)
def test_answered_is_before_as_of(response: int, expected: tuple[int, int]) -> None:
    found = activity(facts([ticket(AS_OF - 2 * HOUR, first_response=response)]), NOW, "7d")

    assert (found.answered, found.response_seconds) == expected


def test_the_mean_is_over_the_answered_tickets_of_the_window() -> None:
    # GIVEN one answered in 2 h, one before its creation, one unanswered, and one answered that is older
    created = AS_OF - 10 * HOUR
    known = facts(
        [
            ticket(created, id="T1", first_response=created + 2 * HOUR),
            ticket(created, id="T2", first_response=created - HOUR),
            ticket(created, id="T3"),
            ticket(AS_OF - 8 * DAY, id="T4", first_response=AS_OF - 7 * DAY),
        ]
    )

    found = activity(known, NOW, "7d")

    assert (found.tickets, found.answered, found.response_hours) == (3, 2, Decimal("1.00"))


def test_the_mean_of_a_window_that_is_answered_whole_takes_impossible_times_as_none() -> None:
    created = AS_OF - 10 * HOUR
    known = facts(
        [
            ticket(created, id="T1", first_response=created + 2 * HOUR),
            ticket(created, id="T2", first_response=created - 5 * HOUR),
        ]
    )

    assert activity(known, NOW, "7d")[:4] == (2, 0, 2, 2 * HOUR)


def test_business_hours_count_where_they_are_in_use() -> None:
    # GIVEN the service was asked on Friday at 16:00 and answered on Saturday at 12:00
    friday = AS_OF - 34 * HOUR
    known = facts([ticket(friday, first_response=friday + 20 * HOUR), ticket(friday, first_response=friday - HOUR)])

    assert activity(known, Moment.at(AS_OF, NOW.zone, OFFICE), "7d")[:4] == (2, 0, 2, HOUR)
    assert activity(known, NOW, "7d")[:4] == (2, 0, 2, 20 * HOUR)


# ---- open and overdue ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("closed", "resolved", "until_closed", "until_resolved"),
    [
        pytest.param(NEVER, NEVER, True, True, id="open"),
        pytest.param(AS_OF, NEVER, True, True, id="closed at as_of"),
        pytest.param(AS_OF - 1, NEVER, False, False, id="closed before as_of"),
        pytest.param(NEVER, AS_OF, True, True, id="resolved at as_of"),
        pytest.param(NEVER, AS_OF - 1, True, False, id="resolved before as_of"),
        pytest.param(AS_OF + 1, AS_OF - 1, True, False, id="resolved, closed later"),
        pytest.param(AS_OF - 3 * DAY, NEVER, False, False, id="closed before creation"),
    ],
)
def test_open_tickets(closed: int, resolved: int, until_closed: bool, until_resolved: bool) -> None:
    tickets = Tickets.of([ticket(AS_OF - DAY, closed=closed, resolved=resolved)])

    assert open_ticket_rows(tickets, AS_OF, "closed") == [0] * until_closed
    assert open_ticket_rows(tickets, AS_OF, "resolved") == [0] * until_resolved


@pytest.mark.parametrize(("created", "is_there"), [(AS_OF - 1, True), (AS_OF, False), (AS_OF + 1, False)])
def test_a_ticket_is_there_once_it_is_created(created: int, is_there: bool) -> None:
    found = standing_of(facts([ticket(created)]))

    assert found.open_tickets == is_there
    assert found.last_activity_days == (0 if is_there else None)


@pytest.mark.parametrize(
    ("count", "expected"), [(0, 0), (2, 0), (3, -5), (5, -5), (6, -10), (10, -10), (11, -15), (500, -15)]
)
def test_open_ticket_tiers(count: int, expected: int) -> None:
    assert points(open_tickets=count)["open_tickets"] == expected


@pytest.mark.parametrize(
    ("due", "closed", "overdue"),
    [
        pytest.param(AS_OF - 1, NEVER, 1, id="past due"),
        pytest.param(AS_OF, NEVER, 0, id="due at as_of"),
        pytest.param(NEVER, NEVER, 0, id="never due"),
        pytest.param(AS_OF - DAY, AS_OF - 1, 0, id="past due but closed"),
        pytest.param(AS_OF - 9 * DAY, NEVER, 1, id="due before creation"),
    ],
)
def test_overdue_tickets(due: int, closed: int, overdue: int) -> None:
    found = standing_of(facts([ticket(AS_OF - 2 * DAY, due=due, closed=closed)]))

    assert found.overdue_tickets == overdue
    assert points(overdue_tickets=overdue)["overdue_tickets"] == -5 * overdue
    assert ("overdue_tickets" in risk_indicators(IDLE, found)) is bool(overdue)


def test_overdue_is_uncapped() -> None:
    assert points(overdue_tickets=30)["overdue_tickets"] == -150


# ---- inactivity ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "expected"),
    [(None, 0), (0, 0), (30, 0), (31, -5), (60, -5), (61, -10), (90, -10), (91, -20), (4000, -20)],
)
def test_inactivity_tiers(days: int | None, expected: int) -> None:
    assert points(inactivity_days=days)["inactivity"] == expected
    quiet = QUIET._replace(inactivity_days=days)
    assert ("no_recent_activity" in risk_indicators(IDLE, quiet)) is (expected <= -10)


@pytest.mark.parametrize(
    ("created", "client_since", "last_activity", "inactivity"),
    [
        pytest.param([AS_OF - 1], TODAY - 50, 0, 0, id="today"),
        pytest.param([AS_OF - 2 * HOUR - 1], TODAY - 50, 1, 1, id="last night is yesterday"),
        pytest.param([AS_OF - 90 * DAY, AS_OF - 3 * DAY, AS_OF - 40 * DAY], None, 3, 3, id="the newest"),
        pytest.param([AS_OF], TODAY - 50, None, 50, id="only one to come: since the start"),
        pytest.param([], TODAY - 50, None, 50, id="no ticket: since the start"),
        pytest.param([], TODAY, None, 0, id="a client since today"),
        pytest.param([], None, None, None, id="unknown"),
    ],
)
def test_inactivity(
    created: list[int], client_since: int | None, last_activity: int | None, inactivity: int | None
) -> None:
    found = standing_of(facts(map(ticket, created), client_since=client_since))

    assert (found.last_activity_days, found.inactivity_days) == (last_activity, inactivity)


def test_without_a_ticket_source_nobody_is_inactive() -> None:
    # GIVEN a client of 91 days of a tenant that never sent a ticket
    known = facts(client_since=TODAY - 91)
    found = standing(known, [], NOW, ticket_source=False)

    assert (found.last_activity_days, found.inactivity_days) == (None, None)
    assert score(IDLE, found).score == 100
    assert risk_indicators(IDLE, found) == ()


# ---- contracts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "active", "expiring"),
    [
        pytest.param({}, 1, False, id="open-ended"),
        pytest.param({"end": OPEN_ENDED}, 1, False, id="open-ended by its date"),
        pytest.param({"status": "EXPIRED"}, 0, False, id="expired"),
        pytest.param({"status": "CANCELLED"}, 0, False, id="cancelled"),
        pytest.param({"status": "DRAFT"}, 0, False, id="draft"),
        pytest.param({"start": TODAY}, 1, False, id="starts today"),
        pytest.param({"start": TODAY + 1}, 0, False, id="starts tomorrow"),
        pytest.param({"end": TODAY - 1}, 0, False, id="ended yesterday"),
        pytest.param({"end": TODAY}, 1, True, id="ends today"),
        pytest.param({"end": TODAY + 30}, 1, True, id="ends in 30 days"),
        pytest.param({"end": TODAY + 31}, 1, False, id="ends in 31 days"),
        pytest.param({"end": TODAY + 10, "status": "DRAFT"}, 0, False, id="a draft that ends soon"),
        pytest.param({"start": TODAY + 1, "end": TODAY + 10}, 0, False, id="a future one that ends soon"),
    ],
)
def test_contracts(fields: dict[str, Any], active: int, expiring: bool) -> None:
    found = standing_of(facts(contracts=[contract(**fields)]))

    assert (found.active_contracts, found.contract_expiring) == (active, expiring)
    assert score(IDLE, found).points[-1] == 5 * active
    assert ("contract_expiring" in risk_indicators(IDLE, found)) is expiring


ENDING: Final = TODAY + 30


@pytest.mark.parametrize(
    ("other", "secured"),
    [
        pytest.param({"start": ENDING + 1, "end": ENDING + 366}, True, id="starts the day after"),
        pytest.param({"start": ENDING + 1}, True, id="starts the day after and never ends"),
        pytest.param({"start": ENDING}, False, id="starts the same day"),
        pytest.param({"start": ENDING + 2}, False, id="starts two days after"),
        pytest.param({"start": TODAY - 9, "renews": "K1"}, True, id="runs already, and names it"),
        pytest.param({"start": ENDING + 9, "renews": "K1"}, True, id="starts later, and names it"),
        pytest.param({"start": TODAY - 9, "end": ENDING + 1, "renews": "K1"}, True, id="ends a day later"),
        pytest.param({"start": TODAY - 9, "end": ENDING, "renews": "K1"}, False, id="ends the same day"),
        pytest.param({"start": TODAY - 9, "renews": "K0"}, False, id="names another"),
        pytest.param({"start": ENDING + 1, "status": "DRAFT"}, False, id="a draft"),
        pytest.param({"start": ENDING + 1, "renews": "K1", "status": "CANCELLED"}, False, id="cancelled"),
    ],
)
def test_a_contract_that_is_renewed_does_not_expire(other: dict[str, Any], secured: bool) -> None:
    both = [contract(end=ENDING), contract(**{"id": "K2", **other})]

    assert standing_of(facts(contracts=both)).contract_expiring is not secured
    assert standing_of(facts(contracts=both[::-1])).contract_expiring is not secured


def test_a_contract_does_not_renew_itself() -> None:
    assert standing_of(facts(contracts=[contract(end=ENDING, renews="K1")])).contract_expiring


@pytest.mark.parametrize(
    ("held", "cancelled"),
    [
        pytest.param([], False, id="none"),
        pytest.param([(1, "CANCELLED")], False, id="one"),
        pytest.param([(1, "CANCELLED"), (0, "CANCELLED")], True, id="two, one of them today"),
        pytest.param([(200, "CANCELLED"), (900, "CANCELLED")], True, id="however long ago"),
        pytest.param([(1, "CANCELLED"), (2, "COMPLETED"), (3, "CANCELLED")], False, id="one was held between"),
        pytest.param([(1, "COMPLETED"), (2, "CANCELLED"), (3, "CANCELLED")], False, id="one was held since"),
        pytest.param(
            [(1, "CANCELLED"), (2, "SCHEDULED"), (3, "CANCELLED")], True, id="what was forgotten says nothing"
        ),
        pytest.param([(1, "CANCELLED"), (-1, "CANCELLED")], False, id="tomorrow does not count"),
        pytest.param([(1, "CANCELLED"), (1, "COMPLETED"), (1, "CANCELLED")], False, id="of one day the ids decide"),
        pytest.param([(1, "COMPLETED"), (1, "CANCELLED"), (1, "CANCELLED")], True, id="of one day the highest ids"),
    ],
)
def test_qbrs_that_were_not_held(held: list[tuple[int, str]], cancelled: bool) -> None:
    qbrs = [Qbr(f"Q{number}", TODAY - age, status) for number, (age, status) in enumerate(held)]
    found = standing_of(facts(qbrs=qbrs[::-1]))

    assert found.qbrs_cancelled is cancelled
    assert ("qbrs_cancelled" in risk_indicators(IDLE, found)) is cancelled


def test_contracts_follow_the_local_date() -> None:
    # 02:00 UTC is still the day before in New York, where a contract that ended then is active
    ended = facts(contracts=[contract(end=TODAY - 1)])

    assert standing_of(ended, Moment.at(AS_OF, NEW_YORK)).active_contracts == 1
    assert standing_of(ended, Moment.at(AS_OF, ROME)).active_contracts == 0


def test_several_contracts_are_one_bonus() -> None:
    # GIVEN one that expires soon beside one that does not
    found = standing_of(facts(contracts=[contract(), contract(end=TODAY + 5), contract(status="DRAFT")]))

    assert (found.active_contracts, found.contract_expiring) == (2, True)
    assert score(IDLE, found).points[-1] == 5


# ---- revenue -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        pytest.param({}, True, id="paid"),
        pytest.param({"status": "PARTIAL"}, True, id="partly paid"),
        pytest.param({"status": "SENT"}, False, id="sent"),
        pytest.param({"status": "DRAFT"}, False, id="draft"),
        pytest.param({"status": "VOID"}, False, id="void"),
        pytest.param({"status": "DISPUTED"}, False, id="disputed"),
        pytest.param({"paid": TODAY + 40}, True, id="whenever it is paid"),
        pytest.param({"issued": TODAY}, True, id="issued today: its midnight is before as_of"),
        pytest.param({"issued": TODAY + 1}, False, id="issued tomorrow"),
        pytest.param({"issued": TODAY - 29}, True, id="issued on the first whole day"),
        pytest.param({"issued": TODAY - 30}, False, id="its midnight is before the window"),
    ],
)
def test_revenue(fields: dict[str, Any], counts: bool) -> None:
    found = activity(facts(invoices=[invoice(**fields)]), NOW, "30d")

    assert found.revenue == ((("EUR", 10_000),) if counts else ())


@pytest.mark.parametrize(
    ("fields", "amount"),
    [
        pytest.param({"status": "PARTIAL", "paid_total": 2_500}, 2_500, id="a part"),
        pytest.param({"status": "PARTIAL", "paid_total": 0}, 0, id="nothing yet"),
        pytest.param({"status": "PARTIAL", "balance": 2_500}, 10_000, id="only what is owed is said"),
        pytest.param({"status": "PAID", "paid_total": 9_999}, 9_999, id="paid less a discount"),
        pytest.param({"status": "SENT", "paid_total": 2_500}, None, id="sent"),
    ],
)
def test_revenue_is_what_was_paid_where_that_is_said(fields: dict[str, Any], amount: int | None) -> None:
    found = activity(facts(invoices=[invoice(**fields)]), NOW, "30d")

    assert found.revenue == (() if amount is None else (("EUR", amount),))


def test_revenue_is_never_summed_across_currencies() -> None:
    invoices = [invoice(currency=currency, amount=amount) for currency, amount in (("USD", 1), ("EUR", 2), ("USD", 4))]

    assert activity(facts(invoices=invoices), NOW, "7d").revenue == ()
    assert activity(facts(invoices=invoices), NOW, "30d").revenue == (("EUR", 2), ("USD", 5))


# ---- score, status, indicators -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "status"),
    [(100, "HEALTHY"), (70, "HEALTHY"), (69, "AT_RISK"), (40, "AT_RISK"), (39, "CRITICAL"), (0, "CRITICAL")],
)
def test_status(value: int, status: str) -> None:
    assert status_of(value) == status


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, 100, id="no sign of anything"),
        pytest.param({"active_contracts": 1}, 100, id="the bonus does not pass 100"),
        pytest.param({"active_contracts": 1, "open_tickets": 3}, 100, id="the bonus is added before clamping"),
        pytest.param({"active_contracts": 1, "open_tickets": 6}, 95, id="a loss and the bonus"),
        pytest.param({"overdue_tickets": 20}, 0, id="just 0"),
        pytest.param({"overdue_tickets": 21, "active_contracts": 1}, 0, id="0 with the bonus"),
        pytest.param({"overdue_tickets": 20, "active_contracts": 1}, 5, id="the bonus alone"),
        pytest.param({"overdue_tickets": 50, "active_contracts": 1}, 0, id="clamped once, after the bonus"),
    ],
)
def test_the_score_is_clamped_once(changes: dict[str, Any], expected: int) -> None:
    result = score(IDLE, QUIET._replace(**changes))

    assert result.score == expected
    assert result.status == status_of(expected)


def test_factors_add_up() -> None:
    # GIVEN every factor at its worst tier, and a contract
    found = score(Activity(16, 10, 1, 25 * HOUR), Standing(11, 4, 91, 91, 1, False))

    assert found.points == (-15, -20, -20, -15, -20, 5)
    assert (found.score, found.status) == (15, "CRITICAL")


def test_no_indicator_without_a_reason() -> None:
    assert risk_indicators(IDLE, QUIET) == ()


def test_indicators_are_in_the_order_of_the_panel() -> None:
    everything = Standing(5, 1, 61, 61, 1, contract_expiring=True, qbrs_cancelled=True)
    assert risk_indicators(Activity(16, 10, 1, 9 * HOUR), everything) == tuple(INDICATOR_LABELS)


# ---- properties ----------------------------------------------------------------------------------------

counts = st.integers(0, 40)
activities = st.builds(Activity, counts, counts, counts, st.integers(0, 400 * HOUR))
standings = st.builds(
    Standing, counts, counts, st.none(), st.none() | st.integers(0, 200), st.integers(0, 3), st.booleans()
)


@given(activities, standings)
def test_the_score_is_in_range_and_explained_by_its_points(found: Activity, held: Standing) -> None:
    result = score(found, held)

    assert 0 <= result.score <= 100
    assert result.score == max(0, min(100, 100 + sum(result.points)))
    assert all(lost <= 0 for lost in result.points[:-1])


@given(activities, standings, st.integers(1, 50))
def test_more_of_a_bad_thing_never_raises_the_score(found: Activity, held: Standing, more: int) -> None:
    before = score(found, held).score

    assert score(found, held._replace(open_tickets=held.open_tickets + more)).score <= before
    assert score(found, held._replace(overdue_tickets=held.overdue_tickets + more)).score <= before
    assert score(found, held._replace(inactivity_days=(held.inactivity_days or 0) + more)).score <= before
    assert score(found, held._replace(active_contracts=0)).score <= before
    if found.answered:
        slower = found._replace(response_seconds=found.response_seconds + more * HOUR)
        assert score(slower, held).score <= before
    if found.previous_tickets:  # from nothing there is no percentage, hence no higher tier
        assert score(found._replace(tickets=found.tickets + more), held).score <= before


instants = st.integers(AS_OF - 80 * DAY, AS_OF + 2 * DAY)
maybe = st.just(NEVER) | instants
tickets = st.lists(
    st.builds(Ticket, st.uuids().map(str), st.integers(1, 5), instants, maybe, maybe, maybe, maybe), max_size=12
)
invoices = st.lists(
    st.builds(
        Invoice,
        st.uuids().map(str),
        st.sampled_from(["PAID", "PARTIAL", "SENT"]),
        st.integers(TODAY - 80, TODAY + 2),
        st.just(TODAY),
        st.sampled_from(["EUR", "USD"]),
        st.integers(0, 10**9),
    ),
    max_size=8,
)


def evaluated(known: Facts) -> tuple[Any, ...]:
    return (standing_of(known), *(activity(known, NOW, period) for period in PERIODS))


@given(tickets, invoices, st.randoms(use_true_random=False))
def test_the_order_of_facts_is_irrelevant(held: list[Ticket], billed: list[Invoice], random: Any) -> None:
    known = facts(held, invoices=billed)
    random.shuffle(held)
    shuffled = replace(known, tickets=Tickets.of(held), invoices=random.sample(billed, len(billed)))

    assert evaluated(shuffled) == evaluated(known)


@given(tickets, st.sampled_from(["closed", "resolved"]))
def test_the_future_is_not_known(held: list[Ticket], open_until: str) -> None:
    # GIVEN the same tickets without whatever happens at as_of or later
    def known_by_then(instant: int) -> int:
        return instant if instant < AS_OF else NEVER

    past = [
        t._replace(
            first_response=Instant(known_by_then(t.first_response)),
            resolved=Instant(known_by_then(t.resolved)),
            closed=Instant(known_by_then(t.closed)),
            due=Instant(known_by_then(t.due)),
        )
        for t in held
        if t.created < AS_OF
    ]

    assert standing_of(facts(past), NOW, open_until) == standing_of(facts(held), NOW, open_until)
    assert evaluated(facts(past)) == evaluated(facts(held))


@given(tickets, tickets)
def test_more_overdue_tickets_never_raise_the_score(held: list[Ticket], added: Sequence[Ticket]) -> None:
    # Old enough to be in no window: new ones would end an inactivity, which is good.
    assume(held)
    oldest = min(t.created for t in held) - 900 * DAY
    more = [t._replace(created=oldest, closed=NEVER, due=AS_OF - 1, first_response=NEVER) for t in added]

    before, after = facts(held), facts([*held, *more])

    for period in PERIODS:
        lower = deduction.score(activity(after, NOW, period), standing_of(after)).score
        if standing_of(before).last_activity_days is not None:
            assert lower <= deduction.score(activity(before, NOW, period), standing_of(before)).score
