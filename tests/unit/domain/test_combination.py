"""Nine points and settings to a score: coverage, bands, contributions, and clients that are not scored."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import weighted
from chalicelib.domain.deduction import FACTORS
from chalicelib.domain.evaluation import DEFAULT_PERIOD_INDEX, evaluate
from chalicelib.domain.facts import BillableMonth, Client, Facts
from chalicelib.domain.moment import PERIODS, Moment
from chalicelib.domain.settings import DEFAULT_WEIGHTS, SIGNAL_SOURCE, SIGNALS, SOURCES, ScoringSettings
from chalicelib.domain.weighted import band_of, combine, contributions, exact_combination, exact_hundredths
from tests.unit.domain.builders import AS_OF, DAY, NEW_YORK, NOW, TODAY, client, contract, facts, ticket

DEFAULT = ScoringSettings()
NEUTRAL = ScoringSettings(missing_signals="neutral_50")


def weighing(*weights: int, **fields: Any) -> ScoringSettings:
    """Settings with these weights in hundredths, the last signal taking the rest."""
    padded = (*weights, *(0,) * (8 - len(weights)))
    return ScoringSettings(weights=(*padded, 10_000 - sum(padded)), **fields)


def only(**points: int) -> list[int | None]:
    return [points.get(signal) for signal in SIGNALS]


# ---- score, coverage, provisional ----------------------------------------------------------------------


def test_the_score_is_the_weighted_mean() -> None:
    # 80·20 + 85·15 + 60·15 + 70·10 + 75·10 + 75·10 + 75·10 + 100·5 + 70·5, of 100: the sample account of the contract
    result = combine((80, 85, 60, 70, 75, 75, 75, 100, 70), SOURCES, DEFAULT)

    assert (result.score, result.exact, result.coverage) == (76, Fraction(7575, 100), 10_000)
    assert result.present == (True,) * 9
    assert not result.provisional


@pytest.mark.parametrize(
    ("points", "score", "cut"),
    [
        pytest.param((50, 51), 51, 5050, id="a half goes up"),
        pytest.param((50, 50), 50, 5000, id="whole"),
        pytest.param((0, 0), 0, 0, id="0"),
        pytest.param((100, 100), 100, 10_000, id="100"),
    ],
)
def test_the_score_rounds_the_exact_value(points: tuple[int, int], score: int, cut: int) -> None:
    result = combine((*points, *(None,) * 7), SOURCES, weighing(5000, 5000))

    assert result.exact is not None
    assert (result.score, exact_hundredths(result.exact)) == (score, cut)


@pytest.mark.parametrize(
    ("weight", "points", "score", "cut"),
    [
        pytest.param(9975, (50, 49), 50, 4999, id="49.9975"),
        pytest.param(5001, (49, 50), 49, 4949, id="49.4999"),
        pytest.param(5000, (49, 50), 50, 4950, id="49.5"),
    ],
)
def test_the_exact_score_is_cut_and_the_score_rounds_the_exact_value(
    weight: int, points: tuple[int, int], score: int, cut: int
) -> None:
    result = combine((points[0], *(None,) * 7, points[1]), SOURCES, weighing(weight))

    assert result.exact is not None
    assert (result.score, exact_hundredths(result.exact)) == (score, cut)


@pytest.mark.parametrize(
    ("covered", "redistribute", "neutral"),
    [
        pytest.param(0, (None, False), (None, False), id="0"),
        pytest.param(1, (None, False), (50, True), id="0.01"),
        pytest.param(3999, (None, False), (70, True), id="39.99"),
        pytest.param(4000, (100, True), (70, True), id="40"),
        pytest.param(6999, (100, True), (85, True), id="69.99"),
        pytest.param(7000, (100, False), (85, False), id="70"),
        pytest.param(10_000, (100, False), (100, False), id="100"),
    ],
)
def test_coverage(covered: int, redistribute: tuple[Any, bool], neutral: tuple[Any, bool]) -> None:
    points = only(open_p1_p2_tickets=100)

    spread = combine(points, SOURCES, weighing(covered))
    fifty = combine(points, SOURCES, weighing(covered, missing_signals="neutral_50"))

    assert spread.coverage == fifty.coverage == covered
    assert (spread.score, spread.provisional) == redistribute
    assert (fifty.score, fifty.provisional) == neutral


def test_without_coverage_there_is_nothing() -> None:
    for settings in (DEFAULT, NEUTRAL):
        result = combine((None,) * 9, SOURCES, settings)

        assert (result.score, result.exact, result.coverage, result.provisional) == (None, None, 0, False)
        assert contributions((None,) * 9, result, settings) == (None,) * 9
        assert band_of(result.score, settings) == "INSUFFICIENT_DATA"


@pytest.mark.parametrize("source", SOURCES)
def test_a_signal_counts_when_its_source_is_connected(source: str) -> None:
    result = combine((70,) * 9, (source,), DEFAULT)

    assert result.present == tuple(of == source for of in SIGNAL_SOURCE)
    assert result.coverage == sum(w for w, of in zip(DEFAULT_WEIGHTS, SIGNAL_SOURCE, strict=True) if of == source)


def test_a_missing_signals_weight_spreads_over_the_present_ones() -> None:
    points = only(open_p1_p2_tickets=80, csat_nps_trend=100, days_since_qbr=40)

    assert combine(points, SOURCES, DEFAULT).exact == Fraction(80 * 20 + 100 * 15 + 40 * 10, 45)
    assert combine(points, SOURCES, NEUTRAL).exact == Fraction(80 * 20 + 100 * 15 + 40 * 10 + 50 * 55, 100)


def test_the_exact_combination_of_nothing() -> None:
    assert exact_combination((70,) * 9, (False,) * 9, DEFAULT) == 0
    assert exact_combination((70,) * 9, (False,) * 9, NEUTRAL) == 50
    assert exact_combination((70,) * 9, (True, *(False,) * 8), weighing(0, 5000)) == 0


# ---- band, sources, primary model ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "green", "yellow", "band"),
    [
        (None, 70, 40, "INSUFFICIENT_DATA"),
        (100, 70, 40, "GREEN"),
        (70, 70, 40, "GREEN"),
        (69, 70, 40, "YELLOW"),
        (40, 70, 40, "YELLOW"),
        (39, 70, 40, "RED"),
        (0, 70, 40, "RED"),
        (70, 80, 71, "RED"),
        (71, 80, 71, "YELLOW"),
        (80, 80, 71, "GREEN"),
    ],
)
def test_bands(score: int | None, green: int, yellow: int, band: str) -> None:
    assert band_of(score, ScoringSettings(green_threshold=green, yellow_threshold=yellow)) == band


@pytest.mark.parametrize(
    ("chosen", "seen", "connected"),
    [
        (None, (), ()),
        (None, ("headcount", "psa"), ("psa", "headcount")),
        ((), ("psa",), ()),
        (("qbr", "psa"), ("headcount",), ("psa", "qbr")),
        (None, ("tickets", "psa"), ("psa", "tickets")),
        (("qbr",), ("tickets", "psa"), ("qbr", "tickets")),
        (("qbr", "tickets"), ("psa",), ("qbr",)),
    ],
)
def test_connected_sources(chosen: Any, seen: tuple[str, ...], connected: tuple[str, ...]) -> None:
    assert ScoringSettings(sources=chosen).connected(seen) == connected


@pytest.mark.parametrize(
    ("settings", "connected", "model"),
    [
        pytest.param(DEFAULT, SOURCES, "weighted", id="all"),
        pytest.param(DEFAULT, ("psa", "qbr", "touchpoints"), "weighted", id="70"),
        pytest.param(DEFAULT, ("psa", "qbr", "headcount"), "deduction", id="65"),
        pytest.param(weighing(6999), ("psa",), "deduction", id="69.99"),
        pytest.param(weighing(7000), ("psa",), "weighted", id="70 alone"),
        pytest.param(replace(DEFAULT, primary_model="weighted"), (), "weighted", id="by name"),
        pytest.param(replace(DEFAULT, primary_model="deduction"), SOURCES, "deduction", id="the other by name"),
    ],
)
def test_the_primary_model(settings: ScoringSettings, connected: tuple[str, ...], model: str) -> None:
    assert settings.resolved_primary_model(connected) == model


# ---- contributions -------------------------------------------------------------------------------------


def test_contributions_of_a_full_client() -> None:
    points = (80, 85, 60, 70, 75, 75, 75, 100, 70)

    assert contributions(points, combine(points, SOURCES, DEFAULT), DEFAULT) == (
        1600, 1275, 900, 700, 750, 750, 750, 500, 350,
    )  # fmt: skip


def test_a_missing_signal_contributes_by_setting() -> None:
    points = only(open_p1_p2_tickets=80, csat_nps_trend=100, days_since_qbr=40)

    assert contributions(points, combine(points, SOURCES, DEFAULT), DEFAULT) == (3555, 3333, 0, 889, 0, 0, 0, 0, 0)
    assert contributions(points, combine(points, SOURCES, NEUTRAL), NEUTRAL) == (
        1600, 1500, 750, 400, 500, 500, 500, 250, 250,
    )  # fmt: skip


def test_a_signal_that_is_not_connected_contributes_as_a_missing_one() -> None:
    points = (100,) * 9

    result = combine(points, ("psa",), NEUTRAL)

    assert contributions(points, result, NEUTRAL) == (2000, 1500, 1500, 500, 500, 500, 500, 250, 250)


def test_the_largest_remainder_takes_the_cent() -> None:
    # 3 signals of equal weight: 100/3, 50/3 and 1/3 are 33.33⅓, 16.66⅔ and 0.33⅓ of 50.33⅓, cut 50.33
    settings = weighing(2000, 2000, 2000)
    points = (100, 50, 1, *(None,) * 6)

    assert contributions(points, combine(points, SOURCES, settings), settings) == (3333, 1667, 33, *(0,) * 6)


def test_ties_of_the_remainder_go_by_the_table() -> None:
    # 3 × 33.33⅓ are 100.00, and the missing cent goes to the first
    settings = weighing(2000, 2000, 2000)
    points = (100, 100, 100, *(None,) * 6)

    assert contributions(points, combine(points, SOURCES, settings), settings) == (3334, 3333, 3333, *(0,) * 6)


# ---- properties ----------------------------------------------------------------------------------------

point = st.none() | st.integers(0, 100)
nine_points = st.tuples(*[point] * 9)
some_sources = st.sets(st.sampled_from(SOURCES)).map(tuple)


@st.composite
def scoring_settings(draw: st.DrawFn) -> ScoringSettings:
    cuts = sorted(draw(st.lists(st.integers(0, 10_000), min_size=8, max_size=8)))
    weights = tuple(b - a for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True))
    return ScoringSettings(weights=weights, missing_signals=draw(st.sampled_from(["redistribute", "neutral_50"])))


@given(nine_points, some_sources, scoring_settings())
def test_contributions_sum_to_the_exact_score(
    points: tuple[int | None, ...], connected: tuple[str, ...], settings: ScoringSettings
) -> None:
    result = combine(points, connected, settings)
    cents = contributions(points, result, settings)

    if result.exact is None:
        assert result.score is None
        assert cents == (None,) * 9
    else:
        assert result.score is not None
        assert 0 <= result.score <= 100
        assert sum(c or 0 for c in cents) == exact_hundredths(result.exact)
        assert Decimal(exact_hundredths(result.exact)) <= 100 * result.exact
        for cent, signal_point, weight, counts in zip(cents, points, settings.weights, result.present, strict=True):
            neutral = settings.missing_signals == "neutral_50"
            share = Fraction(weight, 10_000 if neutral else result.coverage)
            exact = (signal_point or 0 if counts else 50 if neutral else 0) * share * 100
            assert cent is not None
            assert abs(cent - exact) < 1


@given(nine_points, some_sources, scoring_settings(), st.integers(0, 8), st.integers(1, 100))
def test_fewer_points_of_a_signal_never_raise_the_score(
    points: tuple[int | None, ...], connected: tuple[str, ...], settings: ScoringSettings, place: int, fewer: int
) -> None:
    lower = tuple(max(0, p - fewer) if n == place and p is not None else p for n, p in enumerate(points))
    before, after = combine(points, connected, settings), combine(lower, connected, settings)

    assert (after.coverage, after.score is None) == (before.coverage, before.score is None)
    if before.score is not None and after.score is not None:
        assert after.score <= before.score


# ---- both models of a client ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "is_scored"),
    [
        pytest.param(client(), True, id="active"),
        pytest.param(client(status="AT_RISK"), True, id="at risk"),
        pytest.param(client(status="INACTIVE"), False, id="inactive"),
        pytest.param(client(status="CHURNED"), False, id="churned"),
        pytest.param(client(archived=True), False, id="archived"),
        pytest.param(client(status="AT_RISK", archived=True), False, id="at risk, archived"),
        pytest.param(client(client_since=TODAY), True, id="since today"),
        pytest.param(client(client_since=TODAY + 1), False, id="from tomorrow"),
        pytest.param(client(at_risk_since=AS_OF), True, id="flagged"),
    ],
)
def test_who_is_scored(who: Client, is_scored: bool) -> None:
    assert (evaluate(Facts(who), SOURCES, DEFAULT, NOW) is not None) is is_scored


def test_a_client_is_one_from_its_local_date() -> None:
    tomorrow_in_new_york = Facts(client(client_since=TODAY))

    assert evaluate(tomorrow_in_new_york, SOURCES, DEFAULT, NOW) is not None
    assert evaluate(tomorrow_in_new_york, SOURCES, DEFAULT, Moment.at(AS_OF, NEW_YORK)) is None


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (client(), "ACTIVE"),
        (client(at_risk_since=AS_OF), "AT_RISK"),
        (client(status="AT_RISK"), "AT_RISK"),
        (client(status="CHURNED", at_risk_since=AS_OF), "CHURNED"),
    ],
)
def test_effective_status(who: Client, status: str) -> None:
    assert who.effective_status == status


def test_an_evaluation_holds_both_models() -> None:
    # GIVEN three tickets of last week, one of them urgent and open since
    known = replace(
        facts(
            [
                ticket(AS_OF - 5 * DAY, id="T1", priority=1),
                ticket(AS_OF - 4 * DAY, id="T2", closed=AS_OF - 3 * DAY),
                ticket(AS_OF - 40 * DAY, id="T3", closed=AS_OF - 39 * DAY),
            ],
            contracts=[contract()],
        ),
        billable_months=[BillableMonth("B1", 2026 * 12 + 9, 130, 100)],
    )

    found = evaluate(known, ("psa",), DEFAULT, NOW)

    # THEN the deduction model is that of the period, and the weighted one of what is connected
    assert found is not None
    assert [found.deduction(n).points[0] for n in range(len(PERIODS))] == [-5, -15, -5, -5]
    assert list(PERIODS)[DEFAULT_PERIOD_INDEX] == "30d"
    assert found.deduction() == found.deduction(DEFAULT_PERIOD_INDEX)
    assert dict(zip(FACTORS, found.deduction().points, strict=True))["active_contract"] == 5
    assert found.signal_points == (80, None, 20, 10, 15, None, None, None, None)
    assert (found.weighted_score, found.coverage) == (None, 3500)
    assert weighted.score(known, ("psa",), DEFAULT, NOW).score is None
    with_qbr = evaluate(known, ("psa", "qbr"), DEFAULT, NOW)
    assert with_qbr is not None
    assert (with_qbr.weighted_score, with_qbr.coverage) == (44, 4500)
    assert weighted.score(known, ("psa", "qbr"), DEFAULT, NOW).score == 44


def test_tickets_are_open_by_setting_in_both_models() -> None:
    known = facts([ticket(AS_OF - DAY, priority=1, resolved=AS_OF - 1, due=AS_OF - 2)])
    by_resolved = ScoringSettings(ticket_open_until="resolved")

    still_open, resolved = (evaluate(known, SOURCES, settings, NOW) for settings in (DEFAULT, by_resolved))

    assert still_open is not None
    assert resolved is not None
    assert (still_open.standing[:2], still_open.signal_points[0]) == ((1, 1), 80)
    assert (resolved.standing[:2], resolved.signal_points[0]) == ((0, 0), 100)
    assert weighted.score(known, SOURCES, by_resolved, NOW) != weighted.score(known, SOURCES, DEFAULT, NOW)
