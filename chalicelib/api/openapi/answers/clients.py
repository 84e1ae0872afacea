"""Answers of /clients."""

from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from chalicelib.api.openapi.answers.analytics import BandName, IndicatorCode
from chalicelib.api.openapi.answers.common import (
    Answer,
    Average,
    Count,
    CountedPage,
    Day,
    Id,
    Instant,
    Money,
    Page,
    Score,
    Version,
    sometimes,
)
from chalicelib.domain.data_quality import NAMED_FLAWS
from chalicelib.domain.deduction import FACTORS, Status
from chalicelib.domain.explanation import Kind
from chalicelib.domain.history import Trigger
from chalicelib.domain.settings import SIGNALS, Model
from chalicelib.domain.weighted import Band

ClientStatus = Literal["ACTIVE", "AT_RISK", "INACTIVE", "CHURNED"]
FactorId = Annotated[str, Field(json_schema_extra={"enum": list(FACTORS)})]
SignalId = Annotated[str, Field(json_schema_extra={"enum": list(SIGNALS)})]
Points = Annotated[int, Field(ge=0, le=100)]
Coverage = Annotated[float, Field(ge=0, le=100)]
Contribution = Annotated[str, Field(pattern=r"^\d+\.\d{2}$")]


class ScoreTrend(Answer):
    """Where a score moves."""

    direction: Literal["up", "down", "flat"]
    points: int = Field(description="Against about 30 days ago.")


class Account(Answer):
    """A client in the account list."""

    client_id: Id
    name: str
    industry: str | None
    account_manager_id: Id | None
    status: ClientStatus = Field(description="The lifecycle status; `AT_RISK` too while the at-risk flag is set.")
    score: Score | None = Field(description="Of the selected model; null without a score.")
    band: BandName | None = Field(description="Null for a client that is not scored.")
    provisional: bool = Field(description="The score rests on signals of less than 70 % of the weights.")
    monthly_recurring_revenue: Money | None
    open_alerts: Count
    score_trend: ScoreTrend | None = Field(
        None,
        description="Only with `columns=score_trend`; null without a score of about 30 days ago.",
        json_schema_extra=sometimes,
    )


class AccountList(CountedPage):
    """The account list."""

    items: list[Account]


class Client(Answer):
    """A client's record."""

    client_id: Id
    name: str
    status: ClientStatus = Field(description="The lifecycle status; `AT_RISK` too while the at-risk flag is set.")
    archived: bool
    industry: str | None
    account_manager_id: Id | None
    client_since: Day | None
    monthly_recurring_revenue: Money | None
    at_risk_since: Instant | None = Field(description="When the At-Risk workflow flagged the client; null: it is not.")


class ScoredClient(Client):
    """A client's record with its score."""

    model: Model = Field(description="The tenant's primary model, which the score is of.")
    score: Score | None
    band: BandName | None = Field(description="Null for a client that is not scored.")
    provisional: bool = Field(description="The score rests on signals of less than 70 % of the weights.")
    computed_at: Instant | None


class PeerAverage(Answer):
    """An average with the number of clients in it."""

    average: Average | None
    n: Count


class Peers(Answer):
    """How the client compares with the others of the last nightly run."""

    industry: PeerAverage
    all: PeerAverage
    percentile: Annotated[int, Field(ge=0, le=100)] | None = Field(
        description="Percent of the other clients with a lower score; null without others."
    )
    n: Count


class Movement(Answer):
    """How a score moves and how it compares."""

    velocity: int | None = Field(description="Points gained or lost in about 30 days; null without a baseline.")
    velocity_restated: bool = Field(
        description="The velocity is not the difference of the two stored scores, because the settings or the "
        "connected sources differ: it compares like with like."
    )
    velocity_reason: Literal["insufficient_history", "insufficient_data"] | None = Field(
        description="Why there is no velocity."
    )
    projected_score: Score | None = Field(description="The score in 30 days if the trend holds.")
    peers: Peers


class Factor(Answer):
    """What a factor adds to the score or takes from it."""

    id: FactorId
    label: str
    value: float | None = Field(
        description="Change of volume in percent, hours to first response, overdue tickets, open tickets, days since "
        "the last activity, active contracts; null where it cannot be told."
    )
    points: Annotated[int, Field(le=5)]
    sentence: str


class DeductionResult(Movement):
    """Model `deduction`, "Client Health": 100 less the points of warning signs."""

    score: Score
    status: Status
    label: str
    factors: Annotated[list[Factor], Field(min_length=6, max_length=6)]


class ResultSignal(Answer):
    """A signal and what it contributes."""

    id: SignalId
    label: str
    points: Points | None = Field(description="Null without data.")
    weight: Coverage = Field(description="The configured weight in percent.")
    contribution: Contribution | None = Field(
        description="Points of the score; the contributions sum to `exact_score`. Null without a score."
    )
    missing: Literal["no_data", "not_connected"] | None = Field(
        description="Why the signal does not count: no data, or its source is not connected."
    )


class SurveyLevels(Answer):
    """Levels of the surveys: percent satisfied, and promoters less detractors."""

    csat: Annotated[int, Field(ge=0, le=100)] = Field(0, json_schema_extra=sometimes)
    nps: Annotated[int, Field(ge=-100, le=100)] = Field(0, json_schema_extra=sometimes)


class Signal(ResultSignal):
    """A signal with the fact behind it."""

    value: float | SurveyLevels | None = Field(
        description="The raw value: open tickets, survey levels, percent over budget, days, assessment score, days "
        "overdue, percent variance, percent growth."
    )
    sentence: str


class CombinedScore(Answer):
    """Nine signals of 0 to 100 points, combined by the configured weights."""

    score: Score | None = Field(description="Null when too little is known: `coverage` says how much.")
    exact_score: Contribution | None = Field(description="The unrounded score, cut to two decimals.")
    band: Band
    label: str
    advice: str
    coverage: Coverage = Field(description="Sum of the weights of the signals that count.")
    provisional: bool = Field(description="There is a score, and coverage is below 70.")


class PreviewedScore(CombinedScore):
    """A result of the weighted model under some settings."""

    signals: Annotated[list[ResultSignal], Field(min_length=9, max_length=9)]


class WeightedResult(CombinedScore, Movement):
    """Model `weighted`, "Health Score": nine signals of 0 to 100 points, combined by the configured weights."""

    signals: Annotated[list[Signal], Field(min_length=9, max_length=9)]


class Models(Answer):
    """Both models, computed from the same facts."""

    deduction: DeductionResult
    weighted: WeightedResult


class DataQualityFlaw(Answer):
    """Something odd or missing in the client's records."""

    code: Literal[
        "answered_before_creation",
        "closed_before_creation",
        "no_decision_maker_contact",
        "no_account_manager",
        "unknown_account_manager",
        "account_manager_not_reached",
        "no_industry",
        "no_client_since",
        "stale_assessment",
    ]
    record_type: str
    record_id: str
    message: str


class CardTrendPoint(Answer):
    """Both scores on one date."""

    date: Day
    deduction: Score
    weighted: Score | None
    settings_version: Version


class HealthCard(Answer):
    """The live card of a client."""

    client: Client
    computed_at: Instant
    primary_model: Model
    settings_version: Version
    models: Models | None = Field(
        description="Null for a client that is not scored: archived, inactive, churned, or not yet a client."
    )
    risk_indicators: list[IndicatorCode]
    data_quality: list[DataQualityFlaw] = Field(max_length=NAMED_FLAWS, description="The first 50 flaws.")
    data_quality_total: Count = Field(description="How many flaws there are.")
    trend: list[CardTrendPoint] = Field(description="The last 90 days, oldest first; gaps stay gaps.")


FactorPoints: Any = create_model(
    "FactorPoints",
    __base__=Answer,
    __doc__="Points per factor.",
    **dict.fromkeys(FACTORS, (Annotated[int, Field(le=5)], ...)),  # type: ignore[call-overload]
)
SignalPoints: Any = create_model(
    "SignalPoints",
    __base__=Answer,
    __doc__="Points per signal, whether or not its source was connected; null without data.",
    **dict.fromkeys(SIGNALS, (Points | None, ...)),  # type: ignore[call-overload]
)


class DeductionEntry(Answer):
    """Model `deduction` in a history item."""

    score: Score
    status: Status
    points: FactorPoints


class WeightedEntry(Answer):
    """Model `weighted` in a history item."""

    score: Score | None
    band: Band
    coverage: Coverage
    provisional: bool
    points: SignalPoints


class HistoryItem(Answer):
    """A stored result: of a night, or of a recalculation."""

    date: Day = Field(description="In the tenant's time zone.")
    as_of: Instant
    trigger: Trigger
    settings_version: Version
    deduction: DeductionEntry
    weighted: WeightedEntry


class History(Page):
    """A client's history, newest first."""

    items: list[HistoryItem]


class ExplainedFrom(Answer):
    """The earlier result."""

    date: Day
    score: Score | None


class ExplainedTo(Answer):
    """The later result."""

    as_of: Instant
    score: Score | None


class ExplanationPart(Answer):
    """One reason of the change."""

    id: str = Field(description="The factor or signal; else the same as `kind`.")
    kind: Kind
    change: Annotated[str, Field(pattern=r"^-?\d+\.\d$")] = Field(description="Points, one decimal, as text.")
    from_points: int | None
    to_points: int | None
    sentence: str


class Explanation(Answer):
    """Why a score moved. The changes of the parts sum to `change`, exactly."""

    model: Model
    from_: ExplainedFrom = Field(alias="from")
    to: ExplainedTo
    change: int | None = Field(description="Null when either side has no score; then there are no parts.")
    parts: list[ExplanationPart]
