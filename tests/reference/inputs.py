"""What every rule of the reference needs: records as plain dicts, exact numbers, instants and local dates.

The reference implementation is slow and obvious on purpose. It imports nothing of the product, so that a
mistake in the product is not repeated here.

Precondition: `records` holds one version of each record (the current one), in the shape of the API.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from chalicelib.domain.time_zones import ZoneInfo

Record = Mapping[str, Any]
Settings = Mapping[str, Any]

WEIGHTS = {
    "open_p1_p2_tickets": 20,
    "csat_nps_trend": 15,
    "billable_utilization": 15,
    "days_since_qbr": 10,
    "days_since_decision_maker_contact": 10,
    "stack_standardization": 10,
    "payment_health": 10,
    "contract_utilization_variance": 5,
    "employee_growth": 5,
}

SIGNAL_SOURCE = {
    "open_p1_p2_tickets": "psa",
    "csat_nps_trend": "psa",
    "billable_utilization": "psa",
    "days_since_qbr": "qbr",
    "days_since_decision_maker_contact": "touchpoints",
    "stack_standardization": "assessments",
    "payment_health": "accounting",
    "contract_utilization_variance": "reconciliation",
    "employee_growth": "headcount",
}

SOURCE_OF_RECORD_TYPE = {
    "ticket": "psa",
    "survey": "psa",
    "billable_month": "psa",
    "qbr": "qbr",
    "touchpoint": "touchpoints",
    "assessment": "assessments",
    "invoice": "accounting",
    "reconciliation": "reconciliation",
    "headcount": "headcount",
}

OPEN_ENDED = "9999-12-31"


def default_settings() -> dict[str, Any]:
    """The scoring settings of a new tenant."""
    return {
        "version": 1,
        "primary_model": "auto",
        "ticket_open_until": "closed",
        "weights": dict(WEIGHTS),
        "green_threshold": 70,
        "yellow_threshold": 40,
        "alert_threshold": 60,
        "velocity_alert_points": 10,
        "rearm_margin": 5,
        "alert_cooldown_days": 7,
        "missing_signals": "redistribute",
        "sources": "auto",
        "fallback_emails": [],
    }


def no_business_hours() -> dict[str, Any]:
    """Business hours switched off: calendar time."""
    return {"enabled": False, "weekly": {}, "holidays": []}


# ---- numbers ------------------------------------------------------------------------------------------


def exact(number: object) -> Fraction:
    """A JSON number or decimal string as the decimal it is written as, never as a binary float."""
    return Fraction(str(number))


def rounded(number: Fraction, places: int) -> Decimal:
    """Half away from zero."""
    scaled = abs(number) * 10**places
    whole = scaled.numerator // scaled.denominator
    if scaled - whole >= Fraction(1, 2):
        whole += 1
    sign = -1 if number < 0 and whole else 1
    return Decimal(sign * whole).scaleb(-places)


def rounded_integer(number: Fraction) -> int:
    """Half away from zero, to an integer."""
    return int(rounded(number, 0))


def average(scores: Iterable[int | None]) -> Decimal | None:
    """Mean of the scores there are, one decimal; none: null."""
    present = [score for score in scores if score is not None]
    return rounded(Fraction(sum(present), len(present)), 1) if present else None


def clamp(number: int) -> int:
    return max(0, min(100, number))


# ---- times ---------------------------------------------------------------------------------------------


def truncated(moment: datetime) -> datetime:
    """The instant in UTC, cut to the second."""
    return moment.astimezone(UTC).replace(microsecond=0)


def instant(text: str) -> datetime:
    """`2026-03-06T16:00:00.9Z` is 16:00:00 UTC."""
    if not text.endswith("Z"):
        raise ValueError(f"not a UTC instant: {text}")
    return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)


def optional_instant(record: Record, field: str) -> datetime | None:
    return instant(record[field]) if record.get(field) else None


def day(text: str) -> date:
    return date.fromisoformat(text)


def local_date(moment: datetime, time_zone: str) -> date:
    return moment.astimezone(ZoneInfo(time_zone)).date()


def from_local(on: date, at: time, time_zone: str) -> datetime:
    """Local wall time as UTC. `fold=0`: an ambiguous time is the first; a missing one has the old offset."""
    return datetime.combine(on, at.replace(fold=0), ZoneInfo(time_zone)).astimezone(UTC)


def local_midnight(on: date, time_zone: str) -> datetime:
    return from_local(on, time(0, 0), time_zone)


# ---- records -------------------------------------------------------------------------------------------


def client_record(records: Sequence[Record], client_id: str) -> Record:
    for record in records:
        if record["type"] == "client" and record["id"] == client_id:
            return record
    raise KeyError(client_id)


def facts(records: Sequence[Record], client_id: str, kind: str) -> list[Record]:
    """The client's records of one type; a deleted record counts nowhere."""
    return [
        record
        for record in records
        if record["type"] == kind and record["client_id"] == client_id and not record.get("deleted")
    ]


def known_by_instant(records: Sequence[Record], field: str, as_of: datetime) -> list[Record]:
    """A fact with an instant counts only when the instant is before `as_of`."""
    return [record for record in records if instant(record[field]) < as_of]


def known_by_date(records: Sequence[Record], field: str, today: date) -> list[Record]:
    """A date-only fact counts when its date is not after the local date."""
    return [record for record in records if day(record[field]) <= today]


def one_per(field: str, records: Sequence[Record]) -> dict[str, Record]:
    """Ties of date (or month): the highest id alone counts."""
    chosen: dict[str, Record] = {}
    for record in records:
        rival = chosen.get(record[field])
        if rival is None or record["id"] > rival["id"]:
            chosen[record[field]] = record
    return chosen


def known_tickets(records: Sequence[Record], client_id: str, as_of: datetime) -> list[Record]:
    return known_by_instant(facts(records, client_id, "ticket"), "created_at", as_of)


def is_open(ticket: Record, settings: Settings, as_of: datetime) -> bool:
    """Open until closed; with `ticket_open_until` = `resolved`, until closed or resolved."""
    ends = [optional_instant(ticket, "closed_at")]
    if settings["ticket_open_until"] == "resolved":
        ends.append(optional_instant(ticket, "resolved_at"))
    return not any(end is not None and end < as_of for end in ends)


def answered_at(ticket: Record, as_of: datetime) -> datetime | None:
    answer = optional_instant(ticket, "first_response_at")
    return answer if answer is not None and answer < as_of else None


def client_since(client: Record) -> date | None:
    return day(client["client_since"]) if client.get("client_since") else None


def days_since(on: date | None, today: date) -> int | None:
    return (today - on).days if on is not None else None


def window(as_of: datetime, days: int, back: int = 0) -> tuple[datetime, datetime]:
    """The window of `days` × 24 h that ends at `as_of`, or the one `back` windows earlier."""
    end = as_of - timedelta(days=days * back)
    return end - timedelta(days=days), end


def is_scored(client: Record, today: date) -> bool:
    """Active, not archived, and a client by today."""
    since = client_since(client)
    return (
        client["status"] in ("ACTIVE", "AT_RISK") and not client.get("archived") and (since is None or since <= today)
    )


def folded(name: str) -> str:
    """Names in Unicode's NFKC, case-folded."""
    return unicodedata.normalize("NFKC", name).casefold()


def folded_name(client: Record) -> tuple[str, str]:
    """Names, then id."""
    return folded(client["name"]), client["id"]


def folded_industry(industry: str | None) -> str | None:
    """NFKC, case-folded, runs of blanks as one, trimmed; blank is none."""
    return re.sub(r"\s+", " ", folded(industry or "")).strip() or None
