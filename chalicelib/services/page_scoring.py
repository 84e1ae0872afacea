"""Nightly scoring of roster pages: facts in, the date's snapshot and the current rows out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.domain.alerts import may_alert
from chalicelib.domain.evaluation import Evaluation, evaluate
from chalicelib.domain.facts import Day, Facts
from chalicelib.domain.history import RETENTION_DAYS, Scores, Snapshot
from chalicelib.domain.ids import TenantId
from chalicelib.domain.messages import NightlyPages
from chalicelib.domain.moment import Moment
from chalicelib.domain.roster import CurrentRow, adopt, current_row, scores_of, stamp_of
from chalicelib.domain.run import Run
from chalicelib.domain.settings import Settings
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.velocity import BASELINE_NEWEST_DAYS, baseline_window
from chalicelib.services.alerting import SNAPSHOTS_AT_A_TIME, AlertEvaluation, ScoredClient
from chalicelib.services.aside import ClientsAside, Report, unheard
from chalicelib.services.current_rows import store_rows
from chalicelib.services.errors import OutOfTimeError, TryAgainError
from chalicelib.services.run_completion import RunCompletion, refuse_ahead

if TYPE_CHECKING:
    from chalicelib.domain.roster import CurrentPage
    from chalicelib.services.errors import Failed
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.runs import RunStore
    from chalicelib.services.ports.scores import ScoreStore
    from chalicelib.services.ports.tenants import TenantStore

Evaluated = Mapping[int, tuple[Facts, Evaluation | None, Scores | None]]
"""Clients of a page with their evaluations and what history keeps of them, by seat."""


class Scored(NamedTuple):
    """What scoring a message came to: clients scored and alerts stored by it.

    `lag` is how many seconds after its night the run was complete, if this message completed it.
    """

    clients: int = 0
    alerts: int = 0
    lag: int | None = None


class ScoredPage(NamedTuple):
    """What scoring a page came to: clients scored, alerts stored, and the clients that failed alone."""

    clients: int = 0
    alerts: int = 0
    failed: Mapping[str, Exception] = {}


class PageScoring:
    """Scores the pages of nightly messages. A redelivery goes on where the last attempt died."""

    def __init__(
        self,
        tenants: TenantStore,
        roster: Roster,
        scores: ScoreStore,
        runs: RunStore,
        completion: RunCompletion,
        aside: ClientsAside,
        clock: Clock,
    ) -> None:
        self._tenants, self._roster, self._scores, self._runs = tenants, roster, scores, runs
        self._completion, self._aside, self._clock = completion, aside, clock

    def score(self, message: NightlyPages, has_time: Callable[[], bool], report: Report = unheard) -> Scored:
        """Scores the pages of a message that its run still misses.

        A client that fails is put aside, and reported; a page that fails keeps no other from being scored and noted.

        Raises OutOfTimeError when `has_time` says that another page does not fit, after noting those that are done, and
        AheadOfClockError for a run of the future (an older build may have started one), which stays unscored.
        """
        refuse_ahead(message.as_of, self._clock())
        run = self._runs.get(message.tenant, message.run_date)
        if run is None:
            raise TryAgainError(f"the run of {message.tenant} is not readable yet")
        if run.complete:
            return Scored()
        refuse_ahead(run.as_of, self._clock())
        tenant = self._tenants.get(message.tenant)
        pages = [page for page in message.pages if page not in run.done]
        settings = self._settings(tenant, run)
        night = _Night(
            scores=self._scores,
            roster=self._roster,
            tenants=self._tenants,
            clock=self._clock,
            tenant=tenant,
            settings=settings,
            run=run,
        )
        clients, alerts, done = 0, 0, []
        errors: list[Exception] = []
        earlier = self._earlier_results(tenant.id, pages, run.date - BASELINE_NEWEST_DAYS)
        for page in pages:
            if not has_time():
                break
            try:
                scored = night.score_page(page, *earlier(page))
            except Exception as error:
                report(error, page=page)
                errors.append(error)
                continue
            self._aside.put(tenant.id, run.as_of, run.date, scored.failed, report)
            clients, alerts = clients + scored.clients, alerts + scored.alerts
            done.append(page)
        if done:
            run = self._runs.add_done(tenant.id, run.date, done)
        if errors:
            raise errors[0]
        if len(done) < len(pages):
            raise OutOfTimeError(f"{len(pages) - len(done)} pages are left")
        if run.missing or run.complete:
            return Scored(clients, alerts)
        self._completion.finish(tenant.id, run)
        return Scored(clients, alerts, lag=self._clock() - message.as_of)

    def _earlier_results(
        self, tenant: TenantId, pages: Sequence[int], day: Day
    ) -> Callable[[int], tuple[CurrentPage, Snapshot | None]]:
        """Each page's current rows and its snapshot of a day: read at once, or where one cannot be read one by one."""

        def read(wanted: Sequence[int]) -> tuple[Mapping[int, CurrentPage], Mapping[int, Snapshot]]:
            return self._scores.with_snapshots(tenant, wanted, day, self._clock())

        try:
            together = read(pages)
        except TryAgainError:
            raise
        except Exception:
            together = None

        def of_page(page: int) -> tuple[CurrentPage, Snapshot | None]:
            current, snapshots = together or read([page])
            return current[page], snapshots.get(page)

        return of_page

    def _settings(self, tenant: Tenant, run: Run) -> Settings:
        if tenant.settings.version == run.settings_version:
            return tenant.settings
        return self._tenants.settings_version(tenant.id, run.settings_version)


class _Night:
    """One tenant's run: what is the same for all of its pages."""

    def __init__(
        self,
        scores: ScoreStore,
        roster: Roster,
        tenants: TenantStore,
        clock: Clock,
        tenant: Tenant,
        settings: Settings,
        run: Run,
    ) -> None:
        self._scores, self._roster, self._clock = scores, roster, clock
        self._tenant, self._settings, self._run = tenant.id, settings, run
        self._moment = Moment.at(run.as_of, tenant.zone, settings.business_hours)
        self._version = cache(lambda version: tenants.settings_version(tenant.id, version))

    def score_page(self, page: int, current: CurrentPage, baseline: Snapshot | None) -> ScoredPage:
        """Snapshot first, then rows with their alerts. A client that fails has no score of the date and keeps its row.

        A crash in between is mended by the redelivery, which finds the snapshot.
        """
        if self._is_done(page, current):
            return ScoredPage()
        errors: dict[str, Exception] = {}
        failed: Failed = errors.setdefault
        evaluated = self._evaluate(page, failed)
        if len(errors) > 1 and not evaluated:
            # What fails for everybody is not theirs but ours: a snapshot without them could never be put right.
            raise next(iter(errors.values()))
        snapshot = self._scores.put_snapshot(self._tenant, page, self._snapshot(evaluated), self._clock())
        earlier = self._baselines(page, baseline, snapshot.scores)
        rows = self._rows(evaluated, snapshot, earlier, failed)
        evaluation = self._alert_evaluation(page, evaluated, snapshot, earlier)
        alerts = store_rows(self._scores, self._tenant, page, current, rows, evaluation.evaluate, failed)
        return ScoredPage(len(snapshot.scores), alerts, errors)

    def _rows(
        self, evaluated: Evaluated, snapshot: Snapshot, earlier: Sequence[Snapshot], failed: Failed
    ) -> dict[int, CurrentRow]:
        rows = {}
        for seat, (facts, evaluation, _) in evaluated.items():
            try:
                if evaluation is not None and seat in snapshot.scores:
                    evaluation = adopt(evaluation, snapshot.scores[seat])
                rows[seat] = current_row(
                    facts.client, seat, evaluation, self._moment, self._settings, self._run.sources, earlier
                )
            except Exception as error:
                failed(facts.client.id, error)
        return rows

    def _alert_evaluation(
        self, page: int, evaluated: Evaluated, snapshot: Snapshot, baselines: Sequence[Snapshot]
    ) -> AlertEvaluation:
        before = self._run.date - 1
        return AlertEvaluation(
            moment=self._moment,
            settings=self._settings,
            connected=self._run.sources,
            clients={
                seat: ScoredClient(facts, evaluation, snapshot.scores[seat])
                for seat, (facts, evaluation, _) in evaluated.items()
                if evaluation is not None and seat in snapshot.scores
            },
            baselines=baselines,
            earlier=lambda: self._scores.newest_snapshots(
                self._tenant, page, before - RETENTION_DAYS, before, SNAPSHOTS_AT_A_TIME, self._clock()
            ),
            version=self._version,
            now=self._clock(),
            run_date=self._run.date,
        )

    def _is_done(self, page: int, current: CurrentPage) -> bool:
        """Whether an earlier attempt stored all rows and their alerts; the snapshot is looked for last."""
        as_of, now, date = self._run.as_of, self._clock(), self._run.date
        rows = current.rows.values()
        if not rows or any(row.as_of < as_of for row in rows):
            return False
        if any(row.evaluation is not None and may_alert(row.alerts, as_of, now) for row in rows):
            return False
        return bool(self._scores.snapshots(self._tenant, page, date, date, now))

    def _evaluate(self, page: int, failed: Failed) -> Evaluated:
        evaluated = {}
        for seat, facts in self._roster.page_facts(self._tenant, page, failed):
            try:
                evaluation = evaluate(facts, self._run.sources, self._settings.scoring, self._moment)
                evaluated[seat] = facts, evaluation, None if evaluation is None else scores_of(evaluation)
            except Exception as error:
                failed(facts.client.id, error)
        return evaluated

    def _snapshot(self, evaluated: Evaluated) -> Snapshot:
        return Snapshot(
            self._run.date,
            self._run.as_of,
            stamp_of(self._settings, self._run.sources),
            {seat: scores for seat, (_, _, scores) in evaluated.items() if scores is not None},
        )

    def _baselines(self, page: int, newest: Snapshot | None, seats: Iterable[int]) -> list[Snapshot]:
        """The snapshot 30 days back where it has every client, else all of the window."""
        if newest is not None and all(seat in newest.scores for seat in seats):
            return [newest]
        oldest, latest = baseline_window(self._run.date)
        return self._scores.snapshots(self._tenant, page, oldest, latest, self._clock())
