"""The nightly trigger: one run per tenant and local date, fanned out to the queue by roster pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from chalicelib.domain.alerts import RELEASE_WAIT_SECONDS
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TENANT_SHARDS, TenantId
from chalicelib.domain.messages import PAGES_PER_MESSAGE, NightlyPages
from chalicelib.domain.moment import NIGHT_HOUR, SECONDS_PER_DAY, local_day
from chalicelib.domain.run import Run, Walk
from chalicelib.domain.tenant import Tenant
from chalicelib.services.errors import NotSentError, OutOfTimeError, TryAgainError
from chalicelib.services.run_completion import RunCompletion, refuse_ahead

if TYPE_CHECKING:
    from chalicelib.services.ports.process import BindTenant, Clock
    from chalicelib.services.ports.refresh import DueMarkStore, ScoringQueue
    from chalicelib.services.ports.runs import RunStore
    from chalicelib.services.ports.tenants import TenantStore

T = TypeVar("T")

TENANTS_PER_CHECKPOINT: Final = 50


class Started(NamedTuple):
    """What starting runs came to: tenants started, and tenants whose run could not be started, with the reason."""

    tenants: int = 0
    failed: tuple[tuple[TenantId, Exception], ...] = ()


class NightlyScoring:
    """Starts runs. Repeating it, wholly or in part, only fills gaps.

    Each way to start one raises AheadOfClockError for a night of the future, before anything is written.
    """

    def __init__(
        self,
        tenants: TenantStore,
        runs: RunStore,
        due: DueMarkStore,
        completion: RunCompletion,
        queue: ScoringQueue,
        clock: Clock,
        bound_to: BindTenant,
    ) -> None:
        self._tenants, self._runs, self._due, self._completion, self._queue = tenants, runs, due, completion, queue
        self._clock, self._bound_to = clock, bound_to

    def start_for(self, as_of: Instant, tenants: Sequence[TenantId]) -> Started:
        """Starts the runs of some tenants. Raises NotFoundError when one does not exist, after the others."""
        refuse_ahead(as_of, self._clock())
        started = self._start_some(tenants, as_of)
        unknown = [tenant for tenant, error in started.failed if isinstance(error, NotFoundError)]
        if unknown:
            raise NotFoundError(f"Unknown tenants: {', '.join(unknown)}.")
        return started

    def start_all(self, as_of: Instant, has_time: Callable[[], bool]) -> Started:
        """Walks the registry from where an earlier attempt at the same `as_of` stopped.

        The checkpoint moves only after the messages of the tenants before it were sent, so a crash anywhere repeats
        some tenants, which is harmless, and skips none. It moves as the next tenants begin, so that the last of all
        says that the walk is over. A tenant that cannot be started keeps no other waiting: its due mark brings the
        sweep. Raises OutOfTimeError when `has_time` says so.
        """
        refuse_ahead(as_of, self._clock())
        walk = self._runs.checkpoint(as_of) or Walk()
        tenants, failed = 0, list[tuple[TenantId, Exception]]()
        for shard, chunk in () if walk.complete else self._chunks(walk):
            if tenants:
                self._runs.save_checkpoint(as_of, walk._replace(noted_at=self._clock()))
                if not has_time():
                    raise OutOfTimeError(f"{tenants} tenants started; the next attempt goes on from there")
            started = self._start_some(chunk, as_of)
            tenants, failed = tenants + started.tenants, [*failed, *started.failed]
            walk = Walk(shard, chunk[-1])
        self._runs.save_checkpoint(as_of, walk._replace(complete=True, noted_at=self._clock()))
        return Started(tenants, tuple(failed))

    def unfinished_walk(self, now: Instant, quiet_seconds: int) -> Instant | None:
        """The `as_of` of the last night if its walk has stopped halfway: nothing was noted for so long."""
        as_of = night_before(now)
        walk = self._runs.checkpoint(as_of)
        if walk is None or walk.complete or now - walk.noted_at < quiet_seconds:
            return None
        return as_of

    def start(self, tenant_id: TenantId, as_of: Instant) -> list[NightlyPages]:
        """Puts the run's control item once and returns the messages of the pages that it still misses.

        The night's due mark comes first: whatever dies or fails after it, the sweep goes on with it.
        """
        refuse_ahead(as_of, self._clock())
        with self._bound_to(tenant_id):
            mark = self._mark(tenant_id, as_of)
            return self._started(tenant_id, as_of, mark)

    def _start_some(self, tenants: Iterable[TenantId], as_of: Instant) -> Started:
        messages: dict[TenantId, list[NightlyPages]] = {}
        failed: dict[TenantId, Exception] = {}
        for tenant in tenants:
            self._try(tenant, as_of, messages, failed)
        for tenant in list(failed):  # one that has no due mark yet would be nobody's
            self._try(tenant, as_of, messages, failed)
        failed |= self._send(messages)
        return Started(len(messages.keys() - failed.keys()), tuple(failed.items()))

    def _send(self, messages: Mapping[TenantId, list[NightlyPages]]) -> dict[TenantId, Exception]:
        """Sends the messages of tenants, and returns whose could not be: their due marks bring the sweep."""
        try:
            self._queue.send([message for own in messages.values() for message in own])
        except NotSentError as error:
            return dict.fromkeys(messages.keys() & error.tenants, error)
        except TryAgainError:
            raise
        except Exception as error:
            if len(messages) == 1:
                return dict.fromkeys(messages, error)
            return {
                tenant: found for owner, own in messages.items() for tenant, found in self._send({owner: own}).items()
            }
        return {}

    def _try(
        self,
        tenant: TenantId,
        as_of: Instant,
        messages: dict[TenantId, list[NightlyPages]],
        failed: dict[TenantId, Exception],
    ) -> None:
        """Starts a tenant's run, or notes why it could not be."""
        failed.pop(tenant, None)
        with self._bound_to(tenant):
            try:
                mark = self._mark(tenant, as_of)
            except TryAgainError:
                raise
            except Exception as error:
                failed[tenant] = error
                return
            try:
                messages[tenant] = self._started(tenant, as_of, mark)
            except Exception as error:
                failed[tenant] = error

    def _mark(self, tenant: TenantId, as_of: Instant) -> int:
        now = self._clock()
        return self._due.mark(tenant, now + RELEASE_WAIT_SECONDS, now, night=as_of)

    def _started(self, tenant_id: TenantId, as_of: Instant, mark: int) -> list[NightlyPages]:
        tenant = self._tenants.get(tenant_id)
        run = self._runs.start(tenant_id, new_run(tenant, as_of, mark), self._clock())
        if run.complete:
            return []
        if not run.missing:  # every page is done, or there is none: the last step was lost
            self._completion.finish(tenant_id, run)
            return []
        return page_messages(tenant_id, run)

    def _chunks(self, walk: Walk) -> Iterator[tuple[int, list[TenantId]]]:
        after = walk.after
        for shard in range(walk.shard, TENANT_SHARDS):
            for chunk in _chunks(self._tenants.registered(shard, after), TENANTS_PER_CHECKPOINT):
                yield shard, chunk
            after = None


def night_before(now: Instant) -> Instant:
    """The `as_of` of the last night that was due."""
    return now - (now - NIGHT_HOUR * 3600) % SECONDS_PER_DAY


def new_run(tenant: Tenant, as_of: Instant, mark: int = 0) -> Run:
    """What a run pins when it starts. Its date is the tenant's local date at `as_of`."""
    return Run(
        date=local_day(as_of, tenant.zone),
        as_of=as_of,
        settings_version=tenant.settings.version,
        sources=tenant.connected,
        pages=tenant.pages,
        mark=mark,
    )


def page_messages(tenant: TenantId, run: Run) -> list[NightlyPages]:
    """Messages for the pages that a run still misses."""
    return [
        NightlyPages(tenant, run.date, run.as_of, tuple(pages))
        for pages in _chunks(iter(run.missing), PAGES_PER_MESSAGE)
    ]


def _chunks(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while chunk := list(islice(items, size)):
        yield chunk
