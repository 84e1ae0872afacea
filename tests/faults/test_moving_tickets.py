"""A ticket on the move, each AWS call released by a seeded scheduler, and once for every call that may be the last.

The faults of earlier builds are among them: a deleted version in one quarter that hides the live one in another; ids
sent at once with two creation times, of which some counted twice; a ticket that counts for two clients for good; an
update in the same second that was lost.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, Final, NamedTuple

import pytest

from chalicelib.adapters.dynamodb.directory import DynamoTicketDirectory
from chalicelib.domain.ids import RecordId
from chalicelib.services.settling import REQUEST_SECONDS
from chalicelib.tenancy import bound_to
from tests.faults.aws import TENANT, Account, Items, app, moto, stopped_clock
from tests.faults.full_night import client
from tests.faults.interleaving import Interleaver
from tests.faults.world import ACME, CrashError, CrashPoint, World

SCHEDULES: Final = 40 * int(os.environ.get("SOAK", "1"))
NOW: Final = "2026-11-24T12:00:00Z"
CLIENTS: Final = ("ann", "bob")
Q3, Q4 = "2026-08-20T09:00:00Z", "2026-11-20T09:00:00Z"


def ticket(owner: str | None, created_at: str | None = Q4, priority: str = "P2", **fields: Any) -> dict[str, Any]:
    owned = {} if owner is None else {"client_id": owner}
    opened = {} if created_at is None else {"created_at": created_at, "priority": priority}
    return {"type": "ticket", "id": "T1", **owned, **opened, **fields}


GONE: Final = ticket(None, None, deleted=True)


def settle() -> None:
    with bound_to(TENANT):
        app().settling.settle(TENANT, 0)


# Who meets whom: what stands before, what is sent at once, and which outcomes are right (whose ticket, created when).
RACES: Final[dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], set[tuple[str, str] | None]]]] = {
    "two_clients": ([], [ticket("ann"), ticket("bob")], {("ann", Q4), ("bob", Q4)}),
    "two_times": ([], [ticket("ann", Q3), ticket("ann", Q4)], {("ann", Q3), ("ann", Q4)}),
    "a_move_and_its_return": ([ticket("ann")], [ticket("bob"), ticket("ann", Q3)], {("bob", Q4), ("ann", Q3)}),
    "a_move_and_an_update": (
        [ticket("ann")],
        [ticket("bob"), ticket("ann", priority="P1")],
        {("bob", Q4), ("ann", Q4)},
    ),
    "a_deletion_and_a_move": ([ticket("ann")], [GONE, ticket("bob")], {None, ("bob", Q4)}),
    "a_deletion_and_a_new_one": ([], [GONE, ticket("bob")], {None, ("bob", Q4)}),
    "a_deletion_and_another_time": (
        [ticket("ann", Q3)],
        [ticket("ann", Q3, deleted=True), ticket("ann", Q4)],
        {None, ("ann", Q4)},
    ),
}


class Stage(NamedTuple):
    account: Account
    interleaver: Interleaver
    empty: Items

    def outcome(self) -> tuple[str, str] | None:
        """Where the ticket counts now: nowhere or once, and it is stored once."""
        with bound_to(TENANT):
            seats = app().roster.seats(TENANT, map(RecordId, CLIENTS))
            facts = {name: app().roster.client_facts(TENANT, RecordId(name), seat) for name, seat in seats.items()}
            stored = [
                (tickets.client, block_id.quarter)
                for tickets in app().roster.page_tickets(TENANT, 0)
                for block_id, block in tickets.blocks.items()
                if "T1" in block.records.get("ticket", {})
            ]
            leaves = list(app().directory.leaves(TENANT, ["T1"]))
            assert list(app().directory.pending(TENANT)) == []
        assert len(stored) <= 1, stored
        (leaf,) = leaves
        assert len(leaf.entries.get("T1", ())) == len(stored)
        counted = [(name, row.created) for name, held in facts.items() for row in held.tickets.rows()]
        assert len(counted) <= 1, counted
        return (counted[0][0], Q3 if stored[0][1] == "2026-Q3" else Q4) if counted else None

    def check_all(self, race: str, seeds: Iterable[int]) -> set[tuple[str, ...]]:
        """Several schedules; answers the orders that they came to."""
        return {tuple(self.check(race, seed)) for seed in seeds}

    def check(self, race: str, seed: int) -> list[str]:
        """Requests at once, then two that settle at once, then all that comes again; answers the calls."""
        before, sent, right = RACES[race]
        self.account.restore(self.empty)
        self.account.clock.to(NOW)
        for record in before:
            self.account.take(record)
            self.account.clock.advance(1)
        if before:
            self.account.deliver()
        self.account.clock.advance(1)
        works: dict[str, Callable[[], Any]] = {
            f"request {place}": partial(self.account.take, record) for place, record in enumerate(sent)
        }
        errors = self.interleaver.run(seed, works)
        trace = list(self.interleaver.trace)
        self.account.clock.advance(REQUEST_SECONDS + 1)
        errors |= self.interleaver.run(seed, {"first": settle, "second": settle})
        trace += self.interleaver.trace
        try:
            assert not any(errors.values()), errors
            self.account.deliver()
            self.account.sweep()
            self.account.deliver()
            found = self.outcome()
            assert found in right, found
            assert self.account.failures == []
        except Exception as error:
            raise AssertionError(f"MOVING={race}:{seed}\n{' '.join(trace)}") from error
        return trace


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    interleaver = Interleaver()
    with moto(interleaver), stopped_clock(NOW) as clock:
        account = Account(clock)
        app().registration.create(TENANT, "Initech", "Europe/Rome", "EUR", "someone")
        account.take(*(client(name) for name in CLIENTS))
        account.deliver()
        yield Stage(account, interleaver, account.items())


@pytest.mark.parametrize("race", RACES)
def test_any_order_of_calls_leaves_one_ticket(stage: Stage, race: str, record_property: Any) -> None:
    replayed, _, chosen = os.environ.get("MOVING", "").partition(":")
    if replayed and replayed != race:
        return
    seeds: Iterable[int] = [int(chosen)] if replayed else range(SCHEDULES)
    traces = stage.check_all(race, seeds)
    record_property("schedules", len(traces))
    assert replayed or len(traces) > SCHEDULES // 2, "the scheduler does not mix"


# ---- crashes, on fakes ---------------------------------------------------------------------------------------------


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
            assert world.stores.dirty.marked_since(ACME, range(1)) == {}
    record_property("cases", 2 * clean.calls.count)
    assert clean.calls.count > 20


# ---- tests of the tests --------------------------------------------------------------------------------------------


def test_arrivals_that_are_never_announced_are_caught(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """As earlier builds: a ticket counts for two clients, or lies in two quarters, for good."""
    monkeypatch.setattr(DynamoTicketDirectory, "announce", lambda *arguments: None)
    for race in ("two_clients", "a_move_and_its_return"):
        with pytest.raises(AssertionError, match=f"MOVING={race}:"):
            stage.check_all(race, range(5))
