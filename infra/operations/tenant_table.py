"""A site's table for one tenant's work, with the service's own guard against other tenants' keys."""

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.adapters.dynamodb import tripwire
from chalicelib.adapters.dynamodb.table import Table
from chalicelib.adapters.dynamodb.tenants import DynamoTenantStore
from chalicelib.adapters.sqs import SqsScoringQueue
from chalicelib.aws import AwsAdapters
from chalicelib.config import Config
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.tenant import Tenant
from chalicelib.services.refresh_requests import RefreshRequest, RefreshRequests
from chalicelib.tenancy import bound_to
from infra.operations.errors import OperationError
from infra.operations.site import Site


@contextmanager
def tenant_table(site: Site, tenant: TenantId) -> Iterator[Table]:
    """The table; within, nothing but the tenant's own items can be read or written."""
    client = site.tables
    tripwire.watch(client)
    with bound_to(tenant):
        yield Table(client, site.outputs["TableName"])


def adapters_on(table: Table) -> AwsAdapters:
    """The service's adapters on an operator's table; those of other services of AWS are not to be had."""
    adapters = AwsAdapters(Config({}))
    adapters.table = adapters.shared_table = table
    return adapters


def refresh_request(site: Site, table: Table, tenant: TenantId, now: Instant) -> RefreshRequest:
    """A request to refresh pages of a tenant at once."""
    held = adapters_on(table)
    queue = SqsScoringQueue(site.queues, site.outputs["QueueUrl"])
    refreshes = RefreshRequests(refresh_marks=held.refresh_marks, due=held.due, queue=queue, clock=lambda: now, delay=0)
    return refreshes.request(tenant)


def known_tenant(table: Table, tenant: TenantId) -> Tenant:
    """Raises OperationError for a tenant that does not exist: nothing is done for a mistyped id."""
    try:
        return DynamoTenantStore(table, lambda: table).get(tenant)
    except NotFoundError as error:
        raise OperationError(f"there is no tenant {tenant}, or nothing of it is left") from error
