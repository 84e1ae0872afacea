"""Items that grow, filled to their bounds on a DynamoDB that refuses what is over 400 KB."""

from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import Table
from chalicelib.domain.alerts import Alert, Reason, alert_id, digest_id
from chalicelib.domain.blocks import MOST_SHARDS, OTHER_FACTS
from chalicelib.domain.history import CALCULATION_TRIGGERS, Scores, Snapshot, Stamp
from chalicelib.domain.ids import MOST_PAGES, RecordId
from chalicelib.domain.outbox import AlertWrites, Digest, SettingsNotice
from chalicelib.domain.roster import SEATS_PER_PAGE, CurrentPage
from chalicelib.domain.run import ARRIVALS, WHOLE_PAGE, Run
from chalicelib.domain.settings import SOURCES
from chalicelib.domain.ticket_copies import ticket_key
from chalicelib.domain.ticket_directory import Arrival, Deletion
from chalicelib.domain.times import FIRST_YEAR, LAST_YEAR
from chalicelib.services.notifications import LISTED
from chalicelib.services.relay import DIGEST_MEMBERS
from infra.meter import item_size
from tests.aws_rules.dynamodb import ITEM_BYTES
from tests.aws_rules.layer import enforced
from tests.contract.conftest import Stores, dynamo_stores
from tests.contract.examples import ACME, NOW, TODAY, row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RANDOM: Final = Random(13)
LONG_NAME: Final = 200
REQUEST: Final = 500
"""Records of one request at most."""


@pytest.fixture(autouse=True)
def rules() -> Iterator[None]:
    with enforced():
        yield


@pytest.fixture
def filled(table: Table) -> Stores:
    return dynamo_stores(table)


def largest(table: Table, dynamodb: "DynamoDBClient") -> int:
    """Bytes of the largest item of the table."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table.name)
    return max(item_size(item) for page in pages for item in page["Items"])


def long_id(number: int) -> RecordId:
    """An id of the longest, of which nothing compresses."""
    return RecordId(f"{number:05d}{RANDOM.getrandbits(236):059x}")


def long_name() -> str:
    return "".join(chr(RANDOM.randrange(0x20000, 0x2A6D0)) for _ in range(LONG_NAME))


def long_alert(number: int) -> Alert:
    client = long_id(number)
    reasons = (Reason("threshold", threshold=100), Reason("velocity", velocity=-100))
    name, manager, told = long_name(), long_id(number), f"{long_name()} fell to 35 of 100 points."
    return Alert(
        alert_id(NOW, client, "weighted"), client, name, manager, "weighted", 35, 62, "CRITICAL", reasons, told, NOW
    )


def test_a_run_names_every_page_of_the_largest_tenant(filled: Stores, table: Table, dynamodb: "DynamoDBClient") -> None:
    filled.runs.start(ACME, Run(TODAY, NOW, 1, SOURCES, MOST_PAGES), NOW)
    table.update(keys.run(ACME, TODAY), "SET done = :pages", pages=set(range(MOST_PAGES - 1)))  # quicker than to add
    assert filled.runs.add_done(ACME, TODAY, [MOST_PAGES - 1]).missing == []
    assert largest(table, dynamodb) < ITEM_BYTES


def test_the_directory_names_every_page_that_is_not_in_it_yet(
    filled: Stores, table: Table, dynamodb: "DynamoDBClient"
) -> None:
    assert len(filled.directory.unregistered(ACME, MOST_PAGES)) == MOST_PAGES
    assert filled.directory.unregistered(ACME, MOST_PAGES) == set(range(MOST_PAGES))
    assert largest(table, dynamodb) < ITEM_BYTES


def test_every_mark_that_a_page_can_have_is_held_beside_every_claim(
    filled: Stores, table: Table, dynamodb: "DynamoDBClient"
) -> None:
    clients = [long_id(seat) for seat in range(SEATS_PER_PAGE)]
    for _ in range(2):
        for trigger in (None, *CALCULATION_TRIGGERS):
            filled.refresh_marks.mark(ACME, 0, dict.fromkeys(clients, trigger), NOW)
        filled.refresh_marks.mark(ACME, 0, {**WHOLE_PAGE, ARRIVALS: None}, NOW)
        claim = filled.refresh_marks.claim(ACME, 0, NOW)
        assert claim is not None
        assert (set(claim.clients), claim.whole_page, claim.arrivals) == (set(clients), True, True)
    assert filled.refresh_marks.marked_since(ACME, [0]) == {0: NOW}
    assert largest(table, dynamodb) < ITEM_BYTES // 4


def test_a_client_knows_the_parts_of_every_quarter_there_is(
    filled: Stores, table: Table, dynamodb: "DynamoDBClient"
) -> None:
    client = long_id(0)
    quarters = [f"{year}-Q{quarter}" for year in range(FIRST_YEAR, LAST_YEAR + 1) for quarter in (1, 2, 3, 4)]
    table.put(
        keys.directory(ACME, client), {"seat": 10**6, "parts": dict.fromkeys([*quarters, OTHER_FACTS], MOST_SHARDS)}
    )
    seat = filled.roster.seats(ACME, [client])[client]
    assert {seat.shards_of(quarter) for quarter in (*quarters, None)} == {MOST_SHARDS}
    assert largest(table, dynamodb) < ITEM_BYTES // 10


def test_arrivals_of_the_largest_request(filled: Stores, table: Table, dynamodb: "DynamoDBClient") -> None:
    names = [long_id(number) for number in range(REQUEST)]
    arrivals = [Arrival(ticket_key(name), 10**6 * number, "2026-Q4", True) for number, name in enumerate(names)]
    filled.directory.announce(ACME, 0, NOW, arrivals, [])
    filled.directory.announce(ACME, 0, NOW, [], [Deletion(name, NOW + n, True) for n, name in enumerate(names)])
    both = list(filled.directory.pending(ACME))
    assert sum(len(each.arrivals) + len(each.deletions) for each in both) == 2 * REQUEST
    assert largest(table, dynamodb) < ITEM_BYTES // 4


def test_a_snapshot_of_a_full_page(filled: Stores, table: Table, dynamodb: "DynamoDBClient") -> None:
    def scores() -> Scores:
        points = tuple(RANDOM.randrange(101) for _ in range(9))
        return Scores(RANDOM.randrange(101), RANDOM.randrange(101), RANDOM.randrange(10_001), points, points)

    snapshot = Snapshot(TODAY, NOW, Stamp(999_999, 100, 99, SOURCES), {n: scores() for n in range(SEATS_PER_PAGE)})
    assert filled.scores.put_snapshot(ACME, 0, snapshot, NOW) == snapshot
    assert largest(table, dynamodb) < ITEM_BYTES // 4


def test_alerts_notices_and_what_is_put_aside_of_them(filled: Stores, table: Table, dynamodb: "DynamoDBClient") -> None:
    alert = long_alert(0)
    writes = AlertWrites((alert,), (SettingsNotice(alert, 999_999),), (), TODAY, NOW)
    assert filled.scores.put_current(ACME, 0, CurrentPage({0: row("c1", 0, NOW)}, 1), writes) is None
    filled.alerts.put_aside(ACME, alert.id)
    assert filled.alerts.aside(ACME) == [alert.id]
    assert largest(table, dynamodb) < ITEM_BYTES // 40


def test_a_digest_holds_its_members_beside_the_alerts_that_it_lists(
    filled: Stores, table: Table, dynamodb: "DynamoDBClient"
) -> None:
    listed = tuple(map(long_alert, range(LISTED)))
    members = tuple(alert_id(NOW, f"{number}", "weighted") for number in range(DIGEST_MEMBERS))
    digest = Digest(
        digest_id("2026-11-22", listed[0].account_manager_id), TODAY, listed[0].account_manager_id, listed, members
    )
    assert filled.alerts.put_digest(ACME, digest) == digest
    assert list(filled.alerts.outbox(ACME).digests) == [digest]
    notice = digest._replace(id="0" * 32, members=tuple(f"NOTICE#{member}" for member in members))
    assert filled.alerts.put_digest(ACME, notice) == notice
    assert largest(table, dynamodb) < ITEM_BYTES
