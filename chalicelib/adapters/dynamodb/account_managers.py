"""Account managers."""

from collections.abc import Iterable

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import ConditionFailedError, Item, Table
from chalicelib.domain.account_managers import AccountManager
from chalicelib.domain.ids import RecordId, TenantId


class DynamoAccountManagerStore:
    """`AccountManagerStore` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, tenant: TenantId, ids: Iterable[str]) -> dict[str, AccountManager]:
        wanted = [keys.account_manager(tenant, RecordId(manager)) for manager in ids]
        items = self._table.batch_get(wanted, consistent=True)
        return {manager.id: manager for manager in map(_manager, items.values())}

    def list(self, tenant: TenantId) -> list[AccountManager]:
        return list(map(_manager, self._table.query(keys.account_managers(tenant))))

    def put(self, tenant: TenantId, manager: AccountManager) -> bool:
        item = {"name": manager.name, "email": manager.email, "updated_at": manager.updated_at}
        try:
            self._table.put(
                keys.account_manager(tenant, RecordId(manager.id)),
                item,
                condition="attribute_not_exists(pk) OR updated_at <= :updated_at",
                updated_at=manager.updated_at,
            )
        except ConditionFailedError:
            return False
        return True


def _manager(item: Item) -> AccountManager:
    return AccountManager(keys.id_of(item["sk"]), item["name"], item["email"], item["updated_at"])
