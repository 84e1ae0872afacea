"""Answers of /clients."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.api.shapes.analytics import IndicatorCode
from chalicelib.api.shapes.common import (
    Average,
    Band,
    BandName,
    Count,
    CountedPage,
    Day,
    Id,
    Instant,
    Money,
    Page,
    Score,
    Version,
    one_of,
)
from chalicelib.domain.data_quality import NAMED_FLAWS
from chalicelib.domain.deduction import FACTORS, STATUSES, Status
from chalicelib.domain.facts import LIFECYCLE_STATUSES
from chalicelib.domain.history import Trigger
from chalicelib.domain.settings import SIGNALS, Model

ClientStatus = Annotated[str, one_of(LIFECYCLE_STATUSES)]
FactorId = Annotated[str, one_of(FACTORS)]
SignalId = Annotated[str, one_of(SIGNALS)]
FlawCode = Annotated[
    str,
    one_of(
        (
            "answered_before_creation",
            "closed_before_creation",
            "no_decision_maker_contact",
            "no_account_manager",
            "unknown_account_manager",
            "account_manager_not_reached",
            "no_industry",
            "no_client_since",
            "stale_assessment",
        )
    ),
]
FactorPoint = Annotated[int, Field(le=5)]
Points = Annotated[int, Field(ge=0, le=100)]
Coverage = Annotated[float, Field(ge=0, le=100)]
Contribution = Annotated[str, Field(pattern=r"^\d+\.\d{2}$")]


class ScoreTrend(TypedDict):
    """Where a score moves."""

    direction: Literal["up", "down", "flat"]
    points: int
    """Against about 30 days ago."""


class MainCost(TypedDict):
    """The factor or signal that costs a score most."""

    id: FactorId | SignalId
    label: str
    points: Annotated[str, Field(pattern=r"^\d{1,3}\.\d$")]
    """What it costs of 100 points, one decimal."""
    sentence: str
    """The fact behind it, as far as rows tell."""


class WeekChange(TypedDict):
    """A score against that of seven days ago, which is as under today's settings."""

    points: int
    from_score: Score
    from_band: BandName


class Account(TypedDict):
    """A client in the account list."""

    client_id: Id
    name: str
    industry: str | None
    account_manager_id: Id | None
    status: ClientStatus
    """The lifecycle status; `AT_RISK` too while the at-risk flag is set."""
    score: Score | None
    """Of the selected model; null without a score."""
    band: BandName | None
    """Null for a client that is not scored."""
    provisional: bool
    """The score rests on signals of less than 70 % of the weights."""
    monthly_recurring_revenue: Money | None
    open_alerts: Count
    score_trend: NotRequired[ScoreTrend | None]
    """Only with `columns`; null without a score of about 30 days ago."""
    main_cost: NotRequired[MainCost | None]
    """Only with `columns=worklist`; null where nothing costs points, and without a score."""
    week: NotRequired[WeekChange | None]
    """Only with `columns=worklist`; null without a score of seven days ago."""


class AccountList(CountedPage):
    """The account list."""

    items: list[Account]


class Client(TypedDict):
    """A client's record."""

    client_id: Id
    name: str
    status: ClientStatus
    """The lifecycle status; `AT_RISK` too while the at-risk flag is set."""
    archived: bool
    industry: str | None
    account_manager_id: Id | None
    client_since: Day | None
    monthly_recurring_revenue: Money | None
    at_risk_since: Instant | None
    """When the At-Risk workflow flagged the client; null: it is not."""


class CurrentScore(TypedDict):
    """A client's score by the tenant's primary model."""

    model: Model
    """The model behind `score`: the tenant's primary model."""
    score: Score | None
    band: BandName | None
    """Null for a client that is not scored."""
    provisional: bool
    """The score rests on signals of less than 70 % of the weights."""
    computed_at: Instant | None


class ScoredClient(Client, CurrentScore):
    """A client's record with its score."""


class PeerAverage(TypedDict):
    """An average with the number of clients in it."""

    average: Average | None
    n: Count


class Peers(TypedDict):
    """How the client compares with the others of the last nightly run."""

    industry: PeerAverage | None
    """Null for who has the clients of one account manager alone, where n is under 3; so are the next two."""
    all: PeerAverage | None
    percentile: Annotated[int, Field(ge=0, le=100)] | None
    """Percent of the other clients with a lower score; null without others."""
    n: Count


class Movement(TypedDict):
    """How a score moves and how it compares."""

    velocity: int | None
    """Points gained or lost in about 30 days; null without a baseline."""
    velocity_restated: bool
    """The velocity is not the difference of the two stored scores, because the settings or the connected sources
    differ: it compares like with like."""
    velocity_reason: Literal["insufficient_history", "insufficient_data"] | None
    """Why there is no velocity."""
    projected_score: Score | None
    """The score in 30 days if the trend holds."""
    peers: Peers


class Factor(TypedDict):
    """What a factor adds to the score or takes from it."""

    id: FactorId
    label: str
    value: float | None
    """Change of volume in percent, hours to first response, overdue tickets, open tickets, days since the last
    activity, active contracts; null where it cannot be told."""
    points: Annotated[int, Field(le=5)]
    sentence: str


class DeductionResult(Movement):
    """Model `deduction`, "Client Health": 100 less the points of warning signs."""

    score: Score
    status: Status
    label: str
    factors: Annotated[list[Factor], Field(min_length=6, max_length=6)]


class ResultSignal(TypedDict):
    """A signal and what it contributes."""

    id: SignalId
    label: str
    points: Points | None
    """Null without data."""
    weight: Coverage
    """The configured weight in percent."""
    contribution: Contribution | None
    """Points of the score; the contributions sum to `exact_score`. Null without a score."""
    missing: Literal["no_data", "not_connected"] | None
    """Why the signal does not count: no data, or its source is not connected."""


class SurveyLevels(TypedDict):
    """Levels of the surveys: percent satisfied, and promoters less detractors."""

    csat: NotRequired[Annotated[int, Field(ge=0, le=100)]]
    nps: NotRequired[Annotated[int, Field(ge=-100, le=100)]]


class Signal(ResultSignal):
    """A signal with the fact behind it."""

    value: float | SurveyLevels | None
    """The raw value: open tickets, survey levels, percent over budget, days, assessment score, days overdue, percent
    variance, percent growth."""
    sentence: str


class CombinedScore(TypedDict):
    """Nine signals of 0 to 100 points, combined by the configured weights."""

    score: Score | None
    """Null when too little is known: `coverage` says how much."""
    exact_score: Contribution | None
    """The unrounded score, cut to two decimals."""
    band: Band
    label: str
    advice: str
    coverage: Coverage
    """Sum of the weights of the signals that count."""
    provisional: bool
    """There is a score, and coverage is below 70."""


class PreviewedScore(CombinedScore):
    """A result of the weighted model under some settings."""

    signals: Annotated[list[ResultSignal], Field(min_length=9, max_length=9)]


class WeightedResult(CombinedScore, Movement):
    """Model `weighted`, "Health Score": nine signals of 0 to 100 points, combined by the configured weights."""

    signals: Annotated[list[Signal], Field(min_length=9, max_length=9)]


class Models(TypedDict):
    """Both models, computed from the same facts."""

    deduction: DeductionResult
    weighted: WeightedResult


class DataQualityFlaw(TypedDict):
    """Something odd or missing in the client's records."""

    code: FlawCode
    record_type: str
    record_id: str
    message: str


class CardTrendPoint(TypedDict):
    """Both scores on one date."""

    date: Day
    deduction: Score
    weighted: Score | None
    settings_version: Version


class HealthCard(TypedDict):
    """The live card of a client."""

    client: Client
    computed_at: Instant
    primary_model: Model
    settings_version: Version
    models: Models | None
    """Null for a client that is not scored: archived, inactive, churned, or not yet a client."""
    risk_indicators: list[IndicatorCode]
    data_quality: Annotated[list[DataQualityFlaw], Field(max_length=NAMED_FLAWS, description="The first 50 flaws.")]
    data_quality_total: Count
    """How many flaws there are."""
    trend: list[CardTrendPoint]
    """The last 90 days, oldest first; gaps stay gaps."""


class FactorPoints(TypedDict):
    """Points per factor."""

    ticket_volume: FactorPoint
    first_response: FactorPoint
    overdue_tickets: FactorPoint
    open_tickets: FactorPoint
    inactivity: FactorPoint
    active_contract: FactorPoint


class SignalPoints(TypedDict):
    """Points per signal, whether or not its source was connected; null without data."""

    open_p1_p2_tickets: Points | None
    csat_nps_trend: Points | None
    billable_utilization: Points | None
    days_since_qbr: Points | None
    days_since_decision_maker_contact: Points | None
    stack_standardization: Points | None
    payment_health: Points | None
    contract_utilization_variance: Points | None
    employee_growth: Points | None


class DeductionEntry(TypedDict):
    """Model `deduction` in a history item."""

    score: Score
    status: Annotated[str, one_of(STATUSES)]
    points: FactorPoints


class WeightedEntry(TypedDict):
    """Model `weighted` in a history item."""

    score: Score | None
    band: Band
    coverage: Coverage
    provisional: bool
    points: SignalPoints


class HistoryItem(TypedDict):
    """A stored result: of a night, or of a recalculation."""

    date: Day
    """In the tenant's time zone."""
    as_of: Instant
    trigger: Trigger
    settings_version: Version
    deduction: DeductionEntry
    weighted: WeightedEntry


class History(Page):
    """A client's history, newest first."""

    items: list[HistoryItem]
