"""Keys, account managers, tenants and records of the examples."""

from typing import Any, Final

Document = dict[str, Any]

NEW_API_KEY: Final[Document] = {"name": "PSA connector", "permissions": ["clients.read", "records.write"]}
API_KEY: Final[Document] = {
    "id": "G4R3JJFLO264CBZC",
    **NEW_API_KEY,
    "created_at": "2026-11-22T09:30:00Z",
    "last_used_on": None,
}
CREATED_API_KEY: Final[Document] = {
    **API_KEY,
    "key": "hk_G4R3JJFLO264CBZC_5pJN5ToqGYNXuQ8quupE4eEIRBz7k3QSK4Dk6caVyP4",
}
API_KEYS: Final[Document] = {"items": [{**API_KEY, "last_used_on": "2026-11-22"}], "next_cursor": None}

NEW_ACCOUNT_MANAGER: Final[Document] = {"name": "Ines Ferreira", "email": "ines.ferreira@acme.example"}
ACCOUNT_MANAGER: Final[Document] = {"id": "am-7", **NEW_ACCOUNT_MANAGER, "clients": 2, "reached": True}
ACCOUNT_MANAGERS: Final[Document] = {
    "items": [
        ACCOUNT_MANAGER,
        {"id": "am-9", "name": "Jonas Keller", "email": "jonas.keller@acme.example", "clients": 0, "reached": False},
    ],
    "total": 2,
    "fallback": [{"email": "service.desk@acme.example", "state": "confirmed"}],
    "unreached_clients": 0,
    "next_cursor": None,
}

NEW_TENANT: Final[Document] = {
    "tenant_id": "acme",
    "name": "Acme Managed Services",
    "time_zone": "Europe/Rome",
    "currency": "EUR",
}
TENANT: Final[Document] = {**NEW_TENANT, "settings_version": 1}

_CLIENT: Final[Document] = {
    "type": "client",
    "id": "c-1042",
    "name": "Northwind Dental",
    "status": "ACTIVE",
    "industry": "Healthcare",
    "account_manager_id": "am-7",
    "client_since": "2023-04-01",
    "monthly_recurring_revenue": {"currency": "EUR", "amount": "1850.00"},
    "updated_at": "2026-11-22T09:00:00Z",
}

LIVE_RECORDS: Final[Document] = {
    "records": [
        {
            "type": "ticket",
            "id": "T-20531",
            "client_id": "c-1042",
            "priority": "P2",
            "created_at": "2026-11-22T08:12:00Z",
            "due_at": "2026-11-23T17:00:00Z",
            "updated_at": "2026-11-22T08:12:05Z",
        },
        {
            "type": "qbr",
            "id": "qbr-2026-q4",
            "client_id": "c-1042",
            "held_on": "2026-11-21",
            "status": "COMPLETED",
            "decision_maker_present": True,
        },
    ]
}

ALL_RECORDS: Final[Document] = {
    "backfill": True,
    "records": [
        _CLIENT,
        {
            "type": "account_manager",
            "id": "am-7",
            "name": "Ines Ferreira",
            "email": "ines.ferreira@acme.example",
        },
        {
            "type": "ticket",
            "id": "T-20411",
            "client_id": "c-1042",
            "priority": "P3",
            "created_at": "2026-11-02T08:00:00Z",
            "first_response_at": "2026-11-02T09:25:00Z",
            "resolved_at": "2026-11-03T08:30:00Z",
            "closed_at": "2026-11-03T09:00:00Z",
            "due_at": "2026-11-05T09:00:00Z",
        },
        {
            "type": "contract",
            "id": "K-77",
            "client_id": "c-1042",
            "status": "ACTIVE",
            "start_date": "2026-01-01",
            "end_date": "9999-12-31",
        },
        {
            "type": "invoice",
            "id": "R-2026-311",
            "client_id": "c-1042",
            "status": "PAID",
            "issued_on": "2026-11-02",
            "due_on": "2026-11-16",
            "total": {"currency": "EUR", "amount": "1200.00"},
            "paid_on": "2026-11-12",
        },
        {
            "type": "survey",
            "id": "S-901",
            "client_id": "c-1042",
            "kind": "CSAT",
            "score": 4,
            "responded_at": "2026-10-11T09:00:00Z",
        },
        {
            "type": "billable_month",
            "id": "b-2026-10",
            "client_id": "c-1042",
            "month": "2026-10",
            "billable_hours": 44.5,
            "budget_hours": 40,
        },
        {
            "type": "qbr",
            "id": "qbr-2026-q3",
            "client_id": "c-1042",
            "held_on": "2026-07-14",
            "status": "COMPLETED",
            "decision_maker_present": True,
        },
        {
            "type": "touchpoint",
            "id": "tp-311",
            "client_id": "c-1042",
            "occurred_at": "2026-10-06T13:00:00Z",
            "kind": "CALL",
            "with_decision_maker": True,
        },
        {
            "type": "assessment",
            "id": "as-2026",
            "client_id": "c-1042",
            "completed_on": "2026-05-20",
            "standardization_score": 82,
        },
        {
            "type": "reconciliation",
            "id": "rc-2026-q3",
            "client_id": "c-1042",
            "completed_on": "2026-09-30",
            "contracted_quantity": 40,
            "used_quantity": 42,
        },
        {
            "type": "headcount",
            "id": "hc-2026-09",
            "client_id": "c-1042",
            "recorded_on": "2026-09-15",
            "employees": 51,
        },
    ],
}

_REJECTED: Final[Document] = {
    "index": 1,
    "id": "T-20412",
    "errors": [
        {"pointer": "/priority", "message": "Send one of P1, P2, P3, P4, P5."},
        {"pointer": "/urgency", "message": "This field is unknown."},
    ],
}

ALL_TAKEN: Final[Document] = {"accepted": 11, "unchanged": 1, "rejected": []}
SOME_REJECTED: Final[Document] = {"accepted": 1, "unchanged": 0, "rejected": [_REJECTED]}
NONE_TAKEN: Final[Document] = {"accepted": 0, "unchanged": 0, "rejected": [{**_REJECTED, "index": 0}]}

LIVENESS: Final[Document] = {"status": "ok", "time_zones": "2026f"}
OPENAPI: Final[Document] = {
    "openapi": "3.1.0",
    "info": {"title": "Client Health", "version": "1"},
    "servers": [{"url": "/"}],
    "tags": [{"name": "Service"}],
    "paths": {"/v1/healthz": {}},
    "components": {"schemas": {}},
}
