"""Blocks of facts: nothing is lost, equal records give equal bytes, and only live rows reach the models."""

import zlib
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.adapters.dynamodb.columns import CODEC_VERSION, CodecError
from chalicelib.adapters.dynamodb.fact_codec import (
    FACTS_FIELDS,
    decode_facts,
    decode_records,
    decode_tickets,
    encode_block,
    facts_of,
)
from chalicelib.domain.facts import (
    NEVER,
    OPEN_ENDED,
    BillableMonth,
    Client,
    Contract,
    Facts,
    Instant,
    Invoice,
    Ticket,
    Tickets,
)
from chalicelib.domain.records import FACT_TYPES, StoredRecord
from tests.unit.domain.builders import AS_OF, HOUR, TODAY
from tests.unit.domain.strategies import blocks, clients, records_of, stored_records

Records = Mapping[str, Mapping[str, StoredRecord]]
OTHERS = sorted(FACTS_FIELDS)


def held(*rows: Any, updated_at: int = AS_OF, deleted: bool = False) -> dict[str, StoredRecord]:
    return {row.id: StoredRecord(row, updated_at, deleted) for row in rows}


BESIDE = held(Ticket("T7", 3, AS_OF)), held(Ticket("T8", 3, AS_OF))


def decompressed(data: bytes) -> bytes:
    return zlib.decompress(data[1:], -15)


def without_empty(records: Records) -> dict[str, Mapping[str, StoredRecord]]:
    return {name: of_type for name, of_type in records.items() if of_type}


# ---- round trips ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(FACT_TYPES))
@given(data=st.data())
def test_records_of_each_type_come_back(name: str, data: st.DataObject) -> None:
    records = {name: data.draw(records_of(name))}

    assert decode_records(encode_block(records)) == without_empty(records)


@given(blocks(OTHERS, max_size=3))
def test_a_block_holds_all_types(records: Records) -> None:
    assert decode_records(encode_block(records)) == without_empty(records)


@given(stored_records("ticket"))
def test_a_record_alone_comes_back(record: StoredRecord) -> None:
    assert decode_records(encode_block({"ticket": {record.row.id: record}})) == {"ticket": {record.row.id: record}}


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        pytest.param("ticket", [Ticket("T1", 1, AS_OF), Ticket("T01", 1, AS_OF)], id="ids of equal number"),
        pytest.param("ticket", [Ticket("T1", 1, AS_OF)], id="nothing ever happened"),
        pytest.param(
            "ticket",
            [Ticket("T1", 1, AS_OF, AS_OF - HOUR, AS_OF - 1, Instant(0), Instant(0))],
            id="all before creation",
        ),
        pytest.param("ticket", [Ticket("T1", 1, AS_OF, closed=AS_OF + 5)], id="closed without a resolution"),
        pytest.param("ticket", [Ticket("T1", 1, AS_OF, NEVER, AS_OF + 5, AS_OF + 9)], id="resolved without an answer"),
        pytest.param(
            "ticket",
            [Ticket("T1", 1, AS_OF, closed=AS_OF + 5), Ticket("T2", 1, AS_OF, AS_OF + 1, AS_OF + 2, AS_OF + 3)],
            id="one with and one without",
        ),
        pytest.param("contract", [Contract("K1", "ACTIVE", TODAY, OPEN_ENDED)], id="open-ended"),
        pytest.param("contract", [Contract("K1", "ACTIVE", TODAY, TODAY - 9)], id="ended before it started"),
        pytest.param("invoice", [Invoice("I1", "PAID", TODAY, TODAY - 3, "EUR", 0, TODAY - 9)], id="paid before issue"),
        pytest.param(
            "invoice",
            [
                Invoice("I1", "PARTIAL", TODAY, TODAY + 3, "EUR", 100, None, 40, 60),
                Invoice("I2", "SENT", TODAY, TODAY + 3, "EUR", 100, None, None, 0),
                Invoice("I3", "SENT", TODAY, TODAY + 3, "EUR", 100),
            ],
            id="partly paid",
        ),
        pytest.param(
            "contract",
            [Contract("K1", "ACTIVE", TODAY, TODAY + 9), Contract("K2", "ACTIVE", TODAY + 20, renews="K1")],
            id="renewed",
        ),
        pytest.param("billable_month", [BillableMonth("B1", 24_000, Decimal("0.5"), None)], id="no budget"),
        pytest.param(
            "billable_month",
            [BillableMonth("B1", 24_000, Decimal("123456789012.123456"), Decimal("0.000001"))],
            id="18 digits",
        ),
    ],
)
def test_odd_records_come_back(name: str, rows: list[Any]) -> None:
    records = {name: held(*rows)}

    assert decode_records(encode_block(records)) == records


def test_numbers_keep_their_kind() -> None:
    records = {"billable_month": held(BillableMonth("B1", 24_000, 8, Decimal("8.5")))}

    row = decode_records(encode_block(records))["billable_month"]["B1"].row

    assert (type(row.hours), type(row.budget)) == (int, Decimal)


def test_an_empty_block() -> None:
    assert decode_records(encode_block({})) == decode_records(encode_block({"ticket": {}})) == {}


# ---- same facts, same bytes ----------------------------------------------------------------------------


@given(blocks(sorted(FACT_TYPES), max_size=3), st.randoms(use_true_random=False))
def test_the_order_of_records_changes_no_byte(records: Records, random: Any) -> None:
    shuffled = {
        name: dict(random.sample(list(records[name].items()), len(records[name])))
        for name in random.sample(list(records), len(records))
    }

    assert encode_block(shuffled) == encode_block(records)


def test_records_of_one_time_are_in_the_order_of_their_ids() -> None:
    first, second = held(Ticket("T1", 1, AS_OF)), held(Ticket("T2", 1, AS_OF))

    assert encode_block({"ticket": {**second, **first}}) == encode_block({"ticket": {**first, **second}})


@given(blocks(sorted(FACT_TYPES), max_size=3))
def test_what_was_read_is_written_with_the_same_bytes(records: Records) -> None:
    data = encode_block(records)

    assert encode_block(decode_records(data)) == data


@given(records_of("ticket"), st.data())
def test_other_records_give_other_bytes(records: dict[str, StoredRecord], data: st.DataObject) -> None:
    if not records:
        return
    changed = data.draw(st.sampled_from(sorted(records)))
    other = {**records, changed: records[changed]._replace(updated_at=records[changed].updated_at + 1)}

    assert encode_block({"ticket": other}) != encode_block({"ticket": records})


# ---- live rows -----------------------------------------------------------------------------------------


def live(records: Mapping[str, StoredRecord]) -> list[Any]:
    return [record.row for record in records.values() if not record.deleted]


@given(st.lists(records_of("ticket", 5), max_size=3))
@example([held(Ticket("T1", 1, AS_OF), Ticket("T2", 1, AS_OF - 5)), held(Ticket("T0", 1, AS_OF - 3))])
@example([held(Ticket("T1", 1, AS_OF), Ticket("T2", 1, AS_OF - 5), deleted=True)])
def test_tickets_are_the_live_rows_of_all_blocks(parts: list[dict[str, StoredRecord]]) -> None:
    # GIVEN the blocks of a client in any order, as the parts of a split quarter come
    found = decode_tickets([encode_block({"ticket": part}) for part in parts if part])

    newest: dict[str, StoredRecord] = {}
    for part in parts:
        for ticket_id, record in part.items():
            rival = newest.setdefault(ticket_id, record)
            if (record.updated_at, not record.deleted) >= (rival.updated_at, not rival.deleted):
                newest[ticket_id] = record
    assert found.rows() == Tickets.of(live(newest)).rows()


@pytest.mark.parametrize("later_first", [False, True])
@pytest.mark.parametrize(
    ("old", "new", "live"),
    [
        ((AS_OF, False), (AS_OF + 1, False), "new"),
        ((AS_OF, False), (AS_OF + Decimal("0.000001"), True), "none"),
        ((AS_OF, True), (AS_OF + 1, False), "new"),
        ((AS_OF, True), (AS_OF, False), "new"),
        ((AS_OF + 1, True), (AS_OF, False), "none"),
    ],
)
def test_of_a_ticket_in_two_blocks_the_newest_counts(old: Any, new: Any, live: str, later_first: bool) -> None:
    one, other = (
        held(Ticket("T1", priority, AS_OF - priority), updated_at=at, deleted=gone)
        for priority, (at, gone) in ((1, old), (2, new))
    )
    blocks = [encode_block({"ticket": {**part, **beside}}) for part, beside in ((one, BESIDE[0]), (other, BESIDE[1]))]

    found = decode_tickets(blocks[::-1] if later_first else blocks).rows()

    assert [row.priority for row in found if row.id == "T1"] == {"new": [2], "old": [1], "none": []}[live]
    assert {row.id for row in found} - {"T1"} == {"T7", "T8"}


def test_a_whole_second_costs_no_byte_and_a_fraction_comes_back() -> None:
    rows = [Ticket(f"T{number}", 1, AS_OF + 60 * number) for number in range(20)]
    whole = {row.id: StoredRecord(row, row.created + 5) for row in rows}
    precise = {row.id: StoredRecord(row, row.created + Decimal("5.25")) for row in rows}

    assert encode_block({"ticket": whole}) == encode_block({"ticket": {
        name: record._replace(updated_at=Decimal(record.updated_at)) for name, record in whole.items()
    }})  # fmt: skip
    assert b"." not in decompressed(encode_block({"ticket": whole}))
    assert decode_records(encode_block({"ticket": precise})) == {"ticket": precise}


@given(records_of("ticket"))
def test_tickets_of_one_block_are_as_the_models_take_them(records: dict[str, StoredRecord]) -> None:
    blocks = [encode_block({"ticket": records})] if records else []

    assert decode_tickets(blocks).rows() == Tickets.of(live(records)).rows()


@given(clients, blocks(OTHERS, max_size=3), records_of("ticket"))
def test_facts_are_the_live_rows(client: Client, records: Records, tickets: dict[str, StoredRecord]) -> None:
    ticket_blocks = [encode_block({"ticket": tickets})] if tickets else []

    found = facts_of(client, ticket_blocks, [encode_block(records)])

    assert found.client == client
    assert found.tickets.rows() == Tickets.of(live(tickets)).rows()
    for name, field in FACTS_FIELDS.items():
        assert sorted(getattr(found, field)) == sorted(live(records.get(name, {})))


@given(clients)
def test_a_client_without_facts(client: Client) -> None:
    found = facts_of(client, [], [])

    assert found.tickets.rows() == []
    assert replace(found, tickets=Tickets()) == Facts(client)


def test_every_type_has_its_place_in_the_facts() -> None:
    assert FACTS_FIELDS.keys() | {"ticket"} == FACT_TYPES.keys()


# ---- bytes that cannot be read -------------------------------------------------------------------------


def test_refuses_an_unknown_version_and_damage() -> None:
    data = encode_block({"ticket": held(Ticket("T1", 1, AS_OF))})
    newer = bytes((CODEC_VERSION + 1,)) + data[1:]

    for unreadable in (newer, data[:-1], data[:1], b""):
        with pytest.raises(CodecError):
            decode_records(unreadable)
        with pytest.raises(CodecError):
            decode_tickets([unreadable])
        with pytest.raises(CodecError):
            decode_facts(unreadable)


@given(blocks(OTHERS, max_size=2), st.data())
def test_refuses_a_block_that_was_cut_off(records: Records, data: st.DataObject) -> None:
    block = encode_block(records)

    with pytest.raises(CodecError):
        decode_records(block[: data.draw(st.integers(0, len(block) - 1))])
