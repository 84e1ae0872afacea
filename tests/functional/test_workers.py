"""The pipeline: nightly trigger, queue, worker, sweep; whatever fails, is repeated or comes twice."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.domain.errors import InvalidIdError, NotFoundError
from chalicelib.domain.ids import TenantId
from chalicelib.domain.times import parse_instant
from chalicelib.services.errors import OutOfTimeError, OverloadedError
from chalicelib.tenancy import bound_to
from chalicelib.workers.score_pages import score_pages
from tests.functional.examples import ago, client, fact, ticket
from tests.functional.service import Service, sqs_event, work
from tests.running import adapters

NIGHT, AS_OF = "2026-11-23", "2026-11-23T02:00:00Z"
HOUR = 3600


def nightly(*pages: int, tenant: str = "acme", **changes: Any) -> dict[str, Any]:
    """The message of a night's pages."""
    return {
        "schema_version": 1,
        "tenant_id": tenant,
        "reason": "nightly",
        "run_date": NIGHT,
        "as_of": AS_OF,
        "pages": list(pages),
        **changes,
    }


def refresh(*pages: int, tenant: str = "acme", **changes: Any) -> dict[str, Any]:
    return nightly(*pages, tenant=tenant, **{"reason": "refresh", "run_date": None, "as_of": None, **changes})


def of_tenant(service: Service, tenant: str = "acme") -> dict[tuple[str, str], Any]:
    """A tenant's items, as those of `acme`."""
    own = f"T#{tenant}"
    return {
        (pk.replace(own, "T#acme"), sk): {**item, "pk": None}
        for (pk, sk), item in service.stored().items()
        if pk == own or pk.startswith(f"{own}#")
    }


def run_of(service: Service, tenant: str = "acme", day: str = NIGHT) -> Any:
    return service.stored().get((f"T#{tenant}", f"RUN#{day}"))


def is_complete(service: Service, tenant: str = "acme", day: str = NIGHT) -> bool:
    run = run_of(service, tenant, day)
    return run is not None and bool(run["complete"]["BOOL"])


def dates(service: Service, client_id: str = "c1", tenant: str = "acme") -> list[str]:
    items = service.http("GET", f"/v1/clients/{client_id}/history", tenant=tenant).body["items"]
    return [each["date"] for each in items]


def fail_once(monkeypatch: pytest.MonkeyPatch, target: Any, name: str) -> None:
    """Makes the next call of a method raise; those that follow go through."""
    method = getattr(target, name)

    def call(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(target, name, method)
        raise ConnectionError("crash")

    monkeypatch.setattr(target, name, call)


@pytest.fixture
def ready(service: Service) -> Service:
    """Two roster pages of clients with a ticket each, refreshed, at the time of the night."""
    service.skip_seats(61)
    clients = [f"c{number}" for number in range(1, 6)]
    service.take(*map(client, clients), *(ticket(client_id=each) for each in clients))
    service.drain()
    service.clock.to(AS_OF)
    return service


# ---- the night -----------------------------------------------------------------------------------------------------


def test_a_night(ready: Service) -> None:
    assert ready.trigger(AS_OF) == {"tenants": 1}
    (delivery,) = ready.drain()
    assert delivery.body == nightly(0, 1)
    assert is_complete(ready)
    assert [dates(ready, f"c{number}") for number in range(1, 6)] == 5 * [[NIGHT]]
    page = ready.http("GET", "/v1/analytics/clients").body
    assert (page["computed_at"], page["summary"]["total"]) == (AS_OF, 5)
    items = of_tenant(ready)
    assert ("T#acme", f"DAY#{NIGHT}") in items
    assert ("T#acme", "SUMMARY") in items


def test_the_runs_date_is_the_local_one(service: Service) -> None:
    for tenant, zone in (("newyork", "America/New_York"), ("auckland", "Pacific/Auckland")):
        service.tenant(tenant, zone)
        service.take(client(), tenant=tenant)
    service.drain()
    service.night("2026-11-23")
    assert (dates(service, tenant="newyork"), dates(service, tenant="auckland")) == (["2026-11-22"], ["2026-11-23"])


def test_the_same_night_again_changes_no_byte(ready: Service) -> None:
    ready.trigger(AS_OF)
    ready.drain()
    before = of_tenant(ready)
    ready.clock.advance(HOUR)
    ready.trigger(AS_OF)
    assert ready.queued() == (0, 0)
    ready.clock.to("2026-11-23T05:00:00Z")
    ready.trigger("2026-11-23T05:00:00Z")
    assert ready.queued() == (0, 0), "a later trigger on the same date finds the run"
    assert work(sqs_event(nightly(0, 1), nightly(0), nightly(1))) == []
    assert of_tenant(ready) == before


def test_a_trigger_delivered_twice_at_once(ready: Service) -> None:
    ready.trigger(AS_OF, ["acme"])
    ready.trigger(AS_OF, ["acme"])
    first, second = ready.bodies()
    assert first == second == nightly(0, 1)
    assert work(sqs_event(first)) == []
    before = of_tenant(ready)
    assert work(sqs_event(second)) == []
    assert of_tenant(ready) == before


@pytest.mark.parametrize("step", ["put_snapshot", "put_current", "with_snapshots"])
def test_two_workers_with_the_same_message(service: Service, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """One comes to a step, the other does everything, then the first goes on: the outcome is that of a quiet night."""
    service.tenant("quiet")
    for tenant in ("acme", "quiet"):
        service.take(client("c1"), client("c2"), ticket("T1", due_at=ago(days=1)), tenant=tenant)
    service.drain()
    service.clock.to(AS_OF)
    service.trigger(AS_OF)
    service.bodies()
    assert work(sqs_event(nightly(0, tenant="quiet"))) == []
    scores = adapters().scores
    method = getattr(scores, step)

    def interrupted(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(scores, step, method)
        assert work(sqs_event(nightly(0))) == []
        return method(*arguments, **named)

    monkeypatch.setattr(scores, step, interrupted)
    assert work(sqs_event(nightly(0))) == []
    assert of_tenant(service) == of_tenant(service, "quiet")


@pytest.mark.parametrize(
    ("store", "step"),
    [
        ("roster", "page_facts"),
        ("scores", "put_snapshot"),
        ("scores", "put_current"),
        ("runs", "add_done"),
        ("runs", "put_day"),
        ("runs", "put_summary"),
        ("runs", "finish"),
    ],
)
def test_a_night_that_died_goes_on(service: Service, monkeypatch: pytest.MonkeyPatch, store: str, step: str) -> None:
    """Whatever it died of, the redelivery makes it the night that it would have been."""
    service.tenant("quiet")
    for tenant in ("acme", "quiet"):
        service.take(client("c1"), client("c2"), ticket("T1", due_at=ago(days=1)), tenant=tenant)
    service.drain()
    service.clock.to(AS_OF)
    service.trigger(AS_OF)
    service.bodies()
    assert work(sqs_event(nightly(0, tenant="quiet"))) == []
    fail_once(monkeypatch, getattr(adapters(), store), step)
    assert len(work(sqs_event(nightly(0)))) == 1
    assert not is_complete(service)
    assert work(sqs_event(nightly(0))) == []
    assert of_tenant(service) == of_tenant(service, "quiet")


def test_a_snapshot_that_stands_is_gone_on_with(ready: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker dies between snapshot and rows; then facts change; the night keeps the scores of its first try."""
    ready.trigger(AS_OF)
    (body,) = ready.bodies()
    fail_once(monkeypatch, adapters().scores, "put_current")
    assert len(work(sqs_event(body))) == 1
    first = ready.stored()["T#acme#P#0000", f"SNAP#{NIGHT}"]
    ready.take(fact("assessment", client_id="c1", standardization_score=1))
    assert work(sqs_event(body)) == []
    assert ready.stored()["T#acme#P#0000", f"SNAP#{NIGHT}"] == first
    assert is_complete(ready)
    stored = ready.http("GET", "/v1/clients/c1/history").body["items"][0]["weighted"]["score"]
    assert ready.http("GET", "/v1/clients?status=ACTIVE&model=weighted").body["items"][0]["score"] == stored


def test_rows_never_go_back(ready: Service) -> None:
    """A night that is late finds rows that are newer: it stores its snapshot, and leaves the rows."""
    ready.trigger(AS_OF)
    ready.clock.advance(2 * HOUR)
    ready.http("POST", "/v1/clients/c1/recalculate")
    ready.drain()
    assert is_complete(ready)
    assert ready.http("GET", "/v1/clients/c1").body["computed_at"] == "2026-11-23T04:00:00Z"
    assert ready.http("GET", "/v1/clients/c2").body["computed_at"] == AS_OF
    assert dates(ready, "c1") == [NIGHT, NIGHT]


def test_out_of_time_leaves_the_done_pages_noted(ready: Service) -> None:
    ready.trigger(AS_OF)
    (body,) = ready.bodies()
    left: Iterator[int] = iter([60_000, 3_900])
    context = SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: next(left))
    event = sqs_event(body)
    assert len(score_pages(event, context)["batchItemFailures"]) == 1
    assert run_of(ready)["done"] == {"NS": ["0"]}
    assert not is_complete(ready)
    assert work(sqs_event(body), remaining=4.0) != [], "no page is begun that does not fit"
    assert run_of(ready)["done"] == {"NS": ["0"]}
    assert work(event) == []
    assert is_complete(ready)


def test_a_tenant_without_clients_has_complete_nights(service: Service) -> None:
    service.night(NIGHT)
    assert is_complete(service)
    assert service.queued() == (0, 0)
    assert ("T#acme", f"DAY#{NIGHT}") in service.stored()


def test_a_client_that_comes_during_the_night_starts_with_the_next(ready: Service) -> None:
    """On a page of its own: the run has pinned its pages."""
    ready.trigger(AS_OF)
    ready.skip_seats(70)
    ready.take(client("late"))
    ready.drain()
    assert is_complete(ready)
    assert dates(ready, "late") == []
    ready.night("2026-11-24")
    assert dates(ready, "late") == ["2026-11-24"]


# ---- the trigger ---------------------------------------------------------------------------------------------------


def test_a_trigger_may_name_its_tenants(service: Service) -> None:
    for tenant in ("one", "two"):
        service.tenant(tenant)
        service.take(client(), tenant=tenant)
    service.drain()
    service.clock.to(AS_OF)
    assert service.trigger(AS_OF, ["one"]) == {"tenants": 1}
    service.drain()
    assert [run_of(service, tenant) is not None for tenant in ("acme", "one", "two")] == [False, True, False]


def test_a_trigger_that_names_an_unknown_tenant_starts_the_others(service: Service) -> None:
    service.clock.to(AS_OF)
    with pytest.raises(NotFoundError, match="nobody"):
        service.trigger(AS_OF, ["nobody", "acme"])
    assert is_complete(service)
    with pytest.raises(InvalidIdError):
        service.trigger(AS_OF, ["not#one"])


def test_a_trigger_without_tenants_starts_none(service: Service) -> None:
    service.clock.to(AS_OF)
    assert service.trigger(AS_OF, []) == {"tenants": 0}
    assert run_of(service) is None


def test_the_walk_goes_on_where_it_stopped(service: Service) -> None:
    tenants = [f"tenant-{number}" for number in range(8)]
    for tenant in tenants:
        service.tenant(tenant)
        service.take(client(), tenant=tenant)
    service.drain()
    service.clock.to(AS_OF)
    attempts = 0
    while True:
        attempts += 1
        try:
            service.trigger(AS_OF, remaining=10)
            break
        except OutOfTimeError:
            continue
    assert 2 < attempts <= 10
    assert sorted(body["tenant_id"] for body in service.bodies()) == sorted(tenants), "each once"


def test_a_queue_that_fails_loses_no_tenant(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    tenants = [f"tenant-{number}" for number in range(4)]
    for tenant in tenants:
        service.tenant(tenant)
        service.take(client(), tenant=tenant)
    service.drain()
    service.clock.to(AS_OF)
    send, throttled = adapters().queue.send, iter([True])

    def throttling(messages: Any) -> None:
        if next(throttled, False):
            raise OverloadedError("AWS throttles")
        send(messages)

    monkeypatch.setattr(adapters().queue, "send", throttling)
    with pytest.raises(OverloadedError):
        service.trigger(AS_OF)
    service.trigger(AS_OF)
    service.drain()
    assert all(is_complete(service, tenant) for tenant in tenants)


# ---- bad messages --------------------------------------------------------------------------------------------------

POISON: dict[str, Any] = {
    "not JSON": "poison",
    "too deep": 100_000 * "[",
    "not an object": [1],
    "an unknown version": refresh(0, schema_version=2),
    "a version of another type": refresh(0, schema_version="1"),
    "a field too many": refresh(0, extra=1),
    "a field too few": {name: value for name, value in refresh(0).items() if name != "pages"},
    "an unknown reason": refresh(0, reason="whim"),
    "a refresh with a time": refresh(0, as_of=AS_OF),
    "a night without a time": nightly(0, as_of=None),
    "a night without a date": nightly(0, run_date=None),
    "a bad date": nightly(0, run_date="2026-13-01"),
    "no pages": refresh(),
    "too many pages": refresh(*range(9)),
    "a negative page": refresh(-1),
    "a page that is no number": refresh(0, pages=["0"]),
    "pages that are no list": refresh(0, pages=0),
    "a tenant that cannot be": refresh(0, tenant_id="acme#P"),
    "a tenant of another type": refresh(0, tenant_id=["acme"]),
    "a night that was never started": nightly(0, run_date="2026-11-25"),
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
def test_a_bad_message_fails_alone(service: Service, poison: Any) -> None:
    service.take(client())
    service.bodies()
    event = sqs_event(poison, refresh(0), poison)
    assert work(event) == [event["Records"][0]["messageId"], event["Records"][2]["messageId"]]
    assert service.http("GET", "/v1/clients/c1").body["score"] is not None, "its batch mate was done"


def test_a_poison_message_ends_in_the_dead_letter_queue_alone(ready: Service) -> None:
    ready.trigger(AS_OF)
    ready.send("poison")
    deliveries = ready.drain()
    assert [each.times for each in deliveries if each.body == "poison"] == [1, 2, 3, 4, 5]
    assert [each.failed for each in deliveries if each.body != "poison"] == [False]
    assert is_complete(ready)
    assert ready.queued() == (0, 1)


def test_a_refresh_of_an_unmarked_page_does_nothing(ready: Service) -> None:
    before = of_tenant(ready)
    assert work(sqs_event(refresh(0), refresh(1), refresh(7))) == []
    assert of_tenant(ready) == before


def test_a_refresh_that_is_delivered_twice_is_one(ready: Service) -> None:
    ready.take(ticket(client_id="c1"), fact("qbr", client_id="c1"), backfill=False)
    (body,) = ready.bodies()
    assert work(sqs_event(body)) == []
    before = of_tenant(ready)
    ready.clock.advance(30)
    assert work(sqs_event(body)) == []
    assert of_tenant(ready) == before
    assert dates(ready, "c1") == [NIGHT]


@pytest.mark.parametrize(
    ("store", "step"),
    [
        ("roster", "client_facts"),
        ("scores", "put_calculation"),
        ("scores", "put_current"),
        ("refresh_marks", "release"),
    ],
)
def test_a_refresh_that_died_goes_on(ready: Service, monkeypatch: pytest.MonkeyPatch, store: str, step: str) -> None:
    ready.take(fact("qbr", client_id="c1"), backfill=False)
    (body,) = ready.bodies()
    fail_once(monkeypatch, getattr(adapters(), store), step)
    assert len(work(sqs_event(body))) == 1
    ready.clock.advance(60)
    assert work(sqs_event(body)) == []
    assert len(dates(ready, "c1")) == 1, "one calculation, at the time of the first try"
    with bound_to(TenantId("acme")):
        assert adapters().refresh_marks.marked_since(TenantId("acme"), [0]) == {}


def test_records_that_come_during_a_refresh_are_not_lost(ready: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    ready.take(ticket(client_id="c1", due_at=ago(days=1)))
    (body,) = ready.bodies()
    scores, put = adapters().scores, adapters().scores.put_current

    def slowly(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(scores, "put_current", put)
        ready.take(ticket(client_id="c1", due_at=ago(days=1)))
        return put(*arguments, **named)

    monkeypatch.setattr(scores, "put_current", slowly)
    assert work(sqs_event(body)) == []
    ready.drain()
    rows = {each["client_id"]: each for each in ready.http("GET", "/v1/analytics/clients").body["clients"]}
    assert rows["c1"]["overdue_tickets"] == 2


# ---- the sweep -----------------------------------------------------------------------------------------------------


def test_the_sweep_sends_stale_marks_again(ready: Service) -> None:
    ready.take(ticket(client_id="c1", due_at=ago(days=1)))
    ready.bodies()  # lost; half a minute passes
    ready.clock.advance(59)
    assert ready.sweep() == 0, "not yet overdue"
    ready.clock.advance(1)
    assert ready.sweep() == 1
    assert [each.body for each in ready.drain()] == [refresh(0)]
    assert ready.sweep() == 0
    assert ready.http("GET", "/v1/analytics/clients").body["clients"][0]["overdue_tickets"] == 1


def test_the_sweep_finds_refreshes_that_died(ready: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    ready.take(ticket(client_id="c1", due_at=ago(days=1)))
    (body,) = ready.bodies()
    fail_once(monkeypatch, adapters().roster, "client_facts")
    assert len(work(sqs_event(body))) == 1
    ready.clock.advance(91)
    assert ready.sweep() == 1
    ready.drain()
    assert ready.http("GET", "/v1/analytics/clients").body["clients"][0]["overdue_tickets"] == 1


def test_the_sweep_sends_the_missing_pages_of_a_run(ready: Service) -> None:
    ready.trigger(AS_OF)
    ready.bodies()
    assert work(sqs_event(nightly(0))) == []
    ready.clock.to("2026-11-23T02:59:59Z")
    assert ready.sweep() == 0, "its messages may still come"
    ready.clock.to("2026-11-23T03:00:00Z")
    assert ready.sweep() == 1
    assert [each.body for each in ready.drain()] == [nightly(1)]
    assert is_complete(ready)
    assert ready.sweep() == 0


def test_the_sweep_completes_a_run_whose_last_step_was_lost(ready: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    ready.trigger(AS_OF)
    (body,) = ready.bodies()
    fail_once(monkeypatch, adapters().runs, "put_day")
    assert len(work(sqs_event(body))) == 1
    ready.clock.advance(HOUR)
    assert ready.sweep() == 0
    assert is_complete(ready)


def test_the_sweep_stops_in_time(ready: Service) -> None:
    ready.trigger(AS_OF)
    ready.bodies()
    ready.clock.advance(HOUR)
    assert ready.sweep(remaining=10) == 0
    assert ready.sweep(remaining=11) == 1


def test_a_night_is_as_of_its_trigger(ready: Service) -> None:
    """However late its messages come."""
    ready.trigger(AS_OF)
    ready.clock.advance(3 * HOUR)
    ready.drain()
    (item,) = ready.http("GET", "/v1/clients/c1/history").body["items"]
    assert item["as_of"] == AS_OF
    stored = ready.stored()["T#acme#P#0000", f"SNAP#{NIGHT}"]
    assert int(stored["expires"]["N"]) == parse_instant(AS_OF) + 3 * HOUR + 730 * 24 * HOUR
