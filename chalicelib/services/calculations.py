"""Calculations: results that are kept as history between two nights, and what they mean for alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from chalicelib.domain.history import RETENTION_DAYS, HistoryEntry, Snapshot, Trigger
from chalicelib.domain.ids import RecordId
from chalicelib.domain.moment import Moment
from chalicelib.domain.roster import CurrentRow, stamp_of
from chalicelib.domain.tenant import Tenant
from chalicelib.services.alerting import SNAPSHOTS_AT_A_TIME, AlertEvaluation, ScoredClient
from chalicelib.services.current_rows import store_rows
from chalicelib.services.errors import raised

if TYPE_CHECKING:
    from chalicelib.services.errors import Failed
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.scores import ScoreStore
    from chalicelib.services.ports.tenants import TenantStore


class Calculations:
    """Stores calculations, then the current rows with the alerts that come of them."""

    def __init__(self, tenants: TenantStore, scores: ScoreStore, clock: Clock) -> None:
        self._tenants, self._scores, self._clock = tenants, scores, clock

    def keep(self, tenant: Tenant, page: int, moment: Moment, scored: ScoredClient, trigger: Trigger) -> None:
        """Stores one client's calculation; storing it again changes nothing."""
        stamp = stamp_of(tenant.settings, tenant.connected)
        entry = HistoryEntry(date=moment.today, as_of=moment.as_of, trigger=trigger, stamp=stamp, scores=scored.scores)
        client = RecordId(scored.facts.client.id)
        self._scores.put_calculation(tenant.id, page, client, entry, self._clock())

    def store_rows(
        self,
        tenant: Tenant,
        page: int,
        moment: Moment,
        rows: Mapping[int, CurrentRow],
        calculated: Mapping[int, ScoredClient],
        baselines: Sequence[Snapshot],
        failed: Failed = raised,
    ) -> int:
        """Stores rows; the rules of the calculated clients are evaluated. Returns how many alerts were stored.

        A crash before it leaves calculations without their rows: whoever repeats the evaluation stores these.
        """
        evaluation = AlertEvaluation(
            moment=moment,
            settings=tenant.settings,
            connected=tenant.connected,
            clients=calculated,
            baselines=baselines,
            earlier=lambda: (
                snapshot
                for snapshot in self._scores.newest_snapshots(
                    tenant.id,
                    page,
                    moment.today - RETENTION_DAYS,
                    moment.today,
                    SNAPSHOTS_AT_A_TIME,
                    self._clock(),
                )
                if snapshot.as_of < moment.as_of
            ),
            version=lambda version: self._tenants.settings_version(tenant.id, version),
            now=self._clock(),
        )
        current = self._scores.current_pages(tenant.id, [page])[page]
        return store_rows(self._scores, tenant.id, page, current, rows, evaluation.evaluate, failed)
