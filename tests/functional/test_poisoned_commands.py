"""Commands over many tenants, clients, people or messages: one that cannot be read or done keeps no other waiting."""

import json
from datetime import date
from pathlib import Path
from typing import Any, Final

import boto3
import pytest

from chalicelib import bootstrap
from chalicelib.domain.ids import TenantId
from infra.operations.aside import put_back
from infra.operations.command import main
from infra.operations.doubles import doubles
from infra.operations.errors import OperationError
from infra.operations.redrive import redrive
from infra.operations.replay import replay
from tests.functional.conftest import TABLE, peek
from tests.functional.examples import client, ticket
from tests.functional.service import Service
from tests.functional.test_operations import MotoSite
from tests.running import working_at

NIGHT: Final = "2026-11-23"
TENANTS: Final = ("acme", "bravo", "carol")
BAD: Final = "bravo"


@pytest.fixture
def fleet(service: Service) -> Service:
    """Three tenants with two clients each."""
    for tenant in TENANTS[1:]:
        service.tenant(tenant)
    for tenant in TENANTS:
        service.take(*(client(name) for name in ("c1", "c2")), ticket("T1", "c1"), tenant=tenant)
    service.drain()
    return service


@pytest.fixture
def site(fleet: Service) -> MotoSite:
    def fire(payload: bytes) -> None:
        event = json.loads(payload)
        fleet.trigger(event["time"], event["detail"]["tenant_ids"])
        fleet.drain()

    outputs = {"TableName": TABLE, "QueueUrl": fleet.queue_url, "DlqUrl": fleet.dead_letter_url}
    session = boto3.Session(region_name="eu-central-1")
    return MotoSite(session, {**outputs, "NightlyFunctionName": "nightly"}, fire=fire)


def damage(service: Service, pk: str, sk: str, **attributes: Any) -> None:
    item = service.stored().get((pk, sk), {"pk": {"S": pk}, "sk": {"S": sk}})
    peek("dynamodb").put_item(TableName=TABLE, Item={**item, **attributes})


def test_a_replay_fills_the_nights_of_all_whose_run_can_be_read(fleet: Service, site: MotoSite) -> None:
    damage(fleet, f"T#{BAD}", f"RUN#{NIGHT}", as_of={"S": "late"})
    fleet.clock.to(f"{NIGHT}T03:00:00Z")
    told: list[str] = []
    with pytest.raises(OperationError, match=BAD):
        replay(site, date(2026, 11, 23), None, told.append, bootstrap.now(), dry_run=False, seconds=0)
    items = fleet.stored()
    complete = {tenant: items[f"T#{tenant}", f"RUN#{NIGHT}"].get("complete") for tenant in TENANTS}
    assert complete == {"acme": {"BOOL": True}, "bravo": None, "carol": {"BOOL": True}}
    assert any(said.startswith(f"{BAD}: KeyError") for said in told), told


def test_what_was_put_aside_is_listed_of_all_that_can_be_read(fleet: Service, site: MotoSite) -> None:
    noted = {"as_of": {"N": "1"}, "error": {"S": "TypeError"}}
    for tenant in TENANTS:
        damage(fleet, f"T#{tenant}", "CLIENTASIDE#nobody", **noted)
        damage(fleet, f"T#{tenant}", "CLIENTASIDE#c1", **{**noted, "as_of": {"N": "99999999999"}})
    damage(fleet, f"T#{BAD}", "CLIENTASIDE#c1", as_of={"S": "never"}, error={"S": "TypeError"})
    told: list[str] = []
    with pytest.raises(OperationError, match=BAD):
        put_back(site, told.append, bootstrap.now())
    assert sorted(said.partition(":")[0] for said in told if "the client c1" in said) == ["acme", "carol"]


def test_doubles_are_looked_for_among_all_that_can_be_read(fleet: Service, site: MotoSite) -> None:
    damage(fleet, "T#acme#P#0000", "C#c1#TICKETS#2026-Q4", d={"B": b"\x01\x00"})
    failed: dict[str, Exception] = {}
    assert doubles(site, TenantId("acme"), failed.setdefault) == []
    assert list(failed) == ["c1"]


def test_an_export_writes_all_clients_that_can_be_read(
    fleet: Service, site: MotoSite, tmp_path: Path, capsys: Any
) -> None:
    damage(fleet, "T#acme#P#0000", "C#c1#TICKETS#2026-Q4", d={"B": b"\x01\x00"})
    assert main(["export", "--tenant", "acme", "--out", str(tmp_path)], working_at(site)) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["c2.json"]
    assert "c1" in capsys.readouterr().err


class PickySite(MotoSite):
    """A site whose queue refuses one message."""

    @property
    def queues(self) -> Any:
        made = super().queues
        send = made.send_message

        def picky(**request: Any) -> Any:
            if request["MessageBody"] == "stuck":
                raise ValueError("too strange")
            return send(**request)

        made.send_message = picky
        return made


def test_dead_letters_move_past_one_that_does_not(fleet: Service, site: MotoSite) -> None:
    sqs = boto3.client("sqs", region_name="eu-central-1")
    for body in ("first", "stuck", "last"):
        sqs.send_message(QueueUrl=fleet.dead_letter_url, MessageBody=body)
    with pytest.raises(OperationError, match="failed"):
        redrive(PickySite(site.session, site.outputs), lambda said: None, dry_run=False)
    assert fleet.queued() == (2, 1)
