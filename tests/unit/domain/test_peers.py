"""A client among others."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.history import HistoryEntry
from chalicelib.domain.peers import Peers, peers
from chalicelib.domain.rounding import mean
from tests.unit.domain.builders import AS_OF, DAY, STAMP, TODAY, scores

HISTOGRAM = {40: 1, 60: 2, 80: 1}
"""A fleet of 4."""


@pytest.mark.parametrize(
    ("score", "own", "expected"),
    [
        pytest.param(60, 60, Peers(None, 0, Decimal("60.0"), 4, 33), id="its own entry"),
        pytest.param(90, 60, Peers(None, 0, Decimal("67.5"), 4, 100), id="the current score stands in"),
        pytest.param(40, 40, Peers(None, 0, Decimal("60.0"), 4, 0), id="the lowest"),
        pytest.param(80, 80, Peers(None, 0, Decimal("60.0"), 4, 100), id="the highest"),
        pytest.param(60, None, Peers(None, 0, Decimal("60.0"), 5, 25), id="not in the summary"),
        pytest.param(61, None, Peers(None, 0, Decimal("60.2"), 5, 75), id="strictly lower"),
        pytest.param(0, None, Peers(None, 0, Decimal("48.0"), 5, 0), id="0 is a score"),
    ],
)
def test_peers(score: int, own: int | None, expected: Peers) -> None:
    assert peers(score, HISTOGRAM, None, own) == expected


@pytest.mark.parametrize(
    ("industry", "own", "average", "n"),
    [
        pytest.param(None, 60, None, 0, id="no industry"),
        pytest.param((2, 100), 60, "60.0", 2, id="itself in it"),
        pytest.param((1, 60), 60, "80.0", 1, id="alone"),
        pytest.param((2, 100), None, "60.0", 3, id="not in the summary"),
        pytest.param((0, 0), None, "80.0", 1, id="an industry of its own"),
        pytest.param((0, 0), 60, "80.0", 1, id="an industry since the summary"),
    ],
)
def test_peers_of_an_industry(industry: tuple[int, int] | None, own: int | None, average: str | None, n: int) -> None:
    found = peers(80, HISTOGRAM, industry, own)

    assert found is not None
    assert found.industry_average == (None if average is None else Decimal(average))
    assert found.industry_n == n


def test_peers_of_one_alone() -> None:
    assert peers(70, {}, (0, 0), None) == Peers(Decimal("70.0"), 1, Decimal("70.0"), 1, None)
    assert peers(70, {50: 1}, None, 50) == Peers(None, 0, Decimal("70.0"), 1, None)


@pytest.mark.parametrize(
    ("industry", "own", "expected"),
    [
        pytest.param(None, None, Peers(None, 0, Decimal("60.0"), 4, None), id="never scored"),
        pytest.param((2, 140), None, Peers(Decimal("70.0"), 2, Decimal("60.0"), 4, None), id="never, of an industry"),
        pytest.param((2, 140), 80, Peers(Decimal("60.0"), 1, Decimal("53.3"), 3, None), id="no longer"),
    ],
)
def test_a_client_without_a_score_is_in_no_average(
    industry: tuple[int, int] | None, own: int | None, expected: Peers
) -> None:
    assert peers(None, HISTOGRAM, industry, own) == expected


def test_a_percentile_rounds_half_away() -> None:
    assert peers(50, {0: 1, 60: 7}, None, None) == Peers(None, 0, Decimal("52.2"), 9, 13)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=9), st.data())
def test_the_current_score_stands_in_for_the_own_entry(fleet: list[int], data: st.DataObject) -> None:
    place, score = data.draw(st.integers(0, len(fleet) - 1)), data.draw(st.integers(0, 100))
    histogram = {value: fleet.count(value) for value in fleet}
    others = fleet[:place] + fleet[place + 1 :]

    found = peers(score, histogram, (len(fleet), sum(fleet)), fleet[place])

    assert found is not None
    assert found.n == found.industry_n == len(fleet)
    assert found.all_average == found.industry_average == mean(len(fleet), sum(others) + score)
    assert (found.percentile is None) is (len(fleet) == 1)
    if found.percentile is not None:
        exact = 100 * sum(other < score for other in others) / len(others)
        assert abs(found.percentile - exact) <= 0.5


def entry(age: int, second: int = 0, score: int = 70) -> HistoryEntry:
    return HistoryEntry(TODAY - age, AS_OF - age * DAY + second, "nightly", STAMP, scores(score))
