"""What a service lead asks for: workload, incomplete records, reassigning, filters and counts."""

from typing import Any

import pytest

from tests.functional.examples import account_manager, client, days_ago, fact
from tests.functional.service import Service
from tests.functional.support import STACK, change, counting, faults, night, put, reads, settings, standardized


@pytest.fixture
def fleet(service: Service) -> Service:
    """Two account managers, one with two clients, and a client of nobody; the low scores alert and get tasks."""
    version = change(service, **STACK, primary_model="weighted")
    put(service, "workflows", {**settings(service, "workflows"), "at_risk_alert": {"enabled": True}}, version)
    service.take(account_manager("m1"), account_manager("m2", name="Grace Hopper"))
    revenue = {"currency": "EUR", "amount": "1500.50"}
    for name, manager, points in (("c1", "m1", 20), ("c2", "m1", 90), ("c3", None, 30)):
        fields: dict[str, Any] = {"account_manager_id": manager, "monthly_recurring_revenue": revenue}
        service.take(*standardized(name, points, **fields))
    night(service, "2026-11-23")
    service.publish()
    service.drain()
    return service


def test_the_workload_of_everybody(fleet: Service) -> None:
    fleet.clock.to("2026-11-30T12:00:00Z")
    with counting() as cost:
        found = fleet.http("GET", "/v1/analytics/workload").body
    assert found["model"] == "weighted"
    assert [each["account_manager_id"] for each in found["items"]] == ["m1", "m2", None]
    assert found["items"][0] == {
        "account_manager_id": "m1",
        "name": "Ada Lovelace",
        "clients": 2,
        "bands": {"RED": 1, "GREEN": 1},
        "average_score": 55.0,
        "monthly_recurring_revenue": [{"currency": "EUR", "amount": "3001.00"}],
        "open_alerts": 1,
        "open_tasks": 1,
        "overdue_tasks": 1,
    }
    assert found["items"][1]["clients"] == found["items"][1]["open_tasks"] == 0
    assert sum(reads(cost).values()) <= 4


def test_own_workload_alone(fleet: Service) -> None:
    own: dict[str, Any] = {"permissions": ("clients.read.own", "reports.read.own"), "manager": "m1"}
    found = fleet.http("GET", "/v1/analytics/workload", **own).body["items"]
    assert [each["account_manager_id"] for each in found] == ["m1"]
    flaws = fleet.http("GET", "/v1/analytics/data-quality", **own).body["items"]
    assert {each["client_id"] for flaw in flaws for each in flaw["clients"]} == {"c1", "c2"}


def test_what_records_lack(fleet: Service) -> None:
    fleet.take(client("c2", name="Client c2", industry="Law", client_since=days_ago(90), account_manager_id="m9"))
    fleet.drain()
    with counting() as cost:
        found = fleet.http("GET", "/v1/analytics/data-quality").body["items"]
    assert [(each["code"], each["count"], [row["client_id"] for row in each["clients"]]) for each in found] == [
        ("no_client_since", 2, ["c1", "c3"]),
        ("no_industry", 2, ["c1", "c3"]),
        ("account_manager_not_reached", 1, ["c1"]),
        ("no_account_manager", 1, ["c3"]),
        ("unknown_account_manager", 1, ["c2"]),
    ]
    assert sum(reads(cost).values()) <= 4


def test_clients_are_given_to_somebody(fleet: Service) -> None:
    path = "/v1/account-managers/m2/clients"
    for _ in range(2):
        answer = fleet.http("POST", path, {"client_ids": ["c1", "c3", "c9", "c1"]})
        assert (answer.status, answer.body) == (200, {"assigned": 2, "unknown": ["c9"]})
    held = fleet.http("GET", "/v1/clients/c1").body
    assert (held["account_manager_id"], held["name"]) == ("m2", "Client c1")
    assert held["monthly_recurring_revenue"] == {"currency": "EUR", "amount": "1500.50"}
    assert held["at_risk_since"], "what the workflow set stays"
    fleet.drain()
    assert fleet.http("GET", "/v1/clients?account_manager_id=m2").body["total"] == 2
    assert len(fleet.http("GET", "/v1/alerts?account_manager_id=m2").body["items"]) == 2
    fleet.http("POST", "/v1/account-managers/none/clients", {"client_ids": ["c1"]})
    assert fleet.http("GET", "/v1/clients/c1").body["account_manager_id"] is None


def test_what_cannot_be_assigned(fleet: Service) -> None:
    def post(manager: str, *clients: str) -> Any:
        return fleet.http("POST", f"/v1/account-managers/{manager}/clients", {"client_ids": list(clients)})

    assert post("m9", "c1").status == 404
    assert faults(post("me", "c1")) == [""]
    assert faults(post("m1")) == ["/client_ids"]
    assert faults(post("m1", *(f"x{number}" for number in range(101)))) == ["/client_ids"]
    assert fleet.http("GET", "/v1/clients/c1").body["account_manager_id"] == "m1"


def test_clients_with_an_indicator(service: Service) -> None:
    service.take(client("c1"), client("c2"), client("c3"))
    service.take(fact("contract", client_id="c2", end_date="2026-12-01"))
    service.drain()
    path = "/v1/analytics/clients?indicator=contract_expiring"
    found = service.http("GET", path).body
    assert [row["client_id"] for row in found["clients"]] == ["c2"]
    assert (found["summary"]["total"], found["total"]) == (3, 1)
    both = service.http("GET", f"{path}&indicator=no_recent_activity").body
    assert both["total"] >= 1
    assert service.http("GET", "/v1/analytics/clients?indicator=anything").status == 400


def test_how_many_are_open_is_known_on_every_page(fleet: Service) -> None:
    for path in ("/v1/alerts", "/v1/tasks"):
        first = fleet.http("GET", f"{path}?status=OPEN&limit=1").body
        assert (len(first["items"]), first["total"]) == (1, 2)
        rest = fleet.http("GET", f"{path}?status=OPEN&limit=1&cursor={first['next_cursor']}").body
        assert (len(rest["items"]), rest["total"], rest["next_cursor"]) == (1, 2, None)
        assert fleet.http("GET", f"{path}?status=OPEN&account_manager_id=m1").body["total"] == 1
        assert fleet.http("GET", f"{path}?status=OPEN&account_manager_id=m2").body["total"] == 0
        assert fleet.http("GET", f"{path}?status=OPEN&client_id=c1").body["total"] == 1
        assert fleet.http("GET", path).body["total"] is None
