"""Finds what a crash left behind, every quarter of an hour."""

from typing import Any, Final

from chalice.app import Blueprint, CloudWatchEvent

from chalicelib.bootstrap import application
from chalicelib.observability import count, event_entrypoint, logger, remaining_seconds

blueprint = Blueprint(__name__)

SECONDS_TO_STOP: Final = 10


@blueprint.schedule("rate(15 minutes)", name="sweep")
@event_entrypoint
def sweep(event: CloudWatchEvent) -> dict[str, Any]:
    """Sends again what is overdue: marks that were not refreshed, runs with missing pages, alerts not published."""
    swept = application().sweep.sweep(lambda: remaining_seconds(event) > SECONDS_TO_STOP)
    count(
        AlertsPublished=swept.published,
        AlertsUnpublished=swept.unpublished,
        MessagesSentAgain=swept.messages,
        RunsLate=swept.late_runs,
    )
    logger.info("swept", extra=swept._asdict())
    return swept._asdict()
