"""What a night of ten thousand tenants takes: ``python -m benchmarks.scale``, without a machine of that size.

Calls, units and dollars are those of one tenant of 1,000 clients (``results.json``, ``cost.py``); the queue is
simulated (``fair_queue.py``); what is assumed stands here and in ``cost.py`` as constants. Writes ``scale.json`` and
the tables of ``scale.md``.
"""

import argparse
import json
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from benchmarks.cost import CALL_SECONDS, TENANTS, VCPU_SHARE, night_dollars, usages
from benchmarks.fair_queue import Message, Waits, simulate
from chalicelib.domain.messages import PAGES_PER_MESSAGE
from chalicelib.domain.roster import SEATS_PER_PAGE

HERE: Final = Path(__file__).parent
SEED: Final = 1

BATCH: Final = 5

WAIT: Final = float(CALL_SECONDS)

# Quotas of AWS, for an account that asked for none of them to be raised.
LAMBDA_CONCURRENCY: Final = 1_000
IN_FLIGHT: Final = 120_000
NEW_TABLE_READS, NEW_TABLE_WRITES = 12_000, 4_000
TABLE_READS, TABLE_WRITES = 40_000, 40_000
DISPATCH_SECONDS: Final = 280  # of an attempt: the timeout less what the walk leaves to stop in
DISPATCH_ATTEMPTS: Final = 3


class Costs(NamedTuple):
    """What one tenant of 1,000 clients costs a night, as it was counted."""

    calls: int
    write_units: float
    read_units: float
    worker_calls: int
    cpu_seconds: float
    dollars: float
    clients: int = 1_000

    @classmethod
    def counted(cls, results: dict[str, Any]) -> "Costs":
        units, worker = results["parts"]["units"]["detail"], results["parts"]["worker"]["figures"][0]
        night, calls = units["night"], sum(invocation["calls"] for invocation in units["worker"])
        cpu_seconds = worker["ours"]  # milliseconds a client are seconds a thousand
        dollars = float(sum(night_dollars(usages(results)["service"]).values())) / TENANTS
        return cls(night["calls"], night["write_units"], night["read_units"], calls, cpu_seconds, dollars)

    def worker_seconds(self, clients: int) -> float:
        """How long a worker has with so many clients."""
        share = clients / self.clients
        return share * (self.cpu_seconds / float(VCPU_SHARE) + self.worker_calls * WAIT)

    @property
    def dispatch_calls(self) -> float:
        """Calls that start a run: due mark, settings, the run, and its share of queue sends and checkpoints."""
        return 3 + messages_of(self.clients) / 10 + 1 / 50


def messages_of(clients: int) -> int:
    """Messages of a night of so many clients."""
    pages = -(-clients // SEATS_PER_PAGE)
    return -(-pages // PAGES_PER_MESSAGE)


def night(costs: Costs, tenants: int, workers: int) -> Waits:
    """The queue of a night: the trigger sends tenant after tenant, as fast as it can start their runs."""
    per_tenant = messages_of(costs.clients)
    seconds = costs.worker_seconds(costs.clients) / per_tenant
    step = costs.dispatch_calls * WAIT
    sent = (Message(tenant * step, f"t{tenant}", seconds) for tenant in range(tenants) for _ in range(per_tenant))
    return simulate(sent, workers=workers, batch=BATCH, fair=True, seed=SEED)


def noisy_neighbour(costs: Costs, workers: int, *, clients: int, fair: bool) -> Waits:
    """Small tenants, a refresh each now and then, while one tenant has all its pages scored.

    They need a tenth of the workers. With `clients` 0 nobody is noisy.
    """
    random = Random(SEED)
    per_message = costs.worker_seconds(SEATS_PER_PAGE * PAGES_PER_MESSAGE)
    noise = [Message(0.0, "noisy", per_message) for _ in range(messages_of(clients))]
    refresh = costs.worker_seconds(SEATS_PER_PAGE)
    until = max(60.0, 2 * len(noise) * per_message / workers)
    quiet = []
    at = 0.0
    while at < until:
        at += random.expovariate(workers / (10 * refresh))
        quiet.append(Message(at, f"t{random.randrange(1_000)}", refresh))
    return simulate([*noise, *quiet], workers=workers, batch=BATCH, fair=fair, seed=SEED)


class Limit(NamedTuple):
    """A limit, and where this workload meets it."""

    name: str
    quota: float
    per_worker: float
    """What one busy worker takes of it."""

    @property
    def workers(self) -> float:
        """How many busy workers meet it."""
        return self.quota / self.per_worker


def limits(costs: Costs) -> list[Limit]:
    """The limits that more workers meet, the first one first."""
    seconds = costs.worker_seconds(costs.clients)
    found = [
        Limit("reads a second of a new table", NEW_TABLE_READS, costs.read_units / seconds),
        Limit("writes a second of a new table", NEW_TABLE_WRITES, costs.write_units / seconds),
        Limit("reads a second of a table", TABLE_READS, costs.read_units / seconds),
        Limit("writes a second of a table", TABLE_WRITES, costs.write_units / seconds),
        Limit("concurrent executions of an account", LAMBDA_CONCURRENCY, 1),
        Limit("messages in flight of a queue", IN_FLIGHT, BATCH),
    ]
    return sorted(found, key=lambda limit: limit.workers)


def most_tenants_walked(costs: Costs, attempts: int = DISPATCH_ATTEMPTS) -> int:
    """How many tenants the trigger can start in its attempts."""
    return int(attempts * DISPATCH_SECONDS / (costs.dispatch_calls * WAIT))


def report(costs: Costs, tenants: int) -> dict[str, Any]:
    """Everything that is written down."""
    nights = {workers: night(costs, tenants, workers) for workers in (5, 20, 60, 200)}
    neighbours = {}
    for workers in (2, 5, 20):
        alone = noisy_neighbour(costs, workers, clients=0, fair=True)
        neighbours[workers] = {
            "alone": alone.percentile(0.99, without="noisy"),
            "fair groups": noisy_neighbour(costs, workers, clients=50_000, fair=True).percentile(0.99, without="noisy"),
            "no groups": noisy_neighbour(costs, workers, clients=50_000, fair=False).percentile(0.99, without="noisy"),
        }
    return {
        "tenants": tenants,
        "clients per tenant": costs.clients,
        "calls": tenants * costs.calls,
        "write units": tenants * costs.write_units,
        "read units": tenants * costs.read_units,
        "dollars": tenants * costs.dollars,
        "messages": tenants * messages_of(costs.clients),
        "worker seconds per message": costs.worker_seconds(costs.clients) / messages_of(costs.clients),
        "dispatch seconds": tenants * costs.dispatch_calls * WAIT,
        "most tenants in one attempt of the dispatch": most_tenants_walked(costs, 1),
        "most tenants in all attempts of the dispatch": most_tenants_walked(costs),
        "drain": {
            str(workers): {"minutes": found.drained / 60, "longest wait, minutes": found.percentile(1.0) / 60}
            for workers, found in nights.items()
        },
        "limits": [{"limit": each.name, "quota": each.quota, "workers": each.workers} for each in limits(costs)],
        "p99 wait of the others beside a tenant of 50,000 clients, seconds": {
            str(workers): found for workers, found in neighbours.items()
        },
    }


def tables(found: dict[str, Any]) -> str:
    """The report for people."""
    lines = ["| what | figure |", "| --- | ---: |"]
    for name, value in found.items():
        if isinstance(value, int | float):
            lines.append(f"| {name} | {value:,.{0 if value >= 100 else 2}f} |")
    lines += ["", "| workers | drained after, min | longest wait, min |", "| ---: | ---: | ---: |"]
    for workers, each in found["drain"].items():
        lines.append(f"| {workers} | {each['minutes']:.1f} | {each['longest wait, minutes']:.1f} |")
    lines += ["", "| limit | quota | met by busy workers |", "| --- | ---: | ---: |"]
    lines += [f"| {each['limit']} | {each['quota']:,.0f} | {each['workers']:,.0f} |" for each in found["limits"]]
    lines += ["", "| workers | p99 wait alone, s | beside the noisy one, fair groups | no groups |"]
    lines += ["| ---: | ---: | ---: | ---: |"]
    for workers, each in found["p99 wait of the others beside a tenant of 50,000 clients, seconds"].items():
        lines.append(f"| {workers} | {each['alone']:.1f} | {each['fair groups']:.1f} | {each['no groups']:.1f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--tenants", type=int, default=TENANTS, help="of 1,000 clients each (default: 10,000)")
    options = parser.parse_args()
    found = report(Costs.counted(json.loads((HERE / "results.json").read_text())), options.tenants)
    print(tables(found))
    if options.tenants == TENANTS:
        write(found)


def write(found: dict[str, Any]) -> None:
    """scale.json and the tables of scale.md."""
    (HERE / "scale.json").write_text(json.dumps(found, indent=1) + "\n")
    page = HERE / "scale.md"
    head = page.read_text().partition("<!-- figures -->")[0]
    page.write_text(f"{head}<!-- figures -->\n\n{tables(found)}\n")


if __name__ == "__main__":
    main()
