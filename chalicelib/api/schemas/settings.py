"""The bodies of the settings resources and of previews."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SerializeAsAny,
    ValidationInfo,
    WithJsonSchema,
    WrapValidator,
    create_model,
    field_validator,
    model_validator,
)

from chalicelib.api.schemas.fields import Composed, Email, Id, Whole, number
from chalicelib.api.schemas.validation import Schema
from chalicelib.domain.business_hours import BusinessHours, interval_faults
from chalicelib.domain.settings import FULL_WEIGHT, SIGNALS, SOURCES, ScoringSettings, weight_hundredths
from chalicelib.domain.settings_resources import WEEKDAYS, business_hours, scoring_settings
from chalicelib.domain.times import format_day, parse_day

MAX_NOTE: Final = 500
MAX_EMAILS: Final = 20
MAX_HOLIDAYS: Final = 1000

Note = Annotated[str, Field(max_length=MAX_NOTE), Composed]
ReadOnly = Annotated[Any, Field(description="Read only: ignored here.")]
Source = Literal["psa", "qbr", "touchpoints", "assessments", "accounting", "reconciliation", "headcount"]


def _auto_or_list(sent: Any, listed: Callable[[Any], Any]) -> Any:
    """`auto` as it is. A union would put the names of its members into the pointers of faults."""
    return sent if sent == "auto" else listed(sent)


Sources = Annotated[
    SerializeAsAny[list[Source]],
    WrapValidator(_auto_or_list),
    WithJsonSchema(
        {"anyOf": [{"const": "auto"}, {"type": "array", "items": {"enum": list(SOURCES)}, "uniqueItems": True}]}
    ),
]

Weight = Annotated[
    Decimal,
    BeforeValidator(number),
    Field(ge=0, le=100, decimal_places=2, allow_inf_nan=False),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100}),
]

Weights: Any = create_model(
    "Weights",
    __base__=Schema,
    **dict.fromkeys(SIGNALS, (Weight, ...)),  # type: ignore[call-overload]
)


class ScoringSettingsFields(Schema):
    """Scoring settings: nine weights that sum to exactly 100, thresholds in points, all of it replaced at once."""

    primary_model: Literal["auto", "deduction", "weighted"]
    ticket_open_until: Literal["closed", "resolved"]
    weights: Weights
    """Weights in percent, at most two decimals each; the nine sum to exactly 100."""
    green_threshold: Annotated[Whole, Field(ge=1, le=100)]
    yellow_threshold: Annotated[Whole, Field(ge=1, le=100)]
    """From this score on a client is `YELLOW`; below `green_threshold`."""
    alert_threshold: Annotated[Whole, Field(ge=0, le=100)]
    velocity_alert_points: Annotated[Whole, Field(ge=1, le=100)]
    rearm_margin: Annotated[Whole, Field(ge=0, le=50)]
    alert_cooldown_days: Annotated[Whole, Field(ge=0, le=90)]
    missing_signals: Literal["redistribute", "neutral_50"]
    sources: Sources
    fallback_emails: Annotated[list[Email], Field(max_length=MAX_EMAILS)]
    version: ReadOnly = None
    resolved_primary_model: ReadOnly = None
    connected_sources: ReadOnly = None

    @field_validator("weights")
    @classmethod
    def _sum_to_100(cls, weights: Any) -> Any:
        total = sum(weight_hundredths(getattr(weights, signal)) for signal in SIGNALS)
        if total != FULL_WEIGHT:
            raise ValueError(f"The weights sum to {Decimal(total) / 100}, not to 100.")
        return weights

    @field_validator("sources")
    @classmethod
    def _each_once(cls, sources: Any) -> Any:
        if sources != "auto" and len(set(sources)) != len(sources):
            raise ValueError("Each source is named once.")
        return sources

    @field_validator("yellow_threshold")
    @classmethod
    def _below_green(cls, yellow: int, info: ValidationInfo) -> int:
        if yellow >= info.data.get("green_threshold", yellow + 1):
            raise ValueError("yellow_threshold is below green_threshold.")
        return yellow

    def settings(self) -> ScoringSettings:
        """The settings as the domain's value."""
        document = self.model_dump()
        if document["sources"] != "auto":
            document["sources"] = [source for source in SOURCES if source in document["sources"]]
        return scoring_settings(document)


class ScoringSettingsBody(ScoringSettingsFields):
    """The body of PUT /settings/health-score."""

    note: Note | None = None
    """Why; it goes into the list of versions."""


CLOCK_PATTERN: Final = r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"
_CLOCK = re.compile(CLOCK_PATTERN.replace("$", r"\Z"))


def _clock(text: str) -> str:
    if not _CLOCK.match(text):
        raise ValueError("Send a time of day from 00:00 to 24:00, such as 08:30.")
    return text


Clock = Annotated[str, AfterValidator(_clock), WithJsonSchema({"type": "string", "pattern": CLOCK_PATTERN})]
Span = Annotated[list[Clock], Field(min_length=2, max_length=2)]
Week: Any = create_model(
    "Week",
    __base__=Schema,
    **{weekday: (Annotated[list[Span], Field(max_length=24)], []) for weekday in WEEKDAYS},  # type: ignore[call-overload]
)


def _date(text: str) -> str:
    return format_day(parse_day(text))


Holiday = Annotated[str, AfterValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]


class BusinessHoursBody(Schema):
    """The body of PUT /settings/business-hours: opening hours per weekday in the tenant's zone, and holidays."""

    enabled: bool
    """Whether first responses are measured in these hours; else in calendar time."""
    weekly: Week
    """Intervals `[from, to]` per weekday that do not overlap; a weekday left out is closed."""
    holidays: Annotated[list[Holiday], Field(max_length=MAX_HOLIDAYS)]
    """Dates on which nothing opens."""
    note: Note | None = None
    """Why; it goes into the list of versions."""
    version: ReadOnly = None

    @field_validator("holidays")
    @classmethod
    def _in_order(cls, holidays: list[str]) -> list[str]:
        return sorted(set(holidays))

    @field_validator("weekly")
    @classmethod
    def _disjoint(cls, weekly: Any) -> Any:
        hours = business_hours({"enabled": True, "weekly": weekly.model_dump(), "holidays": []})
        for weekday, intervals in zip(WEEKDAYS, hours.weekly, strict=True):
            if any(opens == 24 * 60 for opens, _ in intervals):
                raise ValueError(f"{weekday}: an interval cannot start at 24:00; start the next day at 00:00.")
        faults = [
            f"{WEEKDAYS[day]}, interval {index + 1}: {said}" for day, index, said in interval_faults(hours.weekly)
        ]
        if faults:
            raise ValueError(" ".join(faults))
        return weekly

    def hours(self) -> BusinessHours:
        """The business hours as the domain's value."""
        return business_hours(self.model_dump())


class AtRiskAlert(Schema):
    enabled: bool


class WorkflowsBody(Schema):
    """The body of PUT /settings/workflows."""

    at_risk_alert: AtRiskAlert
    """A threshold alert opens a follow-up task and flags the client as at risk."""
    note: Note | None = None
    """Why; it goes into the list of versions."""
    version: ReadOnly = None


MAX_LINK: Final = 500
LINK_PATTERN: Final = (
    r"^https://[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5})?"
    r"([/?#]([A-Za-z0-9!#$%&'()*+,./:;=?@_~-]|\{id\}|\{client_id\})*)?$"
)
"""Ids stand behind the host alone: what a record is called never decides where a link leads."""
_LINK = re.compile(LINK_PATTERN.removesuffix("$") + r"\Z")


def _link(text: str) -> str:
    if not _LINK.match(text):
        raise ValueError(
            "Send an address such as https://psa.example/tickets/{id}: https, with {id} and {client_id} where the "
            "record's own belong, behind the host."
        )
    return text


Link = Annotated[
    str,
    Field(max_length=MAX_LINK),
    AfterValidator(_link),
    WithJsonSchema({"type": "string", "maxLength": MAX_LINK, "pattern": LINK_PATTERN}),
]


class LinksBody(Schema):
    """The body of PUT /settings/links: an address per type of record; one that is left out has none."""

    client: Link | None = None
    ticket: Link | None = None
    contract: Link | None = None
    invoice: Link | None = None
    survey: Link | None = None
    billable_month: Link | None = None
    qbr: Link | None = None
    touchpoint: Link | None = None
    assessment: Link | None = None
    reconciliation: Link | None = None
    headcount: Link | None = None
    note: Note | None = None
    """Why; it goes into the list of versions."""
    version: ReadOnly = None

    def links(self) -> dict[str, str]:
        """The addresses by type of record."""
        return self.model_dump(exclude={"note", "version"}, exclude_none=True)


class PreviewBody(Schema):
    """Settings to preview: on the sample account, on one client, or on the whole portfolio."""

    settings: ScoringSettingsFields
    """What to preview: scoring settings, whole."""
    client_id: Id | None = None
    """Preview this client."""
    scope: Literal["portfolio"] | None = None
    """Preview all scored clients."""

    @model_validator(mode="after")
    def _one_target(self) -> "PreviewBody":
        if self.client_id is not None and self.scope is not None:
            raise ValueError("Send client_id or scope, not both.")
        return self
