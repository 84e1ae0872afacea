"""Records: canonical form, money, and which of several versions stands."""

import json
from collections import Counter
from decimal import Decimal
from itertools import permutations
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.facts import (
    MONEY_SCALE,
    NEVER,
    OPEN_ENDED,
    BillableMonth,
    Client,
    Contract,
    Day,
    Headcount,
    Instant,
    Invoice,
    Money,
    Qbr,
    Ticket,
    Timestamp,
    Touchpoint,
)
from chalicelib.domain.moment import is_ahead
from chalicelib.domain.records import (
    FACT_TYPES,
    StoredRecord,
    client_record_json,
    fact_json,
    money_json,
    newer,
    newer_client,
    row_of,
    shard_of,
    splitting,
)
from chalicelib.domain.settings import RECORD_SOURCES, REMEMBERED_SOURCES
from tests.unit.domain.builders import AS_OF, HOUR, TODAY, client
from tests.unit.domain.strategies import clients, ids, instants, numbers, stored_records

UPDATED = "2026-11-22T02:00:00Z"
type_names = st.sampled_from(sorted(FACT_TYPES))


# ---- rows and the canonical form ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values", "row"),
    [
        pytest.param(
            "ticket",
            {"id": "T1", "priority": 2, "created_at": 5, "first_response_at": None},
            Ticket("T1", 2, Instant(5), NEVER, NEVER, NEVER, NEVER),
            id="absent instants are never",
        ),
        pytest.param(
            "contract",
            {"id": "K1", "status": "DRAFT", "start_date": TODAY},
            Contract("K1", "DRAFT", TODAY, OPEN_ENDED),
            id="no end is open-ended",
        ),
        pytest.param(
            "invoice",
            {"id": "I1", "status": "SENT", "issued_on": 7, "due_on": 8, "total": Money("EUR", 12_500)},
            Invoice("I1", "SENT", Day(7), Day(8), "EUR", 12_500, None),
            id="money takes two cells",
        ),
        pytest.param(
            "qbr",
            {"id": "Q1", "held_on": 7, "status": "COMPLETED"},
            Qbr("Q1", Day(7), "COMPLETED", False),
            id="no flag",
        ),
        pytest.param(
            "touchpoint",
            {"id": "X1", "occurred_at": 7, "kind": "CALL", "with_decision_maker": True},
            Touchpoint("X1", Instant(7), "CALL", True),
            id="a flag",
        ),
        pytest.param(
            "billable_month",
            {"id": "B1", "month": 7, "billable_hours": Decimal("1.5")},
            BillableMonth("B1", 7, Decimal("1.5"), None),
            id="an absent number",
        ),
        pytest.param(
            "headcount",
            {"id": "H1", "recorded_on": 7, "employees": 0},
            Headcount("H1", Day(7), 0),
            id="nobody is a number",
        ),
    ],
)
def test_rows_of_checked_values(name: str, values: dict[str, Any], row: Any) -> None:
    assert row_of(FACT_TYPES[name], values) == row


@pytest.mark.parametrize(
    ("name", "row", "fields"),
    [
        pytest.param(
            "ticket",
            Ticket("R1", 1, AS_OF, closed=AS_OF + HOUR),
            {"priority": "P1", "created_at": UPDATED, "closed_at": "2026-11-22T03:00:00Z"},
            id="ticket",
        ),
        pytest.param(
            "contract",
            Contract("R1", "ACTIVE", TODAY),
            {"status": "ACTIVE", "start_date": "2026-11-22"},
            id="open-ended contract",
        ),
        pytest.param(
            "contract",
            Contract("R1", "ACTIVE", TODAY, TODAY + 9),
            {"status": "ACTIVE", "start_date": "2026-11-22", "end_date": "2026-12-01"},
            id="contract",
        ),
        pytest.param(
            "invoice",
            Invoice("R1", "PAID", TODAY, TODAY + 1, "EUR", 125_000, TODAY + 2),
            {
                "status": "PAID",
                "issued_on": "2026-11-22",
                "due_on": "2026-11-23",
                "total": {"currency": "EUR", "amount": "12.50"},
                "paid_on": "2026-11-24",
            },
            id="invoice",
        ),
        pytest.param(
            "billable_month",
            BillableMonth("R1", 2026 * 12 + 10, Decimal("7.25"), 8),
            {"month": "2026-11", "billable_hours": 7.25, "budget_hours": 8},
            id="billable month",
        ),
        pytest.param(
            "qbr",
            Qbr("R1", TODAY, "SCHEDULED"),
            {"held_on": "2026-11-22", "status": "SCHEDULED", "decision_maker_present": False},
            id="qbr",
        ),
    ],
)
def test_canonical_form(name: str, row: Any, fields: dict[str, Any]) -> None:
    record = StoredRecord(row, AS_OF)
    expected = {"type": name, "id": "R1", "client_id": "c1", **fields, "updated_at": UPDATED}

    assert fact_json(FACT_TYPES[name], "c1", record) == expected
    assert fact_json(FACT_TYPES[name], "c1", record._replace(deleted=True)) == {**expected, "deleted": True}


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0.00"),
        (1, "0.0001"),
        (10, "0.001"),
        (100, "0.01"),
        (1_000, "0.10"),
        (10_000, "1.00"),
        (12_340_000, "1234.00"),
        (12_345_600, "1234.56"),
        (12_345_670, "1234.567"),
        (12_345_678, "1234.5678"),
    ],
)
def test_money_has_two_to_four_decimals(amount: int, text: str) -> None:
    assert money_json(Money("EUR", amount)) == {"currency": "EUR", "amount": text}


@given(st.integers(0, 10**16))
def test_money_is_exact(amount: int) -> None:
    assert Decimal(money_json(Money("EUR", amount))["amount"]) * MONEY_SCALE == amount


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (8, "8"),
        (Decimal("8.0"), "8"),
        (Decimal("1E+3"), "1000"),
        (Decimal("8.25"), "8.25"),
        (Decimal("0.1"), "0.1"),
        (0, "0"),
    ],
)
def test_numbers_look_the_same_however_they_are_held(number: Any, text: str) -> None:
    row = BillableMonth("B1", 2026 * 12, number)

    document = fact_json(FACT_TYPES["billable_month"], "c1", StoredRecord(row, 0))

    assert json.dumps(document["billable_hours"]) == text


@given(type_names.flatmap(lambda name: st.tuples(st.just(name), stored_records(name))))
def test_the_canonical_form_is_the_whole_record(found: tuple[str, StoredRecord]) -> None:
    name, record = found
    fact = FACT_TYPES[name]

    document = json.loads(json.dumps(fact_json(fact, "c1", record)))

    assert document["id"] == record.row.id
    assert document.get("deleted", False) is record.deleted
    assert None not in document.values()
    assert document.keys() - {"type", "id", "client_id", "updated_at", "deleted"} <= {
        field.name for field in fact.fields
    }


# ---- which version stands ------------------------------------------------------------------------------


def version(updated_at: Timestamp, deleted: bool = False, **fields: Any) -> StoredRecord:
    return StoredRecord(Ticket(**{"id": "T1", "priority": 3, "created": AS_OF, **fields}), updated_at, deleted)


@pytest.mark.parametrize(
    ("held", "sent", "replaces"),
    [
        pytest.param(None, version(5), True, id="the first"),
        pytest.param(version(5), version(6), True, id="newer"),
        pytest.param(version(5), version(4, priority=5), False, id="older"),
        pytest.param(version(5), version(5), False, id="the same"),
        pytest.param(version(5), version(5, priority=4), True, id="same time, received later"),
        pytest.param(version(5), version(5, priority=2), True, id="same time, received later, whatever it says"),
        pytest.param(version(5), version(5, created=AS_OF + 1), True, id="same time, moved"),
        pytest.param(version(5), version(6, deleted=True), True, id="deleted later"),
        pytest.param(version(6, deleted=True), version(5), False, id="a late older version revives nothing"),
        pytest.param(version(6, deleted=True), version(7), True, id="sent anew"),
        pytest.param(version(5), version(5, deleted=True), True, id="same time: deleted after"),
        pytest.param(version(5, deleted=True), version(5), True, id="same time: sent anew after"),
        pytest.param(version(5), version(Decimal("5.000001"), priority=4), True, id="newer by a microsecond"),
        pytest.param(version(Decimal("5.000001")), version(5, priority=4), False, id="older by a microsecond"),
        pytest.param(version(Decimal("5.5")), version(Decimal("5.50")), False, id="the same fraction"),
    ],
)
def test_which_version_stands(held: StoredRecord | None, sent: StoredRecord, replaces: bool) -> None:
    found = newer(held, sent.row, sent.updated_at, sent.deleted, received=99)

    assert found == (sent if replaces else None)


@st.composite
def rival_versions(draw: st.DrawFn) -> list[StoredRecord]:
    """Versions of one record that share their times and most of their fields, so that ties are common."""
    name = draw(type_names)
    seeds = draw(st.lists(stored_records(name), min_size=1, max_size=2))
    base = seeds[0].row
    versions = []
    for _ in range(draw(st.integers(2, 4))):
        field = draw(st.sampled_from(base._fields[1:]))
        row = base._replace(**{field: getattr(seeds[-1].row, field)})
        versions.append(StoredRecord(row, draw(st.integers(0, 1)), draw(st.booleans())))
    return versions


@given(rival_versions())
def test_the_last_of_the_newest_stands_whatever_the_order(versions: list[StoredRecord]) -> None:
    for order in permutations(versions):
        held: StoredRecord | None = None
        for sent in order:
            held = newer(held, sent.row, sent.updated_at, sent.deleted, received=99) or held
        newest = max(version.updated_at for version in order)
        assert held == [version for version in order if version.updated_at == newest][-1]


@given(st.lists(numbers, min_size=1, max_size=1), numbers)
def test_how_a_number_is_held_decides_nothing(budgets: list[Any], hours: Any) -> None:
    # GIVEN a version of a month whose hours come as 8.0 and are held as 8
    row = BillableMonth("B1", 24_000, hours, budgets[0])
    spelt = row._replace(hours=Decimal(f"{Decimal(hours):f}" + (".0" if hours == int(hours) else "")))

    assert newer(StoredRecord(row, 0), spelt, 0, False, received=9) is None
    assert newer(StoredRecord(row, 0), spelt, None, False, received=9) is None


@pytest.mark.parametrize(("ahead", "refused"), [(300, False), (Decimal("300.000001"), True), (301, True)])
def test_how_far_a_senders_clock_may_be_ahead(ahead: Any, refused: bool) -> None:
    assert is_ahead(1_000 + ahead, Instant(1_000)) is refused


@pytest.mark.parametrize(
    ("held", "sent", "outcome"),
    [
        pytest.param(None, (3, None, False), (3, 9, False), id="the first counts from its receipt"),
        pytest.param(version(5), (3, None, False), None, id="says what is held"),
        pytest.param(version(5), (4, None, False), (4, 9, False), id="says something else"),
        pytest.param(version(5), (3, None, True), (3, 9, True), id="deletes"),
        pytest.param(version(5, deleted=True), (3, None, True), None, id="deletes again"),
        pytest.param(version(5, deleted=True), (3, None, False), (3, 9, False), id="sends anew"),
        pytest.param(version(10), (4, None, False), (4, 10, False), id="never older than the held one"),
        pytest.param(version(5), (3, 6, False), (3, 6, False), id="a later time alone is a change"),
        pytest.param(version(5), (4, 4, False), None, id="older"),
        pytest.param(version(5), (3, 5, False), None, id="the same"),
        pytest.param(version(5), (4, 5, False), (4, 5, False), id="same time, received later"),
    ],
)
def test_what_a_sent_version_makes_of_the_held_one(
    held: StoredRecord | None, sent: tuple[int, int | None, bool], outcome: tuple[int, int, bool] | None
) -> None:
    priority, updated_at, deleted = sent

    found = newer(held, Ticket("T1", priority, AS_OF), updated_at, deleted, received=9)

    assert found == (None if outcome is None else version(outcome[1], outcome[2], priority=outcome[0]))


# ---- clients -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "updated_at", "outcome"),
    [
        pytest.param(client(name="B"), 6, ("B", 6), id="newer"),
        pytest.param(client(name="A"), 6, ("A", 6), id="a later time alone is a change"),
        pytest.param(client(name="B"), 4, None, id="older"),
        pytest.param(client(name="A"), 5, None, id="the same"),
        pytest.param(client(name="B"), 5, ("B", 5), id="same time, received later"),
        pytest.param(client(name="0"), 5, ("0", 5), id="same time, received later, whatever it says"),
        pytest.param(client(name="B"), None, ("B", 9), id="from its receipt"),
        pytest.param(client(name="A"), None, None, id="says what is held"),
    ],
)
def test_which_client_stands(sent: Client, updated_at: int | None, outcome: tuple[str, int] | None) -> None:
    # GIVEN a client that the workflow flagged, THEN the flag stays whatever record comes
    held = client(name="A", at_risk_since=3)

    found = newer_client(held, 5, sent, updated_at, received=9)

    assert found == (None if outcome is None else (held._replace(name=outcome[0]), outcome[1]))


@pytest.mark.parametrize("held_at", [8, 9, 10])
def test_a_client_without_a_time_is_never_older_than_what_is_held(held_at: int) -> None:
    found = newer_client(client(name="A"), held_at, client(name="B"), None, received=9)

    assert found == (client(name="B"), max(9, held_at))


@given(clients, st.lists(st.tuples(clients, st.integers(0, 1)), min_size=1, max_size=4))
def test_the_last_of_a_clients_newest_versions_stands(first: Client, versions: list[tuple[Client, int]]) -> None:
    held: Client = first._replace(at_risk_since=None)
    held_at: Timestamp = 0
    sent = [(version._replace(id=first.id, at_risk_since=None), at) for version, at in versions]
    for version, at in sent:
        held, held_at = newer_client(held, held_at, version, at, received=99) or (held, held_at)

    newest = max(at for _, at in sent)
    assert (held, held_at) == [each for each in sent if each[1] == newest][-1]


@given(clients, instants)
def test_a_client_in_its_canonical_form(held: Client, updated_at: int) -> None:
    document = client_record_json(held, updated_at)

    assert document["type"] == "client"
    assert (document["id"], document["name"], document["archived"]) == (held.id, held.name, held.archived)
    assert None not in document.values()
    assert ("client_since" in document) is (held.client_since is not None)
    assert ("monthly_recurring_revenue" in document) is (held.monthly_recurring_revenue is not None)
    assert client_record_json(held._replace(at_risk_since=None), updated_at) == document


# ---- types ---------------------------------------------------------------------------------------------


@given(type_names, ids, st.integers(1, 70))
def test_a_record_has_a_shard_of_a_split_set(name: str, record_id: str, shards: int) -> None:
    before, after = shard_of(name, record_id, shards), shard_of(name, record_id, shards + 1)
    assert shard_of(name, record_id, 1) == 0
    assert 0 <= before < shards
    # With one shard more only the records of one shard move, and only to the new one.
    assert after == before or (before, after) == (splitting(shards), shards)


def test_parts_are_about_equally_large() -> None:
    for shards in (8, 11, 16):
        sizes = Counter(shard_of("survey", f"S{number}", shards) for number in range(8_000))
        whole = 8 if shards < 16 else 16
        fair = {shard: 8_000 / whole / (1 if splitting(shards) <= shard < whole else 2) for shard in range(shards)}
        if shards == whole:
            fair = dict.fromkeys(range(shards), 8_000 / shards)
        assert all(abs(sizes[shard] - fair[shard]) < fair[shard] / 2 for shard in range(shards))


def test_a_tickets_part_is_that_of_earlier_builds() -> None:
    assert [shard_of("ticket", f"T{number}", 4) for number in range(6)] == [3, 1, 3, 1, 2, 0]
    assert all(
        shard_of("ticket", f"T{number}", 2**power) == crc32(f"T{number}".encode()) % 2**power
        for number in range(50)
        for power in range(8)
    )


def test_every_fact_type_but_contracts_connects_a_source() -> None:
    assert FACT_TYPES.keys() - RECORD_SOURCES.keys() == {"contract"}
    assert {source for held in RECORD_SOURCES.values() for source in held} == set(REMEMBERED_SOURCES)
