"""A tenant as its settings item holds it, and the versions of its settings."""

from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, NamedTuple

from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.roster import pages_for
from chalicelib.domain.settings import Model, Settings


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant: what never changes (id, zone, currency), its settings in force, its seats and the sources seen."""

    id: TenantId
    name: str
    time_zone: str
    currency: str
    settings: Settings = field(default_factory=Settings)
    seats: int = 0
    sources_seen: frozenset[str] = frozenset()

    @property
    def zone(self) -> tzinfo:
        """Zones are loaded for whoever needs one: who checks a key, publishes alerts or edits settings does not."""
        from chalicelib.domain.time_zones import stored_zone

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


class SettingsChange(NamedTuple):
    """One version of the settings: when, by whom, why, and what differs from the one before ({pointer, from, to}).

    `changed_by` is a subject, `changed_by_name` what it was called then (None: not known).
    """

    version: int
    changed_at: Instant
    changed_by: str
    note: str | None
    changes: tuple[dict[str, Any], ...]
    changed_by_name: str | None = None
