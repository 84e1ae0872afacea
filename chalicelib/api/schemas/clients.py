"""The body of PUT /clients/{id}."""

from chalicelib.api.schemas.records import ClientFields
from chalicelib.domain.facts import Client
from chalicelib.domain.ids import RecordId


class ClientReplacement(ClientFields):
    """A client's record; `at_risk_since` may only be sent as null, which takes the flag away."""

    at_risk_since: None = None
    """Send null to take the at-risk flag away; left out, the flag stays."""

    def client(self, client_id: RecordId) -> Client:
        """The client of this id that the body describes."""
        return Client(
            id=client_id,
            name=self.name,
            status=self.status,
            archived=self.archived,
            industry=self.industry,
            account_manager_id=self.account_manager_id,
            client_since=self.client_since,
            monthly_recurring_revenue=self.monthly_recurring_revenue,  # type: ignore[arg-type]
        )
