"""Scores or refreshes the roster pages that queue messages name; a message that fails comes again alone."""

from __future__ import annotations

import time
from typing import Any, Final

from chalice.app import Blueprint, SQSEvent

from chalicelib.bootstrap import Application, application
from chalicelib.domain.messages import RefreshPages, ScoringMessage, read_message
from chalicelib.observability import (
    count,
    event_entrypoint,
    failed_messages,
    log_failure,
    logger,
    measure_seconds,
    remaining_seconds,
)
from chalicelib.tenancy import bound_to

blueprint = Blueprint(__name__)

USUAL_PAGE_SECONDS: Final = 2.0


@blueprint.on_sqs_message(
    queue_arn="merged-from-infra-resources", batch_size=5, maximum_concurrency=20, name="score_pages"
)
@event_entrypoint
def score_pages(event: SQSEvent) -> dict[str, Any]:
    """Returns the messages that failed: SQS delivers them again, and after five times puts them into the DLQ."""
    failures = failed_messages(event, lambda body: process(application(), read_message(body), event))
    count(MessagesFailed=len(failures))
    return {"batchItemFailures": failures}


def process(app: Application, message: ScoringMessage, event: Any) -> None:
    """Does what one message asks for, and touches nothing but its tenant. Repeating it is harmless."""
    started = time.monotonic()
    with bound_to(message.tenant):
        clients = _work(app, message, event)
    logger.info(
        "pages scored",
        extra={
            "tenant_id": message.tenant,
            "reason": message.reason,
            "pages": len(message.pages),
            "clients": clients,
            "milliseconds": round(1000 * (time.monotonic() - started)),
        },
    )


def _work(app: Application, message: ScoringMessage, event: Any) -> int:
    """Scores or refreshes the pages; returns how many clients that were."""

    def report(error: Exception, *, client_id: str | None = None, page: int | None = None) -> None:
        whose = {"tenant_id": message.tenant, "client_id": client_id, "page": page}
        log_failure("it fails alone", error, **{name: value for name, value in whose.items() if value is not None})
        count(ClientsFailed=int(client_id is not None))

    if isinstance(message, RefreshPages):
        return sum(app.refresh.refresh(message.tenant, page, report) for page in message.pages)
    scored = app.page_scoring.score(message, lambda: remaining_seconds(event) > 2 * USUAL_PAGE_SECONDS, report)
    count(ClientsScored=scored.clients, AlertsStored=scored.alerts)
    if scored.lag is not None:
        count(RunsCompleted=1)
        measure_seconds("RunLag", scored.lag)
    return scored.clients
