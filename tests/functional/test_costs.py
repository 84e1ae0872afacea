"""What a night and a page may cost: exact counts on a small fleet of B1, so that a regression fails the build.

Calls follow from the design, so they are asserted by formula. Units follow from bytes; their bounds are what was
counted, with 2 % to spare where that is a unit at all.
"""

from itertools import islice
from typing import Any, Final, NamedTuple

import pytest

from benchmarks.emulator import restored
from benchmarks.loading import load, take
from benchmarks.night import Night, counted_night, expected_calls
from benchmarks.routes import FLAT, LISTS, RouteCost, route_costs
from benchmarks.stack import TABLE, Stack, started
from benchmarks.templates import Fleet, template_of
from benchmarks.upserts import TARGETS as ORDERS
from benchmarks.upserts import Order
from benchmarks.workload import ACCOUNT_MANAGERS, AS_OF, b1_records, ticket_upserts
from chalicelib.domain.roster import pages_for
from infra.meter import Cost

CLIENTS: Final = 72
"""A full page and the beginning of another."""

LARGE: Final = 6_500
"""Over 100 pages, so that lists need a second call."""

PAGE_OF_ROWS_BYTES: Final = 3_905
PAGE_OF_SNAPSHOT_BYTES: Final = 671
FACT_BYTES_PER_CLIENT: Final = 5_497
"""What was counted and 2 %: 3,829 and 658 bytes of a full page; 5,389 that the night reads of a client (record, tickets
and facts, with their keys). A page of rows costs a unit more from 4,097 on, one of a snapshot from 1,025."""

WORKER_MB: Final = 256


UPSERTS: Final = 300
"""Ticket upserts in one request, of 9 clients: as many of each as in the benchmark."""

UNITS_PER_UPSERT: Final = 0.3


class Measured(NamedTuple):
    night: Night
    upserts: dict[Order, Cost]
    routes: dict[int, dict[str, RouteCost]]


@pytest.fixture(scope="module")
def measured() -> Measured:
    """A small fleet, record by record, and a large one made of its full page."""
    with started() as stack:
        load(stack, b1_records(CLIENTS, as_of=AS_OF))
        stack.earlier_nights()
        template = template_of(stack)
        night = counted_night(stack)
        routes = {CLIENTS: route_costs(stack)}
        upserts = {order: _upserts(stack, order) for order in ORDERS}
    large = Fleet(template, LARGE)
    with started(large) as stack:
        large.store()
        routes[LARGE] = route_costs(stack)
    return Measured(night, upserts, routes)


def _upserts(stack: Stack, order: Order) -> Cost:
    tickets = list(ticket_upserts(UPSERTS, as_of=AS_OF, clients=9, order=order))
    with restored(TABLE), stack.meter.counting() as cost:
        take(stack, tickets)
    stack.forget_refreshes()
    return cost


@pytest.fixture(scope="module")
def night(measured: Measured) -> Night:
    return measured.night


def sizes(cost: Cost, kind: str) -> list[int]:
    return cost.sizes(kind, "PutItem")


def test_calls_are_those_of_the_design(night: Night) -> None:
    assert night.cost.call_count == expected_calls(CLIENTS)
    assert expected_calls(1000) <= 95


def test_a_page_of_rows_and_of_a_snapshot_stay_small(night: Night) -> None:
    pages = pages_for(CLIENTS)
    assert len(sizes(night.cost, "NOW")) == len(sizes(night.cost, "SNAP")) == pages
    assert max(sizes(night.cost, "NOW")) <= PAGE_OF_ROWS_BYTES
    assert max(sizes(night.cost, "SNAP")) <= PAGE_OF_SNAPSHOT_BYTES


def test_write_units(night: Night) -> None:
    """Run: start, an update per message, end. The rest once for any number of clients; the relay clears the due one."""
    by_kind = night.cost.writes_by_kind()
    assert by_kind.pop("NOW") <= 4 + 1
    assert by_kind == {"SNAP": 2, "RUN": 3, "STATE": 1, "DAY": 1, "SUMMARY": 1, "RELEASE": 1, "DUE": 1}


def test_read_units(night: Night) -> None:
    """The facts are nearly all of it; the rest is settings, run and registry, and the pages read at start and end."""
    facts = night.cost.sizes("C", "Query")
    assert len(facts) == pages_for(CLIENTS)
    assert sum(facts) <= FACT_BYTES_PER_CLIENT * CLIENTS
    by_kind = night.cost.reads_by_kind()
    assert by_kind.pop("C") <= FACT_BYTES_PER_CLIENT * CLIENTS / 8192 + 1
    assert sum(by_kind.values()) <= 18


def test_the_client_health_page(night: Night) -> None:
    assert dict(night.page.calls) == {"dynamodb.GetItem": 1, "dynamodb.BatchGetItem": 1, "dynamodb.Query": 1}
    assert night.page.read <= 1 + pages_for(CLIENTS) * 0.5 + 0.5


@pytest.mark.parametrize("order", ORDERS)
def test_ticket_upserts(measured: Measured, order: Order) -> None:
    """A block per client and quarter, a mark per page and the due mark, whatever the order within the request."""
    cost = measured.upserts[order]
    assert cost.write <= UNITS_PER_UPSERT * UPSERTS
    assert cost.calls["dynamodb.UpdateItem"] == 2
    assert cost.writes_by_kind()["DUE"] == 1
    # What is on the move is read once, instead of a query per client; what arrives is one put beside each block's.
    assert cost.calls["dynamodb.Query"] == 1
    assert cost.calls["dynamodb.PutItem"] == len(cost.sizes("C", "PutItem")) + 1
    assert 1 <= cost.writes_by_kind()["J"] <= 3


def test_portfolio_card_and_settings_cost_the_same_for_any_fleet(measured: Measured) -> None:
    small, large = measured.routes[CLIENTS], measured.routes[LARGE]
    assert small.keys() == large.keys() >= FLAT | LISTS
    assert {path: small[path].calls for path in FLAT} == {path: large[path].calls for path in FLAT}
    assert {path: large[path] for path in FLAT if large[path].read_units > small[path].read_units + 0.5} == {}


@pytest.mark.parametrize("clients", [CLIENTS, LARGE])
def test_lists_take_a_call_per_100_pages(measured: Measured, clients: int) -> None:
    for path in LISTS:
        assert measured.routes[clients][path].calls <= 2 + -(-pages_for(clients) // 100)


def test_the_worker_keeps_within_its_memory(night: Night) -> None:
    (worker,) = night.worker
    assert worker.peak_mb < WORKER_MB
    assert worker.calls == 4 + 3 * pages_for(CLIENTS) + 5


def test_loading_stores_what_the_intake_stores_by_requests() -> None:
    """The benchmarks' shortcut past the emulator's front door leaves the same table behind."""
    records = list(b1_records(2, as_of=AS_OF))
    tables: list[dict[str, Any]] = []
    for through_the_door in (False, True):
        with started() as stack:
            if through_the_door:
                assert take(stack, records).accepted == len(records)
                stack.settle()
                stack.forget_refreshes()
            else:
                load(stack, records)
            tables.append(stored(stack))
    assert tables[0] == tables[1]
    assert len(tables[0]) > 20


def stored(stack: Stack) -> dict[str, Any]:
    items = stack.dynamodb.scan(TableName=TABLE)["Items"]
    return {f"{item['pk']['S']}/{item['sk']['S']}": item for item in items}


def test_the_meter_counts_requests_and_peeks_unseen() -> None:
    with started() as stack:
        with stack.meter.counting() as cost:
            take(stack, list(islice(b1_records(1, as_of=AS_OF), ACCOUNT_MANAGERS + 1)))
        with stack.meter.counting() as nothing:
            stack.page_items(0)
    assert cost.calls["dynamodb.TransactWriteItems"] == 1
    assert cost.calls["dynamodb.PutItem"] == cost.writes_by_kind()["AM"] == ACCOUNT_MANAGERS
    assert cost.writes_by_kind()["CLIENT"] == cost.writes_by_kind()["C"] == 2  # below 1 KB each, in a transaction
    assert (nothing.call_count, nothing.write, nothing.read) == (0, 0, 0)
