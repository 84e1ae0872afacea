"""A simulation of a standard SQS queue that a Lambda function with a bounded number of workers takes batches from.

Discrete events, seeded, no clock. With fair groups the queue does what SQS documents: a tenant is noisy that holds more
than a tenth of what is in flight (and at least 30 messages), or took more than a tenth of the recent processing time;
whatever waits of others goes before it. Without, the oldest message goes first.
"""

import heapq
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from random import Random
from typing import Final, NamedTuple

NOISY_SHARE: Final = 0.10
NOISY_IN_FLIGHT: Final = 30
RECENT_SECONDS: Final = 60.0
JITTER: Final = 0.2
"""Service times vary by this share, evenly."""


class Message(NamedTuple):
    """A message: when it was sent, whose it is, and the seconds a worker has with it."""

    sent: float
    tenant: str
    seconds: float


class Waits(NamedTuple):
    """How long messages waited until a worker began with them, by tenant, and when the last was done."""

    by_tenant: dict[str, list[float]]
    drained: float

    def percentile(self, share: float, without: str | None = None) -> float:
        """The wait that a share of the messages did not exceed, of all tenants but one."""
        waits = sorted(wait for tenant, each in self.by_tenant.items() if tenant != without for wait in each)
        return waits[min(len(waits) - 1, int(share * len(waits)))]


class _Load:
    """How much of a resource each tenant takes, and all of them together."""

    def __init__(self) -> None:
        self._of: defaultdict[str, float] = defaultdict(float)
        self._total = 0.0

    def add(self, tenant: str, amount: float) -> None:
        self._of[tenant] += amount
        self._total += amount

    def of(self, tenant: str) -> float:
        return self._of[tenant]

    def is_crowded_by(self, tenant: str) -> bool:
        return self._of[tenant] > NOISY_SHARE * max(self._total, 1.0)


class _Queue:
    """What waits, and who is noisy."""

    def __init__(self, *, fair: bool) -> None:
        self._fair = fair
        self._waiting: defaultdict[str, deque[tuple[int, Message]]] = defaultdict(deque)
        self._heads: list[tuple[int, str]] = []
        """The oldest message of each tenant, by its number."""
        self._in_flight, self._recent_seconds = _Load(), _Load()
        self._recent: deque[tuple[float, str, float]] = deque()

    def add(self, number: int, message: Message) -> None:
        if not self._waiting[message.tenant]:
            heapq.heappush(self._heads, (number, message.tenant))
        self._waiting[message.tenant].append((number, message))

    def take(self) -> Message | None:
        """The message that is delivered next: the oldest of a quiet tenant, else the oldest."""
        noisy: list[tuple[int, str]] = []
        chosen = None
        while self._heads and chosen is None:
            head = heapq.heappop(self._heads)
            if self._is_noisy(head[1]):
                noisy.append(head)
            else:
                chosen = head
        if chosen is None and noisy:
            chosen = noisy.pop(0)
        for head in noisy:
            heapq.heappush(self._heads, head)
        return None if chosen is None else self._deliver(chosen[1])

    def _deliver(self, tenant: str) -> Message:
        _, message = self._waiting[tenant].popleft()
        if self._waiting[tenant]:
            heapq.heappush(self._heads, (self._waiting[tenant][0][0], tenant))
        self._in_flight.add(tenant, 1)
        return message

    def done(self, tenant: str, seconds: float, now: float) -> None:
        self._in_flight.add(tenant, -1)
        self._recent_seconds.add(tenant, seconds)
        self._recent.append((now, tenant, seconds))
        while self._recent[0][0] < now - RECENT_SECONDS:
            _, earlier, spent = self._recent.popleft()
            self._recent_seconds.add(earlier, -spent)

    def _is_noisy(self, tenant: str) -> bool:
        if not self._fair:
            return False
        crowding = self._in_flight.of(tenant) >= NOISY_IN_FLIGHT and self._in_flight.is_crowded_by(tenant)
        return crowding or self._recent_seconds.is_crowded_by(tenant)


def simulate(messages: Iterable[Message], *, workers: int, batch: int, fair: bool, seed: int) -> Waits:
    """The waits of messages when `workers` take `batch` at a time and work through each batch in order."""
    random, queue = Random(seed), _Queue(fair=fair)
    arriving = deque(enumerate(sorted(messages)))
    free = [0.0] * workers
    ending: list[tuple[float, str, float]] = []
    waits: defaultdict[str, list[float]] = defaultdict(list)
    drained = 0.0
    while True:
        now = heapq.heappop(free)
        _settle(queue, arriving, ending, now)
        taken = _batch(queue, batch)
        if not taken:
            if not arriving:
                return Waits(dict(waits), drained)
            heapq.heappush(free, max(now, arriving[0][1].sent))
            continue
        for message in taken:
            waits[message.tenant].append(now - message.sent)
            seconds = message.seconds * random.uniform(1 - JITTER, 1 + JITTER)
            now += seconds
            heapq.heappush(ending, (now, message.tenant, seconds))
        drained = max(drained, now)
        heapq.heappush(free, now)


def _settle(
    queue: _Queue, arriving: deque[tuple[int, Message]], ending: list[tuple[float, str, float]], now: float
) -> None:
    """Brings the queue to `now`: what was sent by then waits, what was done by then is no longer in flight."""
    while arriving and arriving[0][1].sent <= now:
        queue.add(*arriving.popleft())
    while ending and ending[0][0] <= now:
        done, tenant, seconds = heapq.heappop(ending)
        queue.done(tenant, seconds, done)


def _batch(queue: _Queue, size: int) -> Sequence[Message]:
    taken: list[Message] = []
    while len(taken) < size and (message := queue.take()) is not None:
        taken.append(message)
    return taken
