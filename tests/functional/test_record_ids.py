"""`GET /v1/records/ids`: which records are held, for whoever compares them with its own."""

from itertools import pairwise
from typing import Any

import pytest

from chalicelib.services import record_ids
from tests.functional.examples import account_manager, client, fact, ticket
from tests.functional.service import Record, Service


def listed(service: Service, query: str = "", tenant: str = "acme") -> list[Any]:
    """All pages, one after the other."""
    found, cursor = [], ""
    while True:
        answer = service.http("GET", f"/v1/records/ids?{query}{cursor}", tenant=tenant)
        assert answer.status == 200, answer
        found += answer.body["items"]
        if answer.body["next_cursor"] is None:
            return found
        cursor = f"&cursor={answer.body['next_cursor']}"


def held() -> list[Record]:
    """Three clients, the second of which has nothing."""
    tickets = [ticket(f"desk.{number}", name) for name in ("c1", "c3") for number in range(4 * int(name[1:]), 20, 4)]
    return [*map(client, ("c1", "c2", "c3")), *tickets, ticket("other.1", "c1"), fact("invoice", "F1", "c3")]


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
@pytest.mark.parametrize("clients_read", [1, 2, 100])
def test_every_id_comes_once_in_order(
    service: Service, monkeypatch: pytest.MonkeyPatch, limit: int, clients_read: int
) -> None:
    monkeypatch.setattr(record_ids, "CLIENTS_READ", clients_read)
    service.take(*held())
    for record_type, prefix in (("ticket", ""), ("ticket", "desk."), ("invoice", ""), ("client", ""), ("survey", "")):
        wanted = sorted(
            (record.get("client_id", record["id"]), record["id"])
            for record in {record["id"]: record for record in held()}.values()
            if record["type"] == record_type and record["id"].startswith(prefix)
        )
        found = [
            (each["client_id"], each["id"])
            for each in listed(service, f"type={record_type}&prefix={prefix}&limit={limit}")
        ]
        assert found == wanted
        assert all(one < other for one, other in pairwise(found))


def test_what_is_deleted_or_moved_is_not_there(service: Service) -> None:
    service.take(*held())
    service.clock.advance(1)
    service.take({"type": "ticket", "id": "desk.4", "deleted": True}, ticket("other.1", "c2"))
    service.drain()
    found = {each["id"]: each["client_id"] for each in listed(service)}
    assert "desk.4" not in found
    assert found["other.1"] == "c2"


def test_account_managers_belong_to_no_client(service: Service) -> None:
    service.take(account_manager("m2", updated_at="2026-11-20T08:00:00.25Z"), account_manager("m1"))
    found = listed(service, "type=account_manager&limit=1")
    assert [(each["id"], each["client_id"]) for each in found] == [("m1", None), ("m2", None)]
    assert found[1]["updated_at"] == "2026-11-20T08:00:00.25Z"


@pytest.mark.parametrize("query", ["type=alias", "limit=1001", "limit=0", f"prefix={'x' * 201}", "cursor=x"])
def test_what_cannot_be_meant_is_refused(service: Service, query: str) -> None:
    assert service.http("GET", f"/v1/records/ids?{query}").status == 400
