"""The contracts of `connections.ports`: a connection's two parts, its lease, what it saw, and its mark."""

from dataclasses import replace
from typing import Final

import pytest

from chalicelib.adapters.dynamodb.keys import registry_shard
from chalicelib.domain.connections import (
    Connection,
    Counts,
    Failure,
    LastTest,
    Picked,
    Progress,
    QuietHours,
    Seen,
    Skipped,
    Sweep,
    SyncMark,
    Work,
)
from chalicelib.domain.facts import Instant
from chalicelib.domain.times import parse_day
from chalicelib.services.errors import LeasedError
from chalicelib.services.ports.connections import ConnectionStore, SyncMarks
from tests.contract.examples import ACME, OTHER

NOW: Final = Instant(1_795_348_800)

NEW: Final = Connection("cw", "connectwise", "Our PSA", created_at=NOW)
WORK: Final = Work(
    epoch=2,
    streams={"tickets": Progress(NOW, NOW + 1, "cursor", 3), "companies": Progress(NOW)},
    stream="tickets",
    begun=NOW,
    counts=Counts(1, 2, 3, 4),
    last=Counts(5, 6, 7, 8),
    synced_at=NOW - 900,
    next_at=NOW + 900,
    rows_at=NOW - 900,
    gaps=(900, 1800),
    calls_left=4987,
    failure=Failure("busy", "Wait.", NOW, 2),
    aside_version=7,
    test=LastTest(NOW, True, "northwind", {"tickets": 12}),
    sweep=Sweep("tickets", ("ann", "cw.7"), 12, (("ann", "cw.1"), ("bob", "cw.2")), 2),
    swept_at=NOW,
    refused={"tickets": 99},
)
WHOLE: Final = replace(
    NEW,
    state="running",
    settings={"site": "api-eu.myconnectwise.net"},
    secrets={"private_key": "sealed"},
    hints={"private_key": "…x7Kp"},
    mapping={"priorities": {"4": "P3"}},
    first_response="note",
    create_clients=True,
    client_source="psa",
    history_from=parse_day("2026-01-01"),
    interval_minutes=30,
    quiet_hours=QuietHours(1320, 360),
    deletions_allowed=7,
    epoch=2,
    work=WORK,
)


def test_there_are_none_at_first(connections: ConnectionStore) -> None:
    assert connections.all(ACME) == []
    assert connections.get(ACME, "cw") is None
    assert connections.lease(ACME, "cw", "token", NOW, NOW + 70) is None
    assert not connections.save(ACME, "cw", "token", WORK)
    assert not connections.replace(ACME, replace(NEW, version=2))
    connections.remove(ACME, "cw")


@pytest.mark.parametrize("connection", [NEW, WHOLE], ids=["new", "whole"])
def test_a_connection_is_read_back(connections: ConnectionStore, connection: Connection) -> None:
    assert connections.add(ACME, connection)
    assert connections.get(ACME, "cw") == connection
    assert connections.all(ACME) == [connection]
    assert connections.all(OTHER) == []


def test_a_source_is_taken_once(connections: ConnectionStore) -> None:
    assert connections.add(ACME, NEW)
    assert not connections.add(ACME, replace(NEW, name="Another"))
    assert connections.add(ACME, replace(NEW, id="at"))
    assert [each.id for each in connections.all(ACME)] == ["at", "cw"]


def test_what_a_user_sets_is_of_the_version_that_was_read(connections: ConnectionStore) -> None:
    connections.add(ACME, replace(NEW, work=WORK))
    changed = replace(NEW, version=2, name="PSA")
    assert connections.replace(ACME, changed)
    assert not connections.replace(ACME, replace(NEW, version=2, name="Too late"))
    assert connections.get(ACME, "cw") == replace(changed, work=WORK), "the worker's part stays"


def test_one_has_the_lease_until_it_ends(connections: ConnectionStore) -> None:
    connections.add(ACME, NEW)
    assert connections.lease(ACME, "cw", "one", NOW, NOW + 70) == NEW
    with pytest.raises(LeasedError):
        connections.lease(ACME, "cw", "two", NOW + 70, NOW + 140)
    assert connections.lease(ACME, "cw", "one", NOW + 1, NOW + 71) == NEW
    assert connections.lease(ACME, "cw", "two", NOW + 72, NOW + 142) == NEW
    assert not connections.save(ACME, "cw", "one", WORK), "it is another's by now"
    assert connections.save(ACME, "cw", "two", WORK)
    assert connections.get(ACME, "cw") == replace(NEW, work=WORK)
    assert connections.lease(ACME, "cw", "three", NOW + 73, NOW + 143) == replace(NEW, work=WORK), "given back"


def test_a_user_and_the_worker_do_not_undo_each_others_part(connections: ConnectionStore) -> None:
    connections.add(ACME, NEW)
    connections.lease(ACME, "cw", "one", NOW, NOW + 70)
    paused = replace(NEW, version=2, state="paused")
    assert connections.replace(ACME, paused)
    assert connections.save(ACME, "cw", "one", WORK)
    assert connections.get(ACME, "cw") == replace(paused, work=WORK)


def test_what_is_taken_away_takes_its_lease_and_what_it_saw_along(connections: ConnectionStore) -> None:
    connections.add(ACME, NEW)
    connections.put_seen(ACME, "cw", SEEN)
    connections.lease(ACME, "cw", "one", NOW, NOW + 70)
    connections.remove(ACME, "cw")
    assert connections.get(ACME, "cw") is None
    assert not connections.save(ACME, "cw", "one", WORK)
    assert connections.seen(ACME, "cw") == Seen()
    assert connections.add(ACME, NEW)
    assert connections.lease(ACME, "cw", "two", NOW, NOW + 70) == NEW


SEEN: Final = Seen(
    {"priorities": (Picked("4", "Priority 3", "P3"), Picked("5", "Café", None))},
    (Skipped("tickets", "48133", "its priority is not mapped", NOW),),
)


def test_what_it_saw_is_read_back(connections: ConnectionStore) -> None:
    assert connections.seen(ACME, "cw") == Seen()
    connections.put_seen(ACME, "cw", SEEN)
    assert connections.seen(ACME, "cw") == SEEN
    assert connections.seen(OTHER, "cw") == Seen()


def marks(sync_marks: SyncMarks) -> list[SyncMark]:
    found = [(shard, mark) for shard in range(16) for mark in sync_marks.marks(shard)]
    assert all(registry_shard(mark.tenant) == shard for shard, mark in found)
    return sorted(mark for _, mark in found)


def test_marks_say_when_to_look(sync_marks: SyncMarks) -> None:
    assert marks(sync_marks) == []
    sync_marks.mark(ACME, "cw", NOW)
    sync_marks.mark(ACME, "xero", NOW + 1, is_aside=True)
    sync_marks.mark(OTHER, "cw", NOW + 2)
    sync_marks.mark(ACME, "cw", NOW + 3)
    assert marks(sync_marks) == [
        SyncMark(ACME, "cw", NOW + 3),
        SyncMark(ACME, "xero", NOW + 1, True),
        SyncMark(OTHER, "cw", NOW + 2),
    ]
    sync_marks.mark(ACME, "xero", NOW)
    for _ in range(2):
        sync_marks.remove(ACME, "cw")
    assert marks(sync_marks) == [SyncMark(ACME, "xero", NOW), SyncMark(OTHER, "cw", NOW + 2)]
