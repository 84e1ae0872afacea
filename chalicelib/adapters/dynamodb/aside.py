"""Clients that were put aside: one small item each, in the tenant's partition."""

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import ConditionFailedError, Item, Table
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.run import FailedClient


class DynamoAsideStore:
    """`AsideStore` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, tenant: TenantId, failed: FailedClient) -> None:
        item = {"as_of": failed.as_of, "error": failed.error, "run_date": failed.run_date}
        condition = "attribute_not_exists(pk) OR as_of <= :as_of"
        try:
            self._table.put(keys.client_aside(tenant, failed.client), item, condition=condition, as_of=failed.as_of)
        except ConditionFailedError:
            return  # a later one stands

    def list(self, tenant: TenantId) -> list[FailedClient]:
        return [_failed(item) for item in self._table.query(keys.clients_aside(tenant))]

    def remove(self, tenant: TenantId, client: RecordId) -> None:
        self._table.delete(keys.client_aside(tenant, client))


def _failed(item: Item) -> FailedClient:
    client = RecordId(keys.id_of(item["sk"]))
    return FailedClient(client, item["as_of"], item["error"], item.get("run_date"))
