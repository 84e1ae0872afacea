"""Subscriptions as this service knows them; SNS has the same."""

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import Table
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.services.ports import Subscription


class DynamoSubscriptionStore:
    """`ports.SubscriptionStore` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def list(self, tenant: TenantId, manager: RecordId | None) -> list[Subscription]:
        span = keys.subscriptions(tenant, manager)
        return [
            Subscription(
                item["sk"].rsplit("#", 1)[1],
                manager,
                item["protocol"],
                item["endpoint"],
                item["arn"],
                item["confirmed"],
            )
            for item in self._table.query(span, consistent=True)
        ]

    def put(self, tenant: TenantId, subscription: Subscription) -> None:
        self._table.put(
            keys.subscription(tenant, subscription.manager, subscription.id),
            {
                "protocol": subscription.protocol,
                "endpoint": subscription.endpoint,
                "arn": subscription.arn,
                "confirmed": subscription.confirmed,
            },
        )

    def delete(self, tenant: TenantId, subscription: Subscription) -> None:
        self._table.delete(keys.subscription(tenant, subscription.manager, subscription.id))
