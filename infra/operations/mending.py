"""Mending a tenant for which something of the future was stored, by a build or a clock that let it.

Snapshots never change, rows never go back and a night is scored once: what is dated ahead of the clock would stand in
the way until that day. This is the one exception. What sets anything off goes first (outbox, due marks), then what is
shown, the runs last: whoever repeats it after a crash finds what is left, and a pass that finds nothing is the last.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from itertools import takewhile
from typing import Any, Final

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.alerts import DynamoAlertStore
from chalicelib.adapters.dynamodb.due import DynamoDueMarkStore
from chalicelib.adapters.dynamodb.page_codec import decode_snapshot
from chalicelib.adapters.dynamodb.roster import DynamoRoster
from chalicelib.adapters.dynamodb.runs import DynamoRunStore
from chalicelib.adapters.dynamodb.scores import DynamoScoreStore
from chalicelib.adapters.dynamodb.table import Action, ConditionFailedError, Item, Table, key_of
from chalicelib.adapters.dynamodb.tasks import DynamoTaskStore
from chalicelib.domain.alerts import Alert, AlertState, Rule, RuleState
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.moment import AHEAD_SECONDS, local_day
from chalicelib.domain.roster import CurrentPage, CurrentRow
from chalicelib.domain.run import WHOLE_PAGE
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.times import LAST_DAY
from chalicelib.domain.velocity import Velocity
from infra.operations.alone import Alone
from infra.operations.errors import OperationError
from infra.operations.site import Site
from infra.operations.tenant_table import known_tenant, refresh_request, tenant_table

Tell = Callable[[str], object]
LastFired = Mapping[tuple[str, Rule], Instant]
"""When each rule of a client last fired."""

PASSES: Final = 5
CHUNK: Final = 100
AT_NO_TIME: Final = Instant(0)
"""The `as_of` of a row that knows nothing: any refresh and any night replaces it."""


def mend_future(site: Site, tenant: TenantId, tell: Tell, now: Instant, *, dry_run: bool = False) -> int:
    """Take away what is dated more than five minutes ahead of the clock, and have all rows computed again.

    Returns how many items were deleted or rewritten (dry run: would be). Everything else stays as it is. Repeat it at
    will: it goes on where it stopped, and finds nothing the second time.
    """
    shared = Table(site.tables, site.outputs["TableName"])
    with tenant_table(site, tenant) as table:
        held = known_tenant(table, tenant)
        looking = _Mending(table=table, shared=shared, tenant=held, now=now, alone=Alone(tell), tell=tell, dry_run=True)
        found = looking.mend_once()
        if dry_run or not (found or looking.waits_for_refresh()):
            looking.alone.end()
            return found
        refresh = refresh_request(site, table, tenant, now)
        refresh.add(dict.fromkeys(range(held.pages), WHOLE_PAGE))
        alone = Alone(tell)
        passes = (
            _Mending(table=table, shared=shared, tenant=held, now=now, alone=alone).mend_once() for _ in range(PASSES)
        )
        changed = list(takewhile(bool, passes))
        if len(changed) == PASSES:
            raise OperationError("something keeps writing ahead of the clock: deploy this version, then repeat")
        refresh.send()
        alone.end()
        return sum(changed)


def put_back(client: str, state: AlertState, until: Instant, last_fired: Callable[[], LastFired]) -> AlertState:
    """A client's alert state without what came later than an instant; the next evaluation goes on from it.

    A rule that fired later fired before that when `last_fired` says, and is fired still if an alert of then is open for
    it. An alert that resolved later stays resolved, with its rule armed: what holds now is told again.
    """
    open_alerts = tuple(alert for alert in state.open_alerts if alert.as_of <= until)
    pending = {rule for alert in open_alerts for rule in alert.pending}

    def rule_before(rule: Rule, held: RuleState) -> RuleState:
        if held.last_fired is None or held.last_fired <= until:
            return held
        return RuleState(rule in pending, last_fired().get((client, rule)))

    evaluated = state.evaluated_as_of
    return state._replace(
        evaluated_as_of=None if evaluated is not None and evaluated > until else evaluated,
        threshold=rule_before("threshold", state.threshold),
        velocity=rule_before("velocity", state.velocity),
        open_alerts=open_alerts,
    )


def _passed_over(page: int, error: Exception) -> None:
    """A pass has told it."""
    del page, error


def _nobody(text: str) -> None:
    """The dry pass has told it."""
    del text


class _Mending:
    """One pass over a tenant; `until` is the last instant that is not of the future."""

    def __init__(
        self,
        table: Table,
        shared: Table,
        tenant: Tenant,
        now: Instant,
        alone: Alone,
        tell: Tell = _nobody,
        *,
        dry_run: bool = False,
    ) -> None:
        """`shared`: the table for what no tenant owns."""
        self._table, self._shared, self._tenant, self._pages = table, shared, tenant.id, range(tenant.pages)
        self._now, self._until = now, now + AHEAD_SECONDS
        self._today = local_day(self._until, tenant.zone)
        self.alone, self._tell, self._dry_run = alone, tell, dry_run
        self._alerts, self._runs = DynamoAlertStore(table), DynamoRunStore(table)

    def mend_once(self) -> int:
        """Returns how many items it changed; what fails is noted in `alone`, and keeps nothing else."""
        self.alone.failed.clear()
        steps = {
            "outbox": self._outbox,
            "due marks": self._due_marks,
            "refresh marks": self._refresh_marks,
            "pages of current rows": self._rows,
            "tasks": self._tasks,
            "alerts": self._alerts_raised,
            "calculations": self._calculations,
            "snapshots": self._snapshots,
            "figures": self._figures,
            "fleet summary": self._summary,
            "runs": self._nights,
        }
        total = 0
        for name in steps:
            changed = sum(self.alone.each([name], lambda step: steps[step]()))
            total += changed
            if changed:
                self._tell(f"{name}: {changed}")
        return total

    def waits_for_refresh(self) -> bool:
        """Whether an earlier attempt put rows back that nobody has computed since."""
        pages = DynamoScoreStore(self._table).current_pages(self._tenant, self._pages, _passed_over).values()
        return any(row.as_of == AT_NO_TIME for page in pages for row in page.rows.values())

    def _delete(self, places: Iterable[keys.Key]) -> int:
        wanted = list(places)
        if self._dry_run:
            return len(wanted)
        return len(self.alone.each(wanted, self._table.delete))

    def _outbox(self) -> int:
        """Entries, also those put aside, and what a night of the future released or decided."""
        outbox = self._alerts.outbox(self._tenant)
        names = [*(entry.id for entry in outbox.entries), *outbox.damaged]
        places = [keys.outbox_item(self._tenant, name) for name in names if self._is_ahead(name)]
        places += [keys.aside(self._tenant, name) for name in self._alerts.aside(self._tenant) if self._is_ahead(name)]
        for digest in outbox.digests:
            if digest.run_date > self._today or any(alert.as_of > self._until for alert in digest.alerts):
                places.append(keys.digest(self._tenant, digest.id))
        for day, release in outbox.released.items():
            night = release.night
            if day > self._today if night is None else night > self._until:
                places.append(keys.release(self._tenant, day))
        return self._delete(places)

    def _is_ahead(self, name: str) -> bool:
        return keys.is_of_alert_after(name, self._until)

    def _due_marks(self) -> int:
        due = DynamoDueMarkStore(lambda: self._shared)
        marks = (mark for mark in due.marks(keys.registry_shard(self._tenant)) if mark.tenant == self._tenant)
        return self._delete(
            keys.due_mark(self._tenant, mark.night)
            for mark in list(marks)
            if mark.night is not None and mark.night > self._until
        )

    def _refresh_marks(self) -> int:
        """A refresh that was claimed ahead of the clock would compute for that moment again: it is marked again."""
        items = self._table.batch_get([keys.refresh_marks(self._tenant, page) for page in self._pages], consistent=True)
        changed = 0
        for key, item in items.items():
            claimed_at, since = item.get("claimed_at", 0), item.get("since", 0)
            if max(claimed_at, since) <= self._until:
                continue
            changed += 1
            if self._dry_run:
                continue
            if claimed_at > self._until:
                expression = "SET since = :now ADD marked :claimed REMOVE claimed, claimed_at"
                self._update_if(key, expression, "claimed_at = :seen", claimed_at, claimed=item["claimed"])
            else:
                self._update_if(key, "SET since = :now", "since = :seen", since)
        return changed

    def _update_if(self, key: keys.Key, expression: str, condition: str, seen: Instant, **values: Any) -> None:
        try:
            self._table.update(key, expression, condition=condition, seen=seen, now=self._now, **values)
        except ConditionFailedError:
            return  # the next pass looks again

    def _rows(self) -> int:
        return sum(self.alone.each(self._pages, self._rows_of))

    def _rows_of(self, page: int) -> bool:
        scores = DynamoScoreStore(self._table)
        held: CurrentPage | None = scores.current_pages(self._tenant, [page])[page]
        while held is not None:
            rows = {seat: self._row_before(row) for seat, row in held.rows.items()}
            if rows == held.rows:
                return False
            new = CurrentPage(rows, held.version + 1)
            held = None if self._dry_run else scores.put_current(self._tenant, page, new)
        return True

    def _row_before(self, row: CurrentRow) -> CurrentRow:
        """The row without the future: one that was computed for it shows nothing until the refresh."""
        state = put_back(row.client.id, row.alerts, self._until, lambda: self._last_fired)
        if row.as_of > self._until:
            nothing = Velocity(None)
            row = CurrentRow(
                client=row.client,
                as_of=AT_NO_TIME,
                stamp=row.stamp,
                evaluation=None,
                deduction_velocity=nothing,
                weighted_velocity=nothing,
            )
        return row._replace(alerts=state)

    @cached_property
    def _last_fired(self) -> LastFired:
        """By the alerts that are not of the future, read once and only where a rule fired in it."""
        found: dict[tuple[str, Rule], Instant] = {}
        for alert in self._alerts.newest(self._tenant, None, CHUNK):
            for reason in alert.reasons if alert.as_of <= self._until else ():
                found.setdefault((alert.client_id, reason.rule), alert.as_of)
        return found

    def _tasks(self) -> int:
        """Tasks of the alerts, and first what says that they are open."""
        newest = DynamoTaskStore(self._table).newest(self._tenant, None, CHUNK)
        ahead = {task.id: task for task in takewhile(lambda task: self._is_ahead(task.id), newest)}

        def take_back(task_id: str) -> None:
            pointer = keys.open_task(self._tenant, RecordId(ahead[task_id].client_id))
            held = self._table.get(pointer, consistent=True)
            places = [keys.task(self._tenant, task_id)]
            if held is not None and held["task"] == task_id:
                places.append(pointer)
            self._table.transact([Action(place) for place in places])

        return len(ahead) if self._dry_run else len(self.alone.each(ahead, take_back))

    def _alerts_raised(self) -> int:
        """Alerts: first the flag that the workflow set on the client, then what lists them, they themselves last."""
        newest = self._alerts.newest(self._tenant, None, CHUNK)
        ahead = {alert.id: alert for alert in takewhile(lambda alert: alert.as_of > self._until, newest)}

        def take_back(alert_id: str) -> None:
            self._unflag(ahead[alert_id])
            client = RecordId(ahead[alert_id].client_id)
            self._table.delete(keys.resolved_alert(self._tenant, alert_id))
            self._table.delete(keys.client_alert(self._tenant, client, alert_id))
            self._table.delete(keys.alert(self._tenant, alert_id))

        return len(ahead) if self._dry_run else len(self.alone.each(ahead, take_back))

    def _unflag(self, alert: Alert) -> None:
        roster, client = DynamoRoster(self._table), RecordId(alert.client_id)
        while True:
            seats = roster.seats(self._tenant, [client])
            held = roster.clients(self._tenant, seats).get(client)
            if held is None or held.client.at_risk_since is None or held.client.at_risk_since <= self._until:
                return
            cleared = held._replace(client=held.client._replace(at_risk_since=None))
            if roster.put_client(self._tenant, seats[client], cleared):
                return

    def _calculations(self) -> int:
        spans = [keys.page_calculations(self._tenant, page) for page in self._pages]
        return self._delete_ahead(spans, lambda item: bool(item["as_of"] > self._until))

    def _delete_ahead(self, spans: Iterable[keys.Span], is_ahead: Callable[[Item], bool]) -> int:
        """Deletes the items of spans that are of the future; one that cannot be read keeps no other."""
        items = {key_of(item): item for span in spans for item in self._table.query(span, consistent=True)}
        ahead = self.alone.each(items, lambda place: place if is_ahead(items[place]) else None)
        return self._delete(place for place in ahead if place is not None)

    def _snapshots(self) -> int:
        def is_ahead(item: Item) -> bool:
            return keys.day_of(item["sk"]) > self._today or decode_snapshot(item["d"]).as_of > self._until

        spans = [keys.snapshots(self._tenant, page, self._today, LAST_DAY) for page in self._pages]
        return self._delete_ahead(spans, is_ahead)

    def _figures(self) -> int:
        figures = self._runs.days(self._tenant, self._today, LAST_DAY, AT_NO_TIME)
        return self._delete(keys.day_figures(self._tenant, f.date) for f in figures if f.as_of > self._until)

    def _summary(self) -> int:
        """The next night writes another."""
        summary = self._runs.summary(self._tenant)
        return self._delete([keys.summary(self._tenant)] if summary and summary.as_of > self._until else [])

    def _nights(self) -> int:
        """Runs, and before each the note that a walk of the registry for it is over: it would start nobody."""
        ahead = [run for run in self._runs.recent(self._tenant, self._today, LAST_DAY) if run.as_of > self._until]
        if not self._dry_run:
            for run in ahead:
                self._shared.delete(keys.dispatch(run.as_of))
        return self._delete(keys.run(self._tenant, run.date) for run in ahead)
