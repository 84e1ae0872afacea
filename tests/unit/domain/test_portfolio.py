"""The whole fleet: figures of a date, the summary, the Client Health page and its risk indicators."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.deduction import Activity, Standing
from chalicelib.domain.evaluation import Evaluation
from chalicelib.domain.facts import Client, Money
from chalicelib.domain.history import Stamp, Velocity
from chalicelib.domain.moment import PERIODS
from chalicelib.domain.portfolio import (
    Declining,
    Industry,
    Member,
    ModelFigures,
    band_for,
    client_health_rows,
    day_figures,
    fastest_declining,
    fleet_summary,
    indicators,
    model_summary,
)
from chalicelib.domain.roster import (
    CurrentRow,
    adopt,
    current_row,
    page_of,
    pages_for,
    scores_of,
    stamp_of,
)
from chalicelib.domain.settings import SOURCES, ScoringSettings, Settings
from chalicelib.domain.text import industry_key
from tests.unit.domain.builders import AS_OF, HOUR, NOW, STAMP, TODAY, client, scores, snapshot

IDLE = Activity(0, 0, 0, 0)
QUIET = Standing(0, 0, 0, 0, 0, False)
LAX = Stamp(2, 20, 10, ("psa",))


def row(
    who: Client | None = None,
    standing: Standing = QUIET,
    activity: Activity = IDLE,
    *,
    period: int = 1,
    weighted: int | None = 70,
    velocities: tuple[int | None, int | None] = (None, None),
    as_of: int = AS_OF,
) -> CurrentRow:
    """A scored row, `activity` being that of one period."""
    activities = tuple(activity if index == period else IDLE for index in range(len(PERIODS)))
    evaluation = Evaluation(standing, activities, (weighted,) * 9, weighted, 10_000)
    return CurrentRow(who or client(), as_of, STAMP, evaluation, Velocity(velocities[0]), Velocity(velocities[1]))


def member(score: int | None = 70, velocity: int | None = None, band: str = "GREEN", **fields: Any) -> Member:
    return Member(client(**fields), score, band, velocity)


# ---- bands and figures of a date -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "deduction", "weighted", "lax"),
    [
        (None, "INSUFFICIENT_DATA", "INSUFFICIENT_DATA", "INSUFFICIENT_DATA"),
        (70, "HEALTHY", "GREEN", "GREEN"),
        (69, "AT_RISK", "YELLOW", "GREEN"),
        (40, "AT_RISK", "YELLOW", "GREEN"),
        (39, "CRITICAL", "RED", "GREEN"),
        (20, "CRITICAL", "RED", "GREEN"),
        (19, "CRITICAL", "RED", "YELLOW"),
        (10, "CRITICAL", "RED", "YELLOW"),
        (9, "CRITICAL", "RED", "RED"),
    ],
)
def test_the_band_is_that_of_the_thresholds_it_was_computed_with(
    score: int | None, deduction: str, weighted: str, lax: str
) -> None:
    assert band_for("deduction", score, STAMP) == band_for("deduction", score, LAX) == deduction
    assert band_for("weighted", score, STAMP) == weighted
    assert band_for("weighted", score, LAX) == lax


def test_figures_of_a_date_are_folded_from_all_pages() -> None:
    # GIVEN two pages, the second computed under other thresholds
    pages = [
        snapshot(TODAY, {0: scores(100, 70), 1: scores(69, None), 2: scores(39, 0)}),
        snapshot(TODAY, {64: scores(40, 20), 65: scores(0, 19)}, LAX),
    ]

    found = day_figures(TODAY, AS_OF, 7, pages)

    assert (found.date, found.as_of, found.settings_version) == (TODAY, AS_OF, 7)
    assert found.models == {
        "deduction": ModelFigures(5, 248, (1, 2, 2), 0),
        "weighted": ModelFigures(4, 109, (2, 1, 1), 1),
    }


def test_figures_of_nobody() -> None:
    for pages in ([], [snapshot(TODAY, {})]):
        figures = day_figures(TODAY, AS_OF, 1, pages).models

        assert figures == {"deduction": ModelFigures(0, 0, (0, 0, 0), 0), "weighted": ModelFigures(0, 0, (0, 0, 0), 0)}


# ---- the fleet summary ---------------------------------------------------------------------------------


def test_a_summary_counts_scores_bands_industries_and_revenue() -> None:
    euros, dollars = Money("EUR", 5), Money("USD", 7)
    found = model_summary(
        [
            member(70, industry=" Dental ", monthly_recurring_revenue=euros),
            member(70, industry="dental", monthly_recurring_revenue=euros),
            member(30, industry="DENTAL", band="RED", monthly_recurring_revenue=dollars),
            member(None, industry="Law", band="INSUFFICIENT_DATA", monthly_recurring_revenue=dollars),
            member(50, industry="Ärzte", band="YELLOW"),
            member(40, industry="  ", band="YELLOW", monthly_recurring_revenue=dollars),
        ]
    )

    assert found.histogram == {30: 1, 40: 1, 50: 1, 70: 2}
    assert (found.n, found.total) == (5, 260)
    assert found.bands == {"GREEN": 2, "INSUFFICIENT_DATA": 1, "RED": 1, "YELLOW": 2}
    assert found.industries == {"dental": Industry("DENTAL", 3, 170), "ärzte": Industry("Ärzte", 1, 50)}
    assert found.revenue == {
        ("GREEN", "EUR"): 10,
        ("INSUFFICIENT_DATA", "USD"): 7,
        ("RED", "USD"): 7,
        ("YELLOW", "USD"): 7,
    }
    assert found.declining == ()


def test_a_summary_of_nobody() -> None:
    found = model_summary([])

    assert (found.n, found.total, found.bands, found.industries, found.revenue) == (0, 0, {}, {}, {})


@pytest.mark.parametrize(
    ("industry", "key"),
    [(None, None), ("", None), (" \t", None), ("Dental", "dental"), (" DENTAL\n", "dental"), ("Straße", "strasse")],
)
def test_industries_are_the_same_trimmed_and_case_folded(industry: str | None, key: str | None) -> None:
    assert industry_key(industry) == key


members = st.lists(
    st.builds(
        member,
        st.none() | st.integers(0, 100),
        st.none() | st.integers(-100, 100),
        client_id=st.uuids().map(str),
        name=st.sampled_from(["a", "A", "b"]),
        industry=st.sampled_from([None, "Dental", "dental", "Law"]),
        monthly_recurring_revenue=st.none() | st.builds(Money, st.sampled_from(["EUR", "USD"]), st.integers(0, 9)),
    ),
    max_size=12,
)


@given(members, st.randoms(use_true_random=False))
def test_the_order_of_clients_is_irrelevant_to_the_summary(held: list[Member], random: Any) -> None:
    shuffled = random.sample(held, len(held))

    assert repr(model_summary(shuffled)) == repr(model_summary(held))


def test_a_summary_takes_scores_of_the_snapshot_and_the_rest_of_the_row() -> None:
    # GIVEN a row that is already of a later refresh, a client without a score in one model, and a hole
    first = snapshot(TODAY, {0: scores(50, 40), 1: scores(90, None), 2: scores(10, 10)})
    second = snapshot(TODAY, {64: scores(60, 15)}, LAX)
    rows = {
        0: row(client("a", industry="Law"), weighted=99, velocities=(-5, -7)),
        1: row(client("b", industry="Law"), velocities=(3, None)),
    }
    other = {64: row(client("c"), velocities=(-6, 0)), 65: row(client("d"))}

    found = fleet_summary(TODAY, AS_OF, 3, [(first, rows), (second, other)])

    assert (found.date, found.as_of, found.settings_version) == (TODAY, AS_OF, 3)
    deduction, weighted = found.models["deduction"], found.models["weighted"]
    assert (deduction.histogram, weighted.histogram) == ({50: 1, 60: 1, 90: 1}, {15: 1, 40: 1})
    assert deduction.bands == {"AT_RISK": 2, "HEALTHY": 1}
    assert weighted.bands == {"INSUFFICIENT_DATA": 1, "YELLOW": 2}
    assert deduction.industries == {"law": Industry("Law", 2, 140)}
    assert weighted.industries == {"law": Industry("Law", 1, 40)}
    assert deduction.declining == (Declining("c", "Acme", 60, -6), Declining("a", "Acme", 50, -5))
    assert weighted.declining == (Declining("a", "Acme", 40, -7),)


# ---- fastest declining ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "velocity", "declines"),
    [(70, -1, True), (70, 0, False), (70, 5, False), (70, None, False), (None, -9, False)],
)
def test_who_declines(score: int | None, velocity: int | None, declines: bool) -> None:
    assert bool(fastest_declining([member(score, velocity)])) is declines


def test_the_fastest_five_decline() -> None:
    found = fastest_declining([member(70, -velocity, client_id=f"c{velocity}") for velocity in (3, 9, 1, 7, 2, 8)])

    assert [declining.velocity for declining in found] == [-9, -8, -7, -3, -2]


def test_ties_go_by_score_then_name_then_id() -> None:
    held = [
        member(60, -5, client_id="c1", name="alpha"),
        member(50, -5, client_id="c2", name="zeta"),
        member(60, -5, client_id="c3", name="Beta"),
        member(60, -5, client_id="c0", name="ALPHA"),
        member(90, -6, client_id="c9", name="omega"),
    ]

    found = fastest_declining(held)

    assert [declining.client_id for declining in found] == ["c9", "c2", "c0", "c1", "c3"]
    assert found[1] == Declining("c2", "zeta", 50, -5)


# ---- the Client Health page ----------------------------------------------------------------------------


def test_the_page_shows_scored_clients_lowest_score_first_then_name_then_id() -> None:
    bad = QUIET._replace(overdue_tickets=10)
    held = [
        row(client("c1", name="beta")),
        row(client("c3", name="Alpha")),
        row(client("c2", name="alpha")),
        row(client("c4", name="zeta"), bad),
        row(client("c5"))._replace(evaluation=None),
    ]

    found = client_health_rows(held, 1)

    assert [r.row.client.id for r in found] == ["c4", "c2", "c3", "c1"]
    assert [(r.score, r.status) for r in found] == [(50, "AT_RISK"), *[(100, "HEALTHY")] * 3]
    assert found[0].standing == bad


def test_the_page_follows_the_period() -> None:
    # GIVEN a client that had its burst of tickets, answered late, in one period only
    busy = Activity(16, 10, 1, 9 * HOUR)
    held = [row(activity=busy, period=2)]

    (shown,) = client_health_rows(held, 2)
    assert (shown.score, shown.activity, shown.indicators) == (75, busy, ("high_ticket_volume", "slow_response"))
    for period in (0, 1, 3):
        (quiet,) = client_health_rows(held, period)
        assert (quiet.score, quiet.activity, quiet.indicators) == (100, IDLE, ())


def test_indicators_have_the_count_of_all_and_the_first_five() -> None:
    # GIVEN seven clients with overdue tickets, the worst of them inactive too
    held = [row(client(f"c{n}", name=f"N{9 - n}"), QUIET._replace(overdue_tickets=n)) for n in range(1, 7)]
    held.append(row(client("c7"), QUIET._replace(overdue_tickets=7, inactivity_days=61)))
    held.append(row(client("c8")))

    found = indicators(client_health_rows(held, 1))

    assert [(i.code, i.label, i.affected) for i in found] == [
        ("overdue_tickets", "Overdue Tickets", 7),
        ("no_recent_activity", "No Recent Activity", 1),
    ]
    assert [c.id for c in found[0].clients] == ["c7", "c6", "c5", "c4", "c3"]
    assert [c.id for c in found[1].clients] == ["c7"]


def test_no_indicator_of_nobody() -> None:
    assert indicators([]) == []
    assert indicators(client_health_rows([row()], 1)) == []


# ---- rows of a roster page -----------------------------------------------------------------------------


@pytest.mark.parametrize(("seat", "page"), [(0, 0), (63, 0), (64, 1), (127, 1), (128, 2)])
def test_a_page_has_64_seats(seat: int, page: int) -> None:
    assert page_of(seat) == page


@pytest.mark.parametrize(("seats", "pages"), [(0, 0), (1, 1), (64, 1), (65, 2), (128, 2), (129, 3)])
def test_pages_for_seats(seats: int, pages: int) -> None:
    assert pages_for(seats) == pages


def test_a_current_row_has_both_velocities() -> None:
    settings = Settings(4, ScoringSettings(green_threshold=80))
    evaluation = row(standing=QUIET._replace(overdue_tickets=2), weighted=60).evaluation
    before = [snapshot(TODAY - 31, {3: scores(100, 75), 4: scores(50, 50)}), snapshot(TODAY - 36, {3: scores(0, 0)})]

    found = current_row(client(), 3, evaluation, NOW, settings, SOURCES, before)

    assert found.stamp == stamp_of(settings, SOURCES) == Stamp(4, 80, 40, SOURCES)
    assert (found.as_of, found.score("deduction"), found.score("weighted")) == (AS_OF, 90, 60)
    assert found.velocity("deduction") == Velocity(-10)
    assert found.velocity("weighted") == Velocity(-15)


def test_a_current_row_without_a_baseline() -> None:
    found = current_row(client(), 3, row().evaluation, NOW, Settings(), SOURCES, [snapshot(TODAY - 31, {4: scores()})])

    assert found.velocity("deduction") == found.velocity("weighted") == Velocity(None, False, "insufficient_history")


def test_a_current_row_of_an_unscored_client() -> None:
    found = current_row(client(), 3, None, NOW, Settings(), SOURCES, [snapshot(TODAY - 31, {3: scores()})])

    assert found.evaluation is None
    assert (found.score("deduction"), found.score("weighted")) == (None, None)
    assert found.velocity("deduction") == found.velocity("weighted") == Velocity(None)


def test_history_keeps_an_evaluations_scores_and_points() -> None:
    evaluation = row(standing=QUIET._replace(overdue_tickets=2, active_contracts=1), weighted=60).evaluation
    assert evaluation is not None

    found = scores_of(evaluation)

    assert found == scores(95, 60, factor_points=(0, 0, -10, 0, 0, 5), signal_points=(60,) * 9)
    assert (found.of("deduction"), found.of("weighted")) == (95, 60)


def test_an_evaluation_adopts_the_weighted_scores_of_a_snapshot() -> None:
    evaluation = row(weighted=60).evaluation
    assert evaluation is not None

    found = adopt(evaluation, scores(50, None, coverage=3500, signal_points=(80, *(None,) * 8)))

    assert (found.weighted_score, found.coverage, found.signal_points) == (None, 3500, (80, *(None,) * 8))
    assert (found.standing, found.activities) == (evaluation.standing, evaluation.activities)
