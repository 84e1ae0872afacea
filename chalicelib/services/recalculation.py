"""Recalculating one client on demand: the card, stored as a calculation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from chalicelib.domain.errors import ConflictError, NotScoredError
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.roster import page_of, scores_of
from chalicelib.services.alerting import ScoredClient
from chalicelib.services.calculations import Calculations
from chalicelib.services.cards import Card, HealthCards
from chalicelib.services.known_clients import seat_of
from chalicelib.services.refresh_requests import STALE_MARK_SECONDS
from chalicelib.tenancy import scope

if TYPE_CHECKING:
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.journal import IdempotencyStore
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.refresh import DueMarkStore

Answer = TypeVar("Answer")


class Recalculation:
    """Computes a card and keeps it as history."""

    def __init__(
        self,
        cards: HealthCards,
        calculations: Calculations,
        due: DueMarkStore,
        idempotency: IdempotencyStore,
        roster: Roster,
        clock: Clock,
    ) -> None:
        self._cards, self._calculations, self._roster = cards, calculations, roster
        self._due, self._idempotency, self._clock = due, idempotency, clock

    def recalculate_once(
        self, tenant: TenantId, client: RecordId, key: str | None, answer_of: Callable[[Card], Answer]
    ) -> Answer:
        """What is answered of a recalculation; with an idempotency key it is computed once, and the same comes again.

        `answer_of` makes of the card what is kept as JSON. One that fails is forgotten, so that it may be tried again.
        Raises as `recalculate` does, and ConflictError for a key that was used for something else, or whose first
        request is still in progress.
        """
        if key is None:
            return answer_of(self.recalculate(tenant, client))
        if scope() is not None:  # an answer that is kept is for who has the client now
            seat_of(self._roster, tenant, client)
        earlier = self._idempotency.begin(tenant, key, client, self._clock())
        if earlier is not None:
            if earlier.asked is not None:
                raise ConflictError("This Idempotency-Key was used for another request.")
            if earlier.client_id != client:
                raise ConflictError("This Idempotency-Key was used for another client.")
            if earlier.answer is None:
                raise ConflictError("A request with this Idempotency-Key is still in progress.")
            kept: Answer = earlier.answer
            return kept
        try:
            answer = answer_of(self.recalculate(tenant, client))
        except Exception:
            self._idempotency.abandon(tenant, key)
            raise
        self._idempotency.finish(tenant, key, client, answer, self._clock())
        return answer

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
