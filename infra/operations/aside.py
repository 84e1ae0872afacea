"""What failed so often that it was put aside: tenants that the sweep no longer looks at, alerts not published.

The sweep puts a tenant's due mark aside after its tries, and an entry of an outbox once it is a day old. Both wait here
for a person: look at the log for the reason, mend it, then have it tried again.
"""

from collections.abc import Callable, Iterator
from typing import Final

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.alerts import DynamoAlertStore
from chalicelib.adapters.dynamodb.due import DynamoDueMarkStore
from chalicelib.adapters.dynamodb.table import Table
from chalicelib.domain.due import DueMark
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.tenant import Walk
from chalicelib.domain.times import format_instant
from infra.operations.site import Site
from infra.operations.tenant_table import tenant_table

Tell = Callable[[str], object]

SHARDS: Final = range(keys.REGISTRY_SHARDS)


def put_back(site: Site, tell: Tell, now: Instant, *, tenant: TenantId | None = None, redrive: bool = False) -> int:
    """Lists what was put aside, of one tenant or of all; with ``redrive`` it is tried again by the next sweep.

    Returns how much there is. Repeat it at will: what fails again is put aside again.
    """
    table = Table(site.tables, site.outputs["TableName"])
    due = DynamoDueMarkStore(lambda: table)
    count = 0
    for mark in _marks(due, tenant):
        if mark.is_aside:
            count += 1
            what = "everything but nights" if mark.night is None else f"the night of {format_instant(mark.night)}"
            tell(f"{mark.tenant}: {what}, since {format_instant(mark.since)}, failed {mark.tries} times")
            if redrive:
                due.resume(mark)
    for each in [tenant] if tenant else _tenants(table):
        count += _entries(site, each, tell, now, redrive=redrive)
    return count


def look_at_everybody(site: Site) -> None:
    """Has the next sweep look at every tenant: after a restore, or an older build that wrote no due marks."""
    table = Table(site.tables, site.outputs["TableName"])
    DynamoDueMarkStore(lambda: table).save_walk(Walk())


def _entries(site: Site, tenant: TenantId, tell: Tell, now: Instant, *, redrive: bool) -> int:
    with tenant_table(site, tenant) as table:
        alerts, due = DynamoAlertStore(table), DynamoDueMarkStore(lambda: table)
        names = alerts.aside(tenant)
        if names and redrive:
            due.mark(tenant, now, now)
        for name in names:
            tell(f"{tenant}: the alert {name} was not published")
            if redrive:
                alerts.put_back(tenant, name, now)
    return len(names)


def _marks(due: DynamoDueMarkStore, tenant: TenantId | None) -> Iterator[DueMark]:
    shards = SHARDS if tenant is None else (keys.registry_shard(tenant),)
    for shard in shards:
        yield from (mark for mark in due.marks(shard) if tenant in (None, mark.tenant))


def _tenants(table: Table) -> Iterator[TenantId]:
    for shard in SHARDS:
        yield from (keys.tenant_of(item["sk"]) for item in table.query(keys.registry_span(shard)))
