"""Blocks of facts: how the records of a client are stored, and read back without loss.

A block maps a record type to its columns: ids, one column per field of the domain's row, the times of last change, and
the ids of deleted ones. Instants and days are kept as the distance from a field that lies near.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest
from operator import add, attrgetter, gt
from typing import Any, Final, NamedTuple

from chalicelib.adapters.dynamodb.columns import (
    decode_ids,
    decode_number,
    decode_steps,
    decode_values,
    encode_ids,
    encode_number,
    encode_steps,
    encode_values,
    pack,
    refusing_damage,
    unpack,
)
from chalicelib.domain.facts import NEVER, BillableMonth, Client, Facts, Invoice, Ticket, Tickets
from chalicelib.domain.moment import SECONDS_PER_DAY
from chalicelib.domain.records import FACT_TYPES, Records, StoredRecord
from chalicelib.domain.times import EPOCH_DAY

_MEAN_MONTH_SECONDS: Final = 2_629_746
"""A twelfth of the Gregorian calendar's mean year."""


class Layout(NamedTuple):
    """How a type's rows are stored, fields being named as in the domain's row.

    Rows are sorted by `order`. `near` names for a field those that it lies near: the first that is present is the base
    of its distance. `changed_near` is the instant that the record's last change lies near. `added` are the row's last
    fields, which the first blocks did not have: their columns are left out where no record has any of them.
    """

    order: str
    changed_near: Callable[[Any], int]
    near: Mapping[str, tuple[str, ...]] = {}
    numbers: frozenset[str] = frozenset()
    added: tuple[str, ...] = ()


def _last_event(ticket: Ticket) -> int:
    for instant in (ticket.closed, ticket.resolved, ticket.first_response):
        if instant != NEVER:
            return instant
    return ticket.created


def _settled(invoice: Invoice) -> int:
    """When it was paid, else issued; both have only a day."""
    day = invoice.issued if invoice.paid is None else invoice.paid
    return (day - EPOCH_DAY) * SECONDS_PER_DAY


def _month_end(month: BillableMonth) -> int:
    """By months of mean length: near is enough."""
    return (month.month + 1 - 12 * 1970) * _MEAN_MONTH_SECONDS


def _midnight(field: str) -> Callable[[Any], int]:
    day = attrgetter(field)
    return lambda row: (day(row) - EPOCH_DAY) * SECONDS_PER_DAY


LAYOUTS: Final = {
    "ticket": Layout(
        "created",
        _last_event,
        near={
            "first_response": ("created",),
            "resolved": ("first_response", "created"),
            "closed": ("resolved", "first_response", "created"),
            "due": ("created",),
        },
    ),
    "contract": Layout("start", _midnight("start"), near={"end": ("start",)}, added=("renews",)),
    "invoice": Layout(
        "issued",
        _settled,
        near={"due": ("issued",), "paid": ("due",), "paid_total": ("amount",), "balance": ("amount",)},
        added=("paid_total", "balance"),
    ),
    "survey": Layout("responded", attrgetter("responded")),
    "billable_month": Layout("month", _month_end, numbers=frozenset({"hours", "budget"})),
    "qbr": Layout("held", _midnight("held")),
    "touchpoint": Layout("occurred", attrgetter("occurred")),
    "assessment": Layout("completed", _midnight("completed"), numbers=frozenset({"score"})),
    "reconciliation": Layout("completed", _midnight("completed"), numbers=frozenset({"contracted", "used"})),
    "headcount": Layout("recorded", _midnight("recorded")),
}

FACTS_FIELDS: Final = {
    "contract": "contracts",
    "invoice": "invoices",
    "survey": "surveys",
    "billable_month": "billable_months",
    "qbr": "qbrs",
    "touchpoint": "touchpoints",
    "assessment": "assessments",
    "reconciliation": "reconciliations",
    "headcount": "headcounts",
}
"""Where `Facts` keeps the rows of a type; tickets have blocks of their own."""


def encode_block(records: Mapping[str, Mapping[str, StoredRecord]]) -> bytes:
    """Records by type and id as a block; their order does not matter, equal records give equal bytes."""
    return pack({name: _encode_type(name, held.values()) for name, held in sorted(records.items()) if held})


def _encode_type(name: str, records: Iterable[StoredRecord]) -> list[Any]:
    layout, fields = LAYOUTS[name], FACT_TYPES[name].row._fields
    order = fields.index(layout.order)
    held = sorted(records, key=lambda record: (record.row[order], record.row[0]))
    rows = [record.row for record in held]
    by_field = dict(zip(fields, zip(*rows, strict=True), strict=True))
    columns: list[Any] = [encode_ids(by_field["id"])]
    has_added = any(value is not None for field in layout.added for value in by_field[field])
    for field in fields[1:] if has_added else fields[1 : len(fields) - len(layout.added)]:
        values = by_field[field]
        if field == layout.order:
            columns.append(encode_steps(values))
        elif field in layout.near:
            bases = [by_field[base] for base in layout.near[field]]
            columns.append(encode_values(list(map(_distance, values, *bases))))
        elif field in layout.numbers:
            columns.append(encode_values(list(map(encode_number, values))))
        else:
            columns.append(encode_values(values))
    changes = [record.updated_at - layout.changed_near(record.row) for record in held]
    deleted = [place for place, record in enumerate(held) if record.deleted]
    return [*columns, encode_values(list(map(encode_number, changes))), deleted]


def _distance(value: int | None, *bases: int | None) -> int | None:
    if value is None or value == NEVER:
        return None
    for base in bases:
        if base is not None and base != NEVER:
            return value - base
    return value


def _decode_fields(name: str, columns: Sequence[Any]) -> dict[str, list[Any]]:
    """Each field's values, in the stored order."""
    layout, fields = LAYOUTS[name], FACT_TYPES[name].row._fields
    decoded: dict[str, list[Any]] = {
        layout.order: decode_steps(columns[fields.index(layout.order)]),
    }
    absent = NEVER if name == "ticket" else None
    for field, column in zip_longest(fields, columns[:-2]):
        if column is None:
            decoded[field] = [None] * len(decoded["id"])
        elif field == "id":
            decoded[field] = decode_ids(column)
        elif field in layout.near:
            bases = [decoded[base] for base in layout.near[field]]
            decoded[field] = _undistance(decode_values(column), bases, absent)
        elif field in layout.numbers:
            decoded[field] = list(map(decode_number, decode_values(column)))
        elif field != layout.order:
            decoded[field] = decode_values(column)
    return decoded


def _undistance(distances: list[int | None], bases: list[list[Any]], absent: Any) -> list[Any]:
    base = bases[0]
    for other in bases[1:]:
        if absent not in base:
            break
        base = [second if first == absent else first for first, second in zip(base, other, strict=True)]
    if None not in distances and absent not in base:
        return list(map(add, distances, base))
    return [
        absent if distance is None else distance if near == absent else near + distance
        for distance, near in zip(distances, base, strict=True)
    ]


@refusing_damage
def decode_records(data: bytes) -> Records:
    """All records of a block, deleted ones too."""
    records: Records = {}
    for name, columns in unpack(data).items():
        fact = FACT_TYPES[name]
        decoded = _decode_fields(name, columns)
        rows = list(map(fact.row._make, zip(*(decoded[f] for f in fact.row._fields), strict=True)))
        near = LAYOUTS[name].changed_near
        deleted = set(columns[-1])
        records[name] = {
            row.id: StoredRecord(row, _sum(near(row), change), place in deleted)
            for place, (row, change) in enumerate(zip(rows, decode_values(columns[-2]), strict=True))
        }
    return records


def _sum(near: int, change: int | str) -> int | Decimal:
    """The time of a change: a text where it has a fraction of a second."""
    return near + (change if isinstance(change, int) else Decimal(change))


@refusing_damage
def decode_tickets(blocks: Sequence[bytes]) -> Tickets:
    """The live tickets of a client's blocks, as columns; of one that stands in several blocks the newest version.

    A ticket that was moved to another time leaves its old version behind until it is cleared away.
    """
    merged: dict[str, list[Any]] = {field: [] for field in Ticket._fields}
    held = [unpack(data)["ticket"] for data in blocks]
    parts = [_decode_fields("ticket", columns) for columns in held]
    gone = [set(columns[-1]) for columns in held]
    if len(parts) > 1 and sum(len(part["id"]) for part in parts) > len(set().union(*(part["id"] for part in parts))):
        for outdated, places in zip(_outdated(held, parts), gone, strict=True):
            places |= outdated
    for part, places in zip(parts, gone, strict=True):
        for place in sorted(places, reverse=True):
            for values in part.values():
                del values[place]
        for field, values in merged.items():
            values += part[field]
    tickets = Tickets(**merged)
    created = merged["created"]
    if any(map(gt, created, created[1:])):  # the parts of a split quarter
        return Tickets.of(tickets.rows())
    return tickets


def _outdated(held: Sequence[Any], parts: Sequence[Mapping[str, Sequence[Any]]]) -> list[set[int]]:
    """Per block the places of versions that another block has a newer one of; of equal times a live one stands."""
    newest: dict[str, tuple[tuple[int | Decimal, bool], int, int]] = {}
    outdated: list[set[int]] = [set() for _ in parts]
    for number, (columns, part) in enumerate(zip(held, parts, strict=True)):
        rows = map(Ticket._make, zip(*(part[field] for field in Ticket._fields), strict=True))
        deleted = set(columns[-1])
        for place, (row, change) in enumerate(zip(rows, decode_values(columns[-2]), strict=True)):
            rank = _sum(_last_event(row), change), place not in deleted
            rival = newest.get(row.id)
            if rival is not None and rank < rival[0]:
                outdated[number].add(place)
                continue
            if rival is not None:
                outdated[rival[1]].add(rival[2])
            newest[row.id] = rank, number, place
    return outdated


@refusing_damage
def decode_facts(data: bytes) -> dict[str, list[Any]]:
    """The live rows of a client's facts block, by the field of `Facts` that they belong in."""
    found = {}
    for name, columns in unpack(data).items():
        fact = FACT_TYPES[name]
        decoded = _decode_fields(name, columns)
        rows = list(map(fact.row._make, zip(*(decoded[f] for f in fact.row._fields), strict=True)))
        for place in reversed(columns[-1]):
            del rows[place]
        found[FACTS_FIELDS[name]] = rows
    return found


def facts_of(client: Client, ticket_blocks: Sequence[bytes], facts_blocks: Sequence[bytes]) -> Facts:
    """Everything stored of a client, as the scoring models take it."""
    rest: dict[str, list[Any]] = {}
    for data in facts_blocks:
        for field, rows in decode_facts(data).items():
            rest.setdefault(field, []).extend(rows)
    if len(facts_blocks) > 1:
        for field, rows in rest.items():
            rows.sort(key=_ORDERS[field])
    return Facts(client, decode_tickets(ticket_blocks), **rest)


_ORDERS: Final = {field: attrgetter(LAYOUTS[name].order, "id") for name, field in FACTS_FIELDS.items()}
"""How the rows of a type are sorted within a block."""
