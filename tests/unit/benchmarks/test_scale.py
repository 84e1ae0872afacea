"""The arithmetic of a large night, and that one large tenant does not hold up the small ones."""

import json

import pytest

from benchmarks.fair_queue import JITTER
from benchmarks.scale import (
    BATCH,
    HERE,
    Costs,
    limits,
    messages_of,
    most_tenants_walked,
    night,
    noisy_neighbour,
    report,
)
from chalicelib.domain.messages import PAGES_PER_MESSAGE
from chalicelib.domain.roster import SEATS_PER_PAGE

COSTS = Costs(calls=82, write_units=87, read_units=742, worker_calls=61, cpu_seconds=2.4, dollars=0.0002)


def test_it_packs_messages_as_the_service_does() -> None:
    assert [messages_of(clients) for clients in (1, 512, 513, 1_000, 50_000)] == [1, 1, 2, 2, 98]


def test_the_costs_are_those_that_were_counted() -> None:
    results = json.loads((HERE / "results.json").read_text())
    costs = Costs.counted(results)
    assert costs.calls > costs.worker_calls > costs.calls / 2
    assert str(costs.calls) in json.dumps(results)


def test_a_night_drains_as_fast_as_its_workers_work() -> None:
    work = 100 * COSTS.worker_seconds(1_000)
    for workers in (2, 8):
        assert night(COSTS, 100, workers).drained == pytest.approx(work / workers, rel=0.15)


def test_the_first_limit_comes_first() -> None:
    met = [limit.workers for limit in limits(COSTS)]
    assert met == sorted(met)
    dearer = COSTS._replace(write_units=100_000)
    assert limits(dearer)[0].name == "writes a second of a new table"


def test_more_attempts_walk_more_tenants() -> None:
    assert most_tenants_walked(COSTS) == pytest.approx(3 * most_tenants_walked(COSTS, 1), abs=3)


@pytest.mark.parametrize("workers", [2, 5, 20])
def test_beside_a_noisy_tenant_the_others_wait_for_the_batch_in_hand_and_no_longer(workers: int) -> None:
    batch = BATCH * COSTS.worker_seconds(SEATS_PER_PAGE * PAGES_PER_MESSAGE) * (1 + JITTER)
    alone = noisy_neighbour(COSTS, workers, clients=0, fair=True).percentile(0.99, without="noisy")
    beside = noisy_neighbour(COSTS, workers, clients=50_000, fair=True).percentile(0.99, without="noisy")
    assert beside <= alone + batch


@pytest.mark.parametrize("workers", [2, 5])
def test_without_groups_the_others_wait_for_all_of_it(workers: int) -> None:
    fair, plain = (
        noisy_neighbour(COSTS, workers, clients=50_000, fair=fair).percentile(0.99, without="noisy")
        for fair in (True, False)
    )
    assert plain > 3 * fair


def test_what_is_written_down_is_what_comes_out() -> None:
    costs = Costs.counted(json.loads((HERE / "results.json").read_text()))
    found = json.loads((HERE / "scale.json").read_text())
    assert found["calls"] == found["tenants"] * costs.calls, "run python -m benchmarks.scale"
    assert found["dollars"] == pytest.approx(found["tenants"] * costs.dollars)


def test_a_small_report_has_everything() -> None:
    found = report(COSTS, 50)
    assert found["messages"] == 100
    assert set(found["drain"]) == {"5", "20", "60", "200"}
