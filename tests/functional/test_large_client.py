"""A client whose facts fill many shards of a set: small ones here, 200,000 records in `benchmarks/large_client.py`."""

from random import Random
from typing import Any, Final

import pytest

from chalicelib.adapters.dynamodb import directory as dynamodb_directory
from chalicelib.adapters.dynamodb import roster as dynamodb_roster
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.ticket_copies import key_text, ticket_key
from chalicelib.tenancy import bound_to
from infra.meter import item_size
from tests.functional.examples import ago, client, days_ago, fact, ticket
from tests.functional.service import Record, Service
from tests.running import adapters

ACME: Final = TenantId("acme")
EACH: Final = 1_000
"""Tickets, and as many other facts."""

SPLIT_ABOVE: Final = 700
BLOCK_LIMIT: Final = 12_000


def small_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamodb_roster, "SPLIT_ABOVE", SPLIT_ABOVE)
    monkeypatch.setattr(dynamodb_roster, "BLOCK_LIMIT", BLOCK_LIMIT)
    monkeypatch.setattr(dynamodb_directory, "LEAF_LIMIT", 500)


def tickets(random: Random) -> list[Record]:
    """Of half a year, in the order of their creation."""
    ages = sorted((180 * random.random() for _ in range(EACH)), reverse=True)
    return [ticket(f"T{n:05d}", created_at=ago(days=age), priority=f"P{n % 5 + 1}") for n, age in enumerate(ages)]


def others(random: Random) -> list[Record]:
    """Of three types, in any order, with ids of which nothing compresses."""

    def one(number: int) -> Record:
        name, when = f"{random.getrandbits(96):024x}", random.randrange(1, 700)
        if number % 3 == 0:
            return fact("survey", name, score=number % 5 + 1, responded_at=ago(days=when))
        if number % 3 == 1:
            return fact("touchpoint", name, occurred_at=ago(days=when), with_decision_maker=False)
        return fact("headcount", name, recorded_on=days_ago(when), employees=number)

    return list(map(one, range(EACH)))


def held(service: Service) -> dict[str, list[str]]:
    """The ids of what is read of the client, by type."""
    found = service.facts("c1")
    rows: dict[str, Any] = {"survey": found.surveys, "touchpoint": found.touchpoints, "headcount": found.headcounts}
    return {"ticket": sorted(found.tickets.id)} | {name: sorted(row.id for row in rows[name]) for name in rows}


def ids(records: list[Record]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {name: [] for name in ("ticket", "survey", "touchpoint", "headcount")}
    for record in records:
        found[record["type"]].append(record["id"])
    return {name: sorted(each) for name, each in found.items()}


def twin(record: Record) -> Record:
    """The same of a client whose sets are whole."""
    return {**record, "client_id": "twin", "id": f"U{record['id']}"}


def test_many_parts_hold_each_record_once_and_are_read_as_one(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(5)
    sent = [*tickets(random), *others(random)]
    gone = random.sample(sent, 200)
    left = [record for record in sent if record not in gone]
    service.take(client("twin", client_since=days_ago(900)), *map(twin, left))
    service.drain()
    small_items(monkeypatch)
    service.take(client(client_since=days_ago(900)), *sent)
    service.drain()
    assert held(service) == ids(sent)

    with bound_to(ACME):
        seat = adapters().roster.seats(ACME, [RecordId("c1")])["c1"]
        names = [ticket_key(record["id"]) for record in sent if record["type"] == "ticket"]
        leaves = adapters().directory.leaves(ACME, names)
    assert len(seat.shards) == 4, "three quarters of tickets, and the other facts"
    assert sum(seat.shards.values()) >= 14, seat
    assert [leaf.until for leaf in leaves[:-1]] == [leaf.first for leaf in leaves[1:]]
    assert all(leaf.first <= key_text(key) for leaf in leaves for key in leaf.entries)
    entries = {key: seats for leaf in leaves for key, seats in leaf.entries.items()}
    assert set(names) <= entries.keys()
    assert all(len(seats) == 1 for seats in entries.values())
    sizes = [item_size(item) for (_, sk), item in service.stored().items() if sk.startswith("C#c1#")]
    assert max(sizes) < BLOCK_LIMIT

    again = service.records(*random.sample(sent, 500), backfill=True)
    assert again.body == {"accepted": 0, "unchanged": 500, "rejected": []}
    service.take(*({**record, "deleted": True} for record in gone))
    service.drain()
    assert held(service) == ids(left)

    service.night("2026-11-23")
    cards = [service.http("GET", f"/v1/clients/{name}/health").body for name in ("c1", "twin")]
    assert cards[0]["models"] == cards[1]["models"]
    assert cards[0]["trend"] == cards[1]["trend"]
