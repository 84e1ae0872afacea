"""The bodies that the examples of the OpenAPI document send, by operation and by what they show.

The first one of an operation is a good body of it; tests/functional/test_openapi.py sends them all and records what is
answered.
"""

from typing import Any, Final

SCORING: Final[dict[str, Any]] = {
    "primary_model": "auto",
    "ticket_open_until": "closed",
    "green_threshold": 75,
    "yellow_threshold": 40,
    "alert_threshold": 60,
    "velocity_alert_points": 10,
    "rearm_margin": 5,
    "alert_cooldown_days": 7,
    "missing_signals": "redistribute",
    "weights": {
        "open_p1_p2_tickets": 20,
        "csat_nps_trend": 15,
        "billable_utilization": 15,
        "days_since_qbr": 10,
        "days_since_decision_maker_contact": 10,
        "stack_standardization": 10,
        "payment_health": 20,
        "contract_utilization_variance": 0,
        "employee_growth": 0,
    },
    "sources": "auto",
    "fallback_emails": ["service-desk@acme.example"],
}

CLIENT: Final[dict[str, Any]] = {
    "name": "Northwind Dental Group",
    "status": "ACTIVE",
    "industry": "Healthcare",
    "account_manager_id": "am-9",
    "client_since": "2023-04-01",
    "monthly_recurring_revenue": {"currency": "EUR", "amount": "2100.00"},
}

TICKET: Final[dict[str, Any]] = {
    "type": "ticket",
    "id": "T-20531",
    "client_id": "c-1042",
    "priority": "P2",
    "created_at": "2026-11-22T08:12:00Z",
    "due_at": "2026-11-23T17:00:00Z",
    "updated_at": "2026-11-22T08:12:05Z",
}
FAULTY_TICKET: Final[dict[str, Any]] = {**TICKET, "id": "T-20412", "priority": "urgent", "urgency": 1}

BODIES: Final[dict[str, dict[str, Any]]] = {
    "assign_clients": {"two": {"client_ids": ["c-1042", "c-1043"]}},
    "answer_alert": {
        "acknowledge": {"status": "ACKNOWLEDGED"},
        "reopen": {"status": "OPEN"},
        "resolve": {"status": "RESOLVED"},
    },
    "put_import_map": {
        "desk": {
            "type": "ticket",
            "title": "Our desk's tickets",
            "source": "desk",
            "match": {"header": ["Case Number", "Customer"]},
            "columns": {"id": "Case Number", "priority": "Urgency", "created_at": "Opened", "closed_at": "Closed"},
            "date_formats": ["%d/%m/%Y %H:%M"],
            "client": {"from": "Customer", "by": "name", "create": True},
            "values": {"priority": {"1 - Critical": "P1", "*": "P3"}},
        }
    },
    "create_import": {
        "help_desk_and_invoices": {
            "files": [
                {"name": "tickets.csv", "size": 418, "exported_at": "2026-11-22T08:00:00Z"},
                {"name": "invoices.xlsx", "size": 51234, "map": "quickbooks-invoices"},
            ]
        }
    },
    "preview_import": {"by_its_header": {}, "by_a_map": {"maps": {"tickets.csv": "freshdesk"}}},
    "start_import": {"with_the_first_night": {"first_night": True}},
    "answer_task": {
        "done": {"status": "DONE"},
        "assign": {"account_manager_id": "am-7", "due_on": "2026-12-01", "note": "Ask for the new contact first."},
    },
    "create_api_key": {"connector": {"name": "PSA connector", "permissions": ["clients.read", "records.write"]}},
    "create_subscription": {
        "email": {"protocol": "email", "endpoint": "ines.ferreira@acme.example"},
        "webhook": {"protocol": "https", "endpoint": "https://hooks.acme.example/client-health"},
        "queue": {"protocol": "sqs", "endpoint": "arn:aws:sqs:eu-central-1:123456789012:client-alerts"},
    },
    "log_activity": {
        "visit": {
            "kind": "VISIT",
            "occurred_at": "2026-11-22T09:30:00Z",
            "with_decision_maker": True,
            "text": "Walked through the renewal with the owner.",
        },
        "planned_qbr": {"kind": "QBR", "held_on": "2026-12-10", "status": "SCHEDULED", "text": "Agenda to follow."},
        "note": {"kind": "NOTE", "occurred_at": "2026-11-22T09:45:00Z", "text": "Moves offices in May."},
    },
    "settle_activity": {
        "held": {"status": "COMPLETED", "held_on": "2026-11-22", "with_decision_maker": True},
        "did_not_take_place": {"status": "CANCELLED"},
    },
    "create_task": {
        "path": {
            "title": "Bring Northwind Dental to 70",
            "due_on": "2026-11-27",
            "steps": ["Hold a QBR with the decision-maker.", "Collect invoice INV-88, 34 days past due."],
        }
    },
    "create_tenant": {
        "tenant": {
            "tenant_id": "globex",
            "name": "Globex Services",
            "time_zone": "Europe/Rome",
            "currency": "EUR",
        }
    },
    "preview_scoring_settings": {
        "sample_account": {"settings": SCORING},
        "one_client": {"settings": SCORING, "client_id": "c-1042"},
        "portfolio": {"settings": SCORING, "scope": "portfolio"},
    },
    "put_account_manager": {"account_manager": {"name": "Ines Ferreira", "email": "ines.ferreira@acme.example"}},
    "replace_business_hours": {
        "week": {
            "enabled": True,
            "weekly": {
                "mon": [["08:00", "12:00"], ["13:00", "17:00"]],
                "tue": [["08:00", "12:00"], ["13:00", "17:00"]],
                "wed": [["08:00", "12:00"], ["13:00", "17:00"]],
                "thu": [["08:00", "12:00"], ["13:00", "17:00"]],
                "fri": [["08:00", "12:00"], ["13:00", "17:00"]],
                "sat": [],
                "sun": [],
            },
            "holidays": ["2026-12-25", "2026-12-26"],
            "note": "Winter hours.",
        }
    },
    "create_connection": {
        "connectwise": {
            "kind": "connectwise",
            "settings": {
                "site": "api-eu.myconnectwise.net",
                "company_id": "northwind",
                "public_key": "k3Tn9QzR",
                "private_key": "dR8wLq2vXy7Zb4Nm",
            },
            "create_clients": True,
            "history_from": "2025-11-22",
        }
    },
    "change_connection": {"start": {"state": "running", "interval_minutes": 30}},
    "replace_mapping": {
        "of_connectwise": {"priorities": {"4": "P3"}, "types": {"99": "skip"}, "clients": {"2": "skip"}}
    },
    "put_client_aliases": {
        "two_systems": {
            "aliases": [
                {"source": "freshdesk", "value": "Northwind Dental Inc."},
                {"source": "xero", "value": "4f3b9a52-9f0e-4b57-8e0c-2a4f0f7f6f21"},
            ]
        }
    },
    "replace_client": {"edit": CLIENT, "clear_the_at_risk_flag": {**CLIENT, "at_risk_since": None}},
    "replace_links": {
        "edit": {
            "client": "https://psa.example/companies/{client_id}",
            "ticket": "https://psa.example/tickets/{id}",
            "note": "Our PSA moved.",
        }
    },
    "replace_scoring_settings": {"edit": {**SCORING, "note": "Late payers leave first."}},
    "replace_workflows": {"switch_on": {"at_risk_alert": {"enabled": True}, "note": "Follow up on every alert."}},
    "send_records": {
        "live": {
            "records": [
                TICKET,
                {
                    "type": "qbr",
                    "id": "qbr-2026-q4",
                    "client_id": "c-1042",
                    "held_on": "2026-11-21",
                    "status": "COMPLETED",
                    "decision_maker_present": True,
                },
            ]
        },
        "one_of_each_type": {
            "backfill": True,
            "records": [
                {
                    "type": "client",
                    "id": "c-1042",
                    "name": "Northwind Dental",
                    "status": "ACTIVE",
                    "industry": "Healthcare",
                    "account_manager_id": "am-7",
                    "client_since": "2023-04-01",
                    "monthly_recurring_revenue": {"currency": "EUR", "amount": "1850.00"},
                    "updated_at": "2026-11-22T09:00:00Z",
                },
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
        },
        "one_rejected": {
            "records": [
                TICKET,
                FAULTY_TICKET,
            ]
        },
        "all_rejected": {"records": [FAULTY_TICKET]},
    },
}
