"""The one DynamoDB table, at the level the stores need: keys in, plain attribute values out.

Every loop follows `LastEvaluatedKey` and `UnprocessedKeys`. A conditional write that fails raises ConditionFailedError
with the item that stood in its way, so that a store can tell its own earlier write (a lost acknowledgement) from
another's. A throttled call raises OverloadedError, whatever the form in which DynamoDB says so.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from chalicelib.adapters.dynamodb.keys import Key, Span
from chalicelib.adapters.overload import ask
from chalicelib.services.errors import OverloadedError, TooBusyError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]

BATCH_GET_LIMIT: Final = 100
BATCH_GET_ROUNDS: Final = 8
CONFLICT_PAUSES: Final = (0.02, 0.04, 0.08, 0.16)
"""Seconds to wait when a write meets another's transaction, which lasts some milliseconds."""

THROTTLED_ACTION: Final = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded"})
"""Reasons of a cancelled transaction that are no fault of it (DynamoDB API reference, TransactWriteItems)."""


class ConditionFailedError(Exception):
    """A conditional write did not happen; `item` is what stands there now (None: nothing)."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("the condition of the write does not hold")
        self.item = item


class TransactionFailedError(Exception):
    """A transaction did not happen; `items` are what stood in the way, by the place of the action (None: nothing)."""

    def __init__(self, items: Sequence[Item | None], reasons: Sequence[str]) -> None:
        super().__init__(f"the transaction was cancelled: {', '.join(reasons)}")
        self.items = items
        self.reasons = reasons


class UnprocessedKeysError(OverloadedError):
    """DynamoDB kept leaving keys unprocessed; the caller's outer retry goes on."""


class Table:
    """Reads and writes of one table."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self._client = client
        self.name = name

    def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        answer = ask(self._client.get_item, TableName=self.name, Key=encode(key._asdict()), ConsistentRead=consistent)
        return decode(answer["Item"]) if "Item" in answer else None

    def batch_get(self, keys: Iterable[Key], *, consistent: bool = False) -> dict[Key, Item]:
        """The items that exist, by key. Raises UnprocessedKeysError when DynamoDB does not deliver them all."""
        waiting = [encode(key._asdict()) for key in dict.fromkeys(keys)]
        found: dict[Key, Item] = {}
        rounds = BATCH_GET_ROUNDS + len(waiting) // BATCH_GET_LIMIT
        while waiting:
            if rounds == 0:
                raise UnprocessedKeysError(f"{len(waiting)} keys were left unprocessed")
            rounds -= 1
            asked, waiting = waiting[:BATCH_GET_LIMIT], waiting[BATCH_GET_LIMIT:]
            answer = ask(
                self._client.batch_get_item,
                RequestItems={self.name: {"Keys": asked, "ConsistentRead": consistent}},
            )
            for raw in answer["Responses"].get(self.name, []):
                item = decode(raw)
                found[Key(item["pk"], item["sk"])] = item
            waiting += _unprocessed(answer.get("UnprocessedKeys", {}), self.name)
        return found

    def query(
        self,
        span: Span,
        *,
        descending: bool = False,
        chunk: int | None = None,
        consistent: bool = False,
        live_at: int | None = None,
    ) -> Iterator[Item]:
        """The items of a span in key order, read as they are taken, `chunk` at a time (None: as many as fit a call).

        With `live_at`, items that have expired at that instant are left out.
        """

        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": encode({":pk": span.pk, ":first": span.first, ":last": span.last}),
            "ScanIndexForward": not descending,
            "ConsistentRead": consistent,
        }
        if chunk is not None:
            request["Limit"] = chunk
        if live_at is not None:
            request["FilterExpression"] = "attribute_not_exists(expires) OR expires > :live_at"
            request["ExpressionAttributeValues"] |= encode({":live_at": live_at})
        while True:
            answer = ask(self._client.query, **request)
            yield from map(decode, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def put(self, key: Key, item: Mapping[str, Any], *, condition: str | None = None, **values: Any) -> None:
        """Writes a whole item. Raises ConditionFailedError when the condition does not hold."""
        request = {"TableName": self.name, "Item": encode({**key._asdict(), **item})}
        self._conditional(self._client.put_item, request, condition, values)

    def update(
        self,
        key: Key,
        expression: str,
        *,
        condition: str | None = None,
        returns: str = "NONE",
        shows_item: bool = True,
        **values: Any,
    ) -> Item:
        """Updates an item and returns its attributes as `returns` says. `#name` stands for the attribute `name`.

        Without `shows_item` a ConditionFailedError has no item: for who may write an attribute but read nothing.
        """
        request: dict[str, Any] = {
            "TableName": self.name,
            "Key": encode(key._asdict()),
            "UpdateExpression": expression,
            "ReturnValues": returns,
        }
        answer = self._conditional(self._client.update_item, request, condition, values, expression, shows_item)
        return decode(answer.get("Attributes", {}))

    def delete(self, key: Key, *, condition: str | None = None, **values: Any) -> Item | None:
        """Deletes an item and returns what it was (None: there was nothing)."""
        request = {"TableName": self.name, "Key": encode(key._asdict()), "ReturnValues": "ALL_OLD"}
        answer = self._conditional(self._client.delete_item, request, condition, values)
        return decode(answer["Attributes"]) if "Attributes" in answer else None

    def transact(self, actions: Sequence["Action"]) -> None:
        """Writes all or nothing, at most 100 items.

        Raises TransactionFailedError when a condition does not hold, or other writers keep meeting it, OverloadedError
        when DynamoDB keeps throttling one of its actions: botocore does not try cancelled transactions again.
        """
        request = [action.request(self.name) for action in actions]
        for pause in (*CONFLICT_PAUSES, None):
            try:
                ask(self._client.transact_write_items, TransactItems=request)
            except self._client.exceptions.TransactionCanceledException as error:
                reasons: Sequence[Any] = error.response.get("CancellationReasons", ())
                codes = [reason.get("Code", "None") for reason in reasons]
                failed = "ConditionalCheckFailed" in codes
                throttled = not failed and not THROTTLED_ACTION.isdisjoint(codes)
                met = not failed and "TransactionConflict" in codes
                if (throttled or met) and pause is not None:
                    time.sleep(pause)
                    continue
                if throttled:
                    raise OverloadedError("DynamoDB throttles actions of a transaction") from error
                if not (met or failed):
                    raise
                items = [decode(reason["Item"]) if reason.get("Item") else None for reason in reasons]
                raise TransactionFailedError(items, codes) from error
            else:
                return

    def _conditional(
        self,
        call: Any,
        request: dict[str, Any],
        condition: str | None,
        values: Mapping[str, Any],
        expression: str = "",
        shows_item: bool = True,
    ) -> Any:
        conditioned = _with_condition(request, condition, values, expression)
        if not shows_item:
            conditioned.pop("ReturnValuesOnConditionCheckFailure", None)
        for pause in CONFLICT_PAUSES:
            try:
                return ask(call, **conditioned)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == "TransactionConflictException":  # botocore does not try these again
                    time.sleep(pause)
                    continue
                if code != "ConditionalCheckFailedException":
                    raise
                item = error.response.get("Item")
                raise ConditionFailedError(decode(item) if item else None) from error  # type: ignore[arg-type]
        raise TooBusyError("transactions keep meeting this write")


def key_of(item: Item) -> Key:
    """Where an item is stored."""
    return Key(item["pk"], item["sk"])


class Action:
    """One write of a transaction: a put of an item, or an update by an expression."""

    def __init__(
        self,
        key: Key,
        item: Mapping[str, Any] | None = None,
        *,
        expression: str = "",
        condition: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        self.key, self.item, self.expression = key, item, expression
        self.condition, self.values = condition, values or {}

    def request(self, table: str) -> Any:
        if self.item is not None:
            body = {"TableName": table, "Item": encode({**self.key._asdict(), **self.item})}
            return {"Put": _with_condition(body, self.condition, self.values, "")}
        body = {"TableName": table, "Key": encode(self.key._asdict())}
        if not self.expression:
            return {"Delete": _with_condition(body, self.condition, self.values, "")}
        body["UpdateExpression"] = self.expression
        return {"Update": _with_condition(body, self.condition, self.values, self.expression)}


def _with_condition(
    request: dict[str, Any], condition: str | None, values: Mapping[str, Any], expression: str
) -> dict[str, Any]:
    if condition is not None:
        request["ConditionExpression"] = condition
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    text = f"{expression} {condition or ''}"
    names = {word: word[1:] for word in _words(text) if word.startswith("#")}
    if names:
        request["ExpressionAttributeNames"] = names
    if values:
        request["ExpressionAttributeValues"] = encode({f":{name}": value for name, value in values.items()})
    return request


def _unprocessed(left: Mapping[str, Any], table: str) -> list[Any]:
    return list(left[table]["Keys"]) if table in left else []


def _words(text: str) -> list[str]:
    return text.replace(",", " ").replace("(", " ").replace(")", " ").replace("=", " ").split()


def encode(item: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values as DynamoDB attribute values; None is left out. Raises TypeError for what is never stored."""
    return {name: _encode(value) for name, value in item.items() if value is not None}


def _encode(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": str(value)}
        case int():
            return {"N": str(value)}
        case Decimal():
            return {"N": f"{value:f}"}
        case bytes():
            return {"B": value}
        case set() | frozenset():
            members = sorted(value)
            if isinstance(members[0], int):
                return {"NS": list(map(str, members))}
            return {"SS": list(map(str, members))}
        case list() | tuple():
            return {"L": [_encode(member) for member in value]}
        case dict():
            return {"M": encode(value)}
    raise TypeError(f"{type(value).__name__} is not stored")


def decode(item: Mapping[str, Any]) -> Item:
    """DynamoDB attribute values as plain ones; numbers are integers, or decimals where they have a fraction."""
    return {name: _decode(value) for name, value in item.items()}


def _decode(value: Mapping[str, Any]) -> Any:
    ((kind, held),) = value.items()
    match kind:
        case "N":
            return int(held) if "." not in held else Decimal(held)
        case "NS":
            return set(map(int, held))
        case "SS":
            return set(held)
        case "L":
            return [_decode(member) for member in held]
        case "M":
            return decode(held)
    return held
