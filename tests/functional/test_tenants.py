"""POST /v1/tenants."""

from typing import Any

import pytest

from tests.functional.examples import client
from tests.functional.service import Answer, Record, Service


def new_tenant(**fields: Any) -> Record:
    return {"tenant_id": "newco", "name": "New Co", "time_zone": "America/New_York", "currency": "USD", **fields}


def create(service: Service, body: Any, permissions: tuple[str, ...] = ("tenants.admin",)) -> Answer:
    return service.http("POST", "/v1/tenants", body, tenant="", permissions=permissions)


def test_a_tenant_comes_to_life(service: Service) -> None:
    answer = create(service, new_tenant())
    assert (answer.status, answer.body) == (201, {**new_tenant(), "settings_version": 1})
    assert service.http("GET", "/v1/analytics/clients", tenant="newco").status == 200
    service.take(client(), tenant="newco")
    service.night("2026-11-23")
    history = service.http("GET", "/v1/clients/c1/history", tenant="newco").body["items"]
    assert [item["date"] for item in history] == ["2026-11-22"], "its own local date"


def test_a_taken_id_is_a_conflict(service: Service) -> None:
    assert create(service, new_tenant()).status == 201
    before = service.stored()
    for change in ({"name": "Other"}, {"time_zone": "Europe/Rome"}, {"currency": "EUR"}):
        answer = create(service, new_tenant(**change))
        assert (answer.status, answer.headers["Content-Type"]) == (409, "application/problem+json")
    assert service.stored() == before
    service.take(client(), tenant="newco")
    assert create(service, new_tenant()).status == 409, "also the very same, once it has clients"


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (new_tenant(time_zone="Mars/Olympus"), ["/time_zone"]),
        (new_tenant(time_zone="localtime"), ["/time_zone"]),
        (new_tenant(time_zone="Factory"), ["/time_zone"]),
        (new_tenant(time_zone="posixrules"), ["/time_zone"]),
        (new_tenant(time_zone="europe/rome"), ["/time_zone"]),
        (new_tenant(time_zone="../../etc/passwd"), ["/time_zone"]),
        (new_tenant(time_zone=""), ["/time_zone"]),
        (new_tenant(time_zone="Mars/Olympus", currency="euro"), ["/currency", "/time_zone"]),
        (new_tenant(currency="eur"), ["/currency"]),
        (new_tenant(tenant_id="N"), ["/tenant_id"]),
        (new_tenant(tenant_id="new#co"), ["/tenant_id"]),
        (new_tenant(tenant_id="newco\n"), ["/tenant_id"]),
        (new_tenant(tenant_id=39 * "n" + "n"), ["/tenant_id"]),
        (new_tenant(name=" "), ["/name"]),
        (new_tenant(plan="gold"), ["/plan"]),
        ({}, ["/currency", "/name", "/tenant_id", "/time_zone"]),
    ],
)
def test_all_faults_are_named(service: Service, body: Record, pointers: list[str]) -> None:
    before = service.stored()
    answer = create(service, body)
    assert answer.status == 422
    assert sorted(fault["pointer"] for fault in answer.body["errors"]) == pointers
    assert service.stored() == before


@pytest.mark.parametrize("body", [b"", b"{", b"[]"])
def test_what_is_no_object(service: Service, body: bytes) -> None:
    assert create(service, body).status == 400


def test_it_needs_the_administration_of_tenants(service: Service) -> None:
    answer = create(service, new_tenant(), ("settings.write", "records.write"))
    assert answer.status == 403
    assert "tenants.admin" in answer.body["detail"]
    assert service.http("GET", "/v1/analytics/clients", tenant="newco").status == 404
