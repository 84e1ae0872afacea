"""A tenant: what it is, and creating one."""

from functools import partial
from typing import TYPE_CHECKING

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, Route
from chalicelib.bootstrap import application
from chalicelib.domain.ids import TenantId
from chalicelib.domain.tenant import Tenant

if TYPE_CHECKING:
    from chalicelib.api.schemas.tenants import NewTenant
    from chalicelib.api.shapes import tenants as shapes

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Tenants", scoped=True)


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
    return _tenant(
        application().registration.create(
            TenantId(body.tenant_id), body.name, body.time_zone, body.currency, request.caller.subject
        )
    )


@endpoint("GET", "/tenant", permission="reports.read")
def get_tenant(request: Request) -> "shapes.Tenant":
    """The caller's own tenant: by whose zone days are counted and times are told."""
    return _tenant(application().settings.current(request.tenant))


def _tenant(tenant: Tenant) -> "shapes.Tenant":
    return {
        "tenant_id": tenant.id,
        "name": tenant.name,
        "time_zone": tenant.time_zone,
        "currency": tenant.currency,
        "settings_version": tenant.settings.version,
    }
