"""Taking away what is held of one client, item by item."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.alerts import DynamoAlertStore
from chalicelib.adapters.dynamodb.directory import DynamoTicketDirectory
from chalicelib.adapters.dynamodb.page_codec import decode_snapshot, encode_snapshot
from chalicelib.adapters.dynamodb.runs import DynamoRunStore
from chalicelib.adapters.dynamodb.scores import DynamoScoreStore
from chalicelib.adapters.dynamodb.table import Action, ConditionFailedError, key_of
from chalicelib.adapters.dynamodb.tasks import DynamoTaskStore
from chalicelib.domain.erasure import Held
from chalicelib.domain.facts import Instant
from chalicelib.domain.roster import CurrentPage, page_of
from chalicelib.domain.times import FIRST_DAY, LAST_DAY, LAST_INSTANT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from chalicelib.adapters.dynamodb.table import Item, Table
    from chalicelib.domain.ids import RecordId, TenantId

CHUNK: Final = 100
DELETED_AT_ONCE: Final = 100

Unit = TypeVar("Unit")
Result = TypeVar("Result")


class DynamoErasureStore:
    """`ErasureStore` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def erase(self, held: Held, tenant: TenantId, client: RecordId, seat: int, *, dry_run: bool = False) -> int:
        return STEPS[held](_OneClient(self._table, tenant, client, seat, dry_run=dry_run))

    def forget(self, tenant: TenantId, client: RecordId) -> None:
        self._table.delete(keys.directory(tenant, client))


class _OneClient:
    """What is held of one client, each kind with its own way out; each way tells how many items it changed."""

    def __init__(self, table: Table, tenant: TenantId, client: RecordId, seat: int, *, dry_run: bool) -> None:
        self._table, self._tenant, self._client, self._seat = table, tenant, client, seat
        self._page, self._dry_run = page_of(seat), dry_run

    def records(self) -> int:
        return self._delete(keys.client_items(self._tenant, self._page, self._client))

    def journal(self) -> int:
        return self._delete(keys.journal_span(self._tenant, self._page, self._client))

    def ticket_ids(self) -> int:
        """What leads to the client's tickets; what still waits to be settled finds nothing."""
        return DynamoTicketDirectory(self._table).forget_seat(self._tenant, self._seat, dry_run=self._dry_run)

    def calculations(self) -> int:
        return self._delete(keys.calculations(self._tenant, self._page, self._client, Instant(0), LAST_INSTANT))

    def _delete(self, span: keys.Span) -> int:
        if self._dry_run:
            return sum(1 for _ in self._table.query(span))
        return delete_span(self._table, span)

    def _delete_keys(self, places: list[keys.Key]) -> int:
        if not self._dry_run:
            each_alone(self._table.delete, places)
        return len(places)

    def current_rows(self) -> int:
        scores = DynamoScoreStore(self._table)
        held = scores.current_pages(self._tenant, [self._page])[self._page]
        while self._seat in held.rows and not self._dry_run:
            rest = {seat: row for seat, row in held.rows.items() if seat != self._seat}
            if not rest:
                return self._delete_keys([keys.current(self._tenant, self._page)])
            standing = scores.put_current(self._tenant, self._page, CurrentPage(rest, held.version + 1))
            if standing is None:
                return 1
            held = standing
        return int(self._seat in held.rows)

    def snapshots(self) -> int:
        span = keys.snapshots(self._tenant, self._page, FIRST_DAY, LAST_DAY)
        return sum(each_alone(self._snapshot, self._table.query(span, consistent=True)))

    def _snapshot(self, item: Item) -> bool:
        """Takes the client out of a date's snapshot; whether it was in it."""
        snapshot = decode_snapshot(item["d"])
        if self._seat not in snapshot.scores:
            return False
        rest = {seat: scores for seat, scores in snapshot.scores.items() if seat != self._seat}
        if not self._dry_run:
            rewritten = {**item, "d": encode_snapshot(replace(snapshot, scores=rest))}
            try:
                self._table.put(key_of(item), rewritten, condition="d = :before", before=item["d"])
            except ConditionFailedError as error:
                if error.item is None or error.item["d"] != rewritten["d"]:  # else its acknowledgement got lost
                    raise
        return True

    def summary(self) -> int:
        """A summary that names the client goes; the next night writes it again."""
        summary = DynamoRunStore(self._table).summary(self._tenant)
        named = summary is not None and any(
            each.client_id == self._client for model in summary.models.values() for each in model.declining
        )
        return self._delete_keys([keys.summary(self._tenant)] if named else [])

    def digests(self) -> int:
        """Digests that were sent and wait for their night's end; none of this client's is still to be sent."""
        outbox = DynamoAlertStore(self._table).outbox(self._tenant)
        naming = [digest for digest in outbox.digests if any(a.client_id == self._client for a in digest.alerts)]
        return self._delete_keys([keys.digest(self._tenant, digest.id) for digest in naming])

    def alerts(self) -> int:
        """Its alerts, and before them what lists them."""
        alerts = DynamoAlertStore(self._table).newest(self._tenant, None, CHUNK)
        held = [alert.id for alert in alerts if alert.client_id == self._client]
        listed = sum(1 for _ in self._table.query(keys.client_alerts(self._tenant, self._client), consistent=True))

        def erase(alert_id: str) -> None:
            self._table.delete(keys.resolved_alert(self._tenant, alert_id))
            self._table.delete(keys.client_alert(self._tenant, self._client, alert_id))
            self._table.delete(keys.alert(self._tenant, alert_id))

        if not self._dry_run:
            each_alone(erase, held)
            self._delete(keys.client_alerts(self._tenant, self._client))
        return listed + len(held)

    def aliases(self) -> int:
        """What it is called in other systems, and after that what lists it: a pass that died finds it again."""
        span = keys.client_aliases(self._tenant, self._client)
        listed = [keys.listed_alias(self._tenant, item["sk"]) for item in self._table.query(span, consistent=True)]
        return self._delete_keys(listed) + self._delete(span)

    def tasks(self) -> int:
        """Its tasks, and first what says which of them is open."""
        stored = DynamoTaskStore(self._table).newest(self._tenant, None, CHUNK)
        tasks = [keys.task(self._tenant, task.id) for task in stored if task.client_id == self._client]
        pointer = keys.open_task(self._tenant, self._client)
        for start in () if self._dry_run else range(0, len(tasks), DELETED_AT_ONCE - 1):
            some = tasks[start : start + DELETED_AT_ONCE - 1]
            self._table.transact([Action(place) for place in (pointer, *some)])
        return len(tasks)

    def aside(self) -> int:
        """The note that it could not be computed."""
        place = keys.client_aside(self._tenant, self._client)
        return self._delete_keys([place] if self._table.get(place, consistent=True) is not None else [])

    def requests(self) -> int:
        held = self._table.query(keys.idempotency_records(self._tenant))
        return self._delete_keys([key_of(item) for item in held if item.get("client") == self._client])


STEPS: Final[Mapping[Held, Callable[[_OneClient], int]]] = {
    Held.RECORDS: _OneClient.records,
    Held.JOURNAL: _OneClient.journal,
    Held.TICKET_IDS: _OneClient.ticket_ids,
    Held.CALCULATIONS: _OneClient.calculations,
    Held.CURRENT_ROWS: _OneClient.current_rows,
    Held.SNAPSHOTS: _OneClient.snapshots,
    Held.SUMMARY: _OneClient.summary,
    Held.DIGESTS: _OneClient.digests,
    Held.ALERTS: _OneClient.alerts,
    Held.ALIASES: _OneClient.aliases,
    Held.TASKS: _OneClient.tasks,
    Held.REQUESTS: _OneClient.requests,
    Held.ASIDE: _OneClient.aside,
}


def delete_span(table: Table, span: keys.Span, *, keep: frozenset[str] = frozenset()) -> int:
    """Deletes the items of a span but for some sort keys; how many they were."""
    places = (key_of(item) for item in table.query(span, consistent=True) if item["sk"] not in keep)
    groups = iter(lambda: list(islice(places, DELETED_AT_ONCE)), [])
    return sum(each_alone(partial(_delete_together, table), groups))


def _delete_together(table: Table, places: list[keys.Key]) -> int:
    """Deletes items at once, or where that fails one by one."""
    try:
        table.transact([Action(place) for place in places])
    except Exception:
        each_alone(table.delete, places)
    return len(places)


def each_alone(work: Callable[[Unit], Result], units: Iterable[Unit]) -> list[Result]:
    """What work on each unit comes to. Raises what failed first, when all others are done."""
    found, errors = [], []
    for unit in units:
        try:
            found.append(work(unit))
        except Exception as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return found
