"""The dates of a walk through time: their nights, and everything that depends on the dates alone."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from chalicelib.domain.business_hours import BusinessHours, OpenTime
from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.moment import DEFAULT_PERIOD, PERIODS, SECONDS_PER_DAY, Moment, Night, local_day

WINDOW_SECONDS: Final = PERIODS[DEFAULT_PERIOD] * SECONDS_PER_DAY


@dataclass(frozen=True, slots=True)
class Dates:
    """The nights that a walk passes, made once for all clients of a tenant.

    A date is told by its place among them, from 0. What holds from some instant or day on holds from a place on:
    `after` and `from_day` find it; `len(dates)` stands for a place that is never reached.
    """

    days: Sequence[Day]
    as_ofs: Sequence[Instant]
    window_starts: Sequence[Instant]
    """Where the window of the default period begins, for each date; the one before it in `previous_starts`."""
    previous_starts: Sequence[Instant]
    moments: Sequence[Moment]
    """Without windows and business hours."""
    month_starts: Sequence[int]
    """The places at which the local month is another than at the date before; the first of them is 0."""
    open_time: OpenTime | None

    @classmethod
    def of(cls, passed: Sequence[Night], zone: tzinfo, hours: BusinessHours | None = None) -> "Dates":
        """The dates of some nights, oldest first, at least one; response times are measured against `hours` if those
        count."""
        as_ofs = [night.as_of for night in passed]
        starts = [as_of - WINDOW_SECONDS for as_of in as_ofs]
        moments = [Moment.at(as_of, zone, periods=()) for as_of in as_ofs]
        months = [moment.month for moment in moments]
        changes = [place for place, month in enumerate(months) if place == 0 or month != months[place - 1]]
        open_time = None
        if hours is not None and hours.counts:
            open_time = OpenTime(hours, zone, local_day(starts[0], zone), passed[-1].date)
        return cls(
            days=[night.date for night in passed],
            as_ofs=as_ofs,
            window_starts=starts,
            previous_starts=[start - WINDOW_SECONDS for start in starts],
            moments=moments,
            month_starts=changes,
            open_time=open_time,
        )

    def __len__(self) -> int:
        return len(self.days)

    def after(self, instant: Instant) -> int:
        """The first place whose `as_of` is after an instant: from there on, what happened then counts."""
        return bisect_right(self.as_ofs, instant)

    def from_day(self, day: Day) -> int:
        """The first place on or after a day."""
        return bisect_left(self.days, day)
