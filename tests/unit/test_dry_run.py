"""A dry run answers what the run would and leaves everything as it was: any requests, in any order, on the fakes."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.api.schemas.records import read_record
from chalicelib.domain.ids import RecordId
from chalicelib.services.sent_records import Outcome, SentRecord
from tests.faults.world import ACME, World

CLIENTS = st.sampled_from(["c1", "c2", "c3"])
TIMES = st.sampled_from(["2026-11-01T09:00:00Z", "2026-11-02T09:00:00Z", "2027-03-01T09:00:00Z"])


def ticket(draw: st.DrawFn) -> dict[str, Any]:
    record = {
        "type": "ticket",
        "id": draw(st.sampled_from(["t1", "t2"])),
        "client_id": draw(CLIENTS),
        "priority": draw(st.sampled_from(["P1", "P2"])),
        "created_at": draw(st.sampled_from(["2026-10-01T09:00:00Z", "2026-07-01T09:00:00Z"])),
    }
    if draw(st.booleans()):
        record["updated_at"] = draw(TIMES)
    return {"type": "ticket", "id": record["id"], "deleted": True} if draw(st.integers(0, 4)) == 0 else record


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.integers(0, 4))
    if kind == 0:
        client = draw(CLIENTS)
        return {"type": "client", "id": client, "name": draw(st.sampled_from(["One", "Two"])), "status": "ACTIVE"}
    if kind == 1:
        return {
            "type": "account_manager",
            "id": "m1",
            "name": draw(st.sampled_from(["Ada", "Bob"])),
            "email": "a@b.example",
        }
    if kind == 2:
        held = {"held_on": "2026-10-01", "status": "COMPLETED"}
        return {"type": "qbr", "id": "q1", "client_id": draw(CLIENTS), **held, "updated_at": draw(TIMES)}
    return ticket(draw)


def take(world: World, batch: Sequence[dict[str, Any]], *, dry: bool, new_clients: Sequence[str] = ()) -> Outcome:
    sent = [each for place, record in enumerate(batch) if isinstance(each := read_record(place, record), SentRecord)]
    intake = world.app.record_intake
    chosen = intake.dry(sent, [RecordId(client) for client in new_clients]) if dry else intake
    return chosen.take(ACME, sent, backfill=True)


def state(world: World) -> str:
    """All that is stored and queued, as text."""
    return repr({name: vars(store) for name, store in vars(world.stores).items()})


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(records(), min_size=1, max_size=6), min_size=1, max_size=4))
def test_a_dry_run_says_what_the_run_does_and_stores_nothing(batches: list[list[dict[str, Any]]]) -> None:
    world = World().found()
    for batch in batches:
        before = state(world)
        foretold = take(world, batch, dry=True)
        assert state(world) == before
        assert take(world, batch, dry=False) == foretold
        world.now += 1


def test_clients_that_are_about_to_be_created_are_taken_as_known() -> None:
    world = World().found()
    sent = [{"type": "ticket", "id": "t1", "client_id": "new", "priority": "P1", "created_at": "2026-10-01T09:00:00Z"}]
    assert len(take(world, sent, dry=True).rejected) == 1
    assert take(world, sent, dry=True, new_clients=["new"]) == Outcome(1, 0, ())
    assert len(take(world, sent, dry=False).rejected) == 1


def test_clients_that_the_request_itself_brings_are_created_by_it() -> None:
    world = World().found()
    client = {"type": "client", "id": "new", "name": "New", "status": "ACTIVE"}
    sent = [client, {"type": "qbr", "id": "q1", "client_id": "new", "held_on": "2026-10-01", "status": "COMPLETED"}]
    assert take(world, sent, dry=True, new_clients=["new"]) == take(world, sent, dry=False) == Outcome(2, 0, ())
