"""Alerts, and what is still to be published of them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from chalicelib.domain.alerts import Alert
from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.outbox import Digest, Outbox, OutboxEntry
from chalicelib.domain.run import Run


class AlertStore(Protocol):
    """Alerts and what is still to be published of them."""

    def get(self, tenant: TenantId, alert_id: str) -> Alert:
        """Raises NotFoundError."""

    def newest(self, tenant: TenantId, before: str | None, chunk: int) -> Iterator[Alert]:
        """Alerts newest first, those before an id if one is given, read in chunks as they are taken."""

    def several(self, tenant: TenantId, ids: Iterable[str]) -> dict[str, Alert]:
        """Alerts by id, those that exist."""

    def resolved(self, tenant: TenantId, before: str | None, chunk: int) -> Iterator[str]:
        """The ids of resolved alerts newest first, as far down as they are listed; read in chunks as they are taken."""

    def of_client(self, tenant: TenantId, client: RecordId, before: str | None, chunk: int) -> Iterator[str]:
        """The ids of a client's alerts newest first, as far down as they are listed; read in chunks."""

    def listed_down_to(self, tenant: TenantId) -> str | None:
        """The oldest alert from which on the two lists are whole; None: nobody looked yet, empty: all are listed.

        Every alert that this build stores is listed; the mark stands for those that an older one stored.
        """

    def list_all(self, tenant: TenantId, alerts: Sequence[Alert], down_to: str) -> None:
        """Lists alerts of an older build, then notes how far down the lists are whole. Repeating it is harmless."""

    def outbox(self, tenant: TenantId) -> Outbox: ...

    def outbox_tenant(self, partition: str) -> TenantId | None:
        """The tenant whose outbox a changed item is in, by its partition; None for an item of anything else."""

    def release(self, tenant: TenantId, run: Run) -> None:
        """Releases what a complete run has to publish."""

    def put_digest(self, tenant: TenantId, digest: Digest) -> Digest:
        """Stores a digest unless the run has one for the account manager; returns the one that stands."""

    def mark_digest(self, tenant: TenantId, digest: Digest) -> None:
        """Notes that a digest was published."""

    def mark_published(self, tenant: TenantId, entry: OutboxEntry, now: Instant) -> None:
        """Notes that an entry was published: on its alert, then by taking it out of the outbox."""

    def note_told(self, tenant: TenantId, entry: OutboxEntry, now: Instant) -> None:
        """Notes that an entry's alert was published though something else of it is left to do."""

    def put_aside(self, tenant: TenantId, entry_id: str) -> None:
        """Takes an entry that cannot be published out of the outbox and keeps it for a person to look at."""

    def aside(self, tenant: TenantId) -> list[str]:
        """The ids of the entries that were put aside."""

    def put_back(self, tenant: TenantId, entry_id: str, now: Instant) -> None:
        """Puts an entry that was put aside back into the outbox, as if it were new. Raises NotFoundError."""

    def close_release(self, tenant: TenantId, day: Day, digests: Iterable[Digest]) -> None:
        """Takes a release and its digests away, once nothing of its run is left to publish."""
