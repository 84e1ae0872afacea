"""Records of the workload into the service, through its own intake."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from typing import Any, Final, TypeVar
from unittest.mock import patch

from benchmarks.emulator import put_item
from benchmarks.stack import TENANT, Stack
from benchmarks.workload import Record
from chalicelib.adapters.dynamodb.keys import Key
from chalicelib.adapters.dynamodb.table import Action, Table, encode
from chalicelib.domain.facts import MONEY_SCALE, Money
from chalicelib.domain.ids import RecordId
from chalicelib.domain.records import FACT_TYPES, Kind
from chalicelib.domain.times import parse_day, parse_instant, parse_month
from chalicelib.services.sent_records import Outcome, SentRecord
from chalicelib.tenancy import bound_to

T = TypeVar("T")

RECORDS_PER_REQUEST: Final = 500
RECORDS_PER_LOAD: Final = 323 * 64
"""How many facts are loaded at once: the same blocks as by requests of 500, each written only once."""


def money(value: Mapping[str, str]) -> Money:
    return Money(value["currency"], int(Decimal(value["amount"]) * MONEY_SCALE))


def exact(value: float) -> int | Decimal:
    """A number of JSON as its digits say."""
    number = Decimal(str(value))
    return int(number) if number == number.to_integral_value() else number.normalize()


READERS: Final[dict[Kind, Callable[[Any], Any]]] = {
    Kind.PRIORITY: lambda priority: int(priority[1]),
    Kind.INTEGER: int,
    Kind.NUMBER: exact,
    Kind.INSTANT: parse_instant,
    Kind.DAY: parse_day,
    Kind.END_DAY: parse_day,
    Kind.MONTH: parse_month,
    Kind.MONEY: money,
}

CLIENT_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "client_since": parse_day,
    "monthly_recurring_revenue": money,
}


def sent(place: int, record: Record) -> SentRecord:
    """A record of the workload as the API hands it to the intake; validation takes longer than all the rest."""
    fact = FACT_TYPES.get(record["type"])
    readers = CLIENT_READERS if fact is None else {name: READERS[kind] for name, kind in fact.fields if kind in READERS}
    fields = {
        name: readers[name](value) if name in readers else value
        for name, value in record.items()
        if name not in {"type", "id", "client_id", "updated_at"}
    }
    record_id = RecordId(record["id"])
    client_id = RecordId(record.get("client_id", record_id))
    return SentRecord(
        place, record["type"], record_id, client_id, parse_instant(record["updated_at"]), deleted=False, fields=fields
    )


def load(stack: Stack, records: Iterable[Record], done: Callable[[int], None] = lambda _: None) -> None:
    """Stores records as a backfill; `done` is told how many went in. What is to be refreshed is forgotten."""
    with direct_puts():
        for chunk in chunks(records, RECORDS_PER_LOAD):
            take(stack, chunk)
            done(len(chunk))
        stack.settle()
    stack.forget_refreshes()


@contextmanager
def direct_puts() -> Iterator[None]:
    """Puts go straight into the emulator's table, whatever their condition: what is new there goes in unopposed.

    Its front door takes ten times as long, and copies the whole table for each transaction. A test compares.
    """

    def put(table: Table, key: Key, item: Mapping[str, Any], **_: Any) -> None:
        put_item(table.name, encode({**key._asdict(), **item}))

    def transact(table: Table, actions: Sequence[Action]) -> None:
        for action in actions:
            put_item(table.name, action.request(table.name)["Put"]["Item"])

    with patch.object(Table, "put", put), patch.object(Table, "transact", transact):
        yield


def take(stack: Stack, records: Sequence[Record]) -> Outcome:
    """One request; all of its records must be accepted."""
    with bound_to(TENANT):
        outcome = stack.app.record_intake.take(
            TENANT, [sent(place, record) for place, record in enumerate(records)], backfill=True
        )
    assert not outcome.rejected, outcome.rejected[:3]
    return outcome


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Items in lists of a size; the last may be shorter."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk
