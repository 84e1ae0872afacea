"""Nightly scoring of roster pages: facts in, the date's snapshot and the current rows out."""

from collections.abc import Callable, Iterable, Mapping

from chalicelib.domain.evaluation import Evaluation, evaluate
from chalicelib.domain.facts import Client
from chalicelib.domain.history import BASELINE_NEWEST_DAYS, Snapshot, baseline_window
from chalicelib.domain.moment import Moment
from chalicelib.domain.roster import adopt, current_row, scores_of, stamp_of
from chalicelib.domain.settings import Settings
from chalicelib.domain.tenant import Run, Tenant
from chalicelib.services.current_rows import store_rows
from chalicelib.services.errors import OutOfTimeError, TryAgainError
from chalicelib.services.ports import (
    Clock,
    CurrentPage,
    PagesMessage,
    Roster,
    RunStore,
    ScoreStore,
    TenantStore,
)
from chalicelib.services.runs import finish_run

Evaluated = Mapping[int, tuple[Client, Evaluation | None]]
"""Clients of a page with their evaluations, by seat."""


class PageScoring:
    """Scores the pages of nightly messages. A redelivery goes on where the last attempt died."""

    def __init__(self, tenants: TenantStore, roster: Roster, scores: ScoreStore, runs: RunStore, clock: Clock) -> None:
        self._tenants, self._roster, self._scores, self._runs, self._clock = tenants, roster, scores, runs, clock

    def score(self, message: PagesMessage, has_time: Callable[[], bool]) -> int:
        """Scores the pages of a message that its run still misses; answers how many clients were scored.

        Raises OutOfTimeError when `has_time` says that another page does not fit, after noting those that are done.
        """
        if message.run_date is None:
            raise ValueError("a nightly message names its run's date")
        run = self._runs.get(message.tenant, message.run_date)
        if run is None:
            raise TryAgainError(f"the run of {message.tenant} is not readable yet")
        if run.complete:
            return 0
        tenant = self._tenants.get(message.tenant)
        pages = [page for page in message.pages if page not in run.done]
        night = _Night(self._scores, self._roster, self._clock, tenant, self._settings(tenant, run), run)
        clients, done = 0, []
        current, baselines = self._scores.with_snapshots(tenant.id, pages, run.date - BASELINE_NEWEST_DAYS)
        for page in pages:
            if not has_time():
                break
            clients += night.score_page(page, current[page], baselines.get(page))
            done.append(page)
        if done:
            run = self._runs.add_done(tenant.id, run.date, done)
        if len(done) < len(pages):
            raise OutOfTimeError(f"{len(pages) - len(done)} pages are left")
        if not run.missing and not run.complete:
            finish_run(self._scores, self._runs, tenant.id, run, self._clock())
        return clients

    def _settings(self, tenant: Tenant, run: Run) -> Settings:
        if tenant.settings.version == run.settings_version:
            return tenant.settings
        return self._tenants.settings_version(tenant.id, run.settings_version)


class _Night:
    """One tenant's run: what is the same for all of its pages."""

    def __init__(
        self, scores: ScoreStore, roster: Roster, clock: Clock, tenant: Tenant, settings: Settings, run: Run
    ) -> None:
        self._scores, self._roster, self._clock = scores, roster, clock
        self._tenant, self._settings, self._run = tenant.id, settings, run
        self._moment = Moment.at(run.as_of, tenant.zone, settings.business_hours)

    def score_page(self, page: int, current: CurrentPage, baseline: Snapshot | None) -> int:
        """Snapshot first, then rows: a crash between the two is mended by the redelivery, which finds the snapshot."""
        if self._is_done(page, current):
            return 0
        evaluated = self._evaluate(page)
        snapshot = self._scores.put_snapshot(self._tenant, page, self._snapshot(evaluated), self._clock())
        earlier = self._baselines(page, baseline, snapshot.scores)
        rows = {}
        for seat, (client, evaluation) in evaluated.items():
            if evaluation is not None and seat in snapshot.scores:
                evaluation = adopt(evaluation, snapshot.scores[seat])
            rows[seat] = current_row(client, seat, evaluation, self._moment, self._settings, self._run.sources, earlier)
        store_rows(self._scores, self._tenant, page, current, rows)
        return len(snapshot.scores)

    def _is_done(self, page: int, current: CurrentPage) -> bool:
        """Whether an earlier attempt got as far as the rows; the snapshot is looked for only when they hint at it."""
        if not any(row.as_of >= self._run.as_of for row in current.rows.values()):
            return False
        date = self._run.date
        return bool(self._scores.snapshots(self._tenant, page, date, date, self._clock()))

    def _evaluate(self, page: int) -> Evaluated:
        return {
            seat: (
                facts.client,
                evaluate(facts, self._run.sources, self._settings.scoring, self._moment),
            )
            for seat, facts in self._roster.page_facts(self._tenant, page)
        }

    def _snapshot(self, evaluated: Evaluated) -> Snapshot:
        return Snapshot(
            self._run.date,
            self._run.as_of,
            stamp_of(self._settings, self._run.sources),
            {seat: scores_of(found) for seat, (_, found) in evaluated.items() if found is not None},
        )

    def _baselines(self, page: int, newest: Snapshot | None, seats: Iterable[int]) -> list[Snapshot]:
        """The snapshot 30 days back where it has every client, else all of the window."""
        if newest is not None and all(seat in newest.scores for seat in seats):
            return [newest]
        oldest, latest = baseline_window(self._run.date)
        return self._scores.snapshots(self._tenant, page, oldest, latest, self._clock())
