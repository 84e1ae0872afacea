"""Who may call what: every route has an authorizer and a permission, and both hold."""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from tzdata import IANA_VERSION

from chalicelib.api.auth import PERMISSIONS, UnauthorizedError, authorizer
from chalicelib.api.endpoint import PUBLIC, ROUTES, Route
from chalicelib.bootstrap import application
from chalicelib.observability import HandlerFailedError
from tests.functional.examples import client
from tests.functional.service import ALL, Service
from tests.functional.support import emitted

OPEN = {("GET", "/v1/healthz"), ("GET", "/v1/openapi.json")}

CONTRACT = """
GET /analytics/clients reports.read
GET /analytics/portfolio reports.read
GET /clients clients.read
GET /clients/{} clients.read
PUT /clients/{} records.write
GET /clients/{}/health reports.read
GET /clients/{}/history reports.read
GET /clients/{}/explanation reports.read
GET /clients/{}/records reports.read
GET /clients/{}/activities reports.read
POST /clients/{}/activities activities.write
PATCH /clients/{}/activities/{} activities.write
DELETE /clients/{}/activities/{} activities.write
GET /clients/{}/plan reports.read
POST /clients/{}/tasks alerts.write
POST /clients/{}/recalculate scores.recalculate
GET /settings/health-score settings.read
PUT /settings/health-score settings.write
GET /settings/business-hours settings.read
PUT /settings/business-hours settings.write
GET /settings/workflows settings.read
PUT /settings/workflows settings.write
GET /settings/links settings.read
PUT /settings/links settings.write
GET /settings/versions settings.read
GET /settings/versions/{} settings.read
POST /settings/health-score/preview settings.read
GET /settings/api-keys settings.write
POST /settings/api-keys settings.write
DELETE /settings/api-keys/{} settings.write
POST /records records.write
GET /records/ids records.write
GET /import-maps records.write
GET /import-maps/{} records.write
PUT /import-maps/{} records.write
DELETE /import-maps/{} records.write
POST /imports records.write
GET /imports records.write
GET /imports/{} records.write
POST /imports/{}/preview records.write
POST /imports/{}/start records.write
POST /imports/{}/pause records.write
DELETE /imports/{} records.write
GET /alerts reports.read
PATCH /alerts/{} alerts.write
GET /tasks reports.read
PATCH /tasks/{} alerts.write
GET /account-managers clients.read
GET /account-managers/{} clients.read
PUT /account-managers/{} records.write
GET /clients/{}/aliases clients.read
PUT /clients/{}/aliases records.write
GET /aliases clients.read
GET /account-managers/{}/subscriptions settings.write
POST /account-managers/{}/subscriptions settings.write
DELETE /account-managers/{}/subscriptions/{} settings.write
GET /connections settings.write
POST /connections settings.write
GET /connections/{} settings.write
PATCH /connections/{} settings.write
DELETE /connections/{} settings.write
POST /connections/{}/test settings.write
POST /connections/{}/sync settings.write
GET /connections/{}/picklists settings.write
GET /connections/{}/mapping settings.write
PUT /connections/{}/mapping settings.write
GET /connections/{}/skipped settings.write
POST /tenants tenants.admin
POST /account-managers/{}/clients records.write
GET /analytics/workload clients.read
GET /analytics/data-quality reports.read
GET /tenant reports.read
"""
"""api.md, Routes."""


def entries() -> Iterator[tuple[str, str, Any]]:
    """Method, path and entry of each route that Chalice serves."""
    from app import app

    for path, methods in app.routes.items():
        for method, entry in methods.items():
            yield method, path, entry


def guarded() -> list[Route]:
    from app import app

    assert app
    return [route for route in ROUTES if route.permission != PUBLIC]


def path_of(route: Route) -> str:
    return re.sub(r"\{.*?\}", "1", route.path)


def test_every_route_has_an_authorizer_and_a_permission() -> None:
    served = {(method, path): entry for method, path, entry in entries()}
    # HEAD is GET without the body.
    declared = {
        (method, route.path): route.permission
        for route in ROUTES
        for method in {"GET": ("GET", "HEAD")}.get(route.method, (route.method,))
    }
    assert served.keys() == declared.keys(), "a route is served that was not declared as an endpoint"
    for route, entry in served.items():
        method, path = route
        if ("GET" if method == "HEAD" else method, path) in OPEN:
            assert (declared[route], entry.authorizer) == (PUBLIC, None)
        else:
            assert declared[route] in PERMISSIONS
            assert entry.authorizer is not None
            assert entry.authorizer.name == "authorizer"


def test_routes_and_permissions_are_those_of_the_contract() -> None:
    expected = set(CONTRACT.split("\n")) - {""}
    found = {
        f"{route.method} {re.sub(r'{.*?}', '{}', route.path).removeprefix('/v1')} {route.permission}"
        for route in guarded()
    }
    assert found == expected


def test_without_a_credential_nothing_is_served(service: Service, subtests: pytest.Subtests) -> None:
    json_body = {"Content-Type": "application/json"}
    for route in guarded():
        with subtests.test(route=f"{route.method} {route.path}"):
            for headers in ({}, {"Authorization": "Bearer unknown"}, {"Authorization": "Basic dTpw"}):
                answer = service.raw(route.method, path_of(route), {}, {**json_body, **headers})
                assert answer.status == 401


def test_without_the_permission_nothing_is_served(service: Service, subtests: pytest.Subtests) -> None:
    before = service.stored()
    for route in guarded():
        with subtests.test(route=f"{route.method} {route.path}"):
            others = [each for each in ALL if each != route.permission]
            answer = service.http(route.method, path_of(route), {}, permissions=others)
            assert answer.status == answer.body["status"] == 403
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert route.permission in answer.body["detail"]
    assert service.stored() == before


def test_a_person_of_no_tenant_sees_no_tenant(service: Service, subtests: pytest.Subtests) -> None:
    before = service.stored()
    for route in guarded():
        if route.permission != "tenants.admin":
            with subtests.test(route=f"{route.method} {route.path}"):
                assert service.http(route.method, path_of(route), {}, tenant="").status in {400, 403, 422, 428}
    assert service.stored() == before


def test_what_is_open_needs_nothing(service: Service) -> None:
    for method, path in OPEN:
        assert service.raw(method, path, None, {}).status == 200
    assert service.raw("GET", "/v1/healthz", None, {}).body == {"status": "ok", "time_zones": IANA_VERSION}


def test_the_tenant_comes_from_the_credential_alone(service: Service) -> None:
    service.tenant("other")
    service.take(client("theirs"), tenant="other")
    service.drain()
    headers = {"X-Tenant-Id": "other", "tenant_id": "other"}
    assert service.http("GET", "/v1/analytics/clients", headers=headers).body["clients"] == []
    assert service.http("GET", "/v1/analytics/clients?tenant_id=other").status == 400
    body = {"tenant_id": "other", "records": [client("mine")]}
    assert service.http("POST", "/v1/records", body).status == 400


def test_answers_are_not_to_be_cached(service: Service) -> None:
    for answer in (service.http("GET", "/v1/analytics/clients"), service.http("GET", "/v1/clients/nobody")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


# ---- the authorizer ------------------------------------------------------------------------------------------------

ARN = "arn:aws:execute-api:eu-central-1:123456789012:api/api/GET/v1/clients"


def authorize(token: str) -> Any:
    event = {"type": "TOKEN", "authorizationToken": token, "methodArn": ARN}
    return authorizer(event, SimpleNamespace(aws_request_id="1"))


def test_a_good_token_gets_all_routes_and_its_own_permissions(service: Service) -> None:
    answer = authorize(f"Bearer {service.token('acme', ['reports.read', 'clients.read'])}")
    assert answer["context"] == {
        "tenant_id": "acme",
        "subject": "someone",
        "permissions": "clients.read reports.read",
    }
    assert answer["principalId"] == "someone"
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Resource"] == ["arn:aws:execute-api:eu-central-1:123456789012:api/api/*/*"]


def test_the_scheme_may_be_written_in_any_case(service: Service) -> None:
    assert authorize(f"bearer {service.token('acme')}")["context"]["tenant_id"] == "acme"


@pytest.mark.parametrize(
    "token", ["", "Bearer", "Bearer ", "Basic token-0", "token-0", "Bearer unknown", "Bearer  token-0"]
)
def test_anything_else_is_unauthorized(service: Service, token: str) -> None:
    assert service.token("acme") == "token-0"
    with pytest.raises(UnauthorizedError, match=r"^Unauthorized$"):
        authorize(token)


@pytest.mark.parametrize(
    ("groups", "permissions"),
    [
        (["reports.read", "everything", "admin", "REPORTS.READ"], "reports.read"),
        ([], ""),
        ("reports.readers", ""),
        ("reports.read everything", "reports.read"),
        (None, ""),
        ({"reports.read": True}, ""),
        ([["reports.read"], 5, None], ""),
    ],
)
def test_unknown_groups_give_nothing(service: Service, groups: Any, permissions: str) -> None:
    token = service.token("acme", **{"cognito:groups": groups})
    assert authorize(f"Bearer {token}")["context"]["permissions"] == permissions


@pytest.mark.parametrize("tenant", ["ACME", "a", "acme#x", "acme/../x", " acme", 7, ["acme"]])
def test_a_tenant_that_cannot_be_is_unauthorized(service: Service, tenant: Any) -> None:
    with pytest.raises(UnauthorizedError):
        authorize(f"Bearer {service.token('', **{'custom:tenant_id': tenant})}")


@pytest.mark.parametrize("claims", [{}, {"custom:tenant_id": ""}, {"custom:tenant_id": None}])
def test_no_tenant_is_the_platform_itself(service: Service, claims: Any) -> None:
    assert authorize(f"Bearer {service.token('', **claims)}")["context"]["tenant_id"] == ""


def test_an_issuer_that_cannot_be_asked_is_no_refusal(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """API Gateway answers 500, and nothing is cached; that it failed is counted, and its words stay inside."""

    def fail(token: str) -> None:
        raise OSError("the issuer's keys cannot be had")

    monkeypatch.setattr(application().tokens, "claims", fail)
    with pytest.raises(HandlerFailedError, match=r"^OSError$"):
        authorize("Bearer any")
    assert emitted(capsys) == [{"AuthorizerFailures": 1}]


def test_a_refusal_is_no_failure(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    """Or else whoever sends bad tokens could ring the alarm."""
    with pytest.raises(UnauthorizedError):
        authorize("Bearer unknown")
    assert authorize(f"Bearer {service.token('acme')}")
    assert emitted(capsys) == []
