"""A night's gaps on fakes: found, opened again, and filled by the very night that they are of."""

from datetime import date

import pytest

from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.facts import Day
from chalicelib.domain.ids import TenantId
from chalicelib.services.errors import AheadOfClockError
from chalicelib.services.replay import TENANTS_AT_ONCE, Night, Replay, batches, fired_on, refuse_ahead
from tests.faults.world import ACME, NIGHT, World

DAY = date(2026, 11, 23)


@pytest.fixture
def world() -> World:
    made = World().found()
    made.client("c1", 90)
    made.leave_seats(64)
    made.client("c2", 80)
    made.deliver()
    return made


def replay(world: World) -> Replay:
    return Replay(world.stores.tenants, world.stores.runs, world.stores.scores)


def night_of(world: World, tenant: TenantId = ACME) -> Night:
    night = replay(world).night(tenant, DAY)
    assert night is not None
    return night


def test_a_night_that_was_not_started_has_its_moment(world: World) -> None:
    assert night_of(world) == Night(ACME, NIGHT, (), "none")
    assert list(replay(world).everybody()) == [ACME]
    assert replay(world).incomplete([ACME], DAY) == [ACME]


def test_the_moment_is_the_zones() -> None:
    world = World()
    for name, zone in (("east", "Pacific/Kiritimati"), ("west", "Pacific/Honolulu")):
        world.app.registration.create(TenantId(name), "A", zone, "EUR", "someone")
    assert night_of(world, TenantId("east")).as_of == NIGHT
    assert night_of(world, TenantId("west")).as_of == NIGHT + 86_400


def test_a_date_that_no_night_falls_on_has_none() -> None:
    """In the night in which Miquelon's clocks go forward, 02:00 UTC moves from 23:00 to midnight."""
    world = World()
    world.app.registration.create(TenantId("island"), "A", "America/Miquelon", "EUR", "someone")
    assert replay(world).night(TenantId("island"), date(2026, 3, 8)) is None
    assert replay(world).night(TenantId("island"), date(2026, 3, 9)) is not None


def test_a_gap_is_found_opened_and_filled(world: World) -> None:
    world.fire(NIGHT)
    world.deliver()
    before = dict(world.stores.scores._snapshots)
    assert night_of(world).done
    del world.stores.scores._snapshots[ACME, 1, Day(DAY.toordinal())]
    night = night_of(world)
    assert (night.gaps, night.state, night.done) == ((1,), "complete", False)
    for _ in range(2):
        replay(world).reopen(night, DAY)
    assert replay(world).incomplete([ACME], DAY) == [ACME]
    world.fire(night.as_of)
    world.deliver()
    assert night_of(world).done
    assert {place: kept.value for place, kept in world.stores.scores._snapshots.items()} == {
        place: kept.value for place, kept in before.items()
    }


def test_an_unknown_tenant_has_no_night(world: World) -> None:
    with pytest.raises(NotFoundError):
        replay(world).night(TenantId("nobody"), DAY)


def test_a_night_that_has_not_come_is_refused() -> None:
    refuse_ahead(DAY, fired_on(DAY), NIGHT)
    with pytest.raises(AheadOfClockError, match="of acme comes at 2026-11-23T02:00:00Z"):
        refuse_ahead(DAY, fired_on(DAY), NIGHT - 3600, "acme")


def test_an_event_names_tenants_of_one_moment_and_not_too_many() -> None:
    count = TENANTS_AT_ONCE + 1
    nights = [Night(TenantId(f"t{place:03d}"), NIGHT + place % 2, (), "none") for place in range(2 * count)]
    found = list(batches(nights))
    assert [(as_of, len(tenants)) for as_of, tenants in found] == [
        *((NIGHT, TENANTS_AT_ONCE), (NIGHT, 1)),
        *((NIGHT + 1, TENANTS_AT_ONCE), (NIGHT + 1, 1)),
    ]
    assert sorted(tenant for _, tenants in found for tenant in tenants) == [night.tenant for night in nights]
