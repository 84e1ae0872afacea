"""The health dashboard as of the last fleet summary, and the account list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.fleet import DayFigures, ModelSummary, summary_of_rows
from chalicelib.domain.history import Scores, Stamp
from chalicelib.domain.ids import TenantId
from chalicelib.domain.moment import local_day
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.settings import Model
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.trend import TREND_DAYS, MonthChange, month_over_month
from chalicelib.domain.velocity import baseline_window
from chalicelib.services.known_clients import Managers, narrowed, seen_rows

if TYPE_CHECKING:
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.runs import RunStore
    from chalicelib.services.ports.tenants import TenantStore
    from chalicelib.services.readable_rows import ReadableRows

WEEK_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The last fleet summary of a model and the figures of the 90 days up to its date.

    Of some account managers' clients: as their rows are now, and the figures of the 90 days up to today. `computed_at`
    is None where nothing was computed yet.
    """

    tenant: Tenant
    model: Model
    computed_at: Instant | None
    summary: ModelSummary
    change: MonthChange
    trend: Sequence[DayFigures]


class Portfolios:
    """Reads the fleet: three calls at any size for the dashboard, current rows for the list."""

    def __init__(self, tenants: TenantStore, rows: ReadableRows, runs: RunStore, clock: Clock) -> None:
        self._tenants, self._rows, self._runs, self._clock = tenants, rows, runs, clock

    def portfolio(self, tenant_id: TenantId, model: Model | None, managers: Managers = None) -> Portfolio:
        """The dashboard of a model (None: the primary one), of all clients or those of some account managers."""
        tenant, now, wanted = self._tenants.get(tenant_id), self._clock(), narrowed(managers)
        chosen: Model = model or tenant.primary_model
        if wanted is None:
            return self._fleet(tenant, chosen, now)
        today = local_day(now, tenant.zone)
        rows = self._rows.of(tenant_id, range(tenant.pages), wanted)
        held, days = summary_of_rows(rows, chosen), self._days(tenant_id, today, now)
        known = [day for day in (day.of(wanted) for day in days) if day is not None]
        change = _change(chosen, held, tenant.settings.version, today, known)
        return Portfolio(
            tenant=tenant, model=chosen, computed_at=oldest(rows), summary=held, change=change, trend=known
        )

    def _fleet(self, tenant: Tenant, model: Model, now: Instant) -> Portfolio:
        summary = self._runs.summary(tenant.id)
        if summary is None:
            days = self._days(tenant.id, local_day(now, tenant.zone), now)
            return Portfolio(
                tenant=tenant,
                model=model,
                computed_at=None,
                summary=ModelSummary(),
                change=month_over_month((0, 0), (0, 0), None, False),
                trend=days,
            )
        held, days = summary.models[model], self._days(tenant.id, summary.date, now)
        change = _change(model, held, summary.settings_version, summary.date, days)
        return Portfolio(tenant=tenant, model=model, computed_at=summary.as_of, summary=held, change=change, trend=days)

    def _days(self, tenant: TenantId, last: Day, now: Instant) -> list[DayFigures]:
        return self._runs.days(tenant, last - TREND_DAYS + 1, last, now)

    def rows(self, tenant_id: TenantId, managers: Managers = None) -> tuple[Tenant, list[CurrentRow]]:
        """The current rows of all clients that were ever evaluated, also unscored ones, or of some managers'."""
        tenant = self._tenants.get(tenant_id)
        return tenant, self._rows.of(tenant_id, range(tenant.pages), managers)

    def worklist(self, tenant_id: TenantId, managers: Managers = None) -> Worklist:
        """The same rows with the scores of seven days ago, read in one with them."""
        tenant, now = self._tenants.get(tenant_id), self._clock()
        week_ago = local_day(now, tenant.zone) - WEEK_DAYS
        pages, snapshots = self._rows.with_snapshots(tenant_id, range(tenant.pages), week_ago, now)
        before = {
            pages[page].rows[seat].client.id: (scores, snapshot.stamp)
            for page, snapshot in snapshots.items()
            if page in pages
            for seat, scores in snapshot.scores.items()
            if seat in pages[page].rows
        }
        return Worklist(tenant, seen_rows(pages, managers), before)


class Worklist(NamedTuple):
    """The current rows, and by client, shown or not, the scores of a week ago with what they were computed under."""

    tenant: Tenant
    rows: list[CurrentRow]
    before: Mapping[str, tuple[Scores, Stamp]]


def oldest(rows: Iterable[CurrentRow]) -> Instant | None:
    """When the oldest row of a scored client was computed; None without any."""
    return min((row.as_of for row in rows if row.evaluation is not None), default=None)


def _change(
    model: Model, now: ModelSummary, settings_version: int, today: Day, days: Sequence[DayFigures]
) -> MonthChange:
    """Month over month of a summary's mean."""
    first, last = baseline_window(today)
    held = [day for day in days if first <= day.date <= last and day.models[model].n]
    before = max(held, key=lambda day: day.date, default=None)
    if before is None:
        return month_over_month((0, 0), (0, 0), None, False)
    then, changed = before.models[model], before.settings_version != settings_version
    return month_over_month((now.n, now.total), (then.n, then.total), before.date, changed)
