"""What a row of another system is in our terms, before its client is looked up: the values of `domain.records`."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from chalicelib.domain.facts import Day, Instant, Money, Timestamp
from chalicelib.domain.text import stored_text

LONGEST_NAME: Final = 200

ANSWER_TOLERANCE: Final = 60
"""Seconds that a first answer may lie before the creation: systems stamp both within one operation, in either order."""


class SourceRecord(NamedTuple):
    """A record by the ids of its own system; `client` None where a deletion does not say whose it was."""

    type: str
    id: str
    client: str | None
    updated_at: Timestamp | None
    fields: Mapping[str, Any]
    deleted: bool = False


class NewClient(NamedTuple):
    """A client as its own system describes it."""

    id: str
    name: str
    status: str = "ACTIVE"
    archived: bool = False
    industry: str | None = None
    since: Day | None = None


def ticket(
    own_id: str,
    client: str,
    updated_at: Timestamp | None,
    *,
    priority: int,
    created_at: Instant,
    first_response_at: Instant | None = None,
    resolved_at: Instant | None = None,
    closed_at: Instant | None = None,
    due_at: Instant | None = None,
) -> SourceRecord:
    """A ticket. An answer that is stamped up to a minute before the creation came with it."""
    if first_response_at is not None and created_at - ANSWER_TOLERANCE <= first_response_at < created_at:
        first_response_at = created_at
    fields = {
        "priority": priority,
        "created_at": created_at,
        "first_response_at": first_response_at,
        "resolved_at": resolved_at,
        "closed_at": closed_at,
        "due_at": due_at,
    }
    return SourceRecord(type="ticket", id=own_id, client=client, updated_at=updated_at, fields=_told(fields))


def invoice(
    own_id: str,
    client: str,
    updated_at: Timestamp | None,
    *,
    status: str,
    issued_on: Day,
    due_on: Day,
    total: Money,
    paid_on: Day | None = None,
    paid_total: int | None = None,
    balance: int | None = None,
) -> SourceRecord:
    """An invoice; what was paid and is owed lies within 0 and the total."""
    fields = {
        "status": status,
        "issued_on": issued_on,
        "due_on": due_on,
        "total": total,
        "paid_on": paid_on,
        "paid_total": _part(paid_total, total),
        "balance": _part(balance, total),
    }
    return SourceRecord(type="invoice", id=own_id, client=client, updated_at=updated_at, fields=_told(fields))


def _part(amount: int | None, total: Money) -> int | None:
    return None if amount is None else min(max(amount, 0), total.amount)


def contract(
    own_id: str, client: str, updated_at: Timestamp | None, *, status: str, start_date: Day, end_date: Day | None
) -> SourceRecord:
    fields = {"status": status, "start_date": start_date, "end_date": end_date}
    return SourceRecord(type="contract", id=own_id, client=client, updated_at=updated_at, fields=_told(fields))


def survey(
    own_id: str, client: str, updated_at: Timestamp | None, *, kind: str, score: int, responded_at: Instant
) -> SourceRecord:
    fields = {"kind": kind, "score": score, "responded_at": responded_at}
    return SourceRecord(type="survey", id=own_id, client=client, updated_at=updated_at, fields=fields)


def deletion(record_type: str, own_id: str, client: str | None, updated_at: Timestamp | None) -> SourceRecord:
    return SourceRecord(type=record_type, id=own_id, client=client, updated_at=updated_at, fields={}, deleted=True)


def shown_name(name: str) -> str:
    """A name as it is stored: trimmed, runs of blanks as one, at most 200 characters."""
    return stored_text(" ".join(name.split()))[:LONGEST_NAME].strip()


def _told(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
