"""Columns: one value per date of a walk, put together from what changes at some of them."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, pairwise
from typing import TypeVar

from chalicelib.domain.facts import Day
from chalicelib.domain.walk.dates import Dates

Column = list[int]
Points = list[int | None]
Value = TypeVar("Value")

Ages = Sequence[tuple[int, int]]
"""Pairs of an age in days and the points from that age on, youngest first; the first of them holds before it, too."""


class Tally:
    """How many, or how much of something, holds at each date: each part of it for a range of places."""

    def __init__(self, dates: Dates) -> None:
        self._steps = [0] * (len(dates) + 1)

    def add(self, start: int, end: int, amount: int = 1) -> None:
        """Counts an amount at the places `start` to `end - 1`; nothing where the range is empty."""
        if start < end:
            self._steps[start] += amount
            self._steps[end] -= amount

    def column(self) -> Column:
        return list(accumulate(self._steps[:-1]))


def stepwise(dates: Dates, places: Iterable[int], value_at: Callable[[int], Value]) -> list[Value]:
    """A column whose value changes at some of the `places` only, found by looking at each of those and the first."""
    size = len(dates)
    changes = sorted({0, *(place for place in places if place < size)})
    column: list[Value] = []
    for place, following in pairwise([*changes, size]):
        column += [value_at(place)] * (following - place)
    return column


def aged(dates: Dates, events: Iterable[tuple[int, Day | None]], ages: Ages, unknown: int) -> Points:
    """Points by the days since the newest event, of pairs of the place from which it is that and its day.

    The events come in the order of their places, the first at 0; of several at one place the last counts. Without a
    day the points are `unknown`.
    """
    column: Points = []
    for (start, day), (end, _) in pairwise([*events, (len(dates), None)]):
        if start == end:
            continue
        if day is None:
            column += [unknown] * (end - start)
            continue
        bounds = [start, *(bisect_left(dates.days, day + age, start, end) for age, _ in ages[1:]), end]
        for (_, points), (first, following) in zip(ages, pairwise(bounds), strict=True):
            column += [points] * (following - first)
    return column
