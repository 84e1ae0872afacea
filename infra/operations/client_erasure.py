"""Erasure: everything that is held of one client goes, also out of what it shares with others.

The directory goes last: until then the client can be found, and an erasure that died goes on from where it was. Facts
go before scores, so that nothing computes them again in between; passes are made until one finds nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.alerts import DynamoAlertStore
from chalicelib.adapters.dynamodb.directory import DynamoTicketDirectory
from chalicelib.adapters.dynamodb.page_codec import decode_snapshot, encode_snapshot
from chalicelib.adapters.dynamodb.roster import DynamoRoster
from chalicelib.adapters.dynamodb.runs import DynamoRunStore
from chalicelib.adapters.dynamodb.scores import DynamoScoreStore
from chalicelib.adapters.dynamodb.table import Action, Table
from chalicelib.adapters.dynamodb.tasks import DynamoTaskStore
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.roster import CurrentPage, page_of
from chalicelib.domain.times import FIRST_DAY, LAST_DAY, LAST_INSTANT, day_of_instant
from chalicelib.services.client_export import CHUNK
from chalicelib.services.sweep import LATE_RUN_SECONDS
from infra.operations.errors import OperationError
from infra.operations.site import Site
from infra.operations.tenant_table import delete_span, known_tenant, taken, tenant_table

Tell = Callable[[str], object]

PASSES: Final = 5
RUN_DAYS: Final = 3
"""How far back a run may still be under way."""


def erase_client(
    site: Site, tenant: TenantId, client: RecordId, tell: Tell, now: Instant, *, dry_run: bool = False
) -> int:
    """Erase everything held of a client; answers how many items were deleted or rewritten (dry run: would be).

    Repeat it at will: it goes on where it stopped, and finds nothing the second time. It refuses while a night runs or
    alerts of the client wait to be sent. The tenant's figures by date are counts without names, and stay.
    """
    with tenant_table(site, tenant) as table:
        known_tenant(table, tenant)
        found = DynamoRoster(table).seats(tenant, [client]).get(client)
        if found is None:
            tell(f"nothing is held of {client}")
            return 0
        erasure = _Erasure(table, tenant, client, found.number, tell, dry_run=dry_run)
        erasure.refuse_if_busy(now)
        total = 0
        for _ in range(1 if dry_run else PASSES):
            changed = erasure.erase_once()
            total += changed
            if not changed or dry_run:
                break
        else:
            raise OperationError(f"something keeps writing about {client}: stop what sends its records, then repeat")
        if not dry_run:
            table.delete(keys.directory(tenant, client))
        return total + 1


class _Erasure:
    def __init__(
        self, table: Table, tenant: TenantId, client: RecordId, seat: int, tell: Tell, *, dry_run: bool
    ) -> None:
        self._table, self._tenant, self._client, self._seat = table, tenant, client, seat
        self._page, self._tell, self._dry_run = page_of(seat), tell, dry_run

    def refuse_if_busy(self, now: Instant) -> None:
        """A worker that has read the client's facts would write its scores after they were erased.

        A night that is late because another page fails is no reason: this one's is done.
        """
        today = day_of_instant(now)
        runs = DynamoRunStore(self._table).recent(self._tenant, today - RUN_DAYS, today + 1)
        under_way = [run for run in runs if not run.complete]
        if any(self._page in run.missing or now - run.as_of < LATE_RUN_SECONDS for run in under_way):
            raise OperationError("a night of this tenant is not complete: repeat this when it is (see replay)")
        outbox = DynamoAlertStore(self._table).outbox(self._tenant)
        if any(entry.alert.client_id == self._client for entry in outbox.entries):
            raise OperationError("alerts of this client are about to be sent: repeat this in half an hour")

    def erase_once(self) -> int:
        """One pass; answers how many items it changed."""
        steps = (
            ("records", self._facts),
            ("journal", self._journal),
            ("leaves of ticket ids", self._ticket_ids),
            ("calculations", self._calculations),
            ("current rows", self._rows),
            ("snapshots", self._snapshots),
            ("fleet summary", self._summary),
            ("digests", self._digests),
            ("alerts", self._alerts),
            ("aliases", self._aliases),
            ("tasks", self._tasks),
            ("idempotency keys", self._requests),
            ("put aside", self._aside),
        )
        return taken(steps, self._tell)

    def _facts(self) -> int:
        return self._delete(keys.client_items(self._tenant, self._page, self._client))

    def _journal(self) -> int:
        return self._delete(keys.journal_span(self._tenant, self._page, self._client))

    def _ticket_ids(self) -> int:
        """What leads to the client's tickets; what still waits to be settled finds nothing."""
        return DynamoTicketDirectory(self._table).forget_seat(self._tenant, self._seat, dry_run=self._dry_run)

    def _calculations(self) -> int:
        return self._delete(keys.calculations(self._tenant, self._page, self._client, Instant(0), LAST_INSTANT))

    def _delete(self, span: keys.Span) -> int:
        if self._dry_run:
            return sum(1 for _ in self._table.query(span))
        return delete_span(self._table, span)

    def _delete_keys(self, places: list[keys.Key]) -> int:
        for place in places:
            if not self._dry_run:
                self._table.delete(place)
        return len(places)

    def _rows(self) -> int:
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

    def _snapshots(self) -> int:
        changed = 0
        for item in self._table.query(keys.snapshots(self._tenant, self._page, FIRST_DAY, LAST_DAY), consistent=True):
            snapshot = decode_snapshot(item["d"])
            if self._seat not in snapshot.scores:
                continue
            rest = {seat: scores for seat, scores in snapshot.scores.items() if seat != self._seat}
            if not self._dry_run:
                place = keys.Key(item["pk"], item["sk"])
                rewritten = {**item, "d": encode_snapshot(replace(snapshot, scores=rest))}
                self._table.put(place, rewritten, condition="d = :before", before=item["d"])
            changed += 1
        return changed

    def _summary(self) -> int:
        """A summary that names the client goes; the next night writes it anew."""
        summary = DynamoRunStore(self._table).summary(self._tenant)
        named = summary is not None and any(
            each.client_id == self._client for model in summary.models.values() for each in model.declining
        )
        return self._delete_keys([keys.summary(self._tenant)] if named else [])

    def _digests(self) -> int:
        """Digests that were sent and wait for their night's end; none of this client's is still to be sent."""
        outbox = DynamoAlertStore(self._table).outbox(self._tenant)
        naming = [digest for digest in outbox.digests if any(a.client_id == self._client for a in digest.alerts)]
        return self._delete_keys([keys.digest(self._tenant, digest.id) for digest in naming])

    def _alerts(self) -> int:
        """Its alerts, and before them what lists them."""
        alerts = DynamoAlertStore(self._table).newest(self._tenant, None, CHUNK)
        held = [alert.id for alert in alerts if alert.client_id == self._client]
        if not self._dry_run:
            for alert_id in held:
                self._table.delete(keys.resolved_alert(self._tenant, alert_id))
        listed = self._delete(keys.client_alerts(self._tenant, self._client))
        return listed + self._delete_keys([keys.alert(self._tenant, alert_id) for alert_id in held])

    def _aliases(self) -> int:
        """What it is called in other systems, and after that what lists it: a pass that died finds it again."""
        span = keys.client_aliases(self._tenant, self._client)
        listed = [keys.listed_alias(self._tenant, item["sk"]) for item in self._table.query(span, consistent=True)]
        return self._delete_keys(listed) + self._delete(span)

    def _tasks(self) -> int:
        """Its tasks, and first what says which of them is open."""
        stored = DynamoTaskStore(self._table).newest(self._tenant, None, CHUNK)
        tasks = [task for task in stored if task.client_id == self._client]
        pointer = keys.open_task(self._tenant, self._client)
        if tasks and not self._dry_run:
            self._table.transact([Action(pointer), *(Action(keys.task(self._tenant, task.id)) for task in tasks[:99])])
        return len(tasks)

    def _aside(self) -> int:
        """The note that it could not be computed."""
        place = keys.client_aside(self._tenant, self._client)
        return self._delete_keys([place] if self._table.get(place, consistent=True) is not None else [])

    def _requests(self) -> int:
        held = self._table.query(keys.idempotency_records(self._tenant))
        return self._delete_keys(
            [keys.Key(item["pk"], item["sk"]) for item in held if item.get("client") == self._client]
        )
