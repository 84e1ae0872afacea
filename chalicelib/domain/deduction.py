"""Model `deduction`, "Client Health": 100 minus points for warning signs (scoring.md, Client Health)."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import compress
from operator import sub
from typing import Final, Literal, NamedTuple

from chalicelib.domain.facts import Contract, Facts, Instant, Invoice, Qbr, Tickets
from chalicelib.domain.moment import Moment
from chalicelib.domain.rounding import clamp, decimal_places

FACTORS: Final = (
    "ticket_volume",
    "first_response",
    "overdue_tickets",
    "open_tickets",
    "inactivity",
    "active_contract",
)

TICKET_FACTORS: Final = FACTORS[:5]
"""The factors that come of tickets."""

HEALTHY_FROM: Final = 70
AT_RISK_FROM: Final = 40
"""The status bands of this model are fixed; the thresholds of the settings belong to the weighted model."""

Tiers = tuple[tuple[int, int], ...]
"""Pairs of what is to be exceeded and the points that it costs, mildest first; the last that is exceeded counts."""

FROM_NOTHING_POINTS: Final = 5
VOLUME_TIERS: Final[Tiers] = ((0, 5), (25, 10), (50, 15))
"""By percent up."""
RESPONSE_TIERS: Final[Tiers] = ((4, 5), (8, 10), (24, 20))
"""By hours."""
OVERDUE_POINTS: Final = 5
"""For each ticket."""
OPEN_TIERS: Final[Tiers] = ((2, 5), (5, 10), (10, 15))
INACTIVITY_TIERS: Final[Tiers] = ((30, 5), (60, 10), (90, 20))
"""By days."""
CONTRACT_BONUS: Final = 5

HIGH_VOLUME_PERCENT: Final = 50
SLOW_RESPONSE_HOURS: Final = 8
INACTIVE_DAYS: Final = 60
EXPIRING_DAYS: Final = 30

REVENUE_STATUSES: Final = frozenset({"PAID", "PARTIAL"})
QBR_OUTCOMES: Final = frozenset({"COMPLETED", "CANCELLED"})

Status = Literal["HEALTHY", "AT_RISK", "CRITICAL"]
STATUSES: Final[tuple[Status, ...]] = ("HEALTHY", "AT_RISK", "CRITICAL")
STATUS_LABELS: Final[dict[Status, str]] = {"HEALTHY": "Healthy", "AT_RISK": "At Risk", "CRITICAL": "Critical"}


MOST_CURRENCIES: Final = 24
"""Currencies of one client's revenue that are shown, those of most invoices: a page's rows must stay one item."""


class Standing(NamedTuple):
    """What holds at `as_of` whatever the window: counts, local calendar days, contracts."""

    open_tickets: int
    overdue_tickets: int
    last_activity_days: int | None
    inactivity_days: int | None
    active_contracts: int
    contract_expiring: bool
    qbrs_cancelled: bool = False


class Activity(NamedTuple):
    """What happened in one window: tickets created in it and before it, answers (whole seconds in all), revenue."""

    tickets: int
    previous_tickets: int
    answered: int
    response_seconds: int
    revenue: tuple[tuple[str, int], ...] = ()

    @property
    def direction(self) -> Literal["up", "down", "flat"]:
        if self.tickets == self.previous_tickets:
            return "flat"
        return "up" if self.tickets > self.previous_tickets else "down"

    @property
    def percent_change(self) -> Decimal | None:
        """Change against the previous window in percent, one decimal; None from 0 to more."""
        if self.previous_tickets == 0:
            return Decimal("0.0") if self.tickets == 0 else None
        return decimal_places(100 * (self.tickets - self.previous_tickets), self.previous_tickets, 1)

    @property
    def response_hours(self) -> Decimal | None:
        """Mean first-response time in hours, two decimals; None when nothing was answered."""
        return decimal_places(self.response_seconds, self.answered * 3600, 2) if self.answered else None

    def rose_by_more_than(self, percent: int) -> bool:
        """Whether volume is up by more than a percentage; from nothing there is no percentage."""
        return self.previous_tickets > 0 and 100 * self.tickets > (100 + percent) * self.previous_tickets

    def responds_slower_than(self, hours: int) -> bool:
        return self.response_seconds > hours * 3600 * self.answered


@dataclass(frozen=True, slots=True)
class DeductionResult:
    """Score 0–100, and the points of each factor in the order of FACTORS (the last one is a bonus)."""

    score: int
    points: tuple[int, ...]

    @property
    def status(self) -> Status:
        return status_of(self.score)


def status_of(score: int) -> Status:
    """The status of a score; the bands are fixed."""
    if score >= HEALTHY_FROM:
        return "HEALTHY"
    return "AT_RISK" if score >= AT_RISK_FROM else "CRITICAL"


def open_ticket_rows(tickets: Tickets, as_of: int, open_until: Literal["closed", "resolved"]) -> list[int]:
    """Rows of the tickets that are open at `as_of`: created, and not closed (or, by setting, resolved) before it."""
    created = bisect_left(tickets.created, as_of)
    closed = tickets.closed[:created]
    if open_until == "resolved":
        closed = list(map(min, closed, tickets.resolved))
    return [row for row, instant in enumerate(closed) if instant >= as_of]


def overdue_rows(tickets: Tickets, open_rows: Sequence[int], as_of: int) -> list[int]:
    """Rows of the open tickets that were due before `as_of`."""
    due = tickets.due
    return [row for row in open_rows if due[row] < as_of]


def newest_row(tickets: Tickets, as_of: int) -> int | None:
    """The row of the newest ticket that was created before `as_of`."""
    rows = bisect_left(tickets.created, as_of)
    return rows - 1 if rows else None


def is_active(contract: Contract, today: int) -> bool:
    return contract.status == "ACTIVE" and contract.start <= today <= contract.end


def standing(facts: Facts, open_rows: Sequence[int], moment: Moment, *, ticket_source: bool) -> Standing:
    """The client's standing at the moment; `open_rows` as `open_ticket_rows` gives them.

    Without a ticket source (`settings.TICKETS`) nobody knows of a client's activity, so none is missing.
    """
    tickets, client = facts.tickets, facts.client
    newest = newest_row(tickets, moment.as_of)
    last_activity = None if newest is None else moment.days_since(tickets.created[newest])
    inactivity = last_activity
    if inactivity is None and ticket_source and client.client_since is not None:
        inactivity = moment.today - client.client_since
    today = moment.today
    signed = [contract for contract in facts.contracts if contract.status == "ACTIVE"]
    active = [contract for contract in signed if is_active(contract, today)]
    return Standing(
        open_tickets=len(open_rows),
        overdue_tickets=len(overdue_rows(tickets, open_rows, moment.as_of)),
        last_activity_days=last_activity,
        inactivity_days=inactivity,
        active_contracts=len(active),
        contract_expiring=any(c.end - today <= EXPIRING_DAYS and not _is_secured(c, signed) for c in active),
        qbrs_cancelled=_newest_are_cancelled(facts.qbrs, today),
    )


def _is_secured(contract: Contract, signed: Sequence[Contract]) -> bool:
    """Whether another signed contract of the client goes on where this one ends: by name, or from the day after."""
    return any(
        other.end > contract.end and (other.renews == contract.id or other.start == contract.end + 1)
        for other in signed
        if other.id != contract.id
    )


def _newest_are_cancelled(qbrs: Sequence[Qbr], today: int) -> bool:
    """Whether the two newest QBRs that were to be held by today were both cancelled."""
    past = sorted((q.held, q.id, q.status) for q in qbrs if q.held <= today and q.status in QBR_OUTCOMES)
    return [status for *_, status in past[-2:]] == ["CANCELLED", "CANCELLED"]


def activities(facts: Facts, moment: Moment) -> tuple[Activity, ...]:
    """What happened in the window of each period, in the order of PERIODS.

    All windows end at `as_of`, so what is known of the longest one's tickets serves the others too.
    """
    created, first_response = facts.tickets.created, facts.tickets.first_response
    windows = moment.windows.values()
    end = bisect_left(created, moment.as_of)
    first = bisect_left(created, min([window.start for window in windows]), hi=end)
    answered, seconds = _responses(created[first:end], first_response[first:end], moment)
    paid = [invoice for invoice in facts.invoices if invoice.status in REVENUE_STATUSES]
    found = []
    for window in windows:
        start = bisect_left(created, window.start, first, end)
        previous = bisect_left(created, window.previous_start, hi=start)
        revenue = _revenue(paid, window.first_day, window.last_day)
        place = start - first
        found.append(
            Activity(
                tickets=end - start,
                previous_tickets=start - previous,
                answered=sum(answered[place:]),
                response_seconds=sum(seconds[place:]),
                revenue=revenue,
            )
        )
    return tuple(found)


def _responses(opened: Sequence[Instant], responses: Sequence[Instant], moment: Moment) -> tuple[list[bool], list[int]]:
    """Of each ticket, whether it is answered, and after how many seconds (0 where it is not)."""
    answered = list(map(moment.as_of.__gt__, responses))
    if moment.open_time is not None:
        between = moment.open_time.between
        return answered, [
            between(opening, response) if done else 0
            for opening, response, done in zip(opened, responses, answered, strict=True)
        ]
    # An impossible time counts as none (scoring.md, Impossible times).
    elapsed = map(sub, responses, opened)
    return answered, [seconds if done and seconds > 0 else 0 for seconds, done in zip(elapsed, answered, strict=True)]


def _revenue(paid: Sequence[Invoice], first: int, last: int) -> tuple[tuple[str, int], ...]:
    sums: dict[str, int] = {}
    for invoice in paid:
        if first <= invoice.issued <= last:
            paid_total = invoice.amount if invoice.paid_total is None else invoice.paid_total
            sums[invoice.currency] = sums.get(invoice.currency, 0) + paid_total
    if len(sums) > MOST_CURRENCIES:
        used = Counter(invoice.currency for invoice in paid if first <= invoice.issued <= last)
        sums = {currency: sums[currency] for currency in sorted(sums, key=lambda c: (-used[c], c))[:MOST_CURRENCIES]}
    return tuple(sorted(sums.items()))


def score(activity: Activity, standing: Standing) -> DeductionResult:
    """The score of a window: 100 plus all points, clamped once, after the bonus."""
    points = (
        volume_points(activity.tickets, activity.previous_tickets),
        response_points(activity.response_seconds, activity.answered),
        -OVERDUE_POINTS * standing.overdue_tickets,
        open_points(standing.open_tickets),
        -_tier(standing.inactivity_days or 0, INACTIVITY_TIERS),
        CONTRACT_BONUS if standing.active_contracts else 0,
    )
    return combine(points)


def combine(points: tuple[int, ...]) -> DeductionResult:
    """The result of the points of all factors."""
    return DeductionResult(clamp(100 + sum(points)), points)


def volume_points(tickets: int, previous: int) -> int:
    """Points for the tickets of a window, and of the one before it."""
    if previous == 0:
        return -FROM_NOTHING_POINTS if tickets else 0
    return -_tier(100 * (tickets - previous), VOLUME_TIERS, per=previous)


def response_points(seconds: int, answered: int) -> int:
    """Points for the answers of a window, and the seconds that they took in all."""
    return -_tier(seconds, RESPONSE_TIERS, per=3600 * answered)


def open_points(tickets: int) -> int:
    """Points for open tickets."""
    return -_tier(tickets, OPEN_TIERS)


def _tier(value: int, tiers: Tiers, *, per: int = 1) -> int:
    """The points of the highest tier whose threshold value / per exceeds, else 0."""
    reached = 0
    for threshold, points in tiers:
        if value > threshold * per:
            reached = points
    return reached


INDICATOR_LABELS: Final = {
    "high_ticket_volume": "High Ticket Volume Increase",
    "overdue_tickets": "Overdue Tickets",
    "slow_response": "Slow Response Time",
    "no_recent_activity": "No Recent Activity",
    "contract_expiring": "Contract Expiring Soon",
    "qbrs_cancelled": "QBRs Not Held",
}


def risk_indicators(activity: Activity, standing: Standing) -> tuple[str, ...]:
    """Codes of the indicators that hold for a client in a window, in the order of the panel."""
    held = (
        activity.rose_by_more_than(HIGH_VOLUME_PERCENT),
        standing.overdue_tickets >= 1,
        activity.responds_slower_than(SLOW_RESPONSE_HOURS),
        (standing.inactivity_days or 0) > INACTIVE_DAYS,
        standing.contract_expiring,
        standing.qbrs_cancelled,
    )
    return tuple(compress(INDICATOR_LABELS, held))
