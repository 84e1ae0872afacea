"""Bringing a tenant to life."""

from zoneinfo import available_timezones

from chalicelib.domain.errors import Fault, InvalidError
from chalicelib.domain.ids import TenantId
from chalicelib.domain.tenant import Tenant
from chalicelib.services.ports import Clock, TenantStore


class TenantRegistration:
    """Creates tenants."""

    def __init__(self, tenants: TenantStore, clock: Clock) -> None:
        self._tenants, self._clock = tenants, clock

    def create(self, tenant_id: TenantId, name: str, time_zone: str, currency: str, created_by: str) -> Tenant:
        """A tenant with default settings; id and zone are for life.

        Raises InvalidError for an unknown zone and ConflictError for a taken id.
        """
        if time_zone not in available_timezones():
            raise InvalidError([Fault("/time_zone", "Send an IANA time zone such as Europe/Rome.")])
        tenant = Tenant(tenant_id, name, time_zone, currency)
        self._tenants.create(tenant, self._clock(), created_by)
        return tenant
