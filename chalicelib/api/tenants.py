"""Bringing a tenant to life."""

from http import HTTPStatus

from chalice.app import Blueprint, Response

from chalicelib.api.endpoint import Request, endpoint, json_response
from chalicelib.api.queries import Query
from chalicelib.bootstrap import application
from chalicelib.domain.ids import TenantId

blueprint = Blueprint(__name__)


@endpoint(blueprint, "POST", "/tenants", permission="tenants.admin")
def create_tenant(request: Request) -> Response:
    """Creates a tenant with default settings; its id and zone are for life."""
    from chalicelib.api.schemas.tenants import NewTenant
    from chalicelib.api.schemas.validation import read_body

    Query(request.query, ())
    new = read_body(NewTenant, request.body())
    tenant = application().registration.create(
        TenantId(new.tenant_id), new.name, new.time_zone, new.currency, request.caller.subject
    )
    document = {
        "tenant_id": tenant.id,
        "name": tenant.name,
        "time_zone": tenant.time_zone,
        "currency": tenant.currency,
        "settings_version": tenant.settings.version,
    }
    return json_response(document, HTTPStatus.CREATED)
