"""One request of 500 new tickets of 500 clients, against the emulator's own process, beside another checkout.

`python -m benchmarks.posts --beside DIR` runs both in turn, each request in a process of its own, on one table that
holds B1's clients, and says how far the request is from as many bare puts. Times are medians of five.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from benchmarks.progress import Report
from benchmarks.stack import ENVIRONMENT, TABLE, TENANT, started
from benchmarks.workload import AS_OF, Record, b1_records, ticket_upserts
from chalicelib.domain.facts import Instant

TICKETS: Final = 500
ROUNDS: Final = 5
PORT_SECONDS: Final = 60.0
ROOT: Final = Path(__file__).parent.parent


def tickets(round_number: int, clients: int) -> list[Record]:
    """New tickets, each of another client, as a sync of the whole fleet brings them; each round has others."""
    found = ticket_upserts(clients, as_of=AS_OF, clients=clients, months=3, seed=100 + round_number)
    chosen = list(found)[:TICKETS]
    return [{**ticket, "id": f"{ticket['id']}-{round_number}"} for ticket in chosen]


def request(round_number: int, clients: int) -> float:
    """Seconds of one request in this process, its AWS clients made before."""
    from benchmarks.loading import sent
    from chalicelib.tenancy import bound_to

    app = _application(lambda: Instant(AS_OF.timestamp()))
    records = [sent(place, record) for place, record in enumerate(tickets(round_number, clients))]
    with bound_to(TENANT):
        (app._ports if hasattr(app, "_ports") else app).tenants.get(TENANT)
        before = time.perf_counter()
        outcome = app.record_intake.take(TENANT, records, backfill=True)
        seconds = time.perf_counter() - before
    assert outcome.accepted == len(records), outcome
    return seconds


def _application(clock: Callable[[], Instant]) -> Any:
    """The application of the build whose tree is the working folder; an earlier one has its clock set afterwards."""
    from chalicelib import bootstrap

    if hasattr(bootstrap, "build"):
        return bootstrap.build(clock=clock)
    earlier: Any = bootstrap.Application
    made = earlier()
    made.clock = clock
    return made


def bare_puts(count: int = TICKETS) -> float:
    """Seconds of as many puts of small items, one after the other, and nothing else."""
    import boto3

    make: Any = boto3.client
    client = make("dynamodb")
    before = time.perf_counter()
    for number in range(count):
        item = {"pk": {"S": "BARE"}, "sk": {"S": f"{time.time_ns()}-{number}"}, "d": {"B": b"x" * 500}}
        client.put_item(TableName=TABLE, Item=item, ConditionExpression="attribute_not_exists(pk)")
    return time.perf_counter() - before


def measured(clients: int, beside: Path | None) -> dict[str, list[float]]:
    """Seconds per round: of this checkout, of the other, and of bare puts."""
    found: dict[str, list[float]] = {name: [] for name in ("ours", "theirs", "bare")[:: 1 if beside else 2]}
    with emulator() as environment:
        fill(environment, clients)
        for number in range(ROUNDS):
            found["bare"].append(_child("bare", ROOT, environment, 0, 0))
            found["ours"].append(_child("request", ROOT, environment, 2 * number, clients))
            if beside:
                found["theirs"].append(_child("request", beside, environment, 2 * number + 1, clients))
    return found


def _child(what: str, checkout: Path, environment: dict[str, str], number: int, clients: int) -> float:
    """Runs this very file with the other checkout's service."""
    command = [sys.executable, str(Path(__file__).resolve()), "--child", what, str(number), str(clients)]
    path = {"PYTHONPATH": str(checkout), "PATH": os.environ["PATH"]}
    answer = subprocess.run(command, env=environment | path, cwd=checkout, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr[-2000:]
    return float(answer.stdout)


@contextmanager
def emulator() -> Iterator[dict[str, str]]:
    """An emulator with an empty state, and the environment of a process that works with it."""
    with ExitStack() as stack, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        own = {"PATH": os.environ["PATH"], "HOME": folder, "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port)}
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            env=own,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(process.wait)
        stack.callback(process.terminate)
        url = f"http://127.0.0.1:{port}"
        _await(f"{url}/_ministack/health")
        yield {**ENVIRONMENT, "AWS_ENDPOINT_URL": url}


def _await(url: str) -> None:
    until = time.monotonic() + PORT_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  our own process  # nosec B310
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def fill(environment: dict[str, str], clients: int) -> None:
    """Stores B1's first clients in the emulator: loaded in this process, then copied as they are stored."""
    import boto3

    from benchmarks.loading import load
    from infra.table import create_table

    with started() as running:
        load(running, b1_records(clients, as_of=AS_OF))
        items = running.dynamodb.scan(TableName=TABLE)["Items"]
    region = environment["AWS_DEFAULT_REGION"]
    keys = {"aws_access_key_id": "benchmark", "aws_secret_access_key": "benchmark"}
    make: Any = boto3.client
    client = make("dynamodb", region_name=region, endpoint_url=environment["AWS_ENDPOINT_URL"], **keys)
    create_table(client, TABLE)
    for start in range(0, len(items), 25):
        puts = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
        client.batch_write_item(RequestItems={TABLE: puts})
    queue = make("sqs", region_name=region, endpoint_url=environment["AWS_ENDPOINT_URL"], **keys)
    environment["SCORING_QUEUE_URL"] = queue.create_queue(QueueName="scoring")["QueueUrl"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.posts", description=__doc__)
    parser.add_argument("--beside", type=Path, help="another checkout of the service, to compare with")
    parser.add_argument("--clients", type=int, default=1000, help="of B1 (default: 1000)")
    options = parser.parse_args()
    with Report(Console(stderr=True)).step("requests of 500 tickets"):
        found = measured(options.clients, options.beside)
    print(json.dumps({name: round(statistics.median(seconds), 3) for name, seconds in found.items()}))
    print(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        kind, at, of = sys.argv[2:]
        print(bare_puts() if kind == "bare" else request(int(at), int(of)))
    else:
        main()
