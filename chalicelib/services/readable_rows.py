"""The current rows that lists show: those of all pages that can be read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from chalicelib.domain.ids import TenantId
from chalicelib.domain.roster import CurrentRow

if TYPE_CHECKING:
    from chalicelib.services.ports.scores import ScoreStore

UnreadablePage = Callable[[TenantId, int, Exception], object]
"""Told of a page of a tenant whose current rows cannot be read."""


class ReadableRows:
    """One page that is damaged keeps no other from being shown; `unreadable` tells an operator."""

    def __init__(self, scores: ScoreStore, unreadable: UnreadablePage) -> None:
        self._scores, self._unreadable = scores, unreadable

    def of(self, tenant: TenantId, pages: int) -> list[CurrentRow]:
        """The rows of a tenant's pages."""
        found = self._scores.current_pages(tenant, range(pages), partial(self._unreadable, tenant))
        return [row for page in found.values() for row in page.rows.values()]
