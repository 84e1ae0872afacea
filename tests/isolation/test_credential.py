"""Layer one: the tenant comes from the verified credential, and from nothing else that a caller sends."""

import ast
from typing import Any, Final

import pytest

from tests.architecture.sources import sources
from tests.functional.examples import client
from tests.functional.service import Service

EDGES: Final = {
    "chalicelib.api.auth": "the claim of a verified token",
    "chalicelib.api.endpoint": "what the authorizer proved",
    "chalicelib.api.tenants": "the platform's own people name the tenant that they create",
}
"""The modules of the API that make a tenant's id, and out of what."""


def test_a_tenants_id_is_made_at_three_edges_alone() -> None:
    makers = {
        source.module
        for source in sources("chalicelib")
        if source.module.startswith("chalicelib.api.")
        and any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "TenantId"
            for node in ast.walk(source.tree)
        )
    }
    assert makers == set(EDGES)


@pytest.fixture
def two(service: Service) -> Service:
    service.tenant("rival")
    service.take(client("mine", name="Mine"))
    service.take(client("theirs", name="Theirs"), tenant="rival")
    service.drain()
    return service


def names(answer: Any) -> list[str]:
    return [each["client_id"] for each in answer.body["items"]]


@pytest.mark.parametrize("header", ["X-Tenant-Id", "X-Tenant", "Tenant", "X-Amz-Tenant", "Cookie"])
def test_a_header_names_no_tenant(two: Service, header: str) -> None:
    assert names(two.http("GET", "/v1/clients", headers={header: "tenant_id=rival"})) == ["mine"]


@pytest.mark.parametrize("parameter", ["tenant", "tenant_id", "custom:tenant_id"])
def test_a_parameter_names_no_tenant(two: Service, parameter: str) -> None:
    assert two.http("GET", f"/v1/clients?{parameter}=rival").status == 400


@pytest.mark.parametrize("field", ["tenant", "tenant_id"])
def test_a_body_names_no_tenant(two: Service, field: str) -> None:
    answer = two.http("POST", "/v1/records", {"records": [{**client("new"), field: "rival"}]})
    assert (answer.status, answer.body["accepted"]) == (422, 0)
    assert two.http("POST", "/v1/records", {"records": [client("new")], field: "rival"}).status == 400
    assert names(two.http("GET", "/v1/clients", tenant="rival")) == ["theirs"]


@pytest.mark.parametrize(
    "claim",
    ["rival#", "RIVAL", "rival ", "*", "r\u0456val", "rival\n", "${tenant}", ["rival"], {"S": "rival"}, 7, True],
)
def test_a_claim_that_is_no_tenants_id_is_no_credential(two: Service, claim: Any) -> None:
    token = two.token("acme", **{"custom:tenant_id": claim})
    assert two.raw("GET", "/v1/clients", None, {"Authorization": f"Bearer {token}"}).status == 401


def test_a_credential_without_a_tenant_sees_none(two: Service) -> None:
    assert two.http("GET", "/v1/clients", tenant="").status == 403


def test_permissions_over_the_platform_open_no_tenant(two: Service) -> None:
    """Who may create tenants cannot thereby read one; the route works for no tenant that the caller is bound to."""
    body = {"tenant_id": "third", "name": "Third", "time_zone": "Europe/Rome", "currency": "EUR"}
    assert two.http("POST", "/v1/tenants", body, permissions=["tenants.admin"]).status == 201
    assert two.http("GET", "/v1/clients", tenant="", permissions=["tenants.admin", "clients.read"]).status == 403
