"""One client on one day, as all examples tell it: Northwind Dental on 2026-11-22."""

from typing import Any, Final

from chalicelib.api.documents import weighted_result_document
from chalicelib.domain.deduction import FACTORS
from chalicelib.domain.settings import SIGNALS, SOURCES, ScoringSettings
from chalicelib.domain.weighted import Points, combine

Document = dict[str, Any]

POINTS: Final = (40, 65, 60, 40, 75, 82, 75, 100, 85)
FACTOR_POINTS: Final = (-10, -10, -25, -5, 0, 5)

CLIENT: Final[Document] = {
    "client_id": "c-1042",
    "name": "Northwind Dental",
    "status": "ACTIVE",
    "archived": False,
    "industry": "Healthcare",
    "account_manager_id": "am-7",
    "client_since": "2023-04-01",
    "monthly_recurring_revenue": {"currency": "EUR", "amount": "1850.00"},
    "at_risk_since": None,
}

SCORED_CLIENT: Final[Document] = {
    **CLIENT,
    "model": "weighted",
    "score": 63,
    "band": "YELLOW",
    "provisional": False,
    "computed_at": "2026-11-22T02:00:00Z",
}

REPLACEMENT: Final[Document] = {
    "name": "Northwind Dental Group",
    "status": "ACTIVE",
    "industry": "Healthcare",
    "account_manager_id": "am-9",
    "client_since": "2023-04-01",
    "monthly_recurring_revenue": {"currency": "EUR", "amount": "2100.00"},
}

REPLACED: Final[Document] = {**SCORED_CLIENT, **REPLACEMENT}

ACCOUNTS: Final[Document] = {
    "items": [
        {
            "client_id": "c-1042",
            "name": "Northwind Dental",
            "industry": "Healthcare",
            "account_manager_id": "am-7",
            "status": "ACTIVE",
            "score": 63,
            "band": "YELLOW",
            "provisional": False,
            "monthly_recurring_revenue": {"currency": "EUR", "amount": "1850.00"},
            "open_alerts": 1,
            "score_trend": {"direction": "down", "points": -20},
        },
        {
            "client_id": "c-1043",
            "name": "Brightwater Logistics",
            "industry": "Logistics",
            "account_manager_id": "am-7",
            "status": "ACTIVE",
            "score": 78,
            "band": "GREEN",
            "provisional": False,
            "monthly_recurring_revenue": None,
            "open_alerts": 0,
            "score_trend": None,
        },
    ],
    "total": 61,
    "next_cursor": "Wzc4LCAiYnJpZ2h0d2F0ZXIgbG9naXN0aWNzIiwgImMtMTA0MyJd.awK2GA.R5kTry-gC-ltFXvxAtHcgjDkbGc",
}


def weighted_result(points: Points, scoring: ScoringSettings) -> Document:
    """A result of the weighted model with every source connected."""
    return weighted_result_document(points, combine(points, SOURCES, scoring), scoring, SOURCES)


def _weighted() -> Document:
    result = weighted_result(POINTS, ScoringSettings())
    facts = (
        (2, "2 open P1/P2 tickets, the oldest open 18 days."),
        ({"csat": 75}, "CSAT 75% satisfied over 4 responses of 90 days."),
        (11.3, "Billable hours 11.3% over the budget of 3 months."),
        (131, "Last QBR 131 days ago."),
        (47, "Last contact with a decision-maker 47 days ago."),
        (82, "Standardization score 82, assessed 186 days ago."),
        (22, "1 overdue invoice, 22 days past due."),
        (5.0, "42 used of 40 contracted, 5.0% over."),
        (6.3, "51 employees against 48, 379 days before (+6.3%)."),
    )
    signals = [
        {**signal, "value": value, "sentence": sentence}
        for signal, (value, sentence) in zip(result["signals"], facts, strict=True)
    ]
    return {**result, "signals": signals, **_movement(-20, 43, 70.5, 74.3)}


def _movement(velocity: int, projected: int, industry: float, everybody: float) -> Document:
    return {
        "velocity": velocity,
        "velocity_restated": False,
        "velocity_reason": None,
        "projected_score": projected,
        "peers": {
            "industry": {"average": industry, "n": 2},
            "all": {"average": everybody, "n": 4},
            "percentile": 0,
            "n": 4,
        },
    }


def _factors() -> list[Document]:
    facts = (
        ("Ticket volume", 50.0, "9 tickets in the last 30 days, against 6 in the 30 days before (+50.0%)."),
        (
            "First response time",
            9.42,
            "First response after 9.42 h on average, over 9 answered tickets of the last 30 days.",
        ),
        ("Overdue tickets", 5, "5 open tickets past the due date."),
        ("Open tickets", 5, "5 open tickets."),
        ("Days since last activity", 4, "The newest ticket is 4 days old."),
        ("Active contract", 1, "1 active contract, one of them ending within 30 days without a renewal."),
    )
    return [
        {"id": factor, "label": label, "value": value, "points": points, "sentence": sentence}
        for factor, points, (label, value, sentence) in zip(FACTORS, FACTOR_POINTS, facts, strict=True)
    ]


def card() -> Document:
    """The live card."""
    deduction = {
        "score": 55,
        "status": "AT_RISK",
        "label": "At Risk",
        "factors": _factors(),
        **_movement(-45, 10, 77.5, 87.5),
    }
    return {
        "client": CLIENT,
        "computed_at": "2026-11-22T09:30:00Z",
        "primary_model": "weighted",
        "settings_version": 12,
        "models": {"deduction": deduction, "weighted": _weighted()},
        "risk_indicators": ["overdue_tickets", "slow_response", "contract_expiring"],
        "data_quality": [
            {
                "code": "closed_before_creation",
                "record_type": "ticket",
                "record_id": "T-20418",
                "message": "Ticket T-20418 was closed before it was created.",
            }
        ],
        "data_quality_total": 1,
        "trend": [
            {"date": "2026-10-22", "deduction": 100, "weighted": 83, "settings_version": 11},
            {"date": "2026-11-21", "deduction": 55, "weighted": 63, "settings_version": 12},
            {"date": "2026-11-22", "deduction": 55, "weighted": 63, "settings_version": 12},
        ],
    }


UNSCORED_CARD: Final[Document] = {
    "client": {**CLIENT, "client_id": "c-0871", "name": "Old Mill Bakery", "status": "CHURNED"},
    "computed_at": "2026-11-22T09:30:00Z",
    "primary_model": "weighted",
    "settings_version": 12,
    "models": None,
    "risk_indicators": [],
    "data_quality": [],
    "data_quality_total": 0,
    "trend": [],
}


def history() -> Document:
    """A calculation, and the night before it."""
    deduction = {"score": 55, "status": "AT_RISK", "points": dict(zip(FACTORS, FACTOR_POINTS, strict=True))}
    weighted = {
        "score": 63,
        "band": "YELLOW",
        "coverage": 100,
        "provisional": False,
        "points": dict(zip(SIGNALS, POINTS, strict=True)),
    }
    return {
        "items": [
            {
                "date": "2026-11-22",
                "as_of": as_of,
                "trigger": trigger,
                "settings_version": 12,
                "deduction": deduction,
                "weighted": weighted,
            }
            for as_of, trigger in (("2026-11-22T09:30:00Z", "manual"), ("2026-11-22T02:00:00Z", "nightly"))
        ],
        "next_cursor": "WzE3OTUyMjY0MDAsICJuaWdodGx5Il0.awK2GA.ppBnQxoGySESFFLA0GsgsQI_eAk",
    }


def _part(name: str, kind: str, change: str, points: tuple[int, int] | tuple[None, None], sentence: str) -> Document:
    before, after = points
    return {
        "id": name,
        "kind": kind,
        "change": change,
        "from_points": before,
        "to_points": after,
        "sentence": sentence,
    }


EXPLANATION: Final[Document] = {
    "model": "weighted",
    "from": {"date": "2026-10-22", "score": 83},
    "to": {"as_of": "2026-11-22T09:30:00Z", "score": 63},
    "change": -20,
    "parts": [
        _part(
            "open_p1_p2_tickets",
            "signal",
            "-12.0",
            (100, 40),
            "2 open P1/P2 tickets, the oldest open 18 days: Open P1/P2 tickets went from 100 to 40 points.",
        ),
        _part(
            "days_since_qbr",
            "signal",
            "-3.0",
            (70, 40),
            "Last QBR 131 days ago: Days since last QBR went from 70 to 40 points.",
        ),
        _part(
            "days_since_decision_maker_contact",
            "signal",
            "-2.5",
            (100, 75),
            "Last contact with a decision-maker 47 days ago: Days since last decision-maker contact went from 100 to "
            "75 points.",
        ),
        _part(
            "payment_health",
            "signal",
            "-2.5",
            (100, 75),
            "1 overdue invoice, 22 days past due: Payment health went from 100 to 75 points.",
        ),
    ],
}

WITHOUT_SCORE: Final[Document] = {
    "model": "weighted",
    "from": {"date": "2026-10-22", "score": None},
    "to": {"as_of": "2026-11-22T09:30:00Z", "score": 63},
    "change": None,
    "parts": [],
}
