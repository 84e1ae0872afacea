"""The alert that Northwind Dental raised."""

from typing import Any, Final

Document = dict[str, Any]

ALERT: Final[Document] = {
    "id": "20261121T020000Z-3b9f0c41d2a78e65",
    "client_id": "c-1042",
    "client_name": "Northwind Dental",
    "account_manager_id": "am-7",
    "model": "weighted",
    "score": 58,
    "previous_score": 75,
    "band": "YELLOW",
    "reasons": [{"rule": "threshold", "threshold": 60}, {"rule": "velocity", "velocity": -17}],
    "sentence": "Northwind Dental fell from 75 to 58 since 22 October, below the alert threshold of 60: "
    "2 open P1/P2 tickets, the oldest open 9 days (−12 since 22 October); "
    "last QBR 131 days ago (−3 since 22 October).",
    "as_of": "2026-11-21T02:00:00Z",
    "status": "OPEN",
    "published_at": "2026-11-21T02:04:10Z",
    "delivery": "sent",
}
ALERTS: Final[Document] = {
    "items": [ALERT],
    "next_cursor": "WyIyMDI2MTEyMVQwMjAwMDBaLTNiOWYwYzQxZDJhNzhlNjUiXQ.awMdGA.tM6zvwYoC5-KUTWWdmrJtiqdZrA",
}
ACKNOWLEDGEMENT: Final[Document] = {"status": "ACKNOWLEDGED"}
RESOLUTION: Final[Document] = {"status": "RESOLVED"}
ACKNOWLEDGED: Final[Document] = {**ALERT, **ACKNOWLEDGEMENT}

TASK: Final[Document] = {
    "id": ALERT["id"],
    "client_id": "c-1042",
    "client_name": "Northwind Dental",
    "account_manager_id": "am-7",
    "title": "Follow up with Northwind Dental",
    "due_on": "2026-11-24",
    "status": "OPEN",
    "alert_id": ALERT["id"],
}
TASKS: Final[Document] = {"items": [TASK], "next_cursor": None}
COMPLETION: Final[Document] = {"status": "DONE"}
COMPLETED: Final[Document] = {**TASK, **COMPLETION}

NEW_EMAIL: Final[Document] = {"protocol": "email", "endpoint": "ines.ferreira@acme.example"}
NEW_WEBHOOK: Final[Document] = {"protocol": "https", "endpoint": "https://hooks.acme.example/client-health"}
NEW_QUEUE: Final[Document] = {"protocol": "sqs", "endpoint": "arn:aws:sqs:eu-central-1:123456789012:client-alerts"}
PENDING: Final[Document] = {"id": "5d1c9be07a42f368", **NEW_EMAIL, "confirmed": False, "state": "pending"}
SUBSCRIBED: Final[Document] = {"id": "a87e02c4d95b13f6", **NEW_QUEUE, "confirmed": True, "state": "confirmed"}
SUBSCRIPTIONS: Final[Document] = {"items": [SUBSCRIBED, PENDING], "next_cursor": None}
