"""One plain sentence for every factor and signal, with the fact in it: who knows the rules reaches its points from it
(scoring.md, Sentences)."""

from collections.abc import Collection, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple

from chalicelib.domain.deduction import FACTORS, RESPONSE_TIERS, VOLUME_TIERS, Activity, Standing
from chalicelib.domain.facts import Number
from chalicelib.domain.moment import SECONDS_PER_DAY
from chalicelib.domain.rounding import MOST_DECIMALS, number, rounded, same_side
from chalicelib.domain.settings import SIGNALS, TICKETS
from chalicelib.domain.weighted import (
    GROWTH_ABOVE,
    GROWTH_FROM,
    OLD_TICKET_DAYS,
    OVER_CONTRACT_TIERS,
    SAME_STAFF,
    SURVEY_SCALES,
    UNDER_CONTRACT_TIERS,
    UTILIZATION_TIERS,
    Reading,
    SurveyLevel,
    Tiers,
)

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
    text = f"{count_of(activity.tickets, 'ticket')} in the last {days} days, {against}"
    change = activity.tickets - activity.previous_tickets
    if not change or not activity.previous_tickets:
        return text
    percent = Fraction(100 * change, activity.previous_tickets)
    return f"{text} ({number(percent, _bounds(VOLUME_TIERS), 1, signed=True)}%)"


def _response(activity: Activity, days: int) -> str:
    if not activity.answered:
        return f"no ticket of the last {days} days was answered yet"
    hours = number(Fraction(activity.response_seconds, 3600 * activity.answered), _bounds(RESPONSE_TIERS), 2)
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
    tickets = count_of(count, "open P1/P2 ticket")
    return f"{tickets}, {'the oldest ' if count > 1 else ''}open {age_of(oldest)}"


def age_of(seconds: int) -> str:
    """The age of an open ticket in days, on the side of its threshold."""
    days = number(Fraction(seconds, SECONDS_PER_DAY), (OLD_TICKET_DAYS,), 0)
    return f"{days} {'day' if days == '1' else 'days'}"


def _surveys(reading: Reading) -> str:
    if reading.points is None:
        return "fewer than 3 survey responses in a year"
    return "; ".join(_survey(kind, survey) for kind, survey in reading.facts)


class _Unit(NamedTuple):
    """How the level of a kind of survey is written."""

    before: str
    after: str
    signed: bool


_UNITS: Final = {"CSAT": _Unit("CSAT ", "% satisfied", signed=False), "NPS": _Unit("NPS ", "", signed=True)}


def _survey(kind: str, survey: SurveyLevel) -> str:
    """The level, and where it came from: what is shown of both, and their difference, leads to the points."""
    unit, scale = _UNITS[kind], SURVEY_SCALES[kind]
    level, before = survey.level, survey.before
    bounds = _bounds(scale.tiers)
    over = f"over {count_of(survey.responses, 'response')} of {survey.days} days"
    if before is None:
        return f"{unit.before}{number(level, bounds, 0, signed=unit.signed)}{unit.after} {over}"
    trend = (scale.better, -scale.worse, -scale.much_worse)
    for shown, shown_before in _shown(level, before):
        if same_side(level, shown, bounds) and same_side(level - before, shown - shown_before, trend):
            now = f"{shown:+}" if unit.signed else f"{shown}"
            moved = f"{abs(shown - shown_before)}" if shown != shown_before else ""
            break
    else:
        now, shown_before = number(level, bounds, 0, signed=unit.signed), rounded(before, MOST_DECIMALS)
        moved = number(abs(level - before), [abs(bound) for bound in trend], 0)
    was = f"{shown_before:+}" if unit.signed else f"{shown_before}%"
    way = f"{moved} points {'up' if level > before else 'down'} from {was}" if moved else "as before"
    return f"{unit.before}{now}{unit.after}, {way}, {over}"


def _shown(level: Fraction, before: Fraction) -> Iterator[tuple[Decimal, Decimal]]:
    """A level and the one before with ever more decimals; last with their difference rounded, not the one before: two
    numbers that are rounded by themselves may differ by a threshold that they are not apart."""
    for decimals in range(MOST_DECIMALS + 1):
        yield rounded(level, decimals), rounded(before, decimals)
    shown = rounded(level, MOST_DECIMALS)
    yield shown, shown - rounded(level - before, MOST_DECIMALS)


def _utilization(reading: Reading) -> str:
    if reading.points is None:
        return "no budget in the last 3 full months"
    hours, budget, months = reading.facts
    deviation = _deviation(Fraction(100 * (hours - budget), budget), UTILIZATION_TIERS)
    return f"billable hours {deviation} the budget of {count_of(months, 'month')}"


def _deviation(percent: Fraction, over: Tiers, under: Tiers = ()) -> str:
    """A percentage over or under something, as in `12.5% over`."""
    side, tiers = ("over", over) if percent >= 0 else ("under", under)
    return f"{number(abs(percent), (0, *_bounds(tiers)), 1)}% {side}"


def _bounds(tiers: Tiers) -> list[int]:
    return [bound for bound, _ in tiers]


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
    score = Fraction(reading.value)
    half_way = score.numerator // score.denominator + Fraction(1, 2)
    decimals = min(MOST_DECIMALS, len(number_text(reading.value).partition(".")[2]))
    return f"standardization score {number(score, (half_way,), decimals)}, assessed {days_of(reading.facts[0])} ago"


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
    percent = 100 * (Fraction(used) - Fraction(contracted)) / Fraction(contracted)
    deviation = _deviation(percent, OVER_CONTRACT_TIERS, UNDER_CONTRACT_TIERS)
    return f"{number_text(used)} used of {number_text(contracted)} contracted, {deviation}"


def _growth(reading: Reading) -> str:
    if reading.points is None:
        return "no headcounts to compare"
    before, now, days = reading.facts
    return f"{count_of(now, 'employee')} against {before}, {days} days before ({_staff_change(now - before, before)})"


def _staff_change(change: int, before: int) -> str:
    if abs(change) <= SAME_STAFF:
        return "one more" if change > 0 else "one fewer" if change else "as many"
    percent = Fraction(100 * change, before)
    return f"{number(percent, (0, *_bounds(GROWTH_FROM), *_bounds(GROWTH_ABOVE)), 1, signed=True)}%"


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
