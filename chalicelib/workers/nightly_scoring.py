"""The nightly trigger: fans scoring out to the queue by tenant and roster page."""

from typing import Any, Final

from chalice.app import Blueprint, CloudWatchEvent

from chalicelib.bootstrap import application
from chalicelib.domain.ids import TenantId
from chalicelib.domain.times import parse_instant
from chalicelib.observability import count, event_entrypoint, log_failure, logger, remaining_seconds

blueprint = Blueprint(__name__)

SECONDS_TO_STOP: Final = 20


@blueprint.schedule("cron(0 2 * * ? *)", name="nightly_scoring")  # moment.NIGHT_HOUR
@event_entrypoint
def nightly_scoring(event: CloudWatchEvent) -> dict[str, Any]:
    """Starts the runs of all tenants, or of those that `detail.tenant_ids` names, as of the event's own time.

    EventBridge tries a failed invocation again; it then goes on where this one stopped.
    """
    document = event.to_dict()
    as_of = parse_instant(document["time"])
    nightly = application().nightly_scoring
    tenant_ids = (document.get("detail") or {}).get("tenant_ids")
    if tenant_ids is not None:
        started = nightly.start_for(as_of, [TenantId(tenant) for tenant in tenant_ids])
    else:
        started = nightly.start_all(as_of, lambda: remaining_seconds(event) > SECONDS_TO_STOP)
    for tenant, error in started.failed:
        log_failure("the run is left to the sweep", error, tenant_id=tenant)
    count(RunsStarted=started.tenants, RunsFailed=len(started.failed))
    logger.info("runs started", extra={"as_of": document["time"], "tenants": started.tenants})
    return {"tenants": started.tenants}
