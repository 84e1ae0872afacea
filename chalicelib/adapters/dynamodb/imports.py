"""Imports, and the maps that tenants keep for them."""

import json
from dataclasses import asdict
from typing import Any, Final
from zlib import compress, decompress

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import ConditionFailedError, Item, Table
from chalicelib.domain.ids import TenantId
from chalicelib.domain.imports import Import, ImportFile, SavedMap

KEPT_SECONDS: Final = 7 * 86_400

_VERSION_BEFORE: Final = "v = :before"
_ABSENT: Final = "attribute_not_exists(pk)"


class DynamoImportMapStore:
    """`ports.imports.ImportMapStore` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, tenant: TenantId, name: str) -> SavedMap | None:
        item = self._table.get(keys.import_map(tenant, name), consistent=True)
        return None if item is None else _saved(name, item)

    def list(self, tenant: TenantId) -> list[SavedMap]:
        items = self._table.query(keys.import_maps(tenant), consistent=True)
        return [_saved(keys.id_of(item["sk"]), item) for item in items]

    def put(self, tenant: TenantId, saved: SavedMap) -> bool:
        text = json.dumps(saved.document, separators=(",", ":"), ensure_ascii=False, default=float)
        item = {"d": compress(text.encode()), "at": saved.changed_at}
        return _put_version(self._table, keys.import_map(tenant, saved.name), item, saved.version - 1)

    def delete(self, tenant: TenantId, name: str, version: int) -> bool:
        try:
            self._table.delete(
                keys.import_map(tenant, name), condition=f"{_ABSENT} OR {_VERSION_BEFORE}", before=version
            )
        except ConditionFailedError:
            return False
        return True


class DynamoImportStore:
    """`ports.imports.ImportStore` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, tenant: TenantId, import_id: str) -> Import | None:
        if not keys.is_import_id(import_id):
            return None
        item = self._table.get(keys.import_item(tenant, import_id), consistent=True)
        return None if item is None else _import(item)

    def list(self, tenant: TenantId) -> list[Import]:
        return [_import(item) for item in self._table.query(keys.import_items(tenant), consistent=True)]

    def put(self, tenant: TenantId, held: Import) -> bool:
        text = json.dumps(asdict(held) | {"version": 0}, separators=(",", ":"), ensure_ascii=False, default=float)
        item = {"d": compress(text.encode()), "expires": held.created_at + KEPT_SECONDS}
        return _put_version(self._table, keys.import_item(tenant, held.id), item, held.version)

    def delete(self, tenant: TenantId, import_id: str) -> None:
        self._table.delete(keys.import_item(tenant, import_id))


def _put_version(table: Table, key: keys.Key, item: Item, before: int) -> bool:
    whole = {**item, "v": before + 1}
    condition, values = (_VERSION_BEFORE, {"before": before}) if before else (_ABSENT, {})
    try:
        table.put(key, whole, condition=condition, **values)
    except ConditionFailedError as error:
        held = error.item or {}
        return all(held.get(name) == value for name, value in whole.items())  # our own write: its answer was lost
    return True


def _saved(name: str, item: Item) -> SavedMap:
    return SavedMap(name, json.loads(decompress(item["d"])), item["v"], item["at"])


def _import(item: Item) -> Import:
    document: dict[str, Any] = json.loads(decompress(item["d"]))
    document["files"] = tuple(ImportFile(*each) for each in document["files"])
    document["refused"], document["faulty"] = tuple(document["refused"]), tuple(document["faulty"])
    return Import(**document | {"version": item["v"]})
