"""Records in, nightly runs through the queue, results back over HTTP: every number against the slow reference."""

import csv
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from infra.deployment.packaging import ROOT
from infra.local import runs
from infra.local.demo_data import demo_records, write_demo_data
from tests.e2e.conftest import LocalStack
from tests.reference import history as reference_history
from tests.reference.explanation import explain
from tests.reference.inputs import (
    default_settings,
    exact,
    folded_industry,
    instant,
    local_date,
    no_business_hours,
    rounded,
    rounded_integer,
)
from tests.reference.portfolio import portfolio
from tests.reference.scoring import auto_sources, resolved_primary_model, score_client

Document = dict[str, Any]

MODELS: Final = ("deduction", "weighted")
ROME: Final = "Europe/Rome"
SETTINGS: Final = default_settings()
WHOM_ALERTS_REACH: Final = frozenset({"unknown_account_manager", "account_manager_not_reached"})
"""Flaws that come of subscriptions, of which the reference knows nothing."""

HELPDESK_DATES: Final = [date(2012, 5, 20), date(2012, 6, 19), date(2013, 2, 1), date(2013, 3, 3)]
"""Two pairs, each 30 days apart: the later one of each has a velocity."""


@dataclass
class Tenant:
    """A tenant of the stack in Rome, what was imported into it, and the nights it was scored for, the oldest first."""

    stack: LocalStack
    id: str
    records: Sequence[Document]
    days: list[date]
    token: str
    _expected: dict[tuple[str, datetime], Document] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sources = auto_sources(self.records)
        self.clients = {record["id"]: record for record in self.records if record["type"] == "client"}
        self._own: dict[str, list[Document]] = {client: [record] for client, record in self.clients.items()}
        for record in self.records:
            if "client_id" in record:
                self._own[record["client_id"]].append(record)

    @property
    def nights(self) -> list[datetime]:
        return [night_of(day) for day in self.days]

    def get(self, path: str, method: str = "GET") -> Any:
        """A JSON answer, its numbers exact."""
        answer = self.stack.call(method, f"/v1{path}", self.token)
        assert answer.status == 200, (path, answer)
        return json.loads(answer.body, parse_float=Decimal)

    def expected(self, client: str, at: datetime) -> Document:
        """The reference's answer."""
        if (client, at) not in self._expected:
            self._expected[client, at] = score_client(
                self._own[client], client, SETTINGS, no_business_hours(), ROME, at, self.sources
            )
        return self._expected[client, at]

    def result(self, client: str, at: datetime, model: str) -> Document | None:
        """Of one model; None for a client that was not scored then."""
        found: Document | None = self.expected(client, at)[model]
        return found

    def velocity(self, client: str, at: datetime, model: str) -> reference_history.Velocity:
        """Of a result against the nights this tenant was scored for."""
        entries = [
            {**result, "date": f"{day}", "trigger": "nightly"}
            for day in self.days
            if (result := self.result(client, night_of(day), model)) is not None
        ]
        now, baseline = (
            self.result(client, at, model),
            reference_history.baseline_snapshot(entries, local_date(at, ROME)),
        )
        assert now is not None
        if model == "deduction":
            return reference_history.deduction_velocity(now, baseline)
        return reference_history.velocity(now, baseline, SETTINGS)

    def scores(self, at: datetime, model: str) -> dict[str, int | None]:
        """Of all clients that were scored."""
        results = {client: self.result(client, at, model) for client in self.clients}
        return {client: result["score"] for client, result in results.items() if result is not None}


def night_of(day: date) -> datetime:
    """When the nightly function fires; the date is Rome's, too."""
    return datetime(day.year, day.month, day.day, 2, tzinfo=UTC)


def text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


# ---- the tenants ---------------------------------------------------------------------------------------


def read_folder(folder: Path) -> list[Document]:
    """The records of the help desk's files, all of whose fields are text."""
    records: list[Document] = []
    for kind in ("account_manager", "client", "ticket"):
        with (folder / f"{kind}s.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                record = {name: cell for name, cell in row.items() if cell}
                records.append({"type": kind, "id": record.pop(f"{kind}_id"), **record})
    return records


def imported(stack: LocalStack, name: str, folder: Path, records: Sequence[Document], days: Sequence[date]) -> Tenant:
    """A tenant of this name with the folder's records, scored for these days."""
    stack.cli("tenant", name, "--time-zone", ROME)
    stack.cli("import", "--tenant", name, str(folder))
    for day in days:
        stack.cli("score", "--tenant", name, "--date", f"{day}")
    return Tenant(stack, name, records, list(days), stack.token(name))


@pytest.fixture(scope="module")
def helpdesk(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Tenant:
    """Four years of a real help desk, at dates long past; elsewhere a generated portfolio of these years."""
    folder = Path(os.environ.get("HELPDESK_DIR") or ROOT.parent / "shared/data/helpdesk")
    if (folder / "tickets.csv").is_file():
        return imported(stack, "helpdesk", folder, read_folder(folder), HELPDESK_DATES)
    folder, last = tmp_path_factory.mktemp("helpdesk"), HELPDESK_DATES[-1]
    write_demo_data(folder, today=last, clients=60)
    return imported(stack, "helpdesk", folder, demo_records(today=last, clients=60), HELPDESK_DATES)


@pytest.fixture(scope="module")
def generated(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Tenant:
    """All record types, up to yesterday, scored lately but too long ago for alerts."""
    today, folder = datetime.now(UTC).date(), tmp_path_factory.mktemp("generated")
    write_demo_data(folder, today=today, clients=12)
    records = demo_records(today=today, clients=12)
    return imported(stack, "generated", folder, records, [today - timedelta(days=ago) for ago in (32, 2)])


@pytest.fixture
def small(stack: LocalStack, new_tenant: Callable[..., str], tmp_path: Path, request: pytest.FixtureRequest) -> Tenant:
    """A tenant of the test's own, not yet scored, whose refreshes after the import are over."""
    today = date(2026, 3, 2)
    write_demo_data(tmp_path, today=today, clients=5)
    name = new_tenant(ROME)
    stack.cli("import", "--tenant", name, str(tmp_path))
    tenant = Tenant(stack, name, demo_records(today=today, clients=5), [], stack.token(name))
    wait_until_idle(stack)
    return tenant


# ---- what the stack holds ------------------------------------------------------------------------------


def until(what: str, holds: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)


def queued(stack: LocalStack, queue: str) -> int:
    """Messages of a queue: waiting, delayed or in work."""
    names = [f"ApproximateNumberOfMessages{which}" for which in ("", "Delayed", "NotVisible")]
    found = stack.aws("sqs").get_queue_attributes(QueueUrl=stack.outputs[queue], AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def wait_until_idle(stack: LocalStack) -> None:
    until("the queue is empty", lambda: queued(stack, "QueueUrl") == 0)


def stored(tenant: Tenant) -> dict[tuple[str, str], Document]:
    """Every item of the tenant's partitions, byte by byte."""
    pages = tenant.stack.aws("dynamodb").get_paginator("scan").paginate(TableName=tenant.stack.outputs["TableName"])
    own = f"T#{tenant.id}"
    items = (item for page in pages for item in page["Items"])
    return {
        (item["pk"]["S"], item["sk"]["S"]): item
        for item in items
        if item["pk"]["S"] == own or item["pk"]["S"].startswith(f"{own}#")
    }


def wait_until_relayed(tenant: Tenant) -> None:
    """A run leaves behind an order to publish its alerts, which the relay takes away once it was carried out."""
    until("the outbox is empty", lambda: not any(pk.endswith("#OUTBOX") for pk, _ in stored(tenant)))


def trigger(tenant: Tenant, day: date) -> None:
    """Fires the nightly function as EventBridge does."""
    event = {
        "version": "0",
        "id": "00000000-0000-0000-0000-000000000000",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": text(night_of(day)),
        "region": "eu-central-1",
        "resources": [],
        "detail": {"tenant_ids": [tenant.id]},
    }
    name = tenant.stack.outputs["NightlyFunctionName"]
    answer = tenant.stack.aws("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    assert "FunctionError" not in answer, answer["Payload"].read()


def trigger_twice_at_once(tenant: Tenant, day: date) -> None:
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(trigger, tenant, day) for _ in range(2)]:
            done.result()


def wait_for_run(tenant: Tenant, day: date) -> None:
    table = tenant.stack.outputs["TableName"]
    runs.wait_for_run(tenant.stack.aws("dynamodb"), table, tenant.id, day, seconds=90)


# ---- comparisons ---------------------------------------------------------------------------------------


def check_histories(tenant: Tenant) -> None:
    """Scores, statuses, coverage, factors and signals of every client on every night, as the API tells them."""
    first = min(tenant.days)
    for client in tenant.clients:
        wanted = [
            {
                "date": f"{day}",
                "as_of": text(night_of(day)),
                "trigger": "nightly",
                "settings_version": 1,
                "deduction": {name: result["deduction"][name] for name in ("score", "status", "points")},
                "weighted": {
                    name: result["weighted"][name] for name in ("score", "band", "coverage", "provisional", "points")
                },
            }
            for day in reversed(tenant.days)
            if (result := tenant.expected(client, night_of(day)))["scored"]
        ]
        found = tenant.get(f"/clients/{client}/history?from={first}")
        nightly = [entry for entry in found["items"] if entry["trigger"] == "nightly"]
        assert (nightly, found["next_cursor"]) == (wanted, None), client


def check_portfolio(tenant: Tenant, model: str) -> None:
    """The health dashboard as of the last night."""
    day, at = tenant.days[-1], tenant.nights[-1]
    wanted = portfolio(tenant.records, SETTINGS, no_business_hours(), ROME, at, model)
    found = tenant.get(f"/analytics/portfolio?model={model}")

    assert (found["model"], found["computed_at"]) == (model, text(at))
    assert [{name: band[name] for name in ("band", "count", "share")} for band in found["bands"]] == wanted["bands"]
    assert found["average_score"] == wanted["average_score"]
    assert found["insufficient_data"] == wanted["insufficient_data"]
    industries = [{**row, "industry": folded_industry(row["industry"])} for row in found["average_by_industry"]]
    assert sorted(industries, key=lambda row: str(row["industry"])) == wanted["average_by_industry"]
    revenue = found["revenue_by_band"]
    money = {(row["band"], row["currency"]): Decimal(row["monthly_recurring_revenue"]) for row in revenue}
    assert len(money) == len(revenue)
    assert money == wanted["revenue_by_band"]

    members = [
        {
            "client_id": client,
            "name": tenant.clients[client]["name"],
            "score": score,
            "velocity": tenant.velocity(client, at, model)[0],
        }
        for client, score in tenant.scores(at, model).items()
    ]
    assert found["fastest_declining"] == reference_history.fastest_declining(members)
    fleets = {
        f"{of}": [score for score in tenant.scores(night_of(of), model).values() if score is not None]
        for of in tenant.days
    }
    held = {of: {"sum": sum(fleet), "count": len(fleet), "settings_version": 1} for of, fleet in fleets.items()}
    assert found["average_score_change"] == reference_history.month_over_month(fleets[f"{day}"], held, day, 1)
    check_fleet_trend(tenant, model, found["trend"])


def check_fleet_trend(tenant: Tenant, model: str, trend: Sequence[Document]) -> None:
    """The 90 days up to the last night."""
    wanted = []
    for day in tenant.days:
        if (tenant.days[-1] - day).days < 90:
            then = portfolio(tenant.records, SETTINGS, no_business_hours(), ROME, night_of(day), model)
            bands = {band["band"]: band["count"] for band in then["bands"]}
            wanted.append({"date": f"{day}", "average_score": then["average_score"], "bands": bands})
    assert trend == wanted


def shown(signal: str, value: Any) -> Any:
    """The reference's value of a signal as a card tells it."""
    if signal == "csat_nps_trend":
        return {kind.lower(): rounded_integer(held["level"]) for kind, held in value.items() if held is not None}
    if signal in ("billable_utilization", "contract_utilization_variance", "employee_growth"):
        return rounded(100 * exact(value), 1)
    return value


def check_card(tenant: Tenant, client: str, card: Document) -> None:
    """Both models as of the instant the card names, and the client's place in its own past and among its peers."""
    at = instant(card["computed_at"])
    wanted = tenant.expected(client, at)

    quality = [
        tuple(flaw[name] for name in ("code", "record_type", "record_id"))
        for flaw in card["data_quality"]
        if flaw["code"] not in WHOM_ALERTS_REACH
    ]
    assert sorted(quality) == sorted(tuple(flaw.values()) for flaw in wanted["data_quality"])
    assert card["risk_indicators"] == wanted["risk_indicators"]
    assert card["primary_model"] == resolved_primary_model(SETTINGS, tenant.sources)
    if not wanted["scored"]:
        assert card["models"] is None
        return
    deduction, weighted = card["models"]["deduction"], card["models"]["weighted"]
    for name in ("score", "status"):
        assert deduction[name] == wanted["deduction"][name], name
    factors = [{name: row[name] for name in ("id", "value", "points")} for row in deduction["factors"]]
    assert factors == wanted["deduction"]["factors"]

    for name in ("score", "band", "coverage", "provisional"):
        assert weighted[name] == wanted["weighted"][name], name
    assert decimal(weighted["exact_score"]) == wanted["weighted"]["exact_score"]
    for row, signal in zip(weighted["signals"], wanted["weighted"]["signals"], strict=True):
        for name in ("id", "points", "weight", "missing"):
            assert row[name] == signal[name], (name, signal)
        assert decimal(row["contribution"]) == signal["contribution"], signal
        if signal["points"] is not None:
            assert row["value"] == shown(signal["id"], signal["value"]), signal
    for model in MODELS:
        check_history_of_card(tenant, client, at, model, card["models"][model])


def check_history_of_card(tenant: Tenant, client: str, at: datetime, model: str, found: Document) -> None:
    score = found["score"]
    velocity = tenant.velocity(client, at, model)
    assert (found["velocity"], found["velocity_restated"], found["velocity_reason"]) == velocity, model
    assert found["projected_score"] == reference_history.projection(score, velocity[0]), model
    summary = [
        {"client_id": of, "industry": tenant.clients[of].get("industry"), "score": then}
        for of, then in tenant.scores(tenant.nights[-1], model).items()
    ]
    industry = tenant.clients[client].get("industry")
    assert found["peers"] == reference_history.peers(client, score, industry, summary), model


def decimal(cell: str | None) -> Decimal | None:
    return None if cell is None else Decimal(cell)


def check_explanation(tenant: Tenant, client: str, model: str) -> None:
    """Why the score moved between the last two nights."""
    before, after = tenant.nights[-2:]
    old, new = (tenant.result(client, at, model) for at in (before, after))
    if old is None or new is None:
        return
    days = f"from={tenant.days[-2]}&to={tenant.days[-1]}"
    found = tenant.get(f"/clients/{client}/explanation?{days}&model={model}")

    assert found["from"] == {"date": f"{tenant.days[-2]}", "score": old["score"]}, client
    assert found["to"] == {"as_of": text(after), "score": new["score"]}, client
    wanted = explain(model, old, new, SETTINGS, SETTINGS)
    parts = [{name: value for name, value in part.items() if name != "sentence"} for part in found["parts"]]
    assert {"change": found["change"], "parts": parts} == wanted, client


# ---- real records --------------------------------------------------------------------------------------


def test_the_help_desks_history_is_the_references(helpdesk: Tenant) -> None:
    scored = [len(helpdesk.scores(at, "deduction")) for at in helpdesk.nights]
    assert min(scored) > 30
    assert len({score for at in helpdesk.nights for score in helpdesk.scores(at, "deduction").values()}) > 5
    check_histories(helpdesk)


@pytest.mark.parametrize("model", MODELS)
def test_the_help_desks_dashboard_is_the_references(helpdesk: Tenant, model: str) -> None:
    check_portfolio(helpdesk, model)


def test_a_recalculated_client_of_the_help_desk(helpdesk: Tenant) -> None:
    tickets = [record["client_id"] for record in helpdesk.records if record["type"] == "ticket"]
    busiest = max(helpdesk.clients, key=tickets.count)

    card = helpdesk.get(f"/clients/{busiest}/recalculate", "POST")

    check_card(helpdesk, busiest, card)
    newest = helpdesk.get(f"/clients/{busiest}/history?limit=1")["items"][0]
    assert (newest["trigger"], newest["as_of"]) == ("manual", card["computed_at"])
    wanted = helpdesk.expected(busiest, instant(card["computed_at"]))
    assert newest["deduction"]["points"] == wanted["deduction"]["points"]
    assert newest["weighted"]["points"] == wanted["weighted"]["points"]


# ---- every record type ---------------------------------------------------------------------------------


def test_a_generated_history_is_the_references_in_all_nine_signals(generated: Tenant) -> None:
    results = [generated.result(client, at, "weighted") for client in generated.clients for at in generated.nights]
    present = {row["id"] for result in results if result for row in result["signals"] if row["missing"] is None}
    assert len(present) == 9
    check_histories(generated)


@pytest.mark.parametrize("model", MODELS)
def test_a_generated_dashboard_is_the_references(generated: Tenant, model: str) -> None:
    check_portfolio(generated, model)


def test_generated_cards_are_the_references(generated: Tenant) -> None:
    for client in generated.clients:
        check_card(generated, client, generated.get(f"/clients/{client}/health"))


@pytest.mark.parametrize("model", MODELS)
def test_generated_explanations_are_the_references(generated: Tenant, model: str) -> None:
    for client in generated.clients:
        check_explanation(generated, client, model)


# ---- once only -----------------------------------------------------------------------------------------


def test_a_date_scored_again_and_a_trigger_delivered_twice_change_no_stored_byte(
    small: Tenant, stack: LocalStack
) -> None:
    day = date(2026, 3, 1)
    trigger_twice_at_once(small, day)
    wait_for_run(small, day)
    wait_until_relayed(small)
    finished = stored(small)
    assert sum("SNAP" in sk for _, sk in finished) == 1, list(finished)
    small.days.append(day)
    check_histories(small)

    wait_until_idle(stack)
    wait_until_relayed(small)
    assert stored(small) == finished, "the second delivery"
    stack.cli("score", "--tenant", small.id, "--date", f"{day}")
    wait_until_idle(stack)
    wait_until_relayed(small)
    assert stored(small) == finished, "the same date again"
    trigger_twice_at_once(small, day)
    wait_until_idle(stack)
    wait_until_relayed(small)
    assert stored(small) == finished, "twice at once, long after"


# ---- bad input -----------------------------------------------------------------------------------------

POISON: Final = '{"schema_version": 99, "tenant_id": "nobody"}'
QUICK_SECONDS: Final = 8


@contextmanager
def held_queue(stack: LocalStack) -> Iterator[Callable[[], None]]:
    """The queue without its worker until the function it hands out is called, and failures that come back soon."""
    functions, messages = stack.aws("lambda"), stack.aws("sqs")
    name, url = stack.outputs["ScoreFunctionName"], stack.outputs["QueueUrl"]
    (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    usual = messages.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]

    def work() -> None:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    messages.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": f"{QUICK_SECONDS}"})
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield work
    finally:
        work()
        messages.set_queue_attributes(QueueUrl=url, Attributes=usual)


def test_a_poison_message_ends_among_the_dead_letters_alone(small: Tenant, stack: LocalStack) -> None:
    messages, url, dead = stack.aws("sqs"), stack.outputs["QueueUrl"], stack.outputs["DlqUrl"]
    day = date(2026, 3, 1)
    assert queued(stack, "DlqUrl") == 0

    # GIVEN a poison message that failed four times, and the pages of a night in the queue with it
    with held_queue(stack) as work:
        messages.send_message(QueueUrl=url, MessageBody=POISON)
        for _ in range(4):
            (taken,) = messages.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"]
            assert taken["Body"] == POISON
        trigger(small, day)
        assert queued(stack, "QueueUrl") == 2

        # WHEN the worker takes them
        work()

        # THEN the night is complete, and the poison alone is put aside
        wait_for_run(small, day)
        until("the poison is among the dead letters", lambda: queued(stack, "DlqUrl") > 0)
        wait_until_idle(stack)
    put_aside: Sequence[Mapping[str, str]] = messages.receive_message(QueueUrl=dead, MaxNumberOfMessages=10)["Messages"]
    for message in put_aside:
        messages.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
    assert [message["Body"] for message in put_aside] == [POISON]
    small.days.append(day)
    check_histories(small)
