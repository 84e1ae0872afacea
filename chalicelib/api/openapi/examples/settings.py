"""An edit of the examples' settings: payment health weighs more, two signals no longer count."""

from dataclasses import replace
from typing import Any, Final

from chalicelib.api.openapi.examples.clients import POINTS, weighted_result
from chalicelib.domain.preview import SAMPLE_POINTS
from chalicelib.domain.settings import SOURCES, ScoringSettings
from chalicelib.domain.settings_document import WEEKDAYS, scoring_document

Document = dict[str, Any]

BEFORE: Final = ScoringSettings(fallback_emails=("service-desk@acme.example",))
AFTER: Final = replace(BEFORE, weights=(2000, 1500, 1500, 1000, 1000, 1000, 2000, 0, 0), green_threshold=75)

_READ_ONLY: Final = {"resolved_primary_model": "weighted", "connected_sources": list(SOURCES)}

SCORING: Final[Document] = {"version": 12, **scoring_document(BEFORE), **_READ_ONLY}
SCORING_EDIT: Final[Document] = {**scoring_document(AFTER), "note": "Late payers leave first."}
SCORING_EDITED: Final[Document] = {"version": 13, **scoring_document(AFTER), **_READ_ONLY}

_WORKDAY: Final = [["08:00", "12:00"], ["13:00", "17:00"]]
HOURS_EDIT: Final[Document] = {
    "enabled": True,
    "weekly": {weekday: [] if weekday in ("sat", "sun") else _WORKDAY for weekday in WEEKDAYS},
    "holidays": ["2026-12-25", "2026-12-26"],
}
HOURS: Final[Document] = {"version": 13, **HOURS_EDIT}

WORKFLOWS_EDIT: Final[Document] = {"at_risk_alert": {"enabled": True}, "note": "Follow up on every alert."}
WORKFLOWS: Final[Document] = {"version": 13, "at_risk_alert": {"enabled": True}}

_CHANGE: Final[Document] = {
    "version": 13,
    "changed_at": "2026-11-22T09:41:12Z",
    "changed_by": "9f1c2b6e-4a57-4f0e-8d3c-5b1a7e60c2d4",
    "note": "Late payers leave first.",
    "changes": [
        {"pointer": "/health_score/green_threshold", "from": 70, "to": 75},
        {"pointer": "/health_score/weights/contract_utilization_variance", "from": 5, "to": 0},
        {"pointer": "/health_score/weights/employee_growth", "from": 5, "to": 0},
        {"pointer": "/health_score/weights/payment_health", "from": 10, "to": 20},
    ],
}
VERSIONS: Final[Document] = {"items": [_CHANGE], "next_cursor": "WzEyXQ.awMdGA.tM6zvwYoC5-KUTWWdmrJtiqdZrA"}
VERSION: Final[Document] = {
    **_CHANGE,
    "health_score": scoring_document(AFTER),
    "business_hours": HOURS_EDIT,
    "workflows": {"at_risk_alert": {"enabled": True}},
}

PREVIEW_SAMPLE: Final[Document] = {"settings": scoring_document(AFTER)}
PREVIEW_CLIENT: Final[Document] = {"settings": scoring_document(AFTER), "client_id": "c-1042"}
PREVIEW_PORTFOLIO: Final[Document] = {"settings": scoring_document(AFTER), "scope": "portfolio"}


def preview(points: tuple[int, ...]) -> Document:
    """Points under the settings before and after the edit."""
    return {"before": weighted_result(points, BEFORE), "after": weighted_result(points, AFTER)}


def sample_preview() -> Document:
    return preview(SAMPLE_POINTS)


def client_preview() -> Document:
    return preview(POINTS)


PREVIEWED_PORTFOLIO: Final[Document] = {
    "bands": {
        "before": {"GREEN": 3, "YELLOW": 1, "RED": 0, "INSUFFICIENT_DATA": 0},
        "after": {"GREEN": 2, "YELLOW": 2, "RED": 0, "INSUFFICIENT_DATA": 0},
    },
    "average": {"before": 74.3, "after": 72.8},
    "crossing": [
        {
            "client_id": "c-1044",
            "name": "Harbor & Vine",
            "from_band": "GREEN",
            "to_band": "YELLOW",
            "from": 78,
            "to": 74,
        }
    ],
    "crossing_total": 1,
    "biggest_movers": [
        {
            "client_id": "c-1044",
            "name": "Harbor & Vine",
            "from_band": "GREEN",
            "to_band": "YELLOW",
            "from": 78,
            "to": 74,
        },
        {
            "client_id": "c-1042",
            "name": "Northwind Dental",
            "from_band": "YELLOW",
            "to_band": "YELLOW",
            "from": 63,
            "to": 61,
        },
    ],
    "biggest_movers_total": 2,
    "alerts": {"count": 0, "clients": []},
}
