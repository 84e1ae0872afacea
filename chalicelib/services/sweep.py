"""What a crash left behind: dirty marks that nobody refreshed, runs with missing pages."""

from collections.abc import Callable
from typing import Final

from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.moment import local_day
from chalicelib.domain.tenant import Tenant
from chalicelib.services.nightly import LAST_SHARD, page_messages
from chalicelib.services.ports import (
    Clock,
    DirtyStore,
    PagesMessage,
    RunStore,
    ScoreStore,
    ScoringQueue,
    TenantStore,
)
from chalicelib.services.runs import finish_run

STALE_MARK_SECONDS: Final = 90
STALE_RUN_SECONDS: Final = 3600
"""A run is left to its queue messages for an hour; then its missing pages are sent again."""

RUN_LOOKBACK_DAYS: Final = 3


class Sweep:
    """Finds and sends again what is overdue. Everything it sends is safe to repeat."""

    def __init__(
        self,
        tenants: TenantStore,
        scores: ScoreStore,
        runs: RunStore,
        dirty: DirtyStore,
        queue: ScoringQueue,
        clock: Clock,
    ) -> None:
        self._tenants, self._scores, self._runs, self._dirty = tenants, scores, runs, dirty
        self._queue, self._clock = queue, clock

    def sweep(self, has_time: Callable[[], bool]) -> int:
        """Walks all tenants while there is time; answers how many messages were sent."""
        sent = 0
        for shard in range(LAST_SHARD + 1):
            for tenant in self._tenants.registered(shard, None):
                if not has_time():
                    return sent
                sent += self.sweep_tenant(tenant)
        return sent

    def sweep_tenant(self, tenant_id: TenantId) -> int:
        """Sends again what one tenant waits for; answers how many messages."""
        now = self._clock()
        tenant = self._tenants.get(tenant_id)
        messages = [*self._stale_marks(tenant, now), *self._stale_runs(tenant, now)]
        self._queue.send(messages)
        return len(messages)

    def _stale_marks(self, tenant: Tenant, now: Instant) -> list[PagesMessage]:
        since = self._dirty.marked_since(tenant.id, range(tenant.pages))
        return [
            PagesMessage(tenant.id, "refresh", None, None, (page,))
            for page, marked in since.items()
            if now - marked > STALE_MARK_SECONDS
        ]

    def _stale_runs(self, tenant: Tenant, now: Instant) -> list[PagesMessage]:
        today = local_day(now, tenant.zone)
        messages: list[PagesMessage] = []
        for run in self._runs.recent(tenant.id, today - RUN_LOOKBACK_DAYS, today):
            if run.complete or now - run.as_of < STALE_RUN_SECONDS:
                continue
            if run.missing:
                messages += page_messages(tenant.id, run)
            else:
                finish_run(self._scores, self._runs, tenant.id, run, now)
        return messages
