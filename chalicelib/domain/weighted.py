"""Model `weighted`, "Health Score": nine signals of 0–100 points and their combination (scoring.md, Health Score).

Each signal is one function of the facts; it returns a Reading: the raw value, the points (None: no data) and what its
sentence needs. Combining is a function of points and settings alone, so that a preview never reads facts.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import Any, Final, Literal, NamedTuple

from chalicelib.domain.deduction import open_ticket_rows
from chalicelib.domain.facts import (
    Assessment,
    BillableMonth,
    Day,
    Facts,
    Headcount,
    Instant,
    Invoice,
    Number,
    Qbr,
    Reconciliation,
    Survey,
    Tickets,
    Touchpoint,
)
from chalicelib.domain.moment import SECONDS_PER_DAY, Moment
from chalicelib.domain.rounding import clamp, decimal_places, round_half_away
from chalicelib.domain.settings import (
    FIRM_COVERAGE,
    FULL_WEIGHT,
    MINIMUM_COVERAGE,
    REMEMBERED_SOURCES,
    SIGNAL_SOURCE,
    ScoringSettings,
)

BILLED_STATUSES: Final = frozenset({"SENT", "PARTIAL", "PAID"})

Tiers = tuple[tuple[int, int], ...]
"""Pairs of an inclusive bound and the points of what lies within it; what lies within none has points of its own."""

URGENT_POINTS: Final = (100, 80, 60, 30)
"""By how many P1/P2 tickets are open; the last one for more, too."""
OLD_TICKET_DAYS: Final = 7
OLD_TICKET_POINTS: Final = 20
OLD_TICKET_SECONDS: Final = OLD_TICKET_DAYS * SECONDS_PER_DAY

UTILIZATION_TIERS: Final[Tiers] = ((10, 100), (25, 60))
UTILIZATION_BEYOND: Final = 20
QBR_TIERS: Final[Tiers] = ((89, 100), (120, 70), (180, 40))
QBR_BEYOND: Final = 10
CONTACT_TIERS: Final[Tiers] = ((30, 100), (60, 75), (90, 45))
CONTACT_BEYOND: Final = 15
PAYMENT_TIERS: Final[Tiers] = ((0, 100), (30, 75), (60, 45), (90, 20))
PAYMENT_BEYOND: Final = 0
OVER_CONTRACT_TIERS: Final[Tiers] = ((10, 100), (25, 60))
OVER_CONTRACT_BEYOND: Final = 20
UNDER_CONTRACT_TIERS: Final[Tiers] = ((10, 100), (33, 70))
UNDER_CONTRACT_BEYOND: Final = 30

SAME_STAFF: Final = 1
"""A change of at most so many people is none, whatever its percentage."""
SAME_STAFF_POINTS: Final = 70
GROWTH_FROM: Final[Tiers] = ((10, 100), (2, 85))
GROWTH_ABOVE: Final[Tiers] = ((-2, 70), (-10, 45), (-25, 20))
"""Unlike the tiers before it, these do not include their bound."""
GROWTH_BELOW: Final = 5

SURVEY_LOWEST: Final = 10
TREND_BETTER: Final = 10
TREND_WORSE: Final = 15
TREND_MUCH_WORSE: Final = 30
SURVEY_WINDOWS: Final = (90, 180, 365)
SURVEY_MINIMUM: Final = 3
ASSESSMENT_DAYS: Final = 365
HEADCOUNT_DAYS: Final = 400

Band = Literal["GREEN", "YELLOW", "RED", "INSUFFICIENT_DATA"]
BANDS: Final[tuple[Band, ...]] = ("GREEN", "YELLOW", "RED")
BAND_LABELS: Final[dict[Band, str]] = {
    "GREEN": "Healthy",
    "YELLOW": "Needs attention",
    "RED": "At risk",
    "INSUFFICIENT_DATA": "Insufficient data",
}
BAND_ADVICE: Final[dict[Band, str]] = {
    "GREEN": "No immediate action needed",
    "YELLOW": "Review signals and schedule outreach",
    "RED": "Immediate intervention required",
    "INSUFFICIENT_DATA": "Connect more sources or record more facts",
}

Points = Sequence[int | None]
"""Points of the nine signals in table order; None where there is no data."""


class Reading(NamedTuple):
    """A signal as measured: its points, its raw value for people, and the facts that its sentence states."""

    points: int | None
    value: Any = None
    facts: tuple[Any, ...] = ()


NO_DATA: Final = Reading(None)


def _tier(value: int, tiers: Sequence[tuple[int, int]], beyond: int, *, per: int = 1) -> int:
    """The points of the first tier whose inclusive upper bound holds value / per, else `beyond`; `per` is above 0."""
    for bound, points in tiers:
        if value <= bound * per:
            return points
    return beyond


def _in_one_unit(numbers: Iterable[Number]) -> list[int]:
    """Exact numbers as integers of the largest unit that measures them all: ten times faster than `Fraction`."""
    ratios = [number.as_integer_ratio() for number in numbers]
    unit = lcm(*(denominator for _, denominator in ratios))
    return [numerator * (unit // denominator) for numerator, denominator in ratios]


def urgent_rows(tickets: Tickets, open_rows: Sequence[int]) -> list[int]:
    """Rows of the open P1 and P2 tickets, the oldest first."""
    return [row for row in open_rows if tickets.priority[row] <= 2]


def open_p1_p2_tickets(facts: Facts, open_rows: Sequence[int], moment: Moment) -> Reading:
    urgent = urgent_rows(facts.tickets, open_rows)
    age = moment.as_of - facts.tickets.created[urgent[0]] if urgent else 0
    return Reading(urgent_points(len(urgent), age > OLD_TICKET_SECONDS), len(urgent), (len(urgent), age))


def urgent_points(tickets: int, old: bool) -> int:
    """Points for the open P1 and P2 tickets, and for an old one among them."""
    return max(0, URGENT_POINTS[min(tickets, 3)] - (OLD_TICKET_POINTS if old else 0))


class SurveyLevel(NamedTuple):
    """Responses of one kind in the window that holds enough of them: the sum of their opinions, how many they are, and
    the same of the window before (0 responses: not enough)."""

    total: int
    responses: int
    total_before: int
    responses_before: int
    days: int

    @property
    def level(self) -> Fraction:
        """The mean opinion, in percent."""
        return Fraction(100 * self.total, self.responses)

    @property
    def before(self) -> Fraction | None:
        """The level of the window before; None where it holds too few responses."""
        return Fraction(100 * self.total_before, self.responses_before) if self.responses_before else None


def _satisfied(scores: Iterable[int]) -> int:
    """How many answers are satisfied (4–5)."""
    return sum([score >= 4 for score in scores])


def _promoters(scores: Iterable[int]) -> int:
    """Promoters (9–10) less detractors (0–6)."""
    return sum([(score >= 9) - (score <= 6) for score in scores])


class SurveyScale(NamedTuple):
    """How a kind of survey turns into points: sum of its opinions, tiers, what is a better or worse trend."""

    total: Callable[[Iterable[int]], int]
    tiers: tuple[tuple[int, int], ...]
    better: int
    worse: int
    much_worse: int


SURVEY_SCALES: Final = {
    "CSAT": SurveyScale(
        total=_satisfied, tiers=((95, 100), (85, 85), (75, 65), (60, 40)), better=5, worse=5, much_worse=15
    ),
    "NPS": SurveyScale(
        total=_promoters, tiers=((50, 100), (30, 85), (0, 65), (-30, 40)), better=10, worse=10, much_worse=30
    ),
}


def csat_nps_trend(facts: Facts, moment: Moment) -> Reading:
    measured = {kind: survey for kind in SURVEY_SCALES if (survey := survey_level(facts.surveys, kind, moment))}
    return survey_reading(measured) if measured else NO_DATA


def survey_reading(measured: Mapping[str, SurveyLevel]) -> Reading:
    """The reading of what was measured, by kind; at least one."""
    points = [survey_points(survey, SURVEY_SCALES[kind]) for kind, survey in measured.items()]
    value = {kind.lower(): round_half_away(100 * s.total, s.responses) for kind, s in measured.items()}
    return Reading(round_half_away(sum(points), len(points)), value, tuple(measured.items()))


def survey_level(surveys: Iterable[Survey], wanted: str, moment: Moment) -> SurveyLevel | None:
    """What the responses of a kind come to in the first window that holds enough of them; None: none does."""
    return level_of(survey_answers(surveys, wanted), SURVEY_SCALES[wanted], moment.as_of)


def survey_answers(surveys: Iterable[Survey], wanted: str) -> list[tuple[Instant, int]]:
    """The responses of a kind as (when, score), the oldest first."""
    return sorted([(responded, score) for _, kind, score, responded in surveys if kind == wanted])


def level_of(answers: Sequence[tuple[Instant, int]], scale: SurveyScale, as_of: Instant) -> SurveyLevel | None:
    """The same of a kind's responses in their order."""
    end = bisect_left(answers, (as_of, -1))
    for days in SURVEY_WINDOWS:
        start = as_of - days * SECONDS_PER_DAY
        first = bisect_left(answers, (start, -1), hi=end)
        if end - first >= SURVEY_MINIMUM:
            earlier = answers[bisect_left(answers, (start - days * SECONDS_PER_DAY, -1), hi=first) : first]
            enough = len(earlier) >= SURVEY_MINIMUM
            return SurveyLevel(
                total=scale.total([score for _, score in answers[first:end]]),
                responses=end - first,
                total_before=scale.total([score for _, score in earlier]) if enough else 0,
                responses_before=len(earlier) if enough else 0,
                days=days,
            )
    return None


def survey_points(survey: SurveyLevel, scale: SurveyScale) -> int:
    """Points for the level of a kind of survey and its trend."""
    total, count, total_before, count_before, _ = survey
    points = next((points for bound, points in scale.tiers if 100 * total >= bound * count), SURVEY_LOWEST)
    if count_before:
        change, per = 100 * (total * count_before - total_before * count), count * count_before
        if change >= scale.better * per:
            points += TREND_BETTER
        elif change <= -scale.much_worse * per:
            points -= TREND_MUCH_WORSE
        elif change <= -scale.worse * per:
            points -= TREND_WORSE
    return clamp(points)


def budgeted_months(facts: Facts, moment: Moment) -> list[BillableMonth]:
    """Those of the last three full calendar months that have a budget."""
    current = moment.month
    recent = [month for month in facts.billable_months if current - 3 <= month.month < current]
    last = {month.month: month for month in sorted(recent)}  # of a month's records the highest id alone counts
    return [month for month in last.values() if month.budget is not None and month.budget > 0]


def billable_utilization(facts: Facts, moment: Moment) -> Reading:
    budgeted = budgeted_months(facts, moment)
    if not budgeted:
        return NO_DATA
    amounts = _in_one_unit([*(month.hours for month in budgeted), *(month.budget or 0 for month in budgeted)])
    hours, budget = sum(amounts[: len(budgeted)]), sum(amounts[len(budgeted) :])
    over = 100 * (hours - budget)
    points = _tier(over, UTILIZATION_TIERS, UTILIZATION_BEYOND, per=budget)
    return Reading(points, decimal_places(over, budget, 1), (hours, budget, len(budgeted)))


def last_qbr(qbrs: Iterable[Qbr], today: Day) -> Qbr | None:
    """The newest completed QBR."""
    held = [qbr for qbr in qbrs if qbr.status == "COMPLETED" and qbr.held <= today]
    return max(held, key=lambda qbr: (qbr.held, qbr.id), default=None)


def days_since_qbr(facts: Facts, moment: Moment) -> Reading:
    qbr = last_qbr(facts.qbrs, moment.today)
    return _days_since(None if qbr is None else qbr.held, facts, moment, QBR_TIERS, QBR_BEYOND)


def last_contact(facts: Facts, moment: Moment) -> tuple[Touchpoint | Qbr, Day] | None:
    """The newest touchpoint with, or completed QBR attended by, a decision-maker, and its local day; of one day the
    touchpoint."""
    touched = [t for t in facts.touchpoints if t.decision_maker and t.occurred < moment.as_of]
    touchpoint = max(touched, key=lambda t: (t.occurred, t.id), default=None)
    qbr = last_qbr([qbr for qbr in facts.qbrs if qbr.decision_maker], moment.today)
    if touchpoint is None:
        return None if qbr is None else (qbr, qbr.held)
    day = moment.today - moment.days_since(touchpoint.occurred)
    return (qbr, qbr.held) if qbr is not None and qbr.held > day else (touchpoint, day)


def days_since_decision_maker_contact(facts: Facts, moment: Moment) -> Reading:
    contact = last_contact(facts, moment)
    return _days_since(None if contact is None else contact[1], facts, moment, CONTACT_TIERS, CONTACT_BEYOND)


def _days_since(
    day: int | None, facts: Facts, moment: Moment, tiers: Sequence[tuple[int, int]], beyond: int
) -> Reading:
    """Points for the days since an event; never: since the client is one; unknown: the lowest."""
    since = day if day is not None else facts.client.client_since
    if since is None:
        return Reading(beyond, None, (False,))
    elapsed = moment.today - since
    return Reading(_tier(elapsed, tiers, beyond), elapsed, (day is not None,))


def newest_assessment(facts: Facts, moment: Moment) -> Assessment | None:
    """The newest assessment; None where it is too old to count."""
    done = [a for a in facts.assessments if a.completed <= moment.today]
    newest = max(done, key=lambda a: (a.completed, a.id), default=None)
    return None if newest is None or moment.today - newest.completed > ASSESSMENT_DAYS else newest


def stack_standardization(facts: Facts, moment: Moment) -> Reading:
    newest = newest_assessment(facts, moment)
    if newest is None:
        return NO_DATA
    points = round_half_away(*newest.score.as_integer_ratio())
    return Reading(points, newest.score, (moment.today - newest.completed,))


def billed_invoices(invoices: Iterable[Invoice], today: Day) -> list[Invoice]:
    """The invoices that were issued by today and stand."""
    return [i for i in invoices if i.status in BILLED_STATUSES and i.issued <= today]


def payment_health(facts: Facts, moment: Moment) -> Reading:
    today = moment.today
    billed = billed_invoices(facts.invoices, today)
    if not billed:
        return NO_DATA
    due = past_due(billed, today)
    late = today - min([invoice.due for invoice in due]) if due else 0
    return Reading(_tier(late, PAYMENT_TIERS, PAYMENT_BEYOND), late, (len(due),))


def past_due(billed: Iterable[Invoice], today: Day) -> list[Invoice]:
    """Those of a client's billed invoices that are unpaid past their due date."""
    return [invoice for invoice in billed if invoice.due < today and is_unpaid(invoice, today)]


def is_unpaid(invoice: Invoice, today: Day) -> bool:
    """Whether something of an invoice is still owed; an invoice of nothing never is."""
    if invoice.amount == 0:
        return False
    if invoice.status == "PAID":
        return invoice.paid is not None and invoice.paid > today
    return invoice.balance != 0


def last_reconciliation(facts: Facts, moment: Moment) -> Reconciliation | None:
    """The newest reconciliation, whatever it says."""
    done = [r for r in facts.reconciliations if r.completed <= moment.today]
    return max(done, key=lambda r: (r.completed, r.id), default=None)


def newest_reconciliation(facts: Facts, moment: Moment) -> Reconciliation | None:
    """The newest reconciliation; None where nothing is contracted."""
    newest = last_reconciliation(facts, moment)
    return None if newest is None or newest.contracted == 0 else newest


def contract_utilization_variance(facts: Facts, moment: Moment) -> Reading:
    newest = newest_reconciliation(facts, moment)
    if newest is None:
        return NO_DATA
    used, contracted = _in_one_unit((newest.used, newest.contracted))
    over = 100 * (used - contracted)
    if over >= 0:
        points = _tier(over, OVER_CONTRACT_TIERS, OVER_CONTRACT_BEYOND, per=contracted)
    else:
        points = _tier(-over, UNDER_CONTRACT_TIERS, UNDER_CONTRACT_BEYOND, per=contracted)
    return Reading(points, decimal_places(over, contracted, 1), (newest.used, newest.contracted))


def compared_headcounts(facts: Facts, moment: Moment) -> tuple[Headcount, Headcount] | None:
    """The earlier headcount and the newest one; None where there are no two to compare."""
    counts = sorted((h for h in facts.headcounts if h.recorded <= moment.today), key=lambda h: (h.recorded, h.id))
    by_day = {headcount.recorded: headcount for headcount in counts}  # the highest id of a day alone counts
    if not by_day or moment.today - max(by_day) > HEADCOUNT_DAYS:
        return None
    newest = max(by_day)
    base = max((day for day in by_day if newest - day >= 365), default=None)
    if base is None:
        base = min((day for day in by_day if newest - day >= 90), default=None)
    return None if base is None or by_day[base].employees == 0 else (by_day[base], by_day[newest])


def employee_growth(facts: Facts, moment: Moment) -> Reading:
    compared = compared_headcounts(facts, moment)
    if compared is None:
        return NO_DATA
    base, newest = compared
    before, now = base.employees, newest.employees
    points = _growth_points(now - before, before)
    elapsed = newest.recorded - base.recorded
    return Reading(points, decimal_places(100 * (now - before), before, 1), (before, now, elapsed))


def _growth_points(change: int, before: int) -> int:
    if abs(change) <= SAME_STAFF:
        return SAME_STAFF_POINTS
    percent = 100 * change
    for bound, points in GROWTH_FROM:
        if percent >= bound * before:
            return points
    for bound, points in GROWTH_ABOVE:
        if percent > bound * before:
            return points
    return GROWTH_BELOW


def readings(facts: Facts, open_rows: Sequence[int], moment: Moment) -> tuple[Reading, ...]:
    """All nine signals in table order, computed whether or not their source is connected."""
    return (
        open_p1_p2_tickets(facts, open_rows, moment),
        csat_nps_trend(facts, moment),
        billable_utilization(facts, moment),
        days_since_qbr(facts, moment),
        days_since_decision_maker_contact(facts, moment),
        stack_standardization(facts, moment),
        payment_health(facts, moment),
        contract_utilization_variance(facts, moment),
        employee_growth(facts, moment),
    )


@dataclass(frozen=True, slots=True)
class WeightedResult:
    """The combination of nine points under settings.

    `ratio` is the unrounded score as (numerator, denominator) and `score` that value rounded, both None below the
    needed coverage; `coverage` is in hundredths of a percent point; `present` tells per signal whether it counts.
    """

    score: int | None
    ratio: tuple[int, int] | None
    coverage: int
    present: tuple[bool, ...]

    @property
    def exact(self) -> Fraction | None:
        """The unrounded score."""
        return None if self.ratio is None else Fraction(*self.ratio)

    @property
    def provisional(self) -> bool:
        return self.score is not None and self.coverage < FIRM_COVERAGE


def present_signals(points: Points, connected: Sequence[str]) -> tuple[bool, ...]:
    """Per signal, whether it has points and its source is connected."""
    counts = _connected_signals(tuple(connected))
    return tuple([point is not None and each for point, each in zip(points, counts, strict=True)])


@lru_cache(maxsize=1 << len(REMEMBERED_SOURCES))
def _connected_signals(connected: tuple[str, ...]) -> tuple[bool, ...]:
    return tuple(source in connected for source in SIGNAL_SOURCE)


def covered(present: Sequence[bool], settings: ScoringSettings) -> int:
    """Σ weights of the signals that count."""
    return sum([weight for weight, counts in zip(settings.weights, present, strict=True) if counts])


def whole_weight(present: Sequence[bool], settings: ScoringSettings) -> int:
    """What a signal's weight is a share of: all weights, or those of the signals that count; never 0."""
    return FULL_WEIGHT if settings.missing_signals == "neutral_50" else covered(present, settings) or FULL_WEIGHT


def combine(points: Points, connected: Sequence[str], settings: ScoringSettings) -> WeightedResult:
    """The score of nine points under settings: round(Σ points × weight / Σ weight)."""
    present = present_signals(points, connected)
    coverage = covered(present, settings)
    enough = coverage >= MINIMUM_COVERAGE if settings.missing_signals == "redistribute" else coverage > 0
    if not enough:
        return WeightedResult(None, None, coverage, present)
    ratio = combination_ratio(points, present, settings)
    return WeightedResult(round_half_away(*ratio), ratio, coverage, present)


def exact_combination(points: Points, present: Sequence[bool], settings: ScoringSettings) -> Fraction:
    """The exact combination over the signals that count, whatever their coverage; 0 if no weight counts."""
    return Fraction(*combination_ratio(points, present, settings))


def combination_ratio(points: Points, present: Sequence[bool], settings: ScoringSettings) -> tuple[int, int]:
    """The same as numerator and denominator, for those who only round it."""
    total, weight = 0, 0
    for point, signal_weight, counts in zip(points, settings.weights, present, strict=True):
        if counts and point is not None:
            total += point * signal_weight
            weight += signal_weight
    if settings.missing_signals == "neutral_50":
        return total + 50 * (FULL_WEIGHT - weight), FULL_WEIGHT
    return (total, weight) if weight else (0, 1)


def exact_hundredths(exact: Fraction) -> int:
    """The unrounded score in hundredths, cut to two decimals."""
    return int(100 * exact)


def contributions(
    points: Points, result: WeightedResult, settings: ScoringSettings
) -> tuple[int, ...] | tuple[None, ...]:
    """What each signal contributes to the exact score, in hundredths.

    points × effective weight, brought to two decimals by largest remainder (ties: table order) so that they sum to the
    score cut to two decimals. All None without a score.
    """
    if result.exact is None:
        return (None,) * len(settings.weights)
    neutral = settings.missing_signals == "neutral_50"
    whole = whole_weight(result.present, settings)
    shares = []
    for point, weight, counts in zip(points, settings.weights, result.present, strict=True):
        counted = (point if counts and point is not None else 50 if neutral else 0) * weight
        shares.append(divmod(100 * counted, whole))
    cents = [quotient for quotient, _ in shares]
    rest = exact_hundredths(result.exact) - sum(cents)
    by_remainder = sorted(range(len(shares)), key=lambda index: -shares[index][1])
    for index in by_remainder[:rest]:
        cents[index] += 1
    return tuple(cents)


def band_of(score: int | None, settings: ScoringSettings) -> Band:
    """The band of a score under the settings' thresholds."""
    if score is None:
        return "INSUFFICIENT_DATA"
    if score >= settings.green_threshold:
        return "GREEN"
    return "YELLOW" if score >= settings.yellow_threshold else "RED"


def score(facts: Facts, connected: Sequence[str], settings: ScoringSettings, moment: Moment) -> WeightedResult:
    """The model as one function of (facts, settings, moment)."""
    open_rows = open_ticket_rows(facts.tickets, moment.as_of, settings.ticket_open_until)
    points = [reading.points for reading in readings(facts, open_rows, moment)]
    return combine(points, connected, settings)
