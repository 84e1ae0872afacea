"""The tenant's scoring settings, as values; their defaults and what may be set (scoring.md, Settings)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

from chalicelib.domain.business_hours import BusinessHours

Model = Literal["deduction", "weighted"]
MODELS: Final[tuple[Model, ...]] = ("deduction", "weighted")

SIGNALS: Final = (
    "open_p1_p2_tickets",
    "csat_nps_trend",
    "billable_utilization",
    "days_since_qbr",
    "days_since_decision_maker_contact",
    "stack_standardization",
    "payment_health",
    "contract_utilization_variance",
    "employee_growth",
)
"""The nine signals, in table order: ties of the largest remainder are broken by it."""

SOURCES: Final = ("psa", "qbr", "touchpoints", "assessments", "accounting", "reconciliation", "headcount")

SIGNAL_SOURCE: Final = (
    "psa",
    "psa",
    "psa",
    "qbr",
    "touchpoints",
    "assessments",
    "accounting",
    "reconciliation",
    "headcount",
)
"""The source of each signal, aligned with SIGNALS."""

TICKETS: Final = "tickets"
"""Remembered like a source from the first ticket on, but nobody selects it and it has no weight: without it nothing is
known of a client's activity."""

REMEMBERED_SOURCES: Final = (*SOURCES, TICKETS)

RECORD_SOURCES: Final = {
    "ticket": ("psa", TICKETS),
    "survey": ("psa",),
    "billable_month": ("psa",),
    "qbr": ("qbr",),
    "touchpoint": ("touchpoints",),
    "assessment": ("assessments",),
    "invoice": ("accounting",),
    "reconciliation": ("reconciliation",),
    "headcount": ("headcount",),
}
"""The sources that a stored record of a type connects, where it connects any."""

FULL_WEIGHT: Final = 10_000
"""Weights are counted in hundredths of a percent point; nine of them sum to this."""

DEFAULT_WEIGHTS: Final = (2000, 1500, 1500, 1000, 1000, 1000, 1000, 500, 500)

MINIMUM_COVERAGE: Final = 4_000
"""Below it there is no score (`redistribute`) and no velocity."""

FIRM_COVERAGE: Final = 7_000
"""Below it a score is provisional, and `auto` does not choose the weighted model."""


MOST_VERSIONS: Final = 999_999
"""Of one tenant: each is kept for good, under a key of six digits."""

VERSION_PATTERN: Final = rf"[1-9][0-9]{{0,{len(str(MOST_VERSIONS)) - 1}}}"


@dataclass(frozen=True, slots=True)
class ScoringSettings:
    """Settings → Health Score. Weights in hundredths of a percent point; `sources` None means `auto`."""

    primary_model: Literal["auto", "deduction", "weighted"] = "auto"
    ticket_open_until: Literal["closed", "resolved"] = "closed"
    weights: tuple[int, ...] = DEFAULT_WEIGHTS
    green_threshold: int = 70
    yellow_threshold: int = 40
    alert_threshold: int = 60
    velocity_alert_points: int = 10
    rearm_margin: int = 5
    alert_cooldown_days: int = 7
    missing_signals: Literal["redistribute", "neutral_50"] = "redistribute"
    sources: tuple[str, ...] | None = None
    fallback_emails: tuple[str, ...] = ()

    def connected(self, seen: Collection[str]) -> tuple[str, ...]:
        """The sources that count, in a fixed order: the explicit list, or those of which a record was stored.

        `TICKETS` counts as soon as it was seen, whatever the list.
        """
        chosen = seen if self.sources is None else self.sources
        return tuple(s for s in REMEMBERED_SOURCES if s in (seen if s == TICKETS else chosen))

    def resolved_primary_model(self, connected: Collection[str]) -> Model:
        """The model that drives alerts and the account list where a request names none."""
        if self.primary_model != "auto":
            return self.primary_model
        weight = sum(w for w, source in zip(self.weights, SIGNAL_SOURCE, strict=True) if source in connected)
        return "weighted" if weight >= FIRM_COVERAGE else "deduction"


@dataclass(frozen=True, slots=True)
class Settings:
    """One version of all that a tenant can set: the four settings resources share the version.

    `links` are addresses of the tenant's own systems, by type of record.
    """

    version: int = 1
    scoring: ScoringSettings = field(default_factory=ScoringSettings)
    business_hours: BusinessHours = field(default_factory=BusinessHours)
    at_risk_workflow: bool = False
    links: Mapping[str, str] = field(default_factory=dict)


def weight_number(hundredths: int) -> int | float:
    """A weight or a coverage as a JSON number: 1250 is 12.5."""
    whole, rest = divmod(hundredths, 100)
    return hundredths / 100 if rest else whole


def weight_hundredths(weight: float | Decimal) -> int:
    """A JSON number of at most two decimals in hundredths; Decimal(str()) because 12.55 is not a binary fraction."""
    return int(Decimal(str(weight)).scaleb(2))
