"""Figures of a date, and the fleet summary."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.facts import Money
from chalicelib.domain.fleet import (
    MOST_MANAGERS,
    Declining,
    Industry,
    Member,
    ModelFigures,
    band_for,
    day_figures,
    fastest_declining,
    fleet_summary,
    model_summary,
)
from chalicelib.domain.history import Stamp
from chalicelib.domain.text import industry_key
from tests.unit.domain.builders import AS_OF, STAMP, TODAY, client, row, scores, snapshot

LAX = Stamp(2, 20, 10, ("psa",))


def member(score: int | None = 70, velocity: int | None = None, band: str = "GREEN", **fields: Any) -> Member:
    return Member(client(**fields), score, band, velocity)


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


def test_figures_of_account_managers_sum_over_the_clients_that_they_had() -> None:
    pages = [
        snapshot(TODAY, {0: scores(100, 70), 1: scores(69, None), 2: scores(39, 0)}),
        snapshot(TODAY, {64: scores(40, 20), 65: scores(0, 19)}, LAX),
    ]
    found = day_figures(TODAY, AS_OF, 7, pages, {0: "am-1", 1: None, 2: "am-2", 64: "am-1"})

    assert found.models == day_figures(TODAY, AS_OF, 7, pages).models
    ada, both = found.of(["am-1"]), found.of(["am-1", None, "am-9"])
    assert ada is not None
    assert both is not None
    assert ada.models == {
        "deduction": ModelFigures(2, 140, (1, 1, 0), 0),
        "weighted": ModelFigures(2, 90, (2, 0, 0), 0),
    }
    assert both.models["deduction"] == ModelFigures(3, 209, (1, 2, 0), 0)
    assert both.models["weighted"] == ModelFigures(2, 90, (2, 0, 0), 1)
    assert found.of(["am-9"]) is None
    assert found.of([]) is None


def test_of_too_many_account_managers_a_date_keeps_no_figures() -> None:
    pages = [snapshot(TODAY, {seat: scores(50, 50) for seat in range(MOST_MANAGERS + 1)})]
    managers = {seat: f"am-{seat}" for seat in range(MOST_MANAGERS + 1)}
    assert day_figures(TODAY, AS_OF, 1, pages, managers).managers == {}
    del managers[0]
    assert len(day_figures(TODAY, AS_OF, 1, pages, managers).managers) == MOST_MANAGERS


def test_figures_of_nobody() -> None:
    for pages in ([], [snapshot(TODAY, {})]):
        figures = day_figures(TODAY, AS_OF, 1, pages).models

        assert figures == {"deduction": ModelFigures(0, 0, (0, 0, 0), 0), "weighted": ModelFigures(0, 0, (0, 0, 0), 0)}


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
