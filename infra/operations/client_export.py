"""Export: everything that is held of one client, as one JSON document."""

from typing import Any

from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.services.client_export import ClientExport
from infra.operations.errors import refused
from infra.operations.site import Site
from infra.operations.tenant_table import adapters_on, known_tenant, tenant_table


def export_client(site: Site, tenant: TenantId, client: RecordId) -> dict[str, Any]:
    """Everything held of a client: its record, its names in other systems, its facts in the form of `POST /v1/records`
    (deleted ones too), every score, calculation, alert and task, and its journal. Reads only; what it returns can be
    imported again."""
    with tenant_table(site, tenant) as table, refused():
        known_tenant(table, tenant)
        held = adapters_on(table)
        export = ClientExport(
            roster=held.roster,
            aliases=held.aliases,
            scores=held.scores,
            alerts=held.alerts,
            journal=held.journal,
            tasks=held.tasks,
        )
        return export.document(tenant, client)
