"""Publishes the alerts that the table's stream announces."""

from typing import Any

from chalice.app import Blueprint, DynamoDBEvent

from chalicelib.bootstrap import application
from chalicelib.domain.ids import TenantId
from chalicelib.observability import count, event_entrypoint, logger
from chalicelib.tenancy import bound_to

blueprint = Blueprint(__name__)


@blueprint.on_dynamodb_record(stream_arn="merged-from-infra-resources", batch_size=25, name="relay_alerts")
@event_entrypoint
def relay_alerts(event: DynamoDBEvent) -> dict[str, Any]:
    """Publishes the outboxes that the records name; answers the first record that is to be delivered again.

    A stream is in order: from the first failure on, everything is delivered again, which is harmless.
    """
    records = event.to_dict()["Records"]
    published: dict[TenantId, int] = {}
    for record in records:
        tenant = application().outbox_tenant(record["dynamodb"]["Keys"]["pk"]["S"])
        if tenant is None or tenant in published:
            continue
        try:
            with bound_to(tenant):
                published[tenant] = application().relay.publish(tenant).published
        except Exception:
            logger.exception("the outbox stays", extra={"tenant_id": tenant})
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
        logger.info("outbox published", extra={"tenant_id": tenant, "alerts": published[tenant]})
    count(AlertsPublished=sum(published.values()))
    return {"batchItemFailures": []}
