"""What comes of a client's tickets at each date: five factors and the signal of urgent ones."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise, repeat
from operator import sub
from typing import Final, NamedTuple

from chalicelib.domain import deduction
from chalicelib.domain.facts import Client, Day, Instant, Tickets
from chalicelib.domain.moment import local_day
from chalicelib.domain.settings import ScoringSettings
from chalicelib.domain.walk.columns import Ages, Column, Points, Tally, aged
from chalicelib.domain.walk.dates import Dates
from chalicelib.domain.weighted import OLD_TICKET_SECONDS, urgent_points

INACTIVITY_AGES: Final[Ages] = ((0, 0), *((days + 1, -points) for days, points in deduction.INACTIVITY_TIERS))

# Few numbers come again and again, and a look at the memory is cheaper than the rule.
_volume = lru_cache(maxsize=10_000)(deduction.volume_points)
_open = lru_cache(maxsize=10_000)(deduction.open_points)


class TicketColumns(NamedTuple):
    """Points of the factors of `deduction.TICKET_FACTORS`, and of the signal of open P1 and P2 tickets."""

    volume: Column
    response: Column
    overdue: Column
    open: Column
    inactivity: Points
    urgent: Column


def ticket_columns(
    tickets: Tickets, client: Client, settings: ScoringSettings, dates: Dates, *, ticket_source: bool
) -> TicketColumns:
    """The points at each date; `ticket_source` says whether tickets are known of at all (`settings.TICKETS`)."""
    created = tickets.created
    # How many were created before an instant is the row of the next one.
    before = list(map(bisect_left, repeat(created), dates.as_ofs))
    window = list(map(bisect_left, repeat(created), dates.window_starts))
    previous = map(bisect_left, repeat(created), dates.previous_starts)
    opened = list(map(bisect_right, repeat(dates.as_ofs), created))
    overdue, still_open, urgent = _open_tickets(tickets, opened, settings, dates)
    return TicketColumns(
        volume=list(map(_volume, map(sub, before, window), map(sub, window, previous))),
        response=_responses(tickets, opened, dates),
        overdue=overdue,
        open=still_open,
        inactivity=aged(
            dates, _newest(created, before, client, dates, ticket_source=ticket_source), INACTIVITY_AGES, 0
        ),
        urgent=urgent,
    )


def _open_tickets(
    tickets: Tickets, opened: Sequence[int], settings: ScoringSettings, dates: Dates
) -> tuple[Column, Column, Column]:
    """Points for overdue, open and urgent tickets: each counts from a place to the place where it is closed."""
    closed = tickets.closed
    if settings.ticket_open_until == "resolved":
        closed = list(map(min, closed, tickets.resolved))
    is_open, is_overdue, is_urgent, is_old = (Tally(dates) for _ in range(4))
    for row, (start, end) in enumerate(zip(opened, map(bisect_right, repeat(dates.as_ofs), closed), strict=True)):
        if start >= end:
            continue
        is_open.add(start, end)
        is_overdue.add(max(start, dates.after(tickets.due[row])), end)
        if tickets.priority[row] <= 2:
            is_urgent.add(start, end)
            is_old.add(max(start, dates.after(tickets.created[row] + OLD_TICKET_SECONDS)), end)
    return (
        [-deduction.OVERDUE_POINTS * count for count in is_overdue.column()],
        list(map(_open, is_open.column())),
        list(map(_urgent, is_urgent.column(), is_old.column())),
    )


@lru_cache(maxsize=10_000)
def _urgent(tickets: int, old: int) -> int:
    return urgent_points(tickets, old > 0)


def _responses(tickets: Tickets, opened: Sequence[int], dates: Dates) -> Column:
    """Points for the mean first response: an answer counts from its date until its ticket leaves the window."""
    answered, seconds = Tally(dates), Tally(dates)
    rows = zip(
        tickets.created,
        tickets.first_response,
        map(max, opened, map(bisect_right, repeat(dates.as_ofs), tickets.first_response)),
        map(bisect_right, repeat(dates.window_starts), tickets.created),
        strict=True,
    )
    for created, response, start, end in rows:
        if start < end:
            answered.add(start, end)
            seconds.add(start, end, _elapsed(created, response, dates))
    counts = answered.column()
    taken = seconds.column()
    points: Column = []
    known = (-1, -1)
    for now in zip(taken, counts, strict=True):
        if now != known:
            known = now
            latest = deduction.response_points(*now)
        points.append(latest)
    return points


def _elapsed(created: Instant, response: Instant, dates: Dates) -> int:
    """Seconds of a first response; an impossible time counts as none."""
    if dates.open_time is not None:
        return dates.open_time.between(created, response)
    return max(0, response - created)


def _newest(
    created: Sequence[Instant], before: Sequence[int], client: Client, dates: Dates, *, ticket_source: bool
) -> Iterator[tuple[int, Day | None]]:
    """From which place on which day is that of the newest ticket; before any, the day since which one is missing."""
    since = client.client_since if ticket_source else None
    zone = dates.moments[0].zone
    for place, (earlier, count) in enumerate(pairwise([-1, *before])):
        if count != earlier:
            yield place, local_day(created[count - 1], zone) if count else since
