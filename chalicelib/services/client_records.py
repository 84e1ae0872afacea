"""The records behind a client's numbers, as they are held."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chalicelib.domain.counted import counted
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.moment import Moment
from chalicelib.domain.records import FACT_TYPES, StoredRecord, happened_at
from chalicelib.domain.tenant import Tenant
from chalicelib.services.known_clients import record_of, seat_of

if TYPE_CHECKING:
    from chalicelib.domain.blocks import StoredClient
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.tenants import TenantStore


class HeldRecord(NamedTuple):
    """A record of a client that is not deleted, with the time that it is listed by."""

    type: str
    record: StoredRecord
    at: Instant


class ClientRecordLists:
    """Lists a client's records: three reads, nothing stored."""

    def __init__(self, tenants: TenantStore, roster: Roster, clock: Clock) -> None:
        self._tenants, self._roster, self._clock = tenants, roster, clock

    def client(self, tenant_id: TenantId, client: RecordId) -> tuple[Tenant, StoredClient]:
        """The client's own record. Raises NotFoundError for a client that this tenant does not have."""
        tenant = self._tenants.get(tenant_id)
        return tenant, record_of(self._roster, tenant_id, client)[1]

    def records(
        self, tenant_id: TenantId, client: RecordId, *, record_type: str | None = None, component: str | None = None
    ) -> tuple[Tenant, list[HeldRecord]]:
        """A client's facts in no order: all, those of a type, or those that a signal or factor counts now.

        Raises NotFoundError for a client that this tenant does not have.
        """
        tenant = self._tenants.get(tenant_id)
        seat = seat_of(self._roster, tenant_id, client)
        facts, records = self._roster.client_records(tenant_id, client, seat)
        chosen = None
        if component is not None:
            moment = Moment.at(self._clock(), tenant.zone)  # business hours measure, they choose no record
            chosen = counted(component, facts, tenant.settings.scoring, moment)
        return tenant, [
            HeldRecord(name, record, happened_at(FACT_TYPES[name], record.row))
            for name, held in records.items()
            if record_type in (None, name)
            for record_id, record in held.items()
            if not record.deleted and (chosen is None or record_id in chosen.get(name, ()))
        ]
