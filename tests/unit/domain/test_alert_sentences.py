"""Why an alert was raised, in one sentence."""

from typing import Any

import pytest

from chalicelib.domain.alert_sentences import Then, alert_sentence
from chalicelib.domain.alerts import Reason, observe
from chalicelib.domain.deduction import FACTORS
from chalicelib.domain.history import Scores, Stamp
from chalicelib.domain.settings import SIGNALS, SOURCES, Model, ScoringSettings
from chalicelib.domain.weighted import combine
from tests.unit.domain.builders import STAMP, TODAY, scores

DEFAULT = ScoringSettings()
FACTS = {
    "weighted": tuple(f"Fact of {name}." for name in SIGNALS),
    "deduction": tuple(f"Fact of {name}." for name in FACTORS),
}
THRESHOLD = Reason("threshold", threshold=60)


def points_of(**given: int | None) -> tuple[int | None, ...]:
    """The nine points; 100 where nothing is said."""
    return tuple(given.get(name, 100) for name in SIGNALS)


def weighted(points: tuple[int | None, ...], sources: tuple[str, ...] = SOURCES) -> Scores:
    result = combine(points, sources, DEFAULT)
    return scores(100, result.score, coverage=result.coverage, signal_points=points)


def deduction(*points: int) -> Scores:
    return scores(100 + sum(points), None, factor_points=(*points, *(0,) * (6 - len(points))))


def sentence(
    now: Scores,
    before: Scores | None = None,
    reasons: tuple[Reason, ...] = (THRESHOLD,),
    model: Model = "weighted",
    **fields: Any,
) -> str:
    then = None if before is None else Then(TODAY - 30, before, fields.pop("stamp", STAMP))
    settings, sources = fields.pop("settings", DEFAULT), fields.pop("sources", SOURCES)
    observation = observe(model, now, sources, None if then is None else (then.scores, then.stamp), settings)
    return alert_sentence("Acme", observation, reasons, now, sources, then, fields.pop("facts", FACTS[model]))


def test_a_fall_names_what_cost_most() -> None:
    now = weighted(points_of(open_p1_p2_tickets=60, days_since_qbr=40, payment_health=45))
    before = weighted(points_of(payment_health=75))
    assert sentence(now, before) == (
        "Acme fell from 98 to 81 since 23 October, below the alert threshold of 60: "
        "fact of open_p1_p2_tickets (−8 since 23 October); "
        "fact of days_since_qbr (−6 since 23 October); fact of payment_health (−3 since 23 October)."
    )


def test_only_the_threshold_rule_names_the_threshold() -> None:
    now, before = weighted(points_of(open_p1_p2_tickets=30)), weighted(points_of())
    reasons = (Reason("velocity", velocity=-14),)
    assert (
        sentence(now, before, reasons)
        == "Acme fell from 100 to 86 since 23 October: fact of open_p1_p2_tickets (−14 since 23 October)."
    )


def test_without_history_the_causes_are_what_a_perfect_client_has() -> None:
    now = weighted(points_of(open_p1_p2_tickets=0, csat_nps_trend=0, days_since_qbr=10))
    assert sentence(now) == (
        "Acme scores 56, below the alert threshold of 60: fact of open_p1_p2_tickets (costs 20 of 100 points); "
        "fact of csat_nps_trend (costs 15 of 100 points); fact of days_since_qbr (costs 9 of 100 points)."
    )


def test_a_rise_names_what_a_perfect_client_has() -> None:
    now, before = weighted(points_of(open_p1_p2_tickets=80)), weighted(points_of(open_p1_p2_tickets=60))
    assert sentence(now, before).startswith("Acme scores 96, below the alert threshold of 60: fact of open_p1_p2")


def test_three_causes_at_most_ties_in_table_order() -> None:
    now = weighted(points_of(days_since_qbr=10, days_since_decision_maker_contact=10, stack_standardization=10))
    worse = weighted((*now.signal_points[:6], 10, *now.signal_points[7:]))
    told = sentence(worse)
    names = ("days_since_qbr", "days_since_decision_maker_contact", "stack_standardization")
    assert told.endswith(": " + "; ".join(f"fact of {name} (costs 9 of 100 points)" for name in names) + ".")


@pytest.mark.parametrize(("points", "named"), [(95, True), (96, False)])
def test_less_than_half_a_point_is_no_cause(points: int, named: bool) -> None:
    # 10 of weight: 95 points cost 0.5 of the score, which is 1 rounded, 96 cost 0.4
    assert (": fact of" in sentence(weighted(points_of(payment_health=points)))) is named


def test_a_cause_weighs_what_it_weighs_among_the_signals_that_count() -> None:
    # GIVEN employee growth is missing: the others weigh 100/95 of theirs
    now = weighted(points_of(open_p1_p2_tickets=30, employee_growth=None))
    before = weighted(points_of(employee_growth=None))
    assert sentence(now, before) == (
        "Acme fell from 100 to 85 since 23 October, below the alert threshold of 60: "
        "fact of open_p1_p2_tickets (−15 since 23 October)."
    )
    neutral = ScoringSettings(missing_signals="neutral_50")
    assert sentence(now, before, settings=neutral).endswith("fact of open_p1_p2_tickets (−14 since 23 October).")


def test_a_signal_that_only_one_side_has_is_no_cause() -> None:
    now, before = weighted(points_of(open_p1_p2_tickets=30, employee_growth=5)), weighted(points_of())
    known_since = Stamp(1, 70, 40, tuple(source for source in SOURCES if source != "headcount"))
    assert "employee_growth" in sentence(now, before)
    assert "employee_growth" not in sentence(now, before, stamp=known_since)


def test_a_newly_connected_source_never_makes_a_score_that_never_was() -> None:
    # GIVEN the signals that both sides have fell by 40 points, and new ones with 100 points lift the score to 80
    now, before = weighted(points_of(open_p1_p2_tickets=0)), weighted(points_of(), ("psa",))
    assert sentence(now, before, stamp=Stamp(1, 70, 40, ("psa",))) == (
        "Acme lost 40 points since 23 October and scores 80, below the alert threshold of 60: "
        "fact of open_p1_p2_tickets (−20 since 23 October)."
    )


def test_the_deduction_model_names_factors() -> None:
    now, before = deduction(-15, -20, -10), deduction(-5, 0, -10)
    assert sentence(now, before, model="deduction") == (
        "Acme fell from 85 to 55 since 23 October, below the alert threshold of 60: "
        "fact of first_response (−20 since 23 October); "
        "fact of ticket_volume (−10 since 23 October)."
    )
    assert sentence(now, model="deduction") == (
        "Acme scores 55, below the alert threshold of 60: fact of first_response (costs 20 of 100 points); "
        "fact of ticket_volume (costs 15 of 100 points); "
        "fact of overdue_tickets (costs 10 of 100 points)."
    )


def test_a_bonus_that_is_gone_is_a_cause() -> None:
    with_contract = scores(100, None, factor_points=(-5, 0, 0, 0, 0, 5))
    without = scores(95, None, factor_points=(-5, 0, 0, 0, 0, 0))
    assert sentence(without, with_contract, model="deduction").endswith(
        ": fact of active_contract (−5 since 23 October)."
    )


@pytest.mark.parametrize(
    ("fact", "inside"),
    [
        ("2 open P1/P2 tickets, the oldest open 9 days.", "2 open P1/P2 tickets, the oldest open 9 days"),
        ("Last QBR 131 days ago.", "last QBR 131 days ago"),
        ("CSAT is low.", "CSAT is low"),
        ("NPS −20.", "NPS −20"),
    ],
)
def test_facts_are_part_of_the_sentence(fact: str, inside: str) -> None:
    now = weighted(points_of(open_p1_p2_tickets=0))
    assert sentence(now, facts=(fact, *FACTS["weighted"][1:])).endswith(f": {inside} (costs 20 of 100 points).")


def test_there_is_no_sentence_without_a_score() -> None:
    nothing = weighted((None,) * 9)
    with pytest.raises(ValueError, match="without a score"):
        sentence(nothing)
