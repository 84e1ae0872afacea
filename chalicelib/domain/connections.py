"""A connection: what a user set, and how far its worker came. Plain values, which stores keep as they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.ids import TenantId

State = Literal["new", "running", "paused"]

MOST_CONNECTIONS: Final = 20
"""Of one tenant."""

MOST_SKIPPED: Final = 100
"""Skipped rows that are kept, the last ones."""

MOST_GAPS: Final = 20
LONGEST_SETTING: Final = 500
"""Characters of what a system asks for."""

INTERVAL_MINUTES: Final = 15
LONGEST_INTERVAL: Final = 24 * 60


class Progress(NamedTuple):
    """How far a stream was read. `started`: when the run under way began, by the source's time; `cursor`: its next
    page; `pages`: how many it had so far. Between runs all three are empty."""

    watermark: Instant | None = None
    started: Instant | None = None
    cursor: str | None = None
    pages: int = 0


class Failure(NamedTuple):
    """What a source last failed with, in words for the user, and how often in a row."""

    code: str
    message: str
    at: Instant
    tries: int


class Counts(NamedTuple):
    """Rows of a sync: read, stored because they said something new, left as they were, and skipped."""

    read: int = 0
    stored: int = 0
    unchanged: int = 0
    skipped: int = 0

    def plus(self, other: "Counts") -> "Counts":
        return Counts._make(map(sum, zip(self, other, strict=True)))


NOTHING: Final = Counts()


class Sweep(NamedTuple):
    """How far a source was asked what it still has: of a stream's held records the place to go on from, how many there
    were, those that are missing (client, id), and how many are."""

    stream: str
    after: tuple[str, str] | None = None
    held: int = 0
    missing: tuple[tuple[str, str], ...] = ()
    found: int = 0


class LastTest(NamedTuple):
    """The last test's outcome."""

    at: Instant
    ok: bool
    message: str
    counts: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Work:
    """The worker's part. `stream`: what is read next in the sync under way (None: none is)."""

    epoch: int = 0
    streams: Mapping[str, Progress] = field(default_factory=dict)
    stream: str | None = None
    begun: Instant | None = None
    counts: Counts = NOTHING
    last: Counts = NOTHING
    synced_at: Instant | None = None
    next_at: Instant | None = None
    rows_at: Instant | None = None
    gaps: tuple[int, ...] = ()
    """Seconds between syncs that brought rows, the last MOST_GAPS."""
    calls_left: int | None = None
    failure: Failure | None = None
    aside_version: int = 0
    """The version of the connection that was put aside after too many failures (0: none was)."""
    test: LastTest | None = None
    sweep: Sweep | None = None
    swept_at: Instant | None = None
    refused: Mapping[str, int] = field(default_factory=dict)
    """By stream how many records are missing there, too many to delete without a person's word."""


class QuietHours(NamedTuple):
    """Minutes of the tenant's day from and to which nothing is read; over midnight where `start` is the later."""

    start: int
    end: int

    def remaining(self, minute: int) -> int:
        """Minutes until they end; 0 outside."""
        length, passed = (self.end - self.start) % 1440, (minute - self.start) % 1440
        return length - passed if passed < length else 0


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection. Its id is its source: the name that its records' ids begin with; it cannot be changed."""

    id: str
    kind: str
    name: str
    version: int = 1
    state: State = "new"
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Sealed; nothing but the worker opens them."""
    hints: Mapping[str, str] = field(default_factory=dict)
    """What is shown of a secret: its last characters."""
    mapping: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    first_response: str = ""
    create_clients: bool = False
    client_source: str = ""
    """Under which source's aliases clients are found: its own (empty), or that of the system whose ids it carries."""
    history_from: Day | None = None
    interval_minutes: int = INTERVAL_MINUTES
    quiet_hours: QuietHours | None = None
    deletions_allowed: int = 0
    """So many records of a stream may be deleted at once, by a person's word."""
    epoch: int = 0
    """Grows with changes after which all of it is read again."""
    created_at: Instant = Instant(0)  # noqa: RUF009  a plain integer
    work: Work = field(default_factory=Work)

    @property
    def source(self) -> str:
        return self.id

    @property
    def is_aside(self) -> bool:
        """Whether it waits for a person: who changes it, or has it synced, makes another version."""
        return self.work.aside_version == self.version

    @property
    def aliases_of(self) -> str:
        return self.client_source or self.id


class Skipped(NamedTuple):
    """A row that was left out."""

    stream: str
    id: str
    reason: str
    at: Instant


class Picked(NamedTuple):
    """An entry of a picklist."""

    id: str
    name: str
    meaning: str | None


class Seen(NamedTuple):
    """What a connection saw that is for people: the source's own lists, and the rows that were skipped last."""

    picklists: Mapping[str, tuple[Picked, ...]] = {}
    skipped: tuple[Skipped, ...] = ()


class SyncMark(NamedTuple):
    """When a connection is to be looked at next; one that was put aside waits for a person."""

    tenant: TenantId
    connection: str
    due: Instant
    is_aside: bool = False


class SyncMessage(NamedTuple):
    """What the worker is asked: a step of a connection's sync, or its test; after some seconds."""

    tenant: TenantId
    connection: str
    reason: Literal["sync", "test"]
    delay: int = 0


def silent_since(work: Work, now: Instant) -> Instant | None:
    """Since when a source has brought no row, where that is longer than three times its usual gap (the median of the
    last ones, at least a day)."""
    if work.rows_at is None or not work.gaps:
        return None
    ordered = sorted(work.gaps)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) // 2
    return work.rows_at if now - work.rows_at > 3 * max(median, 86_400) else None


def owner_of(connection_id: str) -> str:
    """Who owns a connection's secrets, as KMS is told."""
    return "#".join(("CONN", connection_id))
