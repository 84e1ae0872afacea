"""An erasure on fakes: the order, what it waits for, and that one which died anywhere goes on."""

from copy import deepcopy
from typing import Any, Final

import pytest

from chalicelib.domain.erasure import Held
from chalicelib.domain.errors import ConflictError
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.roster import page_of
from chalicelib.services.client_erasure import PASSES, ClientErasure
from tests.fakes.erasure import FakeErasureStore
from tests.faults.world import ACME, HOUR, NIGHT, Calls, CrashError, CrashPoint, Stores, Watched, World

C1: Final = RecordId("c1")
LATER: Final = NIGHT + 30 * HOUR


def store_of(stores: Stores) -> FakeErasureStore:
    return FakeErasureStore(
        roster=stores.roster,
        scores=stores.scores,
        runs=stores.runs,
        alerts=stores.alerts,
        tasks=stores.tasks,
        directory=stores.directory,
        aside=stores.aside,
        aliases=stores.aliases,
        journal=stores.journal,
        idempotency=stores.idempotency,
    )


def erase(stores: Stores, store: Any = None, *, now: int = LATER, **how: bool) -> tuple[int, list[str]]:
    told: list[str] = []
    erasure = ClientErasure(stores.roster, stores.runs, stores.alerts, store or store_of(stores))
    return erasure.erase(ACME, C1, told.append, Instant(now), **how), told


def left(stores: Stores) -> str:
    """All that the fakes hold of clients, as text; an order in which somebody wrote is no part of it."""
    kinds = ("roster", "scores", "alerts", "tasks", "aliases", "journal", "aside", "idempotency")
    held = {
        f"{kind}{name}": sorted(map(repr, values.items()))
        for kind in kinds
        for name, values in vars(getattr(stores, kind)).items()
        if isinstance(values, dict)
    }
    return repr(held)


def fallen() -> World:
    """A night in which c1 fell, with its alert in the outbox; c2 stands beside it."""
    made = World().found(alert_threshold=60)
    for name in ("c1", "c2"):
        made.client(name, 90)
    made.deliver()
    made.move("c1", 10, logged=True)
    made.deliver()
    made.fire(NIGHT)
    made.deliver()
    return made


@pytest.fixture
def world() -> World:
    made = fallen()
    made.app.relay.publish(ACME)
    return made


def test_nothing_is_left_of_it(world: World) -> None:
    items, told = erase(world.stores)
    assert items > 5
    assert "'c1'" not in left(world.stores)
    assert "'c2'" in left(world.stores)
    assert [line.partition(":")[0] for line in told] == [held.value for held in Held if f"{held.value}:" in str(told)]
    assert erase(world.stores) == (0, ["nothing is held of c1"])


def test_a_dry_run_counts_and_leaves_everything(world: World) -> None:
    before = left(world.stores)
    assert erase(world.stores, dry_run=True)[0] == erase(deepcopy(world.stores))[0]
    assert left(world.stores) == before


def test_one_that_died_anywhere_goes_on(world: World) -> None:
    clean = deepcopy(world.stores)
    erase(clean)
    for call in range(3 * len(Held)):
        stores, calls = deepcopy(world.stores), Calls()
        calls.plan(CrashPoint(call, happens=bool(call % 2)))
        try:
            erase(stores, Watched(store_of(stores), calls))
        except CrashError:
            erase(stores)
        assert left(stores) == left(clean), call
    assert calls.count > len(Held)


def test_it_waits_for_a_night_that_is_under_way(world: World) -> None:
    world.fire(NIGHT + 24 * HOUR)
    with pytest.raises(ConflictError, match="night"):
        erase(world.stores, now=NIGHT + 24 * HOUR + 60)
    world.deliver()
    world.app.relay.publish(ACME)
    assert erase(world.stores)[0]


def test_it_waits_for_alerts_that_are_about_to_be_sent() -> None:
    world = fallen()
    assert [entry.alert.client_id for entry in world.stores.alerts.outbox(ACME).entries] == [C1]
    with pytest.raises(ConflictError, match="about to be sent"):
        erase(world.stores)
    world.app.relay.publish(ACME)
    assert erase(world.stores)[0]


class Refilled:
    """A store that somebody keeps writing to."""

    def __init__(self) -> None:
        self.passes = 0

    def erase(self, held: Held, tenant: TenantId, client: RecordId, seat: int, *, dry_run: bool = False) -> int:
        self.passes += held is Held.RECORDS
        return int(held is Held.RECORDS)

    def forget(self, tenant: TenantId, client: RecordId) -> None:
        raise AssertionError("what still comes in could not be found any more")


def test_it_gives_up_where_something_keeps_writing(world: World) -> None:
    assert page_of(world.stores.roster.seats(ACME, [C1])["c1"].number) == 0
    refilled = Refilled()
    with pytest.raises(ConflictError, match="keeps writing"):
        erase(world.stores, refilled)
    assert refilled.passes == PASSES
