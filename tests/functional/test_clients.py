"""GET and PUT /v1/clients/{id}."""

from typing import Any

import pytest

from tests.functional.examples import OPTIONAL, ago, client, fact, ticket
from tests.functional.service import Record, Service

WHOLE = {"name": "Whole", "status": "AT_RISK", **OPTIONAL["client"]}


def replacement(**fields: Any) -> Record:
    return {"name": "One", "status": "ACTIVE", **fields}


def test_a_record_with_its_score(service: Service) -> None:
    service.take({**client(), **WHOLE}, fact("contract"), ticket(due_at=ago(days=1)))
    not_yet = service.http("GET", "/v1/clients/c1")
    record = {
        "client_id": "c1",
        **WHOLE,
        "monthly_recurring_revenue": {"currency": "EUR", "amount": "1500.50"},
        "at_risk_since": None,
    }
    nothing = {"score": None, "band": None, "provisional": False, "computed_at": None}
    assert (not_yet.status, not_yet.body) == (200, {**record, "model": "deduction", **nothing})
    service.drain()
    found = service.http("GET", "/v1/clients/c1").body
    assert found == {
        **record,
        "model": "deduction",
        "score": 95,
        "band": "HEALTHY",
        "provisional": False,
        "computed_at": "2026-11-22T12:00:30Z",
    }


def test_absent_fields_are_null(service: Service) -> None:
    service.take(client())
    found = service.http("GET", "/v1/clients/c1").body
    names = ("industry", "account_manager_id", "client_since", "monthly_recurring_revenue", "at_risk_since")
    assert [found[name] for name in names] == [None] * 5
    assert found["archived"] is False


def test_the_score_is_that_of_the_primary_model(service: Service) -> None:
    service.take(client(), *(fact(kind) for kind in ("ticket", "survey", "qbr", "touchpoint", "assessment", "invoice")))
    service.drain()
    found = service.http("GET", "/v1/clients/c1").body
    assert (found["model"], found["band"], found["provisional"]) == ("weighted", "GREEN", True)
    service.take(fact("billable_month", budget_hours=40))
    service.drain()
    found = service.http("GET", "/v1/clients/c1").body
    assert (found["model"], found["provisional"]) == ("weighted", False)


def test_an_unscored_client_has_no_score(service: Service) -> None:
    service.take(client(status="CHURNED"))
    service.drain()
    found = service.http("GET", "/v1/clients/c1").body
    assert (found["status"], found["score"], found["band"], found["computed_at"]) == ("CHURNED", None, None, None)


def test_a_put_replaces_the_record_whole(service: Service) -> None:
    service.take({**client(), **WHOLE})
    answer = service.http("PUT", "/v1/clients/c1", replacement(industry="Legal"))
    assert answer.status == 200
    fields = ("name", "status", "industry", "account_manager_id", "client_since", "monthly_recurring_revenue")
    assert [answer.body[name] for name in fields] == ["One", "ACTIVE", "Legal", None, None, None]
    assert service.http("GET", "/v1/clients/c1").body == answer.body


def test_a_put_refreshes_the_row(service: Service) -> None:
    service.take(client())
    service.drain()
    service.http("PUT", "/v1/clients/c1", replacement(status="CHURNED"))
    assert len(service.drain()) == 1
    assert service.http("GET", "/v1/analytics/clients").body["clients"] == []


def test_a_put_counts_from_now_for_records_that_follow(service: Service) -> None:
    service.take(client(updated_at=ago(days=1)))
    service.http("PUT", "/v1/clients/c1", replacement(name="By hand"))
    service.take(client(name="Late", updated_at=ago(hours=1)))
    assert service.http("GET", "/v1/clients/c1").body["name"] == "By hand"
    service.clock.advance(1)
    service.take(client(name="After"))
    assert service.http("GET", "/v1/clients/c1").body["name"] == "After"


def test_a_put_replaces_also_what_came_from_the_future(service: Service) -> None:
    service.take(client(updated_at=ago(seconds=-200)))
    service.http("PUT", "/v1/clients/c1", replacement(name="By hand"))
    assert service.http("GET", "/v1/clients/c1").body["name"] == "By hand"


def test_the_same_put_twice_is_the_same(service: Service) -> None:
    service.take(client())
    first = service.http("PUT", "/v1/clients/c1", replacement())
    assert service.http("PUT", "/v1/clients/c1", replacement()) == first


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"name": "One"}, ["/status"]),
        (replacement(name=""), ["/name"]),
        (replacement(name=5, status="GONE", colour="red"), ["/colour", "/name", "/status"]),
        (replacement(id="c1"), ["/id"]),
        (replacement(client_id="c1"), ["/client_id"]),
        (replacement(updated_at=ago(days=1)), ["/updated_at"]),
        (replacement(at_risk_since=ago(days=1)), ["/at_risk_since"]),
        (replacement(client_since="2101-01-01"), ["/client_since"]),
        (
            replacement(monthly_recurring_revenue={"currency": "EUR", "amount": "-1"}),
            ["/monthly_recurring_revenue/amount"],
        ),
        ({}, ["/name", "/status"]),
    ],
)
def test_all_faults_of_a_put_are_named(service: Service, body: Record, pointers: list[str]) -> None:
    service.take(client())
    before = service.stored()
    answer = service.http("PUT", "/v1/clients/c1", body)
    assert answer.status == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert sorted(fault["pointer"] for fault in answer.body["errors"]) == pointers
    assert service.stored() == before


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"c1"'])
def test_a_put_that_is_no_object(service: Service, body: bytes) -> None:
    service.take(client())
    assert service.http("PUT", "/v1/clients/c1", body).status == 400


def test_the_flag_may_be_sent_as_null(service: Service) -> None:
    service.take(client())
    answer = service.http("PUT", "/v1/clients/c1", replacement(at_risk_since=None))
    assert (answer.status, answer.body["at_risk_since"]) == (200, None)


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_unknown_clients(service: Service, method: str) -> None:
    """One that does not exist, one of another tenant and one that cannot exist: a put creates none."""
    service.tenant("other")
    service.take(client("theirs"), tenant="other")
    answers = {}
    for client_id in ("nobody", "theirs"):
        answer = service.http(method, f"/v1/clients/{client_id}", replacement() if method == "PUT" else None)
        assert answer.status == 404
        answers[client_id] = repr(answer).replace(client_id, "…")
    assert answers["nobody"] == answers["theirs"]
    assert service.http(method, "/v1/clients/c%231", replacement()).status == 404
    assert service.http("GET", "/v1/clients/theirs", tenant="other").body["name"] == "Client theirs"
