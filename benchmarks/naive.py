"""The naive night: what a straightforward design would store and do, on the same facts and with the same scores.

A message and an invocation per client. One item per ticket and per fact, with full attribute names and ISO times, read
by one query per client; settings and baseline read per client; a snapshot and a current row per client, each with one
index that projects all attributes, put one by one. What the description leaves open is decided in favour of the naive
night: finding the clients to send costs nothing, an index never moves an entry (its key is unchanged, so a put costs
one index write, not two), and no run is tracked.

`NaiveNight` does it for real, against any DynamoDB and SQS. Its costs for a whole fleet are computed by the meter's
rules from the very items, without storing them; on a few clients both are compared, call by call.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import boto3
from boto3.dynamodb.types import TypeDeserializer

from benchmarks.emulator import put_item
from benchmarks.loading import sent
from benchmarks.stack import TENANT, Stack
from benchmarks.workload import AS_OF, ZONE, Record
from chalicelib.adapters.dynamodb.fact_codec import FACTS_FIELDS
from chalicelib.domain.deduction import FACTORS, Activity
from chalicelib.domain.evaluation import Evaluation, evaluate
from chalicelib.domain.facts import Client, Facts, Instant, Ticket, Tickets
from chalicelib.domain.moment import PERIODS, Moment
from chalicelib.domain.records import FACT_TYPES, row_of
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.settings import SIGNAL_SOURCE, SIGNALS, Settings
from chalicelib.domain.settings_resources import settings_json
from chalicelib.domain.time_zones import ZoneInfo
from chalicelib.services.client_intake import client_of
from infra.meter import Item, item_size, read_units, write_units

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

CALLS_PER_CLIENT: Final = 6
"""A message; then settings, facts and baseline read, snapshot and current row put."""

BASELINE_DAYS: Final = 30
SOURCES: Final = tuple(dict.fromkeys(SIGNAL_SOURCE))
OWN_ATTRIBUTES: Final = frozenset({"pk", "sk", "tenant_id"})
DESERIALIZER: Final = TypeDeserializer()
WRITES_PER_PUT: Final = 2
"""The item, and its entry in the index, which holds all of it."""


# --- items ---


def value(held: Any) -> dict[str, Any]:
    """A plain value as an attribute value; absent ones are stored as such."""
    match held:
        case bool():
            return {"BOOL": held}
        case str():
            return {"S": held}
        case None:
            return {"NULL": True}
        case dict():
            return {"M": item(held)}
        case list():
            return {"L": list(map(value, held))}
    return {"N": str(held)}


def item(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value(held) for name, held in attributes.items()}


def plain(raw: Item) -> dict[str, Any]:
    """An item's plain values, as boto3's resources give them."""
    return {name: DESERIALIZER.deserialize(held) for name, held in raw.items()}


def partition(client_id: str) -> str:
    return f"TENANT#{TENANT}#CLIENT#{client_id}"


def record_item(record: Record) -> dict[str, Any]:
    """A client, ticket or other fact: the record as it came, under the client's partition."""
    client_id: str = record["client_id"] if "client_id" in record else record["id"]
    sort_key = f"{record['type'].upper()}#{record['id']}"
    return item({"pk": partition(client_id), "sk": sort_key, "tenant_id": TENANT, "client_id": client_id, **record})


def settings_key() -> dict[str, Any]:
    return item({"pk": f"TENANT#{TENANT}", "sk": "SETTINGS"})


def snapshot_key(client_id: str, as_of: datetime) -> dict[str, Any]:
    return item({"pk": f"{partition(client_id)}#SNAPSHOTS", "sk": f"SNAPSHOT#{as_of:%Y-%m-%d}"})


def settings_item() -> dict[str, Any]:
    document = {**settings_json(Settings()), "version": 1, "time_zone": ZONE, "tenant_id": TENANT}
    return {**settings_key(), **item(document)}


def snapshot_item(client: Client, evaluation: Evaluation, as_of: datetime, version: int) -> dict[str, Any]:
    """About 1.5 KB: the scores with every factor and signal by name."""
    return snapshot_key(client.id, as_of) | item(
        {
            "tenant_id": TENANT,
            "client_id": client.id,
            "client_name": client.name,
            "snapshot_date": f"{as_of:%Y-%m-%d}",
            "calculated_at": as_of.isoformat(),
            "trigger": "nightly",
            "settings_version": version,
            **_scores(evaluation),
            "expires_at": int((as_of + timedelta(days=730)).timestamp()),
        }
    )


def current_item(
    client: Client, evaluation: Evaluation, as_of: datetime, version: int, velocity: int | None
) -> dict[str, Any]:
    """About 2 KB: the client, its scores and what each selectable period shows."""
    standing = evaluation.standing
    revenue = client.monthly_recurring_revenue
    return item(
        {
            "pk": f"TENANT#{TENANT}#CURRENT",
            "sk": f"CLIENT#{client.id}",
            "tenant_id": TENANT,
            "client_id": client.id,
            "client_name": client.name,
            "client_status": client.status,
            "industry": client.industry,
            "account_manager_id": client.account_manager_id,
            "monthly_recurring_revenue": None if revenue is None else revenue._asdict(),
            "calculated_at": as_of.isoformat(),
            "settings_version": version,
            **_scores(evaluation),
            "velocity_30_days": velocity,
            "open_tickets": standing.open_tickets,
            "overdue_tickets": standing.overdue_tickets,
            "days_since_last_activity": standing.last_activity_days,
            "contract_expiring": standing.contract_expiring,
            "periods": {period: _activity(found) for period, found in zip(PERIODS, evaluation.activities, strict=True)},
        }
    )


def _scores(evaluation: Evaluation) -> dict[str, Any]:
    deduction = evaluation.deduction()
    return {
        "deduction_score": deduction.score,
        "deduction_status": deduction.status,
        "weighted_score": evaluation.weighted_score,
        "coverage_percent": evaluation.coverage,
        "factors": [
            {"code": name, "label": name.replace("_", " ").title(), "points": points}
            for name, points in zip(FACTORS, deduction.points, strict=True)
        ],
        "signals": [
            {
                "code": name,
                "label": name.replace("_", " ").title(),
                "source": source,
                "weight": weight / 100,
                "points": points,
            }
            for name, source, weight, points in zip(
                SIGNALS, SIGNAL_SOURCE, Settings().scoring.weights, evaluation.signal_points, strict=True
            )
        ],
    }


def _activity(activity: Activity) -> dict[str, Any]:
    return {
        "tickets": activity.tickets,
        "previous_tickets": activity.previous_tickets,
        "average_first_response_hours": activity.response_hours,
        "revenue": [{"currency": currency, "amount": amount} for currency, amount in activity.revenue],
    }


# --- scoring ---


def facts_of(records: Iterable[Record]) -> Facts:
    """The domain's facts from the plain values of items, each parsed alone."""
    client: Client | None = None
    tickets: list[Ticket] = []
    others: dict[str, list[Any]] = {}
    for place, held in enumerate(records):
        record = sent(place, {name: value for name, value in held.items() if name not in OWN_ATTRIBUTES})
        if record.type == "client":
            client = client_of(record)
            continue
        row = row_of(FACT_TYPES[record.type], {**record.fields, "id": record.id})
        if record.type == "ticket":
            tickets.append(row)
        else:
            others.setdefault(FACTS_FIELDS[record.type], []).append(row)
    assert client is not None
    return Facts(client, Tickets.of(tickets), **others)


class NaiveNight:
    """The trigger and the worker, on a table of their own."""

    def __init__(self, dynamodb: "DynamoDBClient", sqs: "SQSClient", table: str, queue_url: str) -> None:
        self._dynamodb: Any = dynamodb
        self._sqs, self._table, self._queue_url = sqs, table, queue_url

    def trigger(self, clients: Iterable[str]) -> None:
        for client_id in clients:
            self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=client_id)

    def work(self, client_id: str, as_of: datetime) -> Evaluation:
        """One invocation: one client."""
        settings = self._get(settings_key())
        facts = facts_of(map(plain, self._query(partition(client_id))))
        before = self._get(snapshot_key(client_id, as_of - timedelta(days=BASELINE_DAYS)))
        evaluation = scored(facts, as_of)
        velocity = None if before is None else evaluation.deduction().score - int(before["deduction_score"])
        version = int(settings["version"])
        self._put(snapshot_item(facts.client, evaluation, as_of, version))
        self._put(current_item(facts.client, evaluation, as_of, version, velocity))
        return evaluation

    def _get(self, key: dict[str, Any]) -> Any:
        answer = self._dynamodb.get_item(TableName=self._table, Key=key)
        return plain(answer["Item"]) if "Item" in answer else None

    def _query(self, partition_key: str) -> list[Item]:
        answer = self._dynamodb.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition_key}},
        )
        assert "LastEvaluatedKey" not in answer
        found: list[Item] = answer["Items"]
        return found

    def _put(self, new: dict[str, Any]) -> None:
        self._dynamodb.put_item(TableName=self._table, Item=new)


def scored(facts: Facts, as_of: datetime) -> Evaluation:
    """The very same rules: only storage and flow are naive."""
    settings = Settings()
    moment = Moment.at(Instant(int(as_of.timestamp())), ZoneInfo(ZONE), settings.business_hours)
    evaluation = evaluate(facts, SOURCES, settings.scoring, moment)
    assert evaluation is not None
    return evaluation


# --- costs ---


@dataclass
class NaiveCost:
    """The costs of a night, and the sizes behind them."""

    clients: int = 0
    calls: int = 0
    write: int = 0
    read: float = 0
    ticket_bytes: list[int] = field(default_factory=list)
    fact_bytes: list[int] = field(default_factory=list)
    snapshot_bytes: list[int] = field(default_factory=list)
    current_bytes: list[int] = field(default_factory=list)

    def add(self, records: Sequence[Record], client: Client, evaluation: Evaluation, as_of: datetime) -> None:
        """Adds the night of one client with all its records; its baseline is as large as its snapshot."""
        snapshot = item_size(snapshot_item(client, evaluation, as_of, 1))
        current = item_size(current_item(client, evaluation, as_of, 1, 0))
        sizes = [item_size(record_item(record)) for record in records]
        self.clients += 1
        self.calls += CALLS_PER_CLIENT
        self.read += read_units(item_size(settings_item())) + read_units(sum(sizes)) + read_units(snapshot)
        self.write += WRITES_PER_PUT * (write_units(snapshot) + write_units(current))
        self.snapshot_bytes.append(snapshot)
        self.current_bytes.append(current)
        for record, size in zip(records, sizes, strict=True):
            if record["type"] == "ticket":
                self.ticket_bytes.append(size)
            elif record["type"] != "client":
                self.fact_bytes.append(size)


def by_client(records: Iterable[Record]) -> dict[str, list[Record]]:
    """The records of each client, its own first."""
    found: dict[str, list[Record]] = {}
    for record in records:
        if record["type"] != "account_manager":
            found.setdefault(record["client_id"] if "client_id" in record else record["id"], []).append(record)
    return found


def naive_cost(
    records: Mapping[str, Sequence[Record]],
    rows: Mapping[str, CurrentRow],
    as_of: datetime,
    done: Callable[[int], None] = lambda _: None,
) -> NaiveCost:
    """The costs of a whole fleet, by its items, with the scores of the service; `done` is told of each client."""
    cost = NaiveCost()
    for client_id, held in records.items():
        row = rows[client_id]
        cost.add(held, row.client, _evaluation(row), as_of)
        done(1)
    return cost


def _evaluation(row: CurrentRow) -> Evaluation:
    assert row.evaluation is not None
    return row.evaluation


def checked(stack: Stack, records: Mapping[str, Sequence[Record]], rows: Mapping[str, CurrentRow]) -> NaiveCost:
    """Runs the naive night for real, on a few clients: its counted costs must be the computed ones, its scores the
    service's."""
    table, queue_url = stack.new_table("naive"), stack.new_queue("naive")
    evaluations = {client_id: _evaluation(rows[client_id]) for client_id in records}
    stored = [settings_item(), *(record_item(record) for held in records.values() for record in held)]
    for client_id, evaluation in evaluations.items():
        before = AS_OF - timedelta(days=BASELINE_DAYS)
        stored.append(snapshot_item(rows[client_id].client, evaluation, before, 1))
    for held in stored:
        put_item(table, held)
    night = NaiveNight(boto3.client("dynamodb"), boto3.client("sqs"), table, queue_url)
    with stack.meter.counting() as counted:
        night.trigger(records)
        found = {client_id: night.work(client_id, AS_OF) for client_id in records}
    computed = naive_cost(records, rows, AS_OF)
    assert counted.call_count == computed.calls
    assert counted.read == computed.read
    assert WRITES_PER_PUT * counted.write == computed.write
    assert found == evaluations
    return computed
