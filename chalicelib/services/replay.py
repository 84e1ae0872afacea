"""Replay: a date's night again, where it has gaps."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.ids import TENANT_SHARDS
from chalicelib.domain.moment import SECONDS_PER_DAY, is_ahead, local_day
from chalicelib.domain.times import format_instant
from chalicelib.services.errors import AheadOfClockError
from chalicelib.services.nightly import NIGHT_HOUR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from chalicelib.domain.ids import TenantId
    from chalicelib.services.ports.runs import RunStore
    from chalicelib.services.ports.scores import ScoreStore
    from chalicelib.services.ports.tenants import TenantStore

TENANTS_AT_ONCE: Final = 50
"""That one event of the nightly trigger names, at most."""


class Night(NamedTuple):
    """What there is of a tenant's night: its `as_of`, its pages that lack a snapshot, and how far it is."""

    tenant: TenantId
    as_of: Instant
    gaps: tuple[int, ...]
    state: str
    """`complete`, `open`, or `none` for a night that was never started."""

    @property
    def done(self) -> bool:
        return self.state == "complete" and not self.gaps

    def __str__(self) -> str:
        missing = f", {len(self.gaps)} pages without a snapshot" if self.gaps else ""
        told = {"complete": "complete", "open": "not complete", "none": "never started"}[self.state]
        return f"{self.tenant}: {told}{missing}"


class Replay:
    """Finds the gaps of nights, and has their runs miss those pages again."""

    def __init__(self, tenants: TenantStore, runs: RunStore, scores: ScoreStore) -> None:
        self._tenants, self._runs, self._scores = tenants, runs, scores

    def everybody(self) -> Iterator[TenantId]:
        """All tenants."""
        for shard in range(TENANT_SHARDS):
            yield from self._tenants.registered(shard, None)

    def night(self, tenant: TenantId, day: date) -> Night:
        """A tenant's night of a date in its own zone. Raises NotFoundError for an unknown tenant."""
        run = self._runs.get(tenant, Day(day.toordinal()))
        if run is None:
            return Night(tenant, self._as_of(tenant, day), (), "none")
        held = self._scores.pages_with_snapshot(tenant, range(run.pages), run.date)
        gaps = tuple(page for page in range(run.pages) if page not in held)
        return Night(tenant, run.as_of, gaps, "complete" if run.complete else "open")

    def reopen(self, night: Night, day: date) -> None:
        """Takes pages without a snapshot out of a run's set. What stands is left as it is; repeating it is harmless."""
        if night.state != "none":
            self._runs.reopen(night.tenant, Day(day.toordinal()), night.gaps)

    def incomplete(self, tenants: Iterable[TenantId], day: date) -> list[TenantId]:
        """Those whose run of a date is not complete."""
        runs = ((tenant, self._runs.get(tenant, Day(day.toordinal()))) for tenant in tenants)
        return [tenant for tenant, run in runs if run is None or not run.complete]

    def _as_of(self, tenant: TenantId, day: date) -> Instant:
        """When the schedule fires for a tenant's date: at 02:00 UTC of it, or (west of Greenwich) of the day after."""
        zone = self._tenants.get(tenant).zone
        for fired in (fired_on(day), fired_on(day) + SECONDS_PER_DAY):
            if local_day(fired, zone) == Day(day.toordinal()):
                return fired
        raise AssertionError("no zone is a day away from UTC")


def fired_on(day: date) -> Instant:
    """When the schedule fires on a day."""
    return Instant(datetime(day.year, day.month, day.day, NIGHT_HOUR, tzinfo=UTC).timestamp())


def refuse_ahead(day: date, as_of: Instant, now: Instant, tenant: str = "") -> None:
    """Raises AheadOfClockError for a night that has not come: a score of the future could never be put right."""
    if is_ahead(as_of, now):
        whose = f" of {tenant}" if tenant else ""
        raise AheadOfClockError(
            f"the night of {day}{whose} comes at {format_instant(as_of)}, so nothing was done: repeat this with a date "
            "whose night has come; where rows of the future are stored already, see mend-future"
        )


def batches(nights: Iterable[Night]) -> Iterator[tuple[Instant, list[TenantId]]]:
    """Tenants whose nights have the same moment, some at a time."""
    moments: dict[Instant, list[TenantId]] = {}
    for night in nights:
        moments.setdefault(night.as_of, []).append(night.tenant)
    for as_of, tenants in moments.items():
        rest = iter(tenants)
        while batch := list(islice(rest, TENANTS_AT_ONCE)):
            yield as_of, batch
