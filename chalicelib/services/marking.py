"""Marks on roster pages: which rows are to be refreshed, so that no crash and no race leaves them stale for long."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from chalicelib.domain.facts import Instant
from chalicelib.domain.history import CALCULATION_TRIGGERS, Trigger
from chalicelib.domain.ids import TenantId
from chalicelib.services.ports import Clock, DirtyStore, PagesMessage, ScoringQueue

Clients = Mapping[str, Trigger | None]

SAFE_SECONDS: Final = 5
"""How long before its refresh is due a mark of another request is no longer relied on."""


class Marked(NamedTuple):
    """Marks made by one request: per page its clients, since when the page is marked, whether this request began it."""

    tenant: TenantId
    pages: dict[int, tuple[Clients, Instant, bool]]


class Marking:
    """Marks pages before records are stored, and sends one delayed refresh per page after."""

    def __init__(self, dirty: DirtyStore, queue: ScoringQueue, clock: Clock, delay: int) -> None:
        """`delay`: seconds from a refresh message to its delivery; requests within it are one refresh."""
        self._dirty, self._queue, self._clock, self._delay = dirty, queue, clock, delay

    def mark(self, tenant: TenantId, pages: Mapping[int, Clients]) -> Marked:
        """Marks clients of pages. Nothing is sent yet: what changes is still to be stored."""
        marked = {}
        for page, clients in sorted(pages.items()):
            now = self._clock()
            since = self._dirty.mark(tenant, page, clients, now)
            marked[page] = (clients, since, since == now)
        return Marked(tenant, marked)

    def send(self, marked: Marked) -> None:
        """Sends what refreshes the marked pages, now that the changes are stored.

        A page that another request had marked before is left to that request's message, unless it may have been
        delivered already, before the changes were stored: then the page is marked again.
        """
        due = []
        for page, (clients, since, own) in marked.pages.items():
            if self._clock() > since + self._delay - SAFE_SECONDS:
                self._dirty.mark(marked.tenant, page, clients, self._clock())
                due.append(page)
            elif own:
                due.append(page)
        self._queue.send(refresh_messages(marked.tenant, due, self._delay))

    def mark_pages(self, tenant: TenantId, pages: int) -> None:
        """Marks all clients of a tenant's pages and sends their refresh at once, for a change of settings."""
        for page in range(pages):
            self._dirty.mark_page(tenant, page, self._clock())
        self._queue.send(refresh_messages(tenant, list(range(pages)), 0))


def refresh_messages(tenant: TenantId, pages: list[int], delay: int) -> list[PagesMessage]:
    """One message per page: a refresh that fails holds up no other."""
    return [PagesMessage(tenant, "refresh", None, None, (page,), delay) for page in pages]


def strongest(triggers: set[Trigger | None]) -> Trigger | None:
    """The trigger of a client of which several records changed, by precedence."""
    return next((trigger for trigger in CALCULATION_TRIGGERS if trigger in triggers), None)
