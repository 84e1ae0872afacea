"""Who is told: subscriptions, and the tenants' topics."""

from collections.abc import Collection
from typing import Protocol

from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.subscriptions import Notification, Standing, Subscription


class SubscriptionStore(Protocol):
    def all(self, tenant: TenantId) -> list[Subscription]:
        """All subscriptions of a tenant, removed ones included, by account manager."""

    def put(self, tenant: TenantId, subscription: Subscription) -> None:
        """Stores what somebody wants now, over whatever stands."""

    def replace(self, tenant: TenantId, before: Subscription, after: Subscription) -> None:
        """Stores what SNS says, unless somebody wanted something else since."""

    def delete(self, tenant: TenantId, subscription: Subscription) -> None:
        """Takes one away, unless somebody wanted something else since."""


class Notifier(Protocol):
    """The tenants' topics. There is one subscription per topic and endpoint, for any number of account managers."""

    def ensure_topic(self, tenant: TenantId) -> str:
        """Creates the tenant's topic unless it exists; done once, when the tenant is made."""

    def publish(self, tenant: TenantId, notification: Notification) -> None: ...

    def subscribe(self, tenant: TenantId, managers: Collection[RecordId | None], protocol: str, endpoint: str) -> str:
        """Subscribes an endpoint to the messages of these account managers and no others; returns its ARN.

        An unconfirmed one is asked for again. Raises InvalidError for an endpoint that SNS refuses, ConflictError when
        the topic is full.
        """

    def standing(self, arn: str) -> Standing | None:
        """A subscription as it is now; None for one that has ended."""

    def set_managers(self, arn: str, managers: Collection[RecordId | None]) -> None:
        """Lets just these account managers' messages through; nothing for a subscription that has ended."""

    def unsubscribe(self, arn: str) -> bool:
        """Ends a subscription, also one that has ended; False while it waits for confirmation, when none can."""
