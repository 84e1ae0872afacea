"""The live card of one client: both models computed now from the facts, beside their history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.domain import weighted
from chalicelib.domain.data_quality import Flaw, Told, flaws
from chalicelib.domain.deduction import open_ticket_rows, risk_indicators
from chalicelib.domain.evaluation import DEFAULT_PERIOD_INDEX, evaluate
from chalicelib.domain.facts import Facts
from chalicelib.domain.fleet import FleetSummary
from chalicelib.domain.history import HistoryEntry, Snapshot
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.moment import SECONDS_PER_DAY, Moment
from chalicelib.domain.peers import Peers, peers
from chalicelib.domain.roster import CurrentRow, current_row, page_of
from chalicelib.domain.settings import MODELS, Model
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.text import industry_key
from chalicelib.domain.trend import TREND_DAYS, trend
from chalicelib.domain.weighted import Reading, WeightedResult
from chalicelib.services.known_clients import seat_of
from chalicelib.services.subscriptions import Subscriptions, reach_of

if TYPE_CHECKING:
    from chalicelib.domain.blocks import Seat
    from chalicelib.services.ports.account_managers import AccountManagerStore
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.runs import RunStore
    from chalicelib.services.ports.scores import ScoreStore
    from chalicelib.services.ports.tenants import TenantStore


@dataclass(frozen=True, slots=True)
class Card:
    """Everything the Health tab of a client shows; the parts that need a score are None for an unscored client."""

    tenant: Tenant
    seat: Seat
    moment: Moment
    facts: Facts
    row: CurrentRow
    readings: tuple[Reading, ...]
    combined: WeightedResult
    peers: Mapping[Model, Peers]
    indicators: tuple[str, ...]
    flaws: Sequence[Flaw]
    trend: Sequence[HistoryEntry]
    snapshots: Sequence[Snapshot]


class HealthCards:
    """Computes cards: seven reads, nothing stored.

    An eighth where the account manager has no confirmed subscription, a ninth where no night ended in the last 90 days.
    """

    def __init__(
        self,
        tenants: TenantStore,
        roster: Roster,
        scores: ScoreStore,
        runs: RunStore,
        subscriptions: Subscriptions,
        managers: AccountManagerStore,
        clock: Clock,
    ) -> None:
        self._tenants, self._roster, self._scores, self._runs = tenants, roster, scores, runs
        self._subscriptions, self._managers, self._clock = subscriptions, managers, clock

    def card(self, tenant_id: TenantId, client: RecordId) -> Card:
        """The card as of now. Raises NotFoundError for a client that this tenant does not have."""
        tenant = self._tenants.get(tenant_id)
        seat = seat_of(self._roster, tenant_id, client)
        facts = self._roster.client_facts(tenant_id, client, seat)
        now = self._clock()
        moment = Moment.at(now, tenant.zone, tenant.settings.business_hours)
        page, first = page_of(seat.number), moment.today - TREND_DAYS
        snapshots = self._scores.snapshots(tenant_id, page, first, moment.today, now)
        since = now - (TREND_DAYS + 1) * SECONDS_PER_DAY
        calculations = self._scores.calculations(tenant_id, page, client, since, now, now)
        entries = [*entries_of(seat, snapshots), *calculations]
        summary = self._runs.summary(tenant_id)
        if summary is not None and summary.date < first:  # the client's own entry in it lies before the trend
            entries += entries_of(seat, self._scores.snapshots_of(tenant_id, page, [summary.date], now))
        told = self._told(tenant_id, facts.client.account_manager_id)
        return _card(tenant, seat, facts, moment, snapshots, entries, summary, told)

    def _told(self, tenant: TenantId, manager: str | None) -> Told:
        reach = reach_of(self._subscriptions.stored(tenant))
        reached = reach.told(manager) is not None
        known = manager is None or reached or bool(self._managers.get(tenant, [manager]))
        return Told(known, reached, reach.reaches(None))


def entries_of(seat: Seat, snapshots: Sequence[Snapshot]) -> list[HistoryEntry]:
    """A client's history entries in its page's snapshots."""
    return [
        HistoryEntry(
            date=snapshot.date,
            as_of=snapshot.as_of,
            trigger="nightly",
            stamp=snapshot.stamp,
            scores=snapshot.scores[seat.number],
        )
        for snapshot in snapshots
        if seat.number in snapshot.scores
    ]


def _card(
    tenant: Tenant,
    seat: Seat,
    facts: Facts,
    moment: Moment,
    snapshots: Sequence[Snapshot],
    entries: Sequence[HistoryEntry],
    summary: FleetSummary | None,
    told: Told,
) -> Card:
    scoring, connected = tenant.settings.scoring, tenant.connected
    evaluation = evaluate(facts, connected, scoring, moment)
    row = current_row(facts.client, seat.number, evaluation, moment, tenant.settings, connected, snapshots)
    open_rows = open_ticket_rows(facts.tickets, moment.as_of, scoring.ticket_open_until)
    readings = weighted.readings(facts, open_rows, moment)
    in_summary = None
    if summary is not None:
        in_summary = next((e for e in entries if e.trigger == "nightly" and e.date == summary.date), None)
    return Card(
        tenant=tenant,
        seat=seat,
        moment=moment,
        facts=facts,
        row=row,
        readings=readings,
        combined=weighted.combine([reading.points for reading in readings], connected, scoring),
        peers={model: _peers(model, row, summary, in_summary) for model in MODELS},
        indicators=()
        if evaluation is None
        else risk_indicators(evaluation.activities[DEFAULT_PERIOD_INDEX], evaluation.standing),
        flaws=flaws(facts, moment, told),
        trend=trend(entries, moment.today),
        snapshots=snapshots,
    )


def _peers(model: Model, row: CurrentRow, summary: FleetSummary | None, own: HistoryEntry | None) -> Peers:
    """Where the client stands in the last fleet summary; without one it is its only member."""
    key = industry_key(row.client.industry)
    if summary is None:
        return peers(row.score(model), {}, None if key is None else (0, 0), None)
    fleet = summary.models[model]
    industry = fleet.industries.get(key) if key is not None else None
    counted = (industry.n, industry.total) if industry is not None else (0, 0)
    return peers(
        row.score(model),
        fleet.histogram,
        None if key is None else counted,
        own.scores.of(model) if own is not None else None,
    )
