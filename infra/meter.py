"""What AWS calls cost: calls per operation, and DynamoDB's read and write units by its published rules.

Emulators report flat capacity or none, so it is counted here, from the requests and the items themselves. The rules are
those of the Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats" (CapacityUnitCalculations), "Capacity
consumption for read / write operations" (read-write-operations) and, for transactions and conditions, "DynamoDB
transactions: how it works" and "Working with items: conditional writes".
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item: TypeAlias = Mapping[str, Any]
"""An item as botocore has it: attribute values by name, binary values as bytes."""

READ_BLOCK: Final = 4096
WRITE_BLOCK: Final = 1024
CONTAINER_OVERHEAD: Final = 3
ELEMENT_OVERHEAD: Final = 1


# --- sizes ---


def item_size(item: Item) -> int:
    """Bytes of an item: its attributes' names and values. The 100 bytes of storage overhead cost no capacity."""
    return sum(_text(name) + value_size(value) for name, value in item.items())


def value_size(value: Mapping[str, Any]) -> int:
    """Bytes of one attribute value such as `{"S": "text"}`."""
    ((kind, held),) = value.items()
    match kind:
        case "S":
            return _text(held)
        case "N":
            return number_size(held)
        case "B":
            return len(held)
        case "BOOL" | "NULL":
            return 1
        case "L":
            return CONTAINER_OVERHEAD + sum(ELEMENT_OVERHEAD + value_size(member) for member in held)
        case "M":
            return CONTAINER_OVERHEAD + len(held) * ELEMENT_OVERHEAD + item_size(held)
        case "SS":
            return sum(map(_text, held))
        case "NS":
            return sum(map(number_size, held))
        case "BS":
            return sum(map(len, held))
    raise ValueError(f"no such attribute type: {kind}")


def number_size(number: str) -> int:
    """Bytes of a number: one per two significant digits and one more, and one for the sign of a negative one.

    The guide calls its rule approximate and leaves the sign out; it was found by measuring, and counted here so that
    the meter errs on the dear side.
    """
    mantissa = number.lower().partition("e")[0]
    digits = mantissa.lstrip("+-").replace(".", "").strip("0")
    return math.ceil(max(len(digits), 1) / 2) + 1 + mantissa.startswith("-")


def _text(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


# --- units ---


def write_units(size: int, *, transaction: bool = False) -> int:
    """Units of writing an item: one per started KB, twice as many in a transaction; nothing costs one, too."""
    return max(1, math.ceil(size / WRITE_BLOCK)) * (2 if transaction else 1)


def read_units(size: int, *, consistent: bool = False, transaction: bool = False) -> float:
    """Units of reading so many bytes at once: one per started 4 KB, half as many when eventually consistent."""
    return max(1, math.ceil(size / READ_BLOCK)) * (2 if transaction else 1 if consistent else 0.5)


class Charge(NamedTuple):
    """What one item written, or one read (an item, or a page of a query), costs.

    `kind` is the first part of the sort key, by which the costs of a design are told apart; a charge for several items
    carries that of the first.
    """

    operation: str
    kind: str
    size: int
    read: float = 0
    write: int = 0


@dataclass
class Cost:
    """Calls by `service.Operation`, and every charge in order."""

    calls: Counter[str] = field(default_factory=Counter)
    charges: list[Charge] = field(default_factory=list)

    @property
    def call_count(self) -> int:
        return self.calls.total()

    @property
    def read(self) -> float:
        return sum(charge.read for charge in self.charges)

    @property
    def write(self) -> int:
        return sum(charge.write for charge in self.charges)

    def reads_by_kind(self) -> dict[str, float]:
        return self._by_kind(lambda charge: charge.read)

    def writes_by_kind(self) -> dict[str, float]:
        return self._by_kind(lambda charge: charge.write)

    def sizes(self, kind: str, operation: str) -> list[int]:
        """The bytes of every charge of a kind and operation."""
        return [charge.size for charge in self.charges if (charge.kind, charge.operation) == (kind, operation)]

    def _by_kind(self, units: Callable[[Charge], float]) -> dict[str, float]:
        found: dict[str, float] = {}
        for charge in self.charges:
            if units(charge):
                found[charge.kind] = found.get(charge.kind, 0) + units(charge)
        return dict(sorted(found.items()))


# --- charges of an operation ---


class Peek:
    """Looks into the table without being counted."""

    def __init__(self, client: "DynamoDBClient") -> None:
        """A client that no meter watches."""
        self.client = client

    def item(self, table: str, key: Item) -> Item | None:
        return self.client.get_item(TableName=table, Key=dict(key), ConsistentRead=True).get("Item")

    def examined(self, request: Mapping[str, Any], count: int) -> Sequence[Item]:
        """The whole items that a query looked at: filters and projections lessen what it answers, not what it costs."""
        condition = request["KeyConditionExpression"]
        kept = {
            name: value for name, value in request["ExpressionAttributeValues"].items() if _mentions(condition, name)
        }
        names = {
            name: value
            for name, value in request.get("ExpressionAttributeNames", {}).items()
            if _mentions(condition, name)
        }
        bare = {
            "TableName": request["TableName"],
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": kept,
            "ScanIndexForward": request.get("ScanIndexForward", True),
            "Limit": max(count, 1),
        }
        if names:
            bare["ExpressionAttributeNames"] = names
        if "ExclusiveStartKey" in request:
            bare["ExclusiveStartKey"] = request["ExclusiveStartKey"]
        query: Any = self.client.query
        found: Sequence[Item] = query(**bare)["Items"]
        return found


def _mentions(expression: str, name: str) -> bool:
    words = expression.replace("(", " ").replace(")", " ").replace(",", " ").replace("=", " ").split()
    return name in words


class Write(NamedTuple):
    """One item that a request writes or checks: where, and the whole new item if the request has it."""

    table: str
    key: Item
    new: Item | None


def writes_of(operation: str, request: Mapping[str, Any]) -> list[Write]:
    """The items that a request writes; none for a read."""
    match operation:
        case "PutItem" | "UpdateItem" | "DeleteItem":
            return [_write(request)]
        case "TransactWriteItems":
            return [_write(action) for wrapped in request["TransactItems"] for action in wrapped.values()]
    return []


def _write(request: Mapping[str, Any]) -> Write:
    """By the key schema of the service's table, `pk` and `sk`."""
    item = request.get("Item")
    key = request["Key"] if item is None else {"pk": item["pk"], "sk": item["sk"]}
    return Write(request["TableName"], key, item)


def charge_of_write(operation: str, write: Write, before: Item | None, after: Item | None) -> Charge:
    """A write costs the larger of the item before and after it, a delete the old one.

    A write whose condition fails costs as much as one that happens, by the item that stands there or would.
    """
    size = max(item_size(item) for item in (before or {}, after or {}, write.new or {}))
    units = write_units(size, transaction=operation == "TransactWriteItems")
    return Charge(operation, kind_of(write.key), size, write=units)


def charges_of_read(
    operation: str, request: Mapping[str, Any], answer: Mapping[str, Any], peek: Peek | None = None
) -> list[Charge]:
    """What a read costs. GetItem and BatchGetItem round up each item, a missing one costs the minimum; a query rounds
    up the sum of what it looked at."""
    consistent = request.get("ConsistentRead", False)
    match operation:
        case "GetItem":
            return [_item_read(operation, request["Key"], answer.get("Item"), consistent)]
        case "Query":
            return [_query(request, answer, consistent, peek)]
        case "BatchGetItem":
            return list(_batch(request, answer))
    raise NotImplementedError(f"the meter knows no rule for {operation}")


def _item_read(operation: str, key: Item, item: Item | None, consistent: bool) -> Charge:
    size = item_size(item or {})
    return Charge(operation, kind_of(key), size, read_units(size, consistent=consistent))


def _query(request: Mapping[str, Any], answer: Mapping[str, Any], consistent: bool, peek: Peek | None) -> Charge:
    items: Sequence[Item] = answer["Items"]
    narrowed = "FilterExpression" in request or "ProjectionExpression" in request
    if narrowed and peek is not None:
        items = peek.examined(request, answer["ScannedCount"])
    size = sum(map(item_size, items))
    kind = kind_of(items[0]) if items else "nothing"
    return Charge("Query", kind, size, read_units(size, consistent=consistent))


def _batch(request: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[Charge]:
    for table, asked in request["RequestItems"].items():
        found = {_identity(item): item for item in answer["Responses"].get(table, [])}
        left = {_identity(key) for key in answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])}
        for key in asked["Keys"]:
            if _identity(key) not in left:
                item = found.get(_identity(key))
                yield _item_read("BatchGetItem", key, item, asked.get("ConsistentRead", False))


def _identity(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def kind_of(item: Item) -> str:
    """The first part of an item's sort key; entries of the outbox and due marks are named by their partitions."""
    first, _, rest = item["sk"]["S"].partition("#")
    if item["pk"]["S"].startswith("DUE#"):
        return "DUE"
    return "OUTBOX" if not rest and item["pk"]["S"].endswith("#OUTBOX") else str(first)


# --- the hooks ---

CHARGED_FAILURES: Final = frozenset({"ConditionalCheckFailedException", "TransactionCanceledException"})
"""Refusals that cost as much as the write would have."""


class Meter:
    """Counts what goes through the clients that are made after `watch`.

    Attempts are counted as calls: a retry is a call of its own. Peeking goes through a client of its own, which nobody
    watches.
    """

    def __init__(self, peek: Peek) -> None:
        self._peek = peek
        self._cost: Cost | None = None

    def watch(self, events: Any) -> None:
        """Hooks into a session's events; its clients inherit them."""
        events.register("request-created", self._count)
        events.register("provide-client-params.dynamodb", self._before)
        events.register("after-call.dynamodb", self._after)

    @contextmanager
    def counting(self) -> Iterator[Cost]:
        """What is called within, as it comes together."""
        outer, self._cost = self._cost, Cost()
        try:
            yield self._cost
        finally:
            self._cost = outer

    def _count(self, event_name: str, **_: Any) -> None:
        if self._cost is not None:
            self._cost.calls[event_name.partition(".")[2]] += 1

    def _before(self, params: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        """Notes the request, and the items that it is about to change."""
        if self._cost is not None:
            writes = writes_of(model.name, params)
            context["metered"] = params, [(write, self._peek.item(write.table, write.key)) for write in writes]

    def _after(self, parsed: Mapping[str, Any], model: Any, context: Mapping[str, Any], **_: Any) -> None:
        cost = self._cost
        failure = parsed.get("Error", {}).get("Code")
        if cost is None or "metered" not in context or failure not in {None, *CHARGED_FAILURES}:
            return
        request, writes = context["metered"]
        if writes:
            cost.charges += [
                charge_of_write(model.name, write, before, None if failure else self._after_write(write))
                for write, before in writes
            ]
        else:
            cost.charges += charges_of_read(model.name, request, parsed, self._peek)

    def _after_write(self, write: Write) -> Item | None:
        """The item after a write; a put tells it itself."""
        return write.new or self._peek.item(write.table, write.key)
