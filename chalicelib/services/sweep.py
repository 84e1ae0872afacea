"""What a crash left behind: marks that nobody refreshed, runs with missing pages, alerts that nobody published.

The sweep looks at tenants with a due mark and at no others, those that have waited longest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TENANT_SHARDS, TenantId
from chalicelib.domain.messages import NightlyPages, RefreshPages, ScoringMessage
from chalicelib.domain.moment import is_ahead, local_day
from chalicelib.domain.run import DueMark, Run, Walk
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.times import day_of_instant
from chalicelib.services.errors import OutOfTimeError, TryAgainError
from chalicelib.services.nightly import NightlyScoring, page_messages
from chalicelib.services.refresh_requests import STALE_MARK_SECONDS
from chalicelib.services.relay import Relay
from chalicelib.services.run_completion import RunCompletion

if TYPE_CHECKING:
    from chalicelib.services.ports.process import BindTenant, Clock
    from chalicelib.services.ports.refresh import DueMarkStore, RefreshMarkStore, ScoringQueue
    from chalicelib.services.ports.runs import RunStore
    from chalicelib.services.ports.tenants import TenantStore

STALE_RUN_SECONDS: Final = 3600
"""A run is left to its queue messages for an hour; then its missing pages are sent again."""

LATE_RUN_SECONDS: Final = 2 * 3600
"""A nightly run of 02:00 UTC is late at 04:00."""

STOPPED_WALK_SECONDS: Final = 15 * 60
"""A nightly walk that has noted nothing for so long has died: a trigger and its retries last minutes."""

RUN_LOOKBACK_DAYS: Final = 3
"""How far back the walk over all tenants looks for runs that an older build left without a mark."""

TENANTS_PER_NOTE: Final = 100

TENANT_SECONDS: Final = 20
"""How long a sweep publishes for one tenant before it turns to the next."""


class Swept(NamedTuple):
    """What a sweep came to.

    Tenants: looked at, failed, put aside until a person looks, and left for the next sweep for want of time; messages
    sent again; runs that are late; alerts published, left in outboxes, and entries put aside.
    """

    tenants: int = 0
    failed: int = 0
    aside: int = 0
    not_reached: int = 0
    messages: int = 0
    late_runs: int = 0
    published: int = 0
    unpublished: int = 0
    entries_aside: int = 0
    to_nobody: int = 0

    def plus(self, other: Swept) -> Swept:
        return Swept._make(map(sum, zip(self, other, strict=True)))


class _Look(NamedTuple):
    """What a mark stands for: whether it is done, what is sent again for it, and whether it is a night that is late."""

    is_done: bool
    messages: Sequence[ScoringMessage] = ()
    is_late: bool = False


Report = Callable[[TenantId | None, Exception], None]
"""Told each failure with the tenant that it belongs to (None: to no single one)."""


class Sweep:
    """Finds and sends again what is overdue. Everything it sends is safe to repeat."""

    def __init__(
        self,
        tenants: TenantStore,
        runs: RunStore,
        due: DueMarkStore,
        completion: RunCompletion,
        refresh_marks: RefreshMarkStore,
        queue: ScoringQueue,
        relay: Relay,
        nightly: NightlyScoring,
        clock: Clock,
        bound_to: BindTenant,
    ) -> None:
        self._tenants, self._runs, self._due, self._completion = tenants, runs, due, completion
        self._refresh_marks, self._queue, self._relay, self._nightly = refresh_marks, queue, relay, nightly
        self._clock, self._bound_to = clock, bound_to

    def sweep(self, has_time: Callable[[], bool], report: Report) -> Swept:
        """Looks at each tenant that has something due, while there is time. One that fails is looked at again later."""
        now = self._clock()
        self._mark_everybody(has_time, report)
        as_of = self._nightly.unfinished_walk(now, STOPPED_WALK_SECONDS)
        if as_of is not None:
            self._resume_walk(as_of, has_time, report)
        marks = [mark for shard in range(TENANT_SHARDS) for mark in self._due.marks(shard)]
        total = Swept(aside=sum(mark.is_aside for mark in marks))
        waiting = _by_tenant(mark for mark in marks if mark.due <= now and not mark.is_aside)
        for place, (tenant, own) in enumerate(waiting.items()):
            if not has_time():
                return total.plus(Swept(not_reached=len(waiting) - place))
            with self._bound_to(tenant):
                total = total.plus(self._looked_at(tenant, own, has_time, report))
        return total

    def _resume_walk(self, as_of: Instant, has_time: Callable[[], bool], report: Report) -> None:
        """Goes on with a nightly walk that died with all its retries."""
        try:
            started = self._nightly.start_all(as_of, has_time)
        except OutOfTimeError:
            return  # the next sweep goes on
        except Exception as error:  # nor is anybody else kept waiting by it
            report(None, error)
            return
        for tenant, failure in started.failed:
            report(tenant, failure)

    def _mark_everybody(self, has_time: Callable[[], bool], report: Report) -> None:
        """Gives every tenant a mark, once in the life of a table: what an older build left to do has none."""
        walk = self._due.walk()
        if walk.complete:
            return
        after = walk.after
        for shard in range(walk.shard, TENANT_SHARDS):
            tenants = self._tenants.registered(shard, after)
            while chunk := list(islice(tenants, TENANTS_PER_NOTE)):
                if not has_time():
                    return
                now = self._clock()
                for tenant in chunk:
                    with self._bound_to(tenant):
                        self._mark_whole(tenant, now, report)
                self._due.save_walk(Walk(shard, chunk[-1], noted_at=now))
            after = None
        self._due.save_walk(Walk(complete=True, noted_at=self._clock()))

    def _mark_whole(self, tenant: TenantId, now: Instant, report: Report) -> None:
        """Marks a tenant, and each of its recent nights that is not complete."""
        today = day_of_instant(now)  # local dates are a day ahead or behind at most
        try:
            self._due.mark(tenant, now, now)
            for run in self._runs.recent(tenant, today - RUN_LOOKBACK_DAYS - 1, today + 1):
                if not run.complete:
                    self._due.mark(tenant, now, run.as_of, night=run.as_of)
        except TryAgainError:
            raise
        except Exception as error:  # where its mark stands it is looked at, and fails there
            report(tenant, error)

    def _looked_at(
        self, tenant: TenantId, marks: Sequence[DueMark], has_time: Callable[[], bool], report: Report
    ) -> Swept:
        """Looks at a tenant; whatever fails is the tenant's own, and its marks go to the end of the line."""
        try:
            return self._look(tenant, marks, has_time, report)
        except Exception as error:
            report(tenant, error)
        try:
            for mark in marks:
                self._due.postpone(mark, self._clock(), failed=True)
        except Exception as error:
            report(tenant, error)
        return Swept(failed=1)

    def _look(
        self, tenant_id: TenantId, marks: Sequence[DueMark], has_time: Callable[[], bool], report: Report
    ) -> Swept:
        """Sends again what one tenant waits for, and publishes what its outbox has due.

        Runs and refresh marks are read before the outbox: what they lead to stands there by the time they are gone. A
        mark that fails, or that is sent again without ever being done, counts a try; nothing else of the tenant waits.
        """
        try:
            tenant = self._tenants.get(tenant_id)
        except NotFoundError:  # it left; nothing of it is left to do
            for mark in marks:
                self._due.clear(tenant_id, mark.version, night=mark.night)
            return Swept(tenants=1)
        now = self._clock()
        looks: dict[DueMark, _Look] = {}
        for mark in marks:
            try:
                looks[mark] = self._look_at(tenant, mark, now)
            except Exception as error:
                report(tenant_id, error)
        messages = [message for look in looks.values() for message in look.messages]
        self._queue.send(messages)
        relayed = self._relay.publish(tenant_id, lambda: has_time() and self._clock() - now < TENANT_SECONDS)
        for each in relayed.errors:
            report(tenant_id, each)
        for mark in marks:
            look = looks.get(mark)
            if look is not None and look.is_done and not relayed.left and mark.may_be_cleared(now):
                self._due.clear(tenant_id, mark.version, night=mark.night)
            else:
                failed = look is None or (bool(look.messages) and not relayed.left)
                self._due.postpone(mark, now, failed=failed)
        return Swept(
            tenants=1,
            failed=int(len(looks) < len(marks)),
            messages=len(messages),
            late_runs=sum(look.is_late for look in looks.values()),
            published=relayed.published,
            unpublished=relayed.left,
            entries_aside=relayed.put_aside,
            to_nobody=relayed.to_nobody,
        )

    def _look_at(self, tenant: Tenant, mark: DueMark, now: Instant) -> _Look:
        """Where a mark's work stands, and what is to be sent again for it."""
        if mark.night is None:
            since = self._refresh_marks.marked_since(tenant.id, range(tenant.pages))
            return _Look(not since, _stale_marks(tenant.id, since, now))
        run = self._runs.get(tenant.id, local_day(mark.night, tenant.zone))
        if run is not None and run.complete:
            return _Look(is_done=True)
        is_stale = now - mark.since >= STALE_RUN_SECONDS and not is_ahead(mark.night, now)
        messages = self._go_on(tenant, mark.night, run) if is_stale else ()
        return _Look(False, messages, now - max(mark.night, mark.since) >= LATE_RUN_SECONDS)

    def _go_on(self, tenant: Tenant, as_of: Instant, run: Run | None) -> list[NightlyPages]:
        """Starts a run that was marked but never started, sends its missing pages again, or finishes it."""
        if run is None:
            return self._nightly.start(tenant.id, as_of)
        if run.missing:
            return page_messages(tenant.id, run)
        self._completion.finish(tenant.id, run)
        return []


def _by_tenant(marks: Iterator[DueMark]) -> Mapping[TenantId, list[DueMark]]:
    """Marks by tenant, in the order in which they became due."""
    by_tenant: dict[TenantId, list[DueMark]] = {}
    for mark in sorted(marks, key=lambda mark: mark.due):
        by_tenant.setdefault(mark.tenant, []).append(mark)
    return by_tenant


def _stale_marks(tenant: TenantId, since: Mapping[int, Instant], now: Instant) -> list[RefreshPages]:
    return [RefreshPages(tenant, (page,)) for page, marked in since.items() if now - marked >= STALE_MARK_SECONDS]
