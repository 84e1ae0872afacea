"""Doubles: tickets that are stored in several places, as builds before the directory of ids could leave them."""

from collections.abc import Iterator
from typing import NamedTuple

from chalicelib.adapters.dynamodb.roster import DynamoRoster
from chalicelib.adapters.dynamodb.table import Table
from chalicelib.domain.blocks import BlockId
from chalicelib.domain.facts import Timestamp
from chalicelib.domain.ids import TenantId
from chalicelib.domain.ticket_copies import TicketCopy, standing
from chalicelib.domain.times import format_timestamp
from chalicelib.services.errors import Failed, raised
from infra.operations.site import Site
from infra.operations.tenant_table import known_tenant, tenant_table


class Copy(NamedTuple):
    """A version of a ticket in one of its places."""

    client: str
    quarter: str
    updated_at: Timestamp
    deleted: bool

    def __str__(self) -> str:
        gone = ", deleted" if self.deleted else ""
        return f"{self.client} {self.quarter} (changed {format_timestamp(self.updated_at)}{gone})"


class Double(NamedTuple):
    """A ticket with all its places, the one that counts first."""

    ticket: str
    copies: tuple[Copy, ...]


def doubles(site: Site, tenant: TenantId, failed: Failed = raised) -> list[Double]:
    """Tickets that are stored under several clients or in several quarters, in the order of their ids. Reads only.

    `failed` is told of clients whose tickets cannot be read.

    One that is listed is on the move, for a minute, or an older build left it: the service clears those away with the
    first records that come. Of each the first place counts.
    """
    with tenant_table(site, tenant) as table:
        first: dict[str, Copy] = {}
        several: dict[str, list[Copy]] = {}
        for ticket, copy in _copies(table, tenant, known_tenant(table, tenant).pages, failed):
            if ticket in first:
                several.setdefault(ticket, [first[ticket]]).append(copy)
            else:
                first[ticket] = copy
        return [Double(ticket, _ranked(several[ticket])) for ticket in sorted(several)]


def _copies(table: Table, tenant: TenantId, pages: int, failed: Failed) -> Iterator[tuple[str, Copy]]:
    roster = DynamoRoster(table)
    for page in range(pages):
        for client in roster.page_tickets(tenant, page, failed=failed):
            for block_id, block in client.blocks.items():
                for ticket, record in block.records.get("ticket", {}).items():
                    yield ticket, Copy(client.client, _quarter(block_id), record.updated_at, record.deleted)


def _quarter(block_id: BlockId) -> str:
    return block_id.quarter or ""


def _ranked(copies: list[Copy]) -> tuple[Copy, ...]:
    left, ranked = list(copies), []
    while left:
        stands = standing([TicketCopy(copy, copy.client, copy.updated_at, copy.deleted) for copy in left]).place
        best = next(copy for copy in left if copy == stands)
        left.remove(best)
        ranked.append(best)
    return tuple(ranked)
