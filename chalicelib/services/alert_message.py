"""An alert as JSON, in responses and messages, and as the text of an e-mail."""

from collections.abc import Sequence
from typing import Any, Final

from chalicelib.domain.alerts import Alert
from chalicelib.domain.text import in_form
from chalicelib.domain.times import format_instant

SUBJECT_LIMIT: Final = 99
"""Characters of a subject: SNS wants fewer than 100."""

LATIN: Final = str.maketrans(
    {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
    | {"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "’": "'", "–": "-", "—": "-"}
)
"""Latin letters that are no letter with an accent, and punctuation of names."""

BREAKS: Final = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029), " ")
"""Control characters and separators of lines and paragraphs: Unicode's categories Cc, Zl and Zp, which are closed."""


def alert_json(alert: Alert) -> dict[str, Any]:
    """An alert as the contract defines it (api.md, Messages)."""
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
        "delivery": alert.delivery,
    }


def alert_subject(alert: Alert) -> str:
    """The subject of an alert's e-mail, the score first: `Client health 39 (Red): Muller GmbH`."""
    band = alert.band.replace("_", " ").title()
    return subject(f"Client health {alert.score} ({band}): {ascii_name(alert.client_name) or alert.client_id}")


def subject(text: str) -> str:
    """An ASCII text as the subject of an e-mail."""
    return text[:SUBJECT_LIMIT].strip()


def ascii_name(name: str) -> str:
    """A name in printable ASCII, without its accents; empty where no Latin letter is left of it."""
    letters = in_form("NFKD", name.translate(LATIN))
    plain = " ".join("".join(c if c.isascii() else "" for c in one_line(letters)).split())
    return plain if any(c.isalpha() for c in plain) else ""


def one_line(text: str) -> str:
    """A text without line breaks and control characters, which could pass for lines of ours."""
    return text.translate(BREAKS)


def alert_mail(alert: Alert, link: str) -> str:
    """The e-mail of one alert."""
    before = "" if alert.previous_score is None else f" (the night before: {alert.previous_score})"
    return (
        f"{one_line(alert.sentence)}\n\n"
        f"Score: {alert.score}{before}, band {alert.band}.\n"
        f"Computed at {format_instant(alert.as_of)}.\n\n"
        f"See why and what to do: {link}\n"
    )


def list_mail(opening: str, alerts: Sequence[Alert], total: int, links: Sequence[str]) -> str:
    """The e-mail of a digest or a settings notice."""
    lines = [opening, ""]
    for alert, link in zip(alerts, links, strict=True):
        lines += [f"- {one_line(alert.sentence)}", f"  {link}"]
    if total > len(alerts):
        lines += ["", f"... and {total - len(alerts)} more."]
    return "\n".join(lines) + "\n"
