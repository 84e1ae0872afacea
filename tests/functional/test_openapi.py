"""What the OpenAPI document says is what the routes do: real answers of every route against the described ones."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from chalicelib.bootstrap import application
from chalicelib.domain.ids import TenantId
from chalicelib.tenancy import bound_to
from tests.aws_rules.layer import AwsRules, Refusal
from tests.functional.examples import account_manager, ago, client, days_ago, fact, ticket
from tests.functional.service import ALL, Answer, Record, Service
from tests.functional.support import tell_fallback
from tests.openapi import DOCUMENT, faults, operations, resolved

OPERATIONS: Final = {operation["operationId"]: (method, path) for method, path, operation in operations()}

BY_THE_GATEWAY: Final = frozenset({"401", "429"})
"""What the gateway answers before a route is called: the end-to-end tests see to that."""


def operation_of(name: str) -> dict[str, Any]:
    method, path = OPERATIONS[name]
    found: dict[str, Any] = DOCUMENT["paths"][path][method.lower()]
    return found


def example_body(name: str) -> Any:
    """The first example of an operation's body."""
    content = operation_of(name)["requestBody"]["content"]["application/json"]
    return next(iter(content["examples"].values()))["value"]


class Documented:
    """Calls operations by name, holds every answer against the document, and remembers which ones there were."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.answered: set[tuple[str, str]] = set()

    def call(
        self,
        name: str,
        body: Any = None,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        tenant: str = "acme",
        permissions: tuple[str, ...] = ALL,
    ) -> Answer:
        method, template = OPERATIONS[name]
        url = template.format(**(path or {})) + (f"?{urlencode(query)}" if query else "")
        answer = self._service.http(method, url, body, tenant=tenant, permissions=permissions, headers=headers)
        self._hold(name, answer)
        return answer

    def _hold(self, name: str, answer: Answer) -> None:
        responses = operation_of(name)["responses"]
        assert str(answer.status) in responses, (name, answer)
        self.answered.add((name, str(answer.status)))
        response = resolved(responses[str(answer.status)])
        for header, described in response.get("headers", {}).items():
            if described["required"]:
                assert faults(described["schema"], answer.headers[header]) == [], (name, answer)
        if "content" not in response:
            assert answer.body is None, (name, answer)
            return
        ((media_type, media),) = response["content"].items()
        assert answer.headers["Content-Type"] == media_type, (name, answer)
        assert faults(media["schema"], answer.body) == [], (name, answer)


@pytest.fixture
def api(service: Service) -> Documented:
    return Documented(service)


def full_client(client_id: str, **fields: Any) -> list[Record]:
    """A client with everything that a signal or a factor can be computed from."""
    money = {"currency": "EUR", "amount": "1850"}
    described = {"industry": "Healthcare", "account_manager_id": "am-7", "client_since": days_ago(900)}
    surveys = [fact("survey", client_id=client_id, kind=kind, score=4) for kind in ("CSAT", "NPS") for _ in range(3)]
    return [
        client(client_id, monthly_recurring_revenue=money, **{**described, **fields}),
        ticket(f"{client_id}-1", client_id, created_at=ago(days=20), first_response_at=ago(days=19)),
        ticket(f"{client_id}-2", client_id, created_at=ago(days=45), closed_at=ago(days=50)),
        *surveys,
        fact("contract", client_id=client_id, end_date=days_ago(-20)),
        fact("invoice", client_id=client_id),
        fact("billable_month", client_id=client_id, budget_hours=40),
        fact("qbr", client_id=client_id),
        fact("touchpoint", client_id=client_id),
        fact("assessment", client_id=client_id, completed_on=days_ago(400)),
        fact("reconciliation", client_id=client_id),
        fact("headcount", client_id=client_id),
        fact("headcount", client_id=client_id, recorded_on=days_ago(200), employees=50),
    ]


def fill(service: Service) -> None:
    """A fleet with a month of history, whose client `fallen` raised an alert this night and got a task.

    A second tenant has one client, of which too little is known.
    """
    service.clock.to("2026-10-20T12:00:00Z")
    service.tenant("small")
    service.take(client("little"), tenant="small")
    bare = client("bare", name="Bare", status="AT_RISK")
    gone = client("gone", name="Gone", status="CHURNED")
    service.take(account_manager("am-7"), *full_client("fallen"), *full_client("well", industry=None), bare, gone)
    tell_fallback()
    service.drain()
    service.night("2026-10-21")
    workflows = service.http("GET", "/v1/settings/workflows")
    on = {"at_risk_alert": {"enabled": True}}
    edit = service.http("PUT", "/v1/settings/workflows", on, headers={"If-Match": workflows.headers["ETag"]})
    assert edit.status == 200, edit
    service.drain()
    service.clock.to("2026-11-21T12:00:00Z")
    urgent = {"priority": "P1", "created_at": "2026-11-01T08:00:00Z", "due_at": "2026-11-03T08:00:00Z"}
    unpaid = {"status": "SENT", "issued_on": "2026-06-01", "due_on": "2026-07-01"}
    service.take(*(ticket(f"U-{n}", "fallen", **urgent) for n in range(20)), fact("invoice", None, "fallen", **unpaid))
    service.take(fact("reconciliation", "worse", "fallen", used_quantity=200))
    service.drain()
    service.night("2026-11-22")
    service.publish()
    service.clock.to("2026-11-22T12:00:00Z")


def documented(*kinds: str) -> set[tuple[str, str]]:
    """Operations with those of their statuses that begin like this."""
    return {
        (operation["operationId"], status)
        for _, _, operation in operations()
        for status in operation["responses"]
        if status.startswith(kinds)
    }


def test_the_served_document_is_this_one(service: Service) -> None:
    answer = service.raw("GET", "/v1/openapi.json", None, {})
    assert (answer.status, answer.body) == (200, DOCUMENT)
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_every_success_is_as_described(service: Service, api: Documented) -> None:
    fill(service)
    service.tenant("empty")
    api.call("get_liveness")
    api.call("get_openapi_document")
    read_analytics(api)
    read_clients(api)
    write_clients(api)
    answer_alerts(api)
    preview_settings(api)
    edit_settings(api)
    administer(api)
    assert documented("2") - api.answered == set()


def read_analytics(api: Documented) -> None:
    for period in ("7d", "30d", "90d", "12m"):
        page = api.call("get_client_health", query={"period": period}).body
        assert page["risk_indicators"]
    cursor = api.call("get_client_health", query={"limit": "1"}).body["next_cursor"]
    assert api.call("get_client_health", query={"limit": "1", "cursor": cursor}).body["clients"]
    for model in ("deduction", "weighted"):
        dashboard = api.call("get_portfolio", query={"model": model}).body
        assert dashboard["fastest_declining"]
        assert dashboard["average_by_industry"]
        assert dashboard["revenue_by_band"]
        assert dashboard["average_score_change"]["baseline_date"]
    assert api.call("get_client_health", tenant="empty").body["computed_at"] is None
    assert api.call("get_portfolio", tenant="empty").body["computed_at"] is None


def read_clients(api: Documented) -> None:
    for model in ("deduction", "weighted"):
        query = {"model": model, "columns": "score_trend", "archived": "false"}
        rows = {row["client_id"]: row for row in api.call("list_clients", query=query).body["items"]}
        assert rows["fallen"]["score_trend"]["direction"] == "down"
        assert rows["fallen"]["open_alerts"] == 1
        assert rows["gone"]["score"] is None
        assert api.call("explain_change", path={"client_id": "fallen"}, query={"model": model}).body["parts"]
    assert len(api.call("list_clients", query={"limit": "1"}).body["items"]) == 1
    for client_id in ("fallen", "well", "bare", "gone"):
        api.call("get_client", path={"client_id": client_id})
        card = api.call("get_health_card", path={"client_id": client_id}).body
        assert (card["models"] is None) == (client_id == "gone")
        api.call("list_history", path={"client_id": client_id}, query={"limit": "1"})
    flaws = api.call("get_health_card", path={"client_id": "well"}).body["data_quality"]
    assert {flaw["code"] for flaw in flaws} == {
        *("account_manager_not_reached", "no_industry", "closed_before_creation", "stale_assessment")
    }
    between = {"from": "2026-10-21", "to": "2026-11-22"}
    assert api.call("explain_change", path={"client_id": "fallen"}, query=between).body["change"] < 0
    little: dict[str, Any] = {"path": {"client_id": "little"}, "tenant": "small"}
    assert api.call("get_health_card", **little).body["models"]["weighted"]["exact_score"] is None
    unknown = api.call("explain_change", query={"model": "weighted"}, **little).body
    assert (unknown["change"], unknown["parts"]) == (None, [])
    assert api.call("list_history", **little).body["items"][0]["weighted"]["band"] == "INSUFFICIENT_DATA"


def write_clients(api: Documented) -> None:
    replaced = api.call("replace_client", example_body("replace_client"), path={"client_id": "well"}).body
    assert replaced["name"] == "Northwind Dental Group"
    own, key = {"client_id": "fallen"}, {"Idempotency-Key": "once"}
    first, again = (api.call("recalculate_client", path=own, headers=key) for _ in range(2))
    assert first.body == again.body
    history = api.call("list_history", path={"client_id": "fallen"}).body["items"]
    assert [entry["trigger"] for entry in history[:2]] == ["manual", "nightly"]


def answer_alerts(api: Documented) -> None:
    (alert,) = api.call("list_alerts").body["items"]
    assert alert["published_at"]
    assert {reason["rule"] for reason in alert["reasons"]} == {"threshold", "velocity"}
    for status in ("ACKNOWLEDGED", "OPEN", "RESOLVED"):
        answer = api.call("answer_alert", {"status": status}, path={"alert_id": alert["id"]})
        assert answer.body == {**alert, "status": status}
    (task,) = api.call("list_tasks").body["items"]
    assert task["alert_id"] == alert["id"]
    assert api.call("answer_task", {"status": "DONE"}, path={"task_id": task["id"]}).body == {**task, "status": "DONE"}


def edit_settings(api: Documented) -> None:
    for resource in ("scoring_settings", "business_hours", "workflows"):
        held = api.call(f"get_{resource}")
        again = api.call(f"replace_{resource}", held.body, headers={"If-Match": held.headers["ETag"]})
        assert again.body == held.body
        body = {**example_body(f"replace_{resource}"), "note": f"The example of {resource}."}
        edited = api.call(f"replace_{resource}", body, headers={"If-Match": held.headers["ETag"]})
        assert edited.headers["ETag"] == f'"{edited.body["version"]}"'
        assert edited.body.items() >= {name: body[name] for name in body.keys() - {"note", "version"}}.items()
    versions = api.call("list_settings_versions").body["items"]
    for entry in versions:
        whole = api.call("get_settings_version", path={"version": str(entry["version"])}).body
        assert whole.items() >= entry.items()
    assert api.call("list_settings_versions", query={"limit": "1"}).body["next_cursor"]


def preview_settings(api: Documented) -> None:
    sample = example_body("preview_scoring_settings")
    settings = {**sample["settings"], "green_threshold": 99, "yellow_threshold": 98, "alert_threshold": 97}
    api.call("preview_scoring_settings", sample)
    api.call("preview_scoring_settings", {"settings": settings, "client_id": "fallen"})
    found = api.call("preview_scoring_settings", {"settings": settings, "scope": "portfolio"}).body
    assert found["crossing"]
    assert found["biggest_movers"]
    assert found["alerts"]["clients"]


def administer(api: Documented) -> None:
    good = client("new", name="New")
    assert api.call("send_records", {"records": [good]}).status == 200
    assert api.call("send_records", {"records": [good, {"type": "client"}]}).status == 207
    assert api.call("send_records", {"records": [{"type": "nothing"}, 7, fact("qbr", "q", "nobody")]}).status == 422
    made = api.call("create_api_key", example_body("create_api_key")).body
    (key,) = api.call("list_api_keys").body["items"]
    assert key == {name: made[name] for name in made.keys() - {"key"}}
    assert api.call("revoke_api_key", path={"key_id": made["id"]}).status == 204
    own = {"manager_id": "am-7"}
    manager = api.call("put_account_manager", example_body("put_account_manager"), path=own).body
    assert api.call("list_account_managers").body["items"] == [manager]
    bodies = operation_of("create_subscription")["requestBody"]["content"]["application/json"]["examples"].values()
    created = [api.call("create_subscription", body["value"], path=own).body for body in bodies]
    held = api.call("list_subscriptions", path=own).body["items"]
    assert sorted(each["id"] for each in held) == sorted(each["id"] for each in created)
    for each in created:
        assert api.call("delete_subscription", path={**own, "subscription_id": each["id"]}).status == 204
    assert api.call("create_tenant", {**example_body("create_tenant"), "tenant_id": "acme-2"}).status == 201


PATH: Final = {
    "client_id": "fallen",
    "manager_id": "am-7",
    "subscription_id": "0" * 16,
    "key_id": "A" * 16,
    "alert_id": f"20261122T020000Z-{'0' * 16}",
    "task_id": f"20261122T020000Z-{'0' * 16}",
    "version": "1",
}
"""Ids for the paths of all operations."""


def test_every_refusal_is_as_described(service: Service, api: Documented, rules: AwsRules) -> None:
    fill(service)
    for name in OPERATIONS:
        if operation_of(name)["security"]:
            refuse_caller_and_query(api, name)
        if "requestBody" in operation_of(name):
            refuse_body(api, name)
        if name.startswith("replace_") and name != "replace_client":
            refuse_stale(api, name)
    refuse_conflicts(service, api)
    rules.fail("sns.Subscribe", lambda call: Refusal("FilterPolicyLimitExceeded", "full"))
    assert api.call("create_subscription", example_body("create_subscription"), path=PATH).status == 409
    expected = {(name, status) for name, status in documented("4") if status not in BY_THE_GATEWAY}
    assert {each for each in api.answered if each[1] >= "400"} == expected


def refuse_caller_and_query(api: Documented, name: str) -> None:
    body = example_body(name) if "requestBody" in operation_of(name) else None
    call: dict[str, Any] = {"path": PATH, "headers": {"If-Match": '"1"'}}
    assert api.call(name, body, permissions=(), **call).status == 403
    assert api.call(name, body, query={"surprise": "1"}, **call).status == 400
    if "404" in operation_of(name)["responses"]:
        assert api.call(name, body, tenant="unknown", **call).status == 404


def refuse_body(api: Documented, name: str) -> None:
    empty: Record = {"records": [{}]} if name == "send_records" else {}
    for body, status in ((b"{", 400), (b"[]", 400), (b" " * 1_000_001, 413), (empty, 422)):
        assert api.call(name, body, path=PATH, headers={"If-Match": '"1"'}).status == status
    assert api.call(name, b"{}", path=PATH, headers={"Content-Type": "text/plain"}).status == 415


def refuse_stale(api: Documented, name: str) -> None:
    body = example_body(name)
    assert api.call(name, body).status == 428
    for etag in ('"99"', 'W/"1"', "W/1"):
        assert api.call(name, body, headers={"If-Match": etag}).status == 412


def refuse_conflicts(service: Service, api: Documented) -> None:
    key = {"Idempotency-Key": "used"}
    every_permission = {**example_body("create_api_key"), "permissions": ["settings.write"]}
    assert api.call("recalculate_client", path={"client_id": "gone"}).status == 409
    assert api.call("recalculate_client", path={"client_id": "fallen"}, headers=key).status == 200
    assert api.call("recalculate_client", path={"client_id": "well"}, headers=key).status == 409
    assert api.call("recalculate_client", path={"client_id": "well"}, headers={"Idempotency-Key": "a b"}).status == 400
    preview = {**example_body("preview_scoring_settings"), "client_id": "gone"}
    assert api.call("preview_scoring_settings", preview).status == 404
    assert api.call("create_tenant", {**example_body("create_tenant"), "name": "Another"}).status == 409
    made = api.call("create_api_key", every_permission).body
    for expected in (201, 201, 409):
        credential = {"Authorization": f"Bearer {made['key']}"}
        answer = api.call("create_api_key", every_permission, headers=credential)
        assert answer.status == expected
        made = answer.body if expected == 201 else made
    (alert,) = api.call("list_alerts").body["items"]
    own = {"alert_id": alert["id"]}
    api.call("answer_alert", {"status": "RESOLVED"}, path=own)
    assert api.call("answer_alert", {"status": "OPEN"}, path=own).status == 409
    api.call("answer_task", {"status": "DONE"}, path={"task_id": alert["id"]})
    with bound_to(TenantId("acme")):
        tasks, held = application().tasks, application().tasks.get(TenantId("acme"), alert["id"])
        assert tasks.open(TenantId("acme"), held._replace(id=f"20261123T020000Z-{'0' * 16}", status="OPEN"))
    assert api.call("answer_task", {"status": "OPEN"}, path={"task_id": alert["id"]}).status == 409


def query_parameters(name: str) -> dict[str, dict[str, Any]]:
    parameters = operation_of(name).get("parameters", [])
    return {each["name"]: each for each in parameters if each["in"] == "query"}


def values_of(parameter: dict[str, Any]) -> dict[str, Any]:
    """The schema of one value: a filter that may be sent more than once is a list of them."""
    schema: dict[str, Any] = parameter["schema"]
    return schema["items"] if schema.get("type") == "array" else schema


QUERIES: Final = [(name, each) for name in OPERATIONS for each in query_parameters(name).values()]


@pytest.fixture
def asked(service: Service) -> Callable[..., Answer]:
    """Calls an operation with query parameters on a small fleet."""
    service.take(account_manager("am-7"), client("fallen", client_since=days_ago(10)), client("other"))
    service.drain()

    def ask(name: str, **query: str) -> Answer:
        method, path = OPERATIONS[name]
        return service.http(method, f"{path.format(**PATH)}?{urlencode(query)}")

    return ask


def listed(pattern: str, answer: Answer) -> set[str]:
    """The names that a 400 says are known."""
    found = re.fullmatch(pattern, answer.body["detail"])
    assert answer.status == 400, answer
    assert found is not None, answer
    return set(found[1].split(", ")) - {"none"}


def test_the_described_query_parameters_are_those_that_a_route_knows(asked: Callable[..., Answer]) -> None:
    names = [name for name in OPERATIONS if operation_of(name)["security"]]
    pattern = r"Unknown query parameter 'surprise'; known here: (.*)\."
    known = {name: listed(pattern, asked(name, surprise="1")) for name in names}
    assert known == {name: set(query_parameters(name)) for name in names}


def test_the_described_values_are_those_that_a_route_knows(asked: Callable[..., Answer]) -> None:
    for name, parameter in QUERIES:
        if "enum" not in values_of(parameter):
            continue
        own, pattern = parameter["name"], rf"{parameter['name']} is one of (.*)\."
        models = [{"model": "deduction"}, {"model": "weighted"}] if own == "band" else [{}]
        known = [listed(pattern, asked(name, **{own: "surprise"}, **model)) for model in models]
        assert set(values_of(parameter)["enum"]) == set.union(*known), (name, own)


def test_just_the_described_lists_may_be_sent_more_than_once(service: Service) -> None:
    for name, parameter in QUERIES:
        method, path = OPERATIONS[name]
        example = parameter["example"]
        value = example[0] if isinstance(example, list) else str(example)
        model = [("model", "weighted")] if parameter["name"] == "band" else []
        query = urlencode([(parameter["name"], value), *model, (parameter["name"], value)])
        answer = service.http(method, f"{path.format(**PATH)}?{query}")
        if parameter["schema"].get("type") == "array":
            assert answer.status == 200, (name, answer)
        else:
            assert (answer.status, answer.body["detail"]) == (400, f"Send {parameter['name']} once."), name


def test_an_example_of_a_query_parameter_is_taken(asked: Callable[..., Answer]) -> None:
    for name, parameter in QUERIES:
        example = parameter["example"]
        own = {parameter["name"]: example[0] if isinstance(example, list) else str(example)}
        answer = asked(name, **own, **({"model": "weighted"} if "band" in own else {}))
        # An example of a cursor is known, but was signed for nobody here; of its date there is no score.
        expected = {400} if "cursor" in own else {200, 404} if name == "explain_change" else {200}
        assert answer.status in expected, (name, own, answer)
        assert "Unknown" not in answer.body.get("detail", "")


def test_the_described_limits_are_those_of_the_route(asked: Callable[..., Answer]) -> None:
    for name, parameter in QUERIES:
        if parameter["name"] == "limit":
            lowest, highest = parameter["schema"]["minimum"], parameter["schema"]["maximum"]
            limits = (lowest - 1, lowest, highest, highest + 1)
            found = [asked(name, limit=str(limit)).status for limit in limits]
            assert found == [400, 200, 200, 400], name


def test_a_described_default_is_what_a_route_takes_without_it(asked: Callable[..., Answer]) -> None:
    for name, parameter in QUERIES:
        if "default" in parameter["schema"]:
            own = {parameter["name"]: str(parameter["schema"]["default"])}
            assert asked(name, **own).body == asked(name).body, (name, own)
