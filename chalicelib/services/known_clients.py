"""Clients that a caller has: whoever is asked for another says so in the same words.

A caller that is in scope of one account manager (`tenancy.scope`) has the clients whose current record names that one:
others are to it as clients that nobody has.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.roster import CurrentPage, CurrentRow
from chalicelib.tenancy import may_see, scope

if TYPE_CHECKING:
    from chalicelib.domain.blocks import Seat, StoredClient
    from chalicelib.services.ports.clients import Roster

Managers = Collection[str | None] | None
"""Whose clients are asked for: those of some account managers (None among them: those without one), or (None) all."""


def seat_of(roster: Roster, tenant: TenantId, client: RecordId) -> Seat:
    """Where a client sits: one read, one more in scope. Raises NotFoundError for one that the caller does not have."""
    seat = roster.seats(tenant, [client]).get(client)
    if seat is None:
        raise no_client(client)
    if scope() is not None:
        _seen(roster, tenant, client, seat)
    return seat


def record_of(roster: Roster, tenant: TenantId, client: RecordId) -> tuple[Seat, StoredClient]:
    """A client's seat and own record. Raises NotFoundError for one that the caller does not have."""
    seat = roster.seats(tenant, [client]).get(client)
    if seat is None:
        raise no_client(client)
    return seat, _seen(roster, tenant, client, seat)


def _seen(roster: Roster, tenant: TenantId, client: RecordId, seat: Seat) -> StoredClient:
    stored = roster.clients(tenant, {client: seat}).get(client)
    if stored is None or not may_see(stored.client.account_manager_id):
        raise no_client(client)
    return stored


def no_client(client: str) -> NotFoundError:
    return NotFoundError(f"There is no client {client}.")


def narrowed(managers: Managers) -> Managers:
    """Of the clients that are asked for those that the caller has."""
    own = scope()
    if own is None:
        return managers
    return frozenset({own}) if managers is None or own in managers else frozenset()


def seen_rows(pages: Mapping[int, CurrentPage], managers: Managers = None) -> list[CurrentRow]:
    """The current rows of the clients that the caller has, of those of some account managers."""
    wanted = narrowed(managers)
    return [
        row
        for page in pages.values()
        for row in page.rows.values()
        if wanted is None or row.client.account_manager_id in wanted
    ]
