"""An export on fakes: what is in it, and that a copy of the client comes of it."""

import json
from typing import Any

import pytest

from chalicelib.api.schemas.records import read_record
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.services.client_export import ClientExport
from chalicelib.services.errors import UnreadableClientError
from chalicelib.services.sent_records import SentRecord
from tests.faults.world import ACME, NIGHT, Stores, World

C1 = RecordId("c1")


def export(stores: Stores, client: RecordId = C1, tenant: TenantId = ACME) -> dict[str, Any]:
    exporting = ClientExport(
        roster=stores.roster,
        aliases=stores.aliases,
        scores=stores.scores,
        alerts=stores.alerts,
        journal=stores.journal,
        tasks=stores.tasks,
    )
    document: dict[str, Any] = json.loads(json.dumps(exporting.document(tenant, client)))
    return document


@pytest.fixture
def world() -> World:
    """A client that fell in a night, beside another of whom nothing is to be told."""
    made = World().found(alert_threshold=60)
    made.settings(workflow=True)
    for name in ("c1", "c2"):
        made.client(name, 90)
    made.deliver()
    made.fire(NIGHT)
    made.deliver()
    made.move("c1", 10, logged=True)
    made.take({"type": "ticket", "id": "T1", "client_id": "c1", "deleted": True, "priority": "P1"} | CREATED)
    made.deliver()
    made.fire(NIGHT + 86_400)
    made.deliver()
    made.app.relay.publish(ACME)
    return made


CREATED = {"created_at": "2026-11-20T10:00:00Z"}


def test_all_of_one_client_is_in_it(world: World) -> None:
    document = export(world.stores)
    assert document["client"]["id"] == document["client_id"] == "c1"
    assert {(each["type"], each.get("deleted", False)) for each in document["records"]} == {
        ("assessment", False),
        ("touchpoint", False),
        ("ticket", True),
    }
    assert [snapshot["health_score"] for snapshot in document["snapshots"]] == [90, 10]
    assert document["calculations"][-1]["health_score"] == 10
    assert [alert["score"] for alert in document["alerts"]] == [10]
    assert [task["client_id"] for task in document["tasks"]] == ["c1"]
    assert "c2" not in json.dumps(document)


def test_what_has_expired_and_is_still_stored_is_held(world: World) -> None:
    before = export(world.stores)
    world.now += 900 * 86_400
    assert export(world.stores) == before


def test_a_copy_of_the_client_comes_of_it(world: World) -> None:
    document, copy = export(world.stores), World(now=world.now).found()
    sent = [read_record(place, record) for place, record in enumerate([document["client"], *document["records"]])]
    taken = copy.app.record_intake.take(ACME, [r for r in sent if isinstance(r, SentRecord)], backfill=True)
    assert not taken.rejected
    assert export(copy.stores)["records"] == document["records"]


def test_nothing_is_told_of_who_is_not_there(world: World) -> None:
    with pytest.raises(NotFoundError):
        export(world.stores, RecordId("nobody"))
    with pytest.raises(NotFoundError):
        export(world.stores, C1, TenantId("rival"))


def test_what_cannot_be_read_is_not_left_out(world: World) -> None:
    world.stores.roster.damaged.add((ACME, "c1"))
    with pytest.raises(UnreadableClientError):
        export(world.stores)
