"""Tenants, clients, facts and scores that the suites store."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chalicelib.domain.blocks import StoredClient
from chalicelib.domain.evaluation import evaluate
from chalicelib.domain.facts import (
    Assessment,
    BillableMonth,
    Client,
    Contract,
    Day,
    Facts,
    Headcount,
    Instant,
    Invoice,
    Money,
    Qbr,
    Reconciliation,
    Survey,
    Ticket,
    Tickets,
    Touchpoint,
)
from chalicelib.domain.history import Scores, Snapshot, Stamp
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.moment import Moment
from chalicelib.domain.records import StoredRecord
from chalicelib.domain.roster import CurrentRow, current_row
from chalicelib.domain.settings import SOURCES, Settings
from chalicelib.domain.time_zones import ZoneInfo
from chalicelib.domain.times import parse_day, parse_instant

ACME = TenantId("acme")
OTHER = TenantId("acme-2")
"""Its id starts with the other's."""

NOW = parse_instant("2026-11-22T02:00:00Z")
TODAY = parse_day("2026-11-22")
DAY = 86_400
RETENTION = 730 * DAY
ROME = ZoneInfo("Europe/Rome")

C1, C10 = RecordId("c1"), RecordId("c10")

NEIGHBOURS = tuple(
    map(
        RecordId,
        ("c1", "c10", "c1-", "c1.", "c1_", "c1.FACTS", "c1-x", "c1.x", "C1", "c", "1", "TICKETS", "FACTS", "NOW"),
    )
)
"""Ids that a prefix of keys, a case, a separator or a word could take for one another."""


def stored_client(client: str, version: int = 0, **fields: Any) -> StoredClient:
    return StoredClient(Client(client, **{"name": f"Client {client}", "status": "ACTIVE", **fields}), NOW, version)


def ticket(number: int, created: Instant = NOW, **fields: Any) -> Ticket:
    return Ticket(f"T{number:07d}", 1 + number % 5, created, **fields)


def stored(*rows: Any, updated_at: Instant = NOW) -> dict[str, StoredRecord]:
    """Rows as stored records by id."""
    return {row.id: StoredRecord(row, updated_at) for row in rows}


def other_facts() -> dict[str, tuple[Any, ...]]:
    """One or two rows of every type that has no block of its own, with and without what may be absent."""
    return {
        "contract": (Contract("K1", "ACTIVE", TODAY - 400), Contract("K2", "EXPIRED", TODAY - 900, TODAY - 401)),
        "invoice": (
            Invoice("INV-1", "PAID", TODAY - 60, TODAY - 30, "EUR", 12_345_600, TODAY - 31),
            Invoice("INV-2", "OPEN", TODAY - 20, TODAY + 10, "USD", 1),
        ),
        "survey": (Survey("S1", "CSAT", 4, NOW - 5 * DAY), Survey("S2", "NPS", 0, NOW - DAY)),
        "billable_month": (
            BillableMonth("B1", 2026 * 12 + 9, Decimal("12.5"), 20),
            BillableMonth("B2", 2026 * 12 + 10, 7),
        ),
        "qbr": (Qbr("Q1", TODAY - 40, "COMPLETED", True), Qbr("Q2", TODAY + 40, "SCHEDULED")),
        "touchpoint": (Touchpoint("P1", NOW - 3 * DAY, "CALL", True), Touchpoint("P2", NOW - DAY, "EMAIL", False)),
        "assessment": (Assessment("A1", TODAY - 100, Decimal("66.25")),),
        "reconciliation": (Reconciliation("R1", TODAY - 10, 100, Decimal("97.5")),),
        "headcount": (Headcount("H1", TODAY - 365, 40), Headcount("H2", TODAY - 1, 44)),
    }


def plain(facts: Facts) -> dict[str, Any]:
    """Facts for comparison: the rows of a type in no particular order, tickets in theirs."""
    held: dict[str, Any] = {
        name: sorted(getattr(facts, name)) for name in Facts.__dataclass_fields__ if name not in ("client", "tickets")
    }
    return held | {"client": facts.client, "tickets": facts.tickets.rows()}


STAMP = Stamp(3, 70, 40, ("psa", "qbr"))


def scores_at(deduction: int, weighted: int | None = 55) -> Scores:
    points = (0, 100, 50, None, 25, 75, None, 100, 0)
    return Scores(deduction, weighted, 8_500, (deduction - 100, 0, 0, 0, 0, 0), points)


def snapshot(day: int = TODAY, as_of: Instant = NOW, scores: Mapping[int, Scores] | None = None) -> Snapshot:
    held = {0: scores_at(80), 3: scores_at(35, None), 63: scores_at(100)} if scores is None else scores
    return Snapshot(Day(day), as_of, STAMP, held)


def row(client: str, seat: int = 0, as_of: Instant = NOW, status: str = "ACTIVE") -> CurrentRow:
    """A current row as an evaluation makes it; one of a status that is not scored has no evaluation."""
    settings, moment = Settings(2), Moment.at(as_of, ROME)
    tickets = Tickets.of(
        [ticket(1, as_of - 3 * DAY), ticket(2, as_of - 40 * DAY, first_response=as_of - 39 * DAY, due=as_of - DAY)]
    )
    facts = Facts(
        Client(client, f"Client {client}", status, monthly_recurring_revenue=Money("EUR", 15_000_000)),
        tickets,
        contracts=(Contract("K1", "ACTIVE", TODAY - 400),),
        invoices=(Invoice("INV-1", "PAID", TODAY - 60, TODAY - 30, "EUR", 12_345_600, TODAY - 31),),
        surveys=(Survey("S1", "CSAT", 4, as_of - 5 * DAY),),
    )
    evaluation = evaluate(facts, SOURCES, settings.scoring, moment)
    before = [snapshot(moment.today - 30, as_of - 30 * DAY)]
    return current_row(facts.client, seat, evaluation, moment, settings, SOURCES, before)
