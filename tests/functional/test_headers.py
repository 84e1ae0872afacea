"""Every answer tells a browser to keep nothing, guess nothing, load nothing and come back by TLS alone."""

from types import SimpleNamespace
from typing import Any, Final

import pytest

from chalicelib.api.endpoint import ROUTES, Route
from chalicelib.bootstrap import application
from tests.functional.examples import client
from tests.functional.service import Answer, Service

EXPECTED: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}

PLACEHOLDERS: Final = {
    "{client_id}": "c1",
    "{manager_id}": "am-1",
    "{subscription_id}": "none",
    "{alert_id}": "none",
    "{task_id}": "none",
    "{activity_id}": "ui-0123456789abcdef",
    "{version}": "1",
    "{key_id}": "none",
    "{connection_id}": "none",
    "{import_id}": "none",
    "{map_name}": "none",
}


KEPT: Final = {"/v1/openapi.json": "public, max-age=300"}
"""What caches may keep: it is the same for everybody."""


def assert_protected(answer: Answer, kept: str = "no-store") -> None:
    expected = {**EXPECTED, "Cache-Control": kept}
    assert {name: answer.headers.get(name) for name in expected} == expected, answer


def path_of(route: Route) -> str:
    path = route.path
    for placeholder, value in PLACEHOLDERS.items():
        path = path.replace(placeholder, value)
    assert "{" not in path, f"{path} needs a value here"
    return path


def test_every_route_in_every_mood(service: Service) -> None:
    service.take(client("c1"))
    assert len(ROUTES) > 30
    for route in ROUTES:
        path = path_of(route)
        asked = service.http(route.method, path, None if route.method in {"GET", "DELETE"} else {})
        assert asked.status < 500, asked
        assert_protected(asked, KEPT.get(path, "no-store"))
        for answer in (
            service.http(route.method, path, b"{", permissions=[]),
            service.http(route.method, path, b"x" * 1_000_001),
            service.http(route.method, f"{path}?no_such_parameter=1"),
        ):
            assert_protected(answer, KEPT.get(path, "no-store") if answer.status == 200 else "no-store")


def test_an_answer_without_a_body(service: Service) -> None:
    created = service.http("POST", "/v1/settings/api-keys", {"name": "connector", "permissions": ["records.write"]})
    ended = service.http("DELETE", f"/v1/settings/api-keys/{created.body['id']}")
    assert ended.status == 204
    assert_protected(ended)


def test_a_failure(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setitem(vars(application()), "client_health", SimpleNamespace(client_health=fail))
    failed = service.http("GET", "/v1/analytics/clients")
    assert failed.status == 500
    assert_protected(failed)


def test_a_routes_own_header_goes_first(service: Service) -> None:
    assert service.http("GET", "/v1/settings/health-score").headers["ETag"] == '"1"'


# ---- limits ----


LISTS: Final = (
    "/v1/analytics/clients",
    "/v1/clients",
    "/v1/clients/c1/history",
    "/v1/alerts",
    "/v1/tasks",
    "/v1/account-managers",
)


@pytest.mark.parametrize("path", LISTS)
def test_a_list_has_1_to_200_rows(service: Service, path: str) -> None:
    service.take(client("c1"))
    for limit in ("1", "200"):
        assert service.http("GET", f"{path}?limit={limit}").status == 200
    for limit in ("0", "201", "-1", "1e2", "many", ""):
        assert service.http("GET", f"{path}?limit={limit}").status == 400, limit


def test_a_body_has_at_most_a_megabyte_on_every_route(service: Service) -> None:
    """Exactly at the limit the body is read, and is no JSON; one byte more and it is not read."""
    service.take(client("c1"))
    reading = [route for route in ROUTES if route.method in {"POST", "PUT", "PATCH"} and takes_a_body(route)]
    assert len(reading) > 10
    for route in reading:
        headers = {"If-Match": '"1"'}
        at_limit = service.http(route.method, path_of(route), b"x" * 1_000_000, headers=headers)
        assert at_limit.status == 400, (route, at_limit)
        over = service.http(route.method, path_of(route), b"x" * 1_000_001, headers=headers)
        assert over.status == over.body["status"] == 413, (route, over)


def takes_a_body(route: Route) -> bool:
    return bool(route.body) or route.path == "/v1/records"  # which reads its records one by one
