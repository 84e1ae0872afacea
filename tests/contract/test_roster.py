"""The contract of `ports.Roster`."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb import roster as dynamodb_roster
from chalicelib.adapters.dynamodb.columns import pack
from chalicelib.adapters.dynamodb.fact_codec import encode_block
from chalicelib.adapters.dynamodb.roster import DynamoRoster
from chalicelib.adapters.dynamodb.table import Item, Table
from chalicelib.domain.blocks import Block, BlockId, Seat, Stored, StoredClient
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.facts import BillableMonth, Client, Facts, Money, Survey, Ticket, Tickets
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.records import StoredRecord, shard_of
from chalicelib.services.errors import UnreadableClientError
from chalicelib.services.ports.clients import Roster
from tests.contract.examples import (
    ACME,
    C1,
    C10,
    DAY,
    NEIGHBOURS,
    NOW,
    OTHER,
    TODAY,
    other_facts,
    plain,
    stored,
    stored_client,
    ticket,
)
from tests.fakes.stores import FakeRoster

Q4 = "2026-Q4"
FEW = 20
"""Tickets that fit into one block when blocks are small."""

NOTHING = Block({}, 0)

put_variants = pytest.mark.parametrize("version", [0, 1, 3])


@pytest.fixture
def small_blocks(roster: Roster, monkeypatch: pytest.MonkeyPatch) -> Roster:
    """Blocks have grown after about FEW tickets, and are full after four times as many."""
    monkeypatch.setattr(dynamodb_roster, "SPLIT_ABOVE", 200)
    monkeypatch.setattr(dynamodb_roster, "BLOCK_LIMIT", 800)
    if isinstance(roster, FakeRoster):
        roster.block_limit = FEW
    return roster


def page_of_clients(roster: Roster, tenant: TenantId, page: int) -> dict[int, Client]:
    found = roster.page_facts(tenant, page)
    assert len(found) == len(dict(found))
    return {seat: facts.client for seat, facts in found}


def brought_to(roster: Roster, block_id: BlockId, version: int) -> None:
    """Puts a block as often as its version says."""
    for before in range(version):
        assert roster.put_block(ACME, block_id, Block({"ticket": stored(ticket(before))}, before)) is Stored.STORED


def merge_records(roster: Roster, client: RecordId, name: str, rows: Sequence[Any], quarter: str | None) -> None:
    """Merges records of a set as the service does: where a block has grown its set gets one shard more."""
    for number in range(0, len(rows), FEW):
        waiting = list(rows[number : number + FEW])
        while waiting:
            seat = roster.seats(ACME, [client])[client]
            shards = seat.shards_of(quarter)
            shard = shard_of(name, waiting[0].id, shards)
            own = [row for row in waiting if shard_of(name, row.id, shards) == shard]
            block_id = BlockId(client, seat.number // 64, quarter, shard)
            held = roster.blocks(ACME, [block_id])[block_id]
            merged = {**held.records.get(name, {}), **stored(*own)}
            became = roster.put_block(ACME, block_id, held._replace(records={**held.records, name: merged}))
            assert became is not Stored.CHANGED
            if became is not Stored.STORED:
                roster.split(ACME, client, seat, quarter)
            if became is not Stored.FULL:
                waiting = [row for row in waiting if row not in own]


def merge_tickets(roster: Roster, client: RecordId, tickets: list[Ticket]) -> None:
    """Merges tickets of the fourth quarter."""
    merge_records(roster, client, "ticket", tickets, Q4)


# ------------------------------------------------------------------------------------------------------------- clients


def test_what_does_not_exist_is_absent(roster: Roster) -> None:
    block_ids = [BlockId(C1, 0, None), BlockId(C1, 0, Q4), BlockId(C1, 0, Q4, 1)]
    assert roster.seats(ACME, [C1, C10]) == {}
    assert roster.seats(ACME, []) == {}
    assert roster.clients(ACME, {C1: Seat(0)}) == {}
    assert roster.blocks(ACME, block_ids) == dict.fromkeys(block_ids, NOTHING)
    assert roster.page_facts(ACME, 0) == []
    with pytest.raises(NotFoundError):
        roster.client_facts(ACME, C1, Seat(0))


@pytest.mark.parametrize(
    "client",
    [
        Client("c1", "Plain", "ACTIVE"),
        Client(
            "c1",
            'Größe "Ω" \\ 漢字 🌍',
            "CHURNED",
            True,
            " Health Care ",
            "am-7",
            TODAY - 1000,
            Money("EUR", 123_456_789),
            NOW - 5,
        ),
        Client("c1", "x" * 200, "AT_RISK", monthly_recurring_revenue=Money("JPY", 0)),
    ],
)
def test_a_client_is_read_back_whole(roster: Roster, client: Client) -> None:
    assert roster.add_client(ACME, 65, StoredClient(client, NOW - 3, 0))
    assert roster.seats(ACME, [C1, C10]) == {"c1": Seat(65)}
    assert roster.clients(ACME, {"c1": Seat(65)}) == {"c1": StoredClient(client, NOW - 3, 1)}
    assert plain(roster.client_facts(ACME, C1, Seat(65))) == plain(Facts(client))
    assert page_of_clients(roster, ACME, 1) == {65: client}


def test_a_client_has_one_seat_for_life(roster: Roster) -> None:
    assert roster.add_client(ACME, 0, stored_client(C1))
    assert not roster.add_client(ACME, 1, stored_client(C1, name="Somebody else's"))
    assert not roster.add_client(ACME, 64, stored_client(C1))
    assert roster.seats(ACME, [C1]) == {"c1": Seat(0)}
    assert page_of_clients(roster, ACME, 0) == {0: stored_client(C1).client}
    assert roster.page_facts(ACME, 1) == []


def test_adding_a_client_to_its_own_seat_again_is_the_lost_acknowledgement(roster: Roster) -> None:
    assert roster.add_client(ACME, 3, stored_client(C1))
    assert roster.add_client(ACME, 3, stored_client(C1))
    assert roster.clients(ACME, {C1: Seat(3)}) == {C1: stored_client(C1, 1)}


def test_a_client_record_goes_from_version_to_version(roster: Roster) -> None:
    roster.add_client(ACME, 3, stored_client(C1))
    assert roster.put_client(ACME, Seat(3), stored_client(C1, 1, name="Second"))
    assert roster.put_client(ACME, Seat(3), stored_client(C1, 2, status="CHURNED"))
    assert roster.clients(ACME, {C1: Seat(3)}) == {C1: stored_client(C1, 3, status="CHURNED")}
    assert roster.seats(ACME, [C1]) == {"c1": Seat(3)}
    assert [seat for seat, _ in roster.page_facts(ACME, 0)] == [3]


def test_putting_the_same_client_version_again_is_the_lost_acknowledgement(roster: Roster) -> None:
    roster.add_client(ACME, 3, stored_client(C1))
    for _ in range(2):
        assert roster.put_client(ACME, Seat(3), stored_client(C1, 1, name="Second"))
    assert roster.clients(ACME, {C1: Seat(3)})[C1].version == 2


def test_of_two_writers_of_a_client_one_wins(roster: Roster) -> None:
    roster.add_client(ACME, 3, stored_client(C1))
    assert roster.put_client(ACME, Seat(3), stored_client(C1, 1, name="First"))
    assert not roster.put_client(ACME, Seat(3), stored_client(C1, 1, name="Late"))
    assert roster.clients(ACME, {C1: Seat(3)}) == {C1: stored_client(C1, 2, name="First")}


@pytest.mark.parametrize("version", [0, 2, 9])
def test_a_client_of_any_other_version_is_refused(roster: Roster, version: int) -> None:
    roster.add_client(ACME, 3, stored_client(C1))
    assert not roster.put_client(ACME, Seat(3), stored_client(C1, version, name="Late"))
    assert roster.clients(ACME, {C1: Seat(3)}) == {C1: stored_client(C1, 1)}


def test_a_client_that_does_not_exist_is_not_replaced(roster: Roster) -> None:
    assert not roster.put_client(ACME, Seat(3), stored_client(C1, 1))
    assert roster.clients(ACME, {C1: Seat(3)}) == {}


# -------------------------------------------------------------------------------------------------------------- blocks


def test_every_type_of_fact_is_read_back(roster: Roster) -> None:
    records = {name: stored(*rows, updated_at=NOW - 17) for name, rows in other_facts().items()}
    assert roster.put_block(ACME, BlockId(C1, 0, None), Block(records, 0)) is Stored.STORED
    assert roster.blocks(ACME, [BlockId(C1, 0, None)]) == {BlockId(C1, 0, None): Block(records, 1)}


def test_tickets_are_read_back(roster: Roster) -> None:
    tickets = stored(
        ticket(1, NOW - 500),
        ticket(2, NOW - 400, first_response=NOW - 390, resolved=NOW - 100, closed=NOW - 50, due=NOW + 5),
        ticket(3, NOW - 400, closed=NOW - 450, first_response=NOW - 401),
        Ticket("PSA_ticket-9.b", 5, NOW - 400, resolved=NOW),
    )
    tickets["T0000009"] = StoredRecord(ticket(9, NOW), NOW + 5, deleted=True)
    assert roster.put_block(ACME, BlockId(C1, 0, Q4), Block({"ticket": tickets}, 0)) is Stored.STORED
    assert roster.blocks(ACME, [BlockId(C1, 0, Q4)]) == {BlockId(C1, 0, Q4): Block({"ticket": tickets}, 1)}


@put_variants
def test_putting_the_same_block_again_is_the_lost_acknowledgement(roster: Roster, version: int) -> None:
    block_id, block = BlockId(C1, 0, Q4), Block({"ticket": stored(ticket(99))}, version)
    brought_to(roster, block_id, version)
    assert roster.put_block(ACME, block_id, block) is Stored.STORED
    assert roster.put_block(ACME, block_id, block) is Stored.STORED
    assert roster.blocks(ACME, [block_id])[block_id] == block._replace(version=version + 1)


@put_variants
def test_of_two_writers_of_a_block_one_wins(roster: Roster, version: int) -> None:
    block_id = BlockId(C1, 0, Q4)
    brought_to(roster, block_id, version)
    assert roster.put_block(ACME, block_id, Block({"ticket": stored(ticket(99))}, version)) is Stored.STORED
    assert roster.put_block(ACME, block_id, Block({"ticket": stored(ticket(98))}, version)) is Stored.CHANGED
    assert roster.blocks(ACME, [block_id])[block_id] == Block({"ticket": stored(ticket(99))}, version + 1)


def test_a_block_from_the_future_is_refused(roster: Roster) -> None:
    assert roster.put_block(ACME, BlockId(C1, 0, Q4), Block({"ticket": stored(ticket(1))}, 1)) is Stored.CHANGED
    assert roster.blocks(ACME, [BlockId(C1, 0, Q4)]) == {BlockId(C1, 0, Q4): NOTHING}


# --------------------------------------------------------------------------------------------------------------- facts


def test_facts_are_everything_live_of_a_client(roster: Roster) -> None:
    roster.add_client(ACME, 7, stored_client(C1))
    others = {name: stored(*rows) for name, rows in other_facts().items()}
    others["survey"]["S9"] = StoredRecord(others["survey"]["S1"].row._replace(id="S9"), NOW, deleted=True)
    roster.put_block(ACME, BlockId(C1, 0, None), Block(others, 0))
    older, newer = ticket(5, NOW - 120 * DAY), [ticket(1, NOW), ticket(2, NOW - 9), ticket(3, NOW - 9)]
    tickets = stored(*newer)
    tickets["T0000004"] = StoredRecord(ticket(4, NOW), NOW, deleted=True)
    roster.put_block(ACME, BlockId(C1, 0, Q4), Block({"ticket": tickets}, 0))
    roster.put_block(ACME, BlockId(C1, 0, "2026-Q3"), Block({"ticket": stored(older)}, 0))

    facts = roster.client_facts(ACME, C1, Seat(7))

    rows = other_facts()
    expected = Facts(
        stored_client(C1).client,
        Tickets.of([older, *newer]),
        contracts=rows["contract"],
        invoices=rows["invoice"],
        surveys=rows["survey"],
        billable_months=rows["billable_month"],
        qbrs=rows["qbr"],
        touchpoints=rows["touchpoint"],
        assessments=rows["assessment"],
        reconciliations=rows["reconciliation"],
        headcounts=rows["headcount"],
    )
    assert plain(facts) == plain(expected)
    assert [(seat, plain(found)) for seat, found in roster.page_facts(ACME, 0)] == [(7, plain(expected))]


def test_records_are_all_of_a_client_deleted_ones_too(roster: Roster) -> None:
    roster.add_client(ACME, 7, stored_client(C1))
    roster.add_client(ACME, 8, stored_client(C10))
    others = {name: stored(*rows) for name, rows in other_facts().items()}
    gone = StoredRecord(others["survey"]["S1"].row._replace(id="S9"), NOW, deleted=True)
    others["survey"]["S9"] = gone
    roster.put_block(ACME, BlockId(C1, 0, None), Block(others, 0))
    roster.put_block(ACME, BlockId(C10, 0, None), Block({"qbr": stored(other_facts()["qbr"][0])}, 0))
    moved = StoredRecord(ticket(1, NOW - 120 * DAY), NOW - DAY)
    roster.put_block(ACME, BlockId(C1, 0, "2026-Q3"), Block({"ticket": {moved.row.id: moved}}, 0))
    tickets = stored(ticket(1), ticket(2))
    roster.put_block(ACME, BlockId(C1, 0, Q4), Block({"ticket": tickets}, 0))

    found = roster.client_records(ACME, C1, Seat(7))

    assert found.records == {**others, "ticket": tickets}
    assert plain(found.facts) == plain(roster.client_facts(ACME, C1, Seat(7)))
    with pytest.raises(NotFoundError):
        roster.client_records(ACME, RecordId("c"), Seat(7))


def test_a_client_without_records_has_none(roster: Roster) -> None:
    roster.add_client(ACME, 7, stored_client(C1))
    assert roster.client_records(ACME, C1, Seat(7)).records == {}


def test_facts_whose_tickets_are_all_deleted_have_none(roster: Roster) -> None:
    roster.add_client(ACME, 0, stored_client(C1))
    gone = {"T1": StoredRecord(Ticket("T1", 1, NOW), NOW, deleted=True)}
    roster.put_block(ACME, BlockId(C1, 0, Q4), Block({"ticket": gone}, 0))
    assert roster.client_facts(ACME, C1, Seat(0)).tickets.rows() == []


def test_a_client_owns_exactly_its_facts(roster: Roster) -> None:
    for seat, client in enumerate(NEIGHBOURS):
        roster.add_client(ACME, seat, stored_client(client))
        roster.put_block(ACME, BlockId(client, 0, Q4), Block({"ticket": stored(ticket(seat))}, 0))
        roster.put_block(ACME, BlockId(client, 0, None), Block({"qbr": stored(other_facts()["qbr"][0])}, 0))
    for seat, client in enumerate(NEIGHBOURS):
        facts = roster.client_facts(ACME, client, Seat(seat))
        assert facts.client.id == client
        assert facts.tickets.rows() == [ticket(seat)]
        assert len(facts.qbrs) == 1
    page = {seat: (facts.client.id, *facts.tickets.id) for seat, facts in roster.page_facts(ACME, 0)}
    assert page == {seat: (client, ticket(seat).id) for seat, client in enumerate(NEIGHBOURS)}


@pytest.mark.parametrize("absent", [C1, *map(RecordId, ("c", "1", "TICKETS"))])
def test_a_neighbours_facts_are_not_taken_for_an_absent_clients(roster: Roster, absent: RecordId) -> None:
    for seat, client in enumerate(NEIGHBOURS):
        if client != absent:
            roster.add_client(ACME, seat, stored_client(client))
    with pytest.raises(NotFoundError):
        roster.client_facts(ACME, absent, Seat(0))


def test_seats_are_listed_by_client_from_one_on(roster: Roster) -> None:
    for number, name in enumerate(("b", "a-2", "a", "a.1")):
        assert roster.add_client(ACME, number, stored_client(RecordId(name)))
    assert roster.add_client(OTHER, 0, stored_client(RecordId("c")))
    listed = roster.seats_after(ACME, None, 10)
    assert list(listed.items()) == [("a", Seat(2)), ("a-2", Seat(1)), ("a.1", Seat(3)), ("b", Seat(0))]
    assert list(roster.seats_after(ACME, None, 2)) == ["a", "a-2"]
    assert list(roster.seats_after(ACME, RecordId("a"), 2)) == ["a-2", "a.1"]
    assert roster.seats_after(ACME, RecordId("b"), 2) == {}


def test_pages_and_tenants_do_not_mix(roster: Roster) -> None:
    places = [(ACME, 63, "c1"), (ACME, 64, "c2"), (OTHER, 0, "c3"), (OTHER, 640, "c4")]
    for tenant, seat, client in places:
        roster.add_client(tenant, seat, stored_client(client))
    for tenant, seat, client in places:
        assert page_of_clients(roster, tenant, seat // 64) == {seat: stored_client(client).client}
        assert roster.seats(tenant, map(RecordId, ("c1", "c2", "c3", "c4"))).keys() == {
            held for owner, _, held in places if owner == tenant
        }


def test_blocks_without_a_client_are_nobodys(roster: Roster) -> None:
    roster.put_block(ACME, BlockId(C1, 0, Q4), Block({"ticket": stored(ticket(1))}, 0))
    assert roster.page_facts(ACME, 0) == []
    with pytest.raises(NotFoundError):
        roster.client_facts(ACME, C1, Seat(0))


# ------------------------------------------------------------------------------------------------------ split quarters


@pytest.mark.parametrize("quarter", [Q4, None])
def test_a_full_block_is_refused(small_blocks: Roster, quarter: str | None) -> None:
    surveys = stored(*(Survey(f"S{Random(n).random()}", "NPS", n % 11, NOW - n * 997) for n in range(200)))
    tickets = stored(*(ticket(Random(n).randrange(10**7), NOW - n * 997) for n in range(200)))
    block_id, records = BlockId(C1, 0, quarter), {"ticket": tickets} if quarter else {"survey": surveys}
    assert small_blocks.put_block(ACME, block_id, Block(records, 0)) is Stored.FULL
    assert small_blocks.blocks(ACME, [block_id]) == {block_id: NOTHING}


@pytest.mark.parametrize("quarter", [Q4, None])
def test_a_block_that_has_grown_is_stored(small_blocks: Roster, quarter: str | None) -> None:
    surveys = stored(*(Survey(f"S{n}", "NPS", n % 11, NOW - n * 99_991) for n in range(60)))
    tickets = stored(*(ticket(n, NOW - n * 99_991) for n in range(60)))
    block_id, records = BlockId(C1, 0, quarter), {"ticket": tickets} if quarter else {"survey": surveys}
    assert small_blocks.put_block(ACME, block_id, Block(records, 0)) is Stored.GROWN
    assert small_blocks.blocks(ACME, [block_id])[block_id].records == records


def test_a_split_quarter_holds_the_same_tickets(small_blocks: Roster) -> None:
    small_blocks.add_client(ACME, 70, stored_client(C1))
    tickets = [ticket(number, NOW - (number * 7919) % 1_000_003) for number in range(300)]
    merge_tickets(small_blocks, C1, tickets)

    seat = small_blocks.seats(ACME, [C1])[C1]
    shards = seat.shards[Q4]
    assert seat.number == 70
    assert 4 <= shards <= 64
    assert small_blocks.client_facts(ACME, C1, seat).tickets.rows() == Tickets.of(tickets).rows()
    ids = [BlockId(C1, 1, Q4, shard) for shard in range(shards)]
    for block_id, block in small_blocks.blocks(ACME, ids).items():
        assert {shard_of("ticket", name, shards) for name in block.records.get("ticket", {})} <= {block_id.shard}
        assert block.shards <= shards


def test_split_facts_are_the_same_facts(small_blocks: Roster) -> None:
    small_blocks.add_client(ACME, 70, stored_client(C1))
    surveys = [Survey(f"S{number}", "NPS", number % 11, NOW - (number * 7919) % 1_000_003) for number in range(200)]
    months = [BillableMonth(f"S{number}", 24_000 - number, number) for number in range(50)]
    merge_records(small_blocks, C1, "survey", surveys, None)
    merge_records(small_blocks, C1, "billable_month", months, None)

    seat = small_blocks.seats(ACME, [C1])[C1]
    assert 4 <= seat.shards_of(None) <= 64
    facts = small_blocks.client_facts(ACME, C1, seat)
    assert sorted(facts.surveys) == sorted(surveys)
    assert sorted(facts.billable_months) == sorted(months)
    assert facts.tickets.rows() == []


def test_a_stale_seat_splits_nothing(small_blocks: Roster) -> None:
    small_blocks.add_client(ACME, 0, stored_client(C1))
    merge_tickets(small_blocks, C1, [ticket(number) for number in range(10)])
    for _ in range(3):
        small_blocks.split(ACME, C1, Seat(0), Q4)
    assert small_blocks.seats(ACME, [C1]) == {C1: Seat(0, {Q4: 2})}
    assert len(small_blocks.client_facts(ACME, C1, Seat(0)).tickets.id) == 10


def test_quarters_are_split_each_for_itself(small_blocks: Roster) -> None:
    small_blocks.add_client(ACME, 0, stored_client(C1))
    merge_tickets(small_blocks, C1, [ticket(number) for number in range(10)])
    small_blocks.put_block(ACME, BlockId(C1, 0, "2026-Q3"), Block({"ticket": stored(ticket(90, NOW - 90 * DAY))}, 0))
    small_blocks.split(ACME, C1, Seat(0), Q4)
    small_blocks.split(ACME, C1, Seat(0, {Q4: 2}), "2026-Q3")
    assert small_blocks.seats(ACME, [C1]) == {C1: Seat(0, {Q4: 2, "2026-Q3": 2})}
    assert len(small_blocks.client_facts(ACME, C1, Seat(0)).tickets.id) == 11


@pytest.mark.parametrize("known", [{}, {Q4: 2}])
def test_a_stale_seat_forgets_no_other_quarters_split(small_blocks: Roster, known: dict[str, int]) -> None:
    small_blocks.add_client(ACME, 0, stored_client(C1))
    for quarter in (*known, "2026-Q3"):
        held = small_blocks.seats(ACME, [C1])[C1]
        small_blocks.split(ACME, C1, held, quarter)
    small_blocks.split(ACME, C1, Seat(0, known), "2026-Q2")
    assert small_blocks.seats(ACME, [C1]) == {C1: Seat(0, {**known, "2026-Q3": 2})}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_split_may_leave_a_part_empty(small_blocks: Roster, count: int) -> None:
    small_blocks.add_client(ACME, 0, stored_client(C1))
    tickets = [ticket(number) for number in range(count)]
    merge_tickets(small_blocks, C1, tickets)
    for shards in range(1, 8):
        small_blocks.split(ACME, C1, Seat(0, {Q4: shards} if shards > 1 else {}), Q4)
    seat = small_blocks.seats(ACME, [C1])[C1]
    assert seat == Seat(0, {Q4: 8})
    assert small_blocks.client_facts(ACME, C1, seat).tickets.rows() == Tickets.of(tickets).rows()
    assert [plain(facts)["tickets"] for _, facts in small_blocks.page_facts(ACME, 0)] == [tickets]


def test_a_merge_that_began_before_a_split_is_refused(small_blocks: Roster) -> None:
    small_blocks.add_client(ACME, 0, stored_client(C1))
    merge_tickets(small_blocks, C1, [ticket(number) for number in range(10)])
    before = small_blocks.blocks(ACME, [BlockId(C1, 0, Q4)])[BlockId(C1, 0, Q4)]
    small_blocks.split(ACME, C1, Seat(0), Q4)
    late = {**before.records["ticket"], **stored(ticket(77))}
    refused = small_blocks.put_block(ACME, BlockId(C1, 0, Q4), before._replace(records={"ticket": late}))
    assert refused is Stored.CHANGED
    assert len(small_blocks.client_facts(ACME, C1, Seat(0)).tickets.id) == 10


def test_a_split_leaves_the_client_record_alone(small_blocks: Roster) -> None:
    small_blocks.add_client(ACME, 0, stored_client(C1))
    merge_tickets(small_blocks, C1, [ticket(1)])
    small_blocks.split(ACME, C1, Seat(0), Q4)
    assert small_blocks.clients(ACME, {C1: Seat(0)}) == {C1: stored_client(C1, 1)}
    assert small_blocks.put_client(ACME, Seat(0, {Q4: 2}), stored_client(C1, 1, name="Second"))
    assert small_blocks.seats(ACME, [C1]) == {C1: Seat(0, {Q4: 2})}


def test_an_unknown_client_is_not_split(small_blocks: Roster) -> None:
    small_blocks.split(ACME, C1, Seat(0), Q4)
    assert small_blocks.seats(ACME, [C1]) == {}


# --------------------------------------------------------------------------------------------------- DynamoDB's own


@pytest.fixture
def noisy_tickets() -> Callable[[int], dict[str, StoredRecord]]:
    """Tickets that hardly compress."""

    def tickets(count: int) -> dict[str, StoredRecord]:
        random = Random(7)
        return stored(
            *(
                Ticket(f"{random.getrandbits(64):x}", random.randint(1, 5), NOW - random.randrange(90 * DAY))
                for _ in range(count)
            )
        )

    return tickets


def test_a_block_has_grown_past_64_kilobytes_and_is_full_past_256(
    table: Table, noisy_tickets: Callable[[int], dict[str, StoredRecord]]
) -> None:
    roster, block_id = DynamoRoster(table), BlockId(C1, 0, Q4)
    for version, (count, became) in enumerate(
        ((3_500, Stored.STORED), (4_500, Stored.GROWN), (14_000, Stored.GROWN), (18_000, Stored.FULL))
    ):
        assert roster.put_block(ACME, block_id, Block({"ticket": noisy_tickets(count)}, version)) is became
    assert len(roster.blocks(ACME, [block_id])[block_id].records["ticket"]) == 14_000


# ------------------------------------------------------------------------------------------------------------- damage


DAMAGES: dict[str, tuple[str, Callable[[Item], Any]]] = {
    "a record that is no JSON": ("d", lambda record: "["),
    "a record with too few fields": ("d", lambda record: "[1]"),
    "a name that is no text": ("d", lambda record: record["d"].replace('"Client c1"', "{}")),
    "an industry that is no text": ("d", lambda record: record["d"].replace("null", "[]", 1)),
    "a seat that is no number": ("seat", lambda record: "one"),
    "no version": ("v", lambda record: None),
}
"""What may be wrong with a client's record: the attribute, and what it becomes."""

BLOCKS: dict[str, bytes | str | int] = {
    "nothing": b"",
    "an unknown version": b"\x63\x00",
    "cut in half": encode_block({"ticket": stored(*map(ticket, range(9)))})[:40],
    "of another type": encode_block({"survey": stored(Survey("S1", "CSAT", 4, NOW))})[:-2],
    "no such records": pack({"whim": []}),
    "a column too few": pack({"ticket": [["T1"], []], "survey": [[], []]}),
    "text": "tickets",
    "a number": 7,
}
"""What may be wrong with a block."""


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_client_whose_record_cannot_be_read_keeps_its_page_readable(roster: Roster, kind: str) -> None:
    two_clients(roster)
    attribute, damaged = DAMAGES[kind]
    damage(roster, keys.client_record(ACME, 0, C1), attribute, damaged)
    fails_alone(roster)
    seats = {str(C1): Seat(0), str(C10): Seat(1)}
    with pytest.raises(UnreadableClientError, match="c1"):
        roster.clients(ACME, seats)
    failed: dict[str, Exception] = {}
    assert roster.clients(ACME, seats, failed.setdefault).keys() == {C10}
    assert failed.keys() == {C1}


def test_a_block_that_cannot_be_read_keeps_those_beside_it_readable(roster: Roster) -> None:
    two_clients(roster)
    ids = [BlockId(C1, 0, Q4), BlockId(C10, 0, Q4)]
    damage(roster, keys.ticket_block(ACME, 0, C1, Q4), "d", lambda block: b"\x01\x00")
    failed: dict[str, Exception] = {}
    assert roster.blocks(ACME, ids, failed.setdefault).keys() == {ids[1]}
    assert failed.keys() == {C1}
    with pytest.raises(UnreadableClientError, match="c1"):
        roster.blocks(ACME, ids)
    with pytest.raises(UnreadableClientError, match="c1"):
        roster.tickets(ACME, C1, Seat(0))


@pytest.mark.parametrize("kind", BLOCKS)
@pytest.mark.parametrize("key", [keys.ticket_block(ACME, 0, C1, Q4), keys.facts_block(ACME, 0, C1)], ids=str)
def test_a_client_whose_facts_cannot_be_read_keeps_its_page_readable(roster: Roster, kind: str, key: keys.Key) -> None:
    two_clients(roster)
    damage(roster, key, "d", lambda block: BLOCKS[kind])
    fails_alone(roster)


def two_clients(roster: Roster) -> None:
    for seat, client in enumerate((C1, C10)):
        assert roster.add_client(ACME, seat, stored_client(client, name=f"Client {client}"))
        merge_tickets(roster, client, [ticket(1)])


def damage(roster: Roster, key: keys.Key, attribute: str, damaged: Callable[[Item], Any]) -> None:
    if isinstance(roster, FakeRoster):
        roster.damaged.add((ACME, C1))
    elif isinstance(roster, DynamoRoster):
        held = roster._table.get(key) or {"v": 1}
        roster._table.put(key, {**held, attribute: damaged(held)})


def fails_alone(roster: Roster) -> None:
    failed: dict[str, Exception] = {}
    assert [seat for seat, _ in roster.page_facts(ACME, 0, failed.setdefault)] == [1]
    assert list(failed) == [C1]
    assert isinstance(failed[C1], UnreadableClientError)
    assert roster.client_facts(ACME, C10, Seat(1)).tickets.id
    for read in (lambda: roster.page_facts(ACME, 0), lambda: roster.client_facts(ACME, C1, Seat(0))):
        with pytest.raises(UnreadableClientError, match="c1"):
            read()
