"""Tenants, settings and the registry."""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import Action, Item, Table, TransactionFailedError
from chalicelib.domain.errors import ConflictError, NotFoundError
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.settings import Settings
from chalicelib.domain.settings_document import settings_document, settings_of
from chalicelib.domain.tenant import Tenant


class DynamoTenantStore:
    """`ports.TenantStore` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, tenant: TenantId) -> Tenant:
        item = self._table.get(keys.settings(tenant))
        if item is None:
            raise NotFoundError(f"There is no tenant {tenant}.")
        return _tenant(tenant, item)

    def create(self, tenant: Tenant, now: Instant, created_by: str) -> None:
        document = _dump(settings_document(tenant.settings))
        version = tenant.settings.version
        new = "attribute_not_exists(pk)"
        try:
            self._table.transact(
                [
                    Action(
                        keys.settings(tenant.id),
                        {
                            "name": tenant.name,
                            "time_zone": tenant.time_zone,
                            "currency": tenant.currency,
                            "seats": 0,
                            "version": version,
                            "d": document,
                        },
                        condition=new,
                    ),
                    Action(
                        keys.settings_version(tenant.id, version),
                        {
                            "version": version,
                            "changed_at": now,
                            "changed_by": created_by,
                            "d": document,
                            "changes": "[]",
                        },
                        condition=new,
                    ),
                    Action(keys.registry(tenant.id), {}),
                ]
            )
        except TransactionFailedError as error:
            # A lost acknowledgement: the very tenant stands there already, still without a client.
            if any(held is not None and _tenant(tenant.id, held) == tenant for held in error.items[:1]):
                return
            raise ConflictError(f"The tenant id {tenant.id} is taken.") from error

    def settings_version(self, tenant: TenantId, version: int) -> Settings:
        item = self._table.get(keys.settings_version(tenant, version))
        if item is None:
            raise NotFoundError(f"There is no version {version} of the settings.")
        return settings_of(version, _load(item["d"]))

    def take_seats(self, tenant: TenantId, count: int) -> int:
        taken = self._table.update(
            keys.settings(tenant),
            "ADD seats :count",
            condition="attribute_exists(pk)",
            returns="UPDATED_NEW",
            count=count,
        )
        return int(taken["seats"]) - count

    def see_sources(self, tenant: TenantId, sources: Iterable[str]) -> None:
        self._table.update(
            keys.settings(tenant),
            "ADD sources :sources",
            condition="attribute_exists(pk)",
            sources=set(sources),
        )

    def registered(self, shard: int, after: TenantId | None) -> Iterator[TenantId]:
        for item in self._table.query(keys.registry_span(shard, after)):
            yield TenantId(keys.id_of(item["sk"]))


def _tenant(tenant: TenantId, item: Item) -> Tenant:
    return Tenant(
        tenant,
        item["name"],
        item["time_zone"],
        item["currency"],
        settings_of(item["version"], _load(item["d"])),
        item["seats"],
        frozenset(item.get("sources", ())),
    )


def _dump(document: Any) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _load(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)
