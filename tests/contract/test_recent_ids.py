"""What the directory of ids learns of hashed ids before its leaves do: on DynamoDB alone."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from random import Random
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.adapters.dynamodb import directory as adapter
from chalicelib.adapters.dynamodb import directory_codec as adapter_codec
from chalicelib.adapters.dynamodb import keys, recent_ids
from chalicelib.adapters.dynamodb.directory import DynamoTicketDirectory
from chalicelib.adapters.dynamodb.recent_ids import RecentIds
from chalicelib.adapters.dynamodb.table import Table, encode
from chalicelib.domain.ids import RecordId
from chalicelib.domain.ticket_copies import HASHED, ticket_key
from chalicelib.domain.ticket_directory import Gone, Leaf
from chalicelib.services.errors import DirectoryDamagedError
from infra.meter import item_size
from infra.table import create_table
from tests.contract.examples import ACME, NOW

UUIDS = [f"{Random(number).getrandbits(128):032x}" for number in range(400)]


class DiesError(Exception):
    """The process ends."""


class Dying(Table):
    """A table whose process dies with a certain write, before it or after it."""

    writes, at, before = 0, 0, True

    def _conditional(self, *arguments: Any, **named: Any) -> Any:
        return self._dying(partial(super()._conditional, *arguments, **named))

    def transact(self, *arguments: Any) -> None:
        self._dying(partial(super().transact, *arguments))

    def _dying(self, write: Callable[[], Any]) -> Any:
        self.writes += 1
        if self.writes == self.at and self.before:
            raise DiesError
        answer = write()
        if self.writes == self.at:
            raise DiesError
        return answer


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dying]:
    monkeypatch.setattr(adapter, "LEAF_LIMIT", 200)
    monkeypatch.setattr(recent_ids, "NEWEST_BYTES", 100)
    monkeypatch.setattr(recent_ids, "MOST_BYTES", 400)
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        create_table(client, "recent")
        yield Dying(client, "recent")


def virtual(directory: DynamoTicketDirectory, names: Iterable[str]) -> Leaf:
    (leaf,) = directory.leaves(ACME, map(ticket_key, names))
    return leaf


def learn(directory: DynamoTicketDirectory, found: Mapping[str, int]) -> None:
    entries = {ticket_key(name): {seat} for name, seat in found.items()}
    assert directory.put_leaf(ACME, virtual(directory, found)._replace(entries=entries, gone={}))


def known(directory: DynamoTicketDirectory, names: Iterable[str] = UUIDS) -> dict[str, int]:
    wanted = list(names)
    entries = virtual(directory, wanted).entries
    return {name: seat for name in wanted for seat in entries.get(ticket_key(name), ())}


def stored(table: Table, prefix: str) -> list[dict[str, Any]]:
    items = table.query(keys.whole_partition(keys.directory_partition(ACME)), consistent=True)
    return [item for item in items if item["sk"].startswith(prefix)]


def learned(start: int, stop: int, seat: int = 0) -> dict[str, int]:
    return {name: seat or place for place, name in enumerate(UUIDS[start:stop], start)}


def test_what_is_learned_goes_into_the_leaves_in_bulk(table: Dying) -> None:
    directory = DynamoTicketDirectory(table)
    expected: dict[str, int] = {}
    for start in range(0, 400, 10):
        learn(directory, learned(start, start + 10))
        expected |= learned(start, start + 10)
        assert sum(len(item["d"]) for item in stored(table, "R#")) < 1_000
    assert known(directory) == expected
    assert len(stored(table, f"L#{HASHED}")) > 5


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_whatever_dies_what_was_learned_is_known(table: Dying, monkeypatch: pytest.MonkeyPatch, before: bool) -> None:
    """Every write of an addition to a log that is long is the last; then all is done again."""
    directory = DynamoTicketDirectory(table)
    table.before, at = before, 0
    new = learned(0, 130, seat=1_000)
    while True:
        at += 1
        for item in stored(table, ""):
            table.delete(keys.Key(item["pk"], item["sk"]))
        monkeypatch.setattr(recent_ids, "MOST_BYTES", 10_000)
        for start in range(0, 100, 20):
            learn(directory, learned(start, start + 20))
        monkeypatch.setattr(recent_ids, "MOST_BYTES", 400)
        table.writes, table.at = 0, at
        try:
            learn(directory, new)
        except DiesError:
            table.at = 0
            found = known(directory, UUIDS[:100])
            assert len(found) == 100
            assert all(found[name] in {place, 1_000} for name, place in learned(0, 100).items())
            learn(directory, new)
        else:
            break
        assert known(directory) == new
    assert at > 6, "additions, leaves and removals"


def test_of_two_that_add_only_who_may_have_missed_something_is_refused(table: Dying) -> None:
    directory = DynamoTicketDirectory(table)
    first, second, third = (virtual(directory, UUIDS[start : start + 2]) for start in (0, 2, 1))
    assert directory.put_leaf(ACME, first._replace(entries={ticket_key(name): {1} for name in UUIDS[:2]}))
    assert directory.put_leaf(ACME, second._replace(entries={ticket_key(name): {2} for name in UUIDS[2:4]}))
    assert not directory.put_leaf(ACME, third._replace(entries={ticket_key(name): {3} for name in UUIDS[1:3]}))
    assert known(directory) == {UUIDS[0]: 1, UUIDS[1]: 1, UUIDS[2]: 2, UUIDS[3]: 2}


def test_who_read_before_what_is_in_the_leaves_by_now_is_refused(table: Dying) -> None:
    directory = DynamoTicketDirectory(table)
    early = virtual(directory, UUIDS[:1])
    for start in range(0, 60, 20):
        learn(directory, learned(start, start + 20))
    directory.merge(ACME)
    assert not directory.put_leaf(ACME, early._replace(entries={ticket_key(UUIDS[0]): {9}}))
    assert known(directory) == learned(0, 60)


def test_a_slow_merge_takes_nothing_newer_away(table: Dying, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between what it reads of the log and what it reads of the leaves others merge, change and merge again."""
    slow, other = DynamoTicketDirectory(table), DynamoTicketDirectory(table)
    for start in range(0, 60, 20):
        learn(other, learned(start, start + 20))
    combined = recent_ids.combined

    def meanwhile(pieces: Any) -> Any:
        monkeypatch.setattr(adapter, "combined", combined)
        read = list(pieces)
        other.merge(ACME)
        for start in (0, 20, 40):
            learn(other, learned(start, start + 20, seat=77))
        other.merge(ACME)
        return combined(read)

    monkeypatch.setattr(adapter, "combined", meanwhile)
    slow.merge(ACME)
    assert known(other) == learned(0, 60, seat=77)


def test_a_damaged_item_is_left_and_all_pages_are_taken_in_anew(table: Dying) -> None:
    directory = DynamoTicketDirectory(table)
    assert directory.unregistered(ACME, 2) == {0, 1}
    for page in (0, 1):
        directory.register(ACME, page)
    for start in (0, 20, 40):
        learn(directory, learned(start, start + 20))
    spoiled = stored(table, "R#")[1]
    table.put(keys.Key(spoiled["pk"], spoiled["sk"]), {**spoiled, "d": b"\x09"})
    with pytest.raises(DirectoryDamagedError):
        known(directory)
    directory.register(ACME, 0)
    assert directory.unregistered(ACME, 2) == {0, 1}
    assert known(directory) == learned(0, 20) | learned(40, 60)
    learn(directory, learned(20, 40))
    assert known(directory) == learned(0, 60)


@pytest.mark.parametrize("missing", ["d", "v"])
def test_an_item_without_an_attribute_is_damaged(table: Dying, missing: str) -> None:
    directory = DynamoTicketDirectory(table)
    learn(directory, learned(0, 20))
    (item,) = stored(table, "R#")
    table.put(keys.Key(item["pk"], item["sk"]), {name: value for name, value in item.items() if name != missing})
    with pytest.raises(DirectoryDamagedError):
        known(directory)
    learn(directory, learned(0, 20))
    assert known(directory) == learned(0, 20)


def test_a_leaf_that_cannot_be_read_keeps_back_only_what_belongs_to_it(table: Dying) -> None:
    directory = DynamoTicketDirectory(table)
    for start in range(0, 200, 20):
        learn(directory, learned(start, start + 20))
    directory.merge(ACME)
    leaf = stored(table, f"L#{HASHED}")[2]
    place = keys.Key(leaf["pk"], leaf["sk"])
    table.put(place, {**leaf, "d": b"\x09"})
    own = {name for name in UUIDS if leaf["sk"] <= f"L#{HASHED}{ticket_key(name):08x}" < f"L#{leaf['until']}"}
    others = [name for name in UUIDS if name not in own]
    new = learned(200, 400)
    for start in range(0, 200, 20):
        directory._recent.add(  # as a worker that looked its keys up before the leaf was damaged
            ACME,
            directory._recent.read(ACME).version,
            recent_ids.Known({ticket_key(name): {new[name]} for name in UUIDS[200 + start : 220 + start]}, {}),
        )
    for _ in range(3):
        directory.merge(ACME)
    assert known(directory, others) == {name: seat for name, seat in learned(0, 400).items() if name not in own}
    assert sum(len(item["d"]) for item in stored(table, "R#")) < 1_000
    table.put(place, leaf)
    assert known(directory) == learned(0, 400)


def test_a_seat_is_forgotten_everywhere(table: Dying) -> None:
    directory = DynamoTicketDirectory(table)
    for start in range(0, 110, 10):
        learn(directory, {name: place % 2 for place, name in enumerate(UUIDS[start : start + 10])})
    would = directory.forget_seat(ACME, 1, dry_run=True)
    assert would == directory.forget_seat(ACME, 1) > 3
    assert directory.forget_seat(ACME, 1) == 0
    assert set(known(directory).values()) == {0}
    assert len(known(directory)) == 55


def test_as_much_as_one_pass_can_bring_fits(table: Dying, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty requests of 500 deletions, by ids that are as long as ids may be and of which nothing compresses."""
    monkeypatch.undo()
    directory, random = DynamoTicketDirectory(table), Random(4)
    names = [
        RecordId("x" + "".join(random.choices("abcdefghijklmnopqrstuvwxyz0123456789-_.", k=63))) for _ in range(10_000)
    ]
    gone = {name: Gone(NOW + random.randrange(10**9), NOW + random.randrange(10**9)) for name in names}
    assert directory.put_leaf(ACME, virtual(directory, names)._replace(gone=gone))
    assert virtual(directory, names).gone == gone
    sizes = [item_size(encode(item)) for item in stored(table, "")]
    assert max(sizes) < 100 * 1024, sizes


def test_the_log_alone_is_read_before_the_leaves(table: Dying) -> None:
    """What goes from the log is in a leaf by then."""
    directory = DynamoTicketDirectory(table)
    for start in range(0, 60, 20):
        learn(directory, learned(start, start + 20))
    read, decode = RecentIds.read, adapter_codec.decode_leaf
    order: list[str] = []

    def reads(*arguments: Any) -> Any:
        order.append("log")
        return read(*arguments)

    def decodes(data: bytes) -> Any:
        order.append("leaf")
        return decode(data)

    directory.merge(ACME)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(RecentIds, "read", reads)
        patched.setattr(adapter, "decode_leaf", decodes)
        assert known(directory, UUIDS[:3]) == learned(0, 3)
    assert order[:2] == ["log", "leaf"]
