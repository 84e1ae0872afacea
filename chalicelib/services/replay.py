"""Replay: a date's night again, where it has gaps."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.ids import TENANT_SHARDS
from chalicelib.domain.moment import NIGHT_HOUR, is_ahead, nights
from chalicelib.domain.times import format_instant, midnight
from chalicelib.services.errors import AheadOfClockError

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

    def night(self, tenant: TenantId, day: date) -> Night | None:
        """A tenant's night of a date in its own zone; None where none falls on that date.

        Raises NotFoundError for an unknown tenant.
        """
        local = Day(day.toordinal())
        run = self._runs.get(tenant, local)
        if run is None:
            due = next(nights(self._tenants.get(tenant).zone, local, local), None)
            return None if due is None else Night(tenant, due.as_of, (), "none")
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


def fired_on(day: date) -> Instant:
    """When the schedule fires on a day."""
    return midnight(Day(day.toordinal())) + NIGHT_HOUR * 3600


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
