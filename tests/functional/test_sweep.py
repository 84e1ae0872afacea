"""The sweep: it looks at nobody but those with something due, and no tenant's trouble is another's."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from chalicelib import bootstrap
from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import Item, Table
from chalicelib.bootstrap import application
from chalicelib.domain.alerts import RELEASE_WAIT_SECONDS
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TENANT_SHARDS, TenantId
from chalicelib.domain.run import SETTLED_SECONDS, TRIES, DueMark, Walk
from chalicelib.domain.times import parse_instant
from chalicelib.services import relay as relay_service
from chalicelib.tenancy import bound_to
from infra.operations.aside import look_at_everybody, put_back
from infra.operations.site import Site
from tests.functional.conftest import TABLE, aws_client
from tests.functional.examples import account_manager, ago, client, ticket
from tests.functional.service import Service, sqs_event, work
from tests.functional.support import STACK, change, counting, put, reads, settings, standardized, tell_fallback
from tests.running import adapters

NIGHT: Final = "2026-11-23"
AS_OF: Final = "2026-11-23T02:00:00Z"
HOUR: Final = 3600
DAY: Final = 24 * HOUR
QUIET: Final = {"GetItem": 2, "Query": TENANT_SHARDS}
"""What a sweep costs when nobody is due: the state of two walks, and the marks of each shard."""


def marks() -> list[DueMark]:
    return [mark for shard in range(TENANT_SHARDS) for mark in adapters().due.marks(shard)]


def is_complete(service: Service, tenant: str = "acme") -> bool:
    run = service.stored().get((f"T#{tenant}", f"RUN#{NIGHT}"))
    return run is not None and bool(run["complete"]["BOOL"])


def broken(tenant: str) -> Callable[[], None]:
    """Damages a tenant's settings; returns what mends them."""
    table, owner = Table(aws_client("dynamodb"), TABLE), TenantId(tenant)
    key = keys.settings(owner)
    with bound_to(owner):
        before = table.get(key)
    assert before is not None

    def put(item: Item) -> None:
        with bound_to(owner):
            table.put(key, item)

    put({**before, "d": "{"})
    return lambda: put(before)


@pytest.fixture
def swept(service: Service) -> Service:
    """A tenant with a client, after everything was swept."""
    service.take(client("c1"))
    service.drain()
    for _ in range(2):  # the first sweep of a table marks everybody
        service.clock.advance(SETTLED_SECONDS)
        service.swept()
    assert marks() == []
    return service


@pytest.fixture
def others(swept: Service) -> list[str]:
    """More tenants, all quiet."""
    names = [f"tenant-{number:02d}" for number in range(12)]
    for name in names:
        swept.tenant(name)
    return names


def enough_for(looks: int) -> Callable[[], bool]:
    """Time that is over after so many questions."""
    left = iter([True] * looks)
    return lambda: next(left, False)


# ---- who is looked at ----------------------------------------------------------------------------------------------


def test_quiet_tenants_cost_nothing(swept: Service, others: list[str]) -> None:
    with counting() as cost:
        assert swept.swept()["tenants"] == 0
    assert reads(cost) == QUIET
    assert cost.write == 0


def test_only_those_with_something_due_are_looked_at(swept: Service, others: list[str]) -> None:
    swept.take(client("c1"), tenant=others[7])
    swept.bodies()  # lost
    swept.clock.advance(SETTLED_SECONDS)
    with counting() as cost:
        found = swept.swept()
    assert (found["tenants"], found["messages"]) == (1, 1)
    assert reads(cost) == QUIET | {"GetItem": 3, "BatchGetItem": 1, "Query": TENANT_SHARDS + 1, "UpdateItem": 1}
    swept.drain()
    assert swept.swept()["tenants"] == 1
    assert marks() == []


def test_a_request_pays_one_call_and_one_unit_for_its_mark(swept: Service) -> None:
    with counting() as cost:
        swept.take(client("c1"), client("c2"), *(ticket(f"T{number}", "c1") for number in range(9)))
    assert cost.writes_by_kind()["DUE"] == 1
    with counting() as cost:
        swept.take(client("c1"))
    assert cost.write == 0, "what changes nothing marks nothing"


def test_a_night_pays_two_calls_and_two_units_for_its_mark(swept: Service) -> None:
    with counting() as cost:
        swept.night(NIGHT)
        swept.publish()
    assert cost.writes_by_kind()["DUE"] == 2
    assert is_complete(swept)
    assert marks() == []


def test_a_mark_that_was_just_made_is_not_cleared(swept: Service) -> None:
    """Its request may still be about to mark the page."""
    owner = TenantId("acme")
    now = bootstrap.now()
    with bound_to(owner):
        adapters().due.mark(owner, now, now)
    swept.swept()
    assert [mark.tenant for mark in marks()] == [owner]
    swept.clock.advance(SETTLED_SECONDS)
    swept.swept()
    assert marks() == []


def test_work_that_comes_while_the_sweep_looks_keeps_its_mark(swept: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = TenantId("acme")
    with bound_to(owner):
        adapters().due.mark(owner, bootstrap.now(), bootstrap.now())
    swept.clock.advance(SETTLED_SECONDS)
    publish = application().relay.publish

    def meanwhile(*arguments: Any) -> Any:
        adapters().due.mark(owner, bootstrap.now(), bootstrap.now())
        return publish(*arguments)

    monkeypatch.setattr(application().relay, "publish", meanwhile)
    swept.swept()
    assert [mark.tenant for mark in marks()] == [owner]


def test_the_marks_of_a_tenant_that_left_go(swept: Service) -> None:
    gone = TenantId("gone")
    with bound_to(gone):
        adapters().due.mark(gone, Instant(0), Instant(0))
        adapters().due.mark(gone, Instant(0), Instant(0), night=parse_instant(AS_OF))
    assert swept.swept()["tenants"] == 1
    assert marks() == []


# ---- the first sweep after an upgrade ------------------------------------------------------------------------------


def forget_marks() -> None:
    """What an older build left behind: no marks at all."""
    due = adapters().due
    for mark in marks():
        due.clear(mark.tenant, mark.version, night=mark.night)
    due.save_walk(Walk())


def test_the_first_sweep_looks_at_everybody_once(swept: Service, others: list[str]) -> None:
    swept.take(client("c2"))
    swept.bodies()
    swept.clock.advance(SETTLED_SECONDS)
    forget_marks()
    found = swept.swept()
    assert (found["tenants"], found["messages"]) == (1 + len(others), 1)
    swept.drain()
    swept.clock.advance(SETTLED_SECONDS)
    swept.swept()
    assert marks() == []
    assert swept.swept()["tenants"] == 0


def test_it_finds_runs_that_an_older_build_left(swept: Service) -> None:
    swept.clock.to(AS_OF)
    swept.trigger(AS_OF)
    swept.bodies()
    forget_marks()
    swept.clock.advance(HOUR)
    swept.swept()
    swept.clock.advance(HOUR)
    assert swept.sweep() == 1
    swept.drain()
    assert is_complete(swept)


def test_the_walk_goes_on_where_it_stopped(swept: Service, others: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    forget_marks()
    application().sweep.sweep(enough_for(5), lambda *_: None)
    reached = len(marks())
    assert 0 < reached < 1 + len(others)
    swept.swept()
    assert adapters().due.walk().complete


def test_an_operator_can_ask_for_it(swept: Service, others: list[str]) -> None:
    look_at_everybody(site())
    assert swept.swept()["tenants"] == 1 + len(others)


# ---- neighbours ----------------------------------------------------------------------------------------------------


def site() -> Site:
    import boto3

    return Site(boto3.Session(region_name="eu-central-1"), {"TableName": TABLE})


def test_a_tenant_that_cannot_be_read_holds_up_nobody(swept: Service, others: list[str]) -> None:
    bad, good = others[3], others[4]
    for name in (bad, good):
        swept.take(client("c1"), tenant=name)
    swept.bodies()
    mend = broken(bad)
    swept.clock.advance(SETTLED_SECONDS)
    found = swept.swept()
    assert (found["tenants"], found["failed"], found["messages"]) == (1, 1, 1)
    swept.drain()
    for _ in range(TRIES - 1):
        assert swept.swept()["failed"] == 1
    found = swept.swept()
    assert (found["failed"], found["aside"]) == (0, 1)
    told: list[str] = []
    assert put_back(site(), told.append, bootstrap.now(), tenant=TenantId(bad)) == 1
    assert bad in told[0]
    assert swept.swept()["aside"] == 1, "only looked at"
    mend()
    assert put_back(site(), told.append, bootstrap.now(), redrive=True) == 1
    assert swept.sweep() == 1
    swept.drain()
    assert swept.http("GET", "/v1/analytics/clients", tenant=bad).body["summary"]["total"] == 1


def test_a_tenant_that_cannot_be_read_holds_up_no_night(swept: Service, others: list[str]) -> None:
    bad = others[3]
    for name in others:
        swept.take(client("c1"), tenant=name)
    swept.drain()
    mend = broken(bad)
    swept.clock.to(AS_OF)
    assert swept.trigger(AS_OF) == {"tenants": len(others)}
    swept.drain()
    assert [name for name in others if not is_complete(swept, name)] == [bad]
    mend()
    swept.clock.advance(HOUR)
    assert swept.sweep() == 1
    swept.drain()
    assert is_complete(swept, bad)
    (item,) = swept.http("GET", "/v1/clients/c1/history", tenant=bad).body["items"]
    assert item["as_of"] == AS_OF


def test_those_that_waited_longest_come_first(swept: Service, others: list[str]) -> None:
    for place, name in enumerate(others):
        with bound_to(TenantId(name)):
            adapters().due.mark(TenantId(name), Instant(len(others) - place), Instant(0))
    looked: list[str] = []
    for _ in range(3):
        before = {mark.tenant for mark in marks()}
        found = application().sweep.sweep(enough_for(5), lambda *_: None)
        done = before - {mark.tenant for mark in marks()}
        assert found.tenants == len(done)
        looked += sorted(done, reverse=True)
    assert looked == others[::-1]


def test_who_was_not_reached_is_counted(swept: Service, others: list[str]) -> None:
    look_at_everybody(site())
    application().sweep.sweep(enough_for(1 + len(others)), lambda *_: None)
    found = application().sweep.sweep(enough_for(3), lambda *_: None)
    assert found.not_reached > 0


def test_a_walk_that_died_with_its_retries_goes_on(swept: Service, others: list[str]) -> None:
    for name in others:
        swept.take(client("c1"), tenant=name)
    swept.drain()
    swept.clock.to(AS_OF)
    as_of = parse_instant(AS_OF)
    adapters().runs.save_checkpoint(as_of, Walk(3, None, noted_at=as_of))
    swept.clock.advance(10 * 60)
    swept.swept()
    assert not any(is_complete(swept, name) for name in others), "its retries may still come"
    swept.clock.advance(10 * 60)
    swept.swept()
    swept.drain()
    later = [name for name in others if keys.registry_shard(TenantId(name)) >= 3]
    assert [name for name in others if is_complete(swept, name)] == later != []
    read = adapters().runs.checkpoint(as_of)
    assert read is not None
    assert read.complete


# ---- an entry that cannot be published -----------------------------------------------------------------------------


@pytest.fixture
def alerting(swept: Service) -> Service:
    """A night with three alerts for one account manager, none of them published yet."""
    change(swept, **STACK, primary_model="weighted")
    fallen = [record for name in ("a1", "a2", "a3") for record in standardized(name, 30, account_manager_id="m1")]
    swept.take(account_manager("m1"), *fallen)
    tell_fallback()
    swept.night(NIGHT)
    return swept


class Picky:
    """A topic that refuses messages about some clients, always."""

    def __init__(self, notifier: Any, refused: set[str]) -> None:
        self._notifier, self._refused = notifier, refused
        self.published: list[str] = []

    def publish(self, tenant: TenantId, notification: Any) -> None:
        if any(name in notification.body for name in self._refused):
            raise RuntimeError("InvalidParameter")
        self.published.append(notification.body)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._notifier, name)


@pytest.fixture
def picky(alerting: Service, monkeypatch: pytest.MonkeyPatch) -> Picky:
    picky = Picky(adapters().notifier, {'"a2"'})
    monkeypatch.setattr(application().relay, "_notifier", picky)
    return picky


def published(service: Service) -> list[str]:
    items = service.http("GET", "/v1/alerts").body["items"]
    return sorted(each["client_id"] for each in items if each["published_at"] is not None)


def test_an_alert_that_is_refused_holds_up_no_other(alerting: Service, picky: Picky) -> None:
    assert alerting.publish() == 2
    assert published(alerting) == ["a1", "a3"]
    assert alerting.publish() == 0
    assert len(picky.published) == 2, "nothing is told twice"
    picky._refused.clear()
    alerting.clock.advance(RELEASE_WAIT_SECONDS)
    assert alerting.swept()["published"] == 1
    assert published(alerting) == ["a1", "a2", "a3"]


def test_it_is_put_aside_after_a_day_and_can_be_put_back(alerting: Service, picky: Picky) -> None:
    alerting.publish()
    alerting.clock.advance(DAY - 1)
    assert alerting.swept()["unpublished"] == 1
    alerting.clock.advance(1)
    found = alerting.swept()
    assert (found["unpublished"], found["entries_aside"]) == (0, 1)
    alerting.swept()
    assert [mark for mark in marks() if mark.night == parse_instant(AS_OF)] == [], "the night is over"
    told: list[str] = []
    assert put_back(site(), told.append, bootstrap.now()) == 1
    assert alerting.swept()["published"] == 0
    picky._refused.clear()
    assert put_back(site(), told.append, bootstrap.now(), redrive=True) == 1
    alerting.clock.advance(RELEASE_WAIT_SECONDS)  # its run was released long ago
    assert alerting.swept()["published"] == 1
    assert published(alerting) == ["a1", "a2", "a3"]
    assert put_back(site(), told.append, bootstrap.now()) == 0


def test_a_digest_that_is_refused_holds_up_no_other_manager(
    alerting: Service, picky: Picky, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_service, "DIGEST_ABOVE", 2)
    alerting.take(account_manager("m2"), *standardized("b1", 20, account_manager_id="m2"))
    alerting.http("POST", "/v1/clients/b1/recalculate")
    assert alerting.publish() == 1
    assert published(alerting) == ["b1"]
    picky._refused.clear()
    assert alerting.publish() == 3
    assert published(alerting) == ["a1", "a2", "a3", "b1"]
    assert sum("digest" in body for body in picky.published) == 1


def test_a_damaged_entry_is_put_aside_at_once(alerting: Service, picky: Picky) -> None:
    picky._refused.clear()
    damaged = next(sk for pk, sk in alerting.stored() if pk == "T#acme#OUTBOX" and not sk.startswith("RELEASE"))
    owner = TenantId("acme")
    with bound_to(owner):
        table = Table(aws_client("dynamodb"), TABLE)
        key = keys.outbox_item(owner, damaged)
        item = table.get(key)
        assert item is not None
        table.put(key, {**{name: value for name, value in item.items() if name not in ("pk", "sk")}, "d": "["})
    assert alerting.publish() == 2
    assert put_back(site(), list[str]().append, Instant(0)) == 1
    assert [mark for mark in marks() if mark.night] == []


def test_a_workflow_that_fails_does_not_tell_the_alert_again(
    alerting: Service, picky: Picky, monkeypatch: pytest.MonkeyPatch
) -> None:
    picky._refused.clear()
    put(alerting, "workflows", {**settings(alerting, "workflows"), "at_risk_alert": {"enabled": True}}, 2)
    with monkeypatch.context() as patch:
        patch.setattr(adapters().tasks, "open", refuse)
        assert alerting.publish() == 0
        assert alerting.publish() == 0
    assert len(picky.published) == 3
    assert alerting.publish() == 3
    assert len(picky.published) == 3
    assert len(alerting.http("GET", "/v1/tasks").body["items"]) == 3


def refuse(*_: Any) -> None:
    raise RuntimeError("no task today")


def test_a_page_message_of_a_night_is_sent_again_only_when_it_is_missing(swept: Service) -> None:
    swept.take(ticket("T1", "c1", due_at=ago(days=1)))
    swept.drain()
    swept.clock.to(AS_OF)
    swept.trigger(AS_OF)
    (body,) = swept.bodies()
    swept.clock.advance(HOUR)
    assert work(sqs_event(body)) == []
    assert swept.sweep() == 0
