"""One size of fleet, measured in a process of its own: `python -m benchmarks.fleets <clients> [<template>]`.

Without a template the fleet is loaded record by record. Prints as JSON the night's costs, the worker's memory and CPU,
and what each GET route costs.
"""

import json
import pickle
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.emulator import spare_the_collector
from benchmarks.loading import load
from benchmarks.night import settle_alerts
from benchmarks.replay import replayed
from benchmarks.routes import RouteCost, route_costs
from benchmarks.stack import Stack, started, work
from benchmarks.templates import Fleet, decoded_once
from benchmarks.workload import AS_OF, b1_records
from chalicelib.domain.roster import SEATS_PER_PAGE
from infra.meter import Cost


class Measured(NamedTuple):
    """The night of a fleet and its routes; CPU in milliseconds per client, memory in MB."""

    clients: int
    calls: int
    write_units: int
    read_units: float
    worker_mb: float
    cpu_ms: float
    routes: dict[str, RouteCost]


def measured(stack: Stack, clients: int) -> Measured:
    """The night's first invocation, with full batches, and the last, which folds the fleet, are run again alone."""
    with TemporaryDirectory() as name:
        folders = [Path(name) / place for place in ("first", "other", "last")]
        cost, scored = _night(stack, folders)
        scored = min(scored, clients)
        usages = [replayed(folder, "warm") for folder in (folders[0], folders[2]) if folder.is_dir()]
    peak = max(usage.peak_mb for usage in usages)
    cpu = 1000 * usages[0].cpu_seconds / scored
    return Measured(clients, cost.call_count, cost.write, cost.read, peak, cpu, route_costs(stack))


def _night(stack: Stack, folders: list[Path]) -> tuple[Cost, int]:
    """The counted night; returns its cost and how many clients its first invocation scored."""
    first, _, last = folders
    with stack.meter.counting() as cost:
        stack.trigger()
        deliveries = list(stack.deliveries())
        for place, bodies in enumerate(deliveries):
            folder = first if place == 0 else last if place == len(deliveries) - 1 else None
            if folder is None:
                work(bodies)
                continue
            folder.mkdir()
            with stack.recorder.recording(folder, bodies, stack.now):
                work(bodies)
    pages = sum(len(json.loads(body)["pages"]) for body in deliveries[0])
    return cost, pages * SEATS_PER_PAGE


def main(clients: int, template: Path | None) -> Measured:
    if template is None:
        with started() as stack:
            load(stack, b1_records(clients, as_of=AS_OF))
            stack.earlier_nights()
            settle_alerts(stack)
            return measured(stack, clients)
    fleet = Fleet(pickle.loads(template.read_bytes()), clients)  # noqa: S301
    with started(fleet) as stack, decoded_once():
        fleet.store()
        return measured(stack, clients)


if __name__ == "__main__":
    spare_the_collector()
    found = main(int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
    print(json.dumps({**found._asdict(), "routes": {name: cost._asdict() for name, cost in found.routes.items()}}))
