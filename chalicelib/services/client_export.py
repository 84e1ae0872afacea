"""Export: everything that is held of one client, as one JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chalicelib.domain.blocks import other_blocks
from chalicelib.domain.facts import Instant
from chalicelib.domain.records import FACT_TYPES, client_record_json, fact_json, standing_records
from chalicelib.domain.roster import page_of
from chalicelib.domain.times import FIRST_DAY, LAST_DAY, LAST_INSTANT, format_day, format_instant, format_timestamp
from chalicelib.services.known_clients import seat_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.domain.activities import Author, JournalEntry
    from chalicelib.domain.alerts import Alert
    from chalicelib.domain.blocks import Seat
    from chalicelib.domain.history import HistoryEntry, Scores, Stamp
    from chalicelib.domain.ids import RecordId, TenantId
    from chalicelib.domain.tasks import Task
    from chalicelib.services.ports.alerts import AlertStore
    from chalicelib.services.ports.aliases import AliasStore
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.journal import JournalStore
    from chalicelib.services.ports.scores import ScoreStore
    from chalicelib.services.ports.tasks import TaskStore

CHUNK: Final = 100
ALWAYS: Final = Instant(0)
"""A time at which nothing has expired yet: what DynamoDB has not deleted is held."""


class ClientExport:
    """Reads all stores that hold something of a client; writes none."""

    def __init__(
        self,
        *,
        roster: Roster,
        aliases: AliasStore,
        scores: ScoreStore,
        alerts: AlertStore,
        journal: JournalStore,
        tasks: TaskStore,
    ) -> None:
        self._roster, self._aliases, self._scores = roster, aliases, scores
        self._alerts, self._journal, self._tasks = alerts, journal, tasks

    def document(self, tenant: TenantId, client: RecordId) -> dict[str, Any]:
        """Everything held of a client: its record, its names in other systems, its facts in the form of
        `POST /v1/records` (deleted ones too), every score, calculation, alert and task, and its journal.

        What it returns can be imported again. Raises NotFoundError for a client that the tenant does not have, and
        UnreadableClientError where something of it cannot be read.
        """
        seat = seat_of(self._roster, tenant, client)
        page = page_of(seat.number)
        stored = self._roster.clients(tenant, {client: seat}).get(client)
        return {
            "tenant_id": tenant,
            "client_id": client,
            "client": None if stored is None else client_record_json(stored.client, stored.updated_at),
            "at_risk_since": _instant(None if stored is None else stored.client.at_risk_since),
            "aliases": [
                {"source": alias.source, "value": alias.value} for alias in self._aliases.of_client(tenant, client)
            ],
            "records": list(self._records(tenant, client, seat)),
            "snapshots": list(self._snapshots(tenant, seat)),
            "calculations": [
                _calculation(entry)
                for entry in self._scores.calculations(tenant, page, client, Instant(0), LAST_INSTANT, ALWAYS)
            ],
            "alerts": [
                _alert(alert) for alert in self._alerts.newest(tenant, None, CHUNK) if alert.client_id == client
            ],
            "journal": [_entry(entry) for entry in self._journal.newest(tenant, page, client, None, CHUNK)],
            "tasks": [_task(task) for task in self._tasks.newest(tenant, None, CHUNK) if task.client_id == client],
        }

    def _records(self, tenant: TenantId, client: RecordId, seat: Seat) -> Iterator[dict[str, Any]]:
        """Each record once, by reads that see every acknowledged write."""
        others = self._roster.blocks(tenant, other_blocks(client, seat))
        blocks = [*self._roster.tickets(tenant, client, seat).values(), *others.values()]
        for name, records in standing_records(block.records for block in blocks).items():
            yield from (fact_json(FACT_TYPES[name], client, record) for record in records.values())

    def _snapshots(self, tenant: TenantId, seat: Seat) -> Iterator[dict[str, Any]]:
        for snapshot in self._scores.snapshots(tenant, page_of(seat.number), FIRST_DAY, LAST_DAY, ALWAYS):
            if seat.number in snapshot.scores:
                scored = _scores(snapshot.scores[seat.number], snapshot.stamp)
                yield {"date": format_day(snapshot.date), "as_of": format_instant(snapshot.as_of), **scored}


def _calculation(entry: HistoryEntry) -> dict[str, Any]:
    return {
        "date": format_day(entry.date),
        "as_of": format_instant(entry.as_of),
        "trigger": entry.trigger,
        **_scores(entry.scores, entry.stamp),
    }


def _scores(scores: Scores, stamp: Stamp) -> dict[str, Any]:
    return {
        "client_health": scores.deduction,
        "health_score": scores.weighted,
        "coverage": scores.coverage,
        "factor_points": list(scores.factor_points),
        "signal_points": list(scores.signal_points),
        "settings_version": stamp.settings_version,
        "sources": list(stamp.sources),
    }


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "as_of": format_instant(alert.as_of),
        "model": alert.model,
        "score": alert.score,
        "previous_score": alert.previous_score,
        "band": alert.band,
        "account_manager_id": alert.account_manager_id,
        "rules": [reason.rule for reason in alert.reasons],
        "sentence": alert.sentence,
        "status": alert.status,
        "published_at": _instant(alert.published_at),
    }


def _entry(entry: JournalEntry) -> dict[str, Any]:
    """What was logged; the records that activities are stand among the records."""
    activity = entry.activity
    return {
        "id": entry.id,
        "kind": activity.kind,
        "occurred_at": _instant(activity.occurred),
        "held_on": None if activity.held is None else format_day(activity.held),
        "with_decision_maker": activity.decision_maker,
        "status": activity.status,
        "text": activity.text,
        "by": _author(entry.by),
        "logged_at": format_timestamp(entry.logged_at),
        "change": entry.change,
        "withdrawn_at": None if entry.withdrawn_at is None else format_timestamp(entry.withdrawn_at),
        "withdrawn_by": _author(entry.withdrawn_by),
    }


def _author(author: Author | None) -> dict[str, str] | None:
    return None if author is None else author._asdict()


def _task(task: Task) -> dict[str, Any]:
    return {**task._asdict(), "due_on": None if task.due_on is None else format_day(task.due_on)}


def _instant(instant: Instant | None) -> str | None:
    return None if instant is None else format_instant(instant)
