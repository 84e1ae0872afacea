"""Every call that concerns one unit fails, at every try: all others come out as they do without it.

The calls are not picked by hand: a run without poison notes those that name the unit and none beside it.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import pytest

from chalicelib.domain.messages import NightlyPages
from chalicelib.services.errors import Failed, raised
from chalicelib.services.page_scoring import PageScoring, Scored
from tests.fakes.stores import FakeRoster
from tests.faults.poison import KINDS, UNITS, Neighbours, Poison, differences, functions, of_client, own
from tests.faults.world import ACME, HOUR, NIGHT, Stores

Use = Callable[[Neighbours], Neighbours]
State = Mapping[Any, Any]

__all__ = ["functions"]

CASES: Final = {"tenant": 43, "page": 13, "client": 5, "alert": 2, "digest": 3, "endpoint": 1, "run": 9}
"""The calls of each kind of unit, as docs/reliability.md counts them."""


@pytest.fixture(scope="module")
def prepared() -> Neighbours:
    return Neighbours(Stores(), NIGHT - 12 * HOUR)


@pytest.fixture
def eve(prepared: Neighbours, functions: Use) -> Neighbours:
    """Two tenants on the eve of the poisoned night: after a first night, with clients that have fallen since."""
    if prepared.now < NIGHT:
        functions(prepared).found()
        prepared.deliver()
        prepared.night(NIGHT)
        prepared.sweep(NIGHT + HOUR)
        prepared.now = NIGHT + 8 * HOUR
        prepared.everybody(50, "2026-11-23T09:30:00Z", logged=False)
        prepared.deliver()
        prepared.sweep(NIGHT + 12 * HOUR)
    return prepared


@pytest.fixture(scope="module")
def outcomes() -> dict[str, State]:
    return {}


@pytest.fixture
def clean(eve: Neighbours, functions: Use, outcomes: dict[str, State]) -> State:
    """What becomes of everybody without poison."""
    if not outcomes:
        outcomes["clean"] = lived(functions, eve.copy(None)).state()
    return outcomes["clean"]


def lived(functions: Use, world: Neighbours) -> Neighbours:
    functions(world).live()
    return world


@pytest.mark.parametrize("kind", KINDS)
def test_a_unit_whose_calls_fail_fails_alone(kind: str, eve: Neighbours, clean: State, functions: Use) -> None:
    poison = Poison(KINDS[kind], UNITS[kind])
    calls = sorted(lived(functions, eve.copy(poison)).seen)
    told = {}
    for port, method in calls:
        world = eve.copy(poison._replace(port=port, method=method))
        try:
            found = differences(own(kind), clean, lived(functions, world).state())
        except Exception as error:
            found = [repr(error)]
        if found:
            told[f"{port}.{method}"] = found
    assert told == {}
    assert len(calls) == CASES[kind], calls


def test_the_clean_run_has_everything_in_it(clean: State) -> None:
    """Digests and single alerts, tasks, calculations, two nights of two tenants beside the first."""
    mail = [body["kind"] for key, body in clean.items() if key[0] == "mail"]
    assert (mail.count("digest"), mail.count("alert")) == (2, 6), mail
    stored = {key[1] for key in clean}
    assert {"_current", "_snapshots", "_calculations", "_alerts", "_tasks", "_runs", "_days", "_summaries"} <= stored
    assert len({key[4] for key in clean if key[1] == "_snapshots"}) == 3


@pytest.mark.parametrize("name", ["c2", "d1", "e2"])
def test_a_client_whose_items_cannot_be_read_fails_alone(
    name: str, eve: Neighbours, clean: State, functions: Use
) -> None:
    world = eve.copy(None)
    world.stores.roster.damaged.add((ACME, name))
    assert differences(partial(of_client, name), clean, lived(functions, world).state()) == []
    assert [failed.client for failed in world.stores.aside.list(ACME)] == [name]


# ---- tests of the tests --------------------------------------------------------------------------------


def test_pages_that_fail_with_their_message_are_caught(
    eve: Neighbours, clean: State, functions: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    score = PageScoring.score

    def together(self: PageScoring, message: NightlyPages, has_time: Callable[[], bool], report: Any) -> Scored:
        def stop(error: Exception, **whose: Any) -> None:
            raise error

        return score(self, message, has_time, stop)

    monkeypatch.setattr(PageScoring, "score", together)
    poison = Poison(KINDS["page"], UNITS["page"], "roster", "page_facts")
    assert differences(own("page"), clean, lived(functions, eve.copy(poison)).state())


def test_clients_that_fail_with_their_page_are_caught(
    eve: Neighbours, clean: State, functions: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_facts = FakeRoster.page_facts

    def together(self: FakeRoster, tenant: Any, page: int, failed: Failed) -> Any:
        return page_facts(self, tenant, page, raised)

    monkeypatch.setattr(FakeRoster, "page_facts", together)
    world = eve.copy(None)
    world.stores.roster.damaged.add((ACME, "c2"))
    assert differences(partial(of_client, "c2"), clean, lived(functions, world).state())
