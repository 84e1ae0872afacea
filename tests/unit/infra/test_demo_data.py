"""The demo portfolio: reproducible, complete and readable by the import."""

from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from chalicelib.importing.fields import LAYOUTS
from chalicelib.importing.rows import Record
from infra.local.demo_data import INDUSTRIES, demo_records, write_demo_data
from tests.unit.infra.test_own_format import imports
from tests.unit.infra.test_own_format import records as read_records

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return demo_records(today=TODAY)


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_demo_data(tmp_path / name, today=TODAY, clients=12)
    write_demo_data(tmp_path / "other", today=TODAY, clients=12, seed=8)
    files = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two")]
    assert files[0] == files[1]
    assert (tmp_path / "other" / "tickets.csv").read_bytes() != files[0]["tickets.csv"]


def test_the_import_reads_it_without_a_fault(tmp_path: Path) -> None:
    write_demo_data(tmp_path, today=TODAY, clients=12)
    assert [file.map.layout for file in imports(tmp_path)] == list(LAYOUTS)
    read = read_records(tmp_path)
    clients = {record["id"] for record in read if record["type"] == "client"}
    assert {record["client_id"] for record in read if "client_id" in record} <= clients


@pytest.mark.parametrize("clients", [1, 2, 30])
def test_it_has_as_many_clients_as_asked_for(clients: int) -> None:
    counts = Counter(record["type"] for record in demo_records(today=date(2024, 2, 29), clients=clients))
    assert counts["client"] == clients


def test_it_is_of_the_size_and_mix_of_a_real_one(records: list[Record]) -> None:
    clients = [record for record in records if record["type"] == "client"]
    assert 10_000 < len(records) < 25_000
    assert len({client["name"] for client in clients}) == len(clients) == 120
    assert {client["industry"] for client in clients} == set(INDUSTRIES)
    assert {client["status"] for client in clients} == {"ACTIVE", "AT_RISK", "INACTIVE", "CHURNED"}
    assert any(client.get("archived") for client in clients)
    unassigned = [client for client in clients if "account_manager_id" not in client]
    assert 0 < len(unassigned) < 20


def test_ids_count_up_by_date_over_all_clients(records: list[Record]) -> None:
    tickets = sorted((record for record in records if record["type"] == "ticket"), key=lambda record: record["id"])
    assert [ticket["created_at"] for ticket in tickets] == sorted(ticket["created_at"] for ticket in tickets)
    assert tickets[0]["id"] == "T0000001"
    identities = Counter((record["type"], record["id"]) for record in records)
    assert max(identities.values()) == 1


def test_nothing_has_happened_after_the_day_before(records: list[Record]) -> None:
    happened = ("created_at", "first_response_at", "resolved_at", "closed_at", "responded_at", "occurred_at")
    done = ("paid_on", "completed_on", "recorded_on")
    for record in records:
        for field in (*happened, *done):
            assert record.get(field, "") < TODAY.isoformat()
        if record["type"] == "qbr" and record["status"] != "SCHEDULED":
            assert record["held_on"] < TODAY.isoformat()
        assert record.get("billable_hours", 0) >= 0


def test_no_fact_is_older_than_its_client(records: list[Record]) -> None:
    since = {record["id"]: record["client_since"] for record in records if record["type"] == "client"}
    for record in records:
        for field in ("created_at", "occurred_at", "issued_on", "start_date", "held_on", "recorded_on"):
            if field in record and record["type"] != "client":
                # A ticket may be logged after the call; never the day before.
                assert record[field] >= since[record["client_id"]]


def test_some_clients_have_gone_silent_and_some_have_a_backlog(records: list[Record]) -> None:
    scored = {
        record["id"]
        for record in records
        if record["type"] == "client" and record["status"] in ("ACTIVE", "AT_RISK") and not record.get("archived")
    }
    newest: dict[str, str] = {}
    overdue: dict[str, int] = defaultdict(int)
    for record in records:
        if record["type"] == "ticket" and record["client_id"] in scored:
            newest[record["client_id"]] = max(record["created_at"], newest.get(record["client_id"], ""))
            overdue[record["client_id"]] += "closed_at" not in record and record["due_at"] < f"{TODAY}"
    assert sum(at < "2026-09-22" for at in newest.values()) >= 5
    assert sum(count >= 5 for count in overdue.values()) >= 8
    assert sum(count == 0 for count in overdue.values()) >= 50
