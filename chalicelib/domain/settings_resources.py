"""The four settings resources as people read, change and compare them (api.md). What is stored is apart from it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from chalicelib.domain.business_hours import BusinessHours
from chalicelib.domain.settings import SIGNALS, ScoringSettings, Settings, weight_hundredths, weight_number
from chalicelib.domain.times import format_clock, format_day, parse_clock, parse_day

Json = dict[str, Any]

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


def scoring_json(scoring: ScoringSettings) -> Json:
    """The scoring settings, without what is read only."""
    document: Json = {name: getattr(scoring, name) for name in _SAME_IN_BOTH}
    document["weights"] = {
        signal: weight_number(weight) for signal, weight in zip(SIGNALS, scoring.weights, strict=True)
    }
    document["sources"] = "auto" if scoring.sources is None else list(scoring.sources)
    document["fallback_emails"] = list(scoring.fallback_emails)
    return document


def scoring_settings(document: Mapping[str, Any]) -> ScoringSettings:
    """The settings of a checked resource."""
    sources = document["sources"]
    return ScoringSettings(
        **{name: document[name] for name in _SAME_IN_BOTH},
        weights=tuple(weight_hundredths(document["weights"][signal]) for signal in SIGNALS),
        sources=None if sources == "auto" else tuple(sources),
        fallback_emails=tuple(document["fallback_emails"]),
    )


def hours_json(hours: BusinessHours) -> Json:
    """The business hours, by weekday."""
    return {
        "enabled": hours.enabled,
        "weekly": {
            weekday: [[format_clock(opens), format_clock(closes)] for opens, closes in intervals]
            for weekday, intervals in zip(WEEKDAYS, hours.weekly, strict=True)
        },
        "holidays": sorted(map(format_day, hours.holidays)),
    }


def business_hours(document: Mapping[str, Any]) -> BusinessHours:
    """The business hours of a checked resource."""
    weekly = document["weekly"]
    return BusinessHours(
        document["enabled"],
        tuple(
            tuple((parse_clock(opens), parse_clock(closes)) for opens, closes in weekly.get(weekday, ()))
            for weekday in WEEKDAYS
        ),
        frozenset(map(parse_day, document["holidays"])),
    )


def settings_json(settings: Settings) -> Json:
    """All four resources, without the version."""
    return {
        "health_score": scoring_json(settings.scoring),
        "business_hours": hours_json(settings.business_hours),
        "workflows": {"at_risk_alert": {"enabled": settings.at_risk_workflow}},
        "links": dict(settings.links),
    }


def changes(before: Any, after: Any, pointer: str = "") -> Iterator[Json]:
    """What differs between two resources: {pointer, from, to} for every value, objects being entered, lists not."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield from changes(before.get(name), after.get(name), f"{pointer}/{name}")
    elif before != after:
        yield {"pointer": pointer, "from": before, "to": after}
