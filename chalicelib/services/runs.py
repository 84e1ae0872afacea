"""The end of a nightly run: what its last page sets off."""

from collections.abc import Callable, Iterable
from functools import cache

from chalicelib.domain.history import Snapshot, baseline, baseline_window, deduction_velocity, weighted_velocity
from chalicelib.domain.ids import TenantId
from chalicelib.domain.portfolio import Velocities, day_figures, fleet_summary
from chalicelib.domain.roster import CurrentRow, page_of
from chalicelib.domain.settings import Model, ScoringSettings
from chalicelib.domain.tenant import Run
from chalicelib.services.errors import TryAgainError
from chalicelib.services.ports import AlertStore, Clock, RunStore, ScoreStore, TenantStore


class RunEnd:
    """Folds a run whose pages are all done."""

    def __init__(
        self, tenants: TenantStore, scores: ScoreStore, runs: RunStore, alerts: AlertStore, clock: Clock
    ) -> None:
        self._tenants, self._scores, self._runs, self._alerts = tenants, scores, runs, alerts
        self._clock = clock

    def finish(self, tenant: TenantId, run: Run) -> None:
        """Folds the snapshots into the date's figures and the summary, releases the alerts, marks the run complete.

        Each step may be repeated: the figures follow from snapshots that never change, the summary gives way only to a
        later one. The mark comes last, so a crash before it repeats all of them.
        """
        pages = range(run.pages)
        current, snapshots = self._scores.with_snapshots(tenant, pages, run.date, self._clock(), consistent=True)
        if len(snapshots) < run.pages:
            raise TryAgainError("a page of the run has no snapshot")
        figures = day_figures(run.date, run.as_of, run.settings_version, list(snapshots.values()))
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
