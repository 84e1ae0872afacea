"""What the fields of request bodies mean: the schemas that read them do not say it."""

from collections.abc import Mapping
from typing import Final

from chalicelib.api.openapi.answers.settings import StoredScoringSettings

_RECORD: Final = {
    "id": "The record's id in your system.",
    "updated_at": "When it last changed in your system; by default the time of receipt.",
}
_FACT: Final = {
    **_RECORD,
    "client_id": "The client that it is of; it must be known.",
    "deleted": "Takes the record away.",
}
_CLIENT: Final = {
    "status": "The lifecycle status. `ACTIVE` and `AT_RISK` clients are scored.",
    "archived": "An archived client is not scored.",
    "industry": "Clients of the same industry are compared, whatever its case.",
    "account_manager_id": "Who gets its alerts.",
    "client_since": "A date of 1970–2100. Before it the client is not scored.",
}
_SETTINGS: Final = {
    **{name: field.description or "" for name, field in StoredScoringSettings.model_fields.items()},
    "weights": "Weights in percent, at most two decimals each; the nine sum to exactly 100.",
    "yellow_threshold": "From this score on a client is `YELLOW`; below `green_threshold`.",
}
_NOTE: Final = {"note": "Why; it goes into the list of versions."}

FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "ClientRecord": {**_RECORD, **_CLIENT},
    "ClientReplacement": {
        **_CLIENT,
        "at_risk_since": "Send null to take the at-risk flag away; left out, the flag stays.",
    },
    "AccountManagerRecord": _RECORD,
    "TicketDeletion": {
        **_RECORD,
        "client_id": "Not needed: a ticket's id is one of the tenant's.",
        "deleted": "Always true.",
    },
    "FactDeletion": {**_FACT, "deleted": "Always true."},
    "TicketRecord": {
        **_FACT,
        "priority": "`P1` is the most urgent.",
        "created_at": "Sent with another one, the ticket moves to that time.",
        "first_response_at": "When it was first answered.",
        "resolved_at": "When it was resolved; it counts as open until it is closed, unless the settings say otherwise.",
        "closed_at": "When it was closed.",
        "due_at": "An open ticket is overdue from then on.",
    },
    "ContractRecord": {**_FACT, "end_date": "The last day; absent or `9999-12-31`: open-ended."},
    "InvoiceRecord": {
        **_FACT,
        "status": "`PAID` and `PARTIAL` are revenue; `SENT` and `PARTIAL` are unpaid, and late after `due_on`.",
        "paid_on": "When it was paid.",
    },
    "SurveyRecord": {**_FACT, "score": "CSAT: 1 to 5; NPS: 0 to 10."},
    "BillableMonthRecord": {
        **_FACT,
        "month": "`YYYY-MM`.",
        "billable_hours": "At most six decimals.",
        "budget_hours": "Without a budget the month does not count.",
    },
    "QbrRecord": {
        **_FACT,
        "status": "Only a completed one counts.",
        "decision_maker_present": "It then counts as a contact with a decision-maker too.",
    },
    "TouchpointRecord": {**_FACT, "with_decision_maker": "Whether a decision-maker took part."},
    "AssessmentRecord": {**_FACT, "standardization_score": "How standard the client's stack is."},
    "ReconciliationRecord": {
        **_FACT,
        "contracted_quantity": "What the contract covers.",
        "used_quantity": "What was found in use.",
    },
    "HeadcountRecord": {**_FACT, "employees": "The client's employees on that day."},
    "SentMoney": {"currency": "ISO 4217 code.", "amount": "A decimal number as text, at most four decimals."},
    "ScoringSettingsFields": _SETTINGS,
    "ScoringSettingsBody": {**_SETTINGS, **_NOTE},
    "BusinessHoursBody": {
        **_NOTE,
        "enabled": "Whether first responses are measured in these hours; else in calendar time.",
        "weekly": "Intervals `[from, to]` per weekday that do not overlap; a weekday left out is closed.",
        "holidays": "Dates on which nothing opens.",
    },
    "WorkflowsBody": {
        **_NOTE,
        "at_risk_alert": "A threshold alert opens a follow-up task and flags the client as at risk.",
    },
    "PreviewBody": {
        "settings": "What to preview: scoring settings, whole.",
        "client_id": "Preview this client.",
        "scope": "Preview all scored clients.",
    },
    "ApiKeyBody": {
        "name": "What the key is for.",
        "permissions": "Permissions that you hold yourself; never `tenants.admin`.",
    },
    "NewTenant": {
        "tenant_id": "For life.",
        "time_zone": "An IANA time zone such as `Europe/Rome`; for life.",
        "currency": "ISO 4217 code of the currency that money columns are sorted by.",
    },
    "SubscriptionBody": {"endpoint": "An e-mail address, an `https://` URL, or the ARN of an SQS queue."},
}
"""Descriptions by component and field."""
