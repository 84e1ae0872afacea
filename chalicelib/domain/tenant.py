"""A tenant as its settings item holds it, and the control of a nightly run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.history import Trigger
from chalicelib.domain.ids import TenantId
from chalicelib.domain.roster import pages_for
from chalicelib.domain.settings import Model, Settings
from chalicelib.domain.time_zones import ZoneInfo, stored_zone


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant: what is for life (id, zone, currency), its settings in force, its seats and the sources seen so far."""

    id: TenantId
    name: str
    time_zone: str
    currency: str
    settings: Settings = field(default_factory=Settings)
    seats: int = 0
    sources_seen: frozenset[str] = frozenset()

    @property
    def zone(self) -> ZoneInfo:
        return stored_zone(self.time_zone)

    @property
    def pages(self) -> int:
        return pages_for(self.seats)

    @property
    def connected(self) -> tuple[str, ...]:
        """The sources that count now."""
        return self.settings.scoring.connected(self.sources_seen)

    @property
    def primary_model(self) -> Model:
        return self.settings.scoring.resolved_primary_model(self.connected)


class Walk(NamedTuple):
    """How far a walk of the registry came: the shard, the last tenant of it that is done, and when that was noted."""

    shard: int = 0
    after: TenantId | None = None
    complete: bool = False
    noted_at: Instant = 0


class SettingsChange(NamedTuple):
    """One version of the settings: when, by whom, why, and what differs from the one before ({pointer, from, to})."""

    version: int
    changed_at: Instant
    changed_by: str
    note: str | None
    changes: tuple[dict[str, Any], ...]


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
class Claim:
    """The clients of a page that a refresh has taken on, with the trigger of each (None: no calculation).

    `arrivals`: tickets that came with the page are to be settled.
    """

    as_of: Instant
    clients: Mapping[str, Trigger | None]
    whole_page: bool = False
    arrivals: bool = False
