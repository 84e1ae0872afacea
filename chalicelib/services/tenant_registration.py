"""Creating a tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.errors import Fault, InvalidError
from chalicelib.domain.ids import TenantId
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.time_zones import is_time_zone

if TYPE_CHECKING:
    from chalicelib.services.ports.notifications import Notifier
    from chalicelib.services.ports.process import BindTenant, Clock
    from chalicelib.services.ports.tenants import TenantStore


class TenantRegistration:
    """Creates tenants."""

    def __init__(self, tenants: TenantStore, notifier: Notifier, clock: Clock, bound_to: BindTenant) -> None:
        self._tenants, self._notifier, self._clock, self._bound_to = tenants, notifier, clock, bound_to

    def create(self, tenant_id: TenantId, name: str, time_zone: str, currency: str, created_by: str) -> Tenant:
        """A tenant with default settings; id and time zone cannot be changed.

        Raises InvalidError for an unknown zone and ConflictError for a taken id.
        """
        if not is_time_zone(time_zone):
            raise InvalidError([Fault("/time_zone", "Send an IANA time zone such as Europe/Rome.")])
        tenant = Tenant(tenant_id, name, time_zone, currency)
        self._notifier.ensure_topic(tenant_id)  # before the tenant: a topic without a tenant does no harm
        with self._bound_to(tenant_id):
            self._tenants.create(tenant, self._clock(), created_by)
        return tenant
