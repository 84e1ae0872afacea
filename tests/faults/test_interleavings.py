"""Workers against each other on the same page, each AWS call released by a seeded scheduler, a thousand schedules.

A schedule that fails is printed with its seed; `INTERLEAVING=<scenario>:<seed>` runs it alone. SOAK multiplies them.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import pytest

from chalicelib.adapters.dynamodb.page_codec import decode_rows
from chalicelib.adapters.dynamodb.scores import DynamoScoreStore
from chalicelib.domain.alerts import RELEASE_WAIT_SECONDS
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import RecordId
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.times import parse_instant
from chalicelib.tenancy import bound_to
from chalicelib.workers.score_pages import score_pages
from tests.faults.aws import TENANT, Account, Items, app, moto, stopped_clock
from tests.faults.broken import BlindRows
from tests.faults.full_night import NIGHT, change_settings, client, points
from tests.faults.interleaving import Interleaver
from tests.faults.world import ACME, DAY, World
from tests.functional.service import lambda_context, sqs_event
from tests.running import adapters

SCHEDULES: Final = 200 * int(os.environ.get("SOAK", "1"))
CHUNKS: Final = 8
AS_OF: Final = parse_instant(NIGHT)
NOW: Final = "2026-11-24T02:01:00Z"
MESSAGE: Final = {"schema_version": 1, "tenant_id": str(TENANT)}
NIGHTLY: Final = {**MESSAGE, "reason": "nightly", "run_date": "2026-11-24", "as_of": NIGHT, "pages": [0]}
REFRESH: Final = {**MESSAGE, "reason": "refresh", "run_date": None, "as_of": None, "pages": [0]}
BEFORE: Final = {"ann": 90, "bob": 90, "rob": 50}
FALLEN: Final = {"ann": 50, "bob": 30, "rob": 90}

Works = Mapping[str, Callable[[], Any]]


def deliver(message: Mapping[str, Any]) -> None:
    """SQS hands a message to the worker; what fails stays in the queue."""
    answer = score_pages(sqs_event(dict(message)), lambda_context())
    assert answer["batchItemFailures"] == []


class Eve(NamedTuple):
    """Tables to start from: before the run's messages are worked on, with marks, and with a released outbox."""

    started: Items
    marked: Items
    released: Items


def prepare(account: Account) -> Eve:
    """A tenant of one page with a night a month ago; since then two clients fell and one recovered."""
    account.clock.to("2026-10-23T12:00:00Z")
    app().registration.create(TENANT, "Initech", "Europe/Rome", "EUR", "someone")
    weights = (0, 0, 0, 0, 0, 10_000, 0, 0, 0)
    change_settings(workflow=False, primary_model="weighted", sources=("assessments",), weights=weights)
    account.subscribe()
    for name, number in BEFORE.items():
        account.take({**client(name), "account_manager_id": "m1"}, points(name, number))
    account.deliver()
    account.trigger("2026-10-24T02:00:00Z")
    account.deliver()
    account.mail()
    account.clock.to("2026-11-23T12:00:00Z")
    account.take(*(points(name, number) for name, number in FALLEN.items()))
    account.deliver()
    account.trigger(NIGHT)
    account.drop_messages()
    started = account.items()
    account.take(touchpoint("ann"), points("bob", 20))
    account.drop_messages()
    marked = account.items()
    account.restore(started)
    account.clock.to(NOW)
    deliver(NIGHTLY)
    assert account.failures == []
    return Eve(started, marked, account.items())


def touchpoint(name: str) -> dict[str, Any]:
    """A record that sets off a calculation."""
    spoken = {"occurred_at": "2026-11-20T09:00:00Z", "kind": "CALL", "with_decision_maker": True}
    return {"type": "touchpoint", "id": "T1", "client_id": name, **spoken}


# ---- who meets whom --------------------------------------------------------------------------------------


def recalculate() -> None:
    with bound_to(TENANT):
        app().recalculation.recalculate(TENANT, RecordId("ann"))


def two_workers(account: Account) -> Works:
    return {"first": lambda: deliver(NIGHTLY), "second": lambda: deliver(NIGHTLY)}


def worker_and_recalculation(account: Account) -> Works:
    return {"worker": lambda: deliver(NIGHTLY), "recalculation": recalculate}


def worker_ingest_settings(account: Account) -> Works:
    def ingest() -> None:
        assert account.take(points("ann", 20)) == 1
        deliver(REFRESH)

    return {
        "worker": lambda: deliver(NIGHTLY),
        "ingest": ingest,
        "settings": lambda: change_settings(workflow=False, alert_threshold=65),
    }


def two_refreshes(account: Account) -> Works:
    return {"first": lambda: deliver(REFRESH), "second": lambda: deliver(REFRESH)}


def two_relays(account: Account) -> Works:
    return {"first": account.relay, "second": account.relay}


SCENARIOS: Final[dict[str, Callable[[Account], Works]]] = {
    scenario.__name__: scenario
    for scenario in (two_workers, worker_and_recalculation, worker_ingest_settings, two_refreshes, two_relays)
}
STARTS: Final = {"two_refreshes": "marked", "two_relays": "released"}
ACKNOWLEDGED: Final[dict[str, dict[str, int]]] = {
    "worker_ingest_settings": {"ann": 20},
    "two_refreshes": {"bob": 20},
}
"""The points that were acknowledged beside those of FALLEN."""


# ---- what has to hold ------------------------------------------------------------------------------------


def rows_of(items: Items) -> dict[str, CurrentRow]:
    rows = decode_rows(items[f"T#{TENANT}#P#0000", "NOW"]["d"]["B"])
    return {row.client.id: row for row in rows.values()}


def starting_with(items: Items, sort: str) -> dict[str, Any]:
    return {key[1]: item for key, item in items.items() if key[1].startswith(sort)}


def check_alerts(account: Account, items: Items) -> None:
    """One alert per transition: of each client that fell, each rule told once; one message per alert."""
    told: Counter[tuple[str, str]] = Counter()
    ids = set()
    for sort, item in starting_with(items, "ALERT#20261124").items():
        document = json.loads(item["d"]["S"])
        ids.add(sort.removeprefix("ALERT#"))
        told.update((document[1], reason[0]) for reason in document[8])
        assert "published_at" in item
    assert told == dict.fromkeys([(name, rule) for name in ("ann", "bob") for rule in ("threshold", "velocity")], 1)
    assert set(account.mail()["m1"].bodies) == ids
    ((_, recovered),) = starting_with(items, "ALERT#20261024").items()
    assert recovered["status"]["S"] == "RESOLVED"


def check_rows(scenario: str, items: Items, now: Instant) -> None:
    """Rows are those of the acknowledged facts, never older than the run, of the settings in force."""
    acknowledged = {**FALLEN, **ACKNOWLEDGED.get(scenario, {})}
    rows = rows_of(items)
    assert {name: row.score("weighted") for name, row in rows.items()} == acknowledged
    assert all(AS_OF <= row.as_of <= now for row in rows.values())
    in_force = int(items[f"T#{TENANT}", "SETTINGS"]["version"]["N"])
    assert len(starting_with(items, "SETTINGS#v")) == in_force == (3 if scenario == "worker_ingest_settings" else 2)
    assert {row.stamp.settings_version for row in rows.values()} == {in_force}


def check_facts(scenario: str) -> None:
    """Nothing that was acknowledged is lost."""
    with bound_to(TENANT):
        facts = {each.client.id: each for _, each in adapters().roster.page_facts(TENANT, 0)}
    acknowledged = {**FALLEN, **ACKNOWLEDGED.get(scenario, {})}
    assert {name: each.assessments[0].score for name, each in facts.items()} == acknowledged
    assert len(facts["ann"].touchpoints) == (scenario == "two_refreshes")


def check_ends(items: Items, started: Items) -> None:
    """One snapshot per page and date, the run is over, nothing is marked, claimed or still to be published."""
    assert list(starting_with(items, "SNAP#")) == ["SNAP#2026-10-24", "SNAP#2026-11-24"]
    assert all(items[key] == item for key, item in started.items() if key[1].startswith("SNAP#"))
    run = items[f"T#{TENANT}", "RUN#2026-11-24"]
    assert (run["complete"], run["done"]) == ({"BOOL": True}, {"NS": ["0"]})
    assert set(items[f"T#{TENANT}#P#0000", "DIRTY"]) == {"pk", "sk"}
    assert not [key for key in items if key[0].endswith("#OUTBOX")]
    assert (f"T#{TENANT}", "DAY#2026-11-24") in items


class Stage(NamedTuple):
    """An account, the scheduler, and the tables to start from."""

    account: Account
    interleaver: Interleaver
    eve: Eve

    def check(self, scenario: str, seed: int) -> list[str]:
        """One schedule, and all that comes again after it; returns the calls in their order."""
        account = self.account
        account.restore(getattr(self.eve, STARTS.get(scenario, "started")))
        account.clock.to(NOW)
        errors = self.interleaver.run(seed, SCENARIOS[scenario](account))
        trace = list(self.interleaver.trace)
        met = account.items()
        try:
            assert not any(errors.values()), errors
            if scenario == "two_refreshes":  # the night is still to come
                deliver(NIGHTLY)
            account.deliver()
            account.clock.advance(RELEASE_WAIT_SECONDS)
            account.sweep()
            items = account.items()
            check_ends(items, met)
            check_alerts(account, items)
            check_rows(scenario, items, AS_OF + 24 * 3600)
            check_facts(scenario)
            assert (account.failures, account.queues()) == ([], (0, 0))
        except Exception as error:
            raise AssertionError(f"INTERLEAVING={scenario}:{seed}\n{' '.join(trace)}") from error
        return trace

    def check_all(self, scenario: str, seeds: Iterable[int]) -> set[tuple[str, ...]]:
        """Several schedules; returns the orders that they came to."""
        return {tuple(self.check(scenario, seed)) for seed in seeds}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    interleaver = Interleaver()
    with moto(interleaver), stopped_clock("2026-10-23T12:00:00Z") as clock:
        account = Account(clock)
        yield Stage(account, interleaver, prepare(account))


def seeds(scenario: str, chunk: int) -> list[int]:
    """The seeds of a chunk, or the one that is to be replayed."""
    replayed, _, seed = os.environ.get("INTERLEAVING", "").partition(":")
    if replayed:
        return [int(seed)] if (replayed, chunk) == (scenario, 0) else []
    return list(range(chunk, SCHEDULES, CHUNKS))


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_any_order_of_calls_comes_to_the_same(stage: Stage, scenario: str, chunk: int, record_property: Any) -> None:
    chosen = seeds(scenario, chunk)
    traces = stage.check_all(scenario, chosen)
    record_property("schedules", len(chosen))
    assert len(chosen) <= 1 or len(traces) > 1, "the scheduler does not mix"


def test_a_schedule_follows_from_its_seed(stage: Stage) -> None:
    assert stage.check("two_workers", 7) == stage.check("two_workers", 7) != stage.check("two_workers", 8)


def a_day_after_a_client_came() -> World:
    world = World().found()
    world.client("c1", 90)
    world.deliver()
    world.now += DAY
    return world


def test_a_refresh_just_before_a_version_of_the_settings_leaves_no_row_behind() -> None:
    """It takes the marks that the change made, and goes by the version before."""
    world = a_day_after_a_client_came()
    put_settings = world.stores.tenants.put_settings

    def meanwhile(*arguments: Any) -> bool:
        world.app.refresh.refresh(ACME, 0)
        return put_settings(*arguments)

    vars(world.stores.tenants)["put_settings"] = meanwhile
    world.settings(green_threshold=80)
    world.deliver()
    in_force = world.stores.tenants.get(ACME).settings.version
    rows = world.stores.scores.current_pages(ACME, [0])[0].rows
    assert {row.stamp.settings_version for row in rows.values()} == {in_force}


def test_a_refresh_just_before_a_record_is_stored_leaves_no_row_behind() -> None:
    """It takes the record's mark, and reads the facts without it: row and calculation come all the same."""
    world = a_day_after_a_client_came()
    put_block = world.stores.roster.put_block

    def meanwhile(*arguments: Any) -> Any:
        del vars(world.stores.roster)["put_block"]
        world.app.refresh.refresh(ACME, 0)
        world.now += 1
        return put_block(*arguments)

    vars(world.stores.roster)["put_block"] = meanwhile
    world.move("c1", 30, logged=True)
    asked = world.now
    world.deliver()
    (row,) = world.stores.scores.current_pages(ACME, [0])[0].rows.values()
    assert row.score("weighted") == 30
    found = world.stores.scores.calculations(ACME, 0, RecordId("c1"), asked, asked + DAY, asked)
    assert [(entry.trigger, entry.scores.weighted) for entry in found] == [("touchpoint_logged", 30)]


# ---- a test of the tests ---------------------------------------------------------------------------------


def test_rows_that_are_written_over_whatever_stands_there_are_caught(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DynamoScoreStore, "put_current", BlindRows.put_current)
    with pytest.raises(AssertionError, match="INTERLEAVING=worker_and_recalculation:"):
        stage.check_all("worker_and_recalculation", range(50))
