"""The tenants' topics in memory."""

from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.services.ports import Notification


class FakeNotifier:
    """Records what is published; an endpoint gets what is for its account manager."""

    def __init__(self) -> None:
        self.published: list[tuple[TenantId, Notification]] = []
        self.inboxes: dict[str, list[Notification]] = {}
        self._subscribed: dict[str, tuple[TenantId, RecordId | None, str]] = {}

    def ensure_topic(self, tenant: TenantId) -> str:
        return f"topic-{tenant}"

    def publish(self, tenant: TenantId, notification: Notification) -> None:
        self.published.append((tenant, notification))
        for owner, manager, endpoint in self._subscribed.values():
            if owner == tenant and notification.attributes.get("account_manager_id") == manager:
                self.inboxes[endpoint].append(notification)

    def subscribe(self, tenant: TenantId, manager: RecordId | None, protocol: str, endpoint: str) -> tuple[str, bool]:
        arn = f"{tenant}:{protocol}:{endpoint}"
        self._subscribed.setdefault(arn, (tenant, manager, endpoint))
        self.inboxes.setdefault(endpoint, [])
        return arn, True

    def is_confirmed(self, arn: str) -> bool:
        return arn in self._subscribed

    def unsubscribe(self, arn: str) -> None:
        self._subscribed.pop(arn, None)
