"""Nightly runs and the fleet's figures."""

from collections.abc import Collection, Iterable
from typing import Protocol

from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.fleet import DayFigures, FleetSummary
from chalicelib.domain.ids import TenantId
from chalicelib.domain.run import Run, Walk


class RunStore(Protocol):
    """Run control and fleet figures."""

    def start(self, tenant: TenantId, run: Run, now: Instant) -> Run:
        """Stores a run unless its date has one; returns the one that stands."""

    def get(self, tenant: TenantId, day: Day) -> Run | None: ...

    def recent(self, tenant: TenantId, first: Day, last: Day) -> list[Run]: ...

    def add_done(self, tenant: TenantId, day: Day, pages: Iterable[int]) -> Run:
        """Adds pages to the run's set and returns the run."""

    def put_day(self, tenant: TenantId, figures: DayFigures, now: Instant) -> None:
        """Stores a date's fleet figures unless it has some."""

    def days(self, tenant: TenantId, first: Day, last: Day, now: Instant) -> list[DayFigures]:
        """The fleet figures of a span of dates, oldest first."""

    def newest_day(self, tenant: TenantId, first: Day, last: Day, now: Instant) -> DayFigures | None: ...

    def put_summary(self, tenant: TenantId, summary: FleetSummary) -> None:
        """Replaces the fleet summary by one of a later `as_of`, else leaves it."""

    def summary(self, tenant: TenantId) -> FleetSummary | None: ...

    def reopen(self, tenant: TenantId, day: Day, pages: Collection[int]) -> None:
        """Takes pages out of a run's set, so that it misses them and is not complete. Raises NotFoundError."""

    def finish(self, tenant: TenantId, day: Day) -> None:
        """Marks a run complete."""

    def checkpoint(self, as_of: Instant) -> Walk | None:
        """How far the walk of the registry for a trigger came; None when it has noted nothing yet."""

    def save_checkpoint(self, as_of: Instant, walk: Walk) -> None: ...
