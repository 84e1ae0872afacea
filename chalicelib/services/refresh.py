"""Refreshing current rows after records or settings changed, and the calculations that records trigger."""

from collections.abc import Mapping
from typing import Final

from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.evaluation import evaluate
from chalicelib.domain.facts import Facts
from chalicelib.domain.history import baseline_window
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.moment import Moment
from chalicelib.domain.roster import CurrentRow, current_row, page_of, scores_of
from chalicelib.domain.tenant import Claim, Tenant
from chalicelib.services.calculations import Calculations
from chalicelib.services.judgement import Candidate
from chalicelib.services.ports import Clock, DirtyStore, Roster, ScoreStore, TenantStore
from chalicelib.services.settling import Settling

CLIENTS_READ_ONE_BY_ONE: Final = 8
"""Above it one query of the whole page costs less than one per client."""


class Refresh:
    """Brings a page's marked rows up to date."""

    def __init__(
        self,
        tenants: TenantStore,
        roster: Roster,
        scores: ScoreStore,
        dirty: DirtyStore,
        calculations: Calculations,
        settling: Settling,
        clock: Clock,
    ) -> None:
        self._tenants, self._roster, self._scores, self._dirty = tenants, roster, scores, dirty
        self._calculations, self._settling, self._clock = calculations, settling, clock

    def refresh(self, tenant_id: TenantId, page: int) -> int:
        """Takes on what is marked on a page, also what a crash left claimed; answers how many rows were computed.

        A claim is released last: a crash before that leaves it, and whoever finds it computes for the same `as_of`.
        """
        rows = 0
        while claim := self._dirty.claim(tenant_id, page, now := self._clock()):
            try:
                if claim.clients or claim.whole_page:
                    rows += self._apply(self._tenants.get(tenant_id), page, claim)
            finally:  # what came with the page may be of others
                if claim.arrivals:
                    self._settling.settle(tenant_id, page)
            self._dirty.release(tenant_id, page, claim)
            if claim.as_of >= now:
                break
        return rows

    def _apply(self, tenant: Tenant, page: int, claim: Claim) -> int:
        moment = Moment.at(claim.as_of, tenant.zone, tenant.settings.business_hours)
        earlier = self._scores.snapshots(tenant.id, page, *baseline_window(moment.today), claim.as_of)
        rows: dict[int, CurrentRow] = {}
        calculated: dict[int, Candidate] = {}
        for seat, facts in self._facts(tenant.id, page, claim).items():
            evaluation = evaluate(facts, tenant.connected, tenant.settings.scoring, moment)
            rows[seat] = current_row(facts.client, seat, evaluation, moment, tenant.settings, tenant.connected, earlier)
            trigger = claim.clients.get(facts.client.id)
            if evaluation is not None and trigger is not None:
                calculated[seat] = Candidate(facts, evaluation, scores_of(evaluation))
                self._calculations.keep(tenant, page, moment, calculated[seat], trigger)
        self._calculations.store_rows(tenant, page, moment, rows, calculated, earlier)
        return len(rows)

    def _facts(self, tenant: TenantId, page: int, claim: Claim) -> Mapping[int, Facts]:
        if claim.whole_page or len(claim.clients) > CLIENTS_READ_ONE_BY_ONE:
            everybody = self._roster.page_facts(tenant, page)
            return {seat: facts for seat, facts in everybody if claim.whole_page or facts.client.id in claim.clients}
        clients = list(map(RecordId, claim.clients))
        found = {}
        for client, seat in self._roster.seats(tenant, clients).items():
            if page_of(seat.number) != page:
                continue
            try:
                found[seat.number] = self._roster.client_facts(tenant, RecordId(client), seat)
            except NotFoundError:
                continue  # erased in the meantime
        return found
