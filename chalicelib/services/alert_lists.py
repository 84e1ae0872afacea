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
from chalicelib.domain.roster import CurrentRow

if TYPE_CHECKING:
    from chalicelib.domain.tasks import Task
    from chalicelib.services.ports.alerts import AlertStore
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
    """A page, and the id before which the next one goes on (None: there is none)."""

    items: list[Row]
    before: str | None


class AlertLists:
    """Lists alerts and tasks."""

    def __init__(self, tenants: TenantStore, rows: ReadableRows, alerts: AlertStore, tasks: TaskStore) -> None:
        self._tenants, self._rows, self._alerts, self._tasks = tenants, rows, alerts, tasks

    def alerts(
        self,
        tenant_id: TenantId,
        statuses: Collection[str] | None,
        managers: Collection[RecordId] | None,
        before: str | None,
        limit: int,
    ) -> ListPage[Alert]:
        """Alerts of some statuses (None: any) of clients that have one of some account managers now (None: any)."""
        pages = self._tenants.get(tenant_id).pages
        if statuses is None or set(statuses) >= set(ALERT_STATUSES):
            if managers is None:
                return _page(list(islice(self._alerts.newest(tenant_id, before, limit + 1), limit + 1)), limit)
            statuses = ALERT_STATUSES
        rows = [] if managers is None and set(statuses) == {"RESOLVED"} else self._rows.of(tenant_id, pages)
        clients = None
        if managers is not None:
            rows = [row for row in rows if row.client.account_manager_id in managers]
            clients = {RecordId(row.client.id) for row in rows}
        live = _live(rows)

        def wanted(alert: Alert) -> bool:
            return alert.status in statuses and (clients is None or alert.client_id in clients)

        known = sorted((each for each in live if live[each] in statuses and _precedes(each, before)), reverse=True)
        if "RESOLVED" not in statuses:
            return _by_ids(self._alerts.several, tenant_id, iter(known), wanted, limit)
        if clients is None and self._alerts.listed_down_to(tenant_id) == "":
            listed = merge(known, self._alerts.resolved(tenant_id, before, limit + 1), reverse=True)
            return _by_ids(self._alerts.several, tenant_id, (each for each, _ in groupby(listed)), wanted, limit)
        return self._walk(tenant_id, clients, wanted, before, limit)

    def tasks(
        self,
        tenant_id: TenantId,
        statuses: Collection[str] | None,
        managers: Collection[RecordId] | None,
        before: str | None,
        limit: int,
    ) -> ListPage[Task]:
        """Tasks of some statuses (None: any) that were given to one of some account managers (None: any)."""
        self._tenants.get(tenant_id)

        def wanted(task: Task) -> bool:
            return (statuses is None or task.status in statuses) and (
                managers is None or task.account_manager_id in managers
            )

        if statuses is not None and set(statuses) == {"OPEN"}:
            known = sorted((each for each in self._tasks.open_ids(tenant_id) if _precedes(each, before)), reverse=True)
            return _by_ids(self._tasks.several, tenant_id, iter(known), wanted, limit)
        found: list[Task] = []
        for _ in range(QUERIES):
            chunk = list(islice(self._tasks.newest(tenant_id, before, CHUNK), CHUNK))
            found += filter(wanted, chunk)
            if len(found) > limit or len(chunk) < CHUNK:
                return _page(found, limit)
            before = chunk[-1].id
        return ListPage(found, before)

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
