"""One client with 200,000 tickets and 200,000 other facts, through intake, settling, refresh and a night.

`python -m benchmarks.large_client [--records N]` prints JSON. The emulator is in this process, so its tables are in the
peak of memory too; times are CPU of the process, the emulator's included.
"""

import argparse
import json
import resource
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from statistics import median
from time import process_time
from typing import Any, Final

from benchmarks.emulator import spare_the_collector
from benchmarks.loading import RECORDS_PER_REQUEST, chunks, take
from benchmarks.stack import TABLE, TENANT, Stack, get, started
from benchmarks.workload import AS_OF, FACTS_PER_CLIENT, TICKETS, Record, b1_records
from chalicelib.domain.ids import RecordId
from chalicelib.tenancy import bound_to
from infra.meter import Cost, item_size

RECORDS: Final = 200_000
CLIENT: Final = RecordId("c-00001")
OTHERS: Final = FACTS_PER_CLIENT - TICKETS
SETTLED_EACH: Final = 20
"""Requests between two settlings."""

LAST: Final = 20
"""Requests whose median stands for one on a client that is nearly full."""


def facts(count: int) -> tuple[list[Record], list[Record]]:
    """So many tickets, and as many other facts of all types, of one client: those of many of B1's clients."""
    tickets: list[Record] = []
    others: list[Record] = []
    for record in b1_records(-(-count // OTHERS), as_of=AS_OF):
        if "client_id" in record:
            (tickets if record["type"] == "ticket" else others).append({**record, "client_id": CLIENT})
    tickets.sort(key=lambda ticket: str(ticket["created_at"]))
    others.sort(key=lambda fact: (str(fact["updated_at"]), str(fact["type"])))
    return tickets[:count], others[:count]


def measure(count: int) -> dict[str, Any]:
    """What it costs to store them, to settle and refresh, to read the card, and a night."""
    tickets, others = facts(count)
    with started() as stack:
        take(stack, list(islice(b1_records(1, as_of=AS_OF), 21)))  # the account managers, and the client
        found: dict[str, Any] = {"records": count}
        for name, records in (("tickets", tickets), ("other facts", others)):
            found[name] = _stored(stack, records)
        found["refresh"] = _measured(stack, lambda: _refresh(stack))
        found["night"] = _measured(stack, stack.night)
        path, named = "/v1/clients/{client_id}/health", {"client_id": str(CLIENT)}
        found["card"] = _measured(stack, lambda: get(path, "reports.read", parameters=named))
        sizes = dict(_sizes(stack))
        seat, held = _held(stack)
        assert held == (len(tickets), len(others)), held
    found["parts"] = dict(sorted(seat.items()))
    found["largest item"] = max(sizes.items(), key=lambda item: item[1])
    found["bytes"] = sum(sizes.values())
    found["peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def _stored(stack: Stack, records: Sequence[Record]) -> dict[str, Any]:
    """Requests of 500, settled as they come."""
    seconds: list[float] = []
    cost = Cost()
    for number, request in enumerate(chunks(records, RECORDS_PER_REQUEST), 1):
        began = process_time()
        with stack.meter.counting() as spent:
            take(stack, request)
        seconds.append(process_time() - began)
        cost.calls.update(spent.calls)
        cost.charges += spent.charges
        if number % SETTLED_EACH == 0:
            stack.settle()
    began = process_time()
    stack.settle()
    return {
        "requests": len(seconds),
        "calls per record": cost.call_count / len(records),
        "write units per record": cost.write / len(records),
        "CPU seconds, first requests": median(seconds[:LAST]),
        "CPU seconds, last requests": median(seconds[-LAST:]),
        "CPU seconds, longest": max(seconds),
    }


def _measured(stack: Stack, run: Any) -> dict[str, float]:
    began = process_time()
    with stack.meter.counting() as cost:
        run()
    seconds = process_time() - began
    return {"CPU seconds": seconds, "calls": cost.call_count, "read units": cost.read, "write units": cost.write}


def _refresh(stack: Stack) -> None:
    with bound_to(TENANT):
        stack.app.refresh.refresh(TENANT, 0)


def _sizes(stack: Stack) -> Iterator[tuple[str, int]]:
    """Bytes of all items, by sort key."""
    pages: Iterable[Any] = stack.dynamodb.get_paginator("scan").paginate(TableName=TABLE)
    return ((item["sk"]["S"], item_size(item)) for page in pages for item in page["Items"])


def _held(stack: Stack) -> tuple[dict[str, int], tuple[int, int]]:
    """Into how many shards the client's sets are split, and how many tickets and other facts are read of it."""
    with bound_to(TENANT):
        seat = stack.adapters.roster.seats(TENANT, [CLIENT])[CLIENT]
        held = stack.adapters.roster.client_facts(TENANT, CLIENT, seat)
    others = sum(len(getattr(held, name)) for name in held.__slots__ if name not in {"client", "tickets"})
    return dict(seat.shards), (len(held.tickets.id), others)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large_client", description=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS, help="tickets, and as many other facts")
    spare_the_collector()
    print(json.dumps(measure(parser.parse_args().records)))


if __name__ == "__main__":
    main()
