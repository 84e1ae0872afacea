"""Connections to other systems: an item each, of the user's part and the worker's, and one of what people look at.

The parts are JSON texts: only their condition's attributes stand beside them. Whoever has the lease writes the worker's
part, whoever read the newest version the user's; neither undoes the other's.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any, Final

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import ConditionFailedError, Item, Table
from chalicelib.domain.connections import (
    Connection,
    Counts,
    Failure,
    LastTest,
    Picked,
    Progress,
    QuietHours,
    Seen,
    Skipped,
    Sweep,
    SyncMark,
    Work,
)
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.services.errors import LeasedError

_MINE: Final = "attribute_exists(pk) AND (attribute_not_exists(lease) OR lease = :token OR lease_until < :now)"


class DynamoConnectionStore:
    """`ports.ConnectionStore` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self, tenant: TenantId) -> list[Connection]:
        return list(map(_connection, self._table.query(keys.connections(tenant), consistent=True)))

    def get(self, tenant: TenantId, connection: str) -> Connection | None:
        item = self._table.get(keys.connection(tenant, connection), consistent=True)
        return None if item is None else _connection(item)

    def add(self, tenant: TenantId, connection: Connection) -> bool:
        item = {"v": connection.version, "own": _own(connection), "work": _work_text(connection.work)}
        try:
            self._table.put(keys.connection(tenant, connection.id), item, condition="attribute_not_exists(pk)")
        except ConditionFailedError as error:
            return _is_ours(error.item, connection)
        return True

    def replace(self, tenant: TenantId, connection: Connection) -> bool:
        try:
            self._table.update(
                keys.connection(tenant, connection.id),
                "SET v = :next, own = :own",
                condition="v = :held",
                next=connection.version,
                held=connection.version - 1,
                own=_own(connection),
            )
        except ConditionFailedError as error:
            return _is_ours(error.item, connection)
        return True

    def remove(self, tenant: TenantId, connection: str) -> None:
        self._table.delete(keys.connection(tenant, connection))
        self._table.delete(keys.connection_seen(tenant, connection))

    def lease(self, tenant: TenantId, connection: str, token: str, now: Instant, until: Instant) -> Connection | None:
        try:
            item = self._table.update(
                keys.connection(tenant, connection),
                "SET lease = :token, lease_until = :until",
                condition=_MINE,
                returns="ALL_NEW",
                token=token,
                until=until,
                now=now,
            )
        except ConditionFailedError as error:
            if error.item is None:
                return None
            raise LeasedError from error
        return _connection(item)

    def save(self, tenant: TenantId, connection: str, token: str, work: Work) -> bool:
        try:
            self._table.update(
                keys.connection(tenant, connection),
                "SET #work = :work, lease_until = :ended",
                condition="lease = :token",
                work=_work_text(work),
                ended=0,
                token=token,
            )
        except ConditionFailedError:
            return False
        return True

    def seen(self, tenant: TenantId, connection: str) -> Seen:
        item = self._table.get(keys.connection_seen(tenant, connection), consistent=True)
        if item is None:
            return Seen()
        found = json.loads(item["seen"])
        lists = {name: tuple(Picked(*each) for each in listed) for name, listed in found["picklists"].items()}
        return Seen(lists, tuple(Skipped(*each) for each in found["skipped"]))

    def put_seen(self, tenant: TenantId, connection: str, seen: Seen) -> None:
        self._table.put(keys.connection_seen(tenant, connection), {"seen": _text(seen._asdict())})


class DynamoSyncMarks:
    """`ports.SyncMarks` on DynamoDB, in the partitions of the due marks."""

    def __init__(self, shared: Callable[[], Table]) -> None:
        """`shared` (made when needed): the table with the rights to what no tenant owns."""
        self._shared = shared

    def marks(self, shard: int) -> Iterator[SyncMark]:
        return map(_mark, self._shared().query(keys.sync_marks(shard), consistent=True))

    def mark(self, tenant: TenantId, connection: str, due: Instant, *, is_aside: bool = False) -> None:
        self._shared().update(
            keys.sync_mark(tenant, connection), "SET due = :due, aside = :aside", due=due, aside=is_aside
        )

    def remove(self, tenant: TenantId, connection: str) -> None:
        self._shared().delete(keys.sync_mark(tenant, connection))


def _mark(item: Item) -> SyncMark:
    tenant, connection = keys.connection_of(item["sk"])
    return SyncMark(tenant, connection, item["due"], item.get("aside", False))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_WORK: Final = "work"


def _own(connection: Connection) -> str:
    """The user's part, what is as it is by default left out."""
    standard = Connection("", "", "")
    told = {
        each.name: getattr(connection, each.name)
        for each in fields(connection)
        if each.name != _WORK and getattr(connection, each.name) != getattr(standard, each.name)
    }
    return _text(told)


def _is_ours(item: Item | None, connection: Connection) -> bool:
    """Whether what stands there is our own write, whose acknowledgement was lost."""
    return item is not None and item.get("own") == _own(connection)


def _work_text(work: Work) -> str:
    return _text(asdict(work))


def _connection(item: Item) -> Connection:
    own = json.loads(item["own"])
    quiet = own.pop("quiet_hours", None)
    found = {**own, "quiet_hours": None if quiet is None else QuietHours(*quiet)}
    return Connection(**found, work=_work(json.loads(item["work"])))


def _work(document: Mapping[str, Any]) -> Work:
    failure, test, sweep = document["failure"], document["test"], document["sweep"]
    return Work(
        **{
            **document,
            "streams": {name: Progress(*each) for name, each in document["streams"].items()},
            "counts": Counts(*document["counts"]),
            "last": Counts(*document["last"]),
            "gaps": tuple(document["gaps"]),
            "failure": None if failure is None else Failure(*failure),
            "test": None if test is None else LastTest(*test),
            "sweep": None if sweep is None else _sweep(*sweep),
        }
    )


def _sweep(stream: str, after: list[str] | None, held: int, missing: list[list[str]], found: int) -> Sweep:
    place = None if after is None else (after[0], after[1])
    pairs = tuple((client, record) for client, record in missing)
    return Sweep(stream=stream, after=place, held=held, missing=pairs, found=found)
