"""Records coming in: ticket upserts of 500 a request, into a table that holds B1."""

from typing import Final, Literal

from benchmarks.emulator import restored
from benchmarks.loading import RECORDS_PER_REQUEST, chunks, take
from benchmarks.stack import TABLE, Stack
from benchmarks.workload import AS_OF, ticket_upserts
from infra.meter import Cost, write_units

TICKETS: Final = 10_000
CLIENTS: Final = 300

NAIVE_UNITS: Final = write_units(300)
"""An item per ticket is written by a put each."""

Order = Literal["sorted", "random"]

TARGETS: Final[dict[Order, float]] = {"sorted": 0.3, "random": 1.0}
"""Write units per ticket."""


def upserts_for(clients: int) -> int:
    """As many tickets per client in a smaller fleet."""
    return TICKETS * min(clients, CLIENTS) // CLIENTS


def counted_upserts(stack: Stack, clients: int, order: Order) -> Cost:
    """The cost of the requests, refresh marks included, refreshes not; afterwards the table is as before."""
    tickets = ticket_upserts(upserts_for(clients), as_of=AS_OF, clients=min(clients, CLIENTS), order=order)
    with restored(TABLE), stack.meter.counting() as cost:
        for request in chunks(tickets, RECORDS_PER_REQUEST):
            take(stack, request)
    stack.forget_refreshes()
    return cost
