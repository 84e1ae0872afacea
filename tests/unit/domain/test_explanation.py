"""Why a score moved: parts in their order, exact to the last tenth, and no part that says nothing."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.domain.deduction import FACTORS
from chalicelib.domain.explanation import Explanation, WeightedSide, explain_deduction, explain_weighted
from chalicelib.domain.history import Scores
from chalicelib.domain.rounding import clamp
from chalicelib.domain.settings import DEFAULT_WEIGHTS, FULL_WEIGHT, SIGNALS, SOURCES, ScoringSettings
from chalicelib.domain.weighted import combine
from tests.reference import explanation as reference

DEFAULT: Final = ScoringSettings()
NEUTRAL: Final = ScoringSettings(missing_signals="neutral_50")
NO_FACTORS: Final = (0,) * len(FACTORS)
ORDER: Final = ("settings", *SIGNALS, "coverage", "rounding")


def side(
    points: Sequence[int | None], settings: ScoringSettings = DEFAULT, sources: Sequence[str] = SOURCES
) -> WeightedSide:
    """A result of the weighted model."""
    result = combine(points, sources, settings)
    return WeightedSide(Scores(100, result.score, result.coverage, NO_FACTORS, tuple(points)), sources, settings)


def nine(points: int | None = 80, **changed: int | None) -> tuple[int | None, ...]:
    return tuple(changed.get(signal, points) for signal in SIGNALS)


def deducted(*points: int) -> Scores:
    """A result of the deduction model with these points of its factors."""
    factors = (*points, *NO_FACTORS[len(points) :])
    return Scores(clamp(100 + sum(factors)), None, 0, factors, nine(None))


def weights(**moved: int) -> tuple[int, ...]:
    """The default weights, some of them moved by hundredths."""
    return tuple(weight + moved.get(signal, 0) for signal, weight in zip(SIGNALS, DEFAULT_WEIGHTS, strict=True))


def shown(found: Explanation) -> list[tuple[str, str]]:
    return [(each.id, str(each.change)) for each in found.contributions]


# ---- weighted ------------------------------------------------------------------------------------------


def test_a_change_of_signals() -> None:
    # −20 × 15 % = −3.0; +5 × 5 % = 0.25, shown 0.3; exactly 77.25, shown 77
    found = explain_weighted(side(nine()), side(nine(csat_nps_trend=60, employee_growth=85)))

    assert found.change == -3
    assert shown(found) == [("csat_nps_trend", "-3.0"), ("employee_growth", "0.3"), ("rounding", "-0.3")]
    assert [each.kind for each in found.contributions] == ["signal", "signal", "rounding"]
    assert [each[3:5] for each in found.contributions] == [(80, 60), (80, 85), (None, None)]


def test_nothing_changed() -> None:
    assert explain_weighted(side(nine()), side(nine())) == Explanation(0, ())


def test_opposite_changes_are_told_though_the_score_stays() -> None:
    found = explain_weighted(side(nine()), side(nine(days_since_qbr=90, payment_health=70)))

    assert found.change == 0
    assert shown(found) == [("days_since_qbr", "1.0"), ("payment_health", "-1.0")]


def test_a_change_that_rounding_hides_is_told() -> None:
    # +3 × 5 % = 0.15, shown 0.2: the score stays at 80
    found = explain_weighted(side(nine()), side(nine(employee_growth=83)))

    assert (found.change, shown(found)) == (0, [("employee_growth", "0.2"), ("rounding", "-0.2")])


def test_a_change_that_only_rounding_makes_is_a_part_of_rounding() -> None:
    # 79 and 80 points at 49.5 % and 50.5 %: 79.505, shown 80; the other way round 79.495, shown 79
    points = nine(None, open_p1_p2_tickets=79, csat_nps_trend=80)
    before = side(points, ScoringSettings(weights=(4_950, 5_050, *(0,) * 7)))
    after = side(points, ScoringSettings(weights=(5_050, 4_950, *(0,) * 7)))
    found = explain_weighted(before, after)

    assert (before.scores.weighted, after.scores.weighted) == (80, 79)
    assert (found.change, shown(found)) == (-1, [("rounding", "-1.0")])


def test_new_weights_are_a_part_of_their_own() -> None:
    heavier = ScoringSettings(weights=weights(days_since_qbr=1_000, open_p1_p2_tickets=-1_000))
    # 76 at 10 %, 72 at 20 %: −4; then +10 × 20 % = 2
    found = explain_weighted(side(nine(days_since_qbr=40)), side(nine(days_since_qbr=50), heavier))

    assert (found.change, shown(found)) == (-2, [("settings", "-4.0"), ("days_since_qbr", "2.0")])
    assert found.contributions[0].sentence == (
        "The weights changed (Open P1/P2 tickets, Days since last QBR); the facts did not."
    )


def test_another_policy_for_missing_signals_is_a_change_of_settings() -> None:
    points = nine(100, open_p1_p2_tickets=None)
    found = explain_weighted(side(points), side(points, NEUTRAL))

    assert (found.change, shown(found)) == (-10, [("settings", "-10.0")])
    assert found.contributions[0].sentence == "The settings changed; the facts did not."


def test_a_newly_connected_source_is_coverage() -> None:
    points = nine(60, stack_standardization=100)
    without = [source for source in SOURCES if source != "assessments"]
    found = explain_weighted(side(points, sources=without), side(points))

    assert (found.change, shown(found)) == (4, [("coverage", "4.0")])
    assert (found.contributions[0].from_points, found.contributions[0].to_points) == (None, None)
    assert found.contributions[0].sentence.startswith("Signals now counted: ")


def test_a_signal_that_lost_its_data_is_coverage() -> None:
    found = explain_weighted(side(nine(60, stack_standardization=100)), side(nine(60, stack_standardization=None)))

    assert (found.change, shown(found)) == (-4, [("coverage", "-4.0")])
    assert found.contributions[0].sentence.startswith("Signals no longer counted: ")


def test_the_new_effective_weight_counts() -> None:
    # What comes has 80 points, as the rest: only the effective weight of the QBR tells that it came.
    before = nine(None, open_p1_p2_tickets=80, csat_nps_trend=80, days_since_qbr=80)
    after = nine(None, open_p1_p2_tickets=80, csat_nps_trend=80, days_since_qbr=20, payment_health=80)
    # exactly 80 → (80 × 45 + 20 × 10) / 55 = 69.0909…; −60 × 10 / 55 = −10.909…
    found = explain_weighted(side(before), side(after))

    assert (found.change, shown(found)) == (-11, [("days_since_qbr", "-10.9"), ("rounding", "-0.1")])


def test_under_neutral_50_the_weight_itself_is_effective() -> None:
    before = nine(None, open_p1_p2_tickets=80, csat_nps_trend=80, days_since_qbr=80)
    after = nine(None, open_p1_p2_tickets=80, csat_nps_trend=80, days_since_qbr=20, payment_health=80)
    # 45 × 80 + 55 × 50 = 63.5, shown 64; −60 × 10 % = −6; 80 instead of 50 at 10 % = +3; 60.5, shown 61
    found = explain_weighted(side(before, NEUTRAL), side(after, NEUTRAL))

    assert (found.change, shown(found)) == (-3, [("days_since_qbr", "-6.0"), ("coverage", "3.0")])


def test_all_kinds_come_in_their_order() -> None:
    heavier = ScoringSettings(weights=weights(days_since_qbr=1_001, open_p1_p2_tickets=-1_001))
    before = nine(81, days_since_qbr=33, payment_health=None)
    after = nine(81, days_since_qbr=52, payment_health=7, csat_nps_trend=94)
    found = explain_weighted(side(before), side(after, heavier))

    assert [(each.id, each.kind) for each in found.contributions] == [
        ("settings", "settings"),
        ("csat_nps_trend", "signal"),
        ("days_since_qbr", "signal"),
        ("coverage", "coverage"),
        ("rounding", "rounding"),
    ]


def test_the_old_side_is_restated_over_its_own_sources_whatever_their_coverage() -> None:
    # All weight of the old sources is taken away: under the new settings nothing of the old side counts, E = 0.
    moved = ScoringSettings(weights=(0, 0, 0, 2_500, 2_500, 2_500, 2_500, 0, 0))
    found = explain_weighted(side(nine(90), sources=("psa",)), side(nine(90), moved))

    assert (found.change, shown(found)) == (0, [("settings", "-90.0"), ("coverage", "90.0")])


@pytest.mark.parametrize("swapped", [False, True])
def test_without_a_score_on_either_side_there_is_no_change_and_no_part(swapped: bool) -> None:
    scored, unknown = side(nine(20)), side(nine(70), sources=("headcount",))
    sides = (unknown, scored) if swapped else (scored, unknown)

    assert unknown.scores.weighted is None
    assert explain_weighted(*sides) == Explanation(None, ())
    assert explain_weighted(unknown, unknown) == Explanation(None, ())


def test_a_part_says_the_fact_of_now() -> None:
    facts = [f"Fact {place}." for place in range(9)]
    found = explain_weighted(side(nine()), side(nine(csat_nps_trend=60)), facts)

    assert len(found.contributions) == 1
    assert found.contributions[0].sentence.startswith("Fact 1: ")
    assert found.contributions[0].sentence.endswith(" went from 80 to 60 points.")


@st.composite
def weighings(draw: st.DrawFn) -> ScoringSettings:
    """Any weights that sum to 100, under either policy."""
    cuts = sorted(draw(st.lists(st.integers(0, FULL_WEIGHT), min_size=8, max_size=8)))
    drawn = tuple(after - before for before, after in pairwise([0, *cuts, FULL_WEIGHT]))
    chosen = draw(st.just(DEFAULT_WEIGHTS) | st.just(drawn))
    return ScoringSettings(weights=chosen, missing_signals=draw(st.sampled_from(["redistribute", "neutral_50"])))


some_points = st.none() | st.integers(0, 100) | st.sampled_from([0, 50, 100])
some_sources = st.just(SOURCES) | st.sets(st.sampled_from(SOURCES)).map(lambda chosen: tuple(sorted(chosen)))


@st.composite
def two_sides(draw: st.DrawFn) -> tuple[WeightedSide, WeightedSide]:
    """Two results, of which some things are the same and some are not."""
    points, settings, sources = draw(st.tuples(*[some_points] * 9)), draw(weighings()), draw(some_sources)
    later = tuple(draw(st.just(point) | some_points) for point in points)
    after = side(later, draw(st.just(settings) | weighings()), draw(st.just(sources) | some_sources))
    return side(points, settings, sources), after


def reference_settings(settings: ScoringSettings) -> Mapping[str, Any]:
    weights = {signal: Decimal(weight) / 100 for signal, weight in zip(SIGNALS, settings.weights, strict=True)}
    return {"weights": weights, "missing_signals": settings.missing_signals}


def reference_result(found: WeightedSide) -> Mapping[str, Any]:
    points = dict(zip(SIGNALS, found.scores.signal_points, strict=True))
    return {"score": found.scores.weighted, "points": points, "sources": found.sources}


def without_sentences(found: Explanation) -> dict[str, Any]:
    fields = ("id", "kind", "change", "from_points", "to_points")
    parts = [
        {**dict(zip(fields, each[:5], strict=True)), "change": f"{each.change:.1f}"} for each in found.contributions
    ]
    return {"change": found.change, "parts": parts}


@given(two_sides())
@example((side(nine(33)), side(nine(34, csat_nps_trend=35))))
def test_the_parts_always_sum_to_the_change(sides: tuple[WeightedSide, WeightedSide]) -> None:
    before, after = sides
    found = explain_weighted(before, after)

    if before.scores.weighted is None or after.scores.weighted is None:
        assert found == Explanation(None, ())
        return
    assert found.change == after.scores.weighted - before.scores.weighted
    assert sum(each.change for each in found.contributions) == found.change
    assert all(each.change and each.change == each.change.quantize(Decimal("0.1")) for each in found.contributions)
    assert all(each.sentence.endswith(".") for each in found.contributions)
    places = [ORDER.index(each.id) for each in found.contributions]
    assert places == sorted(set(places))
    # Two scores and at most eleven parts are rounded: rounding never hides what another part should have said.
    lost = sum(abs(each.change) for each in found.contributions if each.kind == "rounding")
    assert lost <= Decimal("1.6")


@given(two_sides())
def test_the_same_as_the_reference(sides: tuple[WeightedSide, WeightedSide]) -> None:
    before, after = sides

    assert without_sentences(explain_weighted(before, after)) == reference.explain_weighted(
        reference_result(before),
        reference_result(after),
        reference_settings(before.settings),
        reference_settings(after.settings),
    )


@given(two_sides())
def test_the_way_back_undoes_the_change(sides: tuple[WeightedSide, WeightedSide]) -> None:
    before, after = sides
    there, back = explain_weighted(before, after).change, explain_weighted(after, before).change

    assert (there is None) == (back is None)
    assert (there or 0) + (back or 0) == 0


# ---- deduction -----------------------------------------------------------------------------------------


def test_each_factor_is_a_part() -> None:
    found = explain_deduction(deducted(-5, 0, -10, 0, 0, 5), deducted(-15, 0, -5, -10, 0, 5))

    assert found.change == -15
    assert shown(found) == [("ticket_volume", "-10.0"), ("overdue_tickets", "5.0"), ("open_tickets", "-10.0")]
    assert {each.kind for each in found.contributions} == {"factor"}
    assert [each[3:5] for each in found.contributions] == [(-5, -15), (-10, -5), (0, -10)]


@pytest.mark.parametrize(
    ("before", "after", "change", "limit"),
    [
        pytest.param((0, 0, 0, 0, 0, 5), (0, 0, 0, 0, 0, 0), 0, "5.0", id="105 was 100"),
        pytest.param((0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 5), 0, "-5.0", id="105 is 100"),
        pytest.param((-5, 0, 0, 0, 0, 0), (-5, 0, 0, 0, 0, 5), 5, None, id="exactly 100"),
        pytest.param((0, 0, -90), (0, 0, -120), -10, "20.0", id="-20 is 0"),
        pytest.param((0, 0, -120), (0, 0, -90), 10, "-20.0", id="-20 was 0"),
        pytest.param((0, 0, -120), (0, 0, -115), 0, "-5.0", id="below 0 on both sides"),
        pytest.param((0, 0, -95), (0, 0, -100), -5, None, id="exactly 0"),
        pytest.param((0, 0, 0, 0, 0, 5), (0, 0, -150), -100, "55.0", id="both ends"),
    ],
)
def test_what_clamping_took_is_the_limit(
    before: tuple[int, ...], after: tuple[int, ...], change: int, limit: str | None
) -> None:
    found = explain_deduction(deducted(*before), deducted(*after))

    assert found.change == change
    assert [(each.id, each.kind, str(each.change)) for each in found.contributions if each.id not in FACTORS] == (
        [] if limit is None else [("limit", "limit", limit)]
    )
    assert sum(each.change for each in found.contributions) == change


def test_no_factor_moved() -> None:
    assert explain_deduction(deducted(-5, -20), deducted(-5, -20)) == Explanation(0, ())


def test_a_factor_says_the_fact_of_now() -> None:
    facts = [f"Fact {place}." for place in range(6)]
    found = explain_deduction(deducted(0, -5), deducted(0, -20), facts)

    assert found.contributions[0].sentence.startswith("Fact 1: ")
    assert found.contributions[0].sentence.endswith(" went from -5 to -20 points.")


factor_points = st.tuples(
    st.sampled_from([0, -5, -10, -15]),
    st.sampled_from([0, -5, -10, -20]),
    st.integers(0, 40).map(lambda overdue: -5 * overdue),
    st.sampled_from([0, -5, -10, -15]),
    st.sampled_from([0, -5, -10, -20]),
    st.sampled_from([0, 5]),
)


@given(factor_points, factor_points)
def test_the_parts_of_a_deduction_sum_to_its_change(before: tuple[int, ...], after: tuple[int, ...]) -> None:
    found = explain_deduction(deducted(*before), deducted(*after))

    assert sum(each.change for each in found.contributions) == found.change
    assert all(each.change for each in found.contributions)
    ids = [each.id for each in found.contributions]
    assert ids == [name for name in (*FACTORS, "limit") if name in ids]
    assert without_sentences(found) == reference.explain_deduction(
        *({"score": clamp(100 + sum(p)), "points": dict(zip(FACTORS, p, strict=True))} for p in (before, after))
    )
