"""One client's record: reading it, and replacing it by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.domain.blocks import StoredClient
from chalicelib.domain.facts import Client
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.roster import CurrentRow, page_of
from chalicelib.domain.tenant import Tenant
from chalicelib.services.errors import TooBusyError
from chalicelib.services.known_clients import record_of
from chalicelib.services.refresh_requests import RefreshRequests

if TYPE_CHECKING:
    from chalicelib.domain.blocks import Seat
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.scores import ScoreStore
    from chalicelib.services.ports.tenants import TenantStore

ATTEMPTS = 10


class ClientView(NamedTuple):
    """A client's record with its current row (None: it was not evaluated yet)."""

    tenant: Tenant
    stored: StoredClient
    row: CurrentRow | None


class Clients:
    """Reads and replaces client records."""

    def __init__(
        self, tenants: TenantStore, roster: Roster, scores: ScoreStore, refreshes: RefreshRequests, clock: Clock
    ) -> None:
        self._tenants, self._roster, self._scores = tenants, roster, scores
        self._refreshes, self._clock = refreshes, clock

    def get(self, tenant_id: TenantId, client: RecordId) -> ClientView:
        """Raises NotFoundError for a client that this tenant does not have."""
        tenant = self._tenants.get(tenant_id)
        seat, stored = record_of(self._roster, tenant_id, client)
        return ClientView(tenant, stored, self._row(tenant_id, seat))

    def replace(self, tenant_id: TenantId, client: RecordId, sent: Client, *, clear_at_risk: bool) -> ClientView:
        """Replaces a record and refreshes its row; `clear_at_risk` takes the workflow's flag away.

        Raises NotFoundError for a client that this tenant does not have, TooBusyError when others keep changing it.
        """
        tenant = self._tenants.get(tenant_id)

        def replaced(held: Client) -> Client:
            return sent._replace(at_risk_since=None if clear_at_risk else held.at_risk_since)

        seat, stored = self._change(tenant_id, client, replaced)
        return ClientView(tenant, stored, self._row(tenant_id, seat))

    def assign(self, tenant: TenantId, client: RecordId, manager: RecordId | None) -> None:
        """Gives a client to an account manager (None: to nobody). Raises as `replace` does."""
        self._change(tenant, client, lambda held: held._replace(account_manager_id=manager))

    def _change(
        self, tenant: TenantId, client: RecordId, change: Callable[[Client], Client]
    ) -> tuple[Seat, StoredClient]:
        """Stores what becomes of a record, and has its row refreshed."""
        for _ in range(ATTEMPTS):
            seat, held = record_of(self._roster, tenant, client)
            # Later than what it replaces, also where that came with a time in the future.
            changed_at = max(self._clock(), held.updated_at)
            stored = StoredClient(change(held.client), changed_at, held.version)
            refresh = self._refreshes.request(tenant)
            refresh.add({page_of(seat.number): {client: None}})
            if self._roster.put_client(tenant, seat, stored):
                refresh.send()
                return seat, stored
        raise TooBusyError(f"the record of {client} keeps changing")

    def _row(self, tenant: TenantId, seat: Seat) -> CurrentRow | None:
        page = page_of(seat.number)
        return self._scores.current_pages(tenant, [page])[page].rows.get(seat.number)
