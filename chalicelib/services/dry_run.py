"""Stores that read what there is and write nothing: what an intake says over them is what it would say.

Each has the methods that an intake uses and no others, so that a write that is new to it fails instead of happening.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.domain.blocks import MOST_SHARDS, Seat, Stored
from chalicelib.domain.facts import Timestamp
from chalicelib.domain.ids import MOST_PAGES, RecordId, TenantId
from chalicelib.domain.roster import SEATS_PER_PAGE
from chalicelib.domain.tenant import Tenant
from chalicelib.services.errors import raised
from chalicelib.services.fact_intake import shards_that_split

if TYPE_CHECKING:
    from chalicelib.domain.account_managers import AccountManager
    from chalicelib.domain.blocks import Block, BlockId, StoredClient
    from chalicelib.domain.ticket_directory import Arrivals
    from chalicelib.services.errors import Failed
    from chalicelib.services.ports.account_managers import AccountManagerStore
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.directory import TicketDirectory
    from chalicelib.services.ports.tenants import TenantStore

NOBODYS_SEAT = MOST_PAGES * SEATS_PER_PAGE - 1
"""Where a client sits that is only thought to be there: the last seat of all, which is given away last."""


class DryTenants:
    def __init__(self, tenants: TenantStore) -> None:
        self._tenants = tenants

    def get(self, tenant: TenantId) -> Tenant:
        return self._tenants.get(tenant)

    def take_seats(self, tenant: TenantId, count: int) -> int | None:
        taken = self._tenants.get(tenant).seats
        return taken if taken + count <= MOST_PAGES * SEATS_PER_PAGE else None

    def see_sources(self, tenant: TenantId, sources: Iterable[str]) -> None:
        pass


class DryRoster:
    """The clients that there are, and those that are taken as known."""

    def __init__(self, roster: Roster, new_clients: Container[str]) -> None:
        self._roster, self._new = roster, new_clients

    def seats(self, tenant: TenantId, clients: Iterable[RecordId]) -> dict[str, Seat]:
        wanted = list(clients)
        found = self._roster.seats(tenant, wanted)
        return {**{client: Seat(NOBODYS_SEAT) for client in wanted if client in self._new}, **found}

    def clients(self, tenant: TenantId, seats: Mapping[str, Seat], failed: Failed = raised) -> dict[str, StoredClient]:
        return self._roster.clients(tenant, seats, failed)

    def add_client(self, _tenant: TenantId, _seat: int, _stored: StoredClient) -> bool:
        return True

    def put_client(self, _tenant: TenantId, _seat: Seat, _stored: StoredClient) -> bool:
        return True

    def blocks(self, tenant: TenantId, ids: Iterable[BlockId], failed: Failed = raised) -> dict[BlockId, Block]:
        return self._roster.blocks(tenant, ids, failed)

    def tickets(self, tenant: TenantId, client: RecordId, seat: Seat) -> Mapping[BlockId, Block]:
        return self._roster.tickets(tenant, client, seat)

    def put_block(self, _tenant: TenantId, block_id: BlockId, block: Block) -> Stored:
        """What does not fit although it were split as far as sets are; all else would be stored in the end."""
        is_full = self._roster.room_for(block) is Stored.FULL
        hopeless = is_full and shards_that_split(block_id.shard, block.shards) > MOST_SHARDS
        return Stored.FULL if hopeless else Stored.STORED


class DryManagers:
    def __init__(self, managers: AccountManagerStore) -> None:
        self._managers = managers

    def get(self, tenant: TenantId, ids: Iterable[str]) -> dict[str, AccountManager]:
        return self._managers.get(tenant, ids)

    def put(self, _tenant: TenantId, _manager: AccountManager) -> bool:
        return True


class DryDirectory:
    def __init__(self, directory: TicketDirectory) -> None:
        self._directory = directory

    def pending(self, tenant: TenantId, page: int | None = None, failed: Failed = raised) -> Iterator[Arrivals]:
        return self._directory.pending(tenant, page, failed)

    def announce(self, tenant: TenantId, page: int, now: Timestamp, arrivals: Any, deletions: Any) -> None:
        pass


class DryRefreshRequests:
    """Marks nothing, and sends nothing."""

    def request(self, _tenant: TenantId) -> DryRefreshRequests:
        return self

    def add(self, pages: Mapping[int, Any]) -> None:
        pass

    def send(self) -> None:
        pass
