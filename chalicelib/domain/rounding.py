"""Rounding as the rules want it: half away from zero, once, at the end (scoring.md, Numbers); in sentences no further
than what follows from a number can still be seen (scoring.md, Sentences)."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

MOST_DECIMALS: Final = 4
"""A number that would need more is said to be just over or just under its threshold."""


def round_half_away(numerator: int, denominator: int) -> int:
    """The integer nearest to numerator / denominator; halves go away from zero. The denominator is above 0."""
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude


def decimal_places(numerator: int, denominator: int, places: int) -> Decimal:
    """numerator / denominator, rounded to a number of decimal places."""
    return Decimal(round_half_away(numerator * 10**places, denominator)).scaleb(-places)


def clamp(value: int, low: int = 0, high: int = 100) -> int:
    return max(low, min(high, value))


def rounded(value: Fraction, places: int) -> Decimal:
    """A number with some decimals, half away from zero; never a negative nothing."""
    return decimal_places(value.numerator, value.denominator, places)


def same_side(value: Fraction, shown: Decimal, thresholds: Sequence[int | Fraction]) -> bool:
    """Whether a shown number lies where the exact one does: below, at or above each threshold."""
    exact = Fraction(shown)
    return all((value > bound, value < bound) == (exact > bound, exact < bound) for bound in thresholds)


def number(value: Fraction, thresholds: Sequence[int | Fraction], places: int, *, signed: bool = False) -> str:
    """A number with as many decimals, from `places` on, as it takes to see on which side of its thresholds it lies."""
    for decimals in range(places, MOST_DECIMALS + 1):
        shown = rounded(value, decimals)
        if same_side(value, shown, thresholds):
            return f"{shown:+}" if signed else f"{shown}"
    nearest = min(thresholds, key=lambda bound: abs(value - bound))
    bound = (Decimal(nearest.numerator) / nearest.denominator).normalize()
    return f"just {'over' if value > nearest else 'under'} {bound:{'+' if signed else ''}f}"


def mean(count: int, total: int) -> Decimal | None:
    """A mean score, one decimal; None of nothing."""
    return decimal_places(total, count, 1) if count else None
