"""The whole service on fakes, in one process: a clock that moves when told, a queue, crashes at any call of a port."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, Final, NamedTuple, TypeVar, cast

from chalicelib.adapters.threads import in_turn
from chalicelib.api.schemas.records import read_record
from chalicelib.bootstrap import build
from chalicelib.config import Config
from chalicelib.domain.activities import Author
from chalicelib.domain.alerts import Alert
from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.ids import TENANT_SHARDS, RecordId, TenantId
from chalicelib.domain.messages import NightlyPages, ScoringMessage
from chalicelib.domain.outbox import AlertWrites
from chalicelib.domain.roster import CurrentPage
from chalicelib.domain.run import Run
from chalicelib.domain.settings import Settings
from chalicelib.domain.subscriptions import Subscription
from chalicelib.domain.times import parse_instant
from chalicelib.services.errors import TryAgainError
from chalicelib.services.ports.adapters import Adapters
from chalicelib.services.sent_records import SentRecord
from tests.fakes.access import FakeCursors, IssuedTokens
from tests.fakes.connections import FakeConnectionStore, FakeSealer, FakeSyncMarks, FakeSyncQueue, NoOutbound
from tests.fakes.imports import FakeImportFiles, FakeImportMapStore, FakeImportQueue, FakeImportStore
from tests.fakes.notifier import FakeNotifier
from tests.fakes.queue import FakeQueue
from tests.fakes.stores import (
    NO_WRITES,
    FakeAccountManagerStore,
    FakeAlertStore,
    FakeAliasStore,
    FakeApiKeyStore,
    FakeAsideStore,
    FakeDueMarkStore,
    FakeIdempotencyStore,
    FakeJournalStore,
    FakeRefreshMarkStore,
    FakeRoster,
    FakeRunStore,
    FakeScoreStore,
    FakeSubscriptionStore,
    FakeTaskStore,
    FakeTenantStore,
    FakeTicketDirectory,
)

Item = TypeVar("Item")
Result = TypeVar("Result")

ACME: Final = TenantId("acme")
NIGHT: Final = parse_instant("2026-11-23T02:00:00Z")
HOUR: Final = 3_600
DAY: Final = 24 * HOUR
RECEIVED_AT_MOST: Final = 5
TRANSACTION_ITEMS: Final = 100
CONFIG: Final = Config({"DASHBOARD_URL": "https://health.example"})


class CrashError(BaseException):
    """The process is gone; nothing in it may catch this."""


class CrashPoint(NamedTuple):
    """The call at which the process dies, and whether the call still happens."""

    call: int
    happens: bool


class Calls:
    """Counts the calls of all ports; at the crash point it raises, once."""

    def __init__(self) -> None:
        self.count = 0
        self.crash: CrashPoint | None = None

    def plan(self, crash: CrashPoint | None) -> None:
        self.count, self.crash = 0, crash

    @contextmanager
    def watched(self) -> Iterator[None]:
        number, self.count = self.count, self.count + 1
        crash = self.crash if self.crash is not None and self.crash.call == number else None
        if crash is not None:
            self.crash = None
            if not crash.happens:
                raise CrashError
        yield
        if crash is not None:
            raise CrashError


class Watched:
    """A port of which every call may be the last."""

    def __init__(self, port: Any, calls: Calls) -> None:
        self._port, self._calls = port, calls

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*args: Any, **named: Any) -> Any:
            with self._calls.watched():
                return method(*args, **named)

        return call


class Commit(NamedTuple):
    """One write of a page's current rows: when, the rows before, the rows after."""

    now: Instant
    before: CurrentPage
    after: CurrentPage


class CommittedScores(FakeScoreStore):
    """Tells what it commits."""

    clock: Callable[[], Instant]

    def __init__(self, alerts: FakeAlertStore) -> None:
        super().__init__(alerts)
        self.commits: list[Commit] = []

    def put_current(self, tenant: TenantId, page: int, new: CurrentPage, writes: AlertWrites = NO_WRITES) -> Any:
        assert 1 + writes.items <= TRANSACTION_ITEMS, "DynamoDB refuses it"
        before = self.current_pages(tenant, [page])[page]
        standing = super().put_current(tenant, page, new, writes)
        if standing is None and before.version != new.version:
            self.commits.append(Commit(self.clock(), before, new))
        return standing


class ReadThenWriteScores(CommittedScores):
    """A wrong store, to test the tests: alerts are written after the rows, not with them."""

    calls: Calls

    def put_current(self, tenant: TenantId, page: int, new: CurrentPage, writes: AlertWrites = NO_WRITES) -> Any:
        standing = super().put_current(tenant, page, new)
        if standing is None and writes:
            with self.calls.watched():
                self._alerts.store(tenant, writes)
        return standing


class CountedRuns(FakeRunStore):
    """A wrong store, to test the tests: it counts the pages that are done, where a set knows which."""

    def add_done(self, tenant: TenantId, day: Day, pages: Any) -> Run:
        held = self._runs[tenant, day]
        self._runs[tenant, day] = replace(held, done=frozenset(range(len(held.done) + len(set(pages)))))
        return self._runs[tenant, day]


@dataclass
class Stores:
    """All that survives a crash."""

    alerts: FakeAlertStore = field(default_factory=FakeAlertStore)
    tenants: FakeTenantStore = field(default_factory=FakeTenantStore)
    roster: FakeRoster = field(default_factory=FakeRoster)
    directory: FakeTicketDirectory = field(default_factory=FakeTicketDirectory)
    runs: FakeRunStore = field(default_factory=FakeRunStore)
    aside: FakeAsideStore = field(default_factory=FakeAsideStore)
    refresh_marks: FakeRefreshMarkStore = field(default_factory=FakeRefreshMarkStore)
    due: FakeDueMarkStore = field(default_factory=FakeDueMarkStore)
    account_managers: FakeAccountManagerStore = field(default_factory=FakeAccountManagerStore)
    tasks: FakeTaskStore = field(default_factory=FakeTaskStore)
    queue: FakeQueue = field(default_factory=FakeQueue)
    notifier: FakeNotifier = field(default_factory=FakeNotifier)
    subscriptions: FakeSubscriptionStore = field(default_factory=FakeSubscriptionStore)
    idempotency: FakeIdempotencyStore = field(default_factory=FakeIdempotencyStore)
    journal: FakeJournalStore = field(default_factory=FakeJournalStore)
    aliases: FakeAliasStore = field(default_factory=FakeAliasStore)
    api_keys: FakeApiKeyStore = field(default_factory=FakeApiKeyStore)
    import_maps: FakeImportMapStore = field(default_factory=FakeImportMapStore)
    imports: FakeImportStore = field(default_factory=FakeImportStore)
    import_files: FakeImportFiles = field(default_factory=FakeImportFiles)
    import_queue: FakeImportQueue = field(default_factory=FakeImportQueue)
    cursors: FakeCursors = field(default_factory=FakeCursors)
    tokens: IssuedTokens = field(default_factory=IssuedTokens)
    connections: FakeConnectionStore = field(default_factory=FakeConnectionStore)
    sync_marks: FakeSyncMarks = field(default_factory=FakeSyncMarks)
    sync_queue: FakeSyncQueue = field(default_factory=FakeSyncQueue)
    sealer: FakeSealer = field(default_factory=FakeSealer)
    outbound: NoOutbound = field(default_factory=NoOutbound)
    scores: CommittedScores = field(init=False)

    def together(self, work: Callable[[Item], Result], items: Iterable[Item], /) -> list[Result]:
        """One after the other: one call is the next one's cause."""
        return in_turn(work, items)

    def __post_init__(self) -> None:
        self.scores = CommittedScores(self.alerts)
        for manager in (*map(RecordId, ("m1", "m2", "m3")), None):
            arn = self.notifier.subscribe(ACME, [manager], "sqs", str(manager))
            self.subscriptions.put(ACME, Subscription(16 * "0", manager, "sqs", str(manager), arn, "confirmed"))


def each_port(stores: Adapters, watched: Callable[[str, Any], Any]) -> Adapters:
    """The same stores, each behind what watches its calls; the ports' own types are kept by that."""
    ports = {name: watched(name, port) for name, port in vars(stores).items()}
    return cast("Adapters", SimpleNamespace(**ports, together=stores.together))


class World:
    """A tenant whose scores are its clients' points of stack standardization."""

    def __init__(self, stores: Stores | None = None, now: Instant = NIGHT - 12 * HOUR) -> None:
        self.stores, self.now, self.calls = stores or Stores(), now, Calls()
        self.stores.scores.clock = lambda: self.now
        if isinstance(self.stores.scores, ReadThenWriteScores):
            self.stores.scores.calls = self.calls
        watched = each_port(self.stores, lambda _, port: Watched(port, self.calls))
        self.app = build(CONFIG, adapters=watched, clock=lambda: self.now)

    def copy(self) -> "World":
        """The same stores in another process."""
        return World(deepcopy(self.stores), self.now)

    # ---- what people do ----

    def found(self, **scoring: Any) -> "World":
        """Creates the tenant."""
        self.app.registration.create(ACME, "Acme", "Europe/Rome", "EUR", "someone")
        weights = (0, 0, 0, 0, 0, 10_000, 0, 0, 0)
        self.settings(primary_model="weighted", sources=("assessments",), weights=weights, **scoring)
        return self

    def settings(self, *, workflow: bool | None = None, **scoring: Any) -> None:
        def change(held: Settings) -> Settings:
            switched = held.at_risk_workflow if workflow is None else workflow
            return replace(held, at_risk_workflow=switched, scoring=replace(held.scoring, **scoring))

        version = self.stores.tenants.get(ACME).settings.version
        self.app.settings_editor.replace(ACME, {version}, change, None, Author("someone", "someone"))

    def client(self, client_id: str, points: int, manager: str | None = "m1") -> None:
        self.take({"type": "client", "id": client_id, "name": client_id, "status": "ACTIVE"} | managed(manager))
        self.move(client_id, points)

    def move(self, client_id: str, points: int, *, logged: bool = False) -> None:
        """Moves a client's score; `logged`: with a touchpoint, so that a calculation is stored."""
        self.now += 1
        records: list[dict[str, Any]] = [
            {"type": "assessment", "id": "A1", "completed_on": "2026-11-01", "standardization_score": points}
        ]
        if logged:
            spoken = {"occurred_at": "2026-11-02T09:00:00Z", "kind": "CALL", "with_decision_maker": True}
            records.append({"type": "touchpoint", "id": f"P{self.now}", **spoken})
        self.take(*({**record, "client_id": client_id} for record in records))

    def take(self, *records: dict[str, Any]) -> None:
        sent = [read_record(place, record) for place, record in enumerate(records)]
        taken = self.app.record_intake.take(ACME, [r for r in sent if isinstance(r, SentRecord)], backfill=False)
        assert not taken.rejected

    def leave_seats(self, seats: int) -> None:
        """The next client sits on a page that another message names."""
        self.stores.tenants.take_seats(ACME, seats)

    def recalculate(self, client_id: str) -> None:
        self.now += 1
        self.app.recalculation.recalculate(ACME, RecordId(client_id))

    # ---- what the platform does ----

    def fire(self, as_of: Instant) -> None:
        """The nightly trigger."""
        self.now = max(self.now, as_of)
        self.app.nightly_scoring.start_for(as_of, [ACME])

    def deliver(self, *, reverse: bool = False) -> None:
        """Delivers the queue; a message whose worker dies stays in it, one that keeps failing ends in the DLQ."""
        queue, failures = self.stores.queue, 0
        while queue.sent:
            message = queue.sent[-1 if reverse else 0]
            try:
                self.work(message)
            except TryAgainError:
                failures += 1
                if failures < RECEIVED_AT_MOST:
                    continue
            queue.sent.remove(message)

    def work(self, message: ScoringMessage) -> None:
        if isinstance(message, NightlyPages):
            self.app.page_scoring.score(message, lambda: True)
        else:
            for page in message.pages:
                waiting = [each.received for each in self.stores.directory.pending(message.tenant, page)]
                if waiting and message.delay:  # what was announced is settled once the message was due
                    self.now = Instant(max(self.now, int(max(waiting)) + message.delay))
                self.app.refresh.refresh(message.tenant, page)

    def relay(self) -> None:
        """The stream: it names the tenant while something stands in its outbox."""
        outbox = self.stores.alerts.outbox(ACME)
        if outbox.entries or outbox.released:
            self.app.relay.publish(ACME)

    def sweep(self) -> None:
        failures: list[Exception] = []
        self.app.sweep.sweep(lambda: True, lambda _, error: failures.append(error))
        if failures:
            raise failures[0]

    def recover(self) -> None:
        """Everything that comes again by itself after a crash: messages, stream records, the sweep."""
        self.calls.plan(None)
        self.deliver()
        self.relay()
        for _ in range(2):
            self.now += HOUR
            self.sweep()
            self.deliver()
            self.relay()

    def night(self, as_of: Instant, *, reverse: bool = False) -> None:
        """A night, and before it what the day left."""
        self.deliver()
        self.fire(as_of)
        self.deliver(reverse=reverse)
        self.relay()

    # ---- what is seen from outside ----

    @property
    def alerts(self) -> list[Alert]:
        """All alerts, oldest first."""
        return list(self.stores.alerts.newest(ACME, None, 100))[::-1]

    def messages(self) -> dict[str, dict[str, Any]]:
        """What a subscriber has that drops repeated alert ids; a repeat says the very same."""
        kept: dict[str, dict[str, Any]] = {}
        for _, notification in self.stores.notifier.published:
            body = json.loads(notification.body)
            assert kept.setdefault(body["alert_id"], body) == body
        return kept

    def told(self) -> list[str]:
        """The ids of the alerts that were told, one for each time."""
        kinds = ("alert", "digest")
        return sorted(
            alert["id"] for body in self.messages().values() if body["kind"] in kinds for alert in body["alerts"]
        )

    def end_state(self) -> dict[str, Any]:
        """All that a person can tell two histories apart by."""
        pages = range(self.stores.tenants.get(ACME).pages)
        rows = [row for page in self.stores.scores.current_pages(ACME, pages).values() for row in page.rows.values()]
        clients = [row.client.id for row in rows]
        return {
            "rows": {row.client.id: (row.client, row.score("weighted"), row.alerts) for row in rows},
            "alerts": self.alerts,
            "tasks": list(self.stores.tasks.newest(ACME, None, 100)),
            "records": {client: self.app.clients.get(ACME, RecordId(client)).stored.client for client in clients},
            "outbox": self.stores.alerts.outbox(ACME),
            "messages": self.messages(),
            "marks": self.stores.refresh_marks.marked_since(ACME, pages),
            "due": [mark for shard in range(TENANT_SHARDS) for mark in self.stores.due.marks(shard)],
            "runs": {key: replace(run, mark=0) for key, run in vars(self.stores.runs)["_runs"].items()},
        }


def managed(manager: str | None) -> dict[str, str]:
    return {} if manager is None else {"account_manager_id": manager}
