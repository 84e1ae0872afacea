"""GET /clients/{id}/plan, performed through POST /records; and the task that is made of it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from tests.functional.examples import account_manager, ago, client, days_ago, fact, ticket
from tests.functional.service import ALL, NOW, Answer, Record, Service
from tests.functional.support import STACK, change, counting, faults, night, put, reads, settings

FIELDS: Final = [
    *("model", "as_of", "score", "target", "reachable", "reason", "score_after", "best_score", "effort", "actions"),
    *("rounding", "holds_until", "not_in_hand"),
]


def find(service: Service, client_id: str = "c1", **parameters: Any) -> Answer:
    return service.http("GET", f"/v1/clients/{client_id}/plan?{urlencode(parameters)}")


def found(service: Service, client_id: str = "c1", **parameters: Any) -> dict[str, Any]:
    """A path whose gains sum to what it promises."""
    answer = find(service, client_id, **parameters)
    assert answer.status == 200, answer
    body: dict[str, Any] = answer.body
    assert list(body) == FIELDS
    if body["reachable"]:
        gains = sum((Decimal(action["gain"]) for action in body["actions"]), Decimal(body["rounding"]))
        assert gains == body["score_after"] - body["score"]
    return body


def troubled(client_id: str = "c1") -> list[Record]:
    """A client with something to do for every lever of both models."""
    of = {"client_id": client_id}
    return [
        client(client_id, client_since=days_ago(900)),
        ticket(f"{client_id}-1", client_id, created_at=ago(days=9), priority="P1"),
        ticket(f"{client_id}-2", client_id, created_at=ago(days=2), priority="P2", due_at=ago(days=1)),
        ticket(f"{client_id}-3", client_id, created_at=ago(days=1), priority="P4", due_at=ago(hours=1)),
        ticket(f"{client_id}-4", client_id, created_at=ago(days=35), priority="P4", resolved_at=ago(days=30)),
        fact("invoice", "INV-1", status="SENT", due_on=days_ago(95), **of),
        fact("invoice", "INV-2", status="PARTIAL", due_on=days_ago(31), balance="10", **of),
        fact("invoice", "INV-3", status="SENT", due_on=days_ago(-20), **of),
        fact("qbr", held_on=days_ago(200), **of),
        fact("touchpoint", occurred_at=ago(days=70), **of),
        fact("assessment", completed_on=days_ago(20), standardization_score=66, **of),
        fact("reconciliation", "R-1", contracted_quantity=100, used_quantity=60, **of),
        fact("billable_month", month="2026-10", billable_hours=50, budget_hours=45, **of),
        *(fact("survey", score=score, **of) for score in (3, 4, 5)),
    ]


def done(body: Mapping[str, Any], sent: list[Record], at: str) -> list[Record]:
    """The records that a source sends once the actions are done."""
    held = {record["id"]: record for record in sent}
    records: list[Record] = []
    for action in body["actions"]:
        records += {
            "close": [{**held[ref], "closed_at": at} for ref in action["refs"] if action["kind"] == "close"],
            "collect": [
                {**held[ref], "status": "PAID", "paid_on": at[:10]}
                for ref in action["refs"]
                if action["kind"] == "collect"
            ],
            "call": [fact("touchpoint", "z", occurred_at=at)],
            "qbr": [fact("qbr", "z", held_on=at[:10], decision_maker_present=True)],
            "true_up": [fact("reconciliation", "z", completed_on=at[:10], contracted_quantity=60, used_quantity=60)],
            "contract": [fact("contract", "z", start_date=at[:10])],
        }[action["kind"]]
    return records


@pytest.mark.parametrize(("missing", "open_until"), [("redistribute", "resolved"), ("neutral_50", "closed")])
@pytest.mark.parametrize(("model", "target"), [("weighted", 70), ("weighted", None), ("deduction", None)])
def test_what_is_promised_comes_true(
    service: Service, missing: str, open_until: str, model: str, target: int | None
) -> None:
    change(service, missing_signals=missing, ticket_open_until=open_until)
    sent = troubled()
    service.take(*sent)
    body = found(service, model=model, target=target or found(service, model=model)["best_score"])
    assert body["actions"]

    # WHEN the actions are done and sent now, and the score is computed a second later
    service.take(*done(body, sent, NOW))
    service.clock.advance(1)
    card = service.http("POST", "/v1/clients/c1/recalculate").body

    assert card["models"][model]["score"] == body["score_after"]
    assert found(service, model=model, target=body["target"])["actions"] == []


def test_a_path_in_full(service: Service) -> None:
    service.take(*troubled())

    assert found(service) == {
        "model": "weighted",
        "as_of": NOW,
        "score": 39,
        "target": 70,
        "reachable": True,
        "reason": None,
        "score_after": 73,
        "best_score": 81,
        "effort": 10,
        "actions": [
            {
                "kind": "qbr",
                "count": 1,
                "refs": [],
                "gain": "15.3",
                "sentence": "Hold a QBR with the decision-maker.",
            },
            {
                "kind": "collect",
                "count": 2,
                "refs": ["INV-1", "INV-2"],
                "gain": "10.5",
                "sentence": "Collect the 2 oldest unpaid invoices, the first of them 95 days past due.",
            },
            {
                "kind": "close",
                "count": 1,
                "refs": ["c1-1"],
                "gain": "8.4",
                "sentence": "Close P1 ticket c1-1, open 9 days.",
            },
        ],
        "rounding": "-0.2",
        # The other urgent ticket is a week old at 12:00 of the day before.
        "holds_until": {"date": "2026-11-28", "falls": ["open_p1_p2_tickets"]},
        "not_in_hand": [
            {"id": "csat_nps_trend", "sentence": "CSAT / NPS trend: needs new responses.", "changes_on": None},
            {
                "id": "billable_utilization",
                "sentence": "Billable hours vs budget: counted again when a month ends.",
                "changes_on": "2026-12-01",
            },
            {
                "id": "stack_standardization",
                "sentence": "Stack standardization: needs a new assessment.",
                "changes_on": None,
            },
        ],
    }


def test_the_defaults_are_the_primary_model_and_healthy(service: Service) -> None:
    service.take(*troubled())
    version = settings(service)["version"]
    put(service, "health-score", {**settings(service), "green_threshold": 81}, version)

    assert (found(service)["model"], found(service)["target"]) == ("weighted", 81)
    assert found(service, model="deduction")["target"] == 70
    change(service, primary_model="deduction")
    assert found(service)["model"] == "deduction"


@pytest.mark.parametrize("target", ["0", "101", "-1", "70.0", "x", "", "٧٠"])
def test_a_target_is_a_score(service: Service, target: str) -> None:
    service.take(*troubled())

    answer = find(service, target=target)

    assert (answer.status, answer.body["detail"]) == (400, "target is a number from 1 to 100.")
    assert find(service, model="other").status == 400


def test_who_is_not_scored_has_no_path(service: Service) -> None:
    service.take(client("gone", status="CHURNED"), client("later", client_since=days_ago(-1)))

    assert find(service, "gone").status == find(service, "later").status == 409
    assert find(service, "nobody").status == 404


def test_without_a_score_the_sources_are_named(service: Service) -> None:
    service.take(client(), fact("qbr"))

    body = found(service)
    weighted = found(service, model="weighted")

    assert body["model"] == "deduction"
    assert (weighted["reachable"], weighted["reason"], weighted["score"]) == (False, "insufficient_data", None)
    assert weighted["not_in_hand"][0]["id"] == "psa"


def test_an_action_names_fifty_records_at_most(service: Service) -> None:
    tickets = [ticket(f"T-{number:02d}", due_at=ago(hours=number + 1)) for number in range(60)]
    service.take(client(), *tickets)

    (action,) = found(service, model="deduction", target=100)["actions"][:1]

    assert (action["kind"], action["count"], len(action["refs"])) == ("close", 60, 50)
    assert action["refs"][0] == "T-59"


def test_it_reads_what_the_card_reads_and_writes_nothing(service: Service) -> None:
    service.take(*troubled())
    for _ in range(2):
        with counting() as cost:
            found(service)

    assert sum(reads(cost).values()) <= 6
    assert cost.read <= 4.5
    assert cost.write == 0


# ---- tasks made by hand --------------------------------------------------------------------------------


def create(service: Service, client_id: str = "c1", **fields: Any) -> Answer:
    return service.http("POST", f"/v1/clients/{client_id}/tasks", fields)


@pytest.fixture
def managed(service: Service) -> Service:
    service.take(account_manager("m1"), client(account_manager_id="m1"), client("c2"))
    return service


def test_a_path_becomes_a_task(managed: Service) -> None:
    steps = ["Hold a QBR with the decision-maker.", "Call  them"]
    with counting() as cost:
        answer = create(managed, title=" Bring it to 70 ", due_on="2026-11-27", steps=steps)

    assert answer.status == 201, answer
    assert answer.body == {
        "id": answer.body["id"],
        "client_id": "c1",
        "client_name": "Client c1",
        "account_manager_id": "m1",
        "assigned": False,
        "title": "Bring it to 70",
        "due_on": "2026-11-27",
        "status": "OPEN",
        "alert_id": None,
        "steps": steps,
        "note": None,
        "created_by": {"subject": "someone", "name": "someone"},
        "changed": None,
    }
    assert answer.body["id"].startswith("20261122T120000Z-")
    assert cost.calls["dynamodb.TransactWriteItems"] == 1
    assert managed.http("GET", "/v1/tasks?status=OPEN").body["items"] == [answer.body]
    assert managed.http("GET", "/v1/tasks?account_manager_id=m1").body["items"] == [answer.body]


def test_a_client_has_one_open_task(managed: Service) -> None:
    first = create(managed, title="One").body
    second = create(managed, title="Two")

    assert (second.status, second.body["detail"]) == (409, f"This client has an open task: {first['id']}.")
    assert (first["due_on"], first["steps"]) == (None, [])
    assert create(managed, "c2", title="Of another").status == 201
    path = f"/v1/tasks/{first['id']}"
    said = {"at": "2026-11-22T12:00:00Z", "by": {"subject": "someone", "name": "someone"}}
    assert managed.http("PATCH", path, {"status": "DONE"}).body == {**first, "status": "DONE", "changed": said}
    managed.clock.advance(1)
    newer = create(managed, title="Two").body
    assert managed.http("PATCH", path, {"status": "OPEN"}).status == 409
    managed.http("PATCH", f"/v1/tasks/{newer['id']}", {"status": "DONE"})
    again = managed.http("PATCH", path, {"status": "OPEN"}).body
    assert again == {**first, "changed": {**said, "at": "2026-11-22T12:00:01Z"}}


def test_tasks_by_hand_and_of_alerts_are_one_list(managed: Service) -> None:
    workflows = {**settings(managed, "workflows"), "at_risk_alert": {"enabled": True}}
    put(managed, "workflows", workflows, settings(managed)["version"])
    change(managed, primary_model="weighted", **STACK)
    managed.take(fact("assessment", client_id="c2", standardization_score=20))
    by_hand = create(managed, title="By hand").body
    night(managed, "2026-11-23")
    managed.publish("acme")

    listed = managed.http("GET", "/v1/tasks").body["items"]

    assert [each["alert_id"] for each in listed] == [listed[0]["id"], None]
    assert listed[1] == by_hand
    assert create(managed, "c2", title="Another").body["detail"].endswith(f"{listed[0]['id']}.")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/title"]),
        ({"title": " "}, ["/title"]),
        ({"title": "x" * 201}, ["/title"]),
        ({"title": "x", "due_on": "tomorrow"}, ["/due_on"]),
        ({"title": "x", "steps": ["x"] * 11}, ["/steps"]),
        ({"title": "x", "steps": ["", "x" * 201]}, ["/steps/0", "/steps/1"]),
        ({"title": "x", "status": "DONE"}, ["/status"]),
    ],
)
def test_what_is_no_task_is_refused(managed: Service, body: Record, pointers: list[str]) -> None:
    assert faults(create(managed, **body)) == pointers
    assert managed.http("GET", "/v1/tasks").body["items"] == []


def test_tasks_are_for_clients_of_the_tenant_and_need_alerts_write(managed: Service) -> None:
    managed.tenant("rival")

    assert create(managed, "nobody", title="x").status == 404
    assert managed.http("POST", "/v1/clients/c1/tasks", {"title": "x"}, tenant="rival").status == 404
    without = [permission for permission in ALL if permission != "alerts.write"]
    assert managed.http("POST", "/v1/clients/c1/tasks", {"title": "x"}, permissions=without).status == 403
