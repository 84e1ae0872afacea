"""Answers of /analytics."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.api.openapi.answers.common import (
    Answer,
    Average,
    Count,
    CountedPage,
    Day,
    Id,
    Instant,
    Money,
    Score,
    ScoreChange,
    Share,
)
from chalicelib.domain.deduction import INDICATOR_LABELS, Status
from chalicelib.domain.moment import PERIODS
from chalicelib.domain.settings import Model
from chalicelib.domain.weighted import Band

IndicatorCode = Annotated[str, Field(json_schema_extra={"enum": list(INDICATOR_LABELS)})]


class ClientName(Answer):
    """A client by id and name."""

    client_id: Id
    name: str


class FleetCounts(Answer):
    """How many clients are scored, and how many of them have each status."""

    total: Count
    healthy: Count
    at_risk: Count
    critical: Count


class StatusShare(Answer):
    """A slice of the distribution."""

    status: Status
    count: Count
    share: Share = Field(description="Of all scored clients, three decimals; 0 when there are none.")


class RiskIndicator(Answer):
    """A warning sign with the clients that show it. Indicators that nobody shows are left out."""

    code: IndicatorCode
    label: str
    count: Annotated[int, Field(ge=1)] = Field(description="All clients that show it.")
    clients: Annotated[list[ClientName], Field(min_length=1, max_length=5)] = Field(
        description="Up to five of them, lowest score first, then by name."
    )


class TicketsChange(Answer):
    """Tickets of the period against the period before."""

    direction: Literal["up", "down", "flat"]
    percent: float | None = Field(description="One decimal, negative when down; null where there were none before.")


class ClientHealthRow(Answer):
    """One client in the table."""

    client_id: Id
    name: str
    status: Status
    score: Score
    tickets: Count = Field(description="Created in the period.")
    tickets_change: TicketsChange
    open_tickets: Count = Field(description="Open now, whatever the period.")
    overdue_tickets: Count = Field(description="Open now and past their `due_at`, whatever the period.")
    average_first_response_hours: Annotated[float, Field(ge=0)] | None = Field(
        description="Mean over the answered tickets of the period, two decimals, in business hours where those are "
        "enabled; null when none was answered."
    )
    revenue: list[Money] = Field(
        description="Paid and partly paid invoices issued in the period, one sum per currency."
    )
    days_since_last_activity: Count | None = Field(
        description="Days since the newest ticket was created; null for a client without a ticket."
    )


class ClientHealthPage(CountedPage):
    """The Client Health page."""

    model: Literal["deduction"]
    period: Annotated[str, Field(json_schema_extra={"enum": list(PERIODS)})]
    computed_at: Instant | None = Field(description="When the oldest of the rows was computed; null without any.")
    summary: FleetCounts
    average_score: Average | None = Field(description="One decimal; null without a scored client.")
    average_score_change: ScoreChange
    distribution: list[StatusShare]
    risk_indicators: list[RiskIndicator]
    clients: list[ClientHealthRow] = Field(description="The rows that pass the filters, in the chosen order.")


BandName = Status | Band


class BandShare(Answer):
    """A band of the portfolio; for model `deduction` the bands are its statuses."""

    band: BandName
    label: str
    count: Count
    share: Share = Field(description="Of the clients with a score, three decimals; 0 when there are none.")


class DecliningClient(ClientName):
    """One of the fastest declining clients."""

    score: Score
    velocity: Annotated[int, Field(lt=0)] = Field(description="Points lost in about 30 days.")
    projected_score: Score = Field(description="The score in 30 days if the trend holds.")


class IndustryAverage(Answer):
    """The average of an industry's clients."""

    industry: str
    clients: Annotated[int, Field(ge=1)]
    average_score: Average


class StatusCounts(Answer):
    """Clients per band of model `deduction`."""

    HEALTHY: Count
    AT_RISK: Count
    CRITICAL: Count


class BandCounts(Answer):
    """Clients with a score per band of model `weighted`."""

    GREEN: Count
    YELLOW: Count
    RED: Count


class PortfolioTrendPoint(Answer):
    """The portfolio on one date."""

    date: Day
    average_score: Average | None
    bands: StatusCounts | BandCounts


class BandRevenue(Answer):
    """Monthly recurring revenue of the clients in a band, in one currency."""

    band: BandName
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    monthly_recurring_revenue: Annotated[str, Field(pattern=r"^\d+\.\d{2,4}$")]


class Portfolio(Answer):
    """The health dashboard."""

    model: Model
    computed_at: Instant | None = Field(description="The time of the last complete nightly run; null before the first.")
    bands: list[BandShare] = Field(description="Healthiest first.")
    average_score: Average | None
    average_score_change: ScoreChange
    insufficient_data: Count = Field(description="Scored clients that have no score in this model for want of data.")
    fastest_declining: Annotated[list[DecliningClient], Field(max_length=5)]
    average_by_industry: list[IndustryAverage]
    trend: list[PortfolioTrendPoint] = Field(description="The last 90 days, oldest first; gaps stay gaps.")
    revenue_by_band: list[BandRevenue]
