"""A ticket on the move, on fakes, once for every call of a port that may be the last."""

from contextlib import suppress
from typing import Any, Final

import pytest

from tests.faults.test_moving_tickets import CLIENTS, GONE, Q3, Q4, ticket
from tests.faults.world import ACME, CrashError, CrashPoint, World


def moving_world() -> World:
    world = World()
    world.app.registration.create(ACME, "Acme", "Europe/Rome", "EUR", "someone")
    for name in CLIENTS:
        world.take({"type": "client", "id": name, "name": name, "status": "ACTIVE"})
    world.take(ticket("ann", Q3), {**ticket("ann"), "id": "T2"})
    world.recover()
    return world


HISTORIES: Final[dict[str, tuple[list[dict[str, Any]], dict[str, list[tuple[str, int]]]]]] = {
    "a_move": ([ticket("bob", Q3)], {"ann": [("T2", 2)], "bob": [("T1", 2)]}),
    "a_move_in_time": ([ticket("ann", Q4, "P1")], {"ann": [("T1", 1), ("T2", 2)], "bob": []}),
    "a_move_and_back": ([ticket("bob"), ticket("ann", Q3)], {"ann": [("T1", 2), ("T2", 2)], "bob": []}),
    "a_deletion_by_id": ([GONE], {"ann": [("T2", 2)], "bob": []}),
    "a_deletion_by_id_of_one_that_moves": ([ticket("bob"), GONE], {"ann": [("T2", 2)], "bob": []}),
    "a_deletion_before_its_ticket": (
        [{**GONE, "id": "T3"}, {**ticket("bob", updated_at="2026-11-01T00:00:00Z"), "id": "T3"}],
        {"ann": [("T1", 2), ("T2", 2)], "bob": []},
    ),
}


def tickets(world: World) -> dict[str, list[tuple[str, int]]]:
    facts = {each.client.id: each for _, each in world.stores.roster.page_facts(ACME, 0)}
    return {name: sorted((row.id, row.priority) for row in facts[name].tickets.rows()) for name in CLIENTS}


def live(prepared: World, records: list[dict[str, Any]], crash: CrashPoint | None) -> World:
    """Each record is sent until it is answered; at the end all comes again."""
    world = prepared.copy()
    world.calls.plan(crash)
    for record in records:
        world.now += 1
        for _ in range(2):
            try:
                world.take(record)
                break
            except CrashError:
                continue
    with suppress(CrashError):
        world.deliver()
    calls = world.calls.count
    world.recover()
    world.calls.count = calls
    return world


@pytest.mark.parametrize("history", HISTORIES)
def test_every_crash_point_of_a_move(history: str, record_property: Any) -> None:
    records, expected = HISTORIES[history]
    prepared = moving_world()
    clean = live(prepared, records, None)
    assert tickets(clean) == expected
    for call in range(clean.calls.count):
        for happens in (False, True):
            world = live(prepared, records, CrashPoint(call, happens))
            assert tickets(world) == expected, f"after a crash at call {call} ({happens=})"
            assert list(world.stores.directory.pending(ACME)) == []
            assert world.stores.refresh_marks.marked_since(ACME, range(1)) == {}
    record_property("cases", 2 * clean.calls.count)
    assert clean.calls.count > 20
