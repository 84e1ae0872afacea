"""Behind the emulator's front door: its tables, without requests.

moto's own way takes milliseconds per item, and copies the whole table for each transaction.
"""

import gc
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy, deepcopy
from typing import Any, Final
from unittest.mock import patch

from moto.core.serialize import JSONSerializer
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table as MotoTable

from infra.meter import Item, Peek

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-central-1"


class EmulatorPeek(Peek):
    """Looks an item up without a request."""

    def item(self, table: str, key: Item) -> Item | None:
        found = dynamodb_backends[ACCOUNT][REGION].get_item(table, dict(key))
        return None if found is None else found.to_json()["Attributes"]

    def partition(self, table: str, partition_key: str) -> list[Item]:
        """All items of a partition, by sort key, without a request."""
        held = dynamodb_backends[ACCOUNT][REGION].get_table(table).items
        items = [item for key, found in held.items() if key.value == partition_key for item in found.values()]
        items.sort(key=lambda item: str(item.range_key.value))
        return [item.to_json()["Attributes"] for item in items]


def spare_the_collector() -> None:
    """For a process that holds the emulator's tables: garbage is looked for among millions of items less often."""
    gc.set_threshold(100_000, 50, 50)


def put_item(table: str, item: Mapping[str, Any]) -> None:
    """Stores an item, unconditionally."""
    dynamodb_backends[ACCOUNT][REGION].put_item(table, dict(item))


@contextmanager
def restored(table: str) -> Iterator[None]:
    """Afterwards the table is as before."""
    held = dynamodb_backends[ACCOUNT][REGION].get_table(table)
    before = _copied(held)
    try:
        yield
    finally:
        held.items = before


def _copied(table: MotoTable) -> Any:
    """A table's items, as they will still be when others have been put in their place."""
    return defaultdict(
        dict,
        {
            partition: {sort_key: _kept(sort_key.value, item) for sort_key, item in items.items()}
            for partition, items in table.items.items()
        },
    )


def _kept(sort_key: str, item: Any) -> Any:
    """Updates change an item where it is; clients and their facts, which are nearly all, are only ever replaced."""
    return item if sort_key.startswith("C#") else deepcopy(item)


@contextmanager
def quick_tables() -> Iterator[None]:
    """Queries look only at the span they ask for, transactions copy no facts, answers spell out only what they hold.

    The emulator's own way is to sort and compare the whole table for the one, and to copy it for the other; and to look
    in each attribute for each type that it might be of.
    """
    whole_query, whole_items = MotoTable.query, MotoTable.all_items
    whole_structure = JSONSerializer._serialize_type_structure
    asked: ContextVar[Sequence[Any] | None] = ContextVar("asked", default=None)

    def query(table: MotoTable, hash_key: Any, comparison: str | None, bounds: Any, *args: Any, **options: Any) -> Any:
        token = asked.set((hash_key, *bounds) if comparison == "BETWEEN" else None)
        try:
            return whole_query(table, hash_key, comparison, bounds, *args, **options)
        finally:
            asked.reset(token)

    def all_items(table: MotoTable) -> list[Any]:
        span = asked.get()
        if span is None:
            items: list[Any] = whole_items(table)
            return items
        partition, first, last = span
        held = table.items.get(partition, {})
        return [item for sort_key, item in held.items() if first.value <= sort_key.value <= last.value]

    def kept_for_rollback(table: MotoTable, _: Any) -> MotoTable:
        """What a transaction goes back to when it fails: without copying every fact of the table."""
        held = copy(table)
        held.items = _copied(table)
        return held

    def structure(serializer: Any, serialized: dict[str, Any], value: Any, shape: Any, key: str) -> None:
        if shape.name != "AttributeValue":
            whole_structure(serializer, serialized, value, shape, key)
            return
        ((kind, held),) = value.items()
        serializer._serialize(serialized.setdefault(key, {}), held, shape.members[kind], kind)

    with (
        patch.object(JSONSerializer, "_serialize_type_structure", structure),
        patch.object(MotoTable, "query", query),
        patch.object(MotoTable, "all_items", all_items),
        patch.object(MotoTable, "__deepcopy__", kept_for_rollback, create=True),
    ):
        yield
