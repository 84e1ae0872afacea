"""Creating a tenant."""

from functools import partial
from typing import TYPE_CHECKING

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, Route
from chalicelib.bootstrap import application
from chalicelib.domain.ids import TenantId

if TYPE_CHECKING:
    from chalicelib.api.schemas.tenants import NewTenant
    from chalicelib.api.shapes import tenants as shapes

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Tenants")


@endpoint(
    "POST",
    "/tenants",
    permission="tenants.admin",
    body="tenants.NewTenant",
    answers={201: "The tenant."},
    problems={409: "The tenant's id is taken."},
)
def create_tenant(request: Request, body: "NewTenant") -> "shapes.Tenant":
    """Creates a tenant with default settings; its id and time zone cannot be changed.

    For the platform's own people.
    """
    tenant = application().registration.create(
        TenantId(body.tenant_id), body.name, body.time_zone, body.currency, request.caller.subject
    )
    return {
        "tenant_id": tenant.id,
        "name": tenant.name,
        "time_zone": tenant.time_zone,
        "currency": tenant.currency,
        "settings_version": tenant.settings.version,
    }
