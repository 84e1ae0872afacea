"""The instant a score is computed for, and the local calendar around it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

from chalicelib.domain.business_hours import BusinessHours, OpenTime, wall_time
from chalicelib.domain.facts import Day, Instant, Timestamp
from chalicelib.domain.times import midnight

SECONDS_PER_DAY = 86_400

AHEAD_SECONDS = 300
"""How far another's clock may be ahead of ours."""

PERIODS: dict[str, int] = {"7d": 7, "30d": 30, "90d": 90, "12m": 365}
"""Selectable windows of the Client Health page, in days."""

DEFAULT_PERIOD = "30d"

NIGHT_HOUR: Final = 2
"""The hour, UTC, at which the schedule fires and whose instant a night is as of."""


@dataclass(frozen=True, slots=True)
class Window:
    """`[start, as_of)`, the equally long `[previous_start, start)`, and the days whose local midnight lies in it."""

    previous_start: Instant
    start: Instant
    first_day: Day
    last_day: Day


@dataclass(frozen=True, slots=True)
class Moment:
    """`as_of` with everything that depends on it alone, computed once for all clients."""

    as_of: Instant
    zone: tzinfo
    today: Day
    windows: dict[str, Window]
    open_time: OpenTime | None

    @classmethod
    def at(
        cls,
        as_of: Instant,
        zone: tzinfo,
        hours: BusinessHours | None = None,
        periods: Iterable[str] = tuple(PERIODS),
    ) -> "Moment":
        """The moment `as_of` in a zone, with the windows of some periods; response times are measured against `hours`
        if those count."""
        windows = {period: _window(as_of, PERIODS[period], zone) for period in periods}
        today = local_day(as_of, zone)
        open_time = None
        if hours is not None and hours.counts:
            # First responses are measured for tickets of the longest window only.
            earliest = min(window.start for window in windows.values())
            open_time = OpenTime(hours, zone, local_day(earliest, zone), today)
        return cls(as_of, zone, today, windows, open_time)

    def days_since(self, instant: Instant) -> int:
        """Local calendar days between an instant and today."""
        return self.today - local_day(instant, self.zone)

    def midnights(self, days: int, hours: BusinessHours | None = None) -> Iterator["Moment"]:
        """The moments at which the local days after today begin, with the default window alone.

        A day that the zone leaves out has none; of one that begins twice it is the first.
        """
        open_time = None
        if hours is not None and hours.counts:
            earliest = self.as_of - PERIODS[DEFAULT_PERIOD] * SECONDS_PER_DAY
            open_time = OpenTime(hours, self.zone, local_day(earliest, self.zone), self.today + days)
        for day in map(Day, range(self.today + 1, self.today + days + 1)):
            begins = Moment.at(wall_time(self.zone, day), self.zone, periods=(DEFAULT_PERIOD,))
            if begins.today == day:
                yield replace(begins, open_time=open_time)

    @property
    def month(self) -> int:
        """The current local month, counted as in `facts.BillableMonth`."""
        local = datetime.fromtimestamp(self.as_of, self.zone)
        return local.year * 12 + local.month - 1


def is_ahead(moment: Timestamp, now: Instant) -> bool:
    """Whether a moment lies further in the future than clocks differ."""
    return moment > now + AHEAD_SECONDS


def local_day(instant: Instant, zone: tzinfo) -> Day:
    """The local calendar day of an instant."""
    return Day(datetime.fromtimestamp(instant, zone).toordinal())


class Night(NamedTuple):
    """A local date and the `as_of` of its night."""

    date: Day
    as_of: Instant


def nights(zone: tzinfo, first: Day, last: Day) -> Iterator[Night]:
    """The nights of the local dates `first` to `last`, oldest first.

    A date that no night falls on gets none, as where clocks go forward over it; of two with one local date the first
    counts.
    """
    reached = first - 1
    for day in map(Day, range(first - 1, last + 2)):
        as_of = midnight(day) + NIGHT_HOUR * 3600
        date = local_day(as_of, zone)
        if reached < date <= last:
            reached = date
            yield Night(date, as_of)


def _window(as_of: Instant, days: int, zone: tzinfo) -> Window:
    length = days * SECONDS_PER_DAY
    start = as_of - length
    return Window(start - length, start, _first_midnight(start, zone), _first_midnight(as_of, zone) - 1)


def _first_midnight(instant: Instant, zone: tzinfo) -> Day:
    """The first day whose local midnight is at or after an instant."""
    # From the day before: where a zone skips a day, two days have the same midnight.
    day = local_day(instant, zone) - 1
    while wall_time(zone, day) < instant:
        day += 1
    return day
