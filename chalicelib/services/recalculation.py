"""Recalculating one client on demand: the card, stored as a calculation."""

from chalicelib.domain.errors import NotScoredError
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.roster import page_of, scores_of
from chalicelib.services.alerting import ScoredClient
from chalicelib.services.calculations import Calculations
from chalicelib.services.cards import Card, HealthCards
from chalicelib.services.ports import Clock, DueMarkStore
from chalicelib.services.refresh_requests import STALE_MARK_SECONDS


class Recalculation:
    """Computes a card and keeps it as history."""

    def __init__(self, cards: HealthCards, calculations: Calculations, due: DueMarkStore, clock: Clock) -> None:
        self._cards, self._calculations, self._due, self._clock = cards, calculations, due, clock

    def recalculate(self, tenant: TenantId, client: RecordId) -> Card:
        """Computes now and stores the calculation, then the current row; a crash in between leaves the row older.

        Raises NotFoundError for an unknown client and NotScoredError for one that is not scored.
        """
        card = self._cards.card(tenant, client)
        if card.row.evaluation is None:
            raise NotScoredError
        page = page_of(card.seat.number)
        scored = ScoredClient(card.facts, card.row.evaluation, scores_of(card.row.evaluation))
        self._calculations.keep(card.tenant, page, card.moment, scored, "manual")
        seat = card.seat.number
        # Before the rows: an alert that they bring is published by the stream, or by the sweep that this mark brings.
        now = self._clock()
        self._due.mark(tenant, now + STALE_MARK_SECONDS, now)
        self._calculations.store_rows(card.tenant, page, card.moment, {seat: card.row}, {seat: scored}, card.snapshots)
        return card
