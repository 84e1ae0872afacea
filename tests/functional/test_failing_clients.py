"""A client that cannot be computed: its row stays what it was, and its page goes on as if nothing were wrong."""

from collections.abc import Callable
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError

from chalicelib import bootstrap
from chalicelib.adapters.dynamodb.page_codec import decode_rows, decode_snapshot
from chalicelib.bootstrap import application
from chalicelib.domain.alert_sentences import alert_sentence
from chalicelib.domain.ids import TenantId
from chalicelib.domain.run import FailedClient
from chalicelib.services import alerting, page_scoring, refresh
from chalicelib.services.errors import OverloadedError
from chalicelib.services.sent_records import UNREADABLE
from chalicelib.tenancy import bound_tenant, bound_to
from chalicelib.workers import score_pages as worker
from infra.operations.aside import put_back
from infra.operations.client_erasure import erase_client
from infra.operations.site import Site
from tests.functional.conftest import TABLE, peek
from tests.functional.examples import client, fact, ticket
from tests.functional.service import Service, sqs_event, work
from tests.functional.support import STACK, change, standardized
from tests.running import adapters

BEFORE: Final = "2026-11-22"
NIGHT: Final = "2026-11-23"
NEXT: Final = "2026-11-24"
HOUR: Final = 3600
CLIENTS: Final = ("c1", "c2", "c3")
BAD: Final = "c2"
OWNERS: Final = ("acme", "quiet")

RECORD: Final = f"C#{BAD}"
TICKETS: Final = f"C#{BAD}#TICKETS#2026-Q4"
DAMAGED: Final[dict[str, Any]] = {RECORD: {"S": "[1]"}, TICKETS: {"B": b"\x01\x00"}}
"""Items of the bad client, and what makes each unreadable; `tests/contract/test_roster.py` knows more ways."""


@pytest.fixture(scope="module")
def kept() -> dict[tuple[str, str], Any]:
    """The table of the fleet, once it was made."""
    return {}


@pytest.fixture
def fleet(service: Service, kept: dict[tuple[str, str], Any]) -> Service:
    """Two tenants of three clients that fall at NIGHT, after a night in which all was well."""
    if kept:
        for item in kept.values():
            peek("dynamodb").put_item(TableName=TABLE, Item=item)
        return service
    noon = bootstrap.now()
    service.tenant("quiet")
    for owner in OWNERS:
        change(service, owner, primary_model="weighted", sources=["assessments"], **STACK)
        service.take(*(record for name in CLIENTS for record in standardized(name, 90, 20)), tenant=owner)
        service.take(*(ticket(f"T-{name}", name) for name in CLIENTS), tenant=owner)
    service.night(BEFORE)
    for owner in OWNERS:
        service.take(*(fall(name) for name in CLIENTS), tenant=owner)
    service.drain()
    service.clock.advance(noon - bootstrap.now())  # the night was before: marks of noon would wait for it
    kept.update(service.stored())
    return service


def fall(name: str, points: int = 40) -> dict[str, Any]:
    return fact("assessment", f"B-{name}", name, completed_on=BEFORE, standardization_score=points)


def damage(service: Service, sort: str = TICKETS, owner: str = "acme") -> Callable[[], object]:
    """Damages what is stored of the bad client; returns what mends it."""
    item = service.stored()[f"T#{owner}#P#0000", sort]

    peek("dynamodb").put_item(TableName=TABLE, Item={**item, "d": DAMAGED[sort]})
    return lambda: peek("dynamodb").put_item(TableName=TABLE, Item=item)


def page(service: Service, owner: str, date: str = NIGHT) -> tuple[dict[str, Any], dict[str, Any]]:
    """Rows by client, and scores of a date by client."""
    items = service.stored()
    rows = decode_rows(items[f"T#{owner}#P#0000", "NOW"]["d"]["B"])
    scores = decode_snapshot(items[f"T#{owner}#P#0000", f"SNAP#{date}"]["d"]["B"]).scores
    names = {seat: row.client.id for seat, row in rows.items()}
    return {row.client.id: row for row in rows.values()}, {names[seat]: held for seat, held in scores.items()}


def alerts(service: Service, owner: str) -> list[Any]:
    """All alerts but those of the bad client."""
    found = service.http("GET", "/v1/alerts", tenant=owner).body["items"]
    return [alert for alert in found if alert["client_id"] != BAD]


def aside(owner: str = "acme") -> list[FailedClient]:
    with bound_to(TenantId(owner)):
        return adapters().aside.list(TenantId(owner))


def site() -> Site:
    outputs = {"TableName": TABLE, "QueueUrl": application().config.scoring_queue_url}
    return Site(boto3.Session(region_name="eu-central-1"), outputs)


def without_bad(held: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in held.items() if name != BAD}


@pytest.mark.parametrize("sort", DAMAGED)
def test_a_client_that_cannot_be_read_fails_alone_in_the_night(fleet: Service, sort: str) -> None:
    rows_before, _ = page(fleet, "acme", BEFORE)
    mend = damage(fleet, sort)
    fleet.night(NIGHT)
    (rows, scores), (quiet_rows, quiet_scores) = page(fleet, "acme"), page(fleet, "quiet")
    assert rows[BAD] == rows_before[BAD]
    assert without_bad(rows) == without_bad(quiet_rows)
    assert scores == without_bad(quiet_scores)
    assert alerts(fleet, "acme") == alerts(fleet, "quiet") != []
    assert fleet.stored()["T#acme", f"RUN#{NIGHT}"]["complete"] == {"BOOL": True}
    assert fleet.queued() == (0, 0), "no message failed"
    (failed,) = aside()
    assert (failed.client, failed.run_date is not None) == (BAD, True)
    mend()
    fleet.night(NEXT)
    rows, scores = page(fleet, "acme", NEXT)
    quiet_rows, quiet_scores = page(fleet, "quiet", NEXT)
    assert (without_bad(rows), scores) == (without_bad(quiet_rows), quiet_scores)
    assert rows[BAD].evaluation == quiet_rows[BAD].evaluation


def test_records_of_a_client_that_cannot_be_read_are_refused_alone(fleet: Service) -> None:
    mend = damage(fleet)
    sent = [ticket(f"N-{name}", name) for name in CLIENTS]
    gone = {"type": "ticket", "id": f"T-{BAD}", "client_id": BAD, "deleted": True}
    answer = fleet.records(*sent, gone)
    assert (answer.status, answer.body["accepted"]) == (207, 3), "two tickets, and a deletion that is kept by its id"
    (refused,) = answer.body["rejected"]
    assert (refused["index"], refused["errors"]) == (1, [{"pointer": "/client_id", "message": UNREADABLE}])
    mend()
    assert fleet.records(*sent).body == {"accepted": 1, "unchanged": 2, "rejected": []}


def test_a_client_whose_record_cannot_be_read_is_refused_alone(fleet: Service) -> None:
    mend = damage(fleet, RECORD)
    sent = [client(name, name=f"New {name}") for name in (*CLIENTS, "c4")]
    answer = fleet.records(*sent)
    assert (answer.status, answer.body["accepted"]) == (207, 3)
    (refused,) = answer.body["rejected"]
    assert (refused["index"], refused["errors"]) == (1, [{"pointer": "/id", "message": UNREADABLE}])
    mend()
    assert fleet.records(*sent).body == {"accepted": 1, "unchanged": 3, "rejected": []}


@pytest.mark.parametrize("part", ["evaluate", "scores_of", "current_row"])
def test_a_client_that_cannot_be_evaluated_fails_alone(
    fleet: Service, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    fail_for_bad(monkeypatch, page_scoring, part)
    rows_before, _ = page(fleet, "acme", BEFORE)
    fleet.night(NIGHT)
    (rows, scores), (quiet_rows, quiet_scores) = page(fleet, "acme"), page(fleet, "quiet")
    assert rows[BAD] == rows_before[BAD]
    assert without_bad(rows) == without_bad(quiet_rows)
    assert without_bad(scores) == without_bad(quiet_scores)
    assert [failed.error for failed in aside()] == ["ArithmeticError"]


def fail_for_bad(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """Lets a pure function fail for the bad client of acme, at every call."""
    function = getattr(module, name)

    def failing(subject: Any, *rest: Any) -> Any:
        if BAD in repr(subject) and bound_to_acme():
            raise ArithmeticError("a rule with a hole in it")
        return function(subject, *rest)

    if name == "scores_of":  # it sees no client: the one that is evaluated second
        calls = iter(range(1_000_000))

        def failing(subject: Any, *rest: Any) -> Any:
            if bound_to_acme() and next(calls) % len(CLIENTS) == CLIENTS.index(BAD):
                raise ArithmeticError("a rule with a hole in it")
            return function(subject, *rest)

    monkeypatch.setattr(module, name, failing)


def bound_to_acme() -> bool:
    return bound_tenant() == "acme"


def test_a_client_whose_alerts_cannot_be_evaluated_keeps_its_row(
    fleet: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = alert_sentence

    def failing(name: str, *rest: Any) -> str:
        if BAD in name and bound_to_acme():
            raise ArithmeticError("no word for it")
        return function(name, *rest)

    rows_before, _ = page(fleet, "acme", BEFORE)
    monkeypatch.setattr(alerting, "alert_sentence", failing)
    fleet.night(NIGHT)
    (rows, scores), (quiet_rows, quiet_scores) = page(fleet, "acme"), page(fleet, "quiet")
    assert rows[BAD] == rows_before[BAD]
    assert without_bad(rows) == without_bad(quiet_rows)
    assert scores == quiet_scores, "the score was stored before"
    assert alerts(fleet, "acme") == alerts(fleet, "quiet")
    assert fleet.queued() == (0, 0)
    assert [failed.client for failed in aside()] == [BAD]


def test_what_fails_for_everybody_is_nobodys_own(fleet: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that fails for all: the night waits for its mending, and no snapshot stands in its way."""
    with monkeypatch.context() as broken:
        broken.setattr(page_scoring, "evaluate", lambda *_: 1 // 0)
        fleet.night(NIGHT)
    assert fleet.queued() == (0, 2)
    assert ("T#acme#P#0000", f"SNAP#{NIGHT}") not in fleet.stored()
    assert aside() == []
    fleet.trigger(f"{NIGHT}T02:00:00Z", OWNERS)
    fleet.drain()
    assert len(page(fleet, "acme")[1]) == len(CLIENTS)


def test_it_is_counted_and_logged_by_its_ids(fleet: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[dict[str, int]] = []
    logged: list[dict[str, Any]] = []
    monkeypatch.setattr(worker, "count", lambda **counts: counted.append(counts))
    monkeypatch.setattr(worker, "log_failure", lambda message, error, **keys: logged.append(keys))
    damage(fleet)
    fleet.night(NIGHT)
    assert sum(each.get("ClientsFailed", 0) for each in counted) == 1
    assert logged == [{"tenant_id": "acme", "client_id": BAD}]


def test_a_store_that_cannot_note_it_stops_nothing(fleet: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters().aside, "put", lambda *_: 1 // 0)
    damage(fleet)
    fleet.night(NIGHT)
    assert without_bad(page(fleet, "acme")[0]) == without_bad(page(fleet, "quiet")[0])
    assert fleet.queued() == (0, 0)


@pytest.mark.parametrize("attribute", ["d", "v"])
def test_a_page_whose_rows_are_damaged_is_left_out_of_lists(
    service: Service, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, attribute: str
) -> None:
    """All that is of the other page stays as it was; the damage is logged and counted."""
    change(service, primary_model="weighted", sources=["assessments"], **STACK)
    names = [f"c{number:02d}" for number in range(66)]
    service.take(*(record for name in names for record in standardized(name, 90)))
    service.drain()
    paths = ("/v1/clients", "/v1/analytics/clients", "/v1/account-managers", "/v1/alerts?status=OPEN")
    assert service.http("GET", paths[0]).body["total"] == 66
    item = service.stored()["T#acme#P#0000", "NOW"]
    held = {name: value for name, value in item.items() if name != attribute}
    peek("dynamodb").put_item(TableName=TABLE, Item=held | ({"d": {"B": b"\x01\x00"}} if attribute == "d" else {}))
    capsys.readouterr()
    answers = [service.http("GET", path) for path in paths]
    assert [answer.status for answer in answers] == [200] * 4
    assert [each["client_id"] for each in answers[0].body["items"]] == ["c64", "c65"]
    assert answers[1].body["total"] == 2
    assert capsys.readouterr().out.count('"PagesUnreadable":[1.0]') == 4
    logged: list[Any] = [record for record in caplog.records if "cannot be read" in record.message]
    assert {(record.tenant_id, record.page) for record in logged} == {("acme", 0)}
    assert service.http("GET", "/v1/clients/c00/health").status == 200


# ---- refreshes ------------------------------------------------------------------------------------------------------


def touch(service: Service, owner: str, *names: str) -> None:
    """Changes clients, each with a calculation."""
    records = [fact("touchpoint", f"P-{name}", name) for name in names]
    service.take(*records, *(fall(name, 20) for name in names), tenant=owner, backfill=False)


@pytest.mark.parametrize("many", [False, True], ids=["one by one", "page by page"])
def test_a_client_that_cannot_be_read_fails_alone_in_a_refresh(
    fleet: Service, monkeypatch: pytest.MonkeyPatch, many: bool
) -> None:
    if many:
        monkeypatch.setattr(refresh, "CLIENTS_READ_ONE_BY_ONE", 1)
    for owner in OWNERS:
        touch(fleet, owner, *CLIENTS)
    rows_before, _ = page(fleet, "acme", BEFORE)
    damage(fleet)
    assert not any(each.failed for each in fleet.drain())
    rows, quiet = page(fleet, "acme", BEFORE)[0], page(fleet, "quiet", BEFORE)[0]
    assert without_bad(rows) == without_bad(quiet)
    assert rows[BAD] == rows_before[BAD]
    assert [(failed.client, failed.run_date) for failed in aside()] == [(BAD, None)]
    with bound_to(TenantId("acme")):
        assert adapters().refresh_marks.marked_since(TenantId("acme"), [0]) == {}, "no claim is left"
    calculations = [sk for pk, sk in fleet.stored() if pk == "T#acme#P#0000" and sk.startswith("H#")]
    assert len(calculations) == 2


@pytest.mark.parametrize("part", ["evaluate", "current_row"])
def test_a_client_that_cannot_be_evaluated_fails_alone_in_a_refresh(
    fleet: Service, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    fail_for_bad(monkeypatch, refresh, part)
    for owner in OWNERS:
        touch(fleet, owner, *CLIENTS)
    assert not any(each.failed for each in fleet.drain())
    rows, quiet = page(fleet, "acme", BEFORE)[0], page(fleet, "quiet", BEFORE)[0]
    assert without_bad(rows) == without_bad(quiet)
    assert rows[BAD] != quiet[BAD]
    assert [failed.client for failed in aside()] == [BAD]


@pytest.mark.parametrize(("store", "step"), [("scores", "put_calculation"), ("roster", "client_facts")])
def test_calls_that_fail_for_one_client_hold_up_a_claim_for_an_hour(
    fleet: Service, monkeypatch: pytest.MonkeyPatch, store: str, step: str
) -> None:
    """AWS may be well again; the message comes again. An hour later it is the client's own failure."""
    port = getattr(adapters(), store)
    method = getattr(port, step)

    def failing(tenant: str, *rest: Any) -> Any:
        if tenant == "acme" and BAD in rest:
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, step)
        return method(tenant, *rest)

    monkeypatch.setattr(port, step, failing)
    for owner in OWNERS:
        touch(fleet, owner, *CLIENTS)
    assert sum(each.failed for each in fleet.drain()) == 5
    assert fleet.queued() == (0, 1)
    assert without_bad(page(fleet, "acme", BEFORE)[0]) == without_bad(page(fleet, "quiet", BEFORE)[0])
    assert aside() == []
    fleet.clock.advance(HOUR)
    assert fleet.sweep() == 1
    assert not any(each.failed for each in fleet.drain())
    assert [failed.client for failed in aside()] == [BAD]
    with bound_to(TenantId("acme")):
        assert adapters().refresh_marks.marked_since(TenantId("acme"), [0]) == {}


def test_what_aws_takes_no_more_of_is_tried_again_however_old_the_claim(
    fleet: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overloaded(tenant: str, *rest: Any) -> Any:
        raise OverloadedError

    with monkeypatch.context() as patched:
        patched.setattr(adapters().roster, "client_facts", overloaded)
        touch(fleet, "acme", *CLIENTS)
        fleet.drain()
        fleet.clock.advance(HOUR)
        assert fleet.sweep() == 1
        assert all(each.failed for each in fleet.drain())
    assert aside() == []
    fleet.clock.advance(HOUR)
    assert fleet.sweep() == 1
    fleet.drain()
    touch(fleet, "quiet", *CLIENTS)
    fleet.drain()
    entries = [fleet.http("GET", f"/v1/clients/{BAD}/history", tenant=owner).body["items"] for owner in OWNERS]
    assert [items[0]["trigger"] for items in entries] == ["touchpoint_logged"] * 2


@pytest.mark.parametrize("damaged_for", ["a deletion by id", "a move"])
def test_tickets_that_left_a_client_who_could_not_be_read_do_not_come_back(fleet: Service, damaged_for: str) -> None:
    fleet.clock.advance(HOUR)
    mend = damage(fleet)
    name = f"T-{BAD}"
    gone = {"type": "ticket", "id": name, "deleted": True}
    moved = ticket(name, "c1")
    assert fleet.records(gone if damaged_for == "a deletion by id" else moved).status == 200
    fleet.drain()
    fleet.night(NIGHT)
    mend()
    assert put_back(site(), print, bootstrap.now(), redrive=True) == 1
    fleet.drain()
    fleet.clock.advance(HOUR)
    fleet.sweep()
    fleet.drain()
    live = {
        owner: [
            each["id"]
            for each in fleet.http("GET", f"/v1/clients/{owner}/records?type=ticket").body["items"]
            if each["id"] == name
        ]
        for owner in ("c1", BAD)
    }
    assert live == {"c1": [name] if damaged_for == "a move" else [], BAD: []}


# ---- what people see ------------------------------------------------------------------------------------------------


def test_it_is_shown_as_of_when_it_was_computed_and_its_card_says_what_is_wrong(fleet: Service) -> None:
    damage(fleet)
    fleet.night(NIGHT)
    computed = {name: fleet.http("GET", f"/v1/clients/{name}").body["computed_at"] for name in CLIENTS}
    assert computed["c1"] == f"{NIGHT}T02:00:00Z" > computed[BAD]
    assert fleet.http("GET", "/v1/analytics/clients").body["computed_at"] == computed[BAD]
    for method, path in (("GET", "health"), ("POST", "recalculate"), ("GET", f"explanation?from={BEFORE}")):
        answer = fleet.http(method, f"/v1/clients/{BAD}/{path}")
        assert (answer.status, answer.body["title"]) == (500, "Internal Server Error"), answer
        assert answer.body["detail"] == "What is stored of the client c2 cannot be read; an operator has to mend it."
    damage(fleet, RECORD)
    answer = fleet.http("GET", f"/v1/clients/{BAD}")
    assert (answer.status, "client c2 cannot be read" in answer.body["detail"]) == (500, True)


def test_an_operator_sees_it_mends_it_and_has_it_tried_again(fleet: Service) -> None:
    mend = damage(fleet)
    fleet.night(NIGHT)
    now = bootstrap.now()
    told: list[str] = []
    assert put_back(site(), told.append, now) == 1
    assert told == [f"acme: the client {BAD} could not be computed in the night of {NIGHT}T02:00:00Z (CodecError)"]
    assert put_back(site(), told.append, now, redrive=True) == 1
    fleet.drain()
    assert put_back(site(), told.append, now) == 1, "it failed again"
    mend()
    assert put_back(site(), told.append, now, redrive=True) == 1
    fleet.drain()
    assert (put_back(site(), told.append, now), aside()) == (0, [])
    assert page(fleet, "acme")[0][BAD].evaluation == page(fleet, "quiet")[0][BAD].evaluation


def test_who_was_computed_since_is_not_listed(fleet: Service) -> None:
    mend = damage(fleet)
    fleet.night(NIGHT)
    mend()
    fleet.night(NEXT)
    told: list[str] = []
    assert put_back(site(), told.append, bootstrap.now(), redrive=True) == 0
    assert aside() == []


def test_an_erased_client_is_not_put_aside(fleet: Service) -> None:
    mend = damage(fleet)
    fleet.night(NIGHT)
    mend()
    fleet.publish()
    fleet.clock.advance(HOUR)
    fleet.sweep()
    erase_client(site(), TenantId("acme"), aside()[0].client, print, bootstrap.now())
    assert aside() == []


def test_a_new_client_that_fails_is_in_no_list(service: Service) -> None:
    service.take(client("c1"), client(BAD), ticket("T-c2", BAD))
    damage(service)
    assert work(sqs_event(*service.bodies())) == []
    service.night(NIGHT)
    assert service.queued() == (0, 0)
    assert [row["client_id"] for row in service.http("GET", "/v1/clients").body["items"]] == ["c1"]
    assert [failed.client for failed in aside()] == [BAD]
