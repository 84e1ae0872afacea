"""How settings are stored: names and forms that never change, whatever the API calls them."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from chalicelib.domain.business_hours import BusinessHours
from chalicelib.domain.settings import SIGNALS, ScoringSettings, Settings, weight_hundredths, weight_number
from chalicelib.domain.times import format_clock, format_day, parse_clock, parse_day

_PLAIN: Final = (
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
"""Scoring settings that are stored as they are, under the names that they have in the domain."""

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def encode_settings(settings: Settings) -> str:
    """The settings without their version, as JSON; equal settings give equal text."""
    scoring, hours = settings.scoring, settings.business_hours
    health_score = {
        **{name: getattr(scoring, name) for name in _PLAIN},
        "weights": {name: weight_number(weight) for name, weight in zip(SIGNALS, scoring.weights, strict=True)},
        "sources": "auto" if scoring.sources is None else list(scoring.sources),
        "fallback_emails": list(scoring.fallback_emails),
    }
    weekly = {
        day: [[format_clock(opens), format_clock(closes)] for opens, closes in intervals]
        for day, intervals in zip(_WEEKDAYS, hours.weekly, strict=True)
    }
    business_hours = {
        "enabled": hours.enabled,
        "weekly": weekly,
        "holidays": sorted(map(format_day, hours.holidays)),
    }
    stored = {
        "health_score": health_score,
        "business_hours": business_hours,
        "workflows": {"at_risk_alert": {"enabled": settings.at_risk_workflow}},
        "links": dict(settings.links),
    }
    return json.dumps(stored, sort_keys=True, separators=(",", ":"))


def decode_settings(version: int, text: str) -> Settings:
    """The settings that a version stored. Those of an older build have no links."""
    stored = json.loads(text, parse_float=Decimal)
    return Settings(
        version=version,
        scoring=_scoring(stored["health_score"]),
        business_hours=_business_hours(stored["business_hours"]),
        at_risk_workflow=stored["workflows"]["at_risk_alert"]["enabled"],
        links=stored.get("links", {}),
    )


def _scoring(stored: Mapping[str, Any]) -> ScoringSettings:
    sources = stored["sources"]
    return ScoringSettings(
        **{name: stored[name] for name in _PLAIN},
        weights=tuple(weight_hundredths(stored["weights"][signal]) for signal in SIGNALS),
        sources=None if sources == "auto" else tuple(sources),
        fallback_emails=tuple(stored["fallback_emails"]),
    )


def _business_hours(stored: Mapping[str, Any]) -> BusinessHours:
    weekly = stored["weekly"]
    return BusinessHours(
        stored["enabled"],
        tuple(
            tuple((parse_clock(opens), parse_clock(closes)) for opens, closes in weekly.get(day, ()))
            for day in _WEEKDAYS
        ),
        frozenset(map(parse_day, stored["holidays"])),
    )
