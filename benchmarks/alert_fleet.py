"""What a page of alerts costs where there are many: ``python -m benchmarks.alert_fleet ALERTS``; prints JSON.

A thousand clients, of which one in ten has an open alert and one in twenty an acknowledged one; all others are
resolved. It runs against any build whose tree is its working folder.
"""

import json
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

from moto.dynamodb.models.table import Table as MotoTable

from benchmarks.emulator import put_item, spare_the_collector
from benchmarks.loading import direct_puts, take
from benchmarks.stack import TABLE, TENANT, Stack, get, started
from benchmarks.workload import ACCOUNT_MANAGERS, AS_OF, NIGHT, b1_records
from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import encode
from chalicelib.domain.alerts import Alert, OpenAlert, Reason, alert_id
from chalicelib.domain.facts import Instant
from chalicelib.tenancy import bound_to

try:
    from chalicelib.domain.outbox import AlertWrites
    from chalicelib.domain.roster import CurrentPage
except ImportError:  # an earlier build
    from chalicelib.services.ports import AlertWrites, CurrentPage  # type: ignore[attr-defined, no-redef]

CLIENTS: Final = 1000
OPEN_EACH, ACKNOWLEDGED_EACH = 10, 20
STATUSES: Final = ("OPEN", "ACKNOWLEDGED", "RESOLVED")


def count(alerts: int) -> dict[str, dict[str, float]]:
    """Rows, calls and read units of the first page of each list."""
    with started() as stack:
        take(stack, list(b1_records(CLIENTS, as_of=AS_OF))[: ACCOUNT_MANAGERS + CLIENTS])
        stack.night()
        stack.forget_refreshes()
        _fill(stack, alerts)
        lists: dict[str, dict[str, str]] = {status: {"status": status} for status in STATUSES}
        lists |= {f"{status}, one manager": {"status": status, "account_manager_id": "am-1"} for status in STATUSES}
        with short_queries():
            return {name: _page(stack, query) for name, query in lists.items()}


def _fill(stack: Stack, alerts: int) -> None:
    """Alerts of many nights, the newest of some clients still open: stored by the service's own way, unopposed."""
    each = alerts // CLIENTS
    stores: Any = getattr(stack, "adapters", stack.app)  # an earlier build's application shows them itself
    with bound_to(TENANT), direct_puts():
        for page in range(stores.tenants.get(TENANT).pages):
            held = stores.scores.current_pages(TENANT, [page])[page]
            rows, raised = {}, []
            for seat, row in held.rows.items():
                status = _status(seat)
                own = [_alert(row, NIGHT - 7 * 86_400 * age, "RESOLVED" if age else status) for age in range(each)]
                raised += own
                live = (
                    ()
                    if status == "RESOLVED"
                    else (OpenAlert(Instant(NIGHT), "deduction", (), status == "ACKNOWLEDGED"),)
                )
                rows[seat] = row._replace(alerts=row.alerts._replace(open_alerts=live))
            writes = AlertWrites(tuple(raised), (), (), None, Instant(NIGHT))
            assert stores.scores.put_current(TENANT, page, CurrentPage(rows, held.version + 1), writes) is None
            _list(raised)
    for item in stack.peek.partition(TABLE, keys.outbox_partition(TENANT)):
        stack.dynamodb.delete_item(TableName=TABLE, Key={"pk": item["pk"], "sk": item["sk"]})


def _status(seat: int) -> str:
    if seat % OPEN_EACH == 0:
        return "OPEN"
    return "ACKNOWLEDGED" if seat % ACKNOWLEDGED_EACH == 1 else "RESOLVED"


def _alert(row: Any, as_of: int, status: str) -> Alert:
    client = row.client
    name, told = alert_id(Instant(as_of), client.id, "deduction"), "The score fell to 35: 12 tickets are open."
    reasons = (Reason("threshold", threshold=60),)
    manager = client.account_manager_id
    first = (name, client.id, client.name, manager, "deduction", 35, 62, "CRITICAL", reasons, told, as_of)
    held: Alert = Alert._make((*first, *Alert._field_defaults.values()))
    return held._replace(status=status)


def _list(raised: list[Alert]) -> None:
    """What a build that keeps lists of resolved alerts has noted of them, and that it has noted all."""
    if not hasattr(keys, "resolved_alert"):
        return
    for alert in raised:
        if alert.status == "RESOLVED":
            put_item(TABLE, encode({**keys.resolved_alert(TENANT, alert.id)._asdict()}))
    put_item(TABLE, encode({**keys.alert_lists(TENANT)._asdict(), "down_to": ""}))


def _page(stack: Stack, query: dict[str, str]) -> dict[str, float]:
    with stack.meter.counting() as cost:
        answer = get("/v1/alerts", "reports.read", query)
    return {"rows": len(answer["items"]), "calls": cost.call_count, "read units": cost.read}


@contextmanager
def short_queries() -> Iterator[None]:
    """Queries with a limit look at no more items than that; nothing may be written within.

    The emulator's own way is to sort the whole span for each, which a walk over 100,000 alerts does 2,000 times.
    """
    whole = MotoTable.query
    known: dict[str, list[str]] = {}

    def query(
        table: MotoTable,
        partition: Any,
        comparison: Any,
        bounds: Any,
        limit: int,
        start: Any,
        forward: Any,
        *more: Any,
        **options: Any,
    ) -> Any:
        if comparison == "BETWEEN" and limit:
            names = known.get(partition.value) or sorted(key.value for key in table.items.get(partition, ()))
            known[partition.value] = names
            first, last = bisect_left(names, bounds[0].value), bisect_right(names, bounds[1].value)
            place = bisect_left(names, start["sk"]["S"]) if start else None
            if forward:
                first = first if place is None else place
                last = min(last, first + limit + 2)
            else:
                last = last if place is None else place + 1
                first = max(first, last - limit - 2)
            if first < last:
                kind = type(bounds[0])
                bounds = [kind({"S": names[first]}), kind({"S": names[last - 1]})]
        return whole(table, partition, comparison, bounds, limit, start, forward, *more, **options)

    with patch.object(MotoTable, "query", query):
        yield


if __name__ == "__main__":
    spare_the_collector()
    print(json.dumps(count(int(sys.argv[1]))))
