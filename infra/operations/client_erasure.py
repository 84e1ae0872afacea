"""Erasure: everything that is held of one client goes, also out of what it shares with others."""

from collections.abc import Callable

from chalicelib.adapters.dynamodb.erasure import DynamoErasureStore
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.services.client_erasure import ClientErasure
from infra.operations.errors import refused
from infra.operations.import_files import delete_import_files
from infra.operations.site import Site
from infra.operations.tenant_table import adapters_on, known_tenant, tenant_table


def erase_client(
    site: Site,
    tenant: TenantId,
    client: RecordId,
    tell: Callable[[str], object],
    now: Instant,
    *,
    dry_run: bool = False,
) -> int:
    """Erase everything held of a client; returns how many items were deleted or rewritten (dry run: would be).

    Repeat it at will: it goes on where it stopped, and finds nothing the second time. It refuses while a night runs or
    alerts of the client wait to be sent. Files that the tenant uploaded for imports go too, whole. The tenant's figures
    by date are counts without names, and stay.
    """
    with tenant_table(site, tenant) as table, refused():
        known_tenant(table, tenant)
        held = adapters_on(table)
        erasure = ClientErasure(held.roster, held.runs, held.alerts, DynamoErasureStore(table))
        erased = erasure.erase(tenant, client, tell, now, dry_run=dry_run)
        files = delete_import_files(site, tenant, dry_run=dry_run)
        if files:
            tell(f"files of imports: {files}")
        return erased + files
