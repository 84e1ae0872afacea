"""The current rows that lists show: those of all pages that can be read, of the clients that the caller has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.history import Snapshot
from chalicelib.domain.ids import TenantId
from chalicelib.domain.roster import CurrentPage, CurrentRow
from chalicelib.services.known_clients import Managers, seen_rows

if TYPE_CHECKING:
    from chalicelib.services.ports.scores import ScoreStore

UnreadablePage = Callable[[TenantId, int, Exception], object]
"""Told of a page of a tenant whose current rows cannot be read."""


class ReadableRows:
    """One page that is damaged keeps no other from being shown; `unreadable` tells an operator."""

    def __init__(self, scores: ScoreStore, unreadable: UnreadablePage) -> None:
        self._scores, self._unreadable = scores, unreadable

    def of(self, tenant: TenantId, pages: Iterable[int], managers: Managers = None) -> list[CurrentRow]:
        """The rows of some of a tenant's pages, of all clients or those of some account managers."""
        found = self._scores.current_pages(tenant, pages, partial(self._unreadable, tenant))
        return seen_rows(found, managers)

    def with_snapshots(
        self, tenant: TenantId, pages: Iterable[int], day: Day, now: Instant
    ) -> tuple[dict[int, CurrentPage], dict[int, Snapshot]]:
        """The pages themselves, of whosever clients, with their snapshots of a date."""
        return self._scores.with_snapshots(tenant, pages, day, now, partial(self._unreadable, tenant))
