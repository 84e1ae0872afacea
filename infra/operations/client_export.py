"""Export: everything that is held of one client, as one JSON document."""

from collections.abc import Iterator
from typing import Any

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.alerts import DynamoAlertStore
from chalicelib.adapters.dynamodb.aliases import DynamoAliasStore
from chalicelib.adapters.dynamodb.fact_codec import decode_records
from chalicelib.adapters.dynamodb.journal import DynamoJournalStore
from chalicelib.adapters.dynamodb.page_codec import decode_snapshot
from chalicelib.adapters.dynamodb.roster import DynamoRoster
from chalicelib.adapters.dynamodb.scores import DynamoScoreStore
from chalicelib.adapters.dynamodb.table import Table
from chalicelib.adapters.dynamodb.tasks import DynamoTaskStore
from chalicelib.domain.activities import Author, JournalEntry
from chalicelib.domain.alerts import Alert
from chalicelib.domain.blocks import Seat
from chalicelib.domain.facts import Instant
from chalicelib.domain.history import Scores, Stamp
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.records import FACT_TYPES, client_json, to_json
from chalicelib.domain.roster import page_of
from chalicelib.domain.tasks import Task
from chalicelib.domain.times import format_day, format_instant, format_timestamp
from infra.operations.errors import OperationError
from infra.operations.site import Site
from infra.operations.tenant_table import known_tenant, tenant_table

FIRST_DAY, LAST_DAY = 1, 3_652_059  # year 1 to year 9999
LAST_INSTANT = 253_402_300_799  # the end of year 9999
CHUNK = 100


def export_client(site: Site, tenant: TenantId, client: RecordId) -> dict[str, Any]:
    """Everything held of a client: its record, its names in other systems, its facts in the form of `POST /v1/records`
    (deleted ones too), every score, calculation, alert and task, and its journal. Reads only; what it answers can be
    imported again."""
    with tenant_table(site, tenant) as table:
        known_tenant(table, tenant)
        seat = seat_of(table, tenant, client)
        stored = DynamoRoster(table).clients(tenant, {client: seat}).get(client)
        return {
            "tenant_id": tenant,
            "client_id": client,
            "client": None if stored is None else client_json(stored.client, stored.updated_at),
            "at_risk_since": _instant(None if stored is None else stored.client.at_risk_since),
            "aliases": [
                {"source": alias.source, "value": alias.value}
                for alias in DynamoAliasStore(table).of_client(tenant, client)
            ],
            "records": list(_records(table, tenant, client, seat)),
            "snapshots": list(_snapshots(table, tenant, seat)),
            "calculations": list(_calculations(table, tenant, client, seat)),
            "alerts": [_alert(alert) for alert in alerts_of(table, tenant, client)],
            "journal": [_entry(entry) for entry in journal_of(table, tenant, client, seat)],
            "tasks": [_task(task) for task in tasks_of(table, tenant, client)],
        }


def seat_of(table: Table, tenant: TenantId, client: RecordId) -> Seat:
    """Raises OperationError for a client that the tenant does not have."""
    seat = DynamoRoster(table).seats(tenant, [client]).get(client)
    if seat is None:
        raise OperationError(f"tenant {tenant} has no client {client}")
    return seat


def alerts_of(table: Table, tenant: TenantId, client: RecordId) -> Iterator[Alert]:
    return (alert for alert in DynamoAlertStore(table).newest(tenant, None, CHUNK) if alert.client_id == client)


def tasks_of(table: Table, tenant: TenantId, client: RecordId) -> Iterator[Task]:
    return (task for task in DynamoTaskStore(table).newest(tenant, None, CHUNK) if task.client_id == client)


def journal_of(table: Table, tenant: TenantId, client: RecordId, seat: Seat) -> Iterator[JournalEntry]:
    return DynamoJournalStore(table).newest(tenant, page_of(seat.number), client, None, CHUNK)


def _records(table: Table, tenant: TenantId, client: RecordId, seat: Seat) -> Iterator[dict[str, Any]]:
    for item in table.query(keys.client_items(tenant, page_of(seat.number), client), consistent=True):
        if not isinstance(item.get("d"), bytes):
            continue  # the client's own record, or a part without records
        for name, held in decode_records(item["d"]).items():
            yield from (to_json(FACT_TYPES[name], client, record) for record in held.values())


def _snapshots(table: Table, tenant: TenantId, seat: Seat) -> Iterator[dict[str, Any]]:
    span = keys.snapshots(tenant, page_of(seat.number), FIRST_DAY, LAST_DAY)
    for item in table.query(span, consistent=True):
        snapshot = decode_snapshot(item["d"])
        if seat.number in snapshot.scores:
            scored = _scores(snapshot.scores[seat.number], snapshot.stamp)
            yield {"date": format_day(snapshot.date), "as_of": format_instant(snapshot.as_of), **scored}


def _calculations(table: Table, tenant: TenantId, client: RecordId, seat: Seat) -> Iterator[dict[str, Any]]:
    store = DynamoScoreStore(table)
    for entry in store.calculations(tenant, page_of(seat.number), client, 0, LAST_INSTANT, 0):
        scored = _scores(entry.scores, entry.stamp)
        yield {
            "date": format_day(entry.date),
            "as_of": format_instant(entry.as_of),
            "trigger": entry.trigger,
            **scored,
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
