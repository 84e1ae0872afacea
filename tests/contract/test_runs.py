"""The contract of `ports.RunStore`."""

from contextlib import suppress
from dataclasses import replace

import pytest

from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.facts import Instant
from chalicelib.domain.fleet import DayFigures, Declining, FleetSummary, Industry, ModelFigures, ModelSummary
from chalicelib.domain.ids import TenantId
from chalicelib.domain.run import Run, Walk
from chalicelib.services.ports.runs import RunStore
from tests.contract.examples import ACME, DAY, NOW, OTHER, RETENTION, TODAY

RUN = Run(TODAY, NOW, 3, ("psa", "qbr"), 5)


def figures(date: int = TODAY, as_of: int = NOW) -> DayFigures:
    models = {"deduction": ModelFigures(3, 215, (1, 1, 1), 0), "weighted": ModelFigures(2, 99, (0, 1, 1), 1)}
    own = {"deduction": ModelFigures(1, 35, (0, 0, 1), 0), "weighted": ModelFigures(0, 0, (0, 0, 0), 1)}
    return DayFigures(date, as_of, 3, models, {"am-1": own, None: models})  # type: ignore[arg-type,dict-item]


def summary(as_of: int = NOW, name: str = "Client c1") -> FleetSummary:
    return FleetSummary(
        TODAY,
        Instant(as_of),
        3,
        {
            "deduction": ModelSummary(
                {0: 1, 35: 2, 100: 1},
                {"AT_RISK": 2, "CRITICAL": 1, "HEALTHY": 1},
                {"health care": Industry("Health Care", 2, 70), "größe": Industry("Größe", 1, 100)},
                (Declining("c1", name, 35, -12), Declining("c2", "Client c2", 35, -3)),
                {("AT_RISK", "EUR"): 12_340_000, ("AT_RISK", "USD"): 1, ("HEALTHY", "EUR"): 0},
            ),
            "weighted": ModelSummary(),
        },
    )


# ---------------------------------------------------------------------------------------------------------------- runs


def test_a_date_without_a_run_has_none(runs: RunStore) -> None:
    assert runs.get(ACME, TODAY) is None
    assert runs.recent(ACME, TODAY - 9, TODAY) == []


@pytest.mark.parametrize("run", [RUN, Run(TODAY, NOW, 1, (), 0)])
def test_a_run_is_read_back_whole(runs: RunStore, run: Run) -> None:
    assert runs.start(ACME, run, NOW) == run
    assert runs.get(ACME, TODAY) == run
    assert runs.get(OTHER, TODAY) is None


def test_a_run_that_is_reopened_misses_pages_again(runs: RunStore) -> None:
    runs.start(ACME, RUN, NOW)
    runs.add_done(ACME, TODAY, range(5))
    runs.finish(ACME, TODAY)
    for _ in range(2):
        runs.reopen(ACME, TODAY, (1, 3))
        assert runs.get(ACME, TODAY) == replace(RUN, done=frozenset({0, 2, 4}))
    assert runs.add_done(ACME, TODAY, [1, 3]).missing == []


def test_reopening_no_page_leaves_a_run_as_it_is(runs: RunStore) -> None:
    runs.start(ACME, RUN, NOW)
    runs.finish(ACME, TODAY)
    runs.reopen(ACME, TODAY, ())
    assert runs.get(ACME, TODAY) == replace(RUN, complete=True)


def test_a_run_that_does_not_exist_is_not_reopened(runs: RunStore) -> None:
    with pytest.raises(NotFoundError):
        runs.reopen(ACME, TODAY, [0])
    assert runs.get(ACME, TODAY) is None


def test_the_first_run_of_a_date_stays(runs: RunStore) -> None:
    runs.start(ACME, RUN, NOW)
    later = Run(TODAY, NOW + 60, 4, ("psa",), 6)
    assert runs.start(ACME, later, NOW + 60) == RUN
    assert runs.start(ACME, RUN, NOW + 90) == RUN
    assert runs.get(ACME, TODAY) == RUN


def test_a_second_trigger_learns_what_is_done(runs: RunStore) -> None:
    runs.start(ACME, RUN, NOW)
    runs.add_done(ACME, TODAY, [4, 0])
    assert runs.start(ACME, RUN, NOW + 5) == replace(RUN, done=frozenset({0, 4}))
    runs.finish(ACME, TODAY)
    assert runs.start(ACME, RUN, NOW + 5).complete


def test_done_pages_are_a_set(runs: RunStore) -> None:
    runs.start(ACME, RUN, NOW)
    assert runs.add_done(ACME, TODAY, [3, 1]).missing == [0, 2, 4]
    assert runs.add_done(ACME, TODAY, [3, 1]).missing == [0, 2, 4]
    assert runs.add_done(ACME, TODAY, {0, 1}).missing == [2, 4]
    done = runs.add_done(ACME, TODAY, (2, 4))
    assert done == replace(RUN, done=frozenset(range(5)))
    assert runs.get(ACME, TODAY) == done


def test_finishing_twice_changes_nothing(runs: RunStore) -> None:
    runs.start(ACME, RUN, NOW)
    runs.add_done(ACME, TODAY, range(5))
    for _ in range(2):
        runs.finish(ACME, TODAY)
        assert runs.get(ACME, TODAY) == replace(RUN, done=frozenset(range(5)), complete=True)


def test_a_late_page_leaves_a_run_complete(runs: RunStore) -> None:
    runs.start(ACME, RUN, NOW)
    runs.finish(ACME, TODAY)
    assert runs.add_done(ACME, TODAY, [1]) == replace(RUN, done=frozenset({1}), complete=True)


def test_nothing_but_a_start_makes_a_run(runs: RunStore) -> None:
    with suppress(Exception):
        runs.add_done(ACME, TODAY, [1])
    with suppress(Exception):
        runs.finish(ACME, TODAY)
    assert runs.get(ACME, TODAY) is None


def test_recent_runs_are_those_of_the_span(runs: RunStore) -> None:
    for day in (TODAY, TODAY - 1, TODAY - 3, TODAY - 4):
        runs.start(ACME, replace(RUN, date=day), NOW)
    runs.start(OTHER, replace(RUN, date=TODAY - 2), NOW)
    assert [run.date for run in runs.recent(ACME, TODAY - 3, TODAY)] == [TODAY - 3, TODAY - 1, TODAY]


# ------------------------------------------------------------------------------------------------------- fleet figures


def test_figures_are_read_back_whole(runs: RunStore) -> None:
    for _ in range(2):
        runs.put_day(ACME, figures(), NOW)
    assert runs.days(ACME, TODAY, TODAY, NOW) == [figures()]
    assert runs.days(OTHER, TODAY, TODAY, NOW) == []


def test_the_first_figures_of_a_date_stay(runs: RunStore) -> None:
    runs.put_day(ACME, figures(), NOW)
    runs.put_day(ACME, figures(), NOW + 9)
    assert runs.days(ACME, TODAY, TODAY, NOW + RETENTION - 1) == [figures()]
    assert runs.days(ACME, TODAY, TODAY, NOW + RETENTION) == [], "their expiry does not move"


def test_figures_come_by_date_and_only_of_the_span(runs: RunStore) -> None:
    for day in (TODAY, TODAY - 31, TODAY - 1, TODAY - 400, TODAY - 30):
        runs.put_day(ACME, figures(day), NOW)
    found = runs.days(ACME, TODAY - 31, TODAY - 1, NOW)
    assert [held.date for held in found] == [TODAY - 31, TODAY - 30, TODAY - 1]


def test_the_newest_day_is_sought_in_the_window_alone(runs: RunStore) -> None:
    window = (TODAY - 37, TODAY - 30)
    assert runs.newest_day(ACME, *window, NOW) is None
    for day in (TODAY, TODAY - 29, TODAY - 38):
        runs.put_day(ACME, figures(day), NOW)
    assert runs.newest_day(ACME, *window, NOW) is None
    for day in (TODAY - 37, TODAY - 33, TODAY - 35):
        runs.put_day(ACME, figures(day), NOW)
    assert runs.newest_day(ACME, *window, NOW) == figures(TODAY - 33)
    runs.put_day(ACME, figures(TODAY - 30), NOW)
    assert runs.newest_day(ACME, *window, NOW) == figures(TODAY - 30)


def test_figures_expire_730_days_after_they_were_written(runs: RunStore) -> None:
    runs.put_day(ACME, figures(TODAY - 1, NOW - DAY), NOW)
    runs.put_day(ACME, figures(TODAY), NOW + 9)
    span = (TODAY - 9, TODAY)
    for read_at, dates in (
        (NOW + RETENTION - 1, [TODAY - 1, TODAY]),
        (NOW + RETENTION, [TODAY]),
        (NOW + RETENTION + 9, []),
    ):
        assert [held.date for held in runs.days(ACME, *span, read_at)] == dates
        newest = runs.newest_day(ACME, *span, read_at)
        assert (newest.date if newest else None) == max(dates, default=None)


def test_an_expired_day_hides_no_older_one_that_lives(runs: RunStore) -> None:
    runs.put_day(ACME, figures(TODAY), NOW)
    runs.put_day(ACME, figures(TODAY - 5), NOW + DAY)  # scored later, for an earlier date
    assert runs.newest_day(ACME, TODAY - 9, TODAY, NOW + RETENTION) == figures(TODAY - 5)


# ------------------------------------------------------------------------------------------------------- fleet summary


def test_a_tenant_without_a_finished_run_has_no_summary(runs: RunStore) -> None:
    assert runs.summary(ACME) is None


@pytest.mark.parametrize("tenant", [ACME, OTHER])
def test_a_summary_is_read_back_whole(runs: RunStore, tenant: TenantId) -> None:
    for _ in range(2):
        runs.put_summary(tenant, summary())
    assert runs.summary(tenant) == summary()
    assert runs.summary(OTHER if tenant == ACME else ACME) is None


def test_a_summary_gives_way_only_to_a_later_one(runs: RunStore) -> None:
    runs.put_summary(ACME, summary(NOW, "first"))
    runs.put_summary(ACME, summary(NOW - 1, "earlier"))
    runs.put_summary(ACME, summary(NOW, "same time"))
    assert runs.summary(ACME) == summary(NOW, "first")
    runs.put_summary(ACME, summary(NOW + 1, "later"))
    assert runs.summary(ACME) == summary(NOW + 1, "later")


# ---------------------------------------------------------------------------------------------------------- checkpoint


def test_a_walk_that_has_noted_nothing_has_no_checkpoint(runs: RunStore) -> None:
    assert runs.checkpoint(NOW) is None


def test_a_checkpoint_is_read_back(runs: RunStore) -> None:
    for walk in (Walk(0, ACME), Walk(0, OTHER, noted_at=NOW), Walk(7, None), Walk(15, ACME, complete=True)):
        runs.save_checkpoint(NOW, walk)
        read = runs.checkpoint(NOW)
        assert read is not None
        assert read == walk
        assert read.after is None or type(read.after) is TenantId


def test_every_trigger_has_its_own_checkpoint(runs: RunStore) -> None:
    runs.save_checkpoint(NOW, Walk(3, ACME))
    runs.save_checkpoint(NOW + 1, Walk(4, OTHER))
    assert runs.checkpoint(NOW) == Walk(3, ACME)
    assert runs.checkpoint(NOW + 1) == Walk(4, OTHER)
    assert runs.checkpoint(NOW + DAY) is None
