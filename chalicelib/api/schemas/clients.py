"""The body of PUT /clients/{id}."""

from typing import Any

from chalicelib.api.schemas.records import ClientFields
from chalicelib.api.schemas.validation import read_body
from chalicelib.domain.facts import Client
from chalicelib.domain.ids import RecordId


class ClientReplacement(ClientFields):
    """A client's record; `at_risk_since` may only be sent as null, which takes the flag away."""

    at_risk_since: None = None


def read_client(client_id: RecordId, body: Any) -> tuple[Client, bool]:
    """The client that a body describes, and whether its at-risk flag is to go."""
    sent = read_body(ClientReplacement, body)
    client = Client(
        client_id,
        sent.name,
        sent.status,
        sent.archived,
        sent.industry,
        sent.account_manager_id,
        sent.client_since,
        sent.monthly_recurring_revenue,  # type: ignore[arg-type]
    )
    return client, "at_risk_since" in sent.model_fields_set
