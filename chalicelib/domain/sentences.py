"""One plain sentence for every factor and signal, with the fact in it."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any, Final

from chalicelib.domain.deduction import FACTORS, Activity, Standing
from chalicelib.domain.facts import Number
from chalicelib.domain.settings import SIGNALS, TICKETS
from chalicelib.domain.weighted import Reading

FACTOR_LABELS: Final = dict(
    zip(
        FACTORS,
        (
            "Ticket volume",
            "First response time",
            "Overdue tickets",
            "Open tickets",
            "Days since last activity",
            "Active contract",
        ),
        strict=True,
    )
)

SIGNAL_LABELS: Final = dict(
    zip(
        SIGNALS,
        (
            "Open P1/P2 tickets",
            "CSAT / NPS trend",
            "Billable hours vs budget",
            "Days since last QBR",
            "Days since last decision-maker contact",
            "Stack standardization",
            "Payment health",
            "Contract utilization variance",
            "Employee growth",
        ),
        strict=True,
    )
)


def count_of(number: int, noun: str) -> str:
    """`1 ticket`, `2 tickets`, `no tickets`."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def days_of(number: int) -> str:
    """`0 days`, `1 day`, `2 days`."""
    return f"{number} day{'' if number == 1 else 's'}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def factor_values(activity: Activity, standing: Standing) -> tuple[Any, ...]:
    """The raw value of each factor: percent, hours, counts, days, number of active contracts."""
    return (
        activity.percent_change,
        activity.response_hours,
        standing.overdue_tickets,
        standing.open_tickets,
        standing.inactivity_days,
        standing.active_contracts,
    )


def factor_sentences(activity: Activity, standing: Standing, days: int, connected: Collection[str]) -> tuple[str, ...]:
    """A sentence per factor, in the order of FACTORS; `days` is the length of the window."""
    return tuple(
        map(
            _sentence,
            (
                _volume(activity, days),
                _response(activity, days),
                f"{count_of(standing.overdue_tickets, 'open ticket')} past the due date",
                count_of(standing.open_tickets, "open ticket"),
                _inactivity(standing, ticket_source=TICKETS in connected),
                _contracts(standing),
            ),
        )
    )


def _volume(activity: Activity, days: int) -> str:
    against = f"against {activity.previous_tickets} in the {days} days before"
    change = activity.percent_change
    share = "" if not change else f" ({change:+}%)"
    return f"{count_of(activity.tickets, 'ticket')} in the last {days} days, {against}{share}"


def _response(activity: Activity, days: int) -> str:
    hours = activity.response_hours
    if hours is None:
        return f"no ticket of the last {days} days was answered yet"
    answered = count_of(activity.answered, "answered ticket")
    return f"first response after {hours} h on average, over {answered} of the last {days} days"


def _inactivity(standing: Standing, *, ticket_source: bool) -> str:
    if standing.last_activity_days is not None:
        return f"the newest ticket is {days_of(standing.last_activity_days)} old"
    if not ticket_source:
        return "no ticket source is connected: nothing is known of the last activity"
    if standing.inactivity_days is not None:
        return f"no ticket ever, a client for {days_of(standing.inactivity_days)}"
    return "no ticket ever, and the client's start is unknown"


def _contracts(standing: Standing) -> str:
    expiring = ", one of them ending within 30 days without a renewal" if standing.contract_expiring else ""
    return f"{count_of(standing.active_contracts, 'active contract')}{expiring}"


def signal_sentences(readings: tuple[Reading, ...]) -> tuple[str, ...]:
    """A sentence per signal, in table order, whether or not its source is connected."""
    return tuple(
        _sentence(_SIGNAL_SENTENCES[signal](reading)) for signal, reading in zip(SIGNALS, readings, strict=True)
    )


def _open_p1_p2(reading: Reading) -> str:
    count, oldest = reading.facts
    if not count:
        return "no open P1/P2 ticket"
    return f"{count_of(count, 'open P1/P2 ticket')}, {'the oldest ' if count > 1 else ''}open {days_of(oldest)}"


def _surveys(reading: Reading) -> str:
    if reading.points is None:
        return "fewer than 3 survey responses in a year"
    parts = []
    for kind, survey in reading.facts:
        level = round(survey.level)
        text = f"CSAT {level}% satisfied" if kind == "CSAT" else f"NPS {level:+d}"
        if survey.before is not None:
            text += f" (before: {round(survey.before)}{'%' if kind == 'CSAT' else ''})"
        parts.append(f"{text} over {count_of(survey.responses, 'response')} of {survey.days} days")
    return "; ".join(parts)


def _utilization(reading: Reading) -> str:
    if reading.points is None:
        return "no budget in the last 3 full months"
    side = "under" if reading.value < 0 else "over"
    return f"billable hours {abs(reading.value)}% {side} the budget of {count_of(reading.facts[0], 'month')}"


def _qbr(reading: Reading) -> str:
    return _days_since(reading, "last QBR", "no QBR yet")


def _contact(reading: Reading) -> str:
    return _days_since(reading, "last contact with a decision-maker", "no contact with a decision-maker yet")


def _days_since(reading: Reading, event: str, never: str) -> str:
    if reading.value is None:
        return f"{never}, and the client's start is unknown"
    if reading.facts[0]:
        return f"{event} {days_of(reading.value)} ago" if reading.value else f"{event} today"
    return f"{never}, a client for {days_of(reading.value)}"


def _stack(reading: Reading) -> str:
    if reading.points is None:
        return "no assessment in the last 365 days"
    return f"standardization score {number_text(reading.value)}, assessed {days_of(reading.facts[0])} ago"


def _payments(reading: Reading) -> str:
    if reading.points is None:
        return "no invoice yet"
    if not reading.value:
        return "no invoice overdue"
    overdue = count_of(reading.facts[0], "overdue invoice")
    return f"{overdue}, {'the oldest ' if reading.facts[0] > 1 else ''}{days_of(reading.value)} past due"


def _variance(reading: Reading) -> str:
    if reading.points is None:
        return "no reconciliation to compare with"
    used, contracted = reading.facts
    side = "under" if reading.value < 0 else "over"
    return f"{number_text(used)} used of {number_text(contracted)} contracted, {abs(reading.value)}% {side}"


def _growth(reading: Reading) -> str:
    if reading.points is None:
        return "no headcounts to compare"
    before, now, days = reading.facts
    return f"{count_of(now, 'employee')} against {before}, {days} days before ({reading.value:+}%)"


def number_text(value: Number) -> str:
    """A quantity without superfluous zeros."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


_SIGNAL_SENTENCES: Final = dict(
    zip(
        SIGNALS,
        (_open_p1_p2, _surveys, _utilization, _qbr, _contact, _stack, _payments, _variance, _growth),
        strict=True,
    )
)
