"""Clients and their facts on roster pages."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.columns import CodecError, decode_number, encode_number, refusing_damage
from chalicelib.adapters.dynamodb.fact_codec import decode_records, encode_block, facts_of
from chalicelib.adapters.dynamodb.table import (
    Action,
    ConditionFailedError,
    Item,
    Table,
    TransactionFailedError,
)
from chalicelib.domain.blocks import (
    OTHER_FACTS,
    Block,
    BlockId,
    ClientRecords,
    ClientTickets,
    Seat,
    Stored,
    StoredClient,
)
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.facts import Client, Facts, Money
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.records import StoredRecord, shard_of, splitting, standing_records
from chalicelib.domain.roster import page_of
from chalicelib.services.errors import UnreadableClientError, raised

if TYPE_CHECKING:
    from chalicelib.services.errors import Failed

SPLIT_ABOVE: Final = 64 * 1024
"""Bytes of a block at which its set gets one shard more; the block itself may wait for its turn."""

BLOCK_LIMIT: Final = 256 * 1024
"""Bytes of a block that are never passed: an item holds 400 KB, a request brings less than 100 KB."""

_VERSION_BEFORE: Final = "v = :before"
_ABSENT: Final = "attribute_not_exists(pk)"


class DynamoRoster:
    """`Roster` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def seats(self, tenant: TenantId, clients: Iterable[RecordId]) -> dict[str, Seat]:
        wanted = {keys.directory(tenant, client): client for client in clients}
        items = self._table.batch_get(wanted, consistent=True)
        return {str(wanted[key]): _seat(item) for key, item in items.items()}

    def seats_after(self, tenant: TenantId, client: RecordId | None, limit: int) -> dict[str, Seat]:
        items = self._table.query(keys.directories(tenant, client), chunk=limit, consistent=True)
        return {keys.id_of(item["sk"]): _seat(item) for item in islice(items, limit)}

    def clients(self, tenant: TenantId, seats: Mapping[str, Seat], failed: Failed = raised) -> dict[str, StoredClient]:
        wanted = {
            keys.client_record(tenant, page_of(seat.number), RecordId(client)): client for client, seat in seats.items()
        }
        items = self._table.batch_get(wanted, consistent=True)
        found = {}
        for key, item in items.items():
            try:
                found[wanted[key]] = _stored_client(wanted[key], item)
            except CodecError as error:
                failed(wanted[key], _unreadable(wanted[key], error))
        return found

    def add_client(self, tenant: TenantId, seat: int, stored: StoredClient) -> bool:
        client = RecordId(stored.client.id)
        try:
            self._table.transact(
                [
                    Action(keys.directory(tenant, client), {"seat": seat}, condition=_ABSENT),
                    Action(
                        keys.client_record(tenant, page_of(seat), client),
                        _client_item(seat, stored._replace(version=1)),
                        condition=_ABSENT,
                    ),
                ]
            )
        except TransactionFailedError as error:
            directory = error.items[0]
            return directory is not None and directory["seat"] == seat  # our own earlier write
        return True

    def put_client(self, tenant: TenantId, seat: Seat, stored: StoredClient) -> bool:
        item = _client_item(seat.number, stored._replace(version=stored.version + 1))
        key = keys.client_record(tenant, page_of(seat.number), RecordId(stored.client.id))
        return self._put_version(key, item, stored.version)

    def blocks(self, tenant: TenantId, ids: Iterable[BlockId], failed: Failed = raised) -> dict[BlockId, Block]:
        wanted = {_block_key(tenant, block_id): block_id for block_id in ids}
        items = self._table.batch_get(wanted, consistent=True)
        found = {}
        for key, block_id in wanted.items():
            try:
                found[block_id] = _block(items.get(key))
            except CodecError as error:
                failed(block_id.client, _unreadable(block_id.client, error))
        return found

    def tickets(self, tenant: TenantId, client: RecordId, seat: Seat) -> dict[BlockId, Block]:
        page = page_of(seat.number)
        items = self._table.query(keys.ticket_blocks(tenant, page, client), consistent=True)
        try:
            return {_block_id(page, item["sk"]): _block(item) for item in items}
        except CodecError as error:
            raise _unreadable(client, error) from error

    def page_tickets(
        self, tenant: TenantId, page: int, seats: Container[int] | None = None, failed: Failed = raised
    ) -> list[ClientTickets]:
        found = []
        for client, record, blocks in _by_client(self._table.query(keys.page_items(tenant, page), consistent=True)):
            if seats is None or record["seat"] in seats:
                try:
                    tickets = [item for item in blocks if keys.is_ticket_block(item["sk"])]
                    held = {_block_id(page, item["sk"]): _block(item) for item in tickets}
                    found.append(ClientTickets(record["seat"], RecordId(client), held))
                except Exception as error:  # nothing here asks anybody: it is what is stored
                    failed(client, _unreadable(client, error))
        return found

    def move_tickets(self, tenant: TenantId, block_id: BlockId, block: Block, beside: Mapping[BlockId, int]) -> bool:
        unchanged = [
            Action(
                _block_key(tenant, each),
                expression="SET v = :before",
                condition=_VERSION_BEFORE,
                values={"before": version},
            )
            for each, version in beside.items()
        ]
        key = _block_key(tenant, block_id)
        replaced = self._replacement(key, block.version, block.records, block.shards)
        try:
            self._table.transact([replaced, *unchanged])
        except TransactionFailedError:
            return False
        return True

    def room_for(self, block: Block) -> Stored:
        return _room_for(encode_block(block.records))

    def put_block(self, tenant: TenantId, block_id: BlockId, block: Block) -> Stored:
        data = encode_block(block.records)
        room = _room_for(data)
        if room is Stored.FULL:
            return room
        item = {"d": data, "v": block.version + 1, **_shards(block.shards)}
        if not self._put_version(_block_key(tenant, block_id), item, block.version):
            return Stored.CHANGED
        return room

    def _put_version(self, key: keys.Key, item: Item, before: int) -> bool:
        try:
            if before:
                self._table.put(key, item, condition=_VERSION_BEFORE, before=before)
            else:
                self._table.put(key, item, condition=_ABSENT)
        except ConditionFailedError as error:
            held = error.item or {}
            return {**held, **item} == held  # our own earlier write, whose acknowledgement was lost
        return True

    def split(self, tenant: TenantId, client: RecordId, seat: Seat, quarter: str | None) -> None:
        before, page = seat.shards_of(quarter), page_of(seat.number)
        ids = [BlockId(client, page, quarter, shard) for shard in (splitting(before), before)]
        held = self.blocks(tenant, ids)
        spread: dict[int, dict[str, dict[str, StoredRecord]]] = {block_id.shard: {} for block_id in ids}
        for block in held.values():
            for name, records in block.records.items():
                for record_id, record in records.items():
                    shard = shard_of(name, record_id, before + 1)
                    spread[shard].setdefault(name, {})[record_id] = record
        actions = [
            self._replacement(_block_key(tenant, block_id), held[block_id].version, spread[block_id.shard], before + 1)
            for block_id in ids
        ]
        known = "parts = :parts" if seat.shards else "attribute_not_exists(parts)"
        directory = Action(
            keys.directory(tenant, client),
            {"seat": seat.number, "parts": {**seat.shards, quarter or OTHER_FACTS: before + 1}},
            condition=f"attribute_exists(pk) AND {known}",
            values={"parts": dict(seat.shards)} if seat.shards else {},
        )
        try:
            self._table.transact([directory, *actions])
        except TransactionFailedError:
            return  # another merge or split came first: the caller reads again and goes on

    @staticmethod
    def _replacement(
        key: keys.Key, before: int, records: Mapping[str, Mapping[str, StoredRecord]], shards: int
    ) -> Action:
        data = encode_block(records) if any(records.values()) else None  # a block without records has no data
        item = {"d": data, "v": before + 1, **_shards(shards)}
        if before:
            return Action(key, item, condition=_VERSION_BEFORE, values={"before": before})
        return Action(key, item, condition=_ABSENT)

    def client_facts(self, tenant: TenantId, client: RecordId, seat: Seat) -> Facts:
        items = self._table.query(keys.client_items(tenant, page_of(seat.number), client))
        for _, facts in _facts(items, raised):
            return facts
        raise NotFoundError(f"There is no client {client}.")

    def client_records(self, tenant: TenantId, client: RecordId, seat: Seat) -> ClientRecords:
        items = list(self._table.query(keys.client_items(tenant, page_of(seat.number), client)))
        for _, facts in _facts(iter(items), raised):
            return ClientRecords(facts, standing_records(_block(item).records for item in items if "seat" not in item))
        raise NotFoundError(f"There is no client {client}.")

    def page_facts(self, tenant: TenantId, page: int, failed: Failed = raised) -> list[tuple[int, Facts]]:
        return list(_facts(self._table.query(keys.page_items(tenant, page)), failed))


def _shards(shards: int) -> Item:
    """Into how many shards a block's set was split when the block was last split; unsplit ones do not say."""
    return {"parts": shards} if shards > 1 else {}


@refusing_damage
def _block(item: Item | None) -> Block:
    if item is None:
        return Block({}, 0)
    records = decode_records(item["d"]) if "d" in item else {}
    return Block(records, item["v"], item.get("parts", 1))


def _block_key(tenant: TenantId, block_id: BlockId) -> keys.Key:
    client, page, quarter, shard = block_id
    if quarter is None:
        return keys.facts_block(tenant, page, client, shard)
    return keys.ticket_block(tenant, page, client, quarter, shard)


def _seat(item: Item) -> Seat:
    return Seat(item["seat"], item.get("parts", {}))


def _block_id(page: int, sk: str) -> BlockId:
    quarter, shard = keys.quarter_of_block(sk)
    return BlockId(RecordId(keys.client_of(sk)), page, quarter, shard)


def _facts(items: Iterator[Item], failed: Failed) -> Iterator[tuple[int, Facts]]:
    """Clients with their facts from items in any order; `failed` is told of those that cannot be read."""
    for client, record, blocks in _by_client(items):
        try:
            tickets = [block["d"] for block in blocks if keys.is_ticket_block(block["sk"]) and "d" in block]
            rest = [block["d"] for block in blocks if keys.is_facts_block(block["sk"]) and "d" in block]
            seat, stored = record["seat"], _stored_client(client, record)
            facts = facts_of(stored.client, tickets, rest)
        except Exception as error:  # nothing here asks anybody: it is what is stored
            failed(client, _unreadable(client, error))
        else:
            yield seat, facts


def _by_client(items: Iterator[Item]) -> Iterator[tuple[str, Item, list[Item]]]:
    """Clients with their own item and those of their blocks; a client without its own is not there yet."""
    by_client = groupby(
        sorted(items, key=lambda item: (keys.client_of(item["sk"]), item["sk"])),
        key=lambda item: keys.client_of(item["sk"]),
    )
    for client, group in by_client:
        record, *blocks = group
        if "seat" in record:
            yield client, record, blocks


def _client_item(seat: int, stored: StoredClient) -> Item:
    client = stored.client
    money = client.monthly_recurring_revenue
    fields: list[Any] = [
        client.name,
        client.status,
        client.archived,
        client.industry,
        client.account_manager_id,
        client.client_since,
        list(money) if money else None,
        client.at_risk_since,
        encode_number(stored.updated_at),
    ]
    return {
        "seat": seat,
        "d": json.dumps(fields, separators=(",", ":"), ensure_ascii=False),
        "v": stored.version,
    }


def _unreadable(client: str, error: Exception) -> UnreadableClientError:
    unreadable = UnreadableClientError(client)
    unreadable.__cause__ = error
    return unreadable


@refusing_damage
def _stored_client(client_id: str, item: Item) -> StoredClient:
    *fields, money, at_risk_since, updated_at = json.loads(item["d"])
    client = Client._make((client_id, *fields, Money(*money) if money else None, at_risk_since))
    _refuse_other_types(client, item)
    return StoredClient(client, decode_number(updated_at) or 0, item["v"])


def _refuse_other_types(client: Client, item: Item) -> None:
    """A row that no page of rows can hold would be its neighbours' failure."""
    money = client.monthly_recurring_revenue
    texts = client.industry, client.account_manager_id
    numbers = client.client_since, client.at_risk_since
    if not (
        isinstance(client.name, str)
        and isinstance(client.status, str)
        and isinstance(client.archived, bool)
        and all(text is None or isinstance(text, str) for text in texts)
        and all(number is None or isinstance(number, int) for number in numbers)
        and (money is None or (isinstance(money.currency, str) and isinstance(money.amount, int)))
        and isinstance(item["seat"], int)
        and isinstance(item["v"], int)
    ):
        raise CodecError("a client's record has values of another type")


def _room_for(data: bytes) -> Stored:
    if len(data) > BLOCK_LIMIT:
        return Stored.FULL
    return Stored.GROWN if len(data) > SPLIT_ABOVE else Stored.STORED
