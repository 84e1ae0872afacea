"""The nightly trigger: one run per tenant and local date, fanned out to the queue by roster pages."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeVar

from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.moment import local_day
from chalicelib.domain.tenant import Run, Tenant
from chalicelib.services.errors import OutOfTimeError
from chalicelib.services.ports import BindTenant, Clock, PagesMessage, RunStore, ScoringQueue, TenantStore
from chalicelib.services.runs import RunEnd

T = TypeVar("T")

PAGES_PER_MESSAGE: Final = 8
TENANTS_PER_CHECKPOINT: Final = 50
LAST_SHARD: Final = 15
"""The registry has 16 shards."""


class NightlyScoring:
    """Starts runs. Repeating it, wholly or in part, only fills gaps."""

    def __init__(
        self,
        tenants: TenantStore,
        runs: RunStore,
        end: RunEnd,
        queue: ScoringQueue,
        clock: Clock,
        bound_to: BindTenant,
    ) -> None:
        self._tenants, self._runs, self._end, self._queue = tenants, runs, end, queue
        self._clock, self._bound_to = clock, bound_to

    def start_for(self, as_of: Instant, tenants: Sequence[TenantId]) -> None:
        """Starts the runs of some tenants. Raises NotFoundError when one does not exist, after the others."""
        unknown = []
        messages: list[PagesMessage] = []
        for tenant in tenants:
            try:
                messages += self._start(tenant, as_of)
            except NotFoundError:
                unknown.append(tenant)
        self._queue.send(messages)
        if unknown:
            raise NotFoundError(f"Unknown tenants: {', '.join(unknown)}.")

    def start_all(self, as_of: Instant, has_time: Callable[[], bool]) -> int:
        """Walks the registry from where an earlier attempt at the same `as_of` stopped; answers the tenants started.

        The checkpoint moves only after the messages of the tenants before it were sent, so a crash anywhere repeats
        some tenants, which is harmless, and skips none. Raises OutOfTimeError when `has_time` says so.
        """
        shard, after = self._runs.checkpoint(as_of)
        started = 0
        for current in range(shard, LAST_SHARD + 1):
            for tenants in _chunks(self._tenants.registered(current, after), TENANTS_PER_CHECKPOINT):
                self._queue.send([message for tenant in tenants for message in self._start(tenant, as_of)])
                self._runs.save_checkpoint(as_of, current, tenants[-1], self._clock())
                started += len(tenants)
                if not has_time():
                    raise OutOfTimeError(f"{started} tenants started; the next attempt goes on from there")
            after = None
        return started

    def _start(self, tenant_id: TenantId, as_of: Instant) -> list[PagesMessage]:
        """Puts the run's control item once and answers the messages of the pages that it still misses."""
        with self._bound_to(tenant_id):
            tenant = self._tenants.get(tenant_id)
            run = self._runs.start(tenant_id, new_run(tenant, as_of), self._clock())
            if run.complete:
                return []
            if not run.missing:  # every page is done, or there is none: the last step was lost
                self._end.finish(tenant_id, run)
                return []
            return page_messages(tenant_id, run)


def new_run(tenant: Tenant, as_of: Instant) -> Run:
    """What a run pins when it starts. Its date is the tenant's local date at `as_of`."""
    return Run(local_day(as_of, tenant.zone), as_of, tenant.settings.version, tenant.connected, tenant.pages)


def page_messages(tenant: TenantId, run: Run) -> list[PagesMessage]:
    """Messages for the pages that a run still misses."""
    return [
        PagesMessage(tenant, "nightly", run.date, run.as_of, tuple(pages))
        for pages in _chunks(iter(run.missing), PAGES_PER_MESSAGE)
    ]


def _chunks(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while chunk := list(islice(items, size)):
        yield chunk
