"""A nightly run: how far ahead of the clock it may be, and its end, which its last page sets off."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING

from chalicelib.domain.facts import Instant
from chalicelib.domain.fleet import Velocities, day_figures, fleet_summary
from chalicelib.domain.history import Snapshot
from chalicelib.domain.ids import TenantId
from chalicelib.domain.moment import AHEAD_SECONDS, is_ahead
from chalicelib.domain.roster import CurrentRow, page_of
from chalicelib.domain.run import Run
from chalicelib.domain.settings import Model, ScoringSettings
from chalicelib.domain.times import format_instant
from chalicelib.domain.velocity import baseline, baseline_window, deduction_velocity, weighted_velocity
from chalicelib.services.errors import AheadOfClockError, TryAgainError

if TYPE_CHECKING:
    from chalicelib.services.ports.alerts import AlertStore
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.runs import RunStore
    from chalicelib.services.ports.scores import ScoreStore
    from chalicelib.services.ports.tenants import TenantStore


def refuse_ahead(as_of: Instant, now: Instant) -> None:
    """Raises AheadOfClockError for a night of the future: its snapshots and rows could never be put right."""
    if is_ahead(as_of, now):
        raise AheadOfClockError(
            f"the night of {format_instant(as_of)} is more than {AHEAD_SECONDS // 60} minutes ahead of the clock "
            f"({format_instant(now)}): nothing was written; send it with a time that has come"
        )


class RunCompletion:
    """Folds a run whose pages are all done."""

    def __init__(
        self, tenants: TenantStore, scores: ScoreStore, runs: RunStore, alerts: AlertStore, clock: Clock
    ) -> None:
        self._tenants, self._scores, self._runs, self._alerts = tenants, scores, runs, alerts
        self._clock = clock

    def finish(self, tenant: TenantId, run: Run) -> None:
        """Folds the snapshots into the date's figures and the summary, releases the alerts, marks the run complete.

        Each step may be repeated: the first figures stand (their scores follow from snapshots that never change, whose
        clients they are from the rows of that moment), the summary gives way only to a later one. The mark comes last,
        so a crash before it repeats all of them.
        """
        pages = range(run.pages)
        current, snapshots = self._scores.with_snapshots(tenant, pages, run.date, self._clock(), consistent=True)
        if len(snapshots) < run.pages:
            raise TryAgainError("a page of the run has no snapshot")
        managers = {seat: row.client.account_manager_id for page in pages for seat, row in current[page].rows.items()}
        figures = day_figures(run.date, run.as_of, run.settings_version, list(snapshots.values()), managers)
        self._runs.put_day(tenant, figures, self._clock())
        folded = [(snapshots[page], current[page].rows) for page in pages]
        summary = fleet_summary(run.date, run.as_of, run.settings_version, folded, self._velocities(tenant, run))
        self._runs.put_summary(tenant, summary)
        self._alerts.release(tenant, run)
        self._runs.finish(tenant, run.date)

    def _velocities(self, tenant: TenantId, run: Run) -> Velocities:
        """Velocities as of the run: those of rows that it wrote, else (a row has moved on) from the snapshots."""
        baselines: Callable[[int], Iterable[Snapshot]] = cache(
            lambda page: self._scores.snapshots(tenant, page, *baseline_window(run.date), self._clock())
        )
        settings: Callable[[], ScoringSettings] = cache(
            lambda: self._tenants.settings_version(tenant, run.settings_version).scoring
        )

        def velocity(model: Model, seat: int, row: CurrentRow, snapshot: Snapshot) -> int | None:
            if row.as_of == run.as_of:
                return row.velocity(model).points
            scores, before = snapshot.scores[seat], baseline(seat, baselines(page_of(seat)), run.date)
            if model == "deduction":
                return deduction_velocity(scores.deduction, before[0] if before else None).points
            sources = snapshot.stamp.sources
            return weighted_velocity(scores.weighted, scores.signal_points, sources, before, settings()).points

        return velocity
