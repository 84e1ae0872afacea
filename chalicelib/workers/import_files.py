"""Works at the imports that queue messages name: reads their files for a preview, or takes their records in."""

import json
from functools import partial
from typing import Any, Final

from chalice.app import Blueprint, SQSEvent

from chalicelib.bootstrap import application
from chalicelib.domain.ids import TenantId
from chalicelib.domain.messages import BadMessageError
from chalicelib.observability import count, event_entrypoint, failed_messages, log_failure, remaining_seconds
from chalicelib.tenancy import bound_to

blueprint = Blueprint(__name__)

SECONDS_TO_STOP: Final = 120
"""What is left of the function's time when it hands over to the next message: batches under way end well within it."""


@blueprint.on_sqs_message(queue_arn="merged-from-infra-resources", batch_size=1, name="import_files")
@event_entrypoint
def import_files(event: SQSEvent) -> dict[str, Any]:
    """Answers the messages that failed: SQS delivers them again, and after three times puts them into the DLQ."""
    failures = failed_messages(event, partial(_work, event))
    count(MessagesFailed=len(failures))
    return {"batchItemFailures": failures}


def _work(event: SQSEvent, body: str) -> None:
    tenant, import_id = _read(body)
    with bound_to(tenant):
        application().import_work.work(
            tenant, import_id, lambda: remaining_seconds(event) > SECONDS_TO_STOP, partial(_unforeseen, tenant)
        )


def _unforeseen(tenant: TenantId, error: Exception) -> None:
    log_failure("the import waits for its owner", error, tenant_id=tenant)
    count(ImportsFailed=1)


def _read(body: str) -> tuple[TenantId, str]:
    try:
        document = json.loads(body)
        if document["schema_version"] != 1:
            raise BadMessageError("its schema version is not the one that this version of the service reads")
        return TenantId(document["tenant_id"]), str(document["import_id"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadMessageError("the body is no message of an import") from error
