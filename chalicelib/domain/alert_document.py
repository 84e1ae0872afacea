"""Alerts as documents: in answers, in messages, in e-mails."""

from collections.abc import Sequence
from typing import Any

from chalicelib.domain.alerts import Alert
from chalicelib.domain.times import format_instant

SUBJECT_LIMIT = 100


def alert_document(alert: Alert) -> dict[str, Any]:
    """An alert as the contract has it (api.md, Alert)."""
    return {
        "id": alert.id,
        "client_id": alert.client_id,
        "client_name": alert.client_name,
        "account_manager_id": alert.account_manager_id,
        "model": alert.model,
        "score": alert.score,
        "previous_score": alert.previous_score,
        "band": alert.band,
        "reasons": [
            {name: value for name, value in reason._asdict().items() if value is not None} for reason in alert.reasons
        ],
        "sentence": alert.sentence,
        "as_of": format_instant(alert.as_of),
        "status": alert.status,
        "published_at": None if alert.published_at is None else format_instant(alert.published_at),
    }


def subject(text: str) -> str:
    """A text as the subject of an e-mail: at most 100 printable ASCII characters, as SNS wants it."""
    plain = text.encode("ascii", "replace").decode()
    return "".join(letter if letter.isprintable() else " " for letter in plain)[:SUBJECT_LIMIT].strip()


def alert_mail(alert: Alert, link: str) -> str:
    """The e-mail of one alert."""
    before = "" if alert.previous_score is None else f" (the night before: {alert.previous_score})"
    return (
        f"{alert.sentence}\n\n"
        f"Score: {alert.score}{before}, band {alert.band}.\n"
        f"Computed at {format_instant(alert.as_of)}.\n\n"
        f"See why and what to do: {link}\n"
    )


def list_mail(opening: str, alerts: Sequence[Alert], total: int, links: Sequence[str]) -> str:
    """The e-mail of a digest or a settings notice."""
    lines = [opening, ""]
    for alert, link in zip(alerts, links, strict=True):
        lines += [f"- {alert.sentence}", f"  {link}"]
    if total > len(alerts):
        lines += ["", f"... and {total - len(alerts)} more."]
    return "\n".join(lines) + "\n"
