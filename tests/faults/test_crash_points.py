"""One night with its relay, once for every call of a port that may be the last: nothing is lost, nothing told twice."""

from collections import Counter
from typing import Any

import pytest

from chalicelib.domain.outbox import Outbox
from chalicelib.services import relay
from chalicelib.services.errors import TryAgainError
from tests.faults.world import ACME, DAY, NIGHT, CountedRuns, CrashError, CrashPoint, ReadThenWriteScores, World


def two_alerts() -> World:
    """Two clients that fall this night, on pages of different messages, with the workflow on; a third stays."""
    world = World().found()
    world.settings(workflow=True)
    for place, (client, manager) in enumerate((("c1", "m1"), ("c2", "m2"), ("c3", None))):
        world.leave_seats(512 * (place == 1))
        world.client(client, 90, manager)
    world.night(NIGHT)
    world.move("c1", 50)
    world.move("c2", 30)
    world.deliver()
    return world


def digest() -> World:
    """Twenty-one clients of one account manager that fall this night."""
    world = World().found()
    for number in range(21):
        world.client(f"c{number:02d}", 59)
    world.deliver()
    return world


def resolving() -> World:
    """A client recovers and another falls; a third has left."""
    world = World().found()
    for client in ("c1", "c2", "c3"):
        world.client(client, 90 if client == "c2" else 50)
    world.night(NIGHT)
    world.move("c1", 90)
    world.move("c2", 20)
    world.deliver()
    world.take({"type": "client", "id": "c3", "name": "c3", "status": "CHURNED"})
    return world


def notice() -> World:
    """New settings take three clients below, one of them on a page of another message."""
    world = World().found()
    for place, client in enumerate(("c1", "c2", "c3")):
        world.leave_seats(512 * (place == 2))
        world.client(client, 65)
    world.night(NIGHT)
    world.settings(alert_threshold=70)
    world.deliver()
    return world


SCENARIOS = {build.__name__: build for build in (two_alerts, digest, resolving, notice)}


def run(prepared: World, crash: CrashPoint | None) -> World:
    """The night after NIGHT, which dies at the crash point and comes again."""
    world = prepared.copy()
    as_of = NIGHT + DAY
    world.calls.plan(crash)
    try:
        world.fire(as_of)
        world.deliver(reverse=True)
        world.relay()
        assert crash is None or world.calls.crash is None, "past the last call"
    except CrashError:
        world.calls.plan(None)
        world.fire(as_of)  # EventBridge tries again
    calls = world.calls.count
    world.recover()
    world.calls.count = calls
    return world


def sweep_crash_points(prepared: World, check: Any = None) -> int:
    """Every crash point of the night; returns how many calls it has."""
    clean = run(prepared, None)
    calls, expected = clean.calls.count, clean.end_state()
    assert (expected["outbox"], expected["due"]) == (Outbox([], [], {}), [])
    for call in range(calls):
        for happens in (False, True):
            found = run(prepared, CrashPoint(call, happens)).end_state()
            for name, value in expected.items():
                assert found[name] == value, f"{name} after a crash at call {call} ({happens=})"
    return calls


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_crash_point(scenario: str) -> None:
    assert sweep_crash_points(SCENARIOS[scenario]()) > 20


@pytest.mark.parametrize("scenario", ["digest", "notice"])
def test_every_crash_point_where_one_message_cannot_hold_them_all(
    scenario: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """21 alerts are two digests of 8 and 5 alone; 3 clients of new settings are two notices."""
    monkeypatch.setattr(relay, "DIGEST_ABOVE", 5)
    monkeypatch.setattr(relay, "DIGEST_MEMBERS", 8 if scenario == "digest" else 2)
    prepared = SCENARIOS[scenario]()
    kinds = Counter(body["kind"] for body in run(prepared, None).messages().values())
    assert kinds == ({"digest": 2, "alert": 5} if scenario == "digest" else {"settings_notice": 2})
    assert sweep_crash_points(prepared) > 20


def test_the_clean_runs_are_what_they_should_be() -> None:
    told = {name: run(build(), None) for name, build in SCENARIOS.items()}
    kinds = {name: sorted(body["kind"] for body in world.messages().values()) for name, world in told.items()}
    assert kinds == {
        "two_alerts": ["alert", "alert"],
        "digest": ["digest"],
        "resolving": ["alert", "alert", "alert"],
        "notice": ["settings_notice"],
    }
    assert [task.client_id for task in told["two_alerts"].end_state()["tasks"]] in (["c1", "c2"], ["c2", "c1"])
    assert [alert.status for alert in told["resolving"].alerts if alert.client_id != "c2"] == ["RESOLVED", "RESOLVED"]
    assert len(next(iter(told["notice"].messages().values()))["alerts"]) == 3


# ---- tests of the tests --------------------------------------------------------------------------------


def test_alerts_that_are_written_after_their_rows_are_caught() -> None:
    prepared = two_alerts()
    right = prepared.stores.scores
    wrong = ReadThenWriteScores(prepared.stores.alerts)
    vars(wrong).update(vars(right))
    prepared.stores.scores = wrong
    with pytest.raises(AssertionError, match="after a crash at call"):
        sweep_crash_points(prepared)


def test_a_counter_of_pages_is_caught() -> None:
    prepared = two_alerts()
    wrong = CountedRuns()
    vars(wrong).update(vars(prepared.stores.runs))
    prepared.stores.runs = wrong
    assert prepared.stores.tenants.get(ACME).pages == 9, "two messages"
    with pytest.raises(TryAgainError, match="no snapshot"):  # the run never ends: the page counted was another
        run(prepared, None)
