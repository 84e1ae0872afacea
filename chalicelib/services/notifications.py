"""Messages to account managers: what is published for an alert, a digest, a settings notice (api.md, Messages)."""

import json
from collections.abc import Sequence
from typing import Any, Final

from chalicelib.domain.alert_document import alert_document, alert_mail, list_mail, subject
from chalicelib.domain.alerts import Alert
from chalicelib.domain.ids import TenantId
from chalicelib.services.ports import Digest, Notification

SCHEMA_VERSION: Final = 1


class Notifications:
    """Writes notifications; links lead to the client's page."""

    def __init__(self, dashboard_url: str) -> None:
        self._dashboard_url = dashboard_url.rstrip("/")

    def of_alert(self, tenant: TenantId, alert: Alert) -> Notification:
        rules = "+".join(reason.rule for reason in alert.reasons)
        return Notification(
            _body("alert", alert.id, tenant, alert.account_manager_id, [alert]),
            alert_mail(alert, self._link(alert)),
            subject(f"Client health: {alert.client_name} is at {alert.score} ({alert.band})"),
            _attributes("alert", alert.account_manager_id, rule=rules, band=alert.band),
        )

    def of_digest(self, tenant: TenantId, digest: Digest) -> Notification:
        opening = f"{digest.total} of your clients need attention after last night's scoring, worst first:"
        return Notification(
            _body("digest", digest.id, tenant, digest.account_manager_id, digest.alerts),
            list_mail(opening, digest.alerts, digest.total, list(map(self._link, digest.alerts))),
            subject(f"Client health: {digest.total} clients need attention"),
            _attributes("digest", digest.account_manager_id),
        )

    def of_settings_notice(self, tenant: TenantId, notice: Digest) -> Notification:
        opening = (
            f"New settings, not new facts, bring {notice.total} clients below their alert rules. "
            "No alert was raised for them:"
        )
        return Notification(
            _body("settings_notice", notice.id, tenant, None, notice.alerts),
            list_mail(opening, notice.alerts, notice.total, list(map(self._link, notice.alerts))),
            subject(f"Client health: new settings affect {notice.total} clients"),
            _attributes("settings_notice", None),
        )

    def _link(self, alert: Alert) -> str:
        return f"{self._dashboard_url}/clients/{alert.client_id}"


LISTED: Final = 100
"""How many alerts one message lists: SNS takes 256 KB, body and e-mail together."""


def _body(kind: str, alert_id: str, tenant: TenantId, manager: str | None, alerts: Sequence[Alert]) -> str:
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "kind": kind,
        "alert_id": alert_id,
        "tenant_id": tenant,
        "account_manager_id": manager,
        "alerts": list(map(alert_document, alerts)),
    }
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _attributes(kind: str, manager: str | None, **others: str) -> dict[str, str]:
    """Attributes of a message; without an account manager the fallback addresses get it."""
    attributes = {"kind": kind, **others}
    return attributes if manager is None else {**attributes, "account_manager_id": manager}
