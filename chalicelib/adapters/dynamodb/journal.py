"""Journals of clients: one item per entry, which holds it as JSON."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.columns import decode_number, encode_number
from chalicelib.adapters.dynamodb.table import Action, ConditionFailedError, Item, Table, TransactionFailedError
from chalicelib.domain.activities import Activity, Author, JournalEntry
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import RecordId, TenantId


class DynamoJournalStore:
    """`JournalStore` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, tenant: TenantId, page: int, client: RecordId, entry: JournalEntry) -> None:
        key = keys.journal(tenant, page, client, entry.at, entry.id)
        try:
            self._table.put(key, _item(entry), condition="attribute_not_exists(pk)")
        except ConditionFailedError:
            return  # our own earlier one: the id is that of the request

    def newest(
        self, tenant: TenantId, page: int, client: RecordId, before: tuple[Instant, RecordId] | None, chunk: int
    ) -> Iterator[JournalEntry]:
        span = keys.journal_span(tenant, page, client, before)
        return map(_entry, self._table.query(span, descending=True, chunk=chunk))

    def replace(self, tenant: TenantId, page: int, client: RecordId, before: JournalEntry, after: JournalEntry) -> bool:
        old, new = (keys.journal(tenant, page, client, entry.at, entry.id) for entry in (before, after))
        item, stands = _item(after), _item(before)
        try:
            if old == new:
                self._table.put(new, item, condition="d = :before", before=stands["d"])
            else:
                taken = Action(old, condition="d = :before", values={"before": stands["d"]})
                self._table.transact([taken, Action(new, item, condition="attribute_not_exists(pk)")])
        except ConditionFailedError as error:
            return bool(
                (error.item or {}).get("d") == item["d"]
            )  # our own earlier write, whose acknowledgement was lost
        except TransactionFailedError as error:
            return bool((error.items[1] or {}).get("d") == item["d"])
        return True


def _item(entry: JournalEntry) -> Item:
    fields: list[Any] = [
        entry.at,
        *entry.activity,
        entry.by,
        encode_number(entry.logged_at),
        entry.change,
        None if entry.withdrawn_at is None else encode_number(entry.withdrawn_at),
        entry.withdrawn_by,
    ]
    return {"d": json.dumps(fields, separators=(",", ":"), ensure_ascii=False)}


def _entry(item: Item) -> JournalEntry:
    at, *fields = json.loads(item["d"])
    by, logged_at, change, withdrawn_at, withdrawn_by = fields[len(Activity._fields) :]
    return JournalEntry(
        id=keys.journal_id(item["sk"]),
        at=at,
        activity=Activity._make(fields[: len(Activity._fields)]),
        by=_author(by),
        logged_at=_time(logged_at),
        change=change,
        withdrawn_at=None if withdrawn_at is None else _time(withdrawn_at),
        withdrawn_by=_author(withdrawn_by),
    )


def _author(stored: list[str] | None) -> Author | None:
    return None if stored is None else Author._make(stored)


def _time(stored: int | str) -> int | Decimal:
    return decode_number(stored) or 0
