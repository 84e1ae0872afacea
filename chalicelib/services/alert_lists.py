"""Alerts and tasks newest first, by status and account manager, at the cost of the page that is shown.

What is open or acknowledged is told by the current rows, and open tasks by their clients' pointers; resolved alerts,
and the alerts of each client, have lists of their own. What no list tells is walked past a hundred at a time, twenty
times a page at most: such a page may be short, even empty, and its cursor goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from heapq import merge
from itertools import groupby, islice
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, Protocol, TypeVar

from chalicelib.domain.alerts import ALERT_STATUSES, Alert, alert_id
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.roster import CurrentRow, page_of
from chalicelib.domain.tasks import OpenTask
from chalicelib.services.known_clients import Managers, narrowed, seat_of
from chalicelib.tenancy import scope

if TYPE_CHECKING:
    from chalicelib.domain.tasks import Task
    from chalicelib.services.ports.alerts import AlertStore
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.tasks import TaskStore
    from chalicelib.services.ports.tenants import TenantStore
    from chalicelib.services.readable_rows import ReadableRows

CHUNK: Final = 100
QUERIES: Final = 20
"""Chunks that a page walks past at most."""

LISTED_A_PAGE: Final = 5
"""Chunks of an older build's alerts that a page adds to the lists on its way."""


class Listable(Protocol):
    """What alerts and tasks have in common."""

    @property
    def id(self) -> str: ...

    @property
    def status(self) -> str: ...

    @property
    def account_manager_id(self) -> str | None: ...


Row = TypeVar("Row", bound=Listable)
Several = Callable[[TenantId, Iterable[str]], Mapping[str, Row]]


class ListPage(NamedTuple, Generic[Row]):
    """A page, and the id before which the next one goes on (None: there is none).

    `total` is how many the whole list has, where that is known without walking past it.
    """

    items: list[Row]
    before: str | None
    total: int | None = None


class AlertLists:
    """Lists alerts and tasks."""

    def __init__(
        self, tenants: TenantStore, roster: Roster, rows: ReadableRows, alerts: AlertStore, tasks: TaskStore
    ) -> None:
        self._tenants, self._roster, self._readable = tenants, roster, rows
        self._alerts, self._tasks = alerts, tasks

    def alerts(
        self,
        tenant_id: TenantId,
        statuses: Collection[str] | None,
        managers: Managers,
        before: str | None,
        limit: int,
        client: RecordId | None = None,
    ) -> ListPage[Alert]:
        """Alerts of some statuses (None: any), of clients that have one of some account managers now (None: any).

        Of one client alone where it is named; raises NotFoundError for one that the caller does not have.
        """
        pages, managers = self._tenants.get(tenant_id).pages, narrowed(managers)
        if statuses is None or set(statuses) >= set(ALERT_STATUSES):
            if managers is None and client is None:
                return _page(list(islice(self._alerts.newest(tenant_id, before, limit + 1), limit + 1)), limit)
            statuses = ALERT_STATUSES
        resolved_alone = managers is None and client is None and set(statuses) == {"RESOLVED"}
        rows = [] if resolved_alone else self._rows(tenant_id, pages, managers, client)
        clients = None
        if managers is not None or client is not None:
            clients = {RecordId(row.client.id) for row in rows}
        live = _live(rows)

        def wanted(alert: Alert) -> bool:
            return alert.status in statuses and (clients is None or alert.client_id in clients)

        standing = [each for each in live if live[each] in statuses]
        known = sorted((each for each in standing if _precedes(each, before)), reverse=True)
        if "RESOLVED" not in statuses:
            page = _by_ids(self._alerts.several, tenant_id, iter(known), wanted, limit)
            return page._replace(total=len(standing))
        if clients is None and self._alerts.listed_down_to(tenant_id) == "":
            listed = merge(known, self._alerts.resolved(tenant_id, before, limit + 1), reverse=True)
            return _by_ids(self._alerts.several, tenant_id, (each for each, _ in groupby(listed)), wanted, limit)
        return self._walk(tenant_id, clients, wanted, before, limit)

    def tasks(
        self,
        tenant_id: TenantId,
        statuses: Collection[str] | None,
        managers: Managers,
        before: str | None,
        limit: int,
        client: RecordId | None = None,
    ) -> ListPage[Task]:
        """Tasks of some statuses (None: any), of some account managers (None: any).

        These have the tasks that were given to them, and of those that were given to nobody their clients' of now. Of
        one client alone, whosever they are, where it is named; raises NotFoundError for one that the caller does not
        have. Who has the clients of one account manager alone sees tasks of those, and no others.
        """
        pages, owner = self._tenants.get(tenant_id).pages, dict[str, str | None]()
        if client is not None:
            seat_of(self._roster, tenant_id, client)
        elif managers is not None or scope() is not None:
            owner = {row.client.id: row.client.account_manager_id for row in self._rows(tenant_id, pages, None)}

        def belongs(task: OpenTask) -> bool:
            if client is not None:
                return task.client_id == client
            if scope() is not None and task.client_id not in owner:
                return False
            return managers is None or task.manager(owner) in managers

        def wanted(task: Task) -> bool:
            return (statuses is None or task.status in statuses) and belongs(task.as_open)

        if statuses is not None and set(statuses) == {"OPEN"}:
            standing = [each.id for each in self._open(tenant_id, client) if belongs(each)]
            known = sorted((each for each in standing if _precedes(each, before)), reverse=True)
            page = _by_ids(self._tasks.several, tenant_id, iter(known), wanted, limit)
            return page._replace(total=len(standing))
        found: list[Task] = []
        for _ in range(QUERIES):
            chunk = list(islice(self._tasks.newest(tenant_id, before, CHUNK), CHUNK))
            found += filter(wanted, chunk)
            if len(found) > limit or len(chunk) < CHUNK:
                return _page(found, limit)
            before = chunk[-1].id
        return ListPage(found, before)

    def _open(self, tenant: TenantId, client: RecordId | None) -> list[OpenTask]:
        if client is None:
            return self._tasks.open_tasks(tenant)
        own = self._tasks.open_of(tenant, client)
        return [] if own is None else [OpenTask(own, client)]

    def _rows(
        self, tenant: TenantId, pages: int, managers: Managers, client: RecordId | None = None
    ) -> list[CurrentRow]:
        """The rows of clients of some account managers, or the one of a client."""
        if client is None:
            return self._readable.of(tenant, range(pages), managers)
        page = page_of(seat_of(self._roster, tenant, client).number)
        return [row for row in self._readable.of(tenant, [page], managers) if row.client.id == client]

    def _walk(
        self,
        tenant: TenantId,
        clients: Collection[RecordId] | None,
        wanted: Callable[[Alert], bool],
        before: str | None,
        limit: int,
    ) -> ListPage[Alert]:
        """Walks past alerts, and goes over to the lists of few clients once they promise to take fewer queries."""
        down_to, found = self._alerts.listed_down_to(tenant), list[Alert]()
        for walked in range(1, QUERIES + 1):
            chunk = list(islice(self._alerts.newest(tenant, before, CHUNK), CHUNK))
            end = len(chunk) < CHUNK
            if walked <= LISTED_A_PAGE and _adjoins(before, chunk, down_to):
                down_to = "" if end else chunk[-1].id
                self._alerts.list_all(tenant, chunk, down_to)
            found += filter(wanted, chunk)
            if len(found) > limit or end:
                return _page(found, limit)
            before = chunk[-1].id
            left = limit + 1 - len(found)
            if clients is not None and down_to == "" and len(clients) <= min(QUERIES, _ahead(left, len(found), walked)):
                lists = [self._alerts.of_client(tenant, client, before, left) for client in sorted(clients)]
                rest = _by_ids(self._alerts.several, tenant, merge(*lists, reverse=True), wanted, left - 1)
                return ListPage([*found, *rest.items], rest.before)
        return ListPage(found, before)


def _live(rows: Iterable[CurrentRow]) -> dict[str, str]:
    """The alerts that are not resolved, with their statuses."""
    return {
        alert_id(held.as_of, row.client.id, held.model): "ACKNOWLEDGED" if held.acknowledged else "OPEN"
        for row in rows
        for held in row.alerts.open_alerts
    }


def _precedes(each: str, before: str | None) -> bool:
    return before is None or each < before


def _adjoins(before: str | None, chunk: list[Alert], down_to: str | None) -> bool:
    """Whether a walked chunk is the next that the lists do not hold."""
    if down_to is None:
        return before is None
    reaches = not chunk or len(chunk) < CHUNK or chunk[-1].id < down_to
    return down_to != "" and reaches and (before is None or before >= down_to)


def _ahead(left: int, found: int, walked: int) -> int:
    """How many chunks are still to be walked past for so many rows, as far as can be told from those that were."""
    return QUERIES if found == 0 else -(-left * walked // found)


def _by_ids(
    several: Several[Row], tenant: TenantId, ids: Iterator[str], wanted: Callable[[Row], bool], limit: int
) -> ListPage[Row]:
    """The wanted ones of some ids that come newest first; one that changed since it was listed is left out."""
    found: list[Row] = []
    before = None
    for _ in range(QUERIES):
        batch = list(islice(ids, limit + 1 - len(found)))
        if not batch:
            return _page(found, limit)
        held, before = several(tenant, batch), batch[-1]
        found += [held[each] for each in batch if each in held and wanted(held[each])]
        if len(found) > limit:
            return _page(found, limit)
    return ListPage(found, before)


def _page(found: list[Row], limit: int) -> ListPage[Row]:
    """A page of what is there, of which one row more than the page's was looked for."""
    return ListPage(found[:limit], found[limit - 1].id if len(found) > limit else None)
