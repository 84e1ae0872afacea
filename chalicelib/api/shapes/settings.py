"""Answers of /settings."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypeAliasType, TypedDict

from chalicelib.api.schemas.settings import Clock, Link
from chalicelib.api.shapes.clients import Coverage, PreviewedScore
from chalicelib.api.shapes.common import Average, Band, Count, Day, Id, Instant, Page, Score, Version, one_of
from chalicelib.domain.settings import SOURCES, Model

Opening = Annotated[list[Clock], Field(min_length=2, max_length=2)]
Source = Annotated[str, one_of(SOURCES)]


class SignalWeights(TypedDict):
    """Weights in percent; the nine sum to exactly 100."""

    open_p1_p2_tickets: Coverage
    csat_nps_trend: Coverage
    billable_utilization: Coverage
    days_since_qbr: Coverage
    days_since_decision_maker_contact: Coverage
    stack_standardization: Coverage
    payment_health: Coverage
    contract_utilization_variance: Coverage
    employee_growth: Coverage


class StoredScoringSettings(TypedDict):
    """Settings → Health Score."""

    primary_model: Literal["auto", "deduction", "weighted"]
    """The model that drives alerts and the account list. `auto`: `weighted` when the weights of the connected sources
    reach 70, else `deduction`."""
    ticket_open_until: Literal["closed", "resolved"]
    """What ends a ticket."""
    weights: SignalWeights
    green_threshold: Annotated[int, Field(ge=1, le=100)]
    """From this score on a client is `GREEN`."""
    yellow_threshold: Annotated[int, Field(ge=1, le=100)]
    """From this score on it is `YELLOW`."""
    alert_threshold: Score
    """A score below it raises an alert."""
    velocity_alert_points: Annotated[int, Field(ge=1, le=100)]
    """A loss of so many points in about 30 days raises an alert."""
    rearm_margin: Annotated[int, Field(ge=0, le=50)]
    """Points above the alert threshold from which the next alert is possible."""
    alert_cooldown_days: Annotated[int, Field(ge=0, le=90)]
    """A rule raises an alert for a client at most once in so many days."""
    missing_signals: Literal["redistribute", "neutral_50"]
    """A missing signal's weight spreads over the others, or counts as 50 points."""
    sources: Literal["auto"] | list[Source]
    """The sources that count. `auto`: those of which a record was ever stored."""
    fallback_emails: list[str]
    """Who gets alerts of clients without an account manager."""


class ScoringSettings(StoredScoringSettings):
    """Settings → Health Score, as in force."""

    version: Version
    resolved_primary_model: Model
    """Read only: what `primary_model` comes to."""
    connected_sources: list[Source]
    """Read only: what `sources` comes to."""


class WeeklyHours(TypedDict):
    """Opening hours per weekday as [from, to] in the tenant's time zone. One that ends before it starts
    crosses midnight."""

    mon: list[Opening]
    tue: list[Opening]
    wed: list[Opening]
    thu: list[Opening]
    fri: list[Opening]
    sat: list[Opening]
    sun: list[Opening]


class StoredBusinessHours(TypedDict):
    """Business hours: what first-response times are measured in while they are enabled."""

    enabled: bool
    weekly: WeeklyHours
    holidays: list[Day]
    """On these dates nothing opens."""


class BusinessHours(StoredBusinessHours):
    """Settings → Business hours, as in force."""

    version: Version


class WorkflowSwitch(TypedDict):
    """Whether a workflow runs."""

    enabled: bool


class StoredWorkflows(TypedDict):
    """Workflows. `at_risk_alert`: a threshold alert opens a follow-up task and flags the client as at risk."""

    at_risk_alert: WorkflowSwitch


class Workflows(StoredWorkflows):
    """Settings → Workflows, as in force."""

    version: Version


class StoredLinks(TypedDict):
    """Addresses of the tenant's own systems by type of record; a type that is left out has none."""

    client: NotRequired[Link]
    ticket: NotRequired[Link]
    contract: NotRequired[Link]
    invoice: NotRequired[Link]
    survey: NotRequired[Link]
    billable_month: NotRequired[Link]
    qbr: NotRequired[Link]
    touchpoint: NotRequired[Link]
    assessment: NotRequired[Link]
    reconciliation: NotRequired[Link]
    headcount: NotRequired[Link]


class Links(StoredLinks):
    """Settings → Links, as in force."""

    version: Version


_FromValue = TypedDict("_FromValue", {"from": Any})
_FromScore = TypedDict("_FromScore", {"from": Score | None})


class SettingsValueChange(_FromValue):
    """One value that a version changed."""

    pointer: str
    """JSON pointer into `{health_score, business_hours, workflows, links}`."""
    to: Any


class SettingsVersionEntry(TypedDict):
    """A version of the settings: who changed what, when and why."""

    version: Version
    changed_at: Instant
    changed_by: str
    """The subject of who changed them."""
    changed_by_name: str | None
    """What they were called then; null where that was not kept."""
    """The subject of the token, or `api-key:` and the id of the key."""
    note: str | None
    changes: list[SettingsValueChange]


class SettingsVersionList(Page):
    """All versions of the settings, newest first."""

    items: list[SettingsVersionEntry]


class StoredSettings(TypedDict):
    """All settings, without the version."""

    health_score: StoredScoringSettings
    business_hours: StoredBusinessHours
    workflows: StoredWorkflows
    links: StoredLinks


class SettingsVersion(SettingsVersionEntry, StoredSettings):
    """A version of the settings, whole."""


class ScorePreview(TypedDict):
    """One result under the settings in force and under the previewed ones."""

    before: PreviewedScore
    after: PreviewedScore


class PreviewBandCounts(TypedDict):
    """Scored clients per band."""

    GREEN: Count
    YELLOW: Count
    RED: Count
    INSUFFICIENT_DATA: Count


class PreviewBands(TypedDict):
    """The bands under the settings in force and under the previewed ones."""

    before: PreviewBandCounts
    after: PreviewBandCounts


class PreviewAverage(TypedDict):
    """The average score under the settings in force and under the previewed ones."""

    before: Average | None
    after: Average | None


class PreviewMove(_FromScore):
    """What the previewed settings make of a client."""

    client_id: Id
    name: str
    from_band: Band
    to_band: Band
    to: Score | None


Moves = Annotated[list[PreviewMove], Field(max_length=50)]


class PreviewAlerts(TypedDict):
    """Clients that would be below the alert threshold."""

    count: Count
    clients: Moves
    """The first 50 of them, worst first."""


class PortfolioPreview(TypedDict):
    """The portfolio under the settings in force and under the previewed ones."""

    bands: PreviewBands
    average: PreviewAverage
    crossing: Moves
    """The first 50 clients that change their band, worst first."""
    crossing_total: Count
    biggest_movers: Moves
    """The 50 clients whose score changes most."""
    biggest_movers_total: Count
    alerts: PreviewAlerts


Preview = TypeAliasType(
    "Preview",
    Annotated[
        ScorePreview | PortfolioPreview,
        Field(description="A `ScorePreview` (of the sample account or of one client) or a `PortfolioPreview`."),
    ],
)
