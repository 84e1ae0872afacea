"""One identity per ticket: it moves between clients and times, is deleted by its id alone, and never counts twice."""

from typing import Any, Final

import pytest

from tests.functional.examples import ago, client, ticket
from tests.functional.service import Service
from tests.functional.test_records import counts

OLD, NEW, NEWEST = ago(days=3), ago(days=2), ago(days=1)
OTHER_QUARTER: Final = ago(days=200)
UUID: Final = "0f8fad5b-d9cb-469f-a165-70867728950e"

Ids = pytest.mark.parametrize("name", ["T1", UUID])


@pytest.fixture
def pair(service: Service) -> Service:
    """Two clients without tickets."""
    service.take(client("c1", updated_at=OLD), client("c2", updated_at=OLD))
    service.drain()
    return service


def tickets(service: Service, client_id: str) -> list[tuple[str, int]]:
    """The ids and priorities of a client's tickets that count."""
    return [(row.id, row.priority) for row in service.facts(client_id).tickets.rows()]


def deletion(name: str, **fields: Any) -> dict[str, Any]:
    return {"type": "ticket", "id": name, "deleted": True, **fields}


def pending(service: Service) -> list[str]:
    return [sk for pk, sk in service.stored() if pk.endswith("#IDS") and sk.startswith("J#")]


@Ids
@pytest.mark.parametrize("times", [(OLD, NEW), (OLD, OLD), (None, None), (OLD, None)])
def test_a_ticket_moves_to_another_client(pair: Service, name: str, times: tuple[str | None, str | None]) -> None:
    first, second = ({} if time is None else {"updated_at": time} for time in times)
    pair.take(ticket(name, "c1", **first))
    pair.drain()
    assert counts(pair.records(ticket(name, "c2", **second))) == (200, 1, 0, 0)
    assert tickets(pair, "c2") == [(name, 2)]
    pair.drain()
    assert (tickets(pair, "c1"), tickets(pair, "c2")) == ([], [(name, 2)])
    assert pending(pair) == []


@Ids
def test_a_ticket_moves_there_and_back_before_anything_is_settled(pair: Service, name: str) -> None:
    for owner in ("c1", "c2", "c1", "c2", "c1"):
        pair.clock.advance(0.001)
        assert counts(pair.records(ticket(name, owner))) == (200, 1, 0, 0)
    pair.drain()
    assert (tickets(pair, "c1"), tickets(pair, "c2")) == ([(name, 2)], [])


def test_an_older_version_elsewhere_never_stands(pair: Service) -> None:
    pair.take(ticket("T1", "c1", updated_at=NEW))
    pair.drain()
    pair.take(ticket("T1", "c2", updated_at=OLD))
    pair.drain()
    assert (tickets(pair, "c1"), tickets(pair, "c2")) == ([("T1", 2)], [])


def test_the_row_of_both_clients_follows_a_move(pair: Service) -> None:
    pair.take(ticket("T1", "c1", priority="P1"))
    pair.drain()
    pair.take(ticket("T1", "c2", priority="P1"))
    pair.drain()
    rows = pair.http("GET", "/v1/analytics/clients").body["clients"]
    assert {row["client_id"]: row["open_tickets"] for row in rows} == {"c1": 0, "c2": 1}


def test_within_one_request_a_ticket_has_one_client(pair: Service) -> None:
    assert counts(pair.records(ticket("T1", "c1"), ticket("T1", "c2"))) == (200, 1, 1, 0)
    assert (tickets(pair, "c1"), tickets(pair, "c2")) == ([], [("T1", 2)])


@pytest.mark.parametrize("drained", [False, True])
@pytest.mark.parametrize(("updated_at", "priority"), [(NEW, 1), (OLD, 1), (ago(days=4), 2)])
def test_a_ticket_moves_in_time(pair: Service, updated_at: str, priority: int, drained: bool) -> None:
    pair.take(ticket("T1", "c1", updated_at=OLD))
    pair.drain()
    pair.take(ticket("T1", "c1", created_at=OTHER_QUARTER, priority="P1", updated_at=updated_at))
    if drained or updated_at == OLD:
        pair.drain()
        assert len(blocks(pair, "c1")) == 1
    assert tickets(pair, "c1") == [("T1", priority)]


def blocks(service: Service, client_id: str) -> list[str]:
    """The blocks of a client that hold tickets."""
    return [sk for (_, sk), item in service.stored().items() if sk.startswith(f"C#{client_id}#TICKETS") and "d" in item]


@Ids
@pytest.mark.parametrize("known", [False, True], ids=["by id", "with its client"])
@pytest.mark.parametrize("timed", [False, True])
def test_a_ticket_is_deleted_by_its_id(pair: Service, name: str, known: bool, timed: bool) -> None:
    pair.take(ticket(name, "c1", updated_at=OLD), ticket("T9", "c1"))
    pair.drain()
    fields = ({"client_id": "c1"} if known else {}) | ({"updated_at": NEW} if timed else {})
    assert counts(pair.records(deletion(name, **fields))) == (200, 1, 0, 0)
    if known:
        assert tickets(pair, "c1") == [("T9", 2)], "at once"
    pair.drain()
    assert tickets(pair, "c1") == [("T9", 2)]
    pair.take(ticket(name, "c2", updated_at=OLD))
    pair.drain()
    assert tickets(pair, "c2") == []
    pair.take(ticket(name, "c2"))
    pair.drain()
    assert tickets(pair, "c2") == [(name, 2)]
    assert pending(pair) == []


@Ids
def test_a_deletion_of_a_ticket_that_is_not_there_stands_against_older_versions(pair: Service, name: str) -> None:
    assert counts(pair.records(deletion(name, updated_at=NEW))) == (200, 1, 0, 0)
    pair.drain()
    pair.take(ticket(name, "c1", updated_at=OLD))
    pair.drain()
    assert tickets(pair, "c1") == []
    pair.take(ticket(name, "c1", updated_at=NEWEST))
    pair.drain()
    assert tickets(pair, "c1") == [(name, 2)]


def test_a_deletion_by_id_that_is_older_changes_nothing(pair: Service) -> None:
    pair.take(ticket("T1", "c1", updated_at=NEW))
    pair.drain()
    pair.take(deletion("T1", updated_at=OLD))
    pair.drain()
    assert tickets(pair, "c1") == [("T1", 2)]


def test_a_deletion_that_names_another_client_finds_the_ticket(pair: Service) -> None:
    pair.take(ticket("T1", "c1", updated_at=OLD))
    pair.drain()
    assert counts(pair.records(deletion("T1", client_id="c2", updated_at=NEW))) == (200, 1, 0, 0)
    pair.drain()
    assert tickets(pair, "c1") == []


def test_a_deletion_by_id_follows_a_ticket_on_the_move(pair: Service) -> None:
    pair.take(ticket("T1", "c1"))
    pair.drain()
    pair.take(ticket("T1", "c2"))
    pair.clock.advance(0.001)
    pair.take(deletion("T1", client_id="c1"))
    pair.drain()
    assert (tickets(pair, "c1"), tickets(pair, "c2")) == ([], [])


def test_a_deletion_of_an_unknown_client_is_rejected(pair: Service) -> None:
    assert counts(pair.records(deletion("T1", client_id="nobody"))) == (422, 0, 0, 1)


def test_many_tickets_of_one_client_move_at_once(pair: Service) -> None:
    """A merge of two clients: more than a transaction holds, of several quarters."""
    names = [f"T{number:03d}" for number in range(130)]
    created = {name: ago(days=1 + 2 * place) for place, name in enumerate(names)}
    pair.take(*(ticket(name, "c1", created_at=created[name]) for name in names))
    pair.drain()
    pair.take(*(ticket(name, "c2", created_at=created[name]) for name in names))
    pair.drain()
    assert tickets(pair, "c1") == []
    assert sorted(name for name, _ in tickets(pair, "c2")) == names
    assert blocks(pair, "c1") == []
