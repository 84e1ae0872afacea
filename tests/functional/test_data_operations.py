"""Export, erasure and off-boarding, on moto: what they hold, what they leave, and that they may be repeated."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import boto3
import pytest

from chalicelib.adapters.dynamodb.columns import unpack
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.tenancy import OtherTenantError
from infra.operations import command as cli
from infra.operations.client_erasure import erase_client
from infra.operations.client_export import export_client
from infra.operations.errors import OperationError
from infra.operations.offboarding import clients_of, offboard_tenant
from infra.operations.site import Site
from infra.operations.tenant_table import tenant_table
from tests.functional.conftest import TABLE
from tests.functional.examples import account_manager, client, fact, ticket
from tests.functional.service import Service
from tests.functional.support import STACK, change, put, settings, standardized
from tests.running import working_at

ACME: Final = TenantId("acme")
GONE: Final = RecordId("goner")
TYPES: Final = (
    *("contract", "invoice", "survey", "billable_month", "qbr", "touchpoint", "assessment", "reconciliation"),
    "headcount",
)
NIGHT: Final = "2026-11-23T02:00:00Z"
NOW: Final = 1_795_500_000  # two days later


@pytest.fixture
def site(service: Service) -> Site:
    pool = boto3.client("cognito-idp", region_name="eu-central-1").create_user_pool(
        PoolName="people",
        Schema=[{"Name": "tenant_id", "AttributeDataType": "String", "Mutable": False}],
    )["UserPool"]["Id"]
    outputs = {"TableName": TABLE, "UserPoolId": pool, "TopicPrefix": "client-health-"}
    return Site(boto3.Session(region_name="eu-central-1"), outputs)


@pytest.fixture
def fleet(service: Service) -> Service:
    """Two tenants with the very same: a client with everything there is, which fell and was alerted, and another."""
    service.tenant("rival")
    for tenant in ("acme", "rival"):
        change(service, tenant, **STACK, primary_model="weighted")
        workflows = {**settings(service, "workflows", tenant), "at_risk_alert": {"enabled": True}}
        put(service, "workflows", workflows, 2, tenant)
        service.take(
            account_manager("m1"),
            *standardized("other", 90),
            *standardized("other-2", 95),
            client(GONE, name="Goner & Sons", account_manager_id="m1"),
            *(ticket("T1", GONE), ticket("T2", GONE, created_at="2026-02-03T10:00:00Z")),
            *(fact(kind, f"F-{kind}", GONE) for kind in TYPES),
            fact("assessment", "low", GONE, completed_on="2026-11-21", standardization_score=20),
            tenant=tenant,
        )
        aliases = {"aliases": [{"source": "desk", "value": "Goner & Sons"}]}
        assert service.http("PUT", f"/v1/clients/{GONE}/aliases", aliases, tenant=tenant).status == 200
        service.http("POST", f"/v1/clients/{GONE}/recalculate", tenant=tenant, headers={"Idempotency-Key": "key-1"})
        for kind, words in (("CALL", "Goner wants to leave"), ("NOTE", "Goner's new owner")):
            logged = service.http(
                "POST",
                f"/v1/clients/{GONE}/activities",
                {"kind": kind, "occurred_at": "2026-11-22T11:00:00Z", "text": words},
                tenant=tenant,
                headers={"Idempotency-Key": f"key-{kind}"},
            )
            assert logged.status == 201, logged
    service.drain()
    service.clock.to(NIGHT)
    service.trigger(NIGHT, ["acme", "rival"])
    service.drain()
    for tenant in ("acme", "rival"):
        service.publish(tenant)
    service.drain()
    return service


def texts(service: Service, tenant: str) -> Iterator[tuple[tuple[str, str], str]]:
    """All that is stored of a tenant as text, compressed blocks unpacked."""
    for key, item in service.stored().items():
        if key[0] == f"T#{tenant}" or key[0].startswith(f"T#{tenant}#"):
            yield key, repr((key, {name: _plain(value) for name, value in item.items()}))


def _plain(value: Any) -> Any:
    return unpack(value["B"]) if "B" in value else value


def erase(site: Site, *, dry_run: bool = False) -> int:
    return erase_client(site, ACME, GONE, lambda _: None, Instant(NOW), dry_run=dry_run)


# ---- export ----------------------------------------------------------------------------------------------


def test_an_export_holds_everything_of_a_client(fleet: Service, site: Site) -> None:
    fleet.take(ticket("T2", GONE, created_at="2026-02-03T10:00:00Z", deleted=True))
    document = json.loads(json.dumps(export_client(site, ACME, GONE)))
    assert (document["tenant_id"], document["client_id"]) == ("acme", "goner")
    assert document["client"]["name"] == "Goner & Sons"
    assert document["at_risk_since"] == "2026-11-23T02:00:00Z" or document["at_risk_since"] < "2026-11-23T02:00:00Z"
    assert document["aliases"] == [{"source": "desk", "value": "Goner & Sons"}]
    held = {(each["type"], each["id"]) for each in document["records"]}
    told = {(each["kind"], each["text"], each["by"]["subject"]) for each in document["journal"]}
    assert told == {("CALL", "Goner wants to leave", "someone"), ("NOTE", "Goner's new owner", "someone")}
    (call,) = (each["id"] for each in document["journal"] if each["kind"] == "CALL")
    assert held == {
        *(("ticket", "T1"), ("ticket", "T2"), ("assessment", "low"), ("touchpoint", call)),
        *((t, f"F-{t}") for t in TYPES),
    }
    assert [each["id"] for each in document["records"] if each.get("deleted")] == ["T2"]
    card = fleet.http("GET", f"/v1/clients/{GONE}/health").body
    (snapshot,) = document["snapshots"]
    assert (snapshot["date"], snapshot["health_score"]) == ("2026-11-23", card["models"]["weighted"]["score"])
    assert document["calculations"]
    assert document["alerts"]
    assert {task["client_id"] for task in document["tasks"]} == {"goner"}


def test_an_export_can_be_imported_again(fleet: Service, site: Site) -> None:
    document = export_client(site, ACME, GONE)
    before = fleet.facts(GONE)
    erase(site)
    answer = fleet.records(document["client"], *document["records"])
    assert answer.status == 200, answer.body
    assert replace(fleet.facts(GONE), client=before.client) == before


def test_an_export_writes_nothing(fleet: Service, site: Site) -> None:
    before = fleet.stored()
    export_client(site, ACME, GONE)
    assert clients_of(site, ACME) == ["goner", "other", "other-2"]
    assert fleet.stored() == before


def test_who_is_not_there_is_told(fleet: Service, site: Site) -> None:
    with pytest.raises(OperationError, match="no client nobody"):
        export_client(site, ACME, RecordId("nobody"))
    with pytest.raises(OperationError, match="no tenant nowhere"):
        clients_of(site, TenantId("nowhere"))


# ---- erasure ---------------------------------------------------------------------------------------------


def test_nothing_of_an_erased_client_is_left(fleet: Service, site: Site) -> None:
    others = dict(texts(fleet, "rival"))
    assert any("Goner" in text for _, text in texts(fleet, "acme"))
    card = fleet.http("GET", "/v1/clients/other/health").body
    history = fleet.http("GET", "/v1/clients/other/history").body
    assert erase(site) > 10
    assert [key for key, text in texts(fleet, "acme") if "goner" in text.lower()] == []
    assert dict(texts(fleet, "rival")) == others
    assert fleet.http("GET", f"/v1/clients/{GONE}/health").status == 404
    assert [each["client_id"] for each in fleet.http("GET", "/v1/clients").body["items"]] == ["other", "other-2"]
    assert fleet.http("GET", "/v1/alerts").body["items"] == []
    assert fleet.http("GET", "/v1/tasks").body["items"] == []
    after = fleet.http("GET", "/v1/clients/other/health").body
    assert after["models"]["weighted"]["score"] == card["models"]["weighted"]["score"]
    assert fleet.http("GET", "/v1/clients/other/history").body == history


def test_a_second_erasure_finds_nothing(fleet: Service, site: Site) -> None:
    erase(site)
    before = fleet.stored()
    assert erase(site) == 0
    assert fleet.stored() == before


def test_a_dry_run_changes_nothing_and_counts_what_there_is(fleet: Service, site: Site) -> None:
    before = fleet.stored()
    counted = erase(site, dry_run=True)
    assert fleet.stored() == before
    assert erase(site) == counted


def test_the_next_nights_go_on_without_it(fleet: Service, site: Site) -> None:
    erase(site)
    fleet.night("2026-11-24")
    assert fleet.queued() == (0, 0)
    assert [key for key, text in texts(fleet, "acme") if "goner" in text.lower()] == []
    fleet.take(client(GONE, name="A new one"))
    fleet.drain()
    assert fleet.http("GET", f"/v1/clients/{GONE}").body["name"] == "A new one"


def test_a_night_under_way_is_waited_for(fleet: Service, site: Site) -> None:
    fleet.clock.to("2026-11-24T02:00:00Z")
    fleet.trigger("2026-11-24T02:00:00Z")
    with pytest.raises(OperationError, match="not complete"):
        erase(site)
    fleet.drain()
    assert erase(site) > 10


def test_alerts_that_wait_to_be_sent_are_waited_for(service: Service, site: Site) -> None:
    change(service, **STACK, primary_model="weighted")
    service.take(*standardized(GONE, 20))
    service.night("2026-11-23")
    with pytest.raises(OperationError, match="about to be sent"):
        erase(site)
    service.publish()
    assert erase(site) > 5


class CrashError(BaseException):
    """The process is gone."""


def test_an_erasure_that_died_anywhere_goes_on(fleet: Service, site: Site) -> None:
    """Died after each write in turn: repeated, it leaves nothing, and the others as they were."""
    prepared = fleet.stored()
    erase(site)
    clean = fleet.stored()
    for at in range(1_000):
        restore(fleet, prepared)
        with dying_after(site, at) as watched:
            try:
                erase_client(watched, ACME, GONE, lambda _: None, Instant(NOW))
            except CrashError:
                erase(site)
                assert fleet.stored() == clean, f"died after write {at}"
            else:
                break
    assert at > 5


class dying_after:  # noqa: N801  reads as a phrase
    """A site whose client dies after so many writes."""

    def __init__(self, site: Site, at: int) -> None:
        self._site, self._at, self._count = site, at, 0

    def __enter__(self) -> Site:
        outer = self

        class Dying(Site):
            @property
            def tables(self) -> Any:
                made = super().tables
                made.meta.events.register("after-call.dynamodb", outer._after)
                return made

        return Dying(self._site.session, self._site.outputs)

    def __exit__(self, *_: object) -> None: ...

    def _after(self, model: Any, **_: Any) -> None:
        if model.name in ("PutItem", "DeleteItem", "TransactWriteItems", "UpdateItem"):
            self._count += 1
            if self._count > self._at:
                raise CrashError


def restore(service: Service, items: dict[tuple[str, str], Any]) -> None:
    dynamodb = boto3.client("dynamodb", region_name="eu-central-1")
    for pk, sk in service.stored().keys() - items.keys():
        dynamodb.delete_item(TableName=TABLE, Key={"pk": {"S": pk}, "sk": {"S": sk}})
    for item in items.values():
        dynamodb.put_item(TableName=TABLE, Item=item)


# ---- off-boarding ----------------------------------------------------------------------------------------


def people(site: Site) -> list[str]:
    users = site.identities.list_users(UserPoolId=site.outputs["UserPoolId"])["Users"]
    return sorted(user["Username"] for user in users)


def test_nothing_of_a_tenant_that_left_is_left(fleet: Service, site: Site) -> None:
    for name, tenant in (("ada", "acme"), ("bob", "rival"), ("eve", "acme")):
        attributes: Any = [{"Name": "custom:tenant_id", "Value": tenant}]
        site.identities.admin_create_user(
            UserPoolId=site.outputs["UserPoolId"], Username=name, UserAttributes=attributes
        )
    sent = {"name": "connector", "permissions": ["records.write"]}
    key = fleet.http("POST", "/v1/settings/api-keys", sent).body["key"]
    others = dict(texts(fleet, "rival"))
    topics = len(site.topics.list_topics()["Topics"])
    told: list[str] = []
    assert offboard_tenant(site, ACME, told.append) > 20
    assert [each for each in fleet.stored() if "acme" in repr(each)] == []
    assert [key for key, item in fleet.stored().items() if "'acme'" in repr(item)] == []
    assert dict(texts(fleet, "rival")) == others
    assert people(site) == ["bob"]
    assert len(site.topics.list_topics()["Topics"]) == topics - 1
    assert fleet.raw("GET", "/v1/clients", None, {"Authorization": f"Bearer {key}"}).status == 401
    assert fleet.http("GET", "/v1/clients").status == 404
    fleet.clock.to("2026-11-24T02:00:00Z")
    assert fleet.trigger("2026-11-24T02:00:00Z") == {"tenants": 1}
    with pytest.raises(OperationError, match="nothing of it is left"):
        offboard_tenant(site, ACME, told.append)


def test_an_offboarding_that_died_goes_on(fleet: Service, site: Site) -> None:
    for at in range(1_000):
        with dying_after(site, at) as watched, suppress(CrashError):
            offboard_tenant(watched, ACME, lambda _: None)
        if not [each for each in fleet.stored() if "acme" in repr(each)]:
            break
    assert at > 1


# ---- the guard, the commands -----------------------------------------------------------------------------


def test_an_operation_on_one_tenant_cannot_touch_another(site: Site) -> None:
    from chalicelib.adapters.dynamodb import keys

    with tenant_table(site, ACME) as table, pytest.raises(OtherTenantError):
        table.get(keys.settings(TenantId("rival")))


@pytest.fixture
def run(site: Site, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setattr(cli, "time", SimpleNamespace(time=lambda: NOW))
    return lambda *arguments: cli.main(arguments, working_at(site))


def test_the_commands(
    fleet: Service, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("export", "--tenant", "acme", "--out", str(tmp_path)) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["goner.json", "other-2.json", "other.json"]
    assert json.loads((tmp_path / "goner.json").read_text())["client"]["name"] == "Goner & Sons"
    assert run("erase", "--tenant", "acme", "--client", "goner") == 1
    assert "--confirm goner" in capsys.readouterr().err
    assert run("erase", "--tenant", "acme", "--client", "goner", "--dry-run") == 0
    assert run("erase", "--tenant", "acme", "--client", "goner", "--confirm", "goner") == 0
    assert "erased" in capsys.readouterr().out
    assert run("offboard", "--tenant", "acme", "--confirm", "rival") == 1
    assert run("offboard", "--tenant", "acme", "--dry-run") == 0
    assert run("offboard", "--tenant", "acme", "--confirm", "acme") == 0
    assert run("offboard", "--tenant", "acme", "--confirm", "acme") == 1
    assert "nothing of it is left" in capsys.readouterr().err
    for wrong in ("a#b", "*", ""):
        with pytest.raises(SystemExit):
            run("erase", "--tenant", "acme", "--client", wrong, "--confirm", wrong)
