"""The fleet of the examples: four clients on 2026-11-22."""

from typing import Any, Final

Document = dict[str, Any]

_NORTHWIND: Final = {"client_id": "c-1042", "name": "Northwind Dental"}


def _indicator(code: str, label: str) -> Document:
    return {"code": code, "label": label, "count": 1, "clients": [_NORTHWIND]}


CLIENT_HEALTH: Final[Document] = {
    "model": "deduction",
    "period": "30d",
    "computed_at": "2026-11-22T02:00:00Z",
    "summary": {"total": 4, "healthy": 3, "at_risk": 1, "critical": 0},
    "average_score": 87.5,
    "average_score_change": {"points": -12.5, "baseline_date": "2026-10-22", "settings_changed": False},
    "distribution": [
        {"status": "HEALTHY", "count": 3, "share": 0.75},
        {"status": "AT_RISK", "count": 1, "share": 0.25},
        {"status": "CRITICAL", "count": 0, "share": 0.0},
    ],
    "risk_indicators": [
        _indicator("overdue_tickets", "Overdue Tickets"),
        _indicator("slow_response", "Slow Response Time"),
        _indicator("contract_expiring", "Contract Expiring Soon"),
    ],
    "clients": [
        {
            **_NORTHWIND,
            "status": "AT_RISK",
            "score": 55,
            "tickets": 9,
            "tickets_change": {"direction": "up", "percent": 50.0},
            "open_tickets": 5,
            "overdue_tickets": 5,
            "average_first_response_hours": 9.42,
            "revenue": [{"currency": "EUR", "amount": "1200.00"}],
            "days_since_last_activity": 4,
        },
        {
            "client_id": "c-1045",
            "name": "Lakeside Clinic",
            "status": "HEALTHY",
            "score": 100,
            "tickets": 0,
            "tickets_change": {"direction": "down", "percent": -100.0},
            "open_tickets": 0,
            "overdue_tickets": 0,
            "average_first_response_hours": None,
            "revenue": [],
            "days_since_last_activity": 28,
        },
    ],
    "total": 4,
    "next_cursor": None,
}

PORTFOLIO: Final[Document] = {
    "model": "weighted",
    "computed_at": "2026-11-22T02:00:00Z",
    "bands": [
        {"band": "GREEN", "label": "Healthy", "count": 3, "share": 0.75},
        {"band": "YELLOW", "label": "Needs attention", "count": 1, "share": 0.25},
        {"band": "RED", "label": "At risk", "count": 0, "share": 0.0},
    ],
    "average_score": 74.3,
    "average_score_change": {"points": -8.8, "baseline_date": "2026-10-22", "settings_changed": False},
    "insufficient_data": 0,
    "fastest_declining": [{**_NORTHWIND, "score": 63, "velocity": -20, "projected_score": 43}],
    "average_by_industry": [
        {"industry": "Healthcare", "clients": 2, "average_score": 70.5},
        {"industry": "Logistics", "clients": 1, "average_score": 78.0},
    ],
    "trend": [
        {"date": "2026-10-22", "average_score": 83.0, "bands": {"GREEN": 4, "YELLOW": 0, "RED": 0}},
        {"date": "2026-11-22", "average_score": 74.3, "bands": {"GREEN": 3, "YELLOW": 1, "RED": 0}},
    ],
    "revenue_by_band": [
        {"band": "GREEN", "currency": "EUR", "monthly_recurring_revenue": "6240.00"},
        {"band": "YELLOW", "currency": "EUR", "monthly_recurring_revenue": "1850.00"},
    ],
}
