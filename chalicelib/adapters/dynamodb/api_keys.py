"""API keys: one item by key id for the authorizer, which has no tenant yet, and one in the tenant's listing.

The two are not written in one transaction: the index is shared by all tenants, and no credentials reach both it and a
tenant's items. The order makes a crash in between harmless: a key is listed before it works, and works no more before
it leaves the listing.
"""

from collections.abc import Callable

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import ConditionFailedError, Item, Table
from chalicelib.domain.api_keys import ApiKey
from chalicelib.domain.facts import Day
from chalicelib.domain.ids import RecordId, TenantId


class DynamoApiKeyStore:
    """`ApiKeyStore` on DynamoDB."""

    def __init__(self, table: Table, shared: Callable[[], Table]) -> None:
        """`table` with the rights of tenants, `shared` (made when needed) with those to what no tenant owns."""
        self._table, self._shared = table, shared

    def put(self, key: ApiKey, digest: str) -> None:
        item = {
            "name": key.name,
            "permissions": list(key.permissions),
            "created_at": key.created_at,
            "made_by": key.made_by,
            "account_manager_id": key.account_manager_id,
        }
        self._table.put(keys.api_key_listing(key.tenant, key.id), item)
        self._shared().put(keys.api_key(key.id), {**item, "tenant": key.tenant, "digest": digest})

    def get(self, key_id: str) -> tuple[ApiKey, str] | None:
        if not keys.is_api_key_id(key_id):
            return None
        item = self._shared().get(keys.api_key(key_id))
        return None if item is None else (_key(key_id, TenantId(item["tenant"]), item), item["digest"])

    def list(self, tenant: TenantId) -> list[ApiKey]:
        items = self._table.query(keys.api_key_listings(tenant))
        return [_key(keys.id_of(item["sk"]), tenant, item) for item in items]

    def delete(self, tenant: TenantId, key_id: str) -> bool:
        if not keys.is_api_key_id(key_id):
            return False
        listing = keys.api_key_listing(tenant, key_id)
        if self._table.get(listing, consistent=True) is None:
            return False
        condition = f"attribute_not_exists(pk) OR {keys.OWNED}"
        self._shared().delete(keys.api_key(key_id), condition=condition, tenant=tenant)
        self._table.delete(listing)
        return True

    def note_use(self, key: ApiKey, day: Day) -> None:
        _note(self._shared(), keys.api_key(key.id), day)

    def list_use(self, key: ApiKey, day: Day) -> None:
        _note(self._table, keys.api_key_listing(key.tenant, key.id), day)


def _note(table: Table, place: keys.Key, day: Day) -> None:
    try:
        table.update(place, "SET last_used_on = :day", condition="attribute_exists(pk)", shows_item=False, day=day)
    except ConditionFailedError:
        return  # revoked just now


def _key(key_id: str, tenant: TenantId, item: Item) -> ApiKey:
    return ApiKey(
        id=key_id,
        tenant=tenant,
        name=item["name"],
        permissions=tuple(item["permissions"]),
        created_at=item["created_at"],
        last_used_on=item.get("last_used_on"),
        made_by=item.get("made_by"),
        account_manager_id=None if item.get("account_manager_id") is None else RecordId(item["account_manager_id"]),
    )
