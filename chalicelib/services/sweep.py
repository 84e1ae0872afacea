"""What a crash left behind: marks that nobody refreshed, runs with missing pages, alerts that nobody published."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.moment import local_day
from chalicelib.domain.tenant import Run, Tenant
from chalicelib.services.nightly import LAST_SHARD, page_messages
from chalicelib.services.ports import (
    BindTenant,
    Clock,
    DirtyStore,
    PagesMessage,
    RunStore,
    ScoringQueue,
    TenantStore,
)
from chalicelib.services.relay import Relay
from chalicelib.services.runs import RunEnd

STALE_MARK_SECONDS: Final = 90
STALE_RUN_SECONDS: Final = 3600
"""A run is left to its queue messages for an hour; then its missing pages are sent again."""

LATE_RUN_SECONDS: Final = 2 * 3600
"""A nightly run of 02:00 UTC is late at 04:00."""

RUN_LOOKBACK_DAYS: Final = 3


class Swept(NamedTuple):
    """What a sweep came to: tenants seen, messages sent again, runs that are late, alerts published and waiting."""

    tenants: int = 0
    messages: int = 0
    late_runs: int = 0
    published: int = 0
    unpublished: int = 0

    def plus(self, other: "Swept") -> "Swept":
        return Swept._make(map(sum, zip(self, other, strict=True)))


class SweepError(Exception):
    """Some tenants could not be swept; `swept` is what the others came to."""

    def __init__(self, swept: Swept, errors: Sequence[Exception]) -> None:
        super().__init__(f"{len(errors)} tenants could not be swept, the first for a {type(errors[0]).__name__}")
        self.swept = swept


class Sweep:
    """Finds and sends again what is overdue. Everything it sends is safe to repeat."""

    def __init__(
        self,
        tenants: TenantStore,
        runs: RunStore,
        end: RunEnd,
        dirty: DirtyStore,
        queue: ScoringQueue,
        relay: Relay,
        clock: Clock,
        bound_to: BindTenant,
    ) -> None:
        self._tenants, self._runs, self._end = tenants, runs, end
        self._dirty, self._queue, self._relay = dirty, queue, relay
        self._clock, self._bound_to = clock, bound_to

    def sweep(self, has_time: Callable[[], bool]) -> Swept:
        """Walks all tenants while there is time. Raises SweepError at the end when some tenants failed."""
        total = Swept()
        failed: list[Exception] = []
        for shard in range(LAST_SHARD + 1):
            for tenant in self._tenants.registered(shard, None):
                if not has_time():
                    break
                try:
                    with self._bound_to(tenant):
                        total = total.plus(self.sweep_tenant(tenant))
                except Exception as error:  # one tenant's trouble must not keep the others waiting
                    failed.append(error)
        if failed:
            raise SweepError(total, failed) from failed[0]
        return total

    def sweep_tenant(self, tenant_id: TenantId) -> Swept:
        """Sends again what one tenant waits for, and publishes what its outbox has due."""
        now = self._clock()
        tenant = self._tenants.get(tenant_id)
        today = local_day(now, tenant.zone)
        runs = self._runs.recent(tenant_id, today - RUN_LOOKBACK_DAYS, today)
        open_runs = [run for run in runs if not run.complete]
        messages = [*self._stale_marks(tenant, now), *self._stale_runs(tenant, open_runs, now)]
        self._queue.send(messages)
        relayed = self._relay.publish(tenant_id)
        late = sum(now - run.as_of >= LATE_RUN_SECONDS for run in open_runs)
        return Swept(1, len(messages), late, relayed.published, relayed.waiting)

    def _stale_marks(self, tenant: Tenant, now: Instant) -> list[PagesMessage]:
        since = self._dirty.marked_since(tenant.id, range(tenant.pages))
        return [
            PagesMessage(tenant.id, "refresh", None, None, (page,))
            for page, marked in since.items()
            if now - marked > STALE_MARK_SECONDS
        ]

    def _stale_runs(self, tenant: Tenant, runs: Sequence[Run], now: Instant) -> list[PagesMessage]:
        messages: list[PagesMessage] = []
        for run in runs:
            if now - run.as_of < STALE_RUN_SECONDS:
                continue
            if run.missing:
                messages += page_messages(tenant.id, run)
            else:
                self._end.finish(tenant.id, run)
        return messages
