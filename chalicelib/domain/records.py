"""Records as sources send them: their types, their canonical form and which of two versions stands (api.md, Records).

A stored record is the domain's row with the time of its last change. The later change stands; of equal times what is
received later does, so that no change that was acknowledged is lost.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Final, NamedTuple
from zlib import crc32

from chalicelib.domain import facts
from chalicelib.domain.facts import MONEY_SCALE, NEVER, OPEN_ENDED, Client, Day, Instant, Money, Timestamp
from chalicelib.domain.times import (
    day_of_instant,
    format_day,
    format_instant,
    format_month,
    format_timestamp,
    midnight,
    parse_month,
)


class Kind(Enum):
    """How a field's value looks in the domain and in JSON."""

    TEXT = "text"
    PRIORITY = "priority"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"
    INSTANT = "instant"
    DAY = "day"
    END_DAY = "end day"
    MONTH = "month"
    MONEY = "money"
    AMOUNT = "amount of the money before it"


class Field(NamedTuple):
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class FactType:
    """A kind of fact: its fields in the order of the domain row's, which starts with the id."""

    name: str
    row: Any
    fields: tuple[Field, ...]


def _fact_type(name: str, row: Any, **fields: Kind) -> FactType:
    return FactType(name, row, tuple(Field(field, kind) for field, kind in fields.items()))


FACT_TYPES: Final = {
    fact.name: fact
    for fact in (
        _fact_type(
            "ticket",
            facts.Ticket,
            priority=Kind.PRIORITY,
            created_at=Kind.INSTANT,
            first_response_at=Kind.INSTANT,
            resolved_at=Kind.INSTANT,
            closed_at=Kind.INSTANT,
            due_at=Kind.INSTANT,
        ),
        _fact_type(
            "contract",
            facts.Contract,
            status=Kind.TEXT,
            start_date=Kind.DAY,
            end_date=Kind.END_DAY,
            renews=Kind.TEXT,
        ),
        _fact_type(
            "invoice",
            facts.Invoice,
            status=Kind.TEXT,
            issued_on=Kind.DAY,
            due_on=Kind.DAY,
            total=Kind.MONEY,
            paid_on=Kind.DAY,
            paid_total=Kind.AMOUNT,
            balance=Kind.AMOUNT,
        ),
        _fact_type("survey", facts.Survey, kind=Kind.TEXT, score=Kind.INTEGER, responded_at=Kind.INSTANT),
        _fact_type(
            "billable_month",
            facts.BillableMonth,
            month=Kind.MONTH,
            billable_hours=Kind.NUMBER,
            budget_hours=Kind.NUMBER,
        ),
        _fact_type("qbr", facts.Qbr, held_on=Kind.DAY, status=Kind.TEXT, decision_maker_present=Kind.FLAG),
        _fact_type(
            "touchpoint",
            facts.Touchpoint,
            occurred_at=Kind.INSTANT,
            kind=Kind.TEXT,
            with_decision_maker=Kind.FLAG,
        ),
        _fact_type("assessment", facts.Assessment, completed_on=Kind.DAY, standardization_score=Kind.NUMBER),
        _fact_type(
            "reconciliation",
            facts.Reconciliation,
            completed_on=Kind.DAY,
            contracted_quantity=Kind.NUMBER,
            used_quantity=Kind.NUMBER,
        ),
        _fact_type("headcount", facts.Headcount, recorded_on=Kind.DAY, employees=Kind.INTEGER),
    )
}


class StoredRecord(NamedTuple):
    """A fact with the instant of its last change; a deleted one stays, lest a late older version revive it."""

    row: Any
    updated_at: Timestamp
    deleted: bool = False


Records = dict[str, dict[str, StoredRecord]]
"""Stored records by type and id."""


def row_of(fact: FactType, values: Mapping[str, Any]) -> Any:
    """The domain row of a record's checked values (instants, days and months as integers; absent ones None)."""
    cells: list[Any] = [str(values["id"])]
    for name, kind in fact.fields:
        value = values.get(name)
        if kind is Kind.MONEY:
            cells += value if value is not None else (None, None)
        elif kind is Kind.INSTANT:
            cells.append(NEVER if value is None else value)
        elif kind is Kind.END_DAY:
            cells.append(OPEN_ENDED if value is None else value)
        elif kind is Kind.FLAG:
            cells.append(bool(value))
        else:
            cells.append(value)
    return fact.row._make(cells)


def values_of(fact: FactType, row: Any) -> dict[str, Any]:
    """The values that `row_of` makes a row of, without its id."""
    cells = iter(row[1:])
    return {name: Money(next(cells), next(cells)) if kind is Kind.MONEY else next(cells) for name, kind in fact.fields}


def deleted_row(fact: FactType, record_id: str, held: StoredRecord | None, at: Instant) -> Any:
    """The row of a record of which a deletion named the identity alone: the held one, else one of its time and no more.

    The time by which records of the type are stored is then that of the deletion, as an instant, a date or a month.
    """
    if held is not None:
        return held.row
    name, kind = _stored_by(fact)
    return row_of(fact, {"id": record_id, name: _STORED_BY[kind](at)})


def happened_at(fact: FactType, row: Any) -> Instant:
    """The time by which records of a type are stored, as an instant: of a date or a month its beginning in UTC."""
    name, kind = _stored_by(fact)
    value = values_of(fact, row)[name]
    if kind is Kind.INSTANT:
        return Instant(value)
    return midnight(Day(value if kind is Kind.DAY else date(value // 12, value % 12 + 1, 1).toordinal()))


def standing_records(blocks: Iterable[Mapping[str, Mapping[str, StoredRecord]]]) -> Records:
    """Each record of a client's blocks once: where copies of a ticket meet the newest, of equal times a live one."""
    held: Records = {}
    for block in blocks:
        for name, records in block.items():
            standing = held.setdefault(name, {})
            for record_id, record in records.items():
                rival = standing.get(record_id, record)
                if (record.updated_at, not record.deleted) >= (rival.updated_at, not rival.deleted):
                    standing[record_id] = record
    return held


def fact_json(fact: FactType, client_id: str, record: StoredRecord) -> dict[str, Any]:
    """The record in its canonical form: absent fields left out, instants and dates as the contract writes them."""
    cells = iter(record.row)
    document: dict[str, Any] = {"type": fact.name, "id": next(cells), "client_id": client_id}
    for name, kind in fact.fields:
        value = Money(next(cells), next(cells)) if kind is Kind.MONEY else next(cells)
        if value is None or (kind is Kind.INSTANT and value == NEVER):
            continue
        if kind is Kind.END_DAY and value == OPEN_ENDED:
            continue
        document[name] = _FORMATS.get(kind, _as_is)(value)
    document["updated_at"] = format_timestamp(record.updated_at)
    if record.deleted:
        document["deleted"] = True
    return document


def money_json(money: Money) -> dict[str, str]:
    """Money as the contract writes it."""
    return {"currency": money.currency, "amount": amount_json(money.amount)}


def amount_json(amount: int) -> str:
    """An amount as a decimal string: at least two decimals, no more than needed."""
    whole, rest = divmod(amount, MONEY_SCALE)
    decimals = f"{rest:04d}".rstrip("0").ljust(2, "0")
    return f"{whole}.{decimals}"


def client_record_json(client: Client, updated_at: Timestamp) -> dict[str, Any]:
    """A client's record in its canonical form."""
    document: dict[str, Any] = {"type": "client", **client_fields(client)}
    document["updated_at"] = format_timestamp(updated_at)
    return {name: value for name, value in document.items() if value is not None}


def client_fields(client: Client) -> dict[str, Any]:
    """The fields of a client's record as JSON, absent ones null."""
    since, money = client.client_since, client.monthly_recurring_revenue
    return {
        "id": client.id,
        "name": client.name,
        "status": client.status,
        "archived": client.archived,
        "industry": client.industry,
        "account_manager_id": client.account_manager_id,
        "client_since": None if since is None else format_day(since),
        "monthly_recurring_revenue": None if money is None else money_json(money),
    }


def shard_of(fact_type: str, record_id: str, shards: int) -> int:
    """The shard of a split set that a record belongs in: of a quarter of tickets, or of all other facts.

    Linear hashing: with one shard more only the records of one shard move (`splitting`), about half of them.
    """
    hashed = crc32((record_id if fact_type == "ticket" else f"{fact_type}#{record_id}").encode())
    whole = _whole_round(shards)
    place = hashed % (2 * whole)
    return place if place < shards else place - whole


def splitting(shards: int) -> int:
    """The shard whose records spread over it and a new one, the last, when a set of so many shards gets one more."""
    return shards - _whole_round(shards)


def _whole_round(shards: int) -> int:
    """The greatest power of two that is no greater."""
    return 1 << (shards.bit_length() - 1)


def _number_json(value: int | Decimal) -> int | float:
    """A number as JSON. Whole ones without decimals, as storage gives them back: 8.0 and 8 are the same version."""
    return int(value) if value == int(value) else float(value)


def _as_is(value: Any) -> Any:
    return value


_FORMATS: Final[dict[Kind, Callable[[Any], Any]]] = {
    Kind.PRIORITY: lambda priority: f"P{priority}",
    Kind.NUMBER: _number_json,
    Kind.INSTANT: format_instant,
    Kind.DAY: format_day,
    Kind.END_DAY: format_day,
    Kind.MONTH: format_month,
    Kind.MONEY: money_json,
    Kind.AMOUNT: amount_json,
}


def _stored_by(fact: FactType) -> Field:
    return next(field for field in fact.fields if field.kind in _STORED_BY)


_STORED_BY: Final[dict[Kind, Callable[[Instant], int]]] = {
    Kind.INSTANT: lambda at: at,
    Kind.DAY: day_of_instant,
    Kind.MONTH: lambda at: parse_month(format_day(day_of_instant(at))[:7]),
}


def newer(
    held: StoredRecord | None, row: Any, updated_at: Timestamp | None, deleted: bool, received: Timestamp
) -> StoredRecord | None:
    """What a sent version makes of the held one; None when it changes nothing.

    A version without `updated_at` counts from its receipt, and is never older than what is held.
    """
    if held is None:
        return StoredRecord(row, received if updated_at is None else updated_at, deleted)
    same = (held.row, held.deleted) == (row, deleted)
    if updated_at is None:
        return None if same else StoredRecord(row, max(received, held.updated_at), deleted)
    if updated_at < held.updated_at or (same and updated_at == held.updated_at):
        return None
    return StoredRecord(row, updated_at, deleted)


def newer_client(
    held: Client, held_at: Timestamp, sent: Client, updated_at: Timestamp | None, received: Timestamp
) -> tuple[Client, Timestamp] | None:
    """What a sent version makes of a held client and its time of change; None when it changes nothing.

    The at-risk flag is no part of the record: it stays.
    """
    row = sent._replace(at_risk_since=held.at_risk_since)
    found = newer(StoredRecord(held, held_at), row, updated_at, False, received)
    return None if found is None else (found.row, found.updated_at)
