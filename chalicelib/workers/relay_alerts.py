"""Publishes the alerts that the table's stream announces."""

from typing import Any, Final

from chalice.app import Blueprint, DynamoDBEvent

from chalicelib.bootstrap import application
from chalicelib.domain.ids import TenantId
from chalicelib.observability import count, event_entrypoint, log_failure, logger, remaining_seconds
from chalicelib.tenancy import bound_to

blueprint = Blueprint(__name__)

SECONDS_TO_STOP: Final = 10


@blueprint.on_dynamodb_record(stream_arn="merged-from-infra-resources", batch_size=25, name="relay_alerts")
@event_entrypoint
def relay_alerts(event: DynamoDBEvent) -> dict[str, Any]:
    """Publishes the outboxes that the records name.

    A stream is in order and its shard is shared: delivering a record again would keep all tenants behind it waiting.
    So what fails is left to the sweep, which the tenant's due mark brings. Only records for which there is no time
    left are delivered again.
    """
    published: dict[TenantId, int] = {}
    failed = nobody = 0
    for record in event.to_dict()["Records"]:
        tenant = application().relay.tenant_of(record["dynamodb"]["Keys"]["pk"]["S"])
        if tenant is None or tenant in published:
            continue
        if remaining_seconds(event) <= SECONDS_TO_STOP:
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
        published[tenant] = 0
        try:
            with bound_to(tenant):
                relayed = application().relay.publish(tenant, lambda: remaining_seconds(event) > SECONDS_TO_STOP)
        except Exception as error:
            log_failure("the outbox stays", error, tenant_id=tenant)
            failed += 1
            continue
        for each in relayed.errors:
            log_failure("an entry of the outbox stays", each, tenant_id=tenant)
        failed += len(relayed.errors)
        published[tenant] = relayed.published
        nobody += relayed.to_nobody
        logger.info("outbox published", extra={"tenant_id": tenant, "alerts": relayed.published})
    count(AlertsPublished=sum(published.values()), AlertsFailed=failed, AlertsToNobody=nobody)
    return {"batchItemFailures": []}
