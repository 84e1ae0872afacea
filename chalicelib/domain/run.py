"""A nightly run, and what keeps work from being lost: due marks, refresh claims, how far a walk came."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.history import Trigger
from chalicelib.domain.ids import RecordId, TenantId

SETTLED_SECONDS: Final = 180
"""How long a mark must have been left alone before it may be cleared: longer than any function that relies on one."""

TRIES: Final = 20
"""How often a tenant may fail before its mark is put aside for a person to look at."""


class Walk(NamedTuple):
    """How far a walk of the registry came: the shard, the last tenant of it that is done, and when that was noted."""

    shard: int = 0
    after: TenantId | None = None
    complete: bool = False
    noted_at: Instant = Instant(0)


@dataclass(frozen=True, slots=True)
class Run:
    """One tenant's nightly run: what it pins when it starts, and the pages that are done."""

    date: Day
    as_of: Instant
    settings_version: int
    sources: tuple[str, ...]
    pages: int
    done: frozenset[int] = frozenset()
    complete: bool = False
    mark: int = 0
    """The version of the due mark that stands for it; 0 for a run that an older build started."""

    @property
    def missing(self) -> list[int]:
        return [page for page in range(self.pages) if page not in self.done]


@dataclass(frozen=True, slots=True)
class RefreshClaim:
    """The clients of a page that a refresh has taken on, with the trigger of each (None: no calculation).

    `arrivals`: tickets that came with the page are to be settled.
    """

    as_of: Instant
    clients: Mapping[str, Trigger | None]
    whole_page: bool = False
    arrivals: bool = False


class DueMark(NamedTuple):
    """What a tenant has left to do: all but its nights, or (with `night`, the run's `as_of`) one night.

    A mark is stored before the work that it stands for, or with it, and is cleared only in the version that was read
    and only once it has been left alone for longer than any work that relies on it can take. So a crash between mark
    and work leaves a mark without work, which costs one look, and never work without a mark.
    """

    tenant: TenantId
    night: Instant | None
    due: Instant
    """When the sweep is to look; after a look that left something to do, when that was: others come first."""

    since: Instant
    """When the work was first marked."""

    touched: Instant
    """When work last relied on the mark."""

    version: int
    tries: int = 0
    """How often looking at it has failed."""

    @property
    def is_aside(self) -> bool:
        return self.tries >= TRIES

    def may_be_cleared(self, now: Instant) -> bool:
        return now - self.touched >= SETTLED_SECONDS


class FailedClient(NamedTuple):
    """A client that could not be computed: as of when, by what kind of error, and in which night (None: a refresh)."""

    client: RecordId
    as_of: Instant
    error: str
    run_date: Day | None


ARRIVALS: Final = "+"
"""Stands in a page's marks for what is to be settled with it; no client's id."""

EVERYBODY: Final = "*"
"""Stands for all clients of a page; no client's id."""

WHOLE_PAGE: Final[Mapping[str, Trigger | None]] = {EVERYBODY: None}
"""The mark of all clients of a page."""
