"""The end of a nightly run: what its last page sets off."""

from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.portfolio import day_figures, fleet_summary
from chalicelib.domain.tenant import Run
from chalicelib.services.errors import TryAgainError
from chalicelib.services.ports import AlertStore, RunStore, ScoreStore


def finish_run(
    scores: ScoreStore, runs: RunStore, alerts: AlertStore, tenant: TenantId, run: Run, now: Instant
) -> None:
    """Folds the date's snapshots into its figures and the fleet summary, releases its alerts, marks it complete.

    Each step may be repeated: the figures follow from snapshots that never change, the summary gives way only to a
    later one. The mark comes last, so a crash before it repeats all of them.
    """
    pages = range(run.pages)
    current, snapshots = scores.with_snapshots(tenant, pages, run.date, consistent=True)
    if len(snapshots) < run.pages:
        raise TryAgainError("a page of the run has no snapshot")
    figures = day_figures(run.date, run.as_of, run.settings_version, list(snapshots.values()))
    runs.put_day(tenant, figures, now)
    summary = fleet_summary(
        run.date, run.as_of, run.settings_version, [(snapshots[page], current[page].rows) for page in pages]
    )
    runs.put_summary(tenant, summary)
    alerts.release(tenant, run.date)
    runs.finish(tenant, run.date)
