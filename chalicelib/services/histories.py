"""A client's history: snapshots and calculations, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.history import RETENTION_DAYS, HistoryEntry
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.moment import local_day
from chalicelib.domain.roster import page_of
from chalicelib.domain.times import day_of_instant
from chalicelib.services.cards import entries_of
from chalicelib.services.known_clients import seat_of

if TYPE_CHECKING:
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.scores import ScoreStore
    from chalicelib.services.ports.tenants import TenantStore


class HistoryKey(NamedTuple):
    """The place of an entry in a client's history."""

    as_of: Instant
    trigger: str


def key_of(entry: HistoryEntry) -> HistoryKey:
    return HistoryKey(entry.as_of, entry.trigger)


class Histories:
    """Reads histories."""

    def __init__(self, tenants: TenantStore, roster: Roster, scores: ScoreStore, clock: Clock) -> None:
        self._tenants, self._roster, self._scores, self._clock = tenants, roster, scores, clock

    def span(self, tenant: TenantId, first: Day | None, last: Day | None) -> tuple[Day, Day]:
        """The dates that are asked for: by default until today, in the tenant's zone, from 730 days before.

        Raises NotFoundError for an unknown tenant.
        """
        today = local_day(self._clock(), self._tenants.get(tenant).zone)
        last = today if last is None else last
        return min(last, today) - RETENTION_DAYS if first is None else first, last

    def newest(
        self,
        tenant: TenantId,
        client: RecordId,
        first: Day,
        last: Day,
        limit: int,
        before: HistoryKey | None = None,
    ) -> list[HistoryEntry]:
        """At most `limit` entries of local dates `first` to `last`, newest first, those before a key if one is given.

        Raises NotFoundError for a client that this tenant does not have.
        """
        seat = seat_of(self._roster, tenant, client)
        page, now = page_of(seat.number), self._clock()
        if before is not None:  # a local date is at most a day ahead of the UTC one
            last = min(last, day_of_instant(before.as_of) + 1)
        snapshots: Iterator[HistoryEntry] = (
            entry
            for snapshot in self._scores.newest_snapshots(tenant, page, first, last, limit + 1, now)
            for entry in entries_of(seat, [snapshot])
        )
        calculations = self._scores.newest_calculations(tenant, page, client, first, last, limit + 1, now)
        entries = merge(snapshots, calculations, key=key_of, reverse=True)
        if before is not None:
            entries = (entry for entry in entries if key_of(entry) < before)
        return list(islice(entries, limit))
