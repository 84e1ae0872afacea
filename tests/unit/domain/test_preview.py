"""What other settings would make of the scores: the sample account, and the portfolio's lists."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.business_hours import BusinessHours
from chalicelib.domain.deduction import Activity, Standing
from chalicelib.domain.evaluation import Evaluation
from chalicelib.domain.facts import (
    Assessment,
    BillableMonth,
    Headcount,
    Qbr,
    Reconciliation,
    Survey,
    Touchpoint,
)
from chalicelib.domain.moment import PERIODS, Moment
from chalicelib.domain.preview import SAMPLE_POINTS, SAMPLE_SOURCES, Move, pair_of, portfolio_preview
from chalicelib.domain.roster import CurrentRow
from chalicelib.domain.settings import FULL_WEIGHT, SIGNALS, SOURCES, ScoringSettings
from chalicelib.domain.velocity import Velocity
from chalicelib.domain.weighted import band_of, combine, contributions, readings
from tests.unit.domain.builders import AS_OF, DAY, STAMP, TODAY, UTC, client, facts, invoice, ticket

DEFAULT: Final = ScoringSettings()
ALL: Final = frozenset(SOURCES)
STACK_ONLY: Final = ScoringSettings(weights=(0, 0, 0, 0, 0, 10_000, 0, 0, 0))
PAYMENTS_ONLY: Final = ScoringSettings(weights=(0, 0, 0, 0, 0, 0, 10_000, 0, 0))


def row(client_id: str, points: Sequence[int | None] | None, name: str | None = None) -> CurrentRow:
    """A row with these points (None: the client is not scored); its own score is nobody's business here."""
    evaluation = None
    if points is not None:
        idle = (Activity(0, 0, 0, 0),) * len(PERIODS)
        evaluation = Evaluation(Standing(0, 0, 0, 0, 0, False), idle, tuple(points), 1, 10_000)
    who = client(client_id, name=name or client_id)
    return CurrentRow(who, AS_OF, STAMP, evaluation, Velocity(None), Velocity(None))


def from_to(client_id: str, before: int | None, after: int | None, name: str | None = None) -> CurrentRow:
    """A row that has `before` points under PAYMENTS_ONLY and `after` points under STACK_ONLY."""
    points = {"payment_health": before, "stack_standardization": after}
    return row(client_id, [points.get(signal) for signal in SIGNALS], name)


def ids(moves: Sequence[Move]) -> list[str]:
    return [move.client_id for move in moves]


# ---- the sample account --------------------------------------------------------------------------------


def test_the_points_of_the_sample_account_are_those_of_its_facts() -> None:
    # A client of which exactly what the contract says is true; surveys: 17 of 20 satisfied is 85 %.
    moment = Moment.at(AS_OF, UTC, BusinessHours())
    sample = facts(
        [ticket(AS_OF - 2 * DAY, priority=1)],
        surveys=[Survey(f"S{n}", "CSAT", 5 if n < 17 else 3, AS_OF - DAY) for n in range(20)],
        billable_months=[BillableMonth("B1", moment.month - 1, 112, 100)],
        qbrs=[Qbr("Q1", TODAY - 100, "COMPLETED", False)],
        touchpoints=[Touchpoint("C1", AS_OF - 45 * DAY, "CALL", True)],
        assessments=[Assessment("A1", TODAY - 10, 75)],
        invoices=[invoice(status="SENT", issued=TODAY - 40, due=TODAY - 10)],
        reconciliations=[Reconciliation("R1", TODAY - 10, 100, 105)],
        headcounts=[Headcount("H1", TODAY - 400, 50), Headcount("H2", TODAY - 10, 50)],
    )
    open_rows = [0]

    assert tuple(reading.points for reading in readings(sample, open_rows, moment)) == SAMPLE_POINTS


def test_the_sample_account_under_default_settings() -> None:
    result = combine(SAMPLE_POINTS, DEFAULT.connected(SAMPLE_SOURCES), DEFAULT)

    # 80·20 + 85·15 + 60·15 + 70·10 + 75·10 + 75·10 + 75·10 + 100·5 + 70·5 = 7575
    assert (result.score, result.exact, result.coverage) == (76, Fraction(7575, 100), FULL_WEIGHT)
    assert contributions(SAMPLE_POINTS, result, DEFAULT) == (1600, 1275, 900, 700, 750, 750, 750, 500, 350)
    assert band_of(result.score, DEFAULT) == "GREEN"


def test_an_explicit_list_of_sources_decides_which_of_the_sample_account_count() -> None:
    settings = replace(DEFAULT, sources=("psa", "qbr"))
    result = combine(SAMPLE_POINTS, settings.connected(SAMPLE_SOURCES), settings)

    # (80·20 + 85·15 + 60·15 + 70·10) / 60 = 74.58…
    assert (result.score, result.coverage, result.provisional) == (75, 6_000, True)


# ---- one client ----------------------------------------------------------------------------------------


def test_an_unscored_client_has_no_pair() -> None:
    assert pair_of(row("c1", None), ALL, DEFAULT, STACK_ONLY) is None


def test_each_side_counts_the_sources_of_its_own_settings() -> None:
    before, after = replace(DEFAULT, sources=("psa",)), replace(DEFAULT, sources=None)
    pair = pair_of(row("c1", (50,) * 9), {"psa", "qbr"}, before, after)

    assert pair is not None
    assert (pair.before.coverage, pair.after.coverage) == (5_000, 6_000)


# ---- the portfolio -------------------------------------------------------------------------------------


def test_who_crosses_a_band_worst_first() -> None:
    rows = [
        from_to("up", 39, 40),
        from_to("down", 70, 69),
        from_to("stays green", 70, 100),
        from_to("stays red", 0, 39),
        from_to("b", 70, 10, "beta"),
        from_to("a", 70, 10, "Alpha"),
        from_to("a2", 70, 10, "alpha"),
        from_to("loses its score", 70, None),
        from_to("gets a score", None, 70),
        from_to("has none", None, None),
        row("unscored", None),
    ]
    found = portfolio_preview(rows, ALL, PAYMENTS_ONLY, STACK_ONLY)

    assert ids(found.crossing) == ["a", "a2", "b", "up", "down", "gets a score", "loses its score"]
    assert [(m.from_band, m.to_band, m.from_score, m.to_score) for m in found.crossing[-4:]] == [
        ("RED", "YELLOW", 39, 40),
        ("GREEN", "YELLOW", 70, 69),
        ("INSUFFICIENT_DATA", "GREEN", None, 70),
        ("GREEN", "INSUFFICIENT_DATA", 70, None),
    ]
    assert found.bands_before == Counter(GREEN=6, RED=2, INSUFFICIENT_DATA=2)
    assert found.bands_after == Counter(RED=4, YELLOW=2, GREEN=2, INSUFFICIENT_DATA=2)
    # (39 + 70 + 70 + 0 + 70·4) / 8 = 57.375; (40 + 69 + 100 + 39 + 10·3 + 70) / 8 = 43.5
    assert (found.average_before, found.average_after) == (Decimal("57.4"), Decimal("43.5"))


def test_a_band_crossed_by_thresholds_alone() -> None:
    strict = replace(DEFAULT, green_threshold=90, yellow_threshold=80)
    found = portfolio_preview([row("c1", (79,) * 9), row("c2", (90,) * 9)], ALL, DEFAULT, strict)

    assert [(m.client_id, m.from_band, m.to_band) for m in found.crossing] == [("c1", "GREEN", "RED")]
    assert found.movers == []


def test_the_biggest_movers_first_whichever_way() -> None:
    rows = [
        from_to("one", 50, 51),
        from_to("none", 50, 50),
        from_to("up", 20, 60),
        from_to("down", 60, 20, "Down"),
        from_to("far", 100, 0),
        from_to("without", 100, None),
        from_to("new", None, 100),
    ]
    found = portfolio_preview(rows, ALL, PAYMENTS_ONLY, STACK_ONLY)

    assert ids(found.movers) == ["far", "down", "up", "one"]
    assert [move.distance for move in found.movers] == [100, 40, 40, 1]


@pytest.mark.parametrize(
    ("points", "alerts"),
    [
        pytest.param((59,) * 9, True, id="below the threshold"),
        pytest.param((60,) * 9, False, id="at the threshold"),
        pytest.param((*(59,) * 5, *(None,) * 4), True, id="coverage 70: not provisional"),
        pytest.param((*(59,) * 4, *(None,) * 5), False, id="provisional"),
        pytest.param((59, None, None, None, None, None, None, None, None), False, id="no score"),
    ],
)
def test_who_would_alert(points: tuple[int | None, ...], alerts: bool) -> None:
    found = portfolio_preview([row("c1", points)], ALL, STACK_ONLY, DEFAULT)

    assert ids(found.alerting) == (["c1"] if alerts else [])


def test_those_who_would_alert_worst_first() -> None:
    rows = [from_to("z", 100, 59), from_to("b", 100, 10, "Beta"), from_to("a", 100, 10, "alpha"), from_to("n", 0, None)]
    found = portfolio_preview(rows, ALL, PAYMENTS_ONLY, STACK_ONLY)

    assert ids(found.alerting) == ["a", "b", "z"]


def test_an_empty_portfolio() -> None:
    found = portfolio_preview([row("c1", None)], ALL, DEFAULT, STACK_ONLY)

    assert (found.average_before, found.average_after, found.crossing, found.movers, found.alerting) == (
        None,
        None,
        [],
        [],
        [],
    )
    assert not found.bands_before
    assert not found.bands_after


@st.composite
def weighings(draw: st.DrawFn) -> ScoringSettings:
    cuts = sorted(draw(st.lists(st.integers(0, FULL_WEIGHT), min_size=8, max_size=8)))
    yellow, green = sorted(draw(st.sets(st.integers(1, 100), min_size=2, max_size=2)))
    sources = draw(st.none() | st.sets(st.sampled_from(SOURCES)))
    fields: dict[str, Any] = {
        "weights": tuple(after - before for before, after in pairwise([0, *cuts, FULL_WEIGHT])),
        "missing_signals": draw(st.sampled_from(["redistribute", "neutral_50"])),
        "alert_threshold": draw(st.integers(0, 100)),
        "sources": None if sources is None else tuple(sources),
    }
    return ScoringSettings(green_threshold=green, yellow_threshold=yellow, **fields)


@given(
    st.lists(st.none() | st.tuples(*[st.none() | st.integers(0, 100)] * 9), max_size=8),
    st.sets(st.sampled_from(SOURCES)),
    weighings(),
    weighings(),
)
def test_the_portfolio_is_every_client_combined_twice(
    points: list[tuple[int | None, ...] | None], seen: set[str], before: ScoringSettings, after: ScoringSettings
) -> None:
    found = portfolio_preview([row(f"c{n}", held) for n, held in enumerate(points)], seen, before, after)
    results = {
        f"c{n}": (combine(held, before.connected(seen), before), combine(held, after.connected(seen), after))
        for n, held in enumerate(points)
        if held is not None
    }
    bands = {
        client_id: (band_of(old.score, before), band_of(new.score, after)) for client_id, (old, new) in results.items()
    }

    assert found.bands_before == Counter(band for band, _ in bands.values())
    assert found.bands_after == Counter(band for _, band in bands.values())
    assert {m.client_id: (m.from_band, m.to_band) for m in found.crossing} == {
        client_id: pair for client_id, pair in bands.items() if pair[0] != pair[1]
    }
    assert set(ids(found.movers)) == {
        client_id
        for client_id, (old, new) in results.items()
        if old.score is not None and new.score is not None and old.score != new.score
    }
    assert set(ids(found.alerting)) == {
        client_id
        for client_id, (_, new) in results.items()
        if new.score is not None and not new.provisional and new.score < after.alert_threshold
    }
    assert all(first.distance >= second.distance for first, second in pairwise(found.movers))
