"""Recalculating one client on demand: the card, stored as a calculation."""

from chalicelib.domain.errors import ConflictError
from chalicelib.domain.history import HistoryEntry
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.roster import page_of, scores_of
from chalicelib.services.cards import Card, HealthCards
from chalicelib.services.current_rows import store_rows
from chalicelib.services.ports import Clock, ScoreStore


class Recalculation:
    """Computes a card and keeps it as history."""

    def __init__(self, cards: HealthCards, scores: ScoreStore, clock: Clock) -> None:
        self._cards, self._scores, self._clock = cards, scores, clock

    def recalculate(self, tenant: TenantId, client: RecordId) -> Card:
        """Computes now and stores the calculation, then the current row; a crash in between leaves the row older.

        Raises NotFoundError for an unknown client and ConflictError for one that is not scored.
        """
        card = self._cards.card(tenant, client)
        if card.row.evaluation is None:
            raise ConflictError("This client is not scored: it is archived, not active, or not yet a client.")
        page = page_of(card.seat.number)
        entry = HistoryEntry(
            card.moment.today, card.moment.as_of, "manual", card.row.stamp, scores_of(card.row.evaluation)
        )
        self._scores.put_calculation(tenant, page, client, entry, self._clock())
        held = self._scores.current_pages(tenant, [page])[page]
        store_rows(self._scores, tenant, page, held, {card.seat.number: card.row})
        return card
