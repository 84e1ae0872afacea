"""The Client Health page: the whole fleet in one period, from current rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.domain.client_health import ClientHealthRow, Indicator, client_health_rows, indicators
from chalicelib.domain.evaluation import DEFAULT_PERIOD_INDEX
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.moment import PERIODS, local_day
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.trend import MonthChange, month_over_month
from chalicelib.domain.velocity import baseline_window
from chalicelib.services.known_clients import Managers, narrowed
from chalicelib.services.portfolios import oldest

if TYPE_CHECKING:
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.runs import RunStore
    from chalicelib.services.ports.tenants import TenantStore
    from chalicelib.services.readable_rows import ReadableRows


@dataclass(frozen=True, slots=True)
class ClientHealth:
    """The page before filtering and paging: all scored clients, lowest score first."""

    tenant: Tenant
    period: str
    computed_at: Instant | None
    rows: list[ClientHealthRow]
    change: MonthChange
    indicators: list[Indicator]


class ClientHealthAnalytics:
    """Reads the fleet: settings, current rows (one call per 100 pages), and the baseline date's figures."""

    def __init__(self, tenants: TenantStore, rows: ReadableRows, runs: RunStore, clock: Clock) -> None:
        self._tenants, self._rows, self._runs, self._clock = tenants, rows, runs, clock

    def client_health(self, tenant_id: TenantId, period: str, managers: Managers = None) -> ClientHealth:
        """The page of a period, of all clients or those of some account managers.

        `computed_at` is that of the oldest row, None without any.
        """
        tenant, now = self._tenants.get(tenant_id), self._clock()
        current = self._rows.of(tenant_id, range(tenant.pages), managers)
        rows = client_health_rows(current, list(PERIODS).index(period))
        return ClientHealth(
            tenant=tenant,
            period=period,
            computed_at=oldest(current),
            rows=rows,
            change=self._change(tenant, rows, now, narrowed(managers)),
            indicators=indicators(rows),
        )

    def _change(self, tenant: Tenant, rows: list[ClientHealthRow], now: Instant, managers: Managers) -> MonthChange:
        """Month over month uses the scores of 30 days, whatever the selected period."""
        first, last = baseline_window(local_day(now, tenant.zone))
        before = self._runs.newest_day(tenant.id, first, last, now)
        if before is not None and managers is not None:
            before = before.of(managers)
        scores = [
            found.row.evaluation.deduction(DEFAULT_PERIOD_INDEX).score
            for found in rows
            if found.row.evaluation is not None
        ]
        if before is None:
            return month_over_month((0, 0), (0, 0), None, False)
        figures = before.models["deduction"]
        return month_over_month(
            (len(scores), sum(scores)),
            (figures.n, figures.total),
            before.date,
            before.settings_version != tenant.settings.version,
        )
