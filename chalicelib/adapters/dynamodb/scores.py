"""Current rows, snapshots and calculations."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.alerts import alert_actions, answer_actions
from chalicelib.adapters.dynamodb.columns import CodecError
from chalicelib.adapters.dynamodb.page_codec import (
    decode_rows,
    decode_scores,
    decode_snapshot,
    decode_stamp,
    encode_rows,
    encode_scores,
    encode_snapshot,
    encode_stamp,
)
from chalicelib.adapters.dynamodb.table import Action, ConditionFailedError, Item, Table, TransactionFailedError
from chalicelib.domain.alerts import AlertAnswer
from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.history import RETENTION_DAYS, HistoryEntry, Snapshot
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.moment import SECONDS_PER_DAY
from chalicelib.domain.outbox import AlertWrites
from chalicelib.domain.roster import CurrentPage
from chalicelib.domain.times import midnight
from chalicelib.services.errors import FailedPage, page_raised

ABSENT_OR_EXPIRED: Final = "attribute_not_exists(pk) OR expires <= :now"
"""DynamoDB deletes what has expired some days late; until then it counts as gone."""

EMPTY_PAGE: Final = CurrentPage({}, 0)
NO_WRITES: Final = AlertWrites()


def expiry(as_of: Instant, now: Instant) -> Instant:
    """When what was computed for `as_of` and written `now` expires: 730 days after the later of the two."""
    return max(as_of, now) + RETENTION_DAYS * SECONDS_PER_DAY


class DynamoScoreStore:
    """`ScoreStore` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def current_pages(
        self, tenant: TenantId, pages: Iterable[int], failed: FailedPage = page_raised
    ) -> dict[int, CurrentPage]:
        wanted = {page: keys.current(tenant, page) for page in pages}
        return _readable(wanted, self._table.batch_get(wanted.values()), failed)

    def with_snapshots(
        self,
        tenant: TenantId,
        pages: Iterable[int],
        day: Day,
        now: Instant,
        failed: FailedPage = page_raised,
        *,
        consistent: bool = False,
    ) -> tuple[dict[int, CurrentPage], dict[int, Snapshot]]:
        wanted = {page: keys.current(tenant, page) for page in pages}
        items = self._table.batch_get(
            [*wanted.values(), *(keys.snapshot(tenant, page, day) for page in wanted)], consistent=consistent
        )
        current = _readable(wanted, items, failed)
        snapshots = {
            page: decode_snapshot(items[key]["d"])
            for page in wanted
            if (key := keys.snapshot(tenant, page, day)) in items and items[key]["expires"] > now
        }
        return current, snapshots

    def put_current(
        self, tenant: TenantId, page: int, new: CurrentPage, writes: AlertWrites = NO_WRITES
    ) -> CurrentPage | None:
        return self._put_current(keys.current(tenant, page), new, alert_actions(tenant, writes))

    def answer_alert(
        self, tenant: TenantId, page: int, new: CurrentPage, alert_id: str, answer: AlertAnswer
    ) -> CurrentPage | None:
        return self._put_current(keys.current(tenant, page), new, answer_actions(tenant, alert_id, answer))

    def _put_current(self, key: keys.Key, new: CurrentPage, others: Sequence[Action]) -> CurrentPage | None:
        item = {"d": encode_rows(new.rows), "v": new.version}
        condition, values = "attribute_not_exists(pk)", {}
        if new.version > 1:
            condition, values = "v = :before", {"before": new.version - 1}
        try:
            if others:
                self._table.transact([Action(key, item, condition=condition, values=values), *others])
            else:
                self._table.put(key, item, condition=condition, **values)
        except (ConditionFailedError, TransactionFailedError) as error:
            held = error.item if isinstance(error, ConditionFailedError) else error.items[0]
            if held is None:  # a concurrent transaction does not say what it left
                held = self._table.get(key, consistent=True)
            # Our own earlier write, whose acknowledgement was lost, is success.
            return None if held is not None and {**held, **item} == held else _current(held)
        return None

    def pages_with_snapshot(self, tenant: TenantId, pages: Iterable[int], day: Day) -> set[int]:
        places = {page: keys.snapshot(tenant, page, day) for page in pages}
        found = self._table.batch_get(places.values(), consistent=True)
        return {page for page, place in places.items() if place in found}

    def put_snapshot(self, tenant: TenantId, page: int, snapshot: Snapshot, now: Instant) -> Snapshot:
        item = {"d": encode_snapshot(snapshot), "expires": expiry(snapshot.as_of, now)}
        key = keys.snapshot(tenant, page, snapshot.date)
        try:
            self._table.put(key, item, condition=ABSENT_OR_EXPIRED, now=now)
        except ConditionFailedError as error:
            if error.item is None:
                raise
            return decode_snapshot(error.item["d"])
        return snapshot

    def snapshots(self, tenant: TenantId, page: int, first: Day, last: Day, now: Instant) -> list[Snapshot]:
        items = self._table.query(keys.snapshots(tenant, page, first, last), live_at=now)
        return [decode_snapshot(item["d"]) for item in items]

    def snapshots_of(self, tenant: TenantId, page: int, days: Iterable[Day], now: Instant) -> list[Snapshot]:
        items = self._table.batch_get([keys.snapshot(tenant, page, day) for day in days])
        return [decode_snapshot(item["d"]) for item in items.values() if item["expires"] > now]

    def newest_snapshots(
        self, tenant: TenantId, page: int, first: Day, last: Day, chunk: int, now: Instant
    ) -> Iterator[Snapshot]:
        span = keys.snapshots(tenant, page, first, last)
        for item in self._table.query(span, descending=True, chunk=chunk, live_at=now):
            yield decode_snapshot(item["d"])

    def newest_calculations(
        self, tenant: TenantId, page: int, client: RecordId, first: Day, last: Day, chunk: int, now: Instant
    ) -> Iterator[HistoryEntry]:
        # A local date begins and ends up to a day away from the UTC one.
        span = keys.calculations(tenant, page, client, midnight(first - 1), midnight(last + 2))
        for item in self._table.query(span, descending=True, chunk=chunk, live_at=now):
            entry = _calculation(item)
            if first <= entry.date <= last:
                yield entry

    def put_calculation(self, tenant: TenantId, page: int, client: RecordId, entry: HistoryEntry, now: Instant) -> None:
        document = [entry.date, entry.trigger, encode_stamp(entry.stamp), encode_scores(entry.scores)]
        self._table.put(
            keys.calculation(tenant, page, client, entry.as_of),
            {
                "as_of": entry.as_of,
                "d": json.dumps(document, separators=(",", ":")),
                "expires": expiry(entry.as_of, now),
            },
        )

    def calculations(
        self, tenant: TenantId, page: int, client: RecordId, first: Instant, last: Instant, now: Instant
    ) -> list[HistoryEntry]:
        span = keys.calculations(tenant, page, client, first, last)
        return [_calculation(item) for item in self._table.query(span, live_at=now)]


def _current(item: Item | None) -> CurrentPage:
    return EMPTY_PAGE if item is None else CurrentPage(decode_rows(item["d"]), item["v"])


def _readable(
    wanted: Mapping[int, keys.Key], items: Mapping[keys.Key, Item], failed: FailedPage
) -> dict[int, CurrentPage]:
    """The rows of pages by their items; `failed` is told of those that cannot be read."""
    found = {}
    for page, key in wanted.items():
        try:
            found[page] = _current(items.get(key))
        except (CodecError, KeyError) as error:
            failed(page, error)
    return found


def _calculation(item: Item) -> HistoryEntry:
    day, trigger, stamp, scores = json.loads(item["d"])
    return HistoryEntry(
        date=day, as_of=item["as_of"], trigger=trigger, stamp=decode_stamp(stamp), scores=decode_scores(scores)
    )
