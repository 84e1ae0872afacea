"""Merging client records: new clients get a seat that stays theirs, known ones their newest version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from chalicelib.domain.blocks import Seat, StoredClient
from chalicelib.domain.facts import Client, Timestamp
from chalicelib.domain.history import Trigger
from chalicelib.domain.ids import TenantId
from chalicelib.domain.records import newer_client
from chalicelib.domain.roster import page_of
from chalicelib.services.errors import TooBusyError, left_out
from chalicelib.services.refresh_requests import RefreshRequest
from chalicelib.services.sent_records import UNREADABLE, Rejection, SentRecord, changed_at, rejection

if TYPE_CHECKING:
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.tenants import TenantStore

ATTEMPTS: Final = 10

NO_SEAT: Final = "This tenant has as many clients as there is room for."


class ClientIntake:
    """Takes in the client records of one request."""

    def __init__(self, tenants: TenantStore, roster: Roster, refresh: RefreshRequest) -> None:
        self._tenants, self._roster, self._refresh = tenants, roster, refresh

    def take(
        self, tenant: TenantId, records: Sequence[SentRecord], seats: dict[str, Seat], received: Timestamp
    ) -> tuple[int, list[Rejection]]:
        """Merges records and enters new clients into `seats`; returns how many changed something, and the refused.

        A crash after seats were taken leaves holes, which is fine; after the mark, a client that is not there yet.
        """
        new = [record for record in records if record.id not in seats]
        known = [record for record in records if record.id in seats]
        first, rejected = self._tenants.take_seats(tenant, len(new)) if new else 0, []
        if first is None:
            first, new, rejected = 0, [], [rejection(record, "/id", NO_SEAT) for record in new]
        current = self._roster.clients(tenant, {record.id: seats[record.id] for record in known}, left_out)
        rejected += [rejection(record, "/id", UNREADABLE) for record in known if record.id not in current]
        changed = [
            record for record in known if record.id in current and self._newer(record, current[record.id], received)
        ]
        pages: dict[int, dict[str, Trigger | None]] = {}
        for number, record in enumerate(new, first):
            pages.setdefault(page_of(number), {})[record.id] = None
        for record in changed:
            pages.setdefault(page_of(seats[record.id].number), {})[record.id] = None
        self._refresh.add(pages)
        late = [
            record for number, record in enumerate(new, first) if not self._add(tenant, number, record, seats, received)
        ]
        stored = len(new) - len(late) + sum(self._put(tenant, record, seats, current, received) for record in changed)
        if late:  # another request has just added them
            seats |= self._roster.seats(tenant, [record.id for record in late])
            more, refused = self.take(tenant, late, seats, received)
            stored, rejected = stored + more, rejected + refused
        return stored, rejected

    def _add(
        self, tenant: TenantId, number: int, record: SentRecord, seats: dict[str, Seat], received: Timestamp
    ) -> bool:
        updated_at = changed_at(record, None, received)
        if not self._roster.add_client(tenant, number, StoredClient(client_of(record), updated_at, 0)):
            return False
        seats[record.id] = Seat(number)
        return True

    def _put(
        self,
        tenant: TenantId,
        record: SentRecord,
        seats: dict[str, Seat],
        current: dict[str, StoredClient],
        received: Timestamp,
    ) -> bool:
        """Stores a newer version while others store theirs; False when theirs is newer still."""
        seat = seats[record.id]
        for _ in range(ATTEMPTS):
            newer = self._newer(record, current[record.id], received)
            if newer is None:
                return False
            if self._roster.put_client(tenant, seat, newer):
                return True
            current |= self._roster.clients(tenant, {record.id: seat})
        raise TooBusyError(f"the record of {record.id} keeps changing")

    @staticmethod
    def _newer(record: SentRecord, stored: StoredClient, received: Timestamp) -> StoredClient | None:
        newer = newer_client(stored.client, stored.updated_at, client_of(record), record.updated_at, received)
        return None if newer is None else StoredClient(*newer, stored.version)


def client_of(record: SentRecord) -> Client:
    """The client that a record describes."""
    fields = record.fields
    return Client(
        id=record.id,
        name=fields["name"],
        status=fields["status"],
        archived=bool(fields.get("archived")),
        industry=fields.get("industry"),
        account_manager_id=fields.get("account_manager_id"),
        client_since=fields.get("client_since"),
        monthly_recurring_revenue=fields.get("monthly_recurring_revenue"),
    )
