"""Due marks, one small item per tenant and one per night under way, by registry shard.

They belong to no tenant: the sweep reads a shard's marks at once. A function that works with one tenant's rights writes
them with its own.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import ConditionFailedError, Item, Table
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.run import DueMark, Walk

_SEEN: Final = "v = :seen"


class DynamoDueMarkStore:
    """`DueMarkStore` on DynamoDB."""

    def __init__(self, shared: Callable[[], Table]) -> None:
        """`shared` (made when needed): the table with the rights to what no tenant owns."""
        self._shared = shared

    def mark(self, tenant: TenantId, due: Instant, now: Instant, *, night: Instant | None = None) -> int:
        item = self._shared().update(
            keys.due_mark(tenant, night),
            "SET due = if_not_exists(due, :due), since = if_not_exists(since, :now), touched = :now "
            "REMOVE tries ADD v :one",
            returns="UPDATED_NEW",
            due=due,
            now=now,
            one=1,
        )
        return int(item["v"])

    def marks(self, shard: int) -> Iterator[DueMark]:
        return map(_mark, self._shared().query(keys.due_marks(shard), consistent=True))

    def postpone(self, mark: DueMark, due: Instant, *, failed: bool = False) -> None:
        if failed:
            self._if_seen(mark, "SET due = :due, tries = :tries", {"due": due, "tries": mark.tries + 1})
        else:
            self._if_seen(mark, "SET due = :due REMOVE tries", {"due": due})

    def clear(self, tenant: TenantId, version: int, *, night: Instant | None = None) -> None:
        try:
            self._shared().delete(keys.due_mark(tenant, night), condition=_SEEN, seen=version)
        except ConditionFailedError:
            return  # gone, or others rely on it by now

    def resume(self, mark: DueMark) -> None:
        self._if_seen(mark, "SET due = since REMOVE tries", {})

    def walk(self) -> Walk:
        item = self._shared().get(keys.due_walk(), consistent=True)
        return Walk() if item is None else walk_of(item)

    def save_walk(self, walk: Walk) -> None:
        self._shared().put(keys.due_walk(), walk._asdict())

    def _if_seen(self, mark: DueMark, expression: str, values: dict[str, Any]) -> None:
        key = keys.due_mark(mark.tenant, mark.night)
        try:
            self._shared().update(key, expression, condition=_SEEN, seen=mark.version, **values)
        except ConditionFailedError:
            return  # gone, or a newer version that is looked at in its own time


def walk_of(item: Item) -> Walk:
    """The walk that an item notes. One of an older build does not say when, nor that it is over."""
    after = TenantId(item["after"]) if "after" in item else None
    return Walk(item["shard"], after, item.get("complete", False), item.get("noted_at", 0))


def _mark(item: Item) -> DueMark:
    return DueMark(
        keys.tenant_of(item["sk"]),
        keys.night_of(item["sk"]),
        *(Instant(_number(item, name)) for name in ("due", "since", "touched")),
        *(_number(item, name) for name in ("v", "tries")),
    )


def _number(item: Item, name: str) -> int:
    """0 for damage: such a mark is due at once, and no shard is unreadable for one tenant's sake."""
    value = item.get(name)
    return value if isinstance(value, int) else 0
