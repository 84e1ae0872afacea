"""Bounded traffic against a deployed local stack: reads and batches of records from several threads, and a night.

Every third batch is sent twice, as a sender does that did not get its answer.
"""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from itertools import count
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit

CLIENTS: Final = 96
BATCH: Final = 40
READS: Final = (
    "/v1/analytics/clients?limit=50",
    "/v1/clients?limit=50",
    "/v1/analytics/portfolio",
    "/v1/clients/c-001/health",
)

Record = dict[str, Any]


@dataclass
class Tally:
    """What was asked and answered, by route; ids of the tickets that the service says it took."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    taken: set[tuple[str, str]] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def note(self, route: str, status: int, seconds: float) -> None:
        with self._lock:
            self.statuses[route, status] += 1
            self.seconds[route].append(seconds)

    def fail(self, what: str) -> None:
        with self._lock:
            self.failures.append(what)

    def take(self, records: list[Record]) -> None:
        with self._lock:
            self.taken |= {(record["client_id"], record["id"]) for record in records}

    @property
    def server_errors(self) -> int:
        return sum(times for (_, status), times in self.statuses.items() if status >= 500)


class Caller:
    """Calls the API with one tenant's token, on a connection of its own for each call."""

    def __init__(self, url: str, token: str, tally: Tally) -> None:
        self._address, self._tally = urlsplit(url).netloc, tally
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The document of an answer below 400; None for any other."""
        route = f"{method} {path.partition('?')[0]}"
        started = time.perf_counter()
        connection = HTTPConnection(self._address, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), self._headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as error:
            self._tally.fail(f"{route}: {error!r}")
            return None
        finally:
            connection.close()
        self._tally.note(route, answer.status, time.perf_counter() - started)
        return json.loads(content) if answer.status < 400 else None


def clients() -> list[Record]:
    """The clients that all traffic is about: two roster pages."""
    return [
        {"type": "client", "id": f"c-{number:03d}", "name": f"Client {number}", "status": "ACTIVE"}
        for number in range(CLIENTS)
    ]


def batches(writer: str) -> Iterator[list[Record]]:
    """Batches of tickets that no other writer sends, spread over all clients."""
    now = datetime.now(UTC)
    for batch in count():
        yield [
            {
                "type": "ticket",
                "id": f"T-{writer}-{batch}-{place}",
                "client_id": f"c-{(batch * BATCH + place) % CLIENTS:03d}",
                "priority": "P3",
                "created_at": f"{now - timedelta(days=1 + place):%Y-%m-%dT%H:%M:%SZ}",
                "updated_at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            }
            for place in range(BATCH)
        ]


def write(caller: Caller, tally: Tally, writer: str, until: float) -> None:
    for number, batch in enumerate(batches(writer)):
        if time.monotonic() > until:
            return
        for _ in range(2 if number % 3 == 0 else 1):
            answer = caller.call("POST", "/v1/records", {"records": batch})
            if answer is None or answer["rejected"]:
                tally.fail(f"a batch was not taken: {str(answer)[:300]}")
            else:
                tally.take(batch)


def read(caller: Caller, until: float) -> None:
    for number in count():
        if time.monotonic() > until:
            return
        caller.call("GET", READS[number % len(READS)])


def run(caller: Caller, tally: Tally, *, concurrency: int, seconds: float, night: Callable[[], None]) -> None:
    """Readers and writers, half and half, for so many seconds, and a night beside them."""
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(concurrency + 1) as pool:
        work = [pool.submit(night)]
        for worker in range(concurrency):
            if worker % 2:
                work.append(pool.submit(read, caller, until))
            else:
                work.append(pool.submit(write, caller, tally, f"{until:.3f}-{worker}", until))
        for each in work:
            each.result()
