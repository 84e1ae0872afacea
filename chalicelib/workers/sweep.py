"""Finds what a crash left behind, every quarter of an hour."""

from typing import Any, Final

from chalice.app import Blueprint, CloudWatchEvent

from chalicelib.bootstrap import application
from chalicelib.observability import count, event_entrypoint, log_failure, logger, remaining_seconds

blueprint = Blueprint(__name__)

SECONDS_TO_STOP: Final = 10


@blueprint.schedule("rate(15 minutes)", name="sweep")
@event_entrypoint
def sweep(event: CloudWatchEvent) -> dict[str, Any]:
    """Sends again what is overdue: marks that were not refreshed, runs with missing pages, alerts not published.

    Tenants that fail are counted, never raised: Lambda would fire the whole sweep again.
    """
    swept = application().sweep.sweep(
        lambda: remaining_seconds(event) > SECONDS_TO_STOP,
        lambda tenant, error: log_failure("the tenant is looked at again later", error, tenant_id=tenant),
    )
    count(
        AlertsPublished=swept.published,
        AlertsUnpublished=swept.unpublished,
        AlertsPutAside=swept.entries_aside,
        AlertsToNobody=swept.to_nobody,
        MessagesSentAgain=swept.messages,
        RunsLate=swept.late_runs,
        TenantsFailed=swept.failed,
        TenantsPutAside=swept.aside,
        TenantsNotSwept=swept.not_reached,
    )
    logger.info("swept", extra=swept._asdict())
    return swept._asdict()
