"""Behind the emulator's front door: its tables, without requests.

moto's own way takes milliseconds per item, and copies the whole table for each transaction.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, Final
from unittest.mock import patch

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table as MotoTable

from benchmarks.meter import Item, Peek

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-central-1"


class EmulatorPeek(Peek):
    """Looks an item up without a request."""

    def item(self, table: str, key: Item) -> Item | None:
        found = dynamodb_backends[ACCOUNT][REGION].get_item(table, dict(key))
        return None if found is None else found.to_json()["Attributes"]


def put_item(table: str, item: Mapping[str, Any]) -> None:
    """Stores an item, unconditionally."""
    dynamodb_backends[ACCOUNT][REGION].put_item(table, dict(item))


@contextmanager
def restored(table: str) -> Iterator[None]:
    """Afterwards the table is as before."""
    held = dynamodb_backends[ACCOUNT][REGION].get_table(table)
    before = {
        partition: {sort_key: _kept(sort_key.value, item) for sort_key, item in items.items()}
        for partition, items in held.items.items()
    }
    try:
        yield
    finally:
        held.items = defaultdict(dict, before)


def _kept(sort_key: str, item: Any) -> Any:
    """Updates change an item where it is; clients and their facts, which are nearly all, are only ever replaced."""
    return item if sort_key.startswith("C#") else deepcopy(item)


@contextmanager
def quick_queries() -> Iterator[None]:
    """Every query of the emulator sorts the whole table; by plain strings, as all keys are, that takes a tenth."""

    def all_items(table: MotoTable) -> list[Any]:
        items = [item for partition in table.items.values() for item in partition.values()]
        return sorted(items, key=lambda item: (item.hash_key.value, item.range_key.value))

    with patch.object(MotoTable, "all_items", all_items):
        yield
