"""Rounding as the rules want it: half away from zero, once, at the end (scoring.md, house rule 5)."""

from decimal import Decimal


def round_half_away(numerator: int, denominator: int) -> int:
    """The integer nearest to numerator / denominator; halves go away from zero. The denominator is above 0."""
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude


def decimal_places(numerator: int, denominator: int, places: int) -> Decimal:
    """numerator / denominator, rounded to a number of decimal places."""
    return Decimal(round_half_away(numerator * 10**places, denominator)).scaleb(-places)


def clamp(value: int, low: int = 0, high: int = 100) -> int:
    return max(low, min(high, value))
