"""Answers of /settings."""

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel, create_model

from chalicelib.api.openapi.answers.clients import Coverage, PreviewedScore
from chalicelib.api.openapi.answers.common import Answer, Average, Count, Day, Id, Instant, Page, Score, Version
from chalicelib.api.schemas.settings import Clock, Source
from chalicelib.domain.settings import SIGNALS, Model
from chalicelib.domain.settings_document import WEEKDAYS
from chalicelib.domain.weighted import Band

SignalWeights: Any = create_model(
    "SignalWeights",
    __base__=Answer,
    __doc__="Weights in percent; the nine sum to exactly 100.",
    **dict.fromkeys(SIGNALS, (Coverage, ...)),  # type: ignore[call-overload]
)


class StoredScoringSettings(Answer):
    """Settings → Health Score."""

    primary_model: Literal["auto", "deduction", "weighted"] = Field(
        description="The model that drives alerts and the account list. `auto`: `weighted` when the weights of the "
        "connected sources reach 70, else `deduction`."
    )
    ticket_open_until: Literal["closed", "resolved"] = Field(description="What ends a ticket.")
    weights: SignalWeights
    green_threshold: Annotated[int, Field(ge=1, le=100)] = Field(description="From this score on a client is `GREEN`.")
    yellow_threshold: Annotated[int, Field(ge=1, le=100)] = Field(description="From this score on it is `YELLOW`.")
    alert_threshold: Score = Field(description="A score below it raises an alert.")
    velocity_alert_points: Annotated[int, Field(ge=1, le=100)] = Field(
        description="A loss of so many points in about 30 days raises an alert."
    )
    rearm_margin: Annotated[int, Field(ge=0, le=50)] = Field(
        description="Points above the alert threshold from which the next alert is possible."
    )
    alert_cooldown_days: Annotated[int, Field(ge=0, le=90)] = Field(
        description="A rule raises an alert for a client at most once in so many days."
    )
    missing_signals: Literal["redistribute", "neutral_50"] = Field(
        description="A missing signal's weight spreads over the others, or counts as 50 points."
    )
    sources: Literal["auto"] | list[Source] = Field(
        description="The sources that count. `auto`: those of which a record was ever stored."
    )
    fallback_emails: list[str] = Field(description="Who gets alerts of clients without an account manager.")


class ScoringSettings(StoredScoringSettings):
    """Settings → Health Score, as in force."""

    version: Version
    resolved_primary_model: Model = Field(description="Read only: what `primary_model` comes to.")
    connected_sources: list[Source] = Field(description="Read only: what `sources` comes to.")


Opening = Annotated[list[Clock], Field(min_length=2, max_length=2)]

WeeklyHours: Any = create_model(
    "WeeklyHours",
    __base__=Answer,
    __doc__="Opening hours per weekday as [from, to] in the tenant's time zone. One that ends before it starts "
    "crosses midnight.",
    **dict.fromkeys(WEEKDAYS, (list[Opening], ...)),  # type: ignore[call-overload]
)


class StoredBusinessHours(Answer):
    """Business hours: what first-response times are measured in while they are enabled."""

    enabled: bool
    weekly: WeeklyHours
    holidays: list[Day] = Field(description="On these dates nothing opens.")


class BusinessHours(StoredBusinessHours):
    """Settings → Business hours, as in force."""

    version: Version


class WorkflowSwitch(Answer):
    """Whether a workflow runs."""

    enabled: bool


class StoredWorkflows(Answer):
    """Workflows. `at_risk_alert`: a threshold alert opens a follow-up task and flags the client as at risk."""

    at_risk_alert: WorkflowSwitch


class Workflows(StoredWorkflows):
    """Settings → Workflows, as in force."""

    version: Version


class SettingsValueChange(Answer):
    """One value that a version changed."""

    pointer: str = Field(description="JSON pointer into `{health_score, business_hours, workflows}`.")
    from_: Any = Field(alias="from")
    to: Any


class SettingsVersionEntry(Answer):
    """A version of the settings: who changed what, when and why."""

    version: Version
    changed_at: Instant
    changed_by: str = Field(description="The subject of the token, or `api-key:` and the id of the key.")
    note: str | None
    changes: list[SettingsValueChange]


class SettingsVersionList(Page):
    """All versions of the settings, newest first."""

    items: list[SettingsVersionEntry]


class SettingsVersion(SettingsVersionEntry):
    """A version of the settings, whole."""

    health_score: StoredScoringSettings
    business_hours: StoredBusinessHours
    workflows: StoredWorkflows


class ScorePreview(Answer):
    """One result under the settings in force and under the previewed ones."""

    before: PreviewedScore
    after: PreviewedScore


class PreviewBandCounts(Answer):
    """Scored clients per band."""

    GREEN: Count
    YELLOW: Count
    RED: Count
    INSUFFICIENT_DATA: Count


class PreviewBands(Answer):
    """The bands under the settings in force and under the previewed ones."""

    before: PreviewBandCounts
    after: PreviewBandCounts


class PreviewAverage(Answer):
    """The average score under the settings in force and under the previewed ones."""

    before: Average | None
    after: Average | None


class PreviewMove(Answer):
    """What the previewed settings make of a client."""

    client_id: Id
    name: str
    from_band: Band
    to_band: Band
    from_: Score | None = Field(alias="from")
    to: Score | None


Moves = Annotated[list[PreviewMove], Field(max_length=50)]


class PreviewAlerts(Answer):
    """Clients that would be below the alert threshold."""

    count: Count
    clients: Moves = Field(description="The first 50 of them, worst first.")


class PortfolioPreview(Answer):
    """The portfolio under the settings in force and under the previewed ones."""

    bands: PreviewBands
    average: PreviewAverage
    crossing: Moves = Field(description="The first 50 clients that change their band, worst first.")
    crossing_total: Count
    biggest_movers: Moves = Field(description="The 50 clients whose score changes most.")
    biggest_movers_total: Count
    alerts: PreviewAlerts


class Preview(RootModel[ScorePreview | PortfolioPreview]):
    """A `ScorePreview` of the sample account or of one client, or a `PortfolioPreview`."""
