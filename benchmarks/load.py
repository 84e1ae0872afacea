"""A bounded load of the deployed local stack from this second process: ``python -m benchmarks.load --seconds 60``.

Reads, batches of records and a night at the same time, on the loopback address only. Then what was sent is compared
with what is stored, record by record. Writes ``load.json`` and the table of ``load.md``; exit code 1 when something was
lost, doubled or failed. The stack must run: ``python -m infra.local up --detach``.
"""

import argparse
import json
import os
import secrets
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any, Final

from benchmarks import resident, traffic
from benchmarks.traffic import Caller, Tally
from chalicelib.adapters.dynamodb.fact_codec import decode_records
from chalicelib.domain.time_zones import ZoneInfo
from infra.local import client, emulator, processes, runs
from infra.local.identity import id_token
from infra.local.state import Stack, StateDirectory

HERE: Final = Path(__file__).parent
ZONE: Final = "Europe/Rome"
SETTLE_SECONDS: Final = 120


def measure(state: StateDirectory, *, concurrency: int, seconds: float) -> dict[str, Any]:
    """The figures of one load on a tenant of its own."""
    stack = state.running()
    tenant = f"load-{secrets.token_hex(4)}"
    client.create_tenant(stack, tenant, name="Load", time_zone=ZONE, currency="EUR")
    tally = Tally()
    caller = Caller(stack.url, id_token(stack, tenant), tally)
    if caller.call("POST", "/v1/records", {"records": traffic.clients(), "backfill": True}) is None:
        raise RuntimeError(f"the clients were not taken: {tally.statuses} {tally.failures}")
    emulated = processes.running(state.emulator_pid)
    assert emulated is not None, "it was running just now"
    _traffic(stack, tenant, caller, tally, concurrency, min(seconds, 5.0), date(2026, 1, 10))  # processes warm up
    before = resident.family(emulated.pid)
    _traffic(stack, tenant, caller, tally, concurrency, seconds, date(2026, 1, 11))
    after = resident.family(emulated.pid)
    _settle(stack)
    stored = _stored_tickets(stack, tenant)
    return {
        "seconds": seconds,
        "concurrency": concurrency,
        "cores": os.cpu_count(),
        "requests": sum(tally.statuses.values()),
        "server_errors": tally.server_errors,
        "failures": tally.failures[:10],
        "statuses": {f"{route} {status}": times for (route, status), times in sorted(tally.statuses.items())},
        "milliseconds": {route: _percentiles(times) for route, times in sorted(tally.seconds.items())},
        "records_taken": len(tally.taken),
        "records_lost": len(tally.taken - stored.keys()),
        "records_doubled": sum(times > 1 for times in stored.values()),
        "records_never_sent": len(stored.keys() - tally.taken),
        "emulator_mb": [_mb(before.get(emulated.pid, 0)), _mb(after.get(emulated.pid, 0))],
        "functions_mb": _functions(before, after, emulated.pid),
    }


def _traffic(
    stack: Stack, tenant: str, caller: Caller, tally: Tally, concurrency: int, seconds: float, day: date
) -> None:
    def night() -> None:
        list(runs.score_dates(stack, tenant, ZoneInfo(ZONE), [day]))

    traffic.run(caller, tally, concurrency=concurrency, seconds=seconds, night=night)


def _functions(before: dict[int, int], after: dict[int, int], emulator_pid: int) -> list[list[float]]:
    """Megabytes before and after of the processes that functions run in, of those that lived all along."""
    lived = before.keys() & after.keys() - {emulator_pid}
    return sorted([_mb(before[pid]), _mb(after[pid])] for pid in lived)


def _mb(kilobytes: int) -> float:
    return round(kilobytes / 1024, 1)


def _percentiles(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    places = {"p50": 0.5, "p99": 0.99}
    return {name: round(1000 * ordered[int(share * (len(ordered) - 1))], 1) for name, share in places.items()}


def _settle(stack: Stack) -> None:
    """Waits until the queue is empty, so that nothing is written any more."""
    sqs = emulator.session().client("sqs", endpoint_url=stack.endpoint)
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        found: Any = sqs.get_queue_attributes(QueueUrl=stack.outputs["QueueUrl"], AttributeNames=["All"])["Attributes"]
        if not sum(int(value) for name, value in found.items() if name.startswith("ApproximateNumberOf")):
            return
        if time.monotonic() > deadline:
            raise RuntimeError("the queue does not become empty")
        time.sleep(0.2)


def _stored_tickets(stack: Stack, tenant: str) -> Counter[tuple[str, str]]:
    """How often each ticket is stored, by client and id, read from the table itself."""
    table = emulator.session().client("dynamodb", endpoint_url=stack.endpoint)
    found: Counter[tuple[str, str]] = Counter()
    for page in range(traffic.CLIENTS // 64 + 1):
        pages = table.get_paginator("query").paginate(
            TableName=stack.outputs["TableName"],
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": {"S": f"T#{tenant}#P#{page:04d}"}, ":sk": {"S": "C#"}},
            ConsistentRead=True,
        )
        for item in (item for answer in pages for item in answer["Items"]):
            _, owner, *kind = item["sk"]["S"].split("#")
            if kind[:1] == ["TICKETS"] and "d" in item:
                found.update((owner, ticket) for ticket in decode_records(item["d"]["B"])["ticket"])
    return found


def is_sound(found: dict[str, Any]) -> bool:
    """Whether nothing failed, nothing was lost and nothing was doubled."""
    wrong = ("server_errors", "failures", "records_lost", "records_doubled", "records_never_sent")
    return found["records_taken"] > 0 and not any(found[name] for name in wrong)


def table(found: dict[str, Any]) -> str:
    """The figures for people."""
    lines = ["| what | figure |", "| --- | ---: |"]
    names: tuple[str, ...] = ("seconds", "concurrency", "cores", "requests", "server_errors")
    names += ("records_taken", "records_lost", "records_doubled", "records_never_sent")
    lines += [f"| {name.replace('_', ' ')} | {found[name]} |" for name in names]
    lines += [f"| {route}, ms p50 / p99 | {t['p50']} / {t['p99']} |" for route, t in found["milliseconds"].items()]
    lines.append("| emulator, MB before / after | {} / {} |".format(*found["emulator_mb"]))
    lines += [f"| a function's process, MB before / after | {a} / {b} |" for a, b in found["functions_mb"]]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long, 1 to 300 (default: 60)")
    parser.add_argument("--concurrency", type=int, default=4, help="readers and writers, 2 to 16 (default: 4)")
    parser.add_argument("--state-dir", type=Path, default=Path(".local"), help="of the running stack (default: .local)")
    parser.add_argument("--dry", action="store_true", help="print the figures, record nothing")
    options = parser.parse_args()
    if not (1 <= options.seconds <= 300 and 2 <= options.concurrency <= 16):
        parser.error("--seconds 1 to 300, --concurrency 2 to 16")
    found = measure(StateDirectory(options.state_dir), concurrency=options.concurrency, seconds=options.seconds)
    print(table(found))
    for failure in found["failures"]:
        print(failure, file=sys.stderr)
    if not options.dry:
        (HERE / "load.json").write_text(json.dumps(found, indent=1) + "\n")
        page = HERE / "load.md"
        page.write_text(f"{page.read_text().partition('<!-- figures -->')[0]}<!-- figures -->\n\n{table(found)}\n")
    return 0 if is_sound(found) else 1


if __name__ == "__main__":
    sys.exit(main())
