"""Tenants, settings and the registry."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.settings_codec import decode_settings, encode_settings
from chalicelib.adapters.dynamodb.sources import known_seen, stored_seen
from chalicelib.adapters.dynamodb.table import Action, ConditionFailedError, Item, Table, TransactionFailedError
from chalicelib.domain.errors import ConflictError, NotFoundError
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import MOST_PAGES, TenantId
from chalicelib.domain.roster import SEATS_PER_PAGE
from chalicelib.domain.settings import Settings
from chalicelib.domain.tenant import SettingsChange, Tenant


class DynamoTenantStore:
    """`TenantStore` on DynamoDB."""

    def __init__(self, table: Table, shared: Callable[[], Table]) -> None:
        """`table` with the rights of tenants, `shared` (made when needed) with those to what no tenant owns."""
        self._table, self._shared = table, shared

    def get(self, tenant: TenantId) -> Tenant:
        # Consistent: a refresh that a change of settings set off must see that change.
        item = self._table.get(keys.settings(tenant), consistent=True)
        if item is None:
            raise NotFoundError(f"There is no tenant {tenant}.")
        return _tenant(tenant, item)

    def create(self, tenant: Tenant, now: Instant, created_by: str) -> None:
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
                            "d": encode_settings(tenant.settings),
                        },
                        condition=new,
                    ),
                    Action(
                        keys.settings_version(tenant.id, version),
                        _version_item(
                            tenant.settings,
                            SettingsChange(
                                version=version,
                                changed_at=now,
                                changed_by=created_by,
                                note="The tenant was created.",
                                changes=(),
                            ),
                        ),
                        condition=new,
                    ),
                ]
            )
        except TransactionFailedError as error:
            # A lost acknowledgement or a crash: the very tenant stands there already, still without a client.
            if not any(held is not None and _tenant(tenant.id, held) == tenant for held in error.items[:1]):
                raise ConflictError(f"The tenant id {tenant.id} is taken.") from error
        # Last: whatever the registry names exists. Until then the tenant is not scored, and creating it again goes on.
        self._shared().put(keys.registry(tenant.id), {})

    def settings_version(self, tenant: TenantId, version: int) -> Settings:
        return self.settings_change(tenant, version)[1]

    def put_settings(self, tenant: TenantId, settings: Settings, change: SettingsChange) -> bool:
        item = _version_item(settings, change)
        try:
            self._table.transact(
                [
                    Action(
                        keys.settings(tenant),
                        expression="SET #version = :version, d = :d",
                        condition="#version = :before",
                        values={"version": change.version, "before": change.version - 1, "d": item["d"]},
                    ),
                    Action(keys.settings_version(tenant, change.version), item, condition="attribute_not_exists(pk)"),
                ]
            )
        except TransactionFailedError as error:
            held = error.items[1] or {}
            return {**held, **item} == held  # our own earlier write, whose acknowledgement was lost
        return True

    def settings_changes(self, tenant: TenantId, newest: int, limit: int) -> list[SettingsChange]:
        items = self._table.query(keys.settings_versions(tenant, newest), descending=True, chunk=limit)
        return list(map(_change, islice(items, limit)))

    def settings_change(self, tenant: TenantId, version: int) -> tuple[SettingsChange, Settings]:
        item = self._table.get(keys.settings_version(tenant, version))
        if item is None:
            raise NotFoundError(f"There is no version {version} of the settings.")
        return _change(item), decode_settings(version, item["d"])

    def settings_versions(self, tenant: TenantId, versions: Iterable[int]) -> dict[int, Settings]:
        wanted = {keys.settings_version(tenant, version): version for version in versions}
        items = self._table.batch_get(wanted)
        return {wanted[key]: decode_settings(wanted[key], item["d"]) for key, item in items.items()}

    def take_seats(self, tenant: TenantId, count: int) -> int | None:
        try:
            taken = self._table.update(
                keys.settings(tenant),
                "ADD seats :count",
                condition="seats <= :before",
                returns="UPDATED_NEW",
                count=count,
                before=MOST_PAGES * SEATS_PER_PAGE - count,
            )
        except ConditionFailedError as error:
            if error.item is None:
                raise
            return None
        return int(taken["seats"]) - count

    def see_sources(self, tenant: TenantId, sources: Iterable[str]) -> None:
        self._table.update(
            keys.settings(tenant),
            "ADD sources :sources",
            condition="attribute_exists(pk)",
            sources=stored_seen(sources),
        )

    def registered(self, shard: int, after: TenantId | None) -> Iterator[TenantId]:
        for item in self._shared().query(keys.registry_span(shard, after)):
            yield keys.tenant_of(item["sk"])


def _tenant(tenant: TenantId, item: Item) -> Tenant:
    return Tenant(
        id=tenant,
        name=item["name"],
        time_zone=item["time_zone"],
        currency=item["currency"],
        settings=decode_settings(item["version"], item["d"]),
        seats=item["seats"],
        sources_seen=known_seen(item.get("sources", ())),
    )


def _version_item(settings: Settings, change: SettingsChange) -> Item:
    item: Item = {
        "changed_at": change.changed_at,
        "changed_by": change.changed_by,
        "d": encode_settings(settings),
        "changes": json.dumps(change.changes, sort_keys=True, separators=(",", ":")),
    }
    known = {"note": change.note, "changed_by_name": change.changed_by_name}
    return item | {name: text for name, text in known.items() if text is not None}


def _change(item: Item) -> SettingsChange:
    version = keys.version_of(item["sk"])
    changes = tuple(json.loads(item["changes"]))
    who = item["changed_by"], item.get("note"), changes, item.get("changed_by_name")
    return SettingsChange(version, item["changed_at"], *who)
