"""POST /v1/records: what is taken, what wins, what is refused, and what it sets off."""

import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.api.errors import RequestError
from chalicelib.api.schemas.records import read_records
from chalicelib.domain.times import parse_instant
from tests.functional.examples import (
    FACT_TYPES,
    OPTIONAL,
    TYPES,
    account_manager,
    ago,
    client,
    fact,
    record,
    ticket,
)
from tests.functional.service import Answer, Record, Service

OLD, NEW = ago(days=2), ago(days=1)


def counts(answer: Answer) -> tuple[int, int, int, int]:
    """Status; accepted, unchanged, rejected."""
    return answer.status, answer.body["accepted"], answer.body["unchanged"], len(answer.body["rejected"])


def pointers(answer: Answer) -> list[tuple[int, list[str]]]:
    """Per rejected record its place and the pointers of its faults."""
    return [(each["index"], [fault["pointer"] for fault in each["errors"]]) for each in answer.body["rejected"]]


def stored_version(service: Service, record_type: str) -> Any:
    """What is stored as the record that `examples.record` makes."""
    if record_type == "client":
        body = service.http("GET", "/v1/clients/c1").body
        return {name: body[name] for name in ("name", "status", "industry")}
    if record_type == "account_manager":
        (item,) = [item for (_, sk), item in service.stored().items() if sk == "AM#m1"]
        return item["name"]["S"], item["email"]["S"]
    facts = service.facts("c1")
    return facts.tickets.rows() if record_type == "ticket" else getattr(facts, f"{record_type}s")


# ---- what is taken -------------------------------------------------------------------------------------------------


def test_all_types_at_once(service: Service) -> None:
    assert counts(service.records(*map(record, reversed(TYPES)))) == (200, 12, 0, 0)
    facts = service.facts("c1")
    assert [
        len(getattr(facts, f"{name}s").rows() if name == "ticket" else getattr(facts, f"{name}s"))
        for name in FACT_TYPES
    ] == [1] * 10


@pytest.mark.parametrize("record_type", TYPES)
@pytest.mark.parametrize("timed", [True, False], ids=["with updated_at", "without"])
def test_the_same_record_twice_changes_nothing(service: Service, record_type: str, timed: bool) -> None:
    sent = record(record_type, **OPTIONAL[record_type], **({"updated_at": OLD} if timed else {}))
    if record_type != "client":
        service.take(client())
    assert counts(service.records(sent)) == (200, 1, 0, 0)
    service.drain()
    before = service.stored()
    service.clock.advance(1)
    assert counts(service.records(sent)) == (200, 0, 1, 0)
    assert service.stored() == before
    assert service.queued() == (0, 0)


def test_facts_find_clients_of_the_same_batch(service: Service) -> None:
    assert counts(service.records(ticket("T1"), account_manager(), client())) == (200, 3, 0, 0)
    assert len(service.facts("c1").tickets.rows()) == 1


def test_identity_is_type_client_and_id(service: Service) -> None:
    sent = [client("c1"), client("c2"), fact("qbr", "X", "c1"), fact("qbr", "X", "c2"), fact("headcount", "X", "c1")]
    assert counts(service.records(*sent)) == (200, 5, 0, 0)


def test_a_record_of_an_unknown_client_is_rejected_alone(service: Service) -> None:
    service.tenant("other")
    service.take(client("c9"), tenant="other")
    answer = service.records(client(), ticket("T1"), ticket("T2", "c9"))
    assert counts(answer) == (207, 2, 0, 1)
    assert answer.body["rejected"] == [
        {"index": 2, "id": "T2", "errors": [{"pointer": "/client_id", "message": "There is no client c9."}]}
    ]


def test_none_taken_is_422(service: Service) -> None:
    assert counts(service.records(ticket("T1"), ticket("T#"))) == (422, 0, 0, 2)
    service.take(client())
    assert counts(service.records(client(), ticket("T#"))) == (207, 0, 1, 1), "what is unchanged is taken"


def test_tenants_do_not_see_each_other(service: Service) -> None:
    service.tenant("acme-2")
    service.take(client(name="Ours"), ticket("T1"))
    service.take(client(name="Theirs"), tenant="acme-2")
    assert service.http("GET", "/v1/clients/c1").body["name"] == "Ours"
    assert service.http("GET", "/v1/clients/c1", tenant="acme-2").body["name"] == "Theirs"
    assert service.facts("c1", "acme-2").tickets.rows() == []


def test_more_clients_than_a_page_holds(service: Service) -> None:
    service.skip_seats(60)
    clients = [f"c{number}" for number in range(8)]
    service.take(*map(client, clients))
    service.clock.advance(1)
    service.take(*(ticket(client_id=each) for each in clients))
    assert [len(service.facts(each).tickets.rows()) for each in clients] == [1] * 8
    assert [delivery.body["pages"] for delivery in service.drain()] == [[0], [1]]
    assert len(service.http("GET", "/v1/analytics/clients").body["clients"]) == 8


# ---- which version stands ------------------------------------------------------------------------------------------

VERSIONS: dict[str, tuple[Record, Record]] = {
    "client": ({"name": "One"}, {"name": "Two"}),
    "account_manager": ({"email": "a@example.com", "name": "Zoe"}, {"email": "b@example.com", "name": "Amy"}),
    "ticket": ({"priority": "P1"}, {"priority": "P4"}),
    "contract": ({"status": "ACTIVE"}, {"status": "EXPIRED"}),
    "invoice": ({"total": {"currency": "EUR", "amount": "5.00"}}, {"total": {"currency": "EUR", "amount": "7.00"}}),
    "survey": ({"score": 3}, {"score": 5}),
    "billable_month": ({"billable_hours": 1.5}, {"billable_hours": 2.25}),
    "qbr": ({"status": "CANCELLED"}, {"status": "COMPLETED"}),
    "touchpoint": ({"kind": "CALL"}, {"kind": "VISIT"}),
    "assessment": ({"standardization_score": 10}, {"standardization_score": 20}),
    "reconciliation": ({"used_quantity": 1}, {"used_quantity": 2}),
    "headcount": ({"employees": 10}, {"employees": 20}),
}
"""Two versions of a record."""


@pytest.mark.parametrize("record_type", TYPES)
def test_an_older_version_never_overwrites(service: Service, record_type: str) -> None:
    """The greater one is the older here, so that only the time can decide."""
    lesser, greater = VERSIONS[record_type]
    service.take(client("c1", updated_at=ago(days=9)))
    service.take(record(record_type, updated_at=NEW, **lesser))
    stands = stored_version(service, record_type)
    assert counts(service.records(record(record_type, updated_at=OLD, **greater))) == (200, 0, 1, 0)
    assert stored_version(service, record_type) == stands


@pytest.mark.parametrize("record_type", TYPES)
def test_a_newer_version_overwrites(service: Service, record_type: str) -> None:
    lesser, greater = VERSIONS[record_type]
    service.take(client("c1", updated_at=ago(days=9)))
    service.take(record(record_type, updated_at=OLD, **greater))
    before = stored_version(service, record_type)
    assert counts(service.records(record(record_type, updated_at=NEW, **lesser))) == (200, 1, 0, 0)
    assert stored_version(service, record_type) != before


@pytest.mark.parametrize("timed", [True, False], ids=["equal updated_at", "received in the same second"])
@pytest.mark.parametrize("record_type", TYPES)
def test_of_equal_times_the_later_received_stands(service: Service, record_type: str, timed: bool) -> None:
    """One, then the other, then the other again, then the one again."""
    time = {"updated_at": OLD} if timed else {}
    one, other = (record(record_type, **time, **fields) for fields in VERSIONS[record_type])
    service.take(client("c1", updated_at=ago(days=9)))
    service.take(one)
    first = stored_version(service, record_type)
    assert counts(service.records(other)) == (200, 1, 0, 0)
    second = stored_version(service, record_type)
    assert counts(service.records(other)) == (200, 0, 1, 0)
    assert stored_version(service, record_type) == second != first
    assert counts(service.records(one)) == (200, 1, 0, 0)
    assert stored_version(service, record_type) == first


@pytest.mark.parametrize("record_type", TYPES)
def test_times_count_to_the_microsecond(service: Service, record_type: str) -> None:
    one, other = (record(record_type, **fields) for fields in VERSIONS[record_type])
    service.take(client("c1", updated_at=ago(days=9)))
    service.take({**one, "updated_at": OLD.replace("Z", ".000002Z")})
    first = stored_version(service, record_type)
    assert counts(service.records({**other, "updated_at": OLD.replace("Z", ".0000019Z")})) == (200, 0, 1, 0)
    assert counts(service.records({**other, "updated_at": OLD})) == (200, 0, 1, 0)
    assert stored_version(service, record_type) == first
    assert counts(service.records({**other, "updated_at": OLD.replace("Z", ".000003Z")})) == (200, 1, 0, 0)
    assert stored_version(service, record_type) != first


@pytest.mark.parametrize("record_type", TYPES)
def test_of_several_versions_in_one_request_the_newest_counts(service: Service, record_type: str) -> None:
    one, other = (record(record_type, **fields) for fields in VERSIONS[record_type])
    service.take(client("c1", updated_at=ago(days=9)))
    sent = [{**one, "updated_at": NEW}, {**other, "updated_at": NEW}, {**one, "updated_at": OLD}]
    assert counts(service.records(*sent)) == (200, 1, 2, 0)
    newest = stored_version(service, record_type)
    assert counts(service.records({**other, "updated_at": NEW})) == (200, 0, 1, 0)
    assert counts(service.records({**one, "updated_at": NEW})) == (200, 1, 0, 0)
    assert stored_version(service, record_type) != newest


def test_of_several_versions_rejected_ones_take_no_part(service: Service) -> None:
    held = ticket("T1", updated_at=NEW)
    answer = service.records(
        client(updated_at=OLD),
        held,
        ticket("T1", updated_at=ago(hours=-1)),
        ticket("T1", "nobody", updated_at=ago(seconds=1)),
        ticket("T1", updated_at=OLD),
    )
    assert counts(answer) == (207, 2, 1, 2)
    assert pointers(answer) == [(2, ["/updated_at"]), (3, ["/client_id"])]
    (stands,) = service.facts("c1").tickets.rows()
    assert stands.id == "T1"


@pytest.mark.parametrize("record_type", TYPES)
def test_a_time_in_the_future_is_rejected(service: Service, record_type: str) -> None:
    service.take(client("c1", updated_at=ago(days=9)))
    answer = service.records(record(record_type, updated_at=ago(seconds=-301)))
    assert counts(answer) == (422, 0, 0, 1)
    message = "this is in the future: a local time sent as UTC?"
    assert answer.body["rejected"][0]["errors"] == [{"pointer": "/updated_at", "message": message}]
    assert counts(service.records(record(record_type, updated_at=ago(seconds=-300)))) == (200, 1, 0, 0)


@pytest.mark.parametrize("record_type", TYPES)
def test_a_version_without_time_counts_from_its_receipt(service: Service, record_type: str) -> None:
    lesser, greater = VERSIONS[record_type]
    service.take(client("c1", updated_at=ago(days=9)))
    service.take(record(record_type, updated_at=NEW, **greater))
    before = stored_version(service, record_type)
    assert counts(service.records(record(record_type, **lesser))) == (200, 1, 0, 0)
    stands = stored_version(service, record_type)
    assert stands != before
    service.clock.advance(60)
    assert counts(service.records(record(record_type, updated_at=ago(seconds=1), **greater))) == (200, 0, 1, 0)
    assert stored_version(service, record_type) == stands
    assert counts(service.records(record(record_type, updated_at=ago(seconds=-1), **greater))) == (200, 1, 0, 0)
    assert stored_version(service, record_type) == before


def test_a_version_without_time_is_never_older_than_what_is_held(service: Service) -> None:
    service.take(client(name="Ahead", updated_at=ago(seconds=-200)))
    assert counts(service.records(client(name="Now"))) == (200, 1, 0, 0)
    assert counts(service.records(client(name="Behind", updated_at=ago(seconds=-199)))) == (200, 0, 1, 0)
    assert service.http("GET", "/v1/clients/c1").body["name"] == "Now"


@pytest.mark.parametrize("record_type", FACT_TYPES)
def test_a_deleted_record_is_gone_until_a_newer_one_comes(service: Service, record_type: str) -> None:
    service.take(client(), record(record_type, updated_at=OLD))
    present = stored_version(service, record_type)
    assert len(present) == 1
    assert counts(service.records(record(record_type, updated_at=NEW, deleted=True))) == (200, 1, 0, 0)
    assert not stored_version(service, record_type)
    assert counts(service.records(record(record_type, updated_at=OLD))) == (200, 0, 1, 0)
    assert not stored_version(service, record_type)
    assert counts(service.records(record(record_type, updated_at=ago(hours=1)))) == (200, 1, 0, 0)
    assert stored_version(service, record_type) == present


@pytest.mark.parametrize("record_type", FACT_TYPES)
def test_a_deletion_that_comes_first_holds(service: Service, record_type: str) -> None:
    service.take(client(), record(record_type, updated_at=NEW, deleted=True))
    assert counts(service.records(record(record_type, updated_at=OLD))) == (200, 0, 1, 0)
    assert not stored_version(service, record_type)


@pytest.mark.parametrize("record_type", ["client", "account_manager"])
def test_clients_and_account_managers_are_never_deleted(service: Service, record_type: str) -> None:
    answer = service.records(record(record_type, deleted=True))
    assert (answer.status, pointers(answer)) == (422, [(0, ["/deleted"])])


OTHER_CREATION = {"the same quarter": ago(days=4), "another quarter": ago(days=200)}


@pytest.mark.parametrize(
    "created_at",
    [
        OTHER_CREATION["the same quarter"],
        OTHER_CREATION["another quarter"],
    ],
    ids=OTHER_CREATION,
)
def test_a_ticket_moves_to_another_creation(service: Service, created_at: str) -> None:
    service.take(client(), ticket("T1", updated_at=OLD))
    assert counts(service.records(ticket("T1", created_at=created_at, updated_at=NEW))) == (200, 1, 0, 0)
    (moved,) = service.facts("c1").tickets.rows()
    assert moved.created == parse_instant(created_at)


@pytest.mark.parametrize("created_at", OTHER_CREATION.values(), ids=OTHER_CREATION)
def test_a_deleted_ticket_may_be_sent_anew(service: Service, created_at: str) -> None:
    service.take(client(), ticket("T1", updated_at=OLD))
    service.take(ticket("T1", updated_at=NEW, deleted=True))
    service.take(ticket("T1", created_at=created_at, updated_at=ago(hours=1)))
    (anew,) = service.facts("c1").tickets.rows()
    assert anew.id == "T1"


def test_a_ticket_moves_to_another_client_by_deletion(service: Service) -> None:
    service.take(client("c1"), client("c2"), ticket("T1", updated_at=OLD))
    service.take(ticket("T1", updated_at=NEW, deleted=True))
    service.take(ticket("T1", "c2", updated_at=NEW))
    assert [len(service.facts(each).tickets.rows()) for each in ("c1", "c2")] == [0, 1]


# ---- what it sets off ----------------------------------------------------------------------------------------------


def triggers(service: Service, client_id: str = "c1") -> list[str]:
    items = service.http("GET", f"/v1/clients/{client_id}/history").body["items"]
    return [item["trigger"] for item in items]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([fact("qbr")], ["qbr_logged"]),
        ([fact("qbr", status="SCHEDULED")], []),
        ([fact("qbr", status="CANCELLED")], []),
        ([fact("qbr", deleted=True)], []),
        ([fact("touchpoint")], ["touchpoint_logged"]),
        ([fact("touchpoint", with_decision_maker=False)], ["touchpoint_logged"]),
        ([fact("reconciliation")], ["reconciliation_completed"]),
        ([fact("reconciliation"), fact("touchpoint"), fact("qbr")], ["qbr_logged"]),
        ([fact("reconciliation"), fact("touchpoint"), ticket()], ["touchpoint_logged"]),
        ([ticket(), fact("survey"), fact("invoice"), fact("headcount"), fact("assessment")], []),
    ],
)
def test_a_calculation_follows_some_records(service: Service, sent: list[Record], expected: list[str]) -> None:
    service.take(client())
    service.drain()
    assert service.records(*sent).status == 200
    service.drain()
    assert triggers(service) == expected


def test_triggers_of_several_requests_make_one_calculation(service: Service) -> None:
    service.records(client(), fact("reconciliation"))
    service.clock.advance(1)
    service.records(fact("touchpoint"))
    service.clock.advance(1)
    service.records(fact("qbr"))
    assert len(service.drain()) == 1
    assert triggers(service) == ["qbr_logged"]


def test_a_backfill_stores_no_calculation(service: Service) -> None:
    service.take(client(), fact("qbr"), fact("touchpoint"), fact("reconciliation"), backfill=True)
    assert len(service.drain()) == 1, "the rows are refreshed all the same"
    assert triggers(service) == []
    assert service.http("GET", "/v1/clients/c1").body["computed_at"] is not None


def test_what_changed_nothing_sets_nothing_off(service: Service) -> None:
    service.records(client(), fact("qbr", "Q1"))
    service.drain()
    service.records(fact("qbr", "Q1"))
    assert service.drain() == []
    service.records(fact("qbr", "Q1", status="CANCELLED"))
    service.drain()
    assert triggers(service) == ["qbr_logged"]


def test_a_scheduled_qbr_that_is_completed_sets_a_calculation_off(service: Service) -> None:
    service.records(client(), fact("qbr", "Q1", status="SCHEDULED"))
    service.drain()
    service.records(fact("qbr", "Q1", status="COMPLETED"))
    service.drain()
    assert triggers(service) == ["qbr_logged"]


def test_an_unscored_client_gets_no_calculation(service: Service) -> None:
    service.records(client(status="CHURNED"), fact("qbr"))
    service.drain()
    assert triggers(service) == []


def test_records_refresh_the_rows_of_their_clients_within_a_minute(service: Service) -> None:
    service.take(client("c1"), client("c2"))
    service.drain()
    before = service.http("GET", "/v1/clients/c1").body["computed_at"]
    service.clock.to("2026-11-22T13:00:00Z")
    service.records(*(ticket(due_at=ago(days=1)) for _ in range(3)))
    service.drain()
    page = {each["client_id"]: each for each in service.http("GET", "/v1/analytics/clients").body["clients"]}
    assert (page["c1"]["overdue_tickets"], page["c2"]["overdue_tickets"]) == (3, 0)
    computed = service.http("GET", "/v1/clients/c1").body["computed_at"]
    assert before < "2026-11-22T13:00:00Z" <= computed <= "2026-11-22T13:01:00Z"
    assert service.http("GET", "/v1/clients/c2").body["computed_at"] == before


def test_many_records_of_a_client_are_one_refresh(service: Service) -> None:
    service.take(client())
    service.drain()
    before = service.stored()["T#acme#P#0000", "NOW"]
    for part in range(5):
        service.clock.advance(4)
        assert service.records(*(ticket(f"T{part}-{number}") for number in range(100))).status == 200
    assert service.queued() == (1, 0)
    assert [delivery.body["reason"] for delivery in service.drain()] == ["refresh"]
    after = service.stored()["T#acme#P#0000", "NOW"]
    assert int(after["v"]["N"]) == int(before["v"]["N"]) + 1
    assert service.http("GET", "/v1/analytics/clients").body["clients"][0]["open_tickets"] == 500


def test_a_record_that_comes_when_the_refresh_is_due_gets_one_of_its_own(service: Service) -> None:
    service.take(client())
    service.clock.advance(28)
    service.take(ticket())
    assert service.queued() == (2, 0)


def test_a_source_that_was_ever_seen_stays_connected(service: Service) -> None:
    service.take(client(), fact("survey", "S1", deleted=True))
    signals = service.http("GET", "/v1/clients/c1/health").body["models"]["weighted"]["signals"]
    missing = {signal["id"]: signal["missing"] for signal in signals}
    assert (missing["csat_nps_trend"], missing["payment_health"]) == ("no_data", "not_connected")


@pytest.mark.parametrize(
    ("stored", "points"),
    [
        pytest.param([fact("invoice"), fact("survey")], 0, id="no ticket of anybody"),
        pytest.param([ticket(client_id="c2")], -20, id="a ticket of another client"),
        pytest.param([ticket(client_id="c2", deleted=True)], -20, id="a deleted ticket"),
        pytest.param([fact("survey"), ticket(client_id="c2")], -20, id="a survey, then a ticket"),
    ],
)
def test_the_first_ticket_connects_the_ticket_source_for_good(
    service: Service, stored: list[Record], points: int
) -> None:
    service.take(client(client_since="2024-01-01"), client("c2"))
    for each in stored:
        service.take(each)
    service.drain()
    factors = service.http("GET", "/v1/clients/c1/health").body["models"]["deduction"]["factors"]
    found = {factor["id"]: factor for factor in factors}["inactivity"]
    codes = [each["code"] for each in service.http("GET", "/v1/analytics/clients").body["risk_indicators"]]

    assert found["points"] == points
    assert (found["value"] is None) is (points == 0)
    assert ("no ticket source" in found["sentence"].lower()) is (points == 0)
    assert ("no_recent_activity" in codes) is (points != 0)
    assert "tickets" not in service.http("GET", "/v1/settings/health-score").body["connected_sources"]


# ---- bad input -----------------------------------------------------------------------------------------------------

NAN, INFINITY = float("nan"), float("inf")
LONG = "x" * 10_000

BAD: list[tuple[Record, str]] = [
    (fact("billable_month", billable_hours=NAN), "/billable_hours"),
    (fact("billable_month", billable_hours=INFINITY), "/billable_hours"),
    (fact("billable_month", budget_hours=-INFINITY), "/budget_hours"),
    (fact("billable_month", billable_hours=-0.25), "/billable_hours"),
    (fact("billable_month", billable_hours=1e300), "/billable_hours"),
    (fact("billable_month", billable_hours=10**50), "/billable_hours"),
    (fact("billable_month", billable_hours=0.1234567), "/billable_hours"),
    (fact("billable_month", month="0000-01"), "/month"),
    (fact("billable_month", month="2101-01"), "/month"),
    (fact("billable_month", month="2026-13"), "/month"),
    (fact("survey", score=NAN), "/score"),
    (fact("survey", score=4.5), "/score"),
    (fact("survey", score=0), "/score"),
    (fact("survey", score=6), "/score"),
    (fact("survey", kind="NPS", score=11), "/score"),
    (fact("survey", kind="NPS", score=-1), "/score"),
    (fact("survey", score=True), "/score"),
    (fact("headcount", employees=INFINITY), "/employees"),
    (fact("headcount", employees=-1), "/employees"),
    (fact("headcount", employees="12"), "/employees"),
    (fact("headcount", employees=1.5), "/employees"),
    (fact("assessment", standardization_score=NAN), "/standardization_score"),
    (fact("assessment", standardization_score=100.5), "/standardization_score"),
    (fact("assessment", standardization_score="70"), "/standardization_score"),
    (fact("reconciliation", contracted_quantity=-1), "/contracted_quantity"),
    (fact("reconciliation", used_quantity=None), "/used_quantity"),
    (fact("invoice", total={"currency": "EUR", "amount": "-5.00"}), "/total/amount"),
    (fact("invoice", total={"currency": "EUR", "amount": 5}), "/total/amount"),
    (fact("invoice", total={"currency": "EUR", "amount": "NaN"}), "/total/amount"),
    (fact("invoice", total={"currency": "EUR", "amount": "1e3"}), "/total/amount"),
    (fact("invoice", total={"currency": "EUR", "amount": "1.00001"}), "/total/amount"),
    (fact("invoice", total={"currency": "eur", "amount": "5.00"}), "/total/currency"),
    (fact("invoice", total={"currency": "EUR", "amount": "5.00", "vat": 1}), "/total/vat"),
    (fact("invoice", total="5.00"), "/total"),
    (fact("invoice", paid_total="1200.01"), "/paid_total"),
    (fact("invoice", paid_total="-1"), "/paid_total"),
    (fact("invoice", balance="1200.0001"), "/balance"),
    (fact("invoice", balance=5), "/balance"),
    (fact("invoice", balance={"currency": "EUR", "amount": "5.00"}), "/balance"),
    (fact("contract", renews="a b"), "/renews"),
    (fact("invoice", due_on="2026-02-30"), "/due_on"),
    (fact("invoice", issued_on="0000-01-01"), "/issued_on"),
    (fact("invoice", paid_on="2101-01-01"), "/paid_on"),
    (fact("invoice", paid_on="9999-12-31"), "/paid_on"),
    (fact("contract", end_date="9999-12-30"), "/end_date"),
    (fact("contract", start_date="1969-12-31"), "/start_date"),
    (fact("contract", status="active"), "/status"),
    (fact("ticket", created_at="0000-01-01T00:00:00Z"), "/created_at"),
    (fact("ticket", created_at="2101-01-01T00:00:00Z"), "/created_at"),
    (fact("ticket", created_at="2026-11-22"), "/created_at"),
    (fact("ticket", created_at="2026-11-22T10:00:00"), "/created_at"),
    (fact("ticket", created_at=1_700_000_000), "/created_at"),
    (fact("ticket", created_at=None), "/created_at"),
    (fact("ticket", due_at="soon"), "/due_at"),
    (fact("ticket", updated_at="2101-01-01T00:00:00Z"), "/updated_at"),
    (fact("ticket", priority="P6"), "/priority"),
    (fact("ticket", priority=1), "/priority"),
    (fact("ticket", deleted="yes"), "/deleted"),
    (fact("ticket", deleted=1), "/deleted"),
    (fact("ticket", colour="red"), "/colour"),
    ({**fact("ticket"), "a/b~c": 1}, "/a~1b~0c"),
    ({**fact("ticket"), "\ud800": 1}, ""),
    (fact("ticket", "T#1"), "/id"),
    (fact("ticket", ""), "/id"),
    (fact("ticket", "-T1"), "/id"),
    (fact("ticket", "T1\n"), "/id"),
    (fact("ticket", "T" * 65), "/id"),
    (fact("ticket", "T\ud800"), "/id"),
    ({**fact("ticket"), "id": 7}, "/id"),
    (fact("ticket", client_id="c#1"), "/client_id"),
    ({**fact("ticket"), "client_id": None}, "/client_id"),
    (fact("touchpoint", with_decision_maker="yes"), "/with_decision_maker"),
    (fact("touchpoint", with_decision_maker=None), "/with_decision_maker"),
    (fact("qbr", decision_maker_present=0), "/decision_maker_present"),
    (client("c2", name=""), "/name"),
    (client("c2", name="   "), "/name"),
    (client("c2", name=LONG), "/name"),
    (client("c2", name=5), "/name"),
    (client("c2", name="\ud800"), "/name"),
    (client("c2", status="GONE"), "/status"),
    (client("c2", archived="no"), "/archived"),
    (client("c2", industry=LONG), "/industry"),
    (client("c2", account_manager_id="a b"), "/account_manager_id"),
    (client("c2", client_since="yesterday"), "/client_since"),
    ({**client("c2"), "client_id": "c2"}, "/client_id"),
    (client("c#2"), "/id"),
    (account_manager(email="nobody"), "/email"),
    (account_manager(email=f"{LONG}@example.com"), "/email"),
    (account_manager(client_id="c1"), "/client_id"),
    ({**fact("ticket"), "type": "tocket"}, "/type"),
    ({**fact("ticket"), "type": ["ticket"]}, "/type"),
    ({"id": "T1"}, "/type"),
]


def test_a_credit_note_is_refused_with_what_to_do_instead(service: Service) -> None:
    answer = service.records(client(), fact("invoice", total={"currency": "EUR", "amount": "-5.00"}))

    assert counts(answer) == (207, 1, 0, 1)
    assert answer.body["rejected"][0]["errors"] == [
        {
            "pointer": "/total/amount",
            "message": "A credit note is not a record: lower the balance of the invoice it settles, or send that VOID.",
        }
    ]


def test_a_part_of_an_invoice_is_at_most_all_of_it(service: Service) -> None:
    total = {"currency": "EUR", "amount": "5.00"}
    sent = [fact("invoice", total=total, paid_total=part, balance=part) for part in ("0", "5", "4.9999")]

    assert counts(service.records(client(), *sent)) == (200, 4, 0, 0)
    assert [(held.paid_total, held.balance) for held in service.facts("c1").invoices] == [
        (0, 0),
        (50_000, 50_000),
        (49_999, 49_999),
    ]


@pytest.mark.parametrize(("bad", "pointer"), BAD, ids=lambda value: value if isinstance(value, str) else "")
def test_a_bad_record_is_refused_alone(service: Service, bad: Record, pointer: str) -> None:
    answer = service.records(client(), bad, ticket("T1"))
    assert counts(answer) == (207, 2, 0, 1)
    assert pointers(answer) == [(1, [pointer])]
    assert answer.body["rejected"][0]["id"] == (bad["id"] if isinstance(bad.get("id"), str) else None)
    assert len(service.facts("c1").tickets.rows()) == 1


@pytest.mark.parametrize("bad", ["ticket", 5, None, True, [], [["type", "ticket"]], {}])
def test_what_is_no_record_is_refused_alone(service: Service, bad: Any) -> None:
    answer = service.records(client(), bad)
    assert counts(answer) == (207, 1, 0, 1)
    assert answer.body["rejected"][0]["id"] is None


def test_all_faults_of_a_record_are_named(service: Service) -> None:
    answer = service.records(client("c1", name="", status="GONE", colour="red"))
    assert answer.status == 422
    assert sorted(pointers(answer)[0][1]) == ["/colour", "/name", "/status"]
    assert all(fault["message"] for fault in answer.body["rejected"][0]["errors"])


def test_all_bad_records_at_once_leave_the_good_ones(service: Service) -> None:
    mixed: list[Record] = [client()]
    for place, (bad, _) in enumerate(BAD):
        mixed += [bad, ticket(f"good-{place}")]
    answer = service.records(*mixed)
    assert counts(answer)[:2] == (207, 1 + len(BAD))
    assert len(service.facts("c1").tickets.rows()) == len(BAD)


def test_numbers_that_no_decimal_can_hold_are_faults_of_their_record(service: Service) -> None:
    body = json.dumps({"records": [client(), fact("billable_month", billable_hours=123.0)]})
    for number in ("1e99999999999999999999", "1e-99999999999999999999", "-1e999999999999", 5000 * "1"):
        answer = service.http("POST", "/v1/records", body.replace("123.0", number).encode())
        assert pointers(answer) == [(1, ["/billable_hours"])]


WHOLE: dict[str, tuple[bytes, int]] = {
    "broken JSON": (b'{"records": [', 400),
    "not UTF-8": (b'{"records": ["\xff"]}', 400),
    "nothing": (b"", 400),
    "too deep": (b"[" * 100_000, 400),
    "an array": (json.dumps([client()]).encode(), 400),
    "text": (b'"records"', 400),
    "no records": (b"{}", 400),
    "records of another type": (b'{"records": {}}', 400),
    "an empty list": (b'{"records": []}', 400),
    "501 records": (json.dumps({"records": [client(f"c{n}") for n in range(501)]}).encode(), 400),
    "an unknown field": (json.dumps({"records": [client()], "replace": True}).encode(), 400),
    "a backfill that is no flag": (json.dumps({"records": [client()], "backfill": "yes"}).encode(), 400),
    "2 MB": (json.dumps({"records": [client(), client("c2", name="x" * 2_000_000)]}).encode(), 413),
}


@pytest.mark.parametrize(("body", "status"), WHOLE.values(), ids=WHOLE)
def test_a_bad_body_is_refused_whole(service: Service, body: bytes, status: int) -> None:
    before = service.stored()
    answer = service.http("POST", "/v1/records", body)
    assert answer.status == answer.body["status"] == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "request_id"} == answer.body.keys()
    assert service.stored() == before
    assert service.queued() == (0, 0)


def test_five_hundred_records_are_taken(service: Service) -> None:
    assert counts(service.records(client(), *(ticket(f"T{number}") for number in range(499)))) == (200, 500, 0, 0)


# ---- anything at all -----------------------------------------------------------------------------------------------

FUZZ = settings(
    deadline=None,
    max_examples=60,
    database=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20)
    | st.sampled_from(["c1", "P1", "2026-11-01", "2026-11-01T10:00:00Z", "2026-10", "ACTIVE", "EUR", "9999-12-31"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    sorted({name for kind in TYPES for name in (*record(kind), *OPTIONAL[kind])} | {"type", "updated_at", "deleted"})
) | st.text(st.characters(exclude_categories=()), max_size=8)


@st.composite
def almost_records(draw: st.DrawFn) -> Any:
    """Records of every type, some fields of which hold anything."""
    kind = draw(st.sampled_from(TYPES))
    made = {**record(kind), **OPTIONAL[kind]}
    made |= draw(st.dictionaries(FIELDS, JSON, max_size=3))
    for name in draw(st.lists(st.sampled_from(sorted(made)), max_size=2)):
        made.pop(name, None)
    return made


BODIES = st.fixed_dictionaries({"records": st.lists(almost_records() | JSON, max_size=4)}, optional={"backfill": JSON})


@FUZZ
@given(body=BODIES | JSON)
@example(body={"records": [{"type": {}, "id": []}]})
def test_the_parser_answers_to_anything(body: Any) -> None:
    body = json.loads(json.dumps(body))
    try:
        valid, refused, backfill, *_ = read_records(body)
    except RequestError:
        return
    assert sorted([each.place for each in valid] + [each.place for each in refused]) == list(
        range(len(body["records"]))
    )
    assert all(each.faults for each in refused)
    assert isinstance(backfill, bool)


@FUZZ
@given(body=BODIES)
def test_the_route_answers_to_anything(service: Service, body: Any) -> None:
    answer = service.http("POST", "/v1/records", body)
    assert answer.status in {200, 207, 400, 422}
    if answer.status != 400:
        assert sum(counts(answer)[1:]) == len(body["records"])
