"""What other settings would make of the scores, before they are published. Nothing is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.errors import NotAllowedError, NotFoundError
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.preview import (
    SAMPLE_POINTS,
    SAMPLE_SOURCES,
    Pair,
    PortfolioPreview,
    pair_of,
    portfolio_preview,
)
from chalicelib.domain.roster import page_of
from chalicelib.domain.settings import ScoringSettings
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.weighted import combine
from chalicelib.services.known_clients import seat_of
from chalicelib.tenancy import scope

if TYPE_CHECKING:
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.scores import ScoreStore
    from chalicelib.services.ports.tenants import TenantStore
    from chalicelib.services.readable_rows import ReadableRows


class Previews:
    """Recombines the points that current rows keep."""

    def __init__(self, tenants: TenantStore, roster: Roster, scores: ScoreStore, rows: ReadableRows) -> None:
        self._tenants, self._roster, self._scores, self._rows = tenants, roster, scores, rows

    def sample(self, tenant_id: TenantId, after: ScoringSettings) -> tuple[Tenant, Pair]:
        """The sample account under the settings in force and the previewed ones."""
        tenant = self._tenants.get(tenant_id)
        before = tenant.settings.scoring
        return tenant, Pair(
            "sample",
            "Sample account",
            combine(SAMPLE_POINTS, before.connected(SAMPLE_SOURCES), before),
            combine(SAMPLE_POINTS, after.connected(SAMPLE_SOURCES), after),
        )

    def client(
        self, tenant_id: TenantId, client: RecordId, after: ScoringSettings
    ) -> tuple[Tenant, Pair, tuple[int | None, ...]]:
        """One client, with its points. Raises NotFoundError for an unknown or unscored one."""
        tenant = self._tenants.get(tenant_id)
        seat = seat_of(self._roster, tenant_id, client)
        page = page_of(seat.number)
        row = self._scores.current_pages(tenant_id, [page])[page].rows.get(seat.number)
        pair = None if row is None else pair_of(row, tenant.sources_seen, tenant.settings.scoring, after)
        if row is None or row.evaluation is None or pair is None:
            raise NotFoundError(f"The client {client} has no score yet.")
        return tenant, pair, row.evaluation.signal_points

    def portfolio(self, tenant_id: TenantId, after: ScoringSettings) -> PortfolioPreview:
        """Every scored client. Raises NotAllowedError for a caller that does not have them all."""
        if scope() is not None:
            raise NotAllowedError("The portfolio is previewed for all clients: this needs clients that are not yours.")
        tenant = self._tenants.get(tenant_id)
        rows = self._rows.of(tenant_id, range(tenant.pages))
        return portfolio_preview(rows, tenant.sources_seen, tenant.settings.scoring, after)
