"""What new tickets cost by kind of id and order: ``python -m benchmarks.ticket_ids CLIENTS``; prints JSON.

Into the tickets of B1, whose ids are of the same kind: 20 requests of 500, a second apart. Counted are the calls and
write units of the requests, and what the refreshes write to the directory of ids, at their own delay; at the end all
that it learned goes into its leaves, as it would with later requests. It runs against any build whose tree is its
working folder: an earlier one has no directory.
"""

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from random import Random
from typing import Any, Final

from benchmarks.emulator import restored, spare_the_collector
from benchmarks.loading import RECORDS_PER_REQUEST, chunks, load, take
from benchmarks.stack import TABLE, TENANT, Stack, started
from benchmarks.workload import AS_OF, Record, b1_records, ticket_upserts
from chalicelib.tenancy import bound_to

TICKETS: Final = 10_000
OF_CLIENTS: Final = 300
"""So many clients get new tickets, as in row 8."""

DELAY: Final = 30
"""Seconds from a request to its refresh, and from a refresh to the next of what was too young for it."""

DIRECTORY: Final = frozenset({"J", "L", "R", "STATE"})
"""Kinds of items of the directory of ids."""


def by_number(ticket: Record) -> str:
    return str(ticket["id"])


def by_year(ticket: Record) -> str:
    return f"{ticket['created_at'][:4]}-{ticket['id'][1:]}"


def by_chance(ticket: Record) -> str:
    bits = f"{Random(str(ticket['id'])).getrandbits(128):032x}"
    return "-".join((bits[:8], bits[8:12], bits[12:16], bits[16:20], bits[20:]))


KINDS: Final[dict[str, Callable[[Record], str]]] = {
    "a sequence": by_number,
    "a sequence per year": by_year,
    "UUIDs": by_chance,
}

ORDERS: Final = ("by client", "random", "by creation")


def new_tickets(clients: int, order: str) -> list[Record]:
    some = min(clients, OF_CLIENTS)
    of_workload: Any = "random" if order == "random" else "sorted"
    found = list(ticket_upserts(TICKETS * some // OF_CLIENTS, as_of=AS_OF, clients=some, order=of_workload))
    return sorted(found, key=lambda ticket: str(ticket["created_at"])) if order == "by creation" else found


def count(clients: int) -> dict[str, dict[str, dict[str, float]]]:
    return {kind: _counted(clients, named) for kind, named in KINDS.items()}


def _counted(clients: int, named: Callable[[Record], str]) -> dict[str, dict[str, float]]:
    found = {}
    with started() as stack:
        load(stack, (_named(record, named) for record in b1_records(clients, as_of=AS_OF) if _is_loaded(record)))
        if hasattr(stack.app, "settling"):
            _written(stack, partial(_merge, stack))
        for order in ORDERS:
            tickets = [_named(ticket, named) for ticket in new_tickets(clients, order)]
            with restored(TABLE):
                found[order] = _requests(stack, tickets)
            stack.forget_refreshes()
    return found


def _is_loaded(record: Record) -> bool:
    """Other facts are never looked at by a request of tickets."""
    return record["type"] in {"account_manager", "client", "ticket"}


def _named(record: Record, named: Callable[[Record], str]) -> Record:
    return {**record, "id": named(record)} if record["type"] == "ticket" else record


def _requests(stack: Stack, tickets: list[Record]) -> dict[str, float]:
    began = stack.now
    with ExitStack() as counted:
        cost = counted.enter_context(stack.meter.counting())
        for request in chunks(tickets, RECORDS_PER_REQUEST):
            take(stack, request)
            stack.now += 1
    later = 0.0
    if hasattr(stack.app, "settling"):
        for refresh in (1, 2):
            stack.now = began + refresh * DELAY
            later += _settled(stack)
        assert not _left(stack), "the second refresh finds all requests old enough"
        later += _written(stack, partial(_merge, stack))
    stack.now = began
    return {
        "calls": cost.call_count / len(tickets),
        "write units": (cost.write + later) / len(tickets),
        "of them by refreshes": later / len(tickets),
    }


def _settled(stack: Stack) -> float:
    """Write units of one refresh of everything, in the directory alone."""

    def settle() -> None:
        for page in sorted({int(each.name.split("#")[1]) for each in stack.adapters.directory.pending(TENANT)}):
            stack.app.settling.settle(TENANT, page)

    return _written(stack, settle)


def _merge(stack: Stack) -> None:
    """Puts all that the directory learned into its leaves: behind one ticket more, for the newest stays."""
    directory: Any = stack.adapters.directory
    (leaf,) = directory.leaves(TENANT, [0])
    directory.put_leaf(TENANT, leaf._replace(entries={0: {0}}))
    directory.merge(TENANT)


def _written(stack: Stack, work: Callable[[], object]) -> float:
    with bound_to(TENANT), stack.meter.counting() as cost:
        work()
    return sum(units for kind, units in cost.writes_by_kind().items() if kind in DIRECTORY)


def _left(stack: Stack) -> list[Any]:
    with bound_to(TENANT):
        return list(stack.adapters.directory.pending(TENANT))


if __name__ == "__main__":
    spare_the_collector()
    print(json.dumps(count(int(sys.argv[1]))))
