"""Who gets the messages of an account manager, and of clients that have none."""

import hashlib
from collections.abc import Iterable

from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.services.ports import AccountManagerStore, Notifier, Subscription, SubscriptionStore


class Subscriptions:
    """Creates, lists and removes subscriptions of a tenant's topic, filtered by account manager."""

    def __init__(self, managers: AccountManagerStore, subscriptions: SubscriptionStore, notifier: Notifier) -> None:
        self._managers, self._subscriptions, self._notifier = managers, subscriptions, notifier

    def create(self, tenant: TenantId, manager: RecordId, protocol: str, endpoint: str) -> Subscription:
        """Subscribes an endpoint; the same once more is the same subscription. Raises NotFoundError."""
        self._known(tenant, manager)
        return self._subscribe(tenant, manager, protocol, endpoint)

    def list(self, tenant: TenantId, manager: RecordId) -> list[Subscription]:
        """An account manager's subscriptions, each asked whether it was confirmed by now. Raises NotFoundError."""
        self._known(tenant, manager)
        return [self._fresh(tenant, held) for held in self._subscriptions.list(tenant, manager)]

    def remove(self, tenant: TenantId, manager: RecordId, subscription_id: str) -> None:
        """Ends a subscription: at SNS first, so that a crash in between leaves it listed. Raises NotFoundError."""
        held = {s.id: s for s in self._subscriptions.list(tenant, manager)}.get(subscription_id)
        if held is None:
            raise NotFoundError(f"There is no subscription {subscription_id}.")
        self._notifier.unsubscribe(held.arn)
        self._subscriptions.delete(tenant, held)

    def keep_fallback(self, tenant: TenantId, emails: Iterable[str]) -> None:
        """Makes the fallback addresses of the settings, and no others, subscribers of what has no account manager."""
        wanted = set(emails)
        held = {s.endpoint: s for s in self._subscriptions.list(tenant, None)}
        for email in sorted(wanted - held.keys()):
            self._subscribe(tenant, None, "email", email)
        for email in sorted(held.keys() - wanted):
            self._notifier.unsubscribe(held[email].arn)
            self._subscriptions.delete(tenant, held[email])

    def _subscribe(self, tenant: TenantId, manager: RecordId | None, protocol: str, endpoint: str) -> Subscription:
        """SNS first: repeating it there changes nothing, and what SNS knows but we do not is repeated by the caller."""
        arn, confirmed = self._notifier.subscribe(tenant, manager, protocol, endpoint)
        name = hashlib.sha256(f"{manager or ''}\n{protocol}\n{endpoint}".encode()).hexdigest()[:16]
        created = Subscription(name, manager, protocol, endpoint, arn, confirmed)
        self._subscriptions.put(tenant, created)
        return created

    def _fresh(self, tenant: TenantId, held: Subscription) -> Subscription:
        if held.confirmed or not self._notifier.is_confirmed(held.arn):
            return held
        fresh = held._replace(confirmed=True)
        self._subscriptions.put(tenant, fresh)
        return fresh

    def _known(self, tenant: TenantId, manager: RecordId) -> None:
        if manager not in self._managers.get(tenant, [manager]):
            raise NotFoundError(f"There is no account manager {manager}.")
