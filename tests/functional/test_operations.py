"""Redrive and replay, on moto: what they move and fill, what they leave alone, and that they may be repeated."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from types import SimpleNamespace
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from chalicelib.domain.times import parse_instant
from chalicelib.services.replay import Night
from infra.local import cli as local_cli
from infra.operations import redrive as redriving
from infra.operations.command import main
from infra.operations.errors import OperationError
from infra.operations.redrive import redrive
from infra.operations.replay import replay
from infra.operations.site import Site
from tests.functional.conftest import TABLE, aws_client
from tests.functional.examples import client, days_ago, fact
from tests.functional.service import Service
from tests.functional.support import STACK, change

DAY: Final = date(2026, 11, 23)
POISON: Final = '{"schema_version": 99, "tenant_id": "acme", "reason": "nightly"}'


def unknown_action(**_: Any) -> None:
    raise ClientError({"Error": {"Code": "InvalidAction"}}, "ListMessageMoveTasks")


@dataclass(frozen=True)
class MotoSite(Site):
    """A site whose nightly function is the one of this process."""

    fire: Callable[[Any], None] = lambda event: None

    @property
    def queues(self) -> Any:
        """moto knows no move tasks; so it says, like the emulator of the local stack."""
        sqs = boto3.client("sqs", region_name="eu-central-1")
        sqs.meta.events.register("before-call.sqs.ListMessageMoveTasks", unknown_action)
        return sqs

    @property
    def functions(self) -> Any:
        def invoke(FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803  boto3's names
            assert FunctionName == "nightly"
            try:
                self.fire(Payload)
            except Exception as error:
                return {"FunctionError": "Unhandled", "Payload": BytesIO(repr(error).encode())}
            return {}

        return SimpleNamespace(invoke=invoke)


@pytest.fixture
def site(service: Service) -> MotoSite:
    def fire(payload: bytes) -> None:
        event = json.loads(payload)
        service.trigger(event["time"], event["detail"]["tenant_ids"])
        service.drain()

    outputs = {
        "TableName": TABLE,
        "QueueUrl": service.queue_url,
        "DlqUrl": service.dead_letter_url,
        "NightlyFunctionName": "nightly",
    }
    return MotoSite(boto3.Session(region_name="eu-central-1"), outputs, fire=fire)


@pytest.fixture
def fleet(service: Service) -> Service:
    """Two roster pages; c1, on the first, falls below its threshold in the night of DAY."""
    change(service, primary_model="weighted", sources=["assessments"], **STACK)
    service.take(client("c1"), fact("assessment", "A1", "c1", completed_on=days_ago(40), standardization_score=90))
    service.skip_seats(64)
    service.take(client("c2"), fact("assessment", "A2", "c2", completed_on=days_ago(40), standardization_score=80))
    service.night("2026-11-22")
    service.take(fact("assessment", "A3", "c1", completed_on="2026-11-22", standardization_score=10))
    return service


def snapshots(service: Service) -> dict[str, Any]:
    return {pk: item for (pk, sk), item in service.stored().items() if sk == f"SNAP#{DAY}"}


def all_but_due_marks(service: Service) -> dict[tuple[str, str], Any]:
    """A replay marks its night again, so that the sweep looks after it too."""
    return {key: item for key, item in service.stored().items() if not key[0].startswith("DUE#")}


def alerts(service: Service) -> list[str]:
    return [sk for _, sk in service.stored() if sk.startswith("ALERT#")]


def forget(service: Service, page: int) -> None:
    """Deletes a page's snapshot of DAY, as no part of the service ever does."""
    key = {"pk": {"S": f"T#acme#P#{page:04d}"}, "sk": {"S": f"SNAP#{DAY}"}}
    operator = boto3.client("dynamodb", region_name="eu-central-1")  # the service's own client refuses to
    assert "Attributes" in operator.delete_item(TableName=TABLE, Key=key, ReturnValues="ALL_OLD")


def replayed(
    site: Site, *tenants: str, dry_run: bool = False, day: date = DAY, now: str = "2026-11-24T12:00:00Z"
) -> tuple[list[Night], list[str]]:
    told: list[str] = []
    nights = replay(site, day, tenants or None, told.append, parse_instant(now), dry_run=dry_run, seconds=0)
    return nights, told


# ---- replay ----


def test_a_night_that_never_started_is_started(fleet: Service, site: Site) -> None:
    fleet.drain()
    fleet.clock.to(f"{DAY}T09:00:00Z")
    (night,), told = replayed(site, "acme")
    assert (night.state, told[0]) == ("none", "acme: never started")
    assert len(snapshots(fleet)) == 2
    assert len(alerts(fleet)) == 1


def test_a_snapshot_that_is_gone_comes_back_as_it_was_and_nobody_is_alerted_again(fleet: Service, site: Site) -> None:
    fleet.night(f"{DAY}")
    whole, alerted, everything = snapshots(fleet), alerts(fleet), all_but_due_marks(fleet)
    assert len(alerted) == 1
    for page in (0, 1):
        forget(fleet, page)
        (night,), told = replayed(site)
        assert night.gaps == (page,)
        assert told[0] == "acme: complete, 1 pages without a snapshot"
        assert snapshots(fleet) == whole
        assert alerts(fleet) == alerted
    assert all_but_due_marks(fleet) == everything


def test_a_later_night_stands_when_an_earlier_one_is_replayed(fleet: Service, site: Site) -> None:
    fleet.night(f"{DAY}")
    whole = snapshots(fleet)
    fleet.night("2026-11-24")
    later = {key: item for key, item in fleet.stored().items() if key[1] in {"NOW", "SUMMARY", "SNAP#2026-11-24"}}
    alerted = alerts(fleet)
    forget(fleet, 0)
    replayed(site, "acme")
    assert snapshots(fleet).keys() == whole.keys()
    stands = fleet.stored()
    assert {key: stands[key] for key in later} == later
    assert alerts(fleet) == alerted


def test_a_complete_night_is_left_alone_every_time(fleet: Service, site: Site) -> None:
    fleet.night(f"{DAY}")
    before = fleet.stored()
    for _ in range(2):
        nights, told = replayed(site)
        assert (nights, told) == ([], [f"0 nights of {DAY} to be replayed"])
    assert fleet.stored() == before


def test_a_dry_run_changes_nothing(fleet: Service, site: Site) -> None:
    fleet.night(f"{DAY}")
    forget(fleet, 1)
    before = fleet.stored()
    (night,), told = replayed(site, dry_run=True)
    assert told == ["acme: complete, 1 pages without a snapshot", f"1 nights of {DAY} to be replayed"]
    assert (night.gaps, fleet.stored()) == ((1,), before)


def test_all_tenants_or_some(fleet: Service, site: Site) -> None:
    fleet.tenant("west", "America/New_York")
    fleet.take(client("w1"), tenant="west")
    fleet.night("2026-11-24")
    assert replayed(site, "west")[0] == [], "the night of the 24th is the 23rd in New York"
    nights, _ = replayed(site)
    assert [night.tenant for night in nights] == ["acme"]


def test_a_night_west_of_greenwich_is_fired_the_day_after(fleet: Service, site: Site) -> None:
    fleet.tenant("west", "America/New_York")
    (night,), _ = replayed(site, "west", dry_run=True)
    (other,), _ = replayed(site, "acme", dry_run=True)
    assert night.as_of - other.as_of == 86_400


def test_a_night_that_has_not_come_is_refused_before_anything_is_done(fleet: Service, site: Site) -> None:
    before, queued = fleet.stored(), fleet.queued()
    for tenants in ((), ("acme",)):
        for dry_run in (False, True):
            with pytest.raises(OperationError, match="the night of 2026-11-23 comes at 2026-11-23T02:00:00Z"):
                replayed(site, *tenants, dry_run=dry_run, now="2026-11-23T01:54:59Z")
    assert (fleet.stored(), fleet.queued()) == (before, queued)
    nights, _ = replayed(site, dry_run=True, now="2026-11-23T01:55:00Z")
    assert [night.tenant for night in nights] == ["acme"]


def test_by_all_tenants_those_are_meant_whose_night_has_come(fleet: Service, site: Site) -> None:
    fleet.tenant("west", "America/New_York")
    now = f"{DAY}T09:00:00Z"
    nights, told = replayed(site, dry_run=True, now=now)
    assert [night.tenant for night in nights] == ["acme"]
    assert "west: left out, its night comes at 2026-11-24T02:00:00Z" in told
    with pytest.raises(OperationError, match=r"of west comes at 2026-11-24T02:00:00Z.*nothing was done"):
        replayed(site, "acme", "west", now=now)


def test_a_date_without_a_night_is_left_out(fleet: Service, site: Site) -> None:
    fleet.tenant("island", "America/Miquelon")
    nights, told = replayed(site, "island", day=date(2026, 3, 8))
    assert (nights, told[0]) == ([], "island: left out, in its zone no night falls on 2026-03-08")


def test_a_tenant_that_does_not_exist(fleet: Service, site: Site) -> None:
    with pytest.raises(OperationError, match="no tenant nobody"):
        replayed(site, "nobody")


def test_a_function_that_fails_and_a_night_that_does_not_end(
    fleet: Service, site: MotoSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(event: Any) -> None:
        raise ValueError("no")

    failing = MotoSite(site.session, site.outputs, fire=fail)
    with pytest.raises(OperationError, match="nightly function failed"):
        replayed(failing, "acme")
    idle = MotoSite(site.session, site.outputs)
    with pytest.raises(OperationError, match="not complete after 0 s: acme"):
        replayed(idle, "acme")


# ---- redrive ----


def bury(service: Service, *bodies: str) -> None:
    for body in bodies:
        aws_client("sqs").send_message(QueueUrl=service.dead_letter_url, MessageBody=body)


def test_dead_letters_go_back_into_the_queue(service: Service, site: Site) -> None:
    bury(service, *[POISON] * 12)
    told: list[str] = []
    assert redrive(site, told.append, dry_run=False) == 12
    assert service.queued() == (12, 0)
    assert told == ["12 dead letters", "10 moved", "12 moved", "0 dead letters left"]
    assert redrive(site, told.append, dry_run=False) == 0


def test_what_is_moved_keeps_its_tenants_group(service: Service, site: Site) -> None:
    sqs = aws_client("sqs")
    sqs.send_message(QueueUrl=service.dead_letter_url, MessageBody=POISON, MessageGroupId="acme")
    redrive(site, lambda _: None, dry_run=False)
    names = ["MessageGroupId"]
    (moved,) = sqs.receive_message(QueueUrl=service.queue_url, MessageSystemAttributeNames=names)["Messages"]
    assert moved["Attributes"]["MessageGroupId"] == "acme"


def test_a_dry_redrive_tells_what_they_are_about(service: Service, site: Site) -> None:
    bury(service, POISON, POISON, "not JSON", "[]")
    told: list[str] = []
    redrive(site, told.append, dry_run=True)
    assert told == [
        "4 dead letters",
        "2 × tenant_id acme, reason nightly, schema_version 99",
        "2 × not a message of this service",
    ]
    assert service.queued() == (0, 4)
    service.clock.advance(1)
    assert redrive(site, told.append, dry_run=False) == 4, "a second later: they are shown again"
    assert service.queued() == (4, 0)


class StubbedSite(MotoSite):
    """A site with AWS's own answers."""

    @property
    def queues(self) -> Any:
        return self.outputs["client"]


@pytest.mark.parametrize("running", [False, True])
def test_in_aws_a_task_moves_them_and_is_watched_to_its_end(running: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redriving, "POLL_SECONDS", 0)
    sqs = boto3.client("sqs", region_name="eu-central-1")
    outputs: dict[str, Any] = {"DlqUrl": "dead", "QueueUrl": "queue", "client": sqs}
    source = {"SourceArn": "arn:dead"}
    listed = {**source, "MaxResults": 1}
    task = {"Status": "RUNNING", "ApproximateNumberOfMessagesMoved": 3}
    with Stubber(sqs) as aws:
        visible, hidden = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
        counted = {"QueueUrl": "dead", "AttributeNames": [visible, hidden]}
        aws.add_response("get_queue_attributes", {"Attributes": {visible: "6", hidden: "1"}}, counted)
        named = {"QueueUrl": "dead", "AttributeNames": ["QueueArn"]}
        aws.add_response("get_queue_attributes", {"Attributes": {"QueueArn": "arn:dead"}}, named)
        aws.add_response("list_message_move_tasks", {"Results": [task] if running else []}, listed)
        if not running:
            aws.add_response("start_message_move_task", {"TaskHandle": "t"}, source)
        aws.add_response("list_message_move_tasks", {"Results": [task]}, listed)
        ended = {"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 7}
        aws.add_response("list_message_move_tasks", {"Results": [ended]}, listed)
        aws.add_response("get_queue_attributes", {"Attributes": {visible: "0", hidden: "0"}}, counted)
        told: list[str] = []
        redrive(StubbedSite(boto3.Session(), outputs), told.append, dry_run=False)
    assert told == ["7 dead letters", "3 of 7 moved", "7 of 7 moved", "0 dead letters left"]


# ---- usage ----


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["redrive"],
        ["redrive", "--stage"],
        ["redrive", "--stage", "dev", "--state-dir", "x"],
        ["replay", "--stage", "dev"],
        ["replay", "--stage", "dev", "--date", "yesterday"],
        ["replay", "--stage", "dev", "--date", "2026-11-22", "--tenant", "Acme"],
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_without_a_stack_it_says_how_to_start_one(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert local_cli.main(["operate", "--state-dir", str(tmp_path), "redrive"]) == 1
    assert "python -m infra.local up" in capsys.readouterr().err
