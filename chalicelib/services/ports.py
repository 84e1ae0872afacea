"""What the services need of the outside world. Adapters and the tests' fakes implement these protocols.

Every write is safe to repeat: it is conditional, or repeating it changes nothing.
"""

import json
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from enum import Enum
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeVar

from chalicelib.domain.activities import JournalEntry
from chalicelib.domain.alerts import Alert
from chalicelib.domain.facts import Client, Day, Facts, Instant, Timestamp
from chalicelib.domain.fleet import DayFigures, FleetSummary
from chalicelib.domain.history import HistoryEntry, Snapshot, Trigger
from chalicelib.domain.ids import RecordId, TenantId, TicketKey
from chalicelib.domain.records import Records, StoredRecord
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.run import DueMark, RefreshClaim, Run, Walk
from chalicelib.domain.settings import Settings
from chalicelib.domain.tenant import SettingsChange, Tenant

Clock = Callable[[], Instant]
"""The present, in whole seconds; handed in so that time is an argument everywhere."""

PreciseClock = Callable[[], Timestamp]
"""The present, to the microsecond: when records are received."""

BindTenant = Callable[[TenantId], AbstractContextManager[None]]
"""Makes what is done within it that tenant's work: nothing of another tenant can be read or written meanwhile."""


Item = TypeVar("Item")
Result = TypeVar("Result")


class Together(Protocol):
    """Does the same for several things at once, as far as there is room; what is done is done for the bound tenant."""

    def __call__(self, work: Callable[[Item], Result], items: Iterable[Item], /) -> list[Result]:
        """The results in the order of the items.

        All work has ended when this returns, or raises what a piece of work raised.
        """


class TenantStore(Protocol):
    """Tenants, their settings and the registry."""

    def get(self, tenant: TenantId) -> Tenant:
        """Raises NotFoundError."""

    def create(self, tenant: Tenant, now: Instant, created_by: str) -> None:
        """Stores a tenant with the first version of its settings. Raises ConflictError when the id is taken."""

    def settings_version(self, tenant: TenantId, version: int) -> Settings:
        """Raises NotFoundError."""

    def put_settings(self, tenant: TenantId, settings: Settings, change: SettingsChange) -> bool:
        """Stores the next version of the settings; False when another version came first."""

    def settings_changes(self, tenant: TenantId, newest: int, limit: int) -> list[SettingsChange]:
        """Versions from `newest` downwards, at most `limit`."""

    def settings_change(self, tenant: TenantId, version: int) -> tuple[SettingsChange, Settings]:
        """One version, whole. Raises NotFoundError."""

    def settings_versions(self, tenant: TenantId, versions: Iterable[int]) -> dict[int, Settings]:
        """Several versions at once, those that exist."""

    def take_seats(self, tenant: TenantId, count: int) -> int | None:
        """Takes seats for life and answers the first of them; a crash after it leaves a hole, which is fine.

        None where so many are not left (`roster.MOST_PAGES`).
        """

    def see_sources(self, tenant: TenantId, sources: Iterable[str]) -> None:
        """Adds to the sources of which a record was ever stored; the set never shrinks."""

    def registered(self, shard: int, after: TenantId | None) -> Iterator[TenantId]:
        """The tenants of a registry shard in order, those after a tenant if one is named."""


class Seat(NamedTuple):
    """Where a client's items are, and into how many shards its quarters of tickets and its other facts are split.

    A quarter is named as in `times.quarter_of`, the other facts by OTHER_FACTS.
    """

    number: int
    shards: Mapping[str, int] = {}

    def shards_of(self, quarter: str | None) -> int:
        """The shards of a quarter, or (None) of the other facts."""
        return self.shards.get(quarter or OTHER_FACTS, 1)


OTHER_FACTS: Final = "other"

MOST_SHARDS: Final = 4_096
"""Of one set: some 14 million tickets of one client and quarter."""


Failed = Callable[[str, Exception], object]
"""Told of a client that could not be read or computed, and why; its neighbours go on."""


def raised(client: str, error: Exception) -> None:
    """For whoever works for one client alone."""
    del client
    raise error


def left_out(client: str, error: Exception) -> None:
    """For whoever goes on without what cannot be read: another tells of it."""
    del client, error


class StoredClient(NamedTuple):
    """A client's record with the instant of its last change and the version of the stored item."""

    client: Client
    updated_at: Timestamp
    version: int


class BlockId(NamedTuple):
    """A block of a client's facts: a shard of its tickets created in a quarter, or (None) of all the rest."""

    client: RecordId
    page: int
    quarter: str | None
    shard: int = 0


class Block(NamedTuple):
    """Records by type and id, the version of the stored item (0: there is none yet), and how many shards its set had
    when this one was last split."""

    records: Mapping[str, Mapping[str, StoredRecord]]
    version: int
    shards: int = 1


class Stored(Enum):
    """What became of a block that was put."""

    STORED = "stored"
    GROWN = "stored, and so large that its set is to be split"
    FULL = "not stored: too large, split its set and merge again"
    CHANGED = "not stored: another came first, merge again"


class ClientTickets(NamedTuple):
    """A client of a page with its blocks of tickets."""

    seat: int
    client: RecordId
    blocks: Mapping[BlockId, Block]


class ClientRecords(NamedTuple):
    """Everything of one client: as the scoring models take it, and record by record, deleted ones too."""

    facts: Facts
    records: Records


class Roster(Protocol):
    """Clients and their facts."""

    def seats(self, tenant: TenantId, clients: Iterable[RecordId]) -> dict[str, Seat]:
        """The seats of the clients that exist."""

    def seats_after(self, tenant: TenantId, client: RecordId | None, limit: int) -> dict[str, Seat]:
        """The seats of the first clients by id, or of those that follow one, in order, at most `limit`."""

    def clients(self, tenant: TenantId, seats: Mapping[str, Seat], failed: Failed = raised) -> dict[str, StoredClient]:
        """The records of clients, by id; `failed` is told of those that cannot be read."""

    def add_client(self, tenant: TenantId, seat: int, stored: StoredClient) -> bool:
        """Puts directory and record in one transaction; False when the client has a seat already."""

    def put_client(self, tenant: TenantId, seat: Seat, stored: StoredClient) -> bool:
        """Replaces a client's record of version `stored.version` by the next one; False when another came first."""

    def blocks(self, tenant: TenantId, ids: Iterable[BlockId], failed: Failed = raised) -> dict[BlockId, Block]:
        """Blocks by id; one that does not exist is empty. `failed` is told of a client with one that cannot be read."""

    def tickets(self, tenant: TenantId, client: RecordId, seat: Seat) -> Mapping[BlockId, Block]:
        """All blocks of a client's tickets. Sees every acknowledged write. Raises UnreadableClientError for damage."""

    def room_for(self, block: Block) -> Stored:
        """What would become of a block that is put while no other comes: STORED, GROWN or FULL."""

    def put_block(self, tenant: TenantId, block_id: BlockId, block: Block) -> Stored:
        """Replaces a block of version `block.version` by the next one."""

    def split(self, tenant: TenantId, client: RecordId, seat: Seat, quarter: str | None) -> None:
        """Spreads one shard of a quarter of tickets, or (None) of the other facts, over it and a new one.

        Nothing if another has just done so.
        """

    def client_facts(self, tenant: TenantId, client: RecordId, seat: Seat) -> Facts:
        """Everything of one client. Raises NotFoundError when it has no record, UnreadableClientError for damage."""

    def client_records(self, tenant: TenantId, client: RecordId, seat: Seat) -> ClientRecords:
        """Everything of one client, its records too. Raises as `client_facts` does."""

    def page_tickets(
        self, tenant: TenantId, page: int, seats: Container[int] | None = None, failed: Failed = raised
    ) -> list[ClientTickets]:
        """The blocks of tickets of a page's clients, or of some; `failed` is told of those that cannot be read.

        Sees every acknowledged write.
        """

    def move_tickets(self, tenant: TenantId, block_id: BlockId, block: Block, beside: Mapping[BlockId, int]) -> bool:
        """Replaces a block by one without tickets that stand elsewhere, if it and the blocks beside it, named with
        their versions, are as they were; else False."""

    def page_facts(self, tenant: TenantId, page: int, failed: Failed = raised) -> list[tuple[int, Facts]]:
        """Everything of all clients of a page, with their seats; `failed` is told of those that cannot be read."""


class Arrival(NamedTuple):
    """A ticket that came to a block which did not hold it, or is on the move: where it was stored, and whether its
    version had a time of its own."""

    key: TicketKey
    seat: int
    quarter: str
    timed: bool


class Deletion(NamedTuple):
    """The deletion of a ticket by its id, wherever it is; `timed` as for an arrival."""

    id: RecordId
    updated_at: Timestamp
    timed: bool


class Arrivals(NamedTuple):
    """What one request brought for the directory of ids, named by the item that holds it."""

    name: str
    received: Timestamp
    arrivals: tuple[Arrival, ...]
    deletions: tuple[Deletion, ...]


class Gone(NamedTuple):
    """A deletion by id of a ticket that is nowhere: it stands against older versions that come later."""

    updated_at: Timestamp
    received: Timestamp


class Leaf(NamedTuple):
    """A piece of the directory: the seats that keys lead to, from the text of one key until that of another.

    An entry says where to look: there may be nothing, or another ticket of the same hash.
    """

    first: str
    until: str | None
    version: int
    entries: Mapping[TicketKey, AbstractSet[int]]
    gone: Mapping[RecordId, Gone]


class TicketDirectory(Protocol):
    """Where tickets are, by id; and what is on the move until it is settled."""

    def announce(
        self,
        tenant: TenantId,
        page: int,
        received: Timestamp,
        arrivals: Sequence[Arrival],
        deletions: Sequence[Deletion],
    ) -> None:
        """Notes what a request is about to store; it is settled with the refresh of a page."""

    def pending(self, tenant: TenantId, page: int | None = None, failed: Failed = raised) -> Iterator[Arrivals]:
        """What is not settled yet: of a page's refresh, or (None) of all. Sees every acknowledged write.

        `failed` is told the names of what cannot be read.
        """

    def forget(self, tenant: TenantId, settled: Iterable[Arrivals]) -> None:
        """Takes away what is settled."""

    def leaves(self, tenant: TenantId, wanted: Iterable[TicketKey]) -> list[Leaf]:
        """The leaves of keys in order, each key's among them. Sees every acknowledged write."""

    def all_leaves(self, tenant: TenantId) -> Iterator[Leaf]:
        """All leaves that are stored."""

    def put_leaf(self, tenant: TenantId, leaf: Leaf) -> bool:
        """Replaces a leaf, in several where it has grown too large; False when another came first."""

    def unregistered(self, tenant: TenantId, pages: int) -> set[int]:
        """The roster pages whose tickets are not all in the directory yet: of a tenant without a directory all."""

    def register(self, tenant: TenantId, page: int) -> None:
        """Notes that all tickets of a page are in the directory."""


class CurrentPage(NamedTuple):
    """A page's current rows by seat, and the version of the item (0: there is none yet)."""

    rows: Mapping[int, CurrentRow]
    version: int


class SettingsNotice(NamedTuple):
    """A client whose rule holds only because the settings changed: told in one notice, not as an alert."""

    alert: Alert
    settings_version: int


class AlertWrites(NamedTuple):
    """What is stored beside current rows: new alerts and notices with their outbox entries, and what resolves.

    `run_date` is that of the nightly run whose release the entries wait for, None for those of a calculation.
    """

    alerts: tuple[Alert, ...] = ()
    notices: tuple[SettingsNotice, ...] = ()
    resolved: tuple[str, ...] = ()
    run_date: Day | None = None
    now: Instant = 0

    def __bool__(self) -> bool:
        return self.items > 0

    @property
    def items(self) -> int:
        """How many items they are: an alert has its outbox entry and a place in its client's list, a resolved one one
        in the list of those.
        """
        return 3 * len(self.alerts) + len(self.notices) + 2 * len(self.resolved)

    @classmethod
    def of(cls, parts: Iterable["AlertWrites"]) -> "AlertWrites":
        """The writes of several clients of one evaluation as one."""
        held = list(parts)
        return cls(
            tuple(alert for part in held for alert in part.alerts),
            tuple(notice for part in held for notice in part.notices),
            tuple(resolved for part in held for resolved in part.resolved),
            next((part.run_date for part in held if part.run_date is not None), None),
            max((part.now for part in held), default=0),
        )


class OutboxEntry(NamedTuple):
    """Something still to be published: an alert, or (with `settings_version`) a client of a settings notice."""

    id: str
    alert: Alert
    settings_version: int | None
    run_date: Day | None
    created_at: Instant
    told: bool = False
    """Whether its alert was published already, though something else of it is left to do."""


class Digest(NamedTuple):
    """A digest that a run has for an account manager: decided once, then published, until the run is released."""

    id: str
    run_date: Day
    account_manager_id: str | None
    alerts: tuple[Alert, ...]
    members: tuple[str, ...]
    published: bool = False

    @property
    def total(self) -> int:
        """How many alerts it stands for; `alerts` are the worst of them."""
        return len(self.members)


class Release(NamedTuple):
    """A complete run whose alerts may be published, with the due mark that stands for it until they are.

    `night` and `mark` are the mark's `as_of` and version; a run that an older build started has none.
    """

    night: Instant | None = None
    mark: int = 0


class Outbox(NamedTuple):
    """All that a tenant has to publish, and the dates whose runs are released.

    `damaged` are the sort keys of entries that cannot be read.
    """

    entries: Sequence[OutboxEntry]
    digests: Sequence[Digest]
    released: Mapping[Day, Release]
    damaged: Sequence[str] = ()


class DueMarkStore(Protocol):
    """Which tenants have something left to do."""

    def mark(self, tenant: TenantId, due: Instant, now: Instant, *, night: Instant | None = None) -> int:
        """Marks that a tenant will have something to do, or (`night`: a run's `as_of`) a night; returns the version.

        A standing mark stays due when it was, and becomes another version: whoever has read it cannot clear it.
        """

    def marks(self, shard: int) -> Iterator[DueMark]:
        """All marks of a registry shard."""

    def postpone(self, mark: DueMark, due: Instant, *, failed: bool = False) -> None:
        """Lets others come first from now on, unless the mark has changed; `failed` counts a try."""

    def clear(self, tenant: TenantId, version: int, *, night: Instant | None = None) -> None:
        """Takes a mark away if it still has this version."""

    def resume(self, mark: DueMark) -> None:
        """Makes a mark that was put aside due again, unless it has changed."""

    def walk(self) -> Walk:
        """How far the walk came that gives every tenant a mark."""

    def save_walk(self, walk: Walk) -> None: ...


class AlertStore(Protocol):
    """Alerts and what is still to be published of them."""

    def get(self, tenant: TenantId, alert_id: str) -> Alert:
        """Raises NotFoundError."""

    def newest(self, tenant: TenantId, before: str | None, chunk: int) -> Iterator[Alert]:
        """Alerts newest first, those before an id if one is given, read in chunks as they are taken."""

    def several(self, tenant: TenantId, ids: Iterable[str]) -> dict[str, Alert]:
        """Alerts by id, those that exist."""

    def resolved(self, tenant: TenantId, before: str | None, chunk: int) -> Iterator[str]:
        """The ids of resolved alerts newest first, as far down as they are listed; read in chunks as they are taken."""

    def of_client(self, tenant: TenantId, client: RecordId, before: str | None, chunk: int) -> Iterator[str]:
        """The ids of a client's alerts newest first, as far down as they are listed; read in chunks."""

    def listed_down_to(self, tenant: TenantId) -> str | None:
        """The oldest alert from which on the two lists are whole; None: nobody looked yet, empty: all are listed.

        Every alert that this build stores is listed; the mark tells of those that an older one stored.
        """

    def list_all(self, tenant: TenantId, alerts: Sequence[Alert], down_to: str) -> None:
        """Lists alerts of an older build, then notes how far down the lists are whole. Repeating it is harmless."""

    def outbox(self, tenant: TenantId) -> Outbox: ...

    def outbox_tenant(self, partition: str) -> TenantId | None:
        """The tenant whose outbox a changed item is in, by its partition; None for an item of anything else."""

    def release(self, tenant: TenantId, run: Run) -> None:
        """Releases what a complete run has to publish."""

    def put_digest(self, tenant: TenantId, digest: Digest) -> Digest:
        """Stores a digest unless the run has one for the account manager; answers the one that stands."""

    def mark_digest(self, tenant: TenantId, digest: Digest) -> None:
        """Notes that a digest was published."""

    def mark_published(self, tenant: TenantId, entry: OutboxEntry, now: Instant) -> None:
        """Notes that an entry was published: on its alert, then by taking it out of the outbox."""

    def note_told(self, tenant: TenantId, entry: OutboxEntry, now: Instant) -> None:
        """Notes that an entry's alert was published though something else of it is left to do."""

    def put_aside(self, tenant: TenantId, entry_id: str) -> None:
        """Takes an entry that cannot be published out of the outbox and keeps it for a person to look at."""

    def aside(self, tenant: TenantId) -> list[str]:
        """The ids of the entries that were put aside."""

    def put_back(self, tenant: TenantId, entry_id: str, now: Instant) -> None:
        """Puts an entry that was put aside back into the outbox, as if it were new. Raises NotFoundError."""

    def close_release(self, tenant: TenantId, day: Day, digests: Iterable[Digest]) -> None:
        """Takes a release and its digests away, once nothing of its run is left to publish."""


class Task(NamedTuple):
    """A follow-up task. One that an alert opened has the alert's id; others were made by hand, at times with steps."""

    id: str
    client_id: str
    client_name: str
    account_manager_id: str | None
    title: str
    due_on: Day | None
    status: str = "OPEN"
    by_hand: bool = False
    steps: tuple[str, ...] = ()

    @property
    def alert_id(self) -> str | None:
        return None if self.by_hand else self.id


class TaskStore(Protocol):
    """Tasks, at most one open per client."""

    def applied(self, tenant: TenantId, alert_id: str) -> bool:
        """Whether an alert has opened a task."""

    def open(self, tenant: TenantId, task: Task) -> str | None:
        """Stores a task unless its client has an open one. The id of the one that is open then: this task's if it was
        stored, now or before; None if it was stored before and is done."""

    def get(self, tenant: TenantId, task_id: str) -> Task:
        """Raises NotFoundError."""

    def newest(self, tenant: TenantId, before: str | None, chunk: int) -> Iterator[Task]:
        """Tasks newest first, those before an id if one is given, read in chunks as they are taken."""

    def several(self, tenant: TenantId, ids: Iterable[str]) -> dict[str, Task]:
        """Tasks by id, those that exist."""

    def open_ids(self, tenant: TenantId) -> list[str]:
        """The ids of all open tasks: one of a client at most."""

    def set_status(self, tenant: TenantId, task: Task, status: str) -> bool:
        """Gives a task a status; False when it would be its client's second open one."""


SubscriptionState = Literal["pending", "confirmed", "ended", "removed"]
"""`pending`: its owner is asked to confirm it; `ended`: by its owner, or nobody confirmed it in time; `removed`: by us,
but SNS may still know it."""


class Subscription(NamedTuple):
    """An endpoint that gets an account manager's messages (None: those for the fallback addresses).

    Those of several account managers that share an endpoint are one subscription at SNS, whose filter lists them.
    """

    id: str
    manager: RecordId | None
    protocol: str
    endpoint: str
    arn: str = ""
    """SNS's name of it; empty until SNS was asked."""

    state: SubscriptionState = "pending"
    asked_at: Instant = 0
    """When its owner was last asked to confirm it."""

    @property
    def confirmed(self) -> bool:
        """Whether messages reach it."""
        return self.state == "confirmed"

    @property
    def live(self) -> bool:
        """Whether SNS is to know it."""
        return self.state in ("pending", "confirmed")

    @property
    def place(self) -> tuple[str, str]:
        """What SNS knows once per topic."""
        return self.protocol, self.endpoint


class SubscriptionStore(Protocol):
    def all(self, tenant: TenantId) -> list[Subscription]:
        """All subscriptions of a tenant, removed ones included, by account manager."""

    def put(self, tenant: TenantId, subscription: Subscription) -> None:
        """Stores what somebody wants now, over whatever stands."""

    def replace(self, tenant: TenantId, before: Subscription, after: Subscription) -> None:
        """Stores what SNS says, unless somebody wanted something else since."""

    def delete(self, tenant: TenantId, subscription: Subscription) -> None:
        """Takes one away, unless somebody wanted something else since."""


class Notification(NamedTuple):
    """A message for a tenant's topic: the JSON body, the e-mail, and the attributes that subscriptions filter by."""

    body: str
    mail: str
    subject: str
    attributes: Mapping[str, str]

    @property
    def message(self) -> str:
        """What is published: the e-mail for e-mail addresses, the body for everybody else."""
        return json.dumps({"default": self.body, "email": self.mail}, ensure_ascii=False)


class Standing(NamedTuple):
    """A subscription as SNS has it: whether it is confirmed, and whose messages its filter lets through."""

    confirmed: bool
    managers: frozenset[RecordId | None]


class Notifier(Protocol):
    """The tenants' topics. There is one subscription per topic and endpoint, for any number of account managers."""

    def ensure_topic(self, tenant: TenantId) -> str:
        """Creates the tenant's topic unless it exists; done once, when the tenant is made."""

    def publish(self, tenant: TenantId, notification: Notification) -> None: ...

    def subscribe(self, tenant: TenantId, managers: Collection[RecordId | None], protocol: str, endpoint: str) -> str:
        """Subscribes an endpoint to the messages of these account managers and no others; returns its ARN.

        An unconfirmed one is asked for again. Raises InvalidError for an endpoint that SNS refuses, ConflictError when
        the topic is full.
        """

    def standing(self, arn: str) -> Standing | None:
        """A subscription as it is now; None for one that has ended."""

    def set_managers(self, arn: str, managers: Collection[RecordId | None]) -> None:
        """Lets just these account managers' messages through; nothing for a subscription that has ended."""

    def unsubscribe(self, arn: str) -> bool:
        """Ends a subscription, also one that has ended; False while it waits for confirmation, when none can."""


class FailedClient(NamedTuple):
    """A client that could not be computed: as of when, by what kind of error, and in which night (None: a refresh)."""

    client: RecordId
    as_of: Instant
    error: str
    run_date: Day | None


class AsideStore(Protocol):
    """Clients that were put aside because they could not be computed."""

    def put(self, tenant: TenantId, failed: FailedClient) -> None:
        """Notes a client, unless a later failure of it is noted."""

    def list(self, tenant: TenantId) -> list[FailedClient]: ...

    def remove(self, tenant: TenantId, client: RecordId) -> None:
        """Forgets a client; nothing when it is not noted."""


class ScoreStore(Protocol):
    """Current rows, snapshots and calculations."""

    def current_pages(self, tenant: TenantId, pages: Iterable[int]) -> dict[int, CurrentPage]: ...

    def with_snapshots(
        self, tenant: TenantId, pages: Iterable[int], day: Day, now: Instant, *, consistent: bool = False
    ) -> tuple[dict[int, CurrentPage], dict[int, Snapshot]]:
        """The current rows of pages and their snapshots of a date; `consistent` sees every acknowledged write."""

    def put_current(
        self, tenant: TenantId, page: int, new: CurrentPage, writes: AlertWrites = ...
    ) -> CurrentPage | None:
        """Stores rows if the item is still at the version before; answers what stands there if not, else None.

        Rows and alert writes are stored together or not at all.
        """

    def answer_alert(
        self, tenant: TenantId, page: int, new: CurrentPage, alert_id: str, status: str
    ) -> CurrentPage | None:
        """Stores rows as `put_current` does, together with the status that a person gave an alert."""

    def put_snapshot(self, tenant: TenantId, page: int, snapshot: Snapshot, now: Instant) -> Snapshot:
        """Stores a snapshot unless the date has one; answers the one that stands."""

    def snapshots(self, tenant: TenantId, page: int, first: Day, last: Day, now: Instant) -> list[Snapshot]:
        """A page's snapshots of a span of dates, oldest first."""

    def snapshots_of(self, tenant: TenantId, page: int, days: Iterable[Day], now: Instant) -> list[Snapshot]:
        """A page's snapshots of some dates."""

    def newest_snapshots(
        self, tenant: TenantId, page: int, first: Day, last: Day, chunk: int, now: Instant
    ) -> Iterator[Snapshot]:
        """A page's snapshots of a span of dates, newest first, read in chunks as they are taken."""

    def newest_calculations(
        self, tenant: TenantId, page: int, client: RecordId, first: Day, last: Day, chunk: int, now: Instant
    ) -> Iterator[HistoryEntry]:
        """A client's calculations of a span of local dates, newest first, read in chunks as they are taken."""

    def put_calculation(
        self, tenant: TenantId, page: int, client: RecordId, entry: HistoryEntry, now: Instant
    ) -> None: ...

    def calculations(
        self, tenant: TenantId, page: int, client: RecordId, first: Instant, last: Instant, now: Instant
    ) -> list[HistoryEntry]:
        """A client's calculations of a span of time, oldest first."""


class RunStore(Protocol):
    """Run control and fleet figures."""

    def start(self, tenant: TenantId, run: Run, now: Instant) -> Run:
        """Stores a run unless its date has one; answers the one that stands."""

    def get(self, tenant: TenantId, day: Day) -> Run | None: ...

    def recent(self, tenant: TenantId, first: Day, last: Day) -> list[Run]: ...

    def add_done(self, tenant: TenantId, day: Day, pages: Iterable[int]) -> Run:
        """Adds pages to the run's set and answers the run."""

    def put_day(self, tenant: TenantId, figures: DayFigures, now: Instant) -> None:
        """Stores a date's fleet figures unless it has some."""

    def days(self, tenant: TenantId, first: Day, last: Day, now: Instant) -> list[DayFigures]:
        """The fleet figures of a span of dates, oldest first."""

    def newest_day(self, tenant: TenantId, first: Day, last: Day, now: Instant) -> DayFigures | None: ...

    def put_summary(self, tenant: TenantId, summary: FleetSummary) -> None:
        """Replaces the fleet summary by one of a later `as_of`, else leaves it."""

    def summary(self, tenant: TenantId) -> FleetSummary | None: ...

    def finish(self, tenant: TenantId, day: Day) -> None:
        """Marks a run complete."""

    def checkpoint(self, as_of: Instant) -> Walk | None:
        """How far the walk of the registry for a trigger came; None when it has noted nothing yet."""

    def save_checkpoint(self, as_of: Instant, walk: Walk) -> None: ...


ARRIVALS: Final = "+"
"""Stands in a page's marks for what is to be settled with it; no client's id."""

EVERYBODY: Final = "*"
"""Stands for all clients of a page; no client's id."""

WHOLE_PAGE: Final[Mapping[str, Trigger | None]] = {EVERYBODY: None}
"""The mark of all clients of a page."""


class RefreshMarkStore(Protocol):
    """Marks on roster pages: which clients are to be refreshed."""

    def mark(self, tenant: TenantId, page: int, clients: Mapping[str, Trigger | None], now: Instant) -> Instant:
        """Marks clients with their triggers, or WHOLE_PAGE; answers since when the page is marked (`now`: by this
        call)."""

    def lost(self, tenant: TenantId, marks: Mapping[int, Mapping[str, Trigger | None]]) -> set[int]:
        """The pages of which some of these marks stand no more: a refresh has taken them on."""

    def marked_since(self, tenant: TenantId, pages: Iterable[int]) -> dict[int, Instant]:
        """Since when something waits on pages, marked or claimed; pages where nothing does are left out."""

    def claim(self, tenant: TenantId, page: int, now: Instant) -> RefreshClaim | None:
        """Takes on what is marked, or the claim that a crash left; None when nothing is."""

    def release(self, tenant: TenantId, page: int, claim: RefreshClaim) -> None: ...


class AccountManager(NamedTuple):
    id: str
    name: str
    email: str
    updated_at: Timestamp


class AccountManagerStore(Protocol):
    def get(self, tenant: TenantId, ids: Iterable[str]) -> dict[str, AccountManager]: ...

    def list(self, tenant: TenantId) -> list[AccountManager]: ...

    def put(self, tenant: TenantId, manager: AccountManager) -> bool:
        """Stores an account manager unless a later change stands; False then."""


class Alias(NamedTuple):
    """What a client is called in another system, by an id or a name; one client per source and folded value."""

    client_id: RecordId
    source: str
    value: str


class AliasStore(Protocol):
    def of_client(self, tenant: TenantId, client: RecordId) -> list[Alias]:
        """A client's aliases, in a fixed order."""

    def listed(self, tenant: TenantId, source: str | None, after: str | None, limit: int) -> list[tuple[str, Alias]]:
        """Aliases (of a source) with their places, in the order of these, from the one that follows a place."""

    def replace(self, tenant: TenantId, client: RecordId, aliases: Sequence[Alias]) -> Alias | None:
        """Makes these all aliases of a client; answers one that another client has, and then nothing changed.

        Safe to repeat. Of two at the same time both may stand, each whole.
        """


class ApiKey(NamedTuple):
    """A connector's key, without its secret; `made_by` is the key that made it (None: a person did)."""

    id: str
    tenant: TenantId
    name: str
    permissions: tuple[str, ...]
    created_at: Instant
    last_used_on: Day | None
    made_by: str | None = None


class ApiKeyStore(Protocol):
    def put(self, key: ApiKey, digest: str) -> None:
        """Stores a new key with the digest of its secret."""

    def get(self, key_id: str) -> tuple[ApiKey, str] | None:
        """A key of any tenant with the digest of its secret; None also for what is no key id."""

    def list(self, tenant: TenantId) -> list[ApiKey]: ...

    def delete(self, tenant: TenantId, key_id: str) -> bool:
        """Takes a tenant's key away; False when the tenant has no such key."""

    def note_use(self, key: ApiKey, day: Day) -> None:
        """Notes the last day of use where keys are looked up; nothing for a key that is gone."""

    def list_use(self, key: ApiKey, day: Day) -> None:
        """Notes it in the tenant's listing; nothing for a key that is gone."""


class Answered(NamedTuple):
    """A request that carried an idempotency key: its client, and its answer (None: still in progress)."""

    client_id: str
    answer: Any
    asked: str | None = None
    """Of what logs an activity: what names the caller and all that was sent."""


class Pinned(NamedTuple):
    """A request whose first arrival with its idempotency key fixed the client, the moment, and what was asked by whom.

    Its answer is None while there is none yet. A recalculation asks for nothing but its client (None).
    """

    client_id: str
    asked: str | None
    at: Instant
    answer: Any = None
    first: bool = False
    """Whether this is that arrival."""


class JournalStore(Protocol):
    """The journals of clients: what was logged of each, newest first by the time that it is of."""

    def put(self, tenant: TenantId, page: int, client: RecordId, entry: JournalEntry) -> None:
        """Stores an entry unless it stands there already."""

    def newest(
        self, tenant: TenantId, page: int, client: RecordId, before: tuple[Instant, RecordId] | None, chunk: int
    ) -> Iterator[JournalEntry]:
        """A client's entries newest first, those before a place if one is given, read in chunks as they are taken."""

    def replace(self, tenant: TenantId, page: int, client: RecordId, before: JournalEntry, after: JournalEntry) -> bool:
        """Stores what became of an entry, perhaps at another time; False when another change came first."""


class IdempotencyStore(Protocol):
    def begin(self, tenant: TenantId, key: str, client: RecordId, now: Instant) -> Answered | None:
        """Notes that a request has begun; answers the earlier request with this key if there is one."""

    def finish(self, tenant: TenantId, key: str, client: RecordId, answer: Any, now: Instant) -> None: ...

    def pin(self, tenant: TenantId, key: str, client: RecordId, asked: str, now: Instant) -> Pinned:
        """Notes that a request has come whose repeats may all go on, from the same moment; answers what stands."""

    def answer(self, tenant: TenantId, key: str, pinned: Pinned, answer: Any, now: Instant) -> None:
        """Keeps the answer of a pinned request."""

    def abandon(self, tenant: TenantId, key: str) -> None:
        """Forgets a request that failed, so that it may be tried again."""


class ScoringQueue(Protocol):
    """The queue of scoring messages."""

    def send(self, messages: Sequence["PagesMessage"]) -> None:
        """Sends all messages, entries that fail again. Raises NotSentError when some keep failing, TryAgainError when
        all do."""


class PagesMessage(NamedTuple):
    """Pages of a tenant to score: of a nightly run, or (`as_of` None) to refresh."""

    tenant: TenantId
    reason: str
    run_date: Day | None
    as_of: Instant | None
    pages: tuple[int, ...]
    delay: int = 0


class Cursors(Protocol):
    """Cursors of lists: where the next page begins, bound to tenant, route and filters (`scope`)."""

    def sign(self, scope: str, place: list[Any]) -> str:
        """A cursor for a place in a list."""

    def read(self, scope: str, cursor: str) -> list[Any]:
        """The place of a cursor. Raises BadCursorError unless it was made for this scope a short time ago."""


class Tokens(Protocol):
    """ID tokens of the platform's issuer."""

    def claims(self, token: str) -> Mapping[str, Any]:
        """The claims of a valid token. Raises BadTokenError for any other."""


class Adapters(Protocol):
    """All that the services need of the outside world."""

    @property
    def tenants(self) -> TenantStore: ...
    @property
    def roster(self) -> Roster: ...
    @property
    def directory(self) -> TicketDirectory: ...
    @property
    def scores(self) -> ScoreStore: ...
    @property
    def runs(self) -> RunStore: ...
    @property
    def refresh_marks(self) -> RefreshMarkStore: ...
    @property
    def due(self) -> DueMarkStore: ...
    @property
    def alerts(self) -> AlertStore: ...
    @property
    def tasks(self) -> TaskStore: ...
    @property
    def subscriptions(self) -> SubscriptionStore: ...
    @property
    def account_managers(self) -> AccountManagerStore: ...
    @property
    def aliases(self) -> AliasStore: ...
    @property
    def api_keys(self) -> ApiKeyStore: ...
    @property
    def journal(self) -> JournalStore: ...
    @property
    def idempotency(self) -> IdempotencyStore: ...
    @property
    def aside(self) -> AsideStore: ...
    @property
    def queue(self) -> ScoringQueue: ...
    @property
    def notifier(self) -> Notifier: ...
    @property
    def cursors(self) -> Cursors: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def together(self) -> Together: ...
