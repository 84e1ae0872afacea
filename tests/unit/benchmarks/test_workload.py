"""Workload B1 is what the benchmarks say it is."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from benchmarks.workload import FACTS_PER_CLIENT, Record, b1_records, ticket_upserts

AS_OF = datetime(2026, 11, 22, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return list(b1_records(4, as_of=AS_OF))


def test_every_client_has_the_facts_of_the_workload(records: list[Record]) -> None:
    per_client = Counter((record["client_id"], record["type"]) for record in records if "client_id" in record)
    for client in ("c-00001", "c-00004"):
        assert {name: count for (owner, name), count in per_client.items() if owner == client} == {
            "ticket": 200,
            "contract": 1,
            "invoice": 24,
            "survey": 30,
            "billable_month": 24,
            "qbr": 8,
            "touchpoint": 24,
            "assessment": 4,
            "reconciliation": 4,
            "headcount": 4,
        }
    assert sum(per_client.values()) == 4 * FACTS_PER_CLIENT


def test_it_is_json_and_the_same_each_time(records: list[Record]) -> None:
    assert json.dumps(records) == json.dumps(list(b1_records(4, as_of=AS_OF)))
    assert records != list(b1_records(4, as_of=AS_OF, seed=2))


def test_tickets_are_numbered_by_date_over_all_clients(records: list[Record]) -> None:
    tickets = sorted((record for record in records if record["type"] == "ticket"), key=lambda record: record["id"])
    assert [ticket["created_at"] for ticket in tickets] == sorted(ticket["created_at"] for ticket in tickets)
    assert (tickets[0]["id"], tickets[-1]["id"]) == ("T0000001", "T0000800")


def test_everything_lies_in_the_24_months_before(records: list[Record]) -> None:
    for record in records:
        assert record["updated_at"] < "2026-11-22T02:00:00Z"
        for field in ("created_at", "first_response_at", "resolved_at", "closed_at", "responded_at", "occurred_at"):
            if field in record:
                assert "2024-11-22T02:00:00Z" <= record[field] < "2026-11-22T02:00:00Z"
                assert record[field] <= record["updated_at"]


def test_upserts_are_new_tickets_in_either_order(records: list[Record]) -> None:
    in_order = list(ticket_upserts(100, as_of=AS_OF, clients=7))
    shuffled = list(ticket_upserts(100, as_of=AS_OF, clients=7, order="random"))
    assert [ticket["client_id"] for ticket in in_order] == sorted(ticket["client_id"] for ticket in in_order)
    assert [ticket["id"] for ticket in shuffled] != [ticket["id"] for ticket in in_order]
    assert sorted(map(json.dumps, shuffled)) == sorted(map(json.dumps, in_order))
    assert len({ticket["client_id"] for ticket in in_order}) == 7
    assert min(ticket["id"] for ticket in in_order) == "T0500001"


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        next(b1_records(1, as_of=AS_OF.replace(tzinfo=None)))
