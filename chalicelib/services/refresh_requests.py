"""Requests to refresh rows, as marks on their roster pages, so that no crash and no race leaves them stale for long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib.domain.facts import Instant
from chalicelib.domain.history import CALCULATION_TRIGGERS, Trigger
from chalicelib.domain.ids import TenantId
from chalicelib.domain.messages import RefreshPages

if TYPE_CHECKING:
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.refresh import DueMarkStore, RefreshMarkStore, ScoringQueue

Clients = Mapping[str, Trigger | None]

STALE_MARK_SECONDS: Final = 90
"""A mark that no refresh has taken on for so long is sent again by the sweep."""

SAFE_SECONDS: Final = 5
"""How long before its refresh is due a mark of another request is no longer relied on."""


class RefreshRequest:
    """One request to refresh pages: marks before its changes are stored, then one refresh per page."""

    def __init__(
        self,
        tenant: TenantId,
        refresh_marks: RefreshMarkStore,
        due: DueMarkStore,
        queue: ScoringQueue,
        clock: Clock,
        delay: int,
    ) -> None:
        self._tenant, self._refresh_marks, self._due, self._queue = tenant, refresh_marks, due, queue
        self._clock, self._delay = clock, delay
        self._pages: dict[int, _Mark] = {}
        self._is_due = False

    def add(self, pages: Mapping[int, Clients]) -> None:
        """Marks clients of pages. Nothing is sent yet: what changes is still to be stored.

        The tenant's due mark comes first: a crash after it costs the sweep a look.
        """
        if pages and not self._is_due:
            now = self._clock()
            self._due.mark(self._tenant, now + STALE_MARK_SECONDS, now)
            self._is_due = True
        for page, clients in sorted(pages.items()):
            now = self._clock()
            since = self._refresh_marks.mark(self._tenant, page, clients, now)
            earlier = self._pages.get(page, _Mark({}, since, since == now))
            self._pages[page] = _Mark({**earlier.clients, **clients}, min(since, earlier.since), earlier.own)

    def send(self) -> None:
        """Sends what refreshes the marked pages, now that the changes are stored.

        A page is marked again where a refresh has taken a mark on since: it may have read what was stored before the
        changes. A page that another request had marked before is left to that request's message, unless that may have
        been delivered already.
        """
        lost = self._refresh_marks.lost(self._tenant, {page: mark.clients for page, mark in self._pages.items()})
        for page in sorted(lost):
            self._refresh_marks.mark(self._tenant, page, self._pages[page].clients, self._clock())
        relied_on = self._clock() - self._delay + SAFE_SECONDS
        due = [page for page, mark in self._pages.items() if page in lost or mark.own or mark.since < relied_on]
        self._queue.send(refresh_messages(self._tenant, due, self._delay))
        self._pages.clear()


class _Mark(NamedTuple):
    clients: Clients
    since: Instant
    own: bool
    """Whether this request was the first to mark the page."""


class RefreshRequests:
    """Makes requests to refresh pages of the roster."""

    def __init__(
        self, refresh_marks: RefreshMarkStore, due: DueMarkStore, queue: ScoringQueue, clock: Clock, delay: int
    ) -> None:
        """`delay`: seconds from a refresh message to its delivery; what is marked in between is one refresh."""
        self._refresh_marks, self._due, self._queue, self._clock, self._delay = refresh_marks, due, queue, clock, delay

    def request(self, tenant: TenantId, *, delay: int | None = None) -> RefreshRequest:
        """A new one; `delay` for one that is refreshed sooner or later than others."""
        chosen = self._delay if delay is None else delay
        return RefreshRequest(
            tenant=tenant,
            refresh_marks=self._refresh_marks,
            due=self._due,
            queue=self._queue,
            clock=self._clock,
            delay=chosen,
        )


def refresh_messages(tenant: TenantId, pages: list[int], delay: int) -> list[RefreshPages]:
    """One message per page: a refresh that fails holds up no other."""
    return [RefreshPages(tenant, (page,), delay) for page in pages]


def strongest(triggers: set[Trigger | None]) -> Trigger | None:
    """The trigger of a client of which several records changed, by precedence."""
    return next((trigger for trigger in CALCULATION_TRIGGERS if trigger in triggers), None)
