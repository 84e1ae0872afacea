"""What HTTP itself asks for: conditional requests, HEAD, query parameters that are sent more than once."""

from typing import Any, Final

import pytest

from tests.functional.examples import account_manager, client, days_ago, ticket
from tests.functional.service import ALL, Service
from tests.functional.support import change, ids, pages, put, settings
from tests.functional.test_settings import RESOURCES
from tests.openapi import operations
from tests.running import adapters

# ---- If-Match ------------------------------------------------------------------------------------------------------

BODIES: Final[dict[str, Any]] = {
    "business-hours": {"enabled": False, "weekly": {}, "holidays": ["2026-12-25"]},
    "workflows": {"at_risk_alert": {"enabled": True}},
}


def body_for(service: Service, resource: str) -> dict[str, Any]:
    """A body that changes something."""
    found: dict[str, Any] = BODIES.get(resource) or {**settings(service), "rearm_margin": 9}
    return found


@pytest.mark.parametrize("resource", RESOURCES)
@pytest.mark.parametrize(
    "tags",
    [
        *("*", " * ", '"1"', ' "1" ', '"1", "7"', '"7","1"', ', "7" ,, "1",', '"x", "1"', 'W/"7", "1"', '"a,b", "1"'),
    ],
)
def test_a_list_or_a_star_matches_what_is_there(service: Service, resource: str, tags: str) -> None:
    answer = put(service, resource, body_for(service, resource), tags)
    assert (answer.status, answer.headers.get("ETag")) == (200, '"2"')


@pytest.mark.parametrize(
    "tags", ['W/"1"', 'W/"1", "2"', '"2", "3"', '"2"', '"1" "2"', '1, "1"', '*, "1"', '"1", *', 'w/"1"', '"1"; "1"']
)
def test_weak_tags_and_what_is_no_list_match_nothing(service: Service, tags: str) -> None:
    before = service.stored()
    assert put(service, "workflows", BODIES["workflows"], tags).status == 412
    assert service.stored() == before


def test_a_star_replaces_whatever_came_in_between(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:

    tenants = adapters().tenants
    write = tenants.put_settings

    def after_another(*arguments: Any) -> bool:
        patch.undo()
        change(service, alert_threshold=55)
        return write(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(tenants, "put_settings", after_another)
        answer = put(service, "workflows", BODIES["workflows"], "*")
    assert (answer.status, answer.body["version"]) == (200, 3)
    assert settings(service)["alert_threshold"] == 55


# ---- HEAD ----------------------------------------------------------------------------------------------------------

IDS: Final = {"client_id": "c1", "manager_id": "am-1", "version": "1"}
NOBODY: Final = {"connection_id": "none", "import_id": "none", "map_name": "none"}
NEEDED: Final = {"/records/ids": "?type=ticket"}
"""What a route insists on."""


def test_head_is_answered_as_get_is_without_the_body(service: Service, subtests: pytest.Subtests) -> None:
    service.take(account_manager("am-1"), client("c1"))
    service.drain()
    reading = [(path, operation) for method, path, operation in operations() if method == "GET"]
    assert len(reading) > 15
    for template, operation in reading:
        path = template.format(**IDS, **NOBODY) + NEEDED.get(template, "")
        for permissions in (ALL, ()):
            with subtests.test(path, permissions=len(permissions)):
                get, head = (service.http(method, path, permissions=permissions) for method in ("GET", "HEAD"))
                allowed = {200, 404} if "explanation" in path else {404} if "/none" in path else {200}
                assert get.status in (allowed if permissions or not operation["security"] else {403})
                assert get.body
                assert head.body is None
                assert (head.status, head.headers) == (get.status, get.headers)


# ---- parameters that are sent more than once -----------------------------------------------------------------------


@pytest.fixture
def fleet(service: Service) -> Service:
    """A critical client with ten tickets overdue, an at-risk one, a healthy one; two of one industry."""
    late = {"created_at": f"{days_ago(5)}T09:00:00Z", "due_at": f"{days_ago(3)}T09:00:00Z"}
    service.take(
        *(account_manager(manager) for manager in ("am-1", "am-2", "am-3")),
        client("critical", industry="Dental", account_manager_id="am-1"),
        client("shaky", industry="Retail", account_manager_id="am-2", status="AT_RISK"),
        client("fine", industry="dental", account_manager_id="am-3", client_since=days_ago(3)),
        *(ticket(f"A-{n}", "critical", **late) for n in range(10)),
        *(ticket(f"B-{n}", "shaky", **late) for n in range(5)),
    )
    service.drain()
    return service


@pytest.mark.parametrize(
    ("path", "rows", "expected"),
    [
        ("/analytics/clients?status=AT_RISK&status=CRITICAL", "clients", {"critical", "shaky"}),
        ("/analytics/clients?status=CRITICAL&status=AT_RISK", "clients", {"critical", "shaky"}),
        ("/analytics/clients?status=CRITICAL&status=CRITICAL", "clients", {"critical"}),
        ("/clients?model=deduction&band=CRITICAL&band=HEALTHY", "items", {"critical", "fine"}),
        ("/clients?status=ACTIVE&status=CHURNED", "items", {"critical", "fine"}),
        ("/clients?industry=DENTAL&industry=Retail", "items", {"critical", "shaky", "fine"}),
        ("/clients?industry=&industry=Retail", "items", {"shaky"}),
        ("/clients?account_manager_id=am-2&account_manager_id=am-3", "items", {"shaky", "fine"}),
        ("/clients?account_manager_id=am-2&account_manager_id=nobody&status=ACTIVE&status=AT_RISK", "items", {"shaky"}),
    ],
)
def test_filters_take_any_of_their_values(fleet: Service, path: str, rows: str, expected: set[str]) -> None:
    answer = fleet.http("GET", f"/v1{path}")
    assert answer.status == 200, answer
    assert set(ids(answer.body[rows])) == expected
    walked = [row for page in pages(fleet, f"/v1{path}&limit=1", rows) for row in ids(page)]
    assert walked == ids(answer.body[rows])


@pytest.mark.parametrize("name", ["limit", "q", "sort", "order", "model", "archived", "columns", "cursor"])
def test_any_other_parameter_is_sent_once(fleet: Service, name: str) -> None:
    before = fleet.stored()
    answer = fleet.http("GET", f"/v1/clients?{name}=asc&{name}=asc")
    assert (answer.status, answer.body["detail"]) == (400, f"Send {name} once.")
    assert fleet.stored() == before


@pytest.mark.parametrize(
    "path",
    [
        "/analytics/clients?status=CRITICAL&status=LOST",
        "/clients?model=weighted&band=RED&band=CRITICAL",
        "/clients?account_manager_id=am-1&account_manager_id=%20",
        "/alerts?status=OPEN&status=DONE",
        "/tasks?status=OPEN&status=RESOLVED",
    ],
)
def test_one_wrong_value_of_several_is_refused(fleet: Service, path: str) -> None:
    assert fleet.http("GET", f"/v1{path}").status == 400


def test_a_cursor_goes_on_whatever_the_order_of_the_values(fleet: Service) -> None:
    first = fleet.http("GET", "/v1/analytics/clients?status=AT_RISK&status=CRITICAL&limit=1")
    cursor = first.body["next_cursor"]
    again = fleet.http("GET", f"/v1/analytics/clients?status=CRITICAL&status=AT_RISK&limit=1&cursor={cursor}")
    assert ids(first.body["clients"]) + ids(again.body["clients"]) == ["critical", "shaky"]
    assert fleet.http("GET", f"/v1/analytics/clients?status=CRITICAL&limit=1&cursor={cursor}").status == 400
