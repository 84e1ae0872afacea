"""Scores roster pages named by queue messages."""

from typing import Any

from chalice.app import Blueprint, SQSEvent

blueprint = Blueprint(__name__)


@blueprint.on_sqs_message(
    queue_arn="merged-from-infra-resources", batch_size=5, maximum_concurrency=20, name="score_pages"
)
def score_pages(event: SQSEvent) -> dict[str, Any]:
    del event
    return {"batchItemFailures": []}
