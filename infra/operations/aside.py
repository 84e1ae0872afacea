"""What failed so often that it was put aside: tenants that the sweep no longer looks at, alerts not published,
clients that could not be computed, and connections to other systems.

The sweep puts a tenant's due mark aside after its tries, and an entry of an outbox once it is a day old; a client is
put aside by the night or refresh that it failed in, and tried again by each that follows. All wait here for a person:
look at the log for the reason, mend it, then have it tried again.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.alerts import DynamoAlertStore
from chalicelib.adapters.dynamodb.aside import DynamoAsideStore
from chalicelib.adapters.dynamodb.columns import CodecError
from chalicelib.adapters.dynamodb.connections import DynamoConnectionStore, DynamoSyncMarks
from chalicelib.adapters.dynamodb.directory import DynamoTicketDirectory
from chalicelib.adapters.dynamodb.due import DynamoDueMarkStore
from chalicelib.adapters.dynamodb.roster import DynamoRoster
from chalicelib.adapters.dynamodb.scores import DynamoScoreStore
from chalicelib.adapters.dynamodb.table import Table
from chalicelib.domain.blocks import Seat
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TENANT_SHARDS, RecordId, TenantId
from chalicelib.domain.roster import page_of
from chalicelib.domain.run import ARRIVALS, DueMark, FailedClient, Walk
from chalicelib.domain.ticket_copies import ticket_key
from chalicelib.domain.ticket_directory import Arrival
from chalicelib.domain.times import format_instant
from chalicelib.services.errors import UnreadableClientError
from infra.operations.alone import Alone
from infra.operations.site import Site
from infra.operations.tenant_table import adapters_on, refresh_request, tenant_table

Tell = Callable[[str], object]

SHARDS: Final = range(TENANT_SHARDS)

ARRIVALS_AT_A_TIME: Final = 500
"""As many as a request brings: an item of the directory holds them."""


def put_back(site: Site, tell: Tell, now: Instant, *, tenant: TenantId | None = None, redrive: bool = False) -> int:
    """Lists what was put aside, of one tenant or of all; with ``redrive`` it is tried again: tenants and alerts by the
    next sweep, clients by a refresh at once, connections by the next walk over them.

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
    chosen: Iterable[TenantId] = [tenant] if tenant else _tenants(table)
    alone = Alone(tell)
    count += sum(alone.each(chosen, partial(_of_tenant, site, tell, now, redrive=redrive)))
    alone.end()
    return count


def look_at_everybody(site: Site) -> None:
    """Has the next sweep look at every tenant: after a restore, or an older build that wrote no due marks."""
    table = Table(site.tables, site.outputs["TableName"])
    DynamoDueMarkStore(lambda: table).save_walk(Walk())


def _of_tenant(site: Site, tell: Tell, now: Instant, tenant: TenantId, *, redrive: bool) -> int:
    with tenant_table(site, tenant) as table:
        entries = _entries(table, tenant, tell, now, redrive=redrive)
        entries += _connections(table, tenant, tell, now, redrive=redrive)
        return entries + _clients(site, table, tenant, tell, now, redrive=redrive)


def _connections(table: Table, tenant: TenantId, tell: Tell, now: Instant, *, redrive: bool) -> int:
    """Connections whose source failed too often. With ``redrive`` each is another version, which is tried again."""
    store, marks = DynamoConnectionStore(table), DynamoSyncMarks(lambda: table)
    held = [connection for connection in store.all(tenant) if connection.is_aside]
    for connection in held:
        failure = connection.work.failure
        why = "" if failure is None else f" ({failure.code}, {failure.tries} times)"
        tell(f"{tenant}: the connection {connection.id} was put aside{why}")
        if redrive and store.replace(tenant, replace(connection, version=connection.version + 1)):
            marks.mark(tenant, connection.id, now)
    return len(held)


def _entries(table: Table, tenant: TenantId, tell: Tell, now: Instant, *, redrive: bool) -> int:
    alerts, due = DynamoAlertStore(table), DynamoDueMarkStore(lambda: table)
    names = alerts.aside(tenant)
    if names and redrive:
        due.mark(tenant, now, now)
    for name in names:
        tell(f"{tenant}: the alert {name} was not published")
        if redrive:
            alerts.put_back(tenant, name, now)
    return len(names)


def _clients(site: Site, table: Table, tenant: TenantId, tell: Tell, now: Instant, *, redrive: bool) -> int:
    """Clients whose row has not been computed since they failed; who was is forgotten with the next ``redrive``."""
    store = DynamoAsideStore(table)
    held = store.list(tenant)
    seats = DynamoRoster(table).seats(tenant, [failed.client for failed in held])
    left = [failed for failed in held if failed.client in seats and not _is_computed(table, tenant, failed, seats)]
    for failed in left:
        when = "refresh" if failed.run_date is None else "night"
        what = f"the {when} of {format_instant(failed.as_of)} ({failed.error})"
        tell(f"{tenant}: the client {failed.client} could not be computed in {what}")
    if redrive:
        for failed in held:
            if failed.client in seats:
                _refresh(site, table, tenant, failed, seats[failed.client], now)
            store.remove(tenant, failed.client)
    return len(left)


def _refresh(site: Site, table: Table, tenant: TenantId, failed: FailedClient, seat: Seat, now: Instant) -> None:
    """Has a client computed again, and its tickets compared with what came of them while they could not be read: of one
    that was deleted or moved meanwhile the newest version stands, as if it had come then."""
    refresh = refresh_request(site, table, tenant, now)
    arrivals = _tickets(table, tenant, failed.client, seat)
    page = page_of(seat.number)
    refresh.add({page: {failed.client: None, **({ARRIVALS: None} if arrivals else {})}})
    directory = DynamoTicketDirectory(table)
    for start in range(0, len(arrivals), ARRIVALS_AT_A_TIME):
        some = arrivals[start : start + ARRIVALS_AT_A_TIME]
        directory.announce(tenant, page, failed.as_of, some, [])
    refresh.send()


def _tickets(table: Table, tenant: TenantId, client: RecordId, seat: Seat) -> list[Arrival]:
    try:
        blocks = DynamoRoster(table).tickets(tenant, client, seat)
    except UnreadableClientError:
        return []  # not mended yet: it is put aside again
    return [
        Arrival(ticket_key(ticket), seat.number, str(block_id.quarter), timed=True)
        for block_id, block in blocks.items()
        for ticket in map(RecordId, block.records.get("ticket", {}))
    ]


def _is_computed(table: Table, tenant: TenantId, failed: FailedClient, seats: dict[str, Seat]) -> bool:
    seat = seats[failed.client].number
    try:
        row = DynamoScoreStore(table).current_pages(tenant, [page_of(seat)])[page_of(seat)].rows.get(seat)
    except CodecError:
        return False
    return row is not None and row.as_of >= failed.as_of


def _marks(due: DynamoDueMarkStore, tenant: TenantId | None) -> Iterator[DueMark]:
    shards = SHARDS if tenant is None else (keys.registry_shard(tenant),)
    for shard in shards:
        yield from (mark for mark in due.marks(shard) if tenant in (None, mark.tenant))


def _tenants(table: Table) -> Iterator[TenantId]:
    tenants = adapters_on(table).tenants
    for shard in SHARDS:
        yield from tenants.registered(shard, None)
