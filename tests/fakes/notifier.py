"""The tenants' topics in memory."""

from collections.abc import Collection
from typing import NamedTuple

from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.subscriptions import Notification, Standing


class _Subscribed(NamedTuple):
    tenant: TenantId
    endpoint: str
    managers: frozenset[RecordId | None]


class FakeNotifier:
    """Records what is published; an endpoint gets what is for its account managers."""

    def __init__(self) -> None:
        self.published: list[tuple[TenantId, Notification]] = []
        self.inboxes: dict[str, list[Notification]] = {}
        self._subscribed: dict[str, _Subscribed] = {}

    def ensure_topic(self, tenant: TenantId) -> str:
        return f"topic-{tenant}"

    def publish(self, tenant: TenantId, notification: Notification) -> None:
        self.published.append((tenant, notification))
        for each in self._subscribed.values():
            if each.tenant == tenant and notification.attributes.get("account_manager_id") in each.managers:
                self.inboxes[each.endpoint].append(notification)

    def subscribe(self, tenant: TenantId, managers: Collection[RecordId | None], protocol: str, endpoint: str) -> str:
        arn = f"{tenant}:{protocol}:{endpoint}"
        self._subscribed[arn] = _Subscribed(tenant, endpoint, frozenset(managers))
        self.inboxes.setdefault(endpoint, [])
        return arn

    def standing(self, arn: str) -> Standing | None:
        held = self._subscribed.get(arn)
        return None if held is None else Standing(True, held.managers)

    def set_managers(self, arn: str, managers: Collection[RecordId | None]) -> None:
        if arn in self._subscribed:
            self._subscribed[arn] = self._subscribed[arn]._replace(managers=frozenset(managers))

    def unsubscribe(self, arn: str) -> bool:
        self._subscribed.pop(arn, None)
        return True
