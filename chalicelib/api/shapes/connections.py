"""Answers about connections."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.api.shapes.common import Count, Day, Instant, Page, Version, one_of
from chalicelib.domain.ids import SOURCE_PATTERN

SourceName = Annotated[str, Field(pattern=SOURCE_PATTERN)]


class QuietHours(TypedDict):
    """Hours of the tenant's day in which nothing is read."""

    start: str
    end: str


class ConnectionTest(TypedDict):
    """The outcome of the last test."""

    at: Instant
    ok: bool
    message: str
    """Who answered; or why it failed, in words for people."""
    counts: dict[str, Count]
    """How many rows the system has of what is read, where it says so."""


class ConnectionFailure(TypedDict):
    """What the source last failed with; null once it answers."""

    code: Annotated[str, one_of(("busy", "refused", "unreadable", "unreachable"))]
    message: str
    at: Instant
    tries: Count
    """How often in a row."""


class SyncCounts(TypedDict):
    """What became of a sync's rows."""

    read: Count
    stored: Count
    """Those that said something new."""
    unchanged: Count
    skipped: Count


class Sync(TypedDict):
    """How far a connection came."""

    is_running: bool
    """Whether a sync is under way."""
    synced_at: Instant | None
    """When the last one was complete."""
    next_at: Instant | None
    """When the next one is due."""
    last: SyncCounts
    current: SyncCounts | None
    """Of the sync under way."""
    calls_left: Count | None
    """Of the system's own limit, where it says so."""
    silent_since: Instant | None
    """Since when no row came, where that is longer than three times the usual gap, at least three days."""
    failure: ConnectionFailure | None
    deletions_waiting: dict[str, Count]
    """By stream how many records the system no longer has, too many to delete without `deletions_allowed`."""
    is_put_aside: bool
    """It failed too often, and waits until it is changed or synced by hand."""


class Connection(TypedDict):
    """A connection to another system."""

    id: SourceName
    """Its source: what its records' ids begin with; it cannot be changed."""
    kind: Annotated[str, one_of(("connectwise", "smileback", "xero"))]
    name: str
    version: Version
    state: Annotated[str, one_of(("new", "running", "paused"))]
    settings: dict[str, str]
    """Secrets as `…` and their last characters."""
    first_response: str | None
    """Which definition is in force."""
    first_response_words: str | None
    """The same in plain words."""
    create_clients: bool
    client_source: SourceName
    history_from: Day | None
    interval_minutes: Annotated[int, Field(ge=15, le=1440)]
    quiet_hours: QuietHours | None
    deletions_allowed: Count
    created_at: Instant
    sync: Sync
    test: ConnectionTest | None


class AskedSetting(TypedDict):
    """Something that a system asks for."""

    name: str
    label: str
    is_secret: bool
    default: str


class ResponseDefinition(TypedDict):
    """What may count as the first response to a ticket."""

    id: str
    words: str


class ConnectionKind(TypedDict):
    """A system that can be connected."""

    id: Annotated[str, one_of(("connectwise", "smileback", "xero"))]
    title: str
    source: SourceName
    """What its records' ids begin with by default."""
    help: str
    """Where its keys are made."""
    note: str
    """What was tried of it."""
    available: bool
    """Whether this deployment has what it needs."""
    asked: list[AskedSetting]
    lists: list[Annotated[str, one_of(("priorities", "statuses", "types", "clients"))]]
    """Which of its own lists are mapped."""
    first_responses: list[ResponseDefinition]
    makes_clients: bool


class ConnectionList(Page):
    """A tenant's connections, and the systems that can be connected."""

    items: list[Connection]
    kinds: list[ConnectionKind]


class PicklistEntry(TypedDict):
    """An entry of a system's own list."""

    id: str
    name: str
    meaning: str | None
    """What it is taken for unless the mapping says otherwise; null where nobody can tell."""


class Picklists(TypedDict):
    """A system's own lists, as the last test read them."""

    priorities: list[PicklistEntry]
    statuses: list[PicklistEntry]
    types: list[PicklistEntry]
    clients: list[PicklistEntry]


class ConnectionMapping(TypedDict):
    """What the system's own entries mean, by their ids there."""

    version: Version
    """Of the connection."""
    priorities: dict[str, str]
    statuses: dict[str, str]
    types: dict[str, str]
    clients: dict[str, str]


class SkippedRow(TypedDict):
    """A row that was left out."""

    stream: str
    id: str
    """Its id in its own system."""
    reason: str
    at: Instant


class SkippedList(Page):
    """The rows that were skipped last, newest first, at most 100."""

    items: list[SkippedRow]
