"""What a worklist says of a client: the fact that costs most, the change of a week."""

from dataclasses import replace
from typing import Any, Final

import pytest

from chalicelib.domain.history import Scores, Stamp
from chalicelib.domain.settings import FULL_WEIGHT, SIGNALS, SOURCES, ScoringSettings
from chalicelib.domain.weighted import (
    CONTACT_BEYOND,
    CONTACT_TIERS,
    PAYMENT_BEYOND,
    PAYMENT_TIERS,
    QBR_BEYOND,
    QBR_TIERS,
    UTILIZATION_BEYOND,
    UTILIZATION_TIERS,
    combine,
)
from chalicelib.domain.worklist import main_cost, week_change
from tests.functional.support import row_of

SCORING: Final = ScoringSettings()
FULL: Final = (100,) * len(SIGNALS)


def points(**given: int | None) -> tuple[int | None, ...]:
    """Nine signals of 100 points but for those that are given."""
    return tuple(given.get(signal, 100) for signal in SIGNALS)


def row(**given: int | None) -> Any:
    held = row_of("c1", points(**given))
    result = combine(points(**given), SOURCES, SCORING)
    assert held.evaluation is not None
    return held._replace(evaluation=held.evaluation._replace(weighted_score=result.score, coverage=result.coverage))


def test_the_signal_that_costs_most_is_told_with_its_points() -> None:
    found = main_cost("weighted", row(days_since_qbr=40, payment_health=75), SCORING)
    assert found is not None
    weight = SCORING.weights[SIGNALS.index("days_since_qbr")]
    assert found.id == "days_since_qbr"
    assert float(found.points) == 60 * weight / FULL_WEIGHT
    assert found.sentence == "No QBR in the last 120 days."


def test_without_a_loss_or_a_score_there_is_none() -> None:
    assert main_cost("weighted", row(), SCORING) is None
    nothing = row_of("c1", (None,) * len(SIGNALS))
    assert main_cost("weighted", nothing, SCORING) is None
    assert main_cost("deduction", nothing._replace(evaluation=None), SCORING) is None


def test_signals_without_data_cost_nothing_and_leave_their_weight_to_the_others() -> None:
    found = main_cost("weighted", row(days_since_qbr=None, payment_health=0), SCORING)
    assert found is not None
    place, absent = SIGNALS.index("payment_health"), SIGNALS.index("days_since_qbr")
    whole = FULL_WEIGHT - SCORING.weights[absent]
    assert found.points == f"{100 * SCORING.weights[place] / whole:.1f}"
    neutral = main_cost("weighted", row(payment_health=0), replace(SCORING, missing_signals="neutral_50"))
    assert neutral is not None
    assert neutral.points == f"{100 * SCORING.weights[place] / FULL_WEIGHT:.1f}"


@pytest.mark.parametrize(
    ("signal", "tiers", "beyond"),
    [
        ("days_since_qbr", QBR_TIERS, QBR_BEYOND),
        ("days_since_decision_maker_contact", CONTACT_TIERS, CONTACT_BEYOND),
        ("payment_health", PAYMENT_TIERS, PAYMENT_BEYOND),
        ("billable_utilization", UTILIZATION_TIERS, UTILIZATION_BEYOND),
    ],
)
def test_a_fact_is_told_by_the_bound_that_it_lies_beyond(signal: str, tiers: Any, beyond: int) -> None:
    bounds = [bound for bound, _ in tiers]
    for bound, given in zip(bounds, [*(given for _, given in tiers[1:]), beyond], strict=True):
        found = main_cost("weighted", row(**{signal: given}), SCORING)
        assert found is not None
        assert found.id == signal
        assert str(bound) in found.sentence or bound == 0


def test_every_signal_has_a_sentence() -> None:
    for signal in SIGNALS:
        found = main_cost("weighted", row(**{signal: 15}), SCORING)
        assert found is not None
        assert (found.id, found.sentence[-1], found.sentence[0].isupper()) == (signal, ".", True)
        assert "  " not in found.sentence


def test_the_factor_that_costs_most_is_told_by_its_own_sentence() -> None:
    held = row()
    evaluation = held.evaluation
    assert evaluation is not None
    standing = evaluation.standing._replace(open_tickets=9, overdue_tickets=4)
    found = main_cost("deduction", held._replace(evaluation=evaluation._replace(standing=standing)), SCORING)
    assert found is not None
    assert found.id == "overdue_tickets"
    assert found.sentence == "4 open tickets past the due date."
    assert float(found.points) > 0


def test_a_week_changes_by_the_points_under_todays_settings() -> None:
    now = row(days_since_qbr=40)
    before = points()
    then = Scores(90, combine(before, SOURCES, SCORING).score, FULL_WEIGHT, (0,) * 6, before)
    stamp = Stamp(1, 70, 40, tuple(SOURCES))
    evaluation = now.evaluation
    assert evaluation is not None
    weekly = week_change("weighted", now, (then, stamp), now.stamp.sources, SCORING)
    assert weekly.points == evaluation.weighted_score - 100
    assert week_change("deduction", now, (then, stamp), SOURCES, SCORING).points == evaluation.deduction().score - 90
    assert week_change("weighted", now, None, SOURCES, SCORING).points is None
    assert week_change("weighted", now._replace(evaluation=None), (then, stamp), SOURCES, SCORING).points is None
