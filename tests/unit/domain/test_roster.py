"""Pages, current rows, and what history keeps of them."""

import pytest

from chalicelib.domain.history import Stamp
from chalicelib.domain.roster import (
    adopt,
    current_row,
    page_of,
    pages_for,
    scores_of,
    stamp_of,
)
from chalicelib.domain.settings import SOURCES, ScoringSettings, Settings
from chalicelib.domain.velocity import Velocity
from tests.unit.domain.builders import AS_OF, NOW, QUIET, TODAY, client, row, scores, snapshot


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
