"""Refreshing current rows after records or settings changed, and the calculations that records trigger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.evaluation import evaluate
from chalicelib.domain.facts import Facts
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.moment import Moment
from chalicelib.domain.roster import CurrentRow, current_row, page_of, scores_of
from chalicelib.domain.run import ARRIVALS, RefreshClaim
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.velocity import baseline_window
from chalicelib.services.alerting import ScoredClient
from chalicelib.services.aside import ClientsAside, Report, unheard
from chalicelib.services.calculations import Calculations
from chalicelib.services.errors import TryAgainError, UnreadableClientError
from chalicelib.services.settling import Settling

if TYPE_CHECKING:
    from chalicelib.domain.blocks import Seat
    from chalicelib.services.errors import Failed
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.refresh import RefreshMarkStore
    from chalicelib.services.ports.scores import ScoreStore
    from chalicelib.services.ports.tenants import TenantStore

CLIENTS_READ_ONE_BY_ONE: Final = 8
"""Above it one query of the whole page costs less than one per client."""

ASIDE_SECONDS: Final = 3600
"""A claim that is still held up so long by calls of AWS that fail for one client lets go of that client."""


class Refresh:
    """Brings a page's marked rows up to date."""

    def __init__(
        self,
        tenants: TenantStore,
        roster: Roster,
        scores: ScoreStore,
        refresh_marks: RefreshMarkStore,
        calculations: Calculations,
        settling: Settling,
        aside: ClientsAside,
        clock: Clock,
    ) -> None:
        self._tenants, self._roster, self._scores, self._refresh_marks = tenants, roster, scores, refresh_marks
        self._calculations, self._settling, self._aside, self._clock = calculations, settling, aside, clock

    def refresh(self, tenant_id: TenantId, page: int, report: Report = unheard) -> int:
        """Takes on what is marked on a page, also what a crash left claimed; returns how many rows were computed.

        A claim is released last: a crash before that leaves it, and whoever finds it computes for the same `as_of`.
        A client that fails is put aside, and reported.
        """
        rows = 0
        while claim := self._refresh_marks.claim(tenant_id, page, now := self._clock()):
            try:
                if claim.clients or claim.whole_page:
                    rows += self._apply(self._tenants.get(tenant_id), page, claim, report)
            finally:  # what came with the page may be of others
                unsettled = self._settle(tenant_id, page, claim)
            if unsettled is not None:  # it is tried again; the clients are done
                self._refresh_marks.mark(tenant_id, page, {ARRIVALS: None}, now)
            self._refresh_marks.release(tenant_id, page, claim)
            if unsettled is not None:
                raise unsettled
            if claim.as_of >= now:
                break
        return rows

    def _settle(self, tenant: TenantId, page: int, claim: RefreshClaim) -> Exception | None:
        """Settles what came with the page, which may be of others; what kept that from being done."""
        try:
            if claim.arrivals:
                self._settling.settle(tenant, page)
        except Exception as error:
            return error
        return None

    def _apply(self, tenant: Tenant, page: int, claim: RefreshClaim, report: Report) -> int:
        moment = Moment.at(claim.as_of, tenant.zone, tenant.settings.business_hours)
        earlier = self._scores.snapshots(tenant.id, page, *baseline_window(moment.today), claim.as_of)
        work = _Work(self._clock() - claim.as_of >= ASIDE_SECONDS)
        rows: dict[int, CurrentRow] = {}
        calculated: dict[int, ScoredClient] = {}
        for seat, facts in self._facts(tenant.id, page, claim, work).items():
            client = facts.client.id
            try:
                evaluation = evaluate(facts, tenant.connected, tenant.settings.scoring, moment)
                row = current_row(facts.client, seat, evaluation, moment, tenant.settings, tenant.connected, earlier)
                scores = None if evaluation is None else scores_of(evaluation)
            except Exception as error:
                work.failed(client, error)
                continue
            trigger = claim.clients.get(client)
            if evaluation is not None and scores is not None and trigger is not None:
                scored = ScoredClient(facts, evaluation, scores)
                if not work.asked(client, partial(self._calculations.keep, tenant, page, moment, scored, trigger)):
                    continue
                calculated[seat] = scored
            rows[seat] = row
        self._calculations.store_rows(tenant, page, moment, rows, calculated, earlier, work.failed)
        self._aside.put(tenant.id, claim.as_of, None, work.errors, report)
        if work.unanswered:
            raise work.unanswered[0]
        return len(rows)

    def _facts(self, tenant: TenantId, page: int, claim: RefreshClaim, work: _Work) -> Mapping[int, Facts]:
        if claim.whole_page or len(claim.clients) > CLIENTS_READ_ONE_BY_ONE:

            def failed(client: str, error: Exception) -> None:
                if claim.whole_page or client in claim.clients:
                    work.failed(client, error)

            everybody = self._roster.page_facts(tenant, page, failed)
            return {seat: facts for seat, facts in everybody if claim.whole_page or facts.client.id in claim.clients}
        clients = list(map(RecordId, claim.clients))
        facts: dict[int, Facts] = {}

        def read(client: RecordId, seat: Seat) -> None:
            with suppress(NotFoundError):  # erased in the meantime
                facts[seat.number] = self._roster.client_facts(tenant, client, seat)

        for client, seat in self._seats(tenant, clients, work).items():
            if page_of(seat.number) == page:
                work.asked(client, partial(read, RecordId(client), seat))
        return facts

    def _seats(self, tenant: TenantId, clients: Sequence[RecordId], work: _Work) -> Mapping[str, Seat]:
        """Where clients are; asked for one by one where one of them cannot be read."""
        try:
            return self._roster.seats(tenant, clients)
        except TryAgainError:
            raise
        except Exception:
            seats: dict[str, Seat] = {}
            for client in clients:
                work.asked(client, partial(self._seat, tenant, client, seats))
            return seats

    def _seat(self, tenant: TenantId, client: RecordId, seats: dict[str, Seat]) -> None:
        seats |= self._roster.seats(tenant, [client])


class _Work:
    """What becomes of the clients of one claim: whose failure is their own, and what AWS did not do for one of them.

    That is tried again as long as the claim is not `old`; then it is taken for the client's own failure as well.
    """

    def __init__(self, old: bool) -> None:
        self.errors: dict[str, Exception] = {}
        self.unanswered: list[Exception] = []
        self.failed: Failed = self.errors.setdefault
        self._old = old

    def asked(self, client: str, call: Callable[[], None]) -> bool:
        """Whether a call for one client was done. Where AWS takes no more just now the work ends, to be tried again."""
        try:
            call()
        except UnreadableClientError as error:
            self.failed(client, error)
        except TryAgainError:
            raise
        except Exception as error:
            if self._old:
                self.failed(client, error)
            else:
                self.unanswered.append(error)
        else:
            return True
        return False
