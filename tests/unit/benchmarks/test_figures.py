"""What a figure says of itself: ratios, targets met and missed, comparisons lost."""

import pytest

from benchmarks.figures import Figure, number, paired
from benchmarks.report import cells


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (Figure("1", "calls", 95, limit=95), "met"),
        (Figure("1", "calls", 96, limit=95), "MISSED"),
        (Figure("1", "calls", 10, "naive", 450, at_least=45), "met"),
        (Figure("1", "calls", 10, "naive", 449, at_least=45), "MISSED"),
        (Figure("1", "calls", 96, "naive", 9600, limit=95, at_least=45), "MISSED"),
        (Figure("9", "zip", 6, "default", 10, at_most=0.6), "met"),
        (Figure("9", "zip", 6.1, "default", 10, at_most=0.6), "MISSED"),
        (Figure("1", "units", 10, "floor", 9), "LOSS"),
        (Figure("1", "units", 10, "floor", 10), ""),
        (Figure("1", "units", 10), ""),
        (Figure("5", "CPU", 2, "peer", 3, at_least=1, paired=0.9), "MISSED"),  # the pairs decide, not the medians
    ],
)
def test_verdict(figure: Figure, verdict: str) -> None:
    assert figure.verdict == verdict


def test_pairs_give_the_median_ratio_and_its_spread() -> None:
    assert paired([1, 2, 4], [2, 2, 12]) == {"ours": 2, "theirs": 2, "paired": 2, "spread": (1, 3)}


def test_a_row_of_the_table() -> None:
    timed = Figure("6", "import", 50, "boto3", 100, at_most=1.7, paired=2, spread=(1, 4))
    assert cells(timed) == ("6", "import", "50", "boto3", "100", "0.50× of it (0.25–1.00)", "≤ 1.7× of it", "met")
    lost = Figure("1", "units", 87, "byte floor", 48)
    assert cells(lost) == ("1", "units", "87", "byte floor", "48", "0.55×", "", "LOSS")


@pytest.mark.parametrize(
    ("value", "text"), [(1234.5, "1,234"), (87, "87"), (2.434, "2.43"), (0.2635, "0.264"), (73.33, "73.3")]
)
def test_number(value: float, text: str) -> None:
    assert number(value) == text
