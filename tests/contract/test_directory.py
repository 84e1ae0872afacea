"""The contract of `ports.TicketDirectory`."""

from collections.abc import Iterable
from random import Random

import pytest

from chalicelib.adapters.dynamodb import directory as dynamodb_directory
from chalicelib.adapters.dynamodb import recent_ids
from chalicelib.domain.ids import RecordId, TicketKey
from chalicelib.domain.ticket_copies import key_text, ticket_key
from chalicelib.domain.ticket_directory import Arrival, Deletion, Gone, Leaf
from chalicelib.services.ports.directory import TicketDirectory
from tests.contract.examples import ACME, NOW, OTHER
from tests.fakes.stores import FakeTicketDirectory

SEQUENCE = [f"T{number:07d}" for number in range(400)]
YEARS = [f"{year}-{number:04d}" for year in (2025, 2026) for number in range(200)]
UUIDS = [f"{Random(number).getrandbits(128):032x}" for number in range(400)]
HERE = Arrival("T1", 3, "2026-Q4", True)


@pytest.fixture
def small_leaves(directory: TicketDirectory, monkeypatch: pytest.MonkeyPatch) -> TicketDirectory:
    monkeypatch.setattr(dynamodb_directory, "LEAF_LIMIT", 200)
    monkeypatch.setattr(recent_ids, "NEWEST_BYTES", 100)
    monkeypatch.setattr(recent_ids, "MOST_BYTES", 400)
    if isinstance(directory, FakeTicketDirectory):
        directory.leaf_limit = 20
    return directory


def enter(directory: TicketDirectory, names: Iterable[str], seat: int = 1) -> None:
    wanted = {ticket_key(name) for name in names}
    for leaf in directory.leaves(ACME, wanted):
        entries = {**leaf.entries, **{key: {seat} for key in wanted if covers(leaf, key)}}
        assert directory.put_leaf(ACME, leaf._replace(entries=entries))


def covers(leaf: Leaf, key: TicketKey) -> bool:
    return leaf.first <= key_text(key) and (leaf.until is None or key_text(key) < leaf.until)


def seats(directory: TicketDirectory, names: Iterable[str]) -> dict[str, set[int]]:
    """Where names lead; each has one leaf."""
    wanted, found = list(names), {}
    leaves = directory.leaves(ACME, map(ticket_key, wanted))
    assert [leaf.first for leaf in leaves] == sorted({leaf.first for leaf in leaves})
    for name in wanted:
        (leaf,) = [leaf for leaf in leaves if covers(leaf, ticket_key(name))]
        found[name] = set(leaf.entries.get(ticket_key(name), ()))
    return {name: held for name, held in found.items() if held}


def test_what_is_announced_waits_until_it_is_forgotten(directory: TicketDirectory) -> None:
    gone = Deletion(RecordId("T9"), NOW, False)
    directory.announce(ACME, 7, NOW, [HERE, Arrival(2**31, 4, "2025-Q1", False)], [gone])
    directory.announce(ACME, 70, NOW + 1, [], [gone])
    directory.announce(OTHER, 7, NOW, [HERE], [])
    (seventh,) = directory.pending(ACME, 7)
    assert (seventh.received, set(seventh.arrivals)) == (NOW, {HERE, Arrival(2**31, 4, "2025-Q1", False)})
    assert seventh.deletions == (gone,)
    assert [each.received for each in directory.pending(ACME)] == [NOW, NOW + 1]
    directory.forget(ACME, [seventh])
    directory.forget(ACME, [seventh])
    assert [each.received for each in directory.pending(ACME)] == [NOW + 1]
    assert len(list(directory.pending(OTHER))) == 1


@pytest.mark.parametrize("names", [SEQUENCE, YEARS, UUIDS, ["T1"]], ids=["sequence", "years", "uuids", "one"])
@pytest.mark.parametrize("step", [1, 7, 400])
def test_what_is_entered_is_found(small_leaves: TicketDirectory, names: list[str], step: int) -> None:
    shuffled = Random(1).sample(names, len(names))
    if step == 1:
        shuffled = shuffled[:60]
    for start in range(0, len(shuffled), step):
        enter(small_leaves, shuffled[start : start + step], seat=start)
    expected = {name: {place // step * step} for place, name in enumerate(shuffled)}
    assert seats(small_leaves, names) == expected
    for name in shuffled[:5]:
        assert seats(small_leaves, [name]) == {name: expected[name]}


def test_a_key_may_lead_to_several_seats_and_to_a_deletion(directory: TicketDirectory) -> None:
    gone = {RecordId("T2"): Gone(NOW, NOW + 1)}
    (leaf,) = directory.leaves(ACME, ["T1"])
    assert directory.put_leaf(ACME, leaf._replace(entries={"T1": {70, 3}}, gone=gone))
    (leaf,) = directory.leaves(ACME, ["T2"])
    assert ({key: set(held) for key, held in leaf.entries.items()}, dict(leaf.gone)) == ({"T1": {3, 70}}, gone)


def test_of_two_that_write_a_leaf_one_is_refused(directory: TicketDirectory) -> None:
    (leaf,) = directory.leaves(ACME, ["T1"])
    assert directory.put_leaf(ACME, leaf._replace(entries={"T1": {1}}))
    assert not directory.put_leaf(ACME, leaf._replace(entries={"T2": {2}}))
    assert seats(directory, ["T1", "T2"]) == {"T1": {1}}


@pytest.mark.parametrize("names", [SEQUENCE, UUIDS], ids=["sequence", "uuids"])
def test_a_key_may_lead_nowhere_again(small_leaves: TicketDirectory, names: list[str]) -> None:
    """Also where it was known in several places, and where a deletion is known of it."""
    key, name = ticket_key(names[0]), RecordId(names[0])
    (leaf,) = small_leaves.leaves(ACME, [key])
    assert small_leaves.put_leaf(ACME, leaf._replace(entries={key: {1}}, gone={name: Gone(NOW, NOW)}))
    enter(small_leaves, names[1:])
    (leaf,) = small_leaves.leaves(ACME, [key])
    assert (set(leaf.entries[key]), dict(leaf.gone)) == ({1}, {name: Gone(NOW, NOW)})
    assert small_leaves.put_leaf(ACME, leaf._replace(entries={**leaf.entries, key: set()}, gone={}))
    enter(small_leaves, names[1:], seat=2)
    assert seats(small_leaves, names) == {name: {2} for name in names[1:]}
    (leaf,) = small_leaves.leaves(ACME, [key])
    assert not leaf.gone


def test_a_leaf_that_was_cut_is_not_written_as_it_was(small_leaves: TicketDirectory) -> None:
    enter(small_leaves, SEQUENCE[:5])
    (before,) = small_leaves.leaves(ACME, SEQUENCE[:5])
    enter(small_leaves, SEQUENCE)
    assert not small_leaves.put_leaf(ACME, before)
    assert len(seats(small_leaves, SEQUENCE)) == len(SEQUENCE)


def test_a_cut_keeps_deletions_with_their_keys(small_leaves: TicketDirectory) -> None:
    gone = {RecordId(name): Gone(NOW, NOW) for name in SEQUENCE[::40]}
    entries: dict[TicketKey, set[int]] = {name: {place * 7919 % 1_000} for place, name in enumerate(SEQUENCE)}
    (leaf,) = small_leaves.leaves(ACME, SEQUENCE[:1])
    assert small_leaves.put_leaf(ACME, leaf._replace(entries=entries, gone=gone))
    leaves = small_leaves.leaves(ACME, SEQUENCE)
    assert len(leaves) > 3
    assert all(covers(leaf, name) for leaf in leaves for name in leaf.gone)
    assert {name for leaf in leaves for name in leaf.gone} == gone.keys()


def test_pages_of_an_older_table_are_registered_once(directory: TicketDirectory) -> None:
    assert directory.unregistered(ACME, 3) == {0, 1, 2}
    directory.register(ACME, 1)
    directory.register(ACME, 1)
    assert directory.unregistered(ACME, 9) == {0, 2}
    for page in (0, 2):
        directory.register(ACME, page)
    assert directory.unregistered(ACME, 9) == set()


def test_a_tenant_without_pages_has_nothing_to_register(directory: TicketDirectory) -> None:
    assert directory.unregistered(ACME, 0) == set()
    assert directory.unregistered(ACME, 5) == set()
