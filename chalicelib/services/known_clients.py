"""Clients that a tenant has: whoever is asked for another says so in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.ids import RecordId, TenantId

if TYPE_CHECKING:
    from chalicelib.domain.blocks import Seat, StoredClient
    from chalicelib.services.ports.clients import Roster


def seat_of(roster: Roster, tenant: TenantId, client: RecordId) -> Seat:
    """Where a client sits. Raises NotFoundError for one that this tenant does not have."""
    seat = roster.seats(tenant, [client]).get(client)
    if seat is None:
        raise no_client(client)
    return seat


def record_of(roster: Roster, tenant: TenantId, client: RecordId) -> tuple[Seat, StoredClient]:
    """A client's seat and own record. Raises NotFoundError for one that this tenant does not have."""
    seat = seat_of(roster, tenant, client)
    stored = roster.clients(tenant, {client: seat}).get(client)
    if stored is None:
        raise no_client(client)
    return seat, stored


def no_client(client: str) -> NotFoundError:
    return NotFoundError(f"There is no client {client}.")
