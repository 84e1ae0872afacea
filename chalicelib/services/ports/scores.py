"""Current rows, snapshots and calculations."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from chalicelib.domain.alerts import AlertAnswer
from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.history import HistoryEntry, Snapshot
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.outbox import AlertWrites
from chalicelib.domain.roster import CurrentPage
from chalicelib.services.errors import FailedPage, page_raised


class ScoreStore(Protocol):
    """Current rows, snapshots and calculations."""

    def current_pages(
        self, tenant: TenantId, pages: Iterable[int], failed: FailedPage = page_raised
    ) -> dict[int, CurrentPage]:
        """The current rows of pages; `failed` is told of those that cannot be read, which are left out."""

    def with_snapshots(
        self,
        tenant: TenantId,
        pages: Iterable[int],
        day: Day,
        now: Instant,
        failed: FailedPage = page_raised,
        *,
        consistent: bool = False,
    ) -> tuple[dict[int, CurrentPage], dict[int, Snapshot]]:
        """The current rows of pages and their snapshots of a date; `consistent` sees every acknowledged write.

        `failed` is told of pages whose rows cannot be read, which are left out.
        """

    def put_current(
        self, tenant: TenantId, page: int, new: CurrentPage, writes: AlertWrites = ...
    ) -> CurrentPage | None:
        """Stores rows if the item is still at the version before; returns what stands there if not, else None.

        Rows and alert writes are stored together or not at all.
        """

    def answer_alert(
        self, tenant: TenantId, page: int, new: CurrentPage, alert_id: str, answer: AlertAnswer
    ) -> CurrentPage | None:
        """Stores rows as `put_current` does, together with the status that a person gave an alert."""

    def pages_with_snapshot(self, tenant: TenantId, pages: Iterable[int], day: Day) -> set[int]:
        """Which of some pages have a snapshot of a date, be it readable or not. Sees every acknowledged write."""

    def put_snapshot(self, tenant: TenantId, page: int, snapshot: Snapshot, now: Instant) -> Snapshot:
        """Stores a snapshot unless the date has one; returns the one that stands."""

    def snapshots(self, tenant: TenantId, page: int, first: Day, last: Day, now: Instant) -> list[Snapshot]:
        """A page's snapshots of a span of dates, oldest first."""

    def snapshots_of(self, tenant: TenantId, page: int, days: Iterable[Day], now: Instant) -> list[Snapshot]:
        """A page's snapshots of some dates."""

    def newest_snapshots(
        self, tenant: TenantId, page: int, first: Day, last: Day, chunk: int, now: Instant
    ) -> Iterator[Snapshot]:
        """A page's snapshots of a span of dates, newest first, read in chunks as they are taken."""

    def newest_calculations(
        self, tenant: TenantId, page: int, client: RecordId, first: Day, last: Day, chunk: int, now: Instant
    ) -> Iterator[HistoryEntry]:
        """A client's calculations of a span of local dates, newest first, read in chunks as they are taken."""

    def put_calculation(
        self, tenant: TenantId, page: int, client: RecordId, entry: HistoryEntry, now: Instant
    ) -> None: ...

    def calculations(
        self, tenant: TenantId, page: int, client: RecordId, first: Instant, last: Instant, now: Instant
    ) -> list[HistoryEntry]:
        """A client's calculations of a span of time, oldest first."""
