"""Refuses, before it leaves the process, any request to DynamoDB that reaches outside the bound tenant.

It reads the keys out of the very parameters that botocore is about to send, so it holds whatever built them. What is
shared by all tenants (the registry, the nightly checkpoint, the API keys' index) is named here; everything else has to
be the bound tenant's. An operation without a rule is refused: a Scan, a statement, a batch write.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.adapters.dynamodb import keys
from chalicelib.domain.ids import TenantId
from chalicelib.tenancy import OtherTenantError, bound_tenant

Parameters = Mapping[str, Any]


def watch(client: Any) -> None:
    """Puts the tripwire on all requests of a DynamoDB client; once, however often it is asked to."""
    client.meta.events.register("provide-client-params.dynamodb", _check, unique_id="tripwire")


def _check(params: Parameters, model: Any, **_: Any) -> None:
    refuse_foreign(model.name, params, bound_tenant())


def refuse_foreign(operation: str, params: Parameters, tenant: TenantId | None) -> None:
    """Raises OtherTenantError for a request that is not the tenant's (None: for one that is any tenant's)."""
    for partition, sort, action in _addressed(operation, params):
        if not _is_own(partition, tenant) and not _is_shared(partition, sort, action, tenant):
            raise OtherTenantError(f"{operation} outside the bound tenant")


def _addressed(operation: str, params: Parameters) -> Iterator[tuple[str, str, Parameters]]:
    """Partition, sort key (empty: several) and the single action of all that a request addresses."""
    match operation:
        case "GetItem" | "UpdateItem" | "DeleteItem" | "PutItem":
            yield _key(params)
        case "TransactWriteItems":
            for wrapped in params["TransactItems"]:
                yield from map(_key, wrapped.values())
        case "BatchGetItem":
            for asked in params["RequestItems"].values():
                yield from (_key({"Key": key}) for key in asked["Keys"])
        case "Query" if params["KeyConditionExpression"].startswith("pk = :pk AND "):
            yield params["ExpressionAttributeValues"][":pk"]["S"], "", params
        case _:
            raise OtherTenantError(f"the tripwire has no rule for this {operation}")


def _key(action: Parameters) -> tuple[str, str, Parameters]:
    key = action.get("Key") or action["Item"]
    return key["pk"]["S"], key["sk"]["S"], action


def _is_own(partition: str, tenant: TenantId | None) -> bool:
    return tenant is not None and (
        partition == keys.tenant_partition(tenant) or partition.startswith(keys.tenant_prefix(tenant))
    )


def _is_shared(partition: str, sort: str, action: Parameters, tenant: TenantId | None) -> bool:
    """Whether an item that all tenants share may be touched: freely by nobody's work, by a tenant's only its own."""
    if not keys.is_shared(partition):
        return False
    if tenant is None:
        return True
    if partition == keys.registry(tenant).pk:
        return sort == keys.registry(tenant).sk
    if keys.is_due(partition):
        return keys.is_due_mark_of(partition, sort, tenant)
    return _names(action, tenant)


def _names(action: Parameters, tenant: TenantId) -> bool:
    """Whether a write puts the tenant's own item, or is conditional on the item being the tenant's."""
    if "Item" in action:
        return bool(action["Item"].get("tenant") == {"S": tenant})
    conditional = keys.OWNED in action.get("ConditionExpression", "")
    return conditional and action["ExpressionAttributeValues"][":tenant"] == {"S": tenant}
