"""Answers of /analytics/portfolio."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.api.shapes.analytics import ClientName
from chalicelib.api.shapes.common import Average, BandName, Count, Day, Instant, Score, ScoreChange, Share
from chalicelib.domain.settings import Model


class BandShare(TypedDict):
    """A band of the portfolio; for model `deduction` the bands are its statuses."""

    band: BandName
    label: str
    count: Count
    share: Share
    """Of the clients with a score, three decimals; 0 when there are none."""


class DecliningClient(ClientName):
    """One of the fastest declining clients."""

    score: Score
    velocity: Annotated[int, Field(lt=0)]
    """Points lost in about 30 days."""
    projected_score: Score
    """The score in 30 days if the trend holds."""


class IndustryAverage(TypedDict):
    """The average of an industry's clients."""

    industry: str
    clients: Annotated[int, Field(ge=1)]
    average_score: Average


class StatusCounts(TypedDict):
    """Clients per band of model `deduction`."""

    HEALTHY: Count
    AT_RISK: Count
    CRITICAL: Count


class BandCounts(TypedDict):
    """Clients with a score per band of model `weighted`."""

    GREEN: Count
    YELLOW: Count
    RED: Count


class PortfolioTrendPoint(TypedDict):
    """The portfolio on one date."""

    date: Day
    average_score: Average | None
    bands: StatusCounts | BandCounts


class BandRevenue(TypedDict):
    """Monthly recurring revenue of the clients in a band, in one currency."""

    band: BandName
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    monthly_recurring_revenue: Annotated[str, Field(pattern=r"^\d+\.\d{2,4}$")]


class Portfolio(TypedDict):
    """The health dashboard."""

    model: Model
    computed_at: Instant | None
    """The time of the last complete nightly run; null before the first."""
    bands: list[BandShare]
    """Healthiest first."""
    average_score: Average | None
    average_score_change: ScoreChange
    insufficient_data: Count
    """Scored clients that have no score in this model for want of data."""
    fastest_declining: Annotated[list[DecliningClient], Field(max_length=5)]
    average_by_industry: list[IndustryAverage]
    trend: list[PortfolioTrendPoint]
    """The last 90 days, oldest first; gaps stay gaps."""
    revenue_by_band: list[BandRevenue]
