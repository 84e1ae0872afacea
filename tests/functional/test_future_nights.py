"""A night of the future: refused before anything is written, and taken back where an older build scored it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Final

import boto3
import pytest

from chalicelib.adapters.dynamodb.page_codec import decode_rows
from chalicelib.bootstrap import application
from chalicelib.domain.ids import TenantId
from chalicelib.domain.times import parse_instant
from chalicelib.services import nightly, page_scoring
from chalicelib.services.errors import AheadOfClockError
from chalicelib.tenancy import bound_to
from infra.operations import command as cli
from infra.operations.mending import mend_future
from infra.operations.site import Site
from tests.functional.conftest import TABLE
from tests.functional.examples import ago, client, days_ago, fact
from tests.functional.service import Service, sqs_event, work
from tests.functional.support import change, put, settings, weights
from tests.functional.test_data_operations import CrashError, dying_after, restore
from tests.functional.test_workers import nightly as message
from tests.functional.test_workers import of_tenant
from tests.running import adapters, working_at

ACME: Final = TenantId("acme")
FUTURE: Final = "2062-11-26T02:00:00Z"
NOON: Final = "2026-11-24T12:00:00Z"
Items = dict[tuple[str, str], Any]


# ---- refused -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tenants", [None, ["acme"]])
def test_a_night_may_be_five_minutes_ahead_and_no_second_more(service: Service, tenants: list[str] | None) -> None:
    service.take(client())
    service.drain()
    before = service.stored()
    with pytest.raises(AheadOfClockError):
        service.trigger("2026-11-22T12:05:31Z", tenants)  # it is 12:00:30: a refresh was waited for
    assert service.stored() == before
    assert service.queued() == (0, 0)
    service.trigger("2026-11-22T12:05:30Z", tenants)
    (delivery,) = service.drain()
    assert not delivery.failed
    assert ("T#acme", "SNAP#2026-11-22") not in before
    assert ("T#acme#P#0000", "SNAP#2026-11-22") in service.stored()


def test_the_sweeps_way_to_start_a_night_refuses_it_too(service: Service) -> None:
    before = service.stored()
    with pytest.raises(AheadOfClockError, match=r"2062-11-26T02:00:00Z is more than 5 minutes ahead"):
        application().nightly_scoring.start(ACME, parse_instant(FUTURE))
    assert service.stored() == before


@pytest.mark.parametrize(("as_of", "refused"), [("2026-11-22T12:05:30Z", False), ("2026-11-22T12:05:31Z", True)])
def test_a_worker_leaves_a_night_of_the_future_unscored(service: Service, as_of: str, refused: bool) -> None:
    service.take(client())
    service.drain()
    with as_an_older_build():
        service.trigger(as_of, ["acme"])
    service.bodies()
    service.clock.to("2026-11-22T12:00:30Z")
    before = service.stored()
    sent = message(0, as_of=as_of, run_date="2026-11-22")
    assert bool(work(sqs_event(sent))) is refused
    assert bool(work(sqs_event({**sent, "as_of": "2026-11-22T12:00:00Z"}))) is refused, "the run says what is scored"
    assert (service.stored() == before) is refused


def test_a_message_of_the_future_ends_among_the_dead_letters_and_is_not_sent_again(service: Service) -> None:
    service.take(client())
    service.drain()
    with as_an_older_build():
        service.trigger(FUTURE, ["acme"])
    before = of_tenant(service)
    deliveries = service.drain()
    assert [delivery.failed for delivery in deliveries] == [True] * 5
    assert service.queued() == (0, 1)
    service.clock.to("2026-11-22T14:00:00Z")
    swept = service.swept()
    assert (swept["messages"], swept["failed"], swept["late_runs"]) == (0, 0, 0)
    assert of_tenant(service) == before


# ---- taken back ----------------------------------------------------------------------------------------------------


@contextmanager
def as_an_older_build() -> Iterator[None]:
    """Scores nights of the future, as builds did that did not look at the clock."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (nightly, page_scoring):
            patch.setattr(module, "refuse_ahead", lambda as_of, now: None)
        yield


@pytest.fixture
def site(service: Service) -> Site:
    outputs = {"TableName": TABLE, "QueueUrl": service.queue_url}
    return Site(boto3.Session(region_name="eu-central-1"), outputs)


@pytest.fixture
def twins(service: Service) -> Service:
    """Two tenants with the very same past: `low` was alerted in it for yellow, and would be for red in the future, as
    `fine` would be for the first time."""
    service.tenant("quiet")
    for tenant in ("acme", "quiet"):
        change(
            service,
            tenant,
            primary_model="weighted",
            sources=["qbr", "touchpoints"],
            weights=weights(days_since_qbr=50, days_since_decision_maker_contact=50),
        )
        workflows = {**settings(service, "workflows", tenant), "at_risk_alert": {"enabled": True}}
        put(service, "workflows", workflows, 2, tenant)
        service.take(
            *(client("low"), client("fine"), client("gone", archived=True)),
            fact("qbr", "Q1", "low", held_on=days_ago(170)),
            fact("touchpoint", "P1", "low", occurred_at=ago(days=50)),
            *(fact("qbr", "Q2", "fine", held_on=days_ago(5)), fact("touchpoint", "P2", "fine")),
            tenant=tenant,
        )
    night(service, "2026-11-23T02:00:00Z", "acme", "quiet")
    night(service, "2026-11-24T02:00:00Z", "acme", "quiet")
    service.clock.to(NOON)
    return service


@pytest.fixture
def frozen(twins: Service) -> Service:
    """`acme` has seen two nights of the future, published and all."""
    with as_an_older_build():
        for as_of in (FUTURE, "2062-12-24T02:00:00Z"):
            twins.trigger(as_of, ["acme"])
            twins.drain()
            twins.publish("acme")
            twins.drain()
    twins.clock.to("2026-11-24T13:00:00Z")
    return twins


def night(service: Service, as_of: str, *tenants: str) -> None:
    service.drain()
    service.clock.to(as_of)
    service.trigger(as_of, list(tenants))
    service.drain()
    for tenant in tenants:
        service.publish(tenant)
    service.drain()


def mend(site: Site, *, dry_run: bool = False) -> int:
    return mend_future(site, ACME, lambda _: None, parse_instant("2026-11-24T13:00:00Z"), dry_run=dry_run)


def of_the_future(service: Service) -> set[str]:
    """Sort keys of `acme` that name a date of the future, and what else the two nights wrote."""
    return {sk for _, sk in of_tenant(service) if "2062" in sk}


def plain(items: Items) -> Items:
    """Items without how often each was written, and without what waits for a sweep."""
    kept = {}
    for key, item in items.items():
        if key[1] == "DIRTY":
            continue
        shown = {name: value for name, value in item.items() if name != "v"}
        kept[key] = {**shown, "d": decode_rows(shown["d"]["B"])} if key[1] == "NOW" else shown
    return kept


def test_an_older_build_would_freeze_a_tenant(frozen: Service) -> None:
    frozen.take(fact("qbr", "Q9", "fine", held_on="2026-11-24"))
    frozen.drain()
    rows = frozen.http("GET", "/v1/analytics/clients").body
    assert rows["computed_at"] == "2062-12-24T02:00:00Z"
    found = of_the_future(frozen)
    for kind in ("RUN#", "DAY#", "SNAP#", "ALERT#", "CALERT#", "TASK#"):
        assert any(sk.startswith(kind) for sk in found), kind


def test_a_mended_tenant_is_as_if_it_had_never_seen_the_future(frozen: Service, site: Site) -> None:
    assert mend(site) > 10
    assert of_the_future(frozen) == set()
    frozen.drain()
    rows = frozen.http("GET", "/v1/analytics/clients").body
    assert rows["computed_at"] < "2026-11-24T13:30:00Z"
    assert [row["client_id"] for row in rows["clients"]] == ["fine", "low"]
    night(frozen, "2026-11-25T02:00:00Z", "acme", "quiet")
    frozen.clock.to("2026-11-25T09:00:00Z")
    frozen.swept()
    assert plain(of_tenant(frozen)) == plain(of_tenant(frozen, "quiet"))
    assert (
        frozen.http("GET", "/v1/alerts").body["items"] == frozen.http("GET", "/v1/alerts", tenant="quiet").body["items"]
    )


def test_everything_else_stays_byte_for_byte(twins: Service, site: Site) -> None:
    before = twins.stored()
    assert mend(site) == 0
    assert twins.stored() == before
    with as_an_older_build():
        twins.trigger(FUTURE, ["acme"])
        twins.drain()
    assert mend(site) > 5
    after = twins.stored()
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert {sk for pk, sk in changed if pk.startswith("T#")} <= {"NOW", "DIRTY", "SUMMARY"}
    assert {pk for pk, _ in changed if "quiet" in pk} == set()


def test_what_was_not_published_yet_is_not_published(twins: Service, site: Site) -> None:
    with as_an_older_build():
        twins.trigger(FUTURE, ["acme"])
        twins.drain()
    mend(site)
    assert twins.publish("acme") == 0
    assert [pk for pk, _ in twins.stored() if pk.endswith("OUTBOX")] == []


def test_a_rule_goes_on_from_where_it_was(frozen: Service, site: Site) -> None:
    before = states(frozen, "quiet")
    mend(site)
    after = states(frozen, "acme")
    assert after["low"]._replace(evaluated_as_of=None) == before["low"]._replace(evaluated_as_of=None)
    assert after["low"].threshold.fired
    assert after["fine"]._replace(evaluated_as_of=None) == before["fine"]._replace(evaluated_as_of=None)
    assert not after["fine"].threshold.fired
    frozen.drain()
    assert [alert["client_id"] for alert in frozen.http("GET", "/v1/alerts?status=OPEN").body["items"]] == ["low"]


def states(service: Service, tenant: str) -> dict[str, Any]:
    with bound_to(TenantId(tenant)):
        (page,) = adapters().scores.current_pages(TenantId(tenant), [0]).values()
    return {row.client.id: row.alerts for row in page.rows.values()}


def test_what_a_clock_that_was_ahead_computed_goes_too(twins: Service, site: Site) -> None:
    """Calculations, a refresh that died after it was claimed, and a walk of the registry that would start nobody."""
    twins.clock.to(FUTURE)
    twins.http("POST", "/v1/clients/fine/recalculate")
    twins.take(fact("touchpoint", "P3", "fine"), backfill=False)
    with bound_to(ACME):
        assert adapters().refresh_marks.claim(ACME, 0, parse_instant(FUTURE))
    twins.trigger(FUTURE)
    twins.clock.to("2026-11-24T13:00:00Z")
    assert ("DISPATCH#20621126T020000Z", "STATE") in twins.stored()
    mend(site)
    left = twins.stored()
    assert [key for key in left if "2062" in repr(key) and "quiet" not in repr(key)] == []
    assert [key for key in left if key[0].startswith("DUE#") and key[1] == "T#acme#02932423200"] == []
    marks = left["T#acme#P#0000", "DIRTY"]
    assert "claimed" not in marks
    assert set(marks["marked"]["SS"]) == {"*#", "fine#touchpoint_logged"}


def test_a_second_mending_finds_nothing_and_a_dry_run_only_counts(frozen: Service, site: Site) -> None:
    before = frozen.stored()
    counted = mend(site, dry_run=True)
    assert frozen.stored() == before
    assert mend(site) == counted
    frozen.drain()
    after = frozen.stored()
    assert mend(site) == 0
    assert frozen.stored() == after


def test_a_mending_that_died_anywhere_goes_on(frozen: Service, site: Site) -> None:
    """Died after each write in turn: repeated, it leaves what a quiet one leaves."""
    prepared = frozen.stored()
    mend(site)
    clean = plain(frozen.stored())
    for at in range(1_000):
        restore(frozen, prepared)
        with dying_after(site, at) as watched:
            try:
                mend(watched)
            except CrashError:
                mend(site)
                assert plain(frozen.stored()) == clean, f"died after write {at}"
            else:
                break
    assert at > 15


def test_rows_that_were_put_back_and_never_refreshed_are_marked_again(frozen: Service, site: Site) -> None:
    mend(site)
    with bound_to(ACME):
        claim = adapters().refresh_marks.claim(ACME, 0, parse_instant("2026-11-24T13:00:01Z"))
        assert claim is not None
        adapters().refresh_marks.release(ACME, 0, claim)
    frozen.bodies()
    assert mend(site) == 0
    frozen.drain()
    assert len(frozen.http("GET", "/v1/analytics/clients").body["clients"]) == 2


# ---- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def run(site: Site, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setattr(cli, "time", SimpleNamespace(time=lambda: parse_instant("2026-11-24T13:00:00Z")))
    return lambda *arguments: cli.main(arguments, working_at(site))


def test_the_command(frozen: Service, run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("mend-future", "--tenant", "acme", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "runs: 2" in said
    assert "would be deleted or put back" in said
    assert run("mend-future", "--tenant", "acme") == 1
    assert "--confirm acme" in capsys.readouterr().err
    assert run("mend-future", "--tenant", "acme", "--confirm", "acme") == 0
    assert "computed again" in capsys.readouterr().out
    frozen.drain()
    assert run("mend-future", "--tenant", "acme", "--confirm", "acme") == 0
    assert "nothing of acme is of the future" in capsys.readouterr().out
    assert run("mend-future", "--tenant", "nobody", "--dry-run") == 1
    assert "no tenant nobody" in capsys.readouterr().err


def test_replay_of_a_mistyped_year_is_one_line_and_exit_code_1(
    twins: Service, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    before = twins.stored()
    assert run("replay", "--date", "2027-11-22") == 1
    said = capsys.readouterr().err
    assert said.startswith("error: the night of 2027-11-22 comes at 2027-11-22T02:00:00Z, so nothing was done")
    assert said.count("\n") == 1
    assert twins.stored() == before
