"""Connections to other systems: what is due is sent to their queue; each message is a step of one of them."""

import json
from typing import Any, Final

from chalice.app import Blueprint, CloudWatchEvent, SQSEvent

from chalicelib.bootstrap import Application, application
from chalicelib.domain.ids import TenantId
from chalicelib.domain.messages import BadMessageError
from chalicelib.observability import count, event_entrypoint, failed_messages, log_failure, logger, remaining_seconds
from chalicelib.tenancy import bound_to

blueprint = Blueprint(__name__)

SECONDS_TO_STOP: Final = 10
FIELDS: Final = {"schema_version", "tenant_id", "connection_id", "reason"}
REASONS: Final = ("sync", "test")
SCHEMA_VERSION: Final = 1


@blueprint.schedule("rate(5 minutes)", name="dispatch_syncs")
@event_entrypoint
def dispatch_syncs(event: CloudWatchEvent) -> dict[str, Any]:
    """Sends a message for each connection that is due."""
    done = application().sync_dispatch.run(
        lambda: remaining_seconds(event) > SECONDS_TO_STOP,
        lambda mark, error: log_failure("the connection is looked at again", error, tenant_id=mark.tenant),
    )
    count(ConnectionsPutAside=done.aside, ConnectionsNotReached=done.not_reached)
    return done._asdict()


@blueprint.on_sqs_message(
    queue_arn="merged-from-infra-resources", batch_size=1, maximum_concurrency=10, name="sync_connections"
)
@event_entrypoint
def sync_connections(event: SQSEvent) -> dict[str, Any]:
    """Does one step; a message that fails is delivered again, and after five times ends in the dead letters."""
    failures = failed_messages(event, lambda body: process(application(), *read_message(body)))
    count(SyncMessagesFailed=len(failures))
    return {"batchItemFailures": failures}


def read_message(body: str) -> tuple[TenantId, str, str]:
    """The tenant, the connection and what is asked. Raises BadMessageError."""
    try:
        document = json.loads(body)
        if document.keys() != FIELDS or document["schema_version"] != SCHEMA_VERSION:
            raise BadMessageError("not a message of this version")
        tenant, connection, reason = TenantId(document["tenant_id"]), document["connection_id"], document["reason"]
        if not isinstance(connection, str) or reason not in REASONS:
            raise BadMessageError("not a message of this version")
    except BadMessageError:
        raise
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BadMessageError("not a message") from error
    return tenant, connection, reason


def process(app: Application, tenant: TenantId, connection: str, reason: str) -> None:
    """Does what one message asks for, and touches nothing but its tenant. Repeating it is harmless."""
    from secrets import token_hex

    with bound_to(tenant):
        stepped = app.sync_messages.handle(tenant, connection, reason, token_hex(8))
    count(
        RowsRead=stepped.counts.read,
        RowsStored=stepped.counts.stored,
        RowsSkipped=stepped.counts.skipped,
        SyncsCompleted=int(stepped.completed),
        SyncsFailed=int(stepped.failed),
    )
    logger.info(
        "step done",
        extra={"tenant_id": tenant, "connection": connection, "failed": stepped.failed, **stepped.counts._asdict()},
    )
