"""Hours between a ticket's creation and its first response, by walking every local day in between."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from tests.reference.inputs import from_local, local_date

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _clock(text: str) -> time:
    return time(int(text[:2]), int(text[3:]))


def _interval(on: date, start: str, end: str, time_zone: str) -> tuple[datetime, datetime]:
    opens = from_local(on, _clock(start), time_zone)
    if end == "24:00":
        closes = from_local(on + timedelta(days=1), time(0, 0), time_zone)
    elif end < start:
        closes = from_local(on + timedelta(days=1), _clock(end), time_zone)
    else:
        closes = from_local(on, _clock(end), time_zone)
    return opens, closes


def open_intervals(
    first: date, last: date, business_hours: Mapping[str, Any], time_zone: str
) -> list[tuple[datetime, datetime]]:
    """The open intervals, in UTC, that start on the local days `first` to `last`, holidays left out."""
    intervals = []
    on = first
    while on <= last:
        if on.isoformat() not in business_hours["holidays"]:
            for start, end in business_hours["weekly"].get(WEEKDAYS[on.weekday()], []):
                opens, closes = _interval(on, start, end, time_zone)
                if closes > opens:
                    intervals.append((opens, closes))
        on += timedelta(days=1)
    return intervals


def response_hours(
    created: datetime, answered: datetime, business_hours: Mapping[str, Any], time_zone: str
) -> Fraction:
    """Hours of `[created, answered)`: open hours when business hours are on, else elapsed; never negative."""
    if answered <= created:
        return Fraction(0)
    in_use = business_hours["enabled"] and any(business_hours["weekly"].values())
    if not in_use:
        return _hours(answered - created)

    first = local_date(created, time_zone) - timedelta(days=3)
    last = local_date(answered, time_zone) + timedelta(days=3)
    total = timedelta(0)
    counted_until = created
    for opens, closes in sorted(open_intervals(first, last, business_hours, time_zone)):
        start = max(opens, counted_until)
        end = min(closes, answered)
        if end > start:
            total += end - start
            counted_until = end
    return _hours(total)


def _hours(elapsed: timedelta) -> Fraction:
    return Fraction(elapsed.days * 86_400 + elapsed.seconds, 3_600)
