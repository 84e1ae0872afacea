"""Settings as documents: the JSON of the four settings resources (api.md), for storage, answers and comparisons."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from chalicelib.domain.business_hours import BusinessHours
from chalicelib.domain.settings import SIGNALS, ScoringSettings, Settings
from chalicelib.domain.times import format_day, parse_day

Document = dict[str, Any]

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_SAME_IN_BOTH: Final = (
    "primary_model",
    "ticket_open_until",
    "green_threshold",
    "yellow_threshold",
    "alert_threshold",
    "velocity_alert_points",
    "rearm_margin",
    "alert_cooldown_days",
    "missing_signals",
)


def scoring_document(scoring: ScoringSettings) -> Document:
    """The scoring settings, without what is read only."""
    document: Document = {name: getattr(scoring, name) for name in _SAME_IN_BOTH}
    document["weights"] = {signal: weight_json(weight) for signal, weight in zip(SIGNALS, scoring.weights, strict=True)}
    document["sources"] = "auto" if scoring.sources is None else list(scoring.sources)
    document["fallback_emails"] = list(scoring.fallback_emails)
    return document


def weight_json(hundredths: int) -> int | float:
    """A weight or a coverage as a JSON number: 1250 is 12.5."""
    whole, rest = divmod(hundredths, 100)
    return hundredths / 100 if rest else whole


def weight_hundredths(weight: float | Decimal) -> int:
    """A JSON number of at most two decimals in hundredths; Decimal(str()) because 12.55 is not a binary fraction."""
    return int(Decimal(str(weight)).scaleb(2))


def scoring_settings(document: Mapping[str, Any]) -> ScoringSettings:
    """The settings of a checked document."""
    sources = document["sources"]
    return ScoringSettings(
        **{name: document[name] for name in _SAME_IN_BOTH},
        weights=tuple(weight_hundredths(document["weights"][signal]) for signal in SIGNALS),
        sources=None if sources == "auto" else tuple(sources),
        fallback_emails=tuple(document["fallback_emails"]),
    )


def hours_document(hours: BusinessHours) -> Document:
    return {
        "enabled": hours.enabled,
        "weekly": {
            weekday: [[_clock(opens), _clock(closes)] for opens, closes in intervals]
            for weekday, intervals in zip(WEEKDAYS, hours.weekly, strict=True)
        },
        "holidays": sorted(map(format_day, hours.holidays)),
    }


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def business_hours(document: Mapping[str, Any]) -> BusinessHours:
    """The business hours of a checked document."""
    weekly = document["weekly"]
    return BusinessHours(
        document["enabled"],
        tuple(
            tuple((_minute(opens), _minute(closes)) for opens, closes in weekly.get(weekday, ()))
            for weekday in WEEKDAYS
        ),
        frozenset(map(parse_day, document["holidays"])),
    )


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def settings_document(settings: Settings) -> Document:
    """All four resources, without the version."""
    return {
        "health_score": scoring_document(settings.scoring),
        "business_hours": hours_document(settings.business_hours),
        "workflows": {"at_risk_alert": {"enabled": settings.at_risk_workflow}},
        "links": dict(settings.links),
    }


def settings_of(version: int, document: Mapping[str, Any]) -> Settings:
    """The settings of a stored document. Those that an older build stored have no links."""
    return Settings(
        version,
        scoring_settings(document["health_score"]),
        business_hours(document["business_hours"]),
        document["workflows"]["at_risk_alert"]["enabled"],
        document.get("links", {}),
    )


def changes(before: Any, after: Any, pointer: str = "") -> Iterator[Document]:
    """What differs between two documents: {pointer, from, to} for every value, objects being entered, lists not."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield from changes(before.get(name), after.get(name), f"{pointer}/{name}")
    elif before != after:
        yield {"pointer": pointer, "from": before, "to": after}
