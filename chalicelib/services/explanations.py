"""Why a client's score moved between two dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from chalicelib.domain import weighted
from chalicelib.domain.deduction import open_ticket_rows
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.evaluation import DEFAULT_PERIOD_INDEX, evaluate
from chalicelib.domain.explanation import Explanation, WeightedSide, explain_deduction, explain_weighted
from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.history import HistoryEntry
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.moment import DEFAULT_PERIOD, PERIODS, Moment
from chalicelib.domain.roster import page_of, scores_of, stamp_of
from chalicelib.domain.sentences import factor_sentences, signal_sentences
from chalicelib.domain.settings import Model, ScoringSettings
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.velocity import BASELINE_NEWEST_DAYS
from chalicelib.services.cards import entries_of
from chalicelib.services.known_clients import seat_of

if TYPE_CHECKING:
    from chalicelib.domain.blocks import Seat
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.scores import ScoreStore
    from chalicelib.services.ports.tenants import TenantStore

STALE_DAYS: Final = 7
"""An entry that is older than this many days at a date does not stand for it."""

CALCULATIONS_READ: Final = 100
"""Per call: those of the day after a date come first and are passed over."""


@dataclass(frozen=True, slots=True)
class Explained:
    """The change of a model's score between two results."""

    model: Model
    before: HistoryEntry
    after: HistoryEntry
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class _Result:
    entry: HistoryEntry
    factor_sentences: Sequence[str] | None = None
    signal_sentences: Sequence[str] | None = None


class Explanations:
    """Explains changes, at most six reads each."""

    def __init__(self, tenants: TenantStore, roster: Roster, scores: ScoreStore, clock: Clock) -> None:
        self._tenants, self._roster, self._scores, self._clock = tenants, roster, scores, clock

    def explain(
        self, tenant_id: TenantId, client: RecordId, first: Day | None, last: Day | None, model: Model | None
    ) -> Explained:
        """The change from a date (None: 30 days ago) to another (None: now, computed from the facts).

        Raises NotFoundError for an unknown client and where a side has no result of the last 7 days.
        """
        tenant, now = self._tenants.get(tenant_id), self._clock()
        seat = seat_of(self._roster, tenant_id, client)
        moment = Moment.at(now, tenant.zone, tenant.settings.business_hours)
        since = moment.today - BASELINE_NEWEST_DAYS if first is None else first
        days = [since] if last is None else [since, last]
        entries = self._entries(tenant, client, seat, days, now)
        before = _newest(entries, since, client)
        after = self._now(tenant, client, seat, moment) if last is None else _Result(_newest(entries, last, client))
        chosen: Model = model or tenant.primary_model
        return Explained(chosen, before, after.entry, self._explanation(tenant, chosen, before, after))

    def _entries(
        self, tenant: Tenant, client: RecordId, seat: Seat, days: Sequence[Day], now: Instant
    ) -> list[HistoryEntry]:
        """The history of the last 7 days of each date."""
        page = page_of(seat.number)
        wanted = {day - age for day in days for age in range(STALE_DAYS + 1)}
        entries = entries_of(seat, self._scores.snapshots_of(tenant.id, page, sorted(wanted), now))
        for day in days:
            span = day - STALE_DAYS, day
            entries += islice(
                self._scores.newest_calculations(tenant.id, page, client, *span, CALCULATIONS_READ, now), 1
            )
        return entries

    def _now(self, tenant: Tenant, client: RecordId, seat: Seat, moment: Moment) -> _Result:
        """The result as of now, with the sentences of its facts."""
        facts = self._roster.client_facts(tenant.id, client, seat)
        evaluation = evaluate(facts, tenant.connected, tenant.settings.scoring, moment)
        if evaluation is None:
            raise NotFoundError(f"The client {client} is not scored now.")
        open_rows = open_ticket_rows(facts.tickets, moment.as_of, tenant.settings.scoring.ticket_open_until)
        activity = evaluation.activities[DEFAULT_PERIOD_INDEX]
        stamp = stamp_of(tenant.settings, tenant.connected)
        return _Result(
            HistoryEntry(
                date=moment.today, as_of=moment.as_of, trigger="manual", stamp=stamp, scores=scores_of(evaluation)
            ),
            factor_sentences(activity, evaluation.standing, PERIODS[DEFAULT_PERIOD], tenant.connected),
            signal_sentences(weighted.readings(facts, open_rows, moment)),
        )

    def _explanation(self, tenant: Tenant, model: Model, before: HistoryEntry, after: _Result) -> Explanation:
        if model == "deduction":
            return explain_deduction(before.scores, after.entry.scores, after.factor_sentences)
        settings = self._settings(tenant, {before.stamp.settings_version, after.entry.stamp.settings_version})
        old, new = (
            WeightedSide(entry.scores, entry.stamp.sources, settings[entry.stamp.settings_version])
            for entry in (before, after.entry)
        )
        return explain_weighted(old, new, after.signal_sentences)

    def _settings(self, tenant: Tenant, versions: set[int]) -> dict[int, ScoringSettings]:
        settings = {tenant.settings.version: tenant.settings.scoring}
        earlier = versions - settings.keys()
        if earlier:
            stored = self._tenants.settings_versions(tenant.id, earlier)
            settings |= {version: each.scoring for version, each in stored.items()}
        return settings


def _newest(entries: Sequence[HistoryEntry], day: Day, client: RecordId) -> HistoryEntry:
    recent = [entry for entry in entries if day - STALE_DAYS <= entry.date <= day]
    if not recent:
        raise NotFoundError(f"The client {client} has no score of that date or the {STALE_DAYS} days before it.")
    return max(recent, key=lambda entry: (entry.date, entry.as_of))
