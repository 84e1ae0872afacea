"""Subscriptions as this service wants them; SNS is made to agree (services/subscriptions.py)."""

from contextlib import suppress
from typing import Final

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import ConditionFailedError, Item, Table
from chalicelib.domain.ids import TenantId
from chalicelib.domain.subscriptions import Subscription

AS_BEFORE: Final = "attribute_exists(pk) AND (attribute_not_exists(#state) OR #state = :state AND asked_at = :asked)"
"""Every wish comes with its own time; an item of before there were states is whatever it was read as."""


class DynamoSubscriptionStore:
    """`SubscriptionStore` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self, tenant: TenantId) -> list[Subscription]:
        items = self._table.query(keys.tenant_subscriptions(tenant), consistent=True)
        return [subscription for item in items if (subscription := _subscription(item)) is not None]

    def put(self, tenant: TenantId, subscription: Subscription) -> None:
        self._table.put(keys.subscription(tenant, subscription.manager, subscription.id), _item(subscription))

    def replace(self, tenant: TenantId, before: Subscription, after: Subscription) -> None:
        key = keys.subscription(tenant, after.manager, after.id)
        with suppress(ConditionFailedError):  # by another's wish, or by this very write, whose answer was lost
            self._table.put(key, _item(after), condition=AS_BEFORE, state=before.state, asked=before.asked_at)

    def delete(self, tenant: TenantId, subscription: Subscription) -> None:
        key = keys.subscription(tenant, subscription.manager, subscription.id)
        with suppress(ConditionFailedError):
            self._table.delete(key, condition=AS_BEFORE, state=subscription.state, asked=subscription.asked_at)


def _item(subscription: Subscription) -> Item:
    return {
        "protocol": subscription.protocol,
        "endpoint": subscription.endpoint,
        "arn": subscription.arn,
        "state": subscription.state,
        "asked_at": subscription.asked_at,
    }


def _subscription(item: Item) -> Subscription | None:
    """Items of before there were states say `confirmed`; when they were asked for is not known.

    None for one that cannot be read: it is as if there were none, and what it would get goes to the fallback addresses.
    """
    try:
        found = Subscription(
            id=item["sk"].rsplit("#", 1)[1],
            manager=keys.subscriber_of(item["sk"]),
            protocol=item["protocol"],
            endpoint=item["endpoint"],
            arn=item["arn"],
            state=item.get("state") or ("confirmed" if item["confirmed"] else "pending"),
            asked_at=item.get("asked_at", 0),
        )
    except (KeyError, ValueError):
        return None
    texts = found.protocol, found.endpoint, found.arn, found.state
    return found if all(isinstance(text, str) for text in texts) and isinstance(found.asked_at, int) else None
