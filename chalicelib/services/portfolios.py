"""The health dashboard as of the last fleet summary, and the account list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.domain.fleet import DayFigures, FleetSummary
from chalicelib.domain.ids import TenantId
from chalicelib.domain.moment import local_day
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.settings import Model
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.trend import TREND_DAYS, MonthChange, month_over_month
from chalicelib.domain.velocity import baseline_window

if TYPE_CHECKING:
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.runs import RunStore
    from chalicelib.services.ports.tenants import TenantStore
    from chalicelib.services.readable_rows import ReadableRows


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The last fleet summary (None: no run was completed yet) and the figures of the 90 days up to its date."""

    tenant: Tenant
    model: Model
    summary: FleetSummary | None
    change: MonthChange
    trend: Sequence[DayFigures]


class Portfolios:
    """Reads the fleet: three calls at any size for the dashboard, current rows for the list."""

    def __init__(self, tenants: TenantStore, rows: ReadableRows, runs: RunStore, clock: Clock) -> None:
        self._tenants, self._rows, self._runs, self._clock = tenants, rows, runs, clock

    def portfolio(self, tenant_id: TenantId, model: Model | None) -> Portfolio:
        """The dashboard of a model (None: the primary one)."""
        tenant, now = self._tenants.get(tenant_id), self._clock()
        chosen: Model = model or tenant.primary_model
        summary = self._runs.summary(tenant_id)
        today = local_day(now, tenant.zone) if summary is None else summary.date
        days = self._runs.days(tenant_id, today - TREND_DAYS + 1, today, now)
        return Portfolio(tenant, chosen, summary, _change(chosen, summary, days), days)

    def rows(self, tenant_id: TenantId) -> tuple[Tenant, list[CurrentRow]]:
        """The current rows of all clients that were ever evaluated, also unscored ones."""
        tenant = self._tenants.get(tenant_id)
        return tenant, self._rows.of(tenant_id, tenant.pages)


def _change(model: Model, summary: FleetSummary | None, days: Sequence[DayFigures]) -> MonthChange:
    """Month over month of the summary's mean."""
    none = month_over_month((0, 0), (0, 0), None, False)
    if summary is None:
        return none
    oldest, newest = baseline_window(summary.date)
    held = [day for day in days if oldest <= day.date <= newest and day.models[model].n]
    before = max(held, key=lambda day: day.date, default=None)
    if before is None:
        return none
    now, then = summary.models[model], before.models[model]
    changed = before.settings_version != summary.settings_version
    return month_over_month((now.n, now.total), (then.n, then.total), before.date, changed)
