"""Connections as people see them: from the first test to synced, against the systems' stubs, by routes and worker."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import boto3
import pytest

from chalicelib import bootstrap
from chalicelib.adapters.outbound import Outbound
from chalicelib.bootstrap import application
from chalicelib.domain.connections import MOST_CONNECTIONS
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.outbound import Answer as Answered
from chalicelib.domain.outbound import Request, UnreachableError
from chalicelib.domain.times import parse_instant
from chalicelib.tenancy import bound_to
from chalicelib.workers.connections import dispatch_syncs, sync_connections
from infra.operations.aside import put_back
from infra.operations.site import Site
from tests.functional.conftest import TABLE, peek
from tests.functional.examples import client
from tests.functional.service import Answer, Service, lambda_context, schedule_event, sqs_event
from tests.functional.support import counting
from tests.running import adapters
from tests.stubs.in_process import Wire
from tests.stubs.server import Given, served
from tests.stubs.systems import ConnectWise, SmileBack, Xero
from tests.unit.connections import rows

ANY: Final = {"If-Match": "*"}
STUBS: Final[dict[str, Any]] = {"connectwise": ConnectWise, "smileback": SmileBack, "xero": Xero}
SOURCES: Final = {"connectwise": "cw", "smileback": "sb", "xero": "xero"}


@pytest.fixture
def connected(service: Service) -> "Connected":
    return Connected(service)


class Connected:
    """The service and one stub; messages are delivered when told."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.stub: Any = None

    @property
    def now(self) -> Instant:
        return application()._clock()

    def connect(self, kind: str, **changed: Any) -> Answer:
        """A connection whose requests reach the kind's stub."""
        self.stub = STUBS[kind](lambda: self.now)
        self.reach(Wire(self.stub, self.now))
        settings = {**self.stub.SETTINGS, **self.stub.SECRETS}
        return self.post("/v1/connections", {"kind": kind, "settings": settings, **changed})

    def reach(self, send: Any) -> None:
        adapters().outbound = send
        for made in ("_sync_steps", "sync_messages"):
            vars(application()).pop(made, None)

    def post(self, path: str, body: Any = None) -> Answer:
        return self.service.http("POST", path, body)

    def get(self, path: str) -> Any:
        answer = self.service.http("GET", path)
        assert answer.status == 200, answer
        return answer.body

    def patch(self, source: str, **changes: Any) -> Answer:
        return self.service.http("PATCH", f"/v1/connections/{source}", changes, headers=ANY)

    def messages(self) -> list[Any]:
        """What waits in the queue of syncs, delays over."""
        sqs, url = peek("sqs"), application().config.sync_queue_url
        self.service.clock.advance(901)
        taken = []
        while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            for message in found:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                taken.append(json.loads(message["Body"]))
        return taken

    def deliver(self, most: int = 50) -> int:
        """Delivers messages until none follows; answers how many."""
        for number in range(most):
            waiting = self.messages()
            if not waiting:
                return number
            send = adapters().outbound
            if isinstance(send, Wire):
                send.at = self.now
            for message in waiting:
                assert sync_connections(sqs_event(message), lambda_context()) == {"batchItemFailures": []}
        raise AssertionError("steps do not end")

    def records(self, client_id: str) -> dict[str, Any]:
        answer = self.get(f"/v1/clients/{client_id}/records?limit=200")
        return {record["id"]: record for record in answer["items"] if record["type"] != "client"}

    def alias(self, client_id: str, source: str, value: str) -> None:
        self.service.take(client(client_id))
        body = {"aliases": [{"source": source, "value": value}]}
        assert self.service.http("PUT", f"/v1/clients/{client_id}/aliases", body).status == 200


def test_from_keys_to_records_with_connectwise(connected: Connected) -> None:
    made = connected.connect("connectwise", create_clients=True)
    assert (made.status, made.body["id"], made.body["state"], made.body["version"]) == (201, "cw", "new", 1)
    stub = connected.stub
    stub.put("companies", rows.cw_company())
    stub.put("companies", rows.cw_company(id=2, name="Ourselves"))
    for number in (1, 2, 3):
        stub.put("tickets", rows.cw_ticket(id=number))
    stub.put("tickets", rows.cw_ticket(id=4, company={"id": 2}))
    stub.put("tickets", rows.cw_ticket(id=5, priority={"id": 77}))
    stub.put("agreements", rows.cw_agreement())
    stub.put("invoices", rows.cw_invoice())

    assert connected.post("/v1/connections/cw/test").status == 202
    connected.deliver()
    test = connected.get("/v1/connections/cw")["test"]
    assert test == {
        "at": test["at"],
        "ok": True,
        "message": "northwind",
        "counts": {"companies": 2, "tickets": 5, "agreements": 1, "invoices": 1},
    }
    lists = connected.get("/v1/connections/cw/picklists")
    assert [(each["id"], each["meaning"]) for each in lists["priorities"]] == [("4", "P3"), ("12", "P5")]
    assert {each["name"] for each in lists["statuses"]} == {"Help Desk: New", "Help Desk: >Closed"}
    assert {each["name"] for each in lists["clients"]} == {"Northwind Dental", "Ourselves"}

    mapping = {"priorities": {"4": "P3", "12": "P5"}, "clients": {"2": "skip"}}
    put = connected.service.http("PUT", "/v1/connections/cw/mapping", mapping, headers={"If-Match": '"1"'})
    assert (put.status, put.headers["ETag"]) == (200, '"2"')
    assert connected.patch("cw", state="running").status == 200
    connected.deliver()
    held = connected.get("/v1/connections/cw")
    assert held["sync"]["failure"] is None
    assert held["sync"]["last"] == {"read": 9, "stored": 6, "unchanged": 0, "skipped": 3}
    assert not held["sync"]["is_running"]
    assert held["sync"]["next_at"] > held["sync"]["synced_at"]
    records = connected.records("northwind-dental")
    assert set(records) == {"cw.1", "cw.2", "cw.3", "cw.31", "cw.77"}
    reasons = {
        (row["stream"], row["id"]): row["reason"] for row in connected.get("/v1/connections/cw/skipped")["items"]
    }
    assert reasons == {
        ("companies", "2"): "it is left out",
        ("tickets", "4"): "its client is left out",
        ("tickets", "5"): "its priority is not mapped",
    }
    aliases = connected.get("/v1/clients/northwind-dental/aliases")["aliases"]
    assert aliases == [{"source": "cw", "value": "250"}]


@pytest.mark.parametrize(
    ("kind", "stream", "row", "owner", "record"),
    [
        ("smileback", "reviews", rows.review(), "250", "sb.9001"),
        (
            "xero",
            "invoices",
            rows.xero_invoice(),
            rows.xero_contact()["ContactID"],
            f"xero.{rows.xero_invoice()['InvoiceID']}",
        ),
    ],
)
def test_from_keys_to_records(
    connected: Connected, kind: str, stream: str, row: dict[str, Any], owner: str, record: str
) -> None:
    source = SOURCES[kind]
    connected.alias("ann", source, owner)
    assert connected.connect(kind).status == 201
    connected.stub.put(stream, row)
    connected.post(f"/v1/connections/{source}/test")
    connected.deliver()
    assert connected.get(f"/v1/connections/{source}")["test"]["ok"] is True
    connected.patch(source, state="running")
    connected.deliver()
    assert set(connected.records("ann")) == {record}
    assert connected.get(f"/v1/connections/{source}")["sync"]["last"]["stored"] == 1


def test_a_psas_ids_find_clients_for_another_system(connected: Connected) -> None:
    connected.alias("ann", "cw", "250")
    connected.connect("smileback", client_source="cw")
    connected.stub.put("reviews", rows.review())
    connected.patch("sb", state="running")
    connected.deliver()
    assert set(connected.records("ann")) == {"sb.9001"}


def test_secrets_are_sealed_and_never_shown(connected: Connected, capfd: pytest.CaptureFixture[str]) -> None:
    secret = "dR8wLq2vXy7Zb4Nm"
    connected.alias("ann", "xero", "c")
    made = connected.connect("xero", settings={"client_id": "id", "client_secret": secret})
    assert made.body["settings"] == {"client_id": "id", "client_secret": "…b4Nm"}
    connected.post("/v1/connections/xero/test")
    connected.deliver()
    told = connected.get("/v1/connections/xero")
    assert told["test"]["ok"] is False
    assert "credentials" in told["test"]["message"]
    everywhere = (repr(connected.service.stored()), repr(told), repr(connected.get("/v1/connections")))
    assert not any(secret in text for text in (*everywhere, *capfd.readouterr()))
    with bound_to(TenantId("acme")):
        sealed = adapters().connections.get(TenantId("acme"), "xero")
        assert sealed is not None
        opened = adapters().sealer.opened(TenantId("acme"), "CONN#xero", sealed.secrets)
        assert opened == {"client_secret": secret}
        for owner in ("CONN#cw", "DEST#xero"):
            with pytest.raises(Exception, match="InvalidCiphertext"):
                adapters().sealer.opened(TenantId("acme"), owner, sealed.secrets)


@pytest.mark.parametrize(
    ("send", "code", "message"),
    [
        (lambda _: Answered(200, {}, None), "unreadable", "page for people"),
        (lambda _: Answered(302, {}, None), "unreadable", "302"),
        (lambda _: Answered(500, {}, None), "unreachable", "500"),
        (lambda _: Answered(429, {"retry-after": "7"}, None), "busy", "no more requests"),
    ],
)
def test_a_source_that_fails_is_told_of_and_tried_again(
    connected: Connected, send: Any, code: str, message: str
) -> None:
    connected.connect("smileback")
    connected.reach(send)
    connected.patch("sb", state="running")
    (first,) = connected.messages()
    sync_connections(sqs_event(first), lambda_context())
    sync = connected.get("/v1/connections/sb")["sync"]
    assert (sync["failure"]["code"], sync["failure"]["tries"]) == (code, 1)
    assert message in sync["failure"]["message"]
    assert not sync["is_put_aside"]
    connected.reach(Wire(connected.stub, connected.now))
    assert connected.deliver() >= 1
    assert connected.get("/v1/connections/sb")["sync"]["failure"] is None


def test_an_expired_secret_puts_a_connection_aside_until_it_is_mended(connected: Connected) -> None:
    connected.alias("ann", "sb", "250")
    connected.connect("smileback")
    connected.stub.put("reviews", rows.review())
    connected.patch("sb", settings={"password": "expired"}, state="running")
    assert connected.deliver() == 3
    sync = connected.get("/v1/connections/sb")["sync"]
    assert sync["is_put_aside"]
    assert sync["failure"]["code"] == "refused"
    walked = dispatch_syncs(schedule_event("2026-11-22T12:00:00Z"), lambda_context())
    assert (walked["aside"], walked["sent"]) == (1, 0)
    connected.patch("sb", settings={"password": "pass word"})
    connected.deliver()
    assert set(connected.records("ann")) == {"sb.9001"}
    assert not connected.get("/v1/connections/sb")["sync"]["is_put_aside"]


def test_sync_now_tries_again_what_was_put_aside(connected: Connected) -> None:
    connected.connect("smileback")
    connected.reach(lambda _: Answered(400, {}, None))
    connected.patch("sb", state="running")
    connected.deliver()
    assert connected.get("/v1/connections/sb")["sync"]["is_put_aside"]
    connected.reach(Wire(connected.stub, connected.now))
    assert connected.post("/v1/connections/sb/sync").status == 202
    connected.deliver()
    assert connected.get("/v1/connections/sb")["sync"]["synced_at"] is not None


def test_an_operator_lists_what_was_put_aside_and_has_it_tried_again(connected: Connected) -> None:
    connected.connect("smileback")
    connected.reach(lambda _: Answered(400, {}, None))
    connected.patch("sb", state="running")
    connected.deliver()
    outputs = {"TableName": TABLE, "QueueUrl": application().config.scoring_queue_url}
    site, told = Site(boto3.Session(region_name="eu-central-1"), outputs), list[str]()
    assert put_back(site, told.append, connected.now) == 1
    assert told == ["acme: the connection sb was put aside (refused, 3 times)"]
    assert put_back(site, told.append, connected.now, redrive=True) == 1
    assert put_back(site, told.append, connected.now) == 0
    connected.reach(Wire(connected.stub, connected.now))
    assert dispatch_syncs(schedule_event("2026-11-22T12:00:00Z"), lambda_context())["sent"] == 1
    connected.deliver()
    assert connected.get("/v1/connections/sb")["sync"]["synced_at"] is not None


def test_a_list_without_an_end_ends(connected: Connected) -> None:
    connected.alias("ann", "cw", "250")
    connected.connect("connectwise")
    endless = [rows.cw_company(id=number) for number in range(250)]

    def forever(request: Request) -> Answered:
        return Answered(200, {}, endless, connected.now)

    connected.reach(forever)
    connected.patch("cw", state="running")
    (first,) = connected.messages()
    sync_connections(sqs_event(first), lambda_context())
    failure = connected.get("/v1/connections/cw")["sync"]["failure"]
    assert failure["message"] == "The list that the system gives does not end."


def test_a_paused_connection_reads_nothing(connected: Connected) -> None:
    connected.connect("smileback")
    connected.patch("sb", state="running")
    connected.patch("sb", state="paused")
    calls = connected.stub.sign_in.token
    connected.deliver()
    assert connected.stub.sign_in.token == calls == ""
    assert connected.post("/v1/connections/sb/sync").status == 409


def test_what_is_due_is_dispatched(connected: Connected) -> None:
    connected.connect("smileback")
    connected.patch("sb", state="running")
    connected.deliver()
    walk = schedule_event("2026-11-22T12:00:00Z")
    assert dispatch_syncs(walk, lambda_context())["sent"] in {0, 1}
    connected.deliver()
    connected.service.clock.advance(16 * 60)
    assert dispatch_syncs(walk, lambda_context())["sent"] == 1
    assert dispatch_syncs(walk, lambda_context())["sent"] == 0, "its message is under way"
    assert dispatch_syncs(walk, lambda_context(5))["not_reached"] == 0
    connected.deliver()


def test_deleting_leaves_the_records_and_stops_the_worker(connected: Connected) -> None:
    connected.alias("ann", "sb", "250")
    connected.connect("smileback")
    connected.stub.put("reviews", rows.review())
    connected.patch("sb", state="running")
    connected.deliver()
    connected.post("/v1/connections/sb/sync")
    deleted = connected.service.http("DELETE", "/v1/connections/sb", headers={"If-Match": '"2"'})
    assert deleted.status == 204
    connected.deliver()
    assert connected.get("/v1/connections")["items"] == []
    assert set(connected.records("ann")) == {"sb.9001"}
    assert dispatch_syncs(schedule_event("2026-11-22T12:00:00Z"), lambda_context())["sent"] == 0
    assert connected.connect("smileback").status == 201, "its source is free again"


def test_an_empty_sync_costs_six_calls_at_most(connected: Connected) -> None:
    """Of a connection of four streams."""
    connected.connect("connectwise")
    connected.patch("cw", state="running")
    connected.deliver()
    connected.post("/v1/connections/cw/sync")
    (message,) = connected.messages()
    with counting() as cost:
        sync_connections(sqs_event(message), lambda_context())
    assert sum(cost.calls.values()) <= 5, cost.calls  # and one of KMS, every five minutes


def test_pages_are_taken_in_together(connected: Connected) -> None:
    """1.1 calls a ticket at most, from 500 rows a step; and no step asks for more."""
    for number in range(4):
        connected.alias(f"c{number}", "cw", str(number))
    mapping = {"priorities": {"4": "P3"}}
    connected.connect("connectwise", first_response="status")
    connected.service.http("PUT", "/v1/connections/cw/mapping", mapping, headers=ANY)
    for number in range(1, 1201):
        connected.stub.put("tickets", rows.cw_ticket(id=number, company={"id": number % 4}))
    connected.patch("cw", state="running")
    with counting() as cost:
        steps = connected.deliver()
    assert steps <= 4
    assert sum(cost.calls.values()) <= 1.1 * 1200
    assert connected.get("/v1/connections/cw")["sync"]["last"]["stored"] == 1200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "xero", "settings": {"client_id": "x"}}, "/settings/client_secret"),
        ({"kind": "xero", "settings": {"client_id": "x", "client_secret": "y", "z": "1"}}, "/settings/z"),
        ({"kind": "xero", "settings": {"client_id": "a\nb", "client_secret": "y"}}, "/settings/client_id"),
        ({"kind": "xero", "source": "no spaces"}, "/source"),
        ({"kind": "zoho"}, "/kind"),
        ({"kind": "xero", "interval_minutes": 5}, "/interval_minutes"),
        ({"kind": "xero", "quiet_hours": {"start": "25:00", "end": "06:00"}}, "/quiet_hours/start"),
        (
            {"kind": "xero", "first_response": "note", "settings": {"client_id": "x", "client_secret": "y"}},
            "/first_response",
        ),
        *(
            (
                {
                    "kind": "connectwise",
                    "settings": {"site": site, "company_id": "x", "public_key": "y", "private_key": "z"},
                },
                "/settings/site",
            )
            for site in ("127.0.0.1", "localhost", "a.b/c", "user@example.com", "example.com:8443", "[::1]")
        ),
    ],
)
def test_what_is_refused(connected: Connected, body: Any, pointer: str) -> None:
    answer = connected.post("/v1/connections", body)
    assert answer.status == 422, answer
    assert pointer in [error["pointer"] for error in answer.body["errors"]]
    assert connected.get("/v1/connections")["items"] == []


def test_a_kind_that_the_deployment_lacks_is_shown_with_the_reason(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTWISE_CLIENT_ID", "")
    bootstrap.application.cache_clear()
    kinds = {kind["id"]: kind for kind in connected.get("/v1/connections")["kinds"]}
    assert [each for each, kind in kinds.items() if not kind["available"]] == ["connectwise"]
    assert all("not yet run against a live account" in kind["note"] for kind in kinds.values())


def test_a_tenant_has_a_bound_of_connections(connected: Connected) -> None:
    settings = {"client_id": "x", "client_secret": "y"}
    for number in range(MOST_CONNECTIONS):
        made = connected.post("/v1/connections", {"kind": "xero", "source": f"x{number}", "settings": settings})
        assert made.status == 201
    assert connected.post("/v1/connections", {"kind": "xero", "settings": settings}).status == 409


def test_two_connections_of_which_one_is_broken(connected: Connected) -> None:
    connected.alias("ann", "sb", "250")
    connected.connect("smileback")
    stub = connected.stub
    stub.put("reviews", rows.review())
    other = {"client_id": "x", "client_secret": "y"}
    assert connected.post("/v1/connections", {"kind": "xero", "settings": other}).status == 201
    wire = Wire(stub, connected.now)

    def send(request: Request) -> Answered:
        if "xero" in request.url:
            raise UnreachableError("The connection could not be made, or broke off.")
        return wire(request)

    connected.reach(send)
    for source in ("xero", "sb"):
        connected.patch(source, state="running")
    for message in connected.messages():
        sync_connections(sqs_event(message), lambda_context())
    assert set(connected.records("ann")) == {"sb.9001"}
    held = {each["id"]: each["sync"]["failure"] for each in connected.get("/v1/connections")["items"]}
    assert held["sb"] is None
    assert held["xero"]["code"] == "unreachable"


@contextmanager
def over_the_wire(connected: Connected) -> Iterator[str]:
    """The stub behind a real socket, and the worker's own client of HTTP."""
    with served(
        lambda asked: Given(200, "null") if connected.stub is None else connected.stub(asked), at=connected.now
    ) as base:
        send = Outbound(local=True)

        def rewritten(request: Request) -> Answered:
            path = "/" + request.url.split("/", 3)[3]
            return send(request._replace(url=f"{base}{path}"))

        connected.reach(rewritten)
        yield base


@pytest.mark.parametrize("kind", STUBS)
def test_each_kind_over_http(connected: Connected, kind: str) -> None:
    source = SOURCES[kind]
    connected.connect(kind)
    with over_the_wire(connected):
        connected.post(f"/v1/connections/{source}/test")
        connected.deliver()
        assert connected.get(f"/v1/connections/{source}")["test"]["ok"] is True
        connected.patch(source, state="running")
        connected.deliver()
    assert connected.get(f"/v1/connections/{source}")["sync"]["failure"] is None


@pytest.mark.parametrize("body", ["", "{}", "[]", "7", '{"schema_version": 1}', "null"])
def test_a_poison_message_fails_alone(connected: Connected, body: str) -> None:
    event = sqs_event(body)
    failed = sync_connections(event, lambda_context())["batchItemFailures"]
    assert [each["itemIdentifier"] for each in failed] == [event["Records"][0]["messageId"]]


def test_quiet_hours_put_the_sync_off(connected: Connected) -> None:
    """It is 13:00 in Rome."""
    connected.connect("smileback", quiet_hours={"start": "12:30", "end": "14:00"})
    connected.patch("sb", state="running")
    (message,) = connected.messages()
    sync_connections(sqs_event(message), lambda_context())
    sync = connected.get("/v1/connections/sb")["sync"]
    assert sync["synced_at"] is None
    assert parse_instant(sync["next_at"]) > parse_instant("2026-11-22T12:00:00Z")
