"""Another tenant's ids: every route answers for them exactly what it answers for ids that nobody has."""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import pytest

from chalicelib.api.endpoint import PUBLIC, ROUTES, Route
from tests.functional.examples import account_manager, ago, client, days_ago, fact, ticket
from tests.functional.service import Answer, Service
from tests.functional.support import STACK, change, night, put, settings, standardized

A_MAP: Final = {
    "type": "ticket",
    "source": "desk",
    "columns": {"id": "Number", "created_at": "Opened", "priority": "Urgency"},
    "client": {"from": "Customer", "by": "name"},
}
PARAMETER: Final = re.compile(r"{(\w+)}")


class Ids(NamedTuple):
    """What the parameters of paths stand for."""

    client_id: str
    manager_id: str
    version: str
    key_id: str
    alert_id: str
    task_id: str
    subscription_id: str
    activity_id: str
    connection_id: str
    import_id: str = 16 * "0"
    map_name: str = "nobodys"


NOBODYS: Final = Ids(
    "nobody",
    "no-manager",
    "777",
    "Z" * 16,
    "20260101T000000Z-0123456789abcdef",
    "20260101T000000Z-0123456789abcdef",
    "0" * 8,
    "ui-0000000000000000",
    "nobody-xero",
)

BODIES: Final[dict[tuple[str, str], Any]] = {
    ("PUT", "/v1/clients/{client_id}"): {"name": "Taken over", "status": "CHURNED"},
    ("POST", "/v1/clients/{client_id}/recalculate"): None,
    ("PUT", "/v1/clients/{client_id}/aliases"): {"aliases": [{"source": "desk", "value": "Theirs"}]},
    ("POST", "/v1/clients/{client_id}/activities"): {"kind": "NOTE", "occurred_at": ago(hours=1), "text": "Taken over"},
    ("PATCH", "/v1/clients/{client_id}/activities/{activity_id}"): {"status": "CANCELLED"},
    ("POST", "/v1/clients/{client_id}/tasks"): {"title": "Taken over"},
    ("PATCH", "/v1/connections/{connection_id}"): {"name": "Taken over"},
    ("POST", "/v1/connections/{connection_id}/test"): None,
    ("POST", "/v1/connections/{connection_id}/sync"): None,
    ("PUT", "/v1/connections/{connection_id}/mapping"): {},
    ("POST", "/v1/account-managers/{manager_id}/clients"): {"client_ids": ["nobody"]},
    ("PUT", "/v1/account-managers/{manager_id}"): {"name": "Taken over", "email": "a@example.com"},
    ("PATCH", "/v1/alerts/{alert_id}"): {"status": "RESOLVED"},
    ("PATCH", "/v1/tasks/{task_id}"): {"status": "DONE"},
    ("PUT", "/v1/import-maps/{map_name}"): A_MAP,
    ("POST", "/v1/imports/{import_id}/preview"): {},
    ("POST", "/v1/imports/{import_id}/start"): {},
    ("POST", "/v1/imports/{import_id}/pause"): None,
    ("POST", "/v1/account-managers/{manager_id}/subscriptions"): {
        "protocol": "email",
        "endpoint": "a@example.com",
    },
}

HELD_UP: Final = {
    ("POST", "/v1/clients/{client_id}/tasks"),
    ("POST", "/v1/imports/{import_id}/start"),
    ("POST", "/v1/imports/{import_id}/pause"),
}
"""Routes that their owner's things are not in the state for: the client has the task of its alert and gets no other,
the import's files are not read yet."""

OPEN: Final = {("PUT", "/v1/account-managers/{manager_id}"), ("PUT", "/v1/import-maps/{map_name}")}
"""Routes that make what is not there, in the caller's own tenant."""


def stored_of(service: Service, tenant: str) -> dict[tuple[str, str], Any]:
    """What is stored of a tenant, also where it stands in keys and items of nobody's."""
    mark = f"'{tenant}'", f"#{tenant}'", f"#{tenant}#"
    return {key: item for key, item in service.stored().items() if any(each in repr((key, item)) for each in mark)}


@pytest.fixture
def theirs(service: Service) -> Ids:
    """The tenant `rival` with one of everything, of which `acme` has nothing."""
    service.tenant("rival")
    change(service, "rival", **STACK, primary_model="weighted")
    workflows = {**settings(service, "workflows", "rival"), "at_risk_alert": {"enabled": True}}
    version = put(service, "workflows", workflows, 2, "rival").body["version"]
    service.take(
        account_manager("their-manager"),
        *standardized("their-client", 20, account_manager_id="their-manager"),
        ticket("their-ticket", "their-client"),
        tenant="rival",
    )
    subscription = service.http(
        "POST",
        "/v1/account-managers/their-manager/subscriptions",
        {"protocol": "email", "endpoint": "them@example.com"},
        tenant="rival",
    )
    assert subscription.status == 201, subscription
    activity = service.http(
        "POST",
        "/v1/clients/their-client/activities",
        {"kind": "QBR", "held_on": days_ago(-9), "status": "SCHEDULED", "text": "Their plan"},
        tenant="rival",
        headers={"Idempotency-Key": "their-key"},
    )
    assert activity.status == 201, activity
    keys = {"client_id": "x", "client_secret": "their secret"}
    new = {"kind": "xero", "source": "their-xero", "settings": keys}
    connection = service.http("POST", "/v1/connections", new, tenant="rival")
    assert connection.status == 201, connection
    running = {"state": "running"}
    service.http("PATCH", "/v1/connections/their-xero", running, tenant="rival", headers={"If-Match": "*"})
    key = service.http("POST", "/v1/settings/api-keys", {"name": "x", "permissions": ["records.write"]}, tenant="rival")
    made = service.http("POST", "/v1/imports", {"files": [{"name": "theirs.csv", "size": 5}]}, tenant="rival")
    assert service.http("PUT", "/v1/import-maps/theirs", A_MAP, tenant="rival").status == 200
    night(service, "2026-11-23", "rival")
    service.publish("rival")
    (alert,) = service.http("GET", "/v1/alerts", tenant="rival").body["items"]
    (task,) = service.http("GET", "/v1/tasks", tenant="rival").body["items"]
    service.drain()
    return Ids(
        "their-client",
        "their-manager",
        str(version),
        key.body["id"],
        alert["id"],
        task["id"],
        subscription.body["id"],
        activity.body["activity"]["id"],
        connection.body["id"],
        made.body["id"],
        "theirs",
    )


def told(answer: Answer, ids: Ids) -> Any:
    """An answer without what names the request or the ids of its path."""
    text = repr((answer.status, answer.body))
    for name, value in ids._asdict().items():
        text = text.replace(f"{value!r}", f"<{name}>").replace(f" {value} ", f" <{name}> ")
        text = text.replace(f" {value}.", f" <{name}>.").replace(f" {value},", f" <{name}>,")
    return re.sub(r"'request_id': '[^']*'", "", text)


def with_ids() -> Iterator[Route]:
    """The routes whose path names something of a tenant."""
    return (route for route in ROUTES if PARAMETER.search(route.path))


def call(service: Service, route: Route, ids: Ids, tenant: str = "acme") -> Answer:
    path = PARAMETER.sub(lambda found: getattr(ids, found[1]), route.path)
    body = None if route.method in {"GET", "DELETE"} else BODIES[route.method, route.path]
    query = "?from=2026-11-23" if path.endswith("/explanation") else ""
    headers = {"Idempotency-Key": "key-1"} if (route.method, path.rpartition("/")[2]) == ("POST", "activities") else {}
    if "/connections/" in path:
        headers = {"If-Match": "*"}
    if "/import-maps/" in path and (route.method == "DELETE" or tenant == "rival"):
        headers = {"If-Match": "*"}
    return service.http(route.method, path + query, body, tenant=tenant, headers=headers)


def test_every_route_knows_its_own_ids_and_no_others(service: Service, theirs: Ids, subtests: pytest.Subtests) -> None:
    held = stored_of(service, "rival")
    assert len(held) > 8
    routes = sorted(with_ids(), key=lambda route: (route.method, route.path) in OPEN)
    assert len(routes) >= 14
    for route in routes:
        with subtests.test(method=route.method, path=route.path):
            unknown, foreign = call(service, route, NOBODYS), call(service, route, theirs)
            assert told(foreign, theirs) == told(unknown, NOBODYS)
            assert foreign.headers["Content-Type"] == unknown.headers["Content-Type"]
            assert foreign.status == (200 if (route.method, route.path) in OPEN else 404)
    assert stored_of(service, "rival") == held


def test_their_owner_is_answered(service: Service, theirs: Ids, subtests: pytest.Subtests) -> None:
    """So that the test above cannot pass because of ids that nobody knows."""
    for route in sorted(with_ids(), key=lambda route: (route.method == "DELETE", -len(route.path))):
        with subtests.test(method=route.method, path=route.path):
            answered = {409} if (route.method, route.path) in HELD_UP else {200, 201, 202, 204}
            assert call(service, route, theirs, "rival").status in answered


def test_a_foreign_manager_with_an_own_name(service: Service, theirs: Ids) -> None:
    """Ids are each tenant's own: the same one may stand for two things."""
    service.http("PUT", "/v1/account-managers/their-manager", {"name": "Ours", "email": "us@example.com"})
    assert service.http("GET", "/v1/account-managers/their-manager/subscriptions").body["items"] == []
    path = f"/v1/account-managers/their-manager/subscriptions/{theirs.subscription_id}"
    assert service.http("DELETE", path).status == 404
    assert service.http("GET", "/v1/account-managers", tenant="rival").body["items"][0]["name"] == "Ada Lovelace"
    found = service.http("GET", "/v1/account-managers/their-manager/subscriptions", tenant="rival")
    assert len(found.body["items"]) == 1


def test_records_of_a_foreign_client(service: Service, theirs: Ids) -> None:
    held = stored_of(service, "rival")
    answers = [service.records(fact("ticket", "t1", owner)) for owner in (theirs.client_id, NOBODYS.client_id)]
    assert [answer.status for answer in answers] == [422, 422]
    assert told(answers[0], theirs) == told(answers[1], NOBODYS)

    # A client of the same id is another one; what is sent of it changes nothing there.
    service.take(client("their-client", name="Ours"), ticket("their-ticket", "their-client", deleted=True))
    service.drain()
    assert stored_of(service, "rival") == held
    assert service.http("GET", "/v1/clients/their-client").body["name"] == "Ours"
    assert service.http("GET", "/v1/clients/their-client/history").body["items"] == []
    assert service.http("GET", "/v1/clients/their-client/explanation?from=2026-11-23").status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/v1/clients?account_manager_id={manager_id}&archived=false",
        "/v1/clients?q=their",
        "/v1/analytics/clients?q=their",
        "/v1/alerts?account_manager_id={manager_id}",
        "/v1/tasks?account_manager_id={manager_id}",
    ],
)
def test_lists_filtered_by_foreign_ids(service: Service, theirs: Ids, path: str) -> None:
    own = service.http("GET", path.format(**NOBODYS._asdict())).body
    foreign = service.http("GET", path.format(**theirs._asdict())).body
    assert foreign == own
    there = service.http("GET", path.format(**theirs._asdict()), tenant="rival").body
    assert there != foreign


def test_previews_of_a_foreign_client(service: Service, theirs: Ids) -> None:
    answers = [
        service.http("POST", "/v1/settings/health-score/preview", {"settings": settings(service), "client_id": owner})
        for owner in (theirs.client_id, NOBODYS.client_id)
    ]
    assert [answer.status for answer in answers] == [404, 404]
    assert told(answers[0], theirs) == told(answers[1], NOBODYS)


def test_lists_show_nothing_of_others(service: Service, theirs: Ids, subtests: pytest.Subtests) -> None:
    for route in ROUTES:
        if route.method != "GET" or PARAMETER.search(route.path) or route.permission == PUBLIC:
            continue
        with subtests.test(path=route.path):
            answer = service.http("GET", route.path)
            assert answer.status == 200
            shown = repr(answer.body)
            names = [value for name, value in theirs._asdict().items() if name != "version"]
            assert not [
                value for value in (*names, "them@example.com", "Ada Lovelace", "their secret") if value in shown
            ]


LISTS: Final = (
    "/v1/clients",
    "/v1/analytics/clients",
    "/v1/clients/c1/history",
    "/v1/clients/c1/records",
    "/v1/clients/c1/activities",
    "/v1/settings/versions",
    "/v1/settings/api-keys",
    "/v1/account-managers",
    "/v1/aliases",
    "/v1/records/ids",
    "/v1/alerts",
    "/v1/tasks",
)


def test_foreign_cursors(service: Service, subtests: pytest.Subtests) -> None:
    """A cursor of the very same list is of no use to another tenant, nor one of another list."""
    service.tenant("rival")
    for tenant in ("acme", "rival"):
        change(service, tenant, **STACK, primary_model="weighted")
        put(service, "workflows", {"at_risk_alert": {"enabled": True}}, 2, tenant)
        service.take(account_manager("m1"), account_manager("m2"), tenant=tenant)
        service.take(*standardized("c1", 20), *standardized("c2", 20), tenant=tenant)
        service.take(ticket("K1"), ticket("K2"), tenant=tenant)
        for client_id in ("c1", "c2"):
            named = {"aliases": [{"source": "desk", "value": client_id}]}
            assert service.http("PUT", f"/v1/clients/{client_id}/aliases", named, tenant=tenant).status == 200
        service.take(fact("touchpoint", "T1"), fact("touchpoint", "T2"), tenant=tenant)
        for _ in range(2):
            sent = {"name": "x", "permissions": ["records.write"]}
            service.http("POST", "/v1/settings/api-keys", sent, tenant=tenant)
    for on in ("2026-11-23", "2026-11-24"):
        night(service, on, "rival")
    night(service, "2026-11-24")
    for tenant in ("acme", "rival"):
        service.publish(tenant)
    cursors = {path: service.http("GET", f"{path}?limit=1", tenant="rival").body["next_cursor"] for path in LISTS}
    assert all(cursors.values())
    for path, cursor in cursors.items():
        with subtests.test(path=path):
            answer = service.http("GET", f"{path}?limit=1&cursor={cursor}")
            assert (answer.status, answer.body["title"]) == (400, "Bad Request")
            own = service.http("GET", f"{path}?limit=1&cursor={cursor}", tenant="rival")
            assert own.status == 200
            others = [service.http("GET", f"{each}?cursor={cursor}", tenant="rival").status for each in LISTS]
            assert [each for each, status in zip(LISTS, others, strict=True) if status != 400] == [path]
