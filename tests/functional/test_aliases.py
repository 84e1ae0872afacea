"""What clients are called in other systems, and dry runs of records: what an import stands on."""

from typing import Any

from chalicelib.services.aliases import MOST_ALIASES
from tests.functional.examples import client, ticket
from tests.functional.service import Service
from tests.functional.support import pages

DESK: dict[str, Any] = {"source": "desk", "value": "Acme Inc"}


def put(service: Service, client_id: str, *aliases: dict[str, Any]) -> Any:
    return service.http("PUT", f"/v1/clients/{client_id}/aliases", {"aliases": list(aliases)})


def test_an_alias_leads_to_one_client(service: Service) -> None:
    service.take(client("c1"), client("c2"))
    assert put(service, "c1", DESK).body == {"aliases": [DESK]}
    taken = put(service, "c2", {"source": "desk", "value": "ACME  inc"})
    assert taken.status == 409
    assert "client c1" in taken.body["detail"]
    assert "acme" not in taken.body["detail"].lower()
    assert put(service, "c1").body == {"aliases": []}
    assert put(service, "c2", DESK).status == 200
    assert service.http("GET", "/v1/aliases?source=desk").body["items"] == [{"client_id": "c2", **DESK}]


def test_the_aliases_of_a_system_come_in_pages(service: Service) -> None:
    service.take(*(client(f"c{number}") for number in range(5)))
    for number in range(5):
        put(
            service,
            f"c{number}",
            {"source": "desk", "value": f"Client {number}"},
            {"source": "desk2", "value": "x" * number + "y"},
        )
    found = [item["client_id"] for page in pages(service, "/v1/aliases?source=desk&limit=2") for item in page]
    assert sorted(found) == [f"c{number}" for number in range(5)]


def test_what_is_refused(service: Service) -> None:
    service.take(client("c1"))
    many = [{"source": "desk", "value": f"{number}"} for number in range(MOST_ALIASES + 1)]
    assert put(service, "c1", *many[:-1]).status == 200
    assert put(service, "c1", *reversed(many[1:])).status == 200
    assert put(service, "c1", *many).status == 422
    assert put(service, "c1", DESK, {"source": "desk", "value": "acme INC"}).status == 422
    assert put(service, "c1", {"source": "a#b", "value": "x"}).status == 422
    assert put(service, "c1", {"source": "desk", "value": " "}).status == 422
    assert put(service, "nobody", DESK).status == 404
    for query in ("?source=", "?source=a%23b"):
        assert service.http("GET", f"/v1/aliases{query}").status == 400


def test_a_dry_run_answers_as_the_run_and_stores_nothing(service: Service) -> None:
    service.take(client("c1"))
    service.drain()
    before = service.stored()
    records = [
        client("c1", name="Renamed"),
        client("c2"),
        ticket("t1", "c1"),
        ticket("t2", "c2"),
        ticket("t3", "c9"),
        {},
    ]
    foretold = service.http("POST", "/v1/records", {"records": records, "dry_run": True})
    assert service.stored() == before
    done = service.http("POST", "/v1/records", {"records": records})
    assert (foretold.status, foretold.body) == (done.status, done.body)
    assert foretold.body["accepted"] == 4


def test_clients_that_are_about_to_be_created(service: Service) -> None:
    body: dict[str, Any] = {"records": [ticket("t1", "new")], "dry_run": True}
    assert service.http("POST", "/v1/records", body).status == 422
    known = service.http("POST", "/v1/records", {**body, "new_clients": ["new"]})
    assert (known.status, known.body["accepted"]) == (200, 1)
    for wrong in ("new", ["#"], [3], ["c"] * 501):
        assert service.http("POST", "/v1/records", {**body, "new_clients": wrong}).status == 400
    assert service.http("POST", "/v1/records", {**body, "dry_run": "yes"}).status == 400
    assert service.http("POST", "/v1/records", {"records": body["records"], "new_clients": ["new"]}).status == 400
