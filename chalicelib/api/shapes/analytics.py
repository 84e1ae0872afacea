"""Answers of /analytics/clients."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.api.shapes.common import (
    Average,
    Count,
    CountedPage,
    Id,
    Instant,
    Money,
    Score,
    ScoreChange,
    Share,
    number,
    one_of,
)
from chalicelib.domain.deduction import INDICATOR_LABELS, Status
from chalicelib.domain.moment import PERIODS

IndicatorCode = Annotated[str, one_of(INDICATOR_LABELS)]


class ClientName(TypedDict):
    """A client by id and name."""

    client_id: Id
    name: str


class FleetCounts(TypedDict):
    """How many clients are scored, and how many of them have each status."""

    total: Count
    healthy: Count
    at_risk: Count
    critical: Count


class StatusShare(TypedDict):
    """A slice of the distribution."""

    status: Status
    count: Count
    share: Share
    """Of all scored clients, three decimals; 0 when there are none."""


class RiskIndicator(TypedDict):
    """A warning sign with the clients that show it. Indicators that nobody shows are left out."""

    code: IndicatorCode
    label: str
    count: Annotated[int, Field(ge=1)]
    """All clients that show it."""
    clients: Annotated[list[ClientName], Field(min_length=1, max_length=5)]
    """Up to five of them, lowest score first, then by name."""


class TicketsChange(TypedDict):
    """Tickets of the period against the period before."""

    direction: Literal["up", "down", "flat"]
    percent: Annotated[Decimal, number()] | None
    """One decimal, negative when down; null where there were none before."""


class ClientHealthRow(TypedDict):
    """One client in the table."""

    client_id: Id
    name: str
    status: Status
    score: Score
    tickets: Count
    """Created in the period."""
    tickets_change: TicketsChange
    open_tickets: Count
    """Open now, whatever the period."""
    overdue_tickets: Count
    """Open now and past their `due_at`, whatever the period."""
    average_first_response_hours: Annotated[Decimal, number(minimum=0)] | None
    """Mean over the answered tickets of the period, two decimals, in business hours where those are enabled; null when
    none was answered."""
    revenue: list[Money]
    """Paid and partly paid invoices issued in the period, one sum per currency."""
    days_since_last_activity: Count | None
    """Days since the newest ticket was created; null for a client without a ticket."""


class FleetHealth(TypedDict):
    """The Client Health page, without its table."""

    model: Literal["deduction"]
    period: Annotated[str, one_of(PERIODS)]
    computed_at: Instant | None
    """When the oldest of the rows was computed; null without any."""
    summary: FleetCounts
    average_score: Average | None
    """One decimal; null without a scored client."""
    average_score_change: ScoreChange
    distribution: list[StatusShare]
    risk_indicators: list[RiskIndicator]


class ClientHealthPage(CountedPage, FleetHealth):
    """The Client Health page."""

    clients: list[ClientHealthRow]
    """The rows that pass the filters, in the chosen order."""
