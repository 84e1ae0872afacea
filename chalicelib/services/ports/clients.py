"""Clients and their facts."""

from collections.abc import Container, Iterable, Mapping
from typing import Protocol

from chalicelib.domain.blocks import Block, BlockId, ClientRecords, ClientTickets, Seat, Stored, StoredClient
from chalicelib.domain.facts import Facts
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.services.errors import Failed, raised


class Roster(Protocol):
    """Clients and their facts."""

    def seats(self, tenant: TenantId, clients: Iterable[RecordId]) -> dict[str, Seat]:
        """The seats of the clients that exist."""

    def seats_after(self, tenant: TenantId, client: RecordId | None, limit: int) -> dict[str, Seat]:
        """The seats of the first clients by id, or of those that follow one, in order, at most `limit`."""

    def clients(self, tenant: TenantId, seats: Mapping[str, Seat], failed: Failed = raised) -> dict[str, StoredClient]:
        """The records of clients, by id; `failed` is told of those that cannot be read."""

    def add_client(self, tenant: TenantId, seat: int, stored: StoredClient) -> bool:
        """Puts directory and record in one transaction; False when the client has a seat already."""

    def put_client(self, tenant: TenantId, seat: Seat, stored: StoredClient) -> bool:
        """Replaces a client's record of version `stored.version` by the next one; False when another came first."""

    def blocks(self, tenant: TenantId, ids: Iterable[BlockId], failed: Failed = raised) -> dict[BlockId, Block]:
        """Blocks by id; one that does not exist is empty. `failed` is told of a client with one that cannot be read."""

    def tickets(self, tenant: TenantId, client: RecordId, seat: Seat) -> Mapping[BlockId, Block]:
        """All blocks of a client's tickets. Sees every acknowledged write. Raises UnreadableClientError for damage."""

    def room_for(self, block: Block) -> Stored:
        """What would become of a block that is put while no other comes: STORED, GROWN or FULL."""

    def put_block(self, tenant: TenantId, block_id: BlockId, block: Block) -> Stored:
        """Replaces a block of version `block.version` by the next one."""

    def split(self, tenant: TenantId, client: RecordId, seat: Seat, quarter: str | None) -> None:
        """Spreads one shard of a quarter of tickets, or (None) of the other facts, over it and a new one.

        Nothing if another has just done so.
        """

    def client_facts(self, tenant: TenantId, client: RecordId, seat: Seat) -> Facts:
        """Everything of one client. Raises NotFoundError when it has no record, UnreadableClientError for damage."""

    def client_records(self, tenant: TenantId, client: RecordId, seat: Seat) -> ClientRecords:
        """Everything of one client, its records too. Raises as `client_facts` does."""

    def page_tickets(
        self, tenant: TenantId, page: int, seats: Container[int] | None = None, failed: Failed = raised
    ) -> list[ClientTickets]:
        """The blocks of tickets of a page's clients, or of some; `failed` is told of those that cannot be read.

        Sees every acknowledged write.
        """

    def move_tickets(self, tenant: TenantId, block_id: BlockId, block: Block, beside: Mapping[BlockId, int]) -> bool:
        """Replaces a block by one without tickets that stand elsewhere, if it and the blocks beside it, named with
        their versions, are as they were; else False."""

    def page_facts(self, tenant: TenantId, page: int, failed: Failed = raised) -> list[tuple[int, Facts]]:
        """Everything of all clients of a page, with their seats; `failed` is told of those that cannot be read."""
