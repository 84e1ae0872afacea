"""API keys: one item by key id for the authorizer, which has no tenant yet, and one in the tenant's listing."""

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import Action, ConditionFailedError, Item, Table, TransactionFailedError
from chalicelib.domain.facts import Day
from chalicelib.domain.ids import TenantId
from chalicelib.services.errors import TryAgainError
from chalicelib.services.ports import ApiKey


class DynamoApiKeyStore:
    """`ports.ApiKeyStore` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, key: ApiKey, digest: str) -> None:
        item = {"name": key.name, "permissions": list(key.permissions), "created_at": key.created_at}
        self._table.transact(
            [
                Action(keys.api_key(key.id), {**item, "tenant": key.tenant, "digest": digest}),
                Action(keys.api_key_listing(key.tenant, key.id), item),
            ]
        )

    def get(self, key_id: str) -> tuple[ApiKey, str] | None:
        if not keys.is_api_key_id(key_id):
            return None
        item = self._table.get(keys.api_key(key_id))
        return None if item is None else (_key(key_id, TenantId(item["tenant"]), item), item["digest"])

    def list(self, tenant: TenantId) -> list[ApiKey]:
        items = self._table.query(keys.api_key_listings(tenant))
        return [_key(keys.id_of(item["sk"]), tenant, item) for item in items]

    def delete(self, tenant: TenantId, key_id: str) -> bool:
        if not keys.is_api_key_id(key_id):
            return False
        try:
            self._table.transact(
                [
                    Action(keys.api_key_listing(tenant, key_id), condition="attribute_exists(pk)"),
                    Action(keys.api_key(key_id)),
                ]
            )
        except TransactionFailedError as error:
            if "ConditionalCheckFailed" not in error.reasons:
                raise TryAgainError("another write of the key came in between") from error
            return False
        return True

    def note_use(self, key: ApiKey, day: Day) -> None:
        try:
            for place in (keys.api_key(key.id), keys.api_key_listing(key.tenant, key.id)):
                self._table.update(place, "SET last_used_on = :day", condition="attribute_exists(pk)", day=day)
        except ConditionFailedError:
            return  # revoked just now


def _key(key_id: str, tenant: TenantId, item: Item) -> ApiKey:
    return ApiKey(
        key_id, tenant, item["name"], tuple(item["permissions"]), item["created_at"], item.get("last_used_on")
    )
