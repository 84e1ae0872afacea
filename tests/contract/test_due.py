"""Due marks: who has something left to do, and that nobody clears a mark that others rely on."""

from typing import Final

import pytest

from chalicelib.adapters.dynamodb.keys import registry_shard
from chalicelib.domain.ids import TENANT_SHARDS, TenantId
from chalicelib.domain.run import TRIES, DueMark, Walk
from chalicelib.domain.times import parse_instant
from chalicelib.services.ports.refresh import DueMarkStore

ACME: Final = TenantId("acme")
OTHER: Final = TenantId("acme-2")
NOW: Final = parse_instant("2026-11-22T12:00:00Z")
NIGHT: Final = parse_instant("2026-11-22T02:00:00Z")


def marks(due: DueMarkStore) -> list[DueMark]:
    found = [(shard, mark) for shard in range(TENANT_SHARDS) for mark in due.marks(shard)]
    assert all(registry_shard(mark.tenant) == shard for shard, mark in found), "where the sweep looks for it"
    assert all(type(mark.tenant) is TenantId for _, mark in found)
    return sorted((mark for _, mark in found), key=lambda mark: (mark.tenant, mark.night or 0))


def test_nobody_is_due_at_first(due: DueMarkStore) -> None:
    assert marks(due) == []


def test_a_mark_says_when_and_since_when(due: DueMarkStore) -> None:
    due.mark(ACME, NOW + 90, NOW)
    (mark,) = marks(due)
    assert mark == DueMark(ACME, None, NOW + 90, NOW, NOW, mark.version)


def test_a_standing_mark_stays_due_and_is_another_version(due: DueMarkStore) -> None:
    first = due.mark(ACME, NOW + 90, NOW)
    second = due.mark(ACME, NOW + 150, NOW + 60)
    assert second > first
    assert marks(due) == [DueMark(ACME, None, NOW + 90, NOW, NOW + 60, second)]


def test_a_night_has_a_mark_of_its_own(due: DueMarkStore) -> None:
    due.mark(OTHER, NOW, NOW)
    due.mark(ACME, NOW, NOW)
    night = due.mark(ACME, NIGHT + 1800, NIGHT, night=NIGHT)
    due.mark(ACME, NOW, NOW, night=NIGHT - 86_400)
    assert [(mark.tenant, mark.night) for mark in marks(due)] == [
        (ACME, None),
        (ACME, NIGHT - 86_400),
        (ACME, NIGHT),
        (OTHER, None),
    ]
    due.clear(ACME, night, night=NIGHT)
    assert [(mark.tenant, mark.night) for mark in marks(due)] == [(ACME, None), (ACME, NIGHT - 86_400), (OTHER, None)]


def test_only_the_version_that_was_seen_is_cleared(due: DueMarkStore) -> None:
    seen = due.mark(ACME, NOW, NOW)
    newer = due.mark(ACME, NOW, NOW + 1)
    due.clear(ACME, seen)
    assert len(marks(due)) == 1
    for _ in range(2):
        due.clear(ACME, newer)
    assert marks(due) == []


def test_a_postponed_mark_lets_others_come_first(due: DueMarkStore) -> None:
    due.mark(ACME, NOW, NOW)
    (seen,) = marks(due)
    due.postpone(seen, NOW + 60)
    assert marks(due) == [seen._replace(due=NOW + 60)]
    newer = due.mark(ACME, NOW + 99, NOW + 99)
    due.postpone(seen, NOW + 999)
    assert marks(due) == [seen._replace(due=NOW + 60, touched=NOW + 99, version=newer)]


def test_failures_put_a_mark_aside_until_new_work_or_a_person_comes(due: DueMarkStore) -> None:
    due.mark(ACME, NOW, NOW)
    for _ in range(TRIES):
        (mark,) = marks(due)
        assert not mark.is_aside
        due.postpone(mark, NOW + 1, failed=True)
    (aside,) = marks(due)
    assert aside.tries >= TRIES
    assert aside.is_aside
    due.resume(aside)
    assert marks(due) == [aside._replace(tries=0, due=NOW)]
    due.postpone(aside, NOW + 2, failed=True)
    due.mark(ACME, NOW + 5, NOW + 5)
    (again,) = marks(due)
    assert again.tries == 0


def test_a_look_without_failure_forgets_earlier_ones(due: DueMarkStore) -> None:
    due.mark(ACME, NOW, NOW)
    (mark,) = marks(due)
    due.postpone(mark, NOW, failed=True)
    due.postpone(mark, NOW)
    assert marks(due) == [mark]


@pytest.mark.parametrize(
    "walk", [Walk(), Walk(3, ACME), Walk(7, None, noted_at=NOW), Walk(complete=True, noted_at=NOW)]
)
def test_the_walk_is_read_back(due: DueMarkStore, walk: Walk) -> None:
    assert due.walk() == Walk()
    due.save_walk(walk)
    assert due.walk() == walk
    assert marks(due) == []
