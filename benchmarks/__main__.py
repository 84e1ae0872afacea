"""`python -m benchmarks`: all counted benchmarks, with progress; with the full 1,000 clients it records the results."""

import argparse
from typing import Any, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks import naive, night, report, storage, upserts
from benchmarks.loading import load
from benchmarks.meter import Cost
from benchmarks.report import Row
from benchmarks.stack import AS_OF, Stack, started
from benchmarks.workload import ACCOUNT_MANAGERS, FACTS_PER_CLIENT, b1_records

CLIENTS = 1000
CHECKED_CLIENTS = 2


class Found(NamedTuple):
    """Everything that was measured."""

    clients: int
    night: night.Night
    naive: naive.NaiveCost
    facts: storage.FactSizes
    pages: storage.PageSizes
    others: storage.OtherWays
    upserts: dict[upserts.Order, Cost]


def measure(clients: int, progress: Progress) -> Found:
    """Runs all benchmarks on a fleet of that many clients."""
    step = progress.add_task("generating the records of B1", total=None)
    records = list(b1_records(clients, as_of=AS_OF))
    progress.update(step, total=1, completed=1)
    with started() as stack:
        step = progress.add_task(
            "loading them through the intake", total=ACCOUNT_MANAGERS + clients * (1 + FACTS_PER_CLIENT)
        )
        load(stack, records, lambda count: progress.advance(step, count))
        earlier = progress.add_task("the nights before", total=None)
        stack.earlier_nights()
        progress.update(earlier, total=1, completed=1)
        counting = progress.add_task("the counted night", total=None)
        counted = night.counted_night(stack)
        progress.update(counting, total=1, completed=1)
        rows, snapshot = stack.results()
        by_id = {row.client.id: row for row in rows.values()}
        grouped = naive.by_client(records)
        comparing = progress.add_task("the naive night", total=clients)
        naive.checked(stack, {client: grouped[client] for client in list(grouped)[:CHECKED_CLIENTS]}, by_id)
        naive_cost = naive.naive_cost(grouped, by_id, AS_OF, lambda count: progress.advance(comparing, count))
        return Found(
            clients,
            counted,
            naive_cost,
            storage.fact_sizes(stack),
            storage.page_sizes(counted.cost, clients),
            storage.other_ways(rows, snapshot),
            _upserts(stack, clients, progress),
        )


def _upserts(stack: Stack, clients: int, progress: Progress) -> dict[upserts.Order, Cost]:
    step = progress.add_task("ticket upserts", total=len(upserts.TARGETS))
    found: dict[upserts.Order, Cost] = {}
    for order in upserts.TARGETS:
        found[order] = upserts.counted_upserts(stack, clients, order)
        progress.advance(step)
    return found


def rows_of(found: Found) -> list[Row]:
    """The figures; the targets are for 1,000 clients, so a smaller fleet has none."""
    counted, plain, worker = found.night, found.naive, found.night.worker
    tickets = upserts.upserts_for(found.clients)
    rows = [
        Row("night: write units", counted.cost.write, plain.write, night.REQUIRED.write),
        Row("night: write units, later target", counted.cost.write, plain.write, night.TARGET.write, 45),
        Row("night: AWS calls", counted.cost.call_count, plain.calls, night.REQUIRED.calls),
        Row("night: AWS calls, later target", counted.cost.call_count, plain.calls, night.TARGET.calls, 55),
        Row("night: read units", counted.cost.read, plain.read, night.REQUIRED.read),
        Row("night: read units, later target", counted.cost.read, plain.read, night.TARGET.read, 9),
        Row("worker: peak memory, MB", round(max(u.peak_mb for u in worker), 1), limit=night.WORKER_MB),
        Row("worker: CPU per client, ms", round(1000 * sum(u.cpu_seconds for u in worker) / found.clients, 3)),
        Row("Client Health page: AWS calls", counted.page.call_count, limit=night.PAGE_CALLS),
        Row("Client Health page: read units", counted.page.read, limit=night.PAGE_READ),
        *(
            Row(
                f"ticket upserts, {order}: write units per ticket",
                round(cost.write / tickets, 4),
                upserts.NAIVE_UNITS,
                upserts.TARGETS[order],
            )
            for order, cost in found.upserts.items()
        ),
        *(
            Row(f"ticket upserts, {order}: AWS calls per ticket", round(cost.call_count / tickets, 4), 1)
            for order, cost in found.upserts.items()
        ),
    ]
    return rows if found.clients == CLIENTS else [row._replace(limit=None, ratio=None) for row in rows]


def sizes_of(found: Found) -> list[tuple[str, str]]:
    """Bytes, other ways to store the results, and the worker's CPU by phase."""
    pages, plain, others = found.pages, found.naive, found.others
    phases = {
        phase: sum(worker.phases[phase] for worker in found.night.worker) for phase in found.night.worker[0].phases
    }
    return [
        ("bytes per ticket", f"{found.facts.ticket:.1f}"),
        *((f"bytes per {name.replace('_', ' ')}", f"{size:.1f}") for name, size in found.facts.facts.items()),
        ("bytes per current row", f"{pages.per_row:.1f}"),
        ("bytes per snapshot entry", f"{pages.per_entry:.1f}"),
        ("largest page of current rows, bytes", f"{max(pages.current, default=0):,}"),
        ("largest page of a snapshot, bytes", f"{max(pages.snapshot, default=0):,}"),
        ("naive: bytes per ticket item (mean)", f"{_mean(plain.ticket_bytes):.0f}"),
        ("naive: bytes per other fact (mean)", f"{_mean(plain.fact_bytes):.0f}"),
        ("naive: bytes per snapshot (mean)", f"{_mean(plain.snapshot_bytes):,.0f}"),
        ("naive: bytes per current row (mean)", f"{_mean(plain.current_bytes):,.0f}"),
        ("write units per alert newly due", f"{_per_alert(found.night):.1f}"),
        ("the night's results in one item of any size (byte floor), write units", str(others.floor)),
        ("the night's results as compact items per client in batches, write units", f"{others.item_per_client:,}"),
        ("the same, AWS calls for the writes alone", str(others.item_per_client_calls)),
        *(
            (f"worker CPU per client, {phase}, ms", f"{1000 * seconds / found.clients:.3f}")
            for phase, seconds in phases.items()
        ),
    ]


def _per_alert(counted: night.Night) -> float:
    """What alerts add to a night; a page's first doubles the price of its rows, which then go through a transaction."""
    return (counted.restless.write - counted.cost.write) / max(counted.alerts, 1)


def _mean(values: list[int]) -> float:
    return sum(values) / len(values)


def document(found: Found) -> dict[str, Any]:
    """Everything counted, for results.json."""
    return {
        "clients": found.clients,
        "night": _cost(found.night.cost),
        "night_with_alerts": {"alerts": found.night.alerts, **_cost(found.night.restless)},
        "client_health_page": _cost(found.night.page),
        "client_health_page_of_a_new_process": _cost(found.night.first_page),
        "worker": [worker._asdict() for worker in found.night.worker],
        "naive": {"calls": found.naive.calls, "write_units": found.naive.write, "read_units": found.naive.read},
        "current_page_bytes": found.pages.current,
        "snapshot_page_bytes": found.pages.snapshot,
        "other_ways": found.others._asdict(),
        "upserts": {order: _cost(cost) for order, cost in found.upserts.items()},
        "figures": dict(sizes_of(found)),
        "targets": [{**row._asdict(), "met": row.met} for row in rows_of(found)],
    }


def _cost(cost: Cost) -> dict[str, Any]:
    return {
        "calls": cost.call_count,
        "write_units": cost.write,
        "read_units": cost.read,
        "calls_by_operation": dict(sorted(cost.calls.items())),
        "write_units_by_kind": cost.writes_by_kind(),
        "read_units_by_kind": cost.reads_by_kind(),
    }


def show(console: Console, headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    table = Table(*headings)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows:
        table.add_row(*row)
    console.print(table)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--clients", type=int, default=CLIENTS, help="a smaller fleet, for a quick look; nothing is recorded then"
    )
    clients = parser.parse_args().clients
    console = Console()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        found = measure(clients, progress)
    table = [report.cells(row) for row in rows_of(found)]
    sizes: list[tuple[str, ...]] = [*sizes_of(found)]
    show(console, report.HEADINGS, table)
    show(console, ("figure", "value"), sizes)
    if clients == CLIENTS:
        tables = report.markdown(report.HEADINGS, table) + "\n" + report.markdown(("figure", "value"), sizes)
        report.write(document(found), tables)
        console.print(f"recorded in {report.RESULTS} and {report.README}")
    return 1 if any(row.met is False for row in rows_of(found)) else 0


if __name__ == "__main__":
    raise SystemExit(main())
