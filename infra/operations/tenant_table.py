"""A site's table for one tenant's work, with the service's own guard against other tenants' keys."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from chalicelib.adapters.dynamodb import tripwire
from chalicelib.adapters.dynamodb.table import Table
from chalicelib.adapters.dynamodb.tenants import DynamoTenantStore
from chalicelib.aws import AwsAdapters
from chalicelib.config import Config
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.ids import TenantId
from chalicelib.domain.tenant import Tenant
from chalicelib.tenancy import bound_to
from infra.operations.alone import Alone
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


def known_tenant(table: Table, tenant: TenantId) -> Tenant:
    """Raises OperationError for a tenant that does not exist: nothing is done for a mistyped id."""
    try:
        return DynamoTenantStore(table, lambda: table).get(tenant)
    except NotFoundError as error:
        raise OperationError(f"there is no tenant {tenant}, or nothing of it is left") from error


def _take(step: Callable[[], int], name: str) -> int:
    del name
    return step()


def taken(steps: Iterable[tuple[str, Callable[[], int]]], tell: Callable[[str], object], alone: Alone) -> int:
    """Takes steps in order, also past one that fails; tells what each changed, returns how many items in all."""
    total = 0
    for name, step in steps:
        changed = sum(alone.each([name], partial(_take, step)))
        total += changed
        if changed:
            tell(f"{name}: {changed}")
    return total
