"""Publishes alerts that the table's stream announces.

Alerts are not evaluated yet: nothing writes to the outbox, so there is nothing to relay.
"""

from typing import Any

from chalice.app import Blueprint, DynamoDBEvent

from chalicelib.observability import event_entrypoint

blueprint = Blueprint(__name__)


@blueprint.on_dynamodb_record(stream_arn="merged-from-infra-resources", batch_size=25, name="relay_alerts")
@event_entrypoint
def relay_alerts(event: DynamoDBEvent) -> dict[str, Any]:
    """Answers that no record failed."""
    del event
    return {"batchItemFailures": []}
