"""Rows 1 to 3: write units, calls and read units of one whole night of B1; the alerts' price and the byte floor."""

from typing import Any, Final

from benchmarks import naive, night, storage
from benchmarks.figures import Figure, Part
from benchmarks.session import Session
from benchmarks.workload import AS_OF
from infra.meter import Cost

CHECKED_CLIENTS: Final = 2


def measure(session: Session) -> Part:
    counted, (rows, snapshot) = session.night, session.results
    few = {client: session.by_client[client] for client in list(session.by_client)[:CHECKED_CLIENTS]}
    naive.checked(session.stack, few, session.rows)
    with session.report.step("the naive night", session.clients) as done:
        plain = naive.naive_cost(session.by_client, session.rows, AS_OF, done)
    others = storage.other_ways(rows, snapshot)
    pages = storage.page_sizes(counted.cost, session.clients)
    values = _sizes(storage.fact_sizes(session.stack), pages, plain) + _phases(counted, session.clients)
    return Part(_figures(counted, plain, others), values, _detail(counted, plain, pages, others))


def _figures(counted: night.Night, plain: naive.NaiveCost, others: storage.OtherWays) -> list[Figure]:
    cost, target = counted.cost, night.TARGET
    return [
        Figure("1", "night: write units", cost.write, "naive", plain.write, target.write, 45),
        Figure("1", "night: write units", cost.write, "item per client in batches", others.item_per_client),
        Figure("1", "night: write units", cost.write, "byte floor", others.floor),
        Figure(
            "1",
            "write units per alert newly due",
            per_alert(counted),
            "an item with an index, put once",
            naive.WRITES_PER_PUT,
        ),
        Figure("2", "night: AWS calls", cost.call_count, "naive", plain.calls, target.calls, 55),
        Figure(
            "2",
            "night: AWS calls",
            cost.call_count,
            "item per client in batches, the writes alone",
            others.item_per_client_calls,
        ),
        Figure("3", "night: read units", cost.read, "naive", plain.read, target.read, 9),
        Figure("", "worker: peak memory, MB", max(u.peak_mb for u in counted.worker), limit=night.WORKER_MB),
        Figure("", "Client Health page: AWS calls", counted.page.call_count, limit=night.PAGE_CALLS),
        Figure("", "Client Health page: read units", counted.page.read, limit=night.PAGE_READ),
    ]


def per_alert(counted: night.Night) -> float:
    """What alerts add to a night; a page's first doubles the price of its rows, which then go through a transaction."""
    return (counted.restless.write - counted.cost.write) / max(counted.alerts, 1)


def _sizes(facts: storage.FactSizes, pages: storage.PageSizes, plain: naive.NaiveCost) -> list[tuple[str, str]]:
    return [
        ("bytes per ticket", f"{facts.ticket:.1f}"),
        *((f"bytes per {name.replace('_', ' ')}", f"{size:.1f}") for name, size in facts.facts.items()),
        ("bytes per current row", f"{pages.per_row:.1f}"),
        ("bytes per snapshot entry", f"{pages.per_entry:.1f}"),
        ("largest page of current rows, bytes", f"{max(pages.current, default=0):,}"),
        ("largest page of a snapshot, bytes", f"{max(pages.snapshot, default=0):,}"),
        ("naive: bytes per ticket item (mean)", f"{_mean(plain.ticket_bytes):.0f}"),
        ("naive: bytes per other fact (mean)", f"{_mean(plain.fact_bytes):.0f}"),
        ("naive: bytes per snapshot (mean)", f"{_mean(plain.snapshot_bytes):,.0f}"),
        ("naive: bytes per current row (mean)", f"{_mean(plain.current_bytes):,.0f}"),
    ]


def _phases(counted: night.Night, clients: int) -> list[tuple[str, str]]:
    """The worker's CPU from a cold start, by what it is spent on."""
    phases = {phase: sum(worker.phases[phase] for worker in counted.worker) for phase in counted.worker[0].phases}
    return [
        (f"worker CPU per client, {phase}, ms", f"{1000 * seconds / clients:.3f}") for phase, seconds in phases.items()
    ]


def _mean(values: list[int]) -> float:
    return sum(values) / len(values)


def _detail(
    counted: night.Night, plain: naive.NaiveCost, pages: storage.PageSizes, others: storage.OtherWays
) -> dict[str, Any]:
    return {
        "night": cost_document(counted.cost),
        "night_with_alerts": {"alerts": counted.alerts, **cost_document(counted.restless)},
        "client_health_page": cost_document(counted.page),
        "client_health_page_of_a_new_process": cost_document(counted.first_page),
        "worker": [worker._asdict() for worker in counted.worker],
        "naive": {"calls": plain.calls, "write_units": plain.write, "read_units": plain.read},
        "naive_bytes_per_client": round(
            (sum(plain.ticket_bytes) + sum(plain.fact_bytes) + sum(plain.snapshot_bytes) + sum(plain.current_bytes))
            / plain.clients
        ),
        "current_page_bytes": pages.current,
        "snapshot_page_bytes": pages.snapshot,
        "other_ways": others._asdict(),
    }


def cost_document(cost: Cost) -> dict[str, Any]:
    return {
        "calls": cost.call_count,
        "write_units": cost.write,
        "read_units": cost.read,
        "calls_by_operation": dict(sorted(cost.calls.items())),
        "write_units_by_kind": cost.writes_by_kind(),
        "read_units_by_kind": cost.reads_by_kind(),
    }
