"""Business hours: how much of a span of time lay inside the tenant's opening hours (scoring.md, Business hours)."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import accumulate

from chalicelib.domain.facts import Day, Instant

MINUTES_PER_DAY = 24 * 60

Interval = tuple[int, int]
"""Opening and closing minute of the local day, 0–1440; a close before the open falls on the next day."""


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """A weekly schedule (Monday first) with holidays, in the tenant's zone."""

    enabled: bool = False
    weekly: tuple[tuple[Interval, ...], ...] = ((),) * 7
    holidays: frozenset[Day] = frozenset()

    @property
    def counts(self) -> bool:
        """False when elapsed calendar time is to be measured: disabled, or no interval in the whole week."""
        return self.enabled and any(self.weekly)

    def is_business_day(self, day: Day) -> bool:
        """Whether work is done on a day: an interval starts on it; Monday to Friday when hours do not count."""
        weekday = (day - 1) % 7
        if not self.counts:
            return weekday < 5
        return bool(self.weekly[weekday]) and day not in self.holidays


def interval_faults(weekly: Sequence[Sequence[Interval]]) -> Iterator[tuple[int, int, str]]:
    """What is wrong with a weekly schedule: (weekday, index in its list, message) for each fault."""
    week = 7 * MINUTES_PER_DAY
    spans = []
    for weekday, intervals in enumerate(weekly):
        for index, (opens, closes) in enumerate(intervals):
            if opens == closes:
                yield weekday, index, "The interval is empty."
                continue
            length = closes - opens if closes > opens else closes - opens + MINUTES_PER_DAY
            spans.append((weekday * MINUTES_PER_DAY + opens, length, weekday, index))
    spans.sort()
    # Sunday night may reach into Monday, and a long interval over several that follow it.
    taken_until = max((start + length for start, length, _, _ in spans), default=0) - week
    for start, length, weekday, index in spans:
        if start < taken_until:
            yield weekday, index, "The interval overlaps the one before it."
        taken_until = max(taken_until, start + length)


class OpenTime:
    """The open seconds between instants of a range of local days, by prefix sums over its opening intervals."""

    def __init__(self, hours: BusinessHours, zone: tzinfo, first: Day, last: Day) -> None:
        """Prepares the days `first` to `last`; spans outside them count as closed."""
        merged: list[list[Instant]] = []
        for opens, closes in sorted(_intervals(hours, zone, first, last)):
            if merged and opens <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], closes)
            else:
                merged.append([opens, closes])
        self._opens = [opens for opens, _ in merged]
        self._closes = [closes for _, closes in merged]
        self._before = [0, *accumulate(closes - opens for opens, closes in merged)]

    def between(self, start: Instant, end: Instant) -> int:
        """Open seconds of `[start, end)`; 0 when the end is not after the start."""
        return max(0, self._until(end) - self._until(start))

    def _until(self, instant: Instant) -> int:
        position = bisect_right(self._opens, instant)
        if position == 0:
            return 0
        shut = max(0, self._closes[position - 1] - instant)
        return self._before[position] - shut


def _intervals(hours: BusinessHours, zone: tzinfo, first: Day, last: Day) -> Iterator[tuple[Instant, Instant]]:
    # Two days early: an interval that crosses midnight reaches into the first day, and a zone may skip a day.
    for day in map(Day, range(first - 2, last + 1)):
        if day in hours.holidays:
            continue
        for opens, closes in hours.weekly[(day - 1) % 7]:
            start = wall_time(zone, day, opens)
            end = wall_time(zone, day if closes > opens else day + 1, closes)
            if start < end:
                yield start, end


def wall_time(zone: tzinfo, day: Day, minute: int = 0) -> Instant:
    """The instant of a local wall time: the first of two; a missing one with the offset before the change."""
    local = datetime.combine(date.fromordinal(day), time(), zone) + timedelta(minutes=minute)
    return Instant(local.timestamp())
