"""Model `deduction`: starts at 100 and loses points for warning signs in tickets and contracts."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.reference.business_hours import response_hours
from tests.reference.inputs import (
    OPEN_ENDED,
    Record,
    Settings,
    answered_at,
    clamp,
    client_record,
    client_since,
    day,
    days_since,
    facts,
    instant,
    is_open,
    known_tickets,
    local_date,
    local_midnight,
    optional_instant,
    rounded,
    window,
)

FACTORS = (
    "ticket_volume",
    "first_response",
    "overdue_tickets",
    "open_tickets",
    "inactivity",
    "active_contract",
)

RISK_INDICATORS = {
    "high_ticket_volume": "High Ticket Volume Increase",
    "overdue_tickets": "Overdue Tickets",
    "slow_response": "Slow Response Time",
    "no_recent_activity": "No Recent Activity",
    "contract_expiring": "Contract Expiring Soon",
    "qbrs_cancelled": "QBRs Not Held",
}


def status_of(score: int) -> str:
    if score >= 70:
        return "HEALTHY"
    if score >= 40:
        return "AT_RISK"
    return "CRITICAL"


def created_in(tickets: Sequence[Record], span: tuple[datetime, datetime]) -> list[Record]:
    start, end = span
    return [ticket for ticket in tickets if start <= instant(ticket["created_at"]) < end]


def tickets_change(now: int, before: int) -> dict[str, Any]:
    """`percent` has one decimal; from nothing to something it is null."""
    direction = "up" if now > before else "down" if now < before else "flat"
    if before > 0:
        percent: Decimal | None = rounded(Fraction(100 * (now - before), before), 1)
    elif now == 0:
        percent = Decimal("0.0")
    else:
        percent = None
    return {"direction": direction, "percent": percent}


def volume_points(now: int, before: int) -> int:
    if now <= before:
        return 0
    if before == 0:
        return -5
    increase = Fraction(now - before, before)
    if increase > Fraction(50, 100):
        return -15
    if increase > Fraction(25, 100):
        return -10
    return -5


def response_points(mean_hours: Fraction | None) -> int:
    if mean_hours is None:
        return 0
    if mean_hours > 24:
        return -20
    if mean_hours > 8:
        return -10
    if mean_hours > 4:
        return -5
    return 0


def open_points(count: int) -> int:
    if count > 10:
        return -15
    if count > 5:
        return -10
    if count > 2:
        return -5
    return 0


def inactivity_points(days: int | None) -> int:
    if days is None:
        return 0
    if days > 90:
        return -20
    if days > 60:
        return -10
    if days > 30:
        return -5
    return 0


def contract_end(contract: Record) -> date | None:
    """Null: open-ended."""
    end = contract.get("end_date")
    return day(end) if end and end != OPEN_ENDED else None


def contract_is_active(contract: Record, today: date) -> bool:
    end = contract_end(contract)
    return contract["status"] == "ACTIVE" and day(contract["start_date"]) <= today and (end is None or today <= end)


def is_secured(contract: Record, contracts: Sequence[Record]) -> bool:
    """Another signed contract ends later or never, and follows this one: by name, or by starting the day after."""
    end = contract_end(contract)
    for other in contracts:
        if other["id"] == contract["id"] or other["status"] != "ACTIVE" or end is None:
            continue
        other_end = contract_end(other)
        lasts_longer = other_end is None or other_end > end
        follows = other.get("renews") == contract["id"] or day(other["start_date"]) == end + timedelta(days=1)
        if lasts_longer and follows:
            return True
    return False


def expires_soon(contract: Record, contracts: Sequence[Record], today: date) -> bool:
    end = contract_end(contract)
    return end is not None and 0 <= (end - today).days <= 30 and not is_secured(contract, contracts)


def qbrs_are_cancelled(qbrs: Sequence[Record], today: date) -> bool:
    """The two newest of those that took place or were called off."""
    over = [q for q in qbrs if day(q["held_on"]) <= today and q["status"] in ("COMPLETED", "CANCELLED")]
    newest = sorted(over, key=lambda q: (day(q["held_on"]), q["id"]), reverse=True)[:2]
    return len(newest) == 2 and all(q["status"] == "CANCELLED" for q in newest)


def revenue(invoices: Sequence[Record], span: tuple[datetime, datetime], time_zone: str) -> dict[str, Decimal]:
    """Per currency: what was paid of the invoices issued in the window, whenever; not said: all of it."""
    start, end = span
    totals: dict[str, Decimal] = {}
    for invoice in invoices:
        issued = local_midnight(day(invoice["issued_on"]), time_zone)
        if invoice["status"] in ("PAID", "PARTIAL") and start <= issued < end:
            total = invoice["total"]
            currency = total["currency"]
            paid = total["amount"] if invoice.get("paid_total") is None else invoice["paid_total"]
            totals[currency] = totals.get(currency, Decimal(0)) + Decimal(str(paid))
    return totals


def score_deduction(
    records: Sequence[Record],
    client_id: str,
    settings: Settings,
    business_hours: Mapping[str, Any],
    time_zone: str,
    as_of: datetime,
    period_days: int,
    ticket_source: bool,
) -> dict[str, Any]:
    """Score, status, factors, table columns and risk indicators of one client; `as_of` to the second.

    `ticket_source`: whether a ticket of anybody was ever stored for the tenant.
    """
    today = local_date(as_of, time_zone)
    client = client_record(records, client_id)
    tickets = known_tickets(records, client_id, as_of)
    contracts = facts(records, client_id, "contract")
    current_window = window(as_of, period_days)

    current = created_in(tickets, current_window)
    previous = created_in(tickets, window(as_of, period_days, back=1))
    change = tickets_change(len(current), len(previous))

    responses = []
    for ticket in current:
        answered = answered_at(ticket, as_of)
        if answered is not None:
            created = instant(ticket["created_at"])
            responses.append(response_hours(created, answered, business_hours, time_zone))
    mean_hours = sum(responses, Fraction(0)) / len(responses) if responses else None
    shown_hours = rounded(mean_hours, 2) if mean_hours is not None else None

    open_tickets = [ticket for ticket in tickets if is_open(ticket, settings, as_of)]
    overdue = []
    for ticket in open_tickets:
        due = optional_instant(ticket, "due_at")
        if due is not None and due < as_of:
            overdue.append(ticket)

    if tickets:
        newest = max(instant(ticket["created_at"]) for ticket in tickets)
        last_activity = days_since(local_date(newest, time_zone), today)
        inactivity = last_activity
    else:
        last_activity = None
        inactivity = days_since(client_since(client), today) if ticket_source else None

    active = [contract for contract in contracts if contract_is_active(contract, today)]
    expiring = any(expires_soon(contract, contracts, today) for contract in active)

    factors = [
        {
            "id": "ticket_volume",
            "value": change["percent"],
            "points": volume_points(len(current), len(previous)),
        },
        {"id": "first_response", "value": shown_hours, "points": response_points(mean_hours)},
        {"id": "overdue_tickets", "value": len(overdue), "points": -5 * len(overdue)},
        {"id": "open_tickets", "value": len(open_tickets), "points": open_points(len(open_tickets))},
        {"id": "inactivity", "value": inactivity, "points": inactivity_points(inactivity)},
        {"id": "active_contract", "value": len(active), "points": 5 if active else 0},
    ]
    points = {str(factor["id"]): int(str(factor["points"])) for factor in factors}
    score = clamp(100 + sum(points.values()))

    matches = {
        "high_ticket_volume": len(previous) > 0 and 2 * len(current) > 3 * len(previous),
        "overdue_tickets": len(overdue) >= 1,
        "slow_response": mean_hours is not None and mean_hours > 8,
        "no_recent_activity": inactivity is not None and inactivity > 60,
        "contract_expiring": expiring,
        "qbrs_cancelled": qbrs_are_cancelled(facts(records, client_id, "qbr"), today),
    }
    return {
        "score": score,
        "status": status_of(score),
        "factors": factors,
        "points": points,
        "tickets": len(current),
        "previous_tickets": len(previous),
        "tickets_change": change,
        "open_tickets": len(open_tickets),
        "overdue_tickets": len(overdue),
        "average_first_response_hours": shown_hours,
        "exact_first_response_hours": mean_hours,
        "revenue": revenue(facts(records, client_id, "invoice"), current_window, time_zone),
        "days_since_last_activity": last_activity,
        "risk_indicators": [code for code in RISK_INDICATORS if matches[code]],
    }
