"""Messages to account managers: what is published for an alert, a digest, a settings notice (api.md, Messages)."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from chalicelib.domain.alerts import Alert
from chalicelib.domain.ids import TenantId
from chalicelib.domain.subscriptions import Notification
from chalicelib.services.alert_message import alert_json, alert_mail, alert_subject, list_mail

if TYPE_CHECKING:
    from chalicelib.domain.outbox import Digest

SCHEMA_VERSION: Final = 1


class Notifications:
    """Writes notifications; links lead to the client's page."""

    def __init__(self, dashboard_url: str) -> None:
        self._dashboard_url = dashboard_url.rstrip("/")

    def of_alert(self, tenant: TenantId, alert: Alert) -> Notification:
        rules = "+".join(reason.rule for reason in alert.reasons)
        return Notification(
            _body("alert", alert.id, tenant, alert.account_manager_id, [alert], 1),
            alert_mail(alert, self._link(alert)),
            alert_subject(alert),
            _attributes("alert", alert.account_manager_id, rule=rules, band=alert.band),
        )

    def of_digest(self, tenant: TenantId, digest: Digest) -> Notification:
        opening = f"{digest.total} of your clients need attention after last night's scoring, worst first:"
        subject = f"Client health: {digest.total} clients need attention"
        return self._list("digest", tenant, digest, opening, subject)

    def of_settings_notice(self, tenant: TenantId, notice: Digest) -> Notification:
        opening = (
            f"New settings, not new facts, bring {notice.total} clients below their alert rules. "
            "No alert was raised for them:"
        )
        subject = f"Client health: new settings affect {notice.total} clients"
        return self._list("settings_notice", tenant, notice, opening, subject)

    def _list(self, kind: str, tenant: TenantId, digest: Digest, opening: str, subject: str) -> Notification:
        """As many alerts as fit, from the first on, and how many more there are."""
        manager = digest.account_manager_id

        def listing(count: int) -> Notification:
            alerts = digest.alerts[:count]
            return Notification(
                _body(kind, digest.id, tenant, manager, alerts, digest.total),
                list_mail(opening, alerts, digest.total, list(map(self._link, alerts))),
                subject,
                _attributes(kind, manager),
            )

        counts = range(1, len(digest.alerts) + 1)
        fitting = bisect_right(counts, MESSAGE_BYTES, key=lambda count: len(listing(count).message.encode()))
        return listing(fitting)

    def _link(self, alert: Alert) -> str:
        return f"{self._dashboard_url}/clients/{alert.client_id}"


LISTED: Final = 100
"""How many alerts one message lists at most."""

MESSAGE_BYTES: Final = 250_000
"""Of a message as it is published: SNS takes 262,144 bytes, attributes included, and counts bytes, not characters."""


def _body(kind: str, alert_id: str, tenant: TenantId, manager: str | None, alerts: Sequence[Alert], total: int) -> str:
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "kind": kind,
        "alert_id": alert_id,
        "tenant_id": tenant,
        "account_manager_id": manager,
        "alerts": [alert_json(alert._replace(delivery="sent")) for alert in alerts],
    }
    if total > len(alerts):
        document["more"] = total - len(alerts)
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _attributes(kind: str, manager: str | None, **others: str) -> dict[str, str]:
    """Attributes of a message; without an account manager the fallback addresses get it."""
    attributes = {"kind": kind, **others}
    return attributes if manager is None else {**attributes, "account_manager_id": manager}
