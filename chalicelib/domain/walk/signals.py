"""What comes of a client's other facts at each date: one factor and eight signals."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from chalicelib.domain import weighted
from chalicelib.domain.deduction import CONTRACT_BONUS
from chalicelib.domain.facts import Contract, Day, Facts, Invoice, Qbr, Survey
from chalicelib.domain.moment import SECONDS_PER_DAY, Moment, local_day
from chalicelib.domain.rounding import round_half_away
from chalicelib.domain.walk.columns import Ages, Column, Points, Tally, aged, stepwise
from chalicelib.domain.walk.dates import Dates


def _ages(tiers: weighted.Tiers, beyond: int) -> Ages:
    """Tiers of days, each with its inclusive upper bound, by the age at which they begin."""
    bounds, points = zip(*tiers, strict=True)
    return tuple(zip((0, *(bound + 1 for bound in bounds)), (*points, beyond), strict=True))


QBR_AGES: Final = _ages(weighted.QBR_TIERS, weighted.QBR_BEYOND)
CONTACT_AGES: Final = _ages(weighted.CONTACT_TIERS, weighted.CONTACT_BEYOND)
PAYMENT_AGES: Final = _ages(weighted.PAYMENT_TIERS, weighted.PAYMENT_BEYOND)

WINDOW_BOUNDS: Final = sorted({0, *(days * times for days in weighted.SURVEY_WINDOWS for times in (1, 2))})
"""How many days back the windows of surveys, and those before them, begin and end."""


def contract_bonus(contracts: Iterable[Contract], dates: Dates) -> Column:
    """Points for an active contract at each date."""
    active = Tally(dates)
    for contract in contracts:
        if contract.status == "ACTIVE":
            active.add(dates.from_day(contract.start), dates.from_day(contract.end + 1))
    return [CONTRACT_BONUS if count else 0 for count in active.column()]


def surveys(responses: Sequence[Survey], dates: Dates) -> Points:
    """Points of `csat_nps_trend` at each date."""
    return list(map(_mean, *(_surveys_of(responses, kind, dates) for kind in weighted.SURVEY_SCALES)))


@lru_cache(maxsize=20_000)
def _mean(*points: int | None) -> int | None:
    known = [each for each in points if each is not None]
    return round_half_away(sum(known), len(known)) if known else None


def _surveys_of(responses: Iterable[Survey], kind: str, dates: Dates) -> Points:
    answers, scale = weighted.survey_answers(responses, kind), weighted.SURVEY_SCALES[kind]
    changes = {dates.after(at + back * SECONDS_PER_DAY) for at, _ in answers for back in WINDOW_BOUNDS}

    def points_at(place: int) -> int | None:
        level = weighted.level_of(answers, scale, dates.as_ofs[place])
        return None if level is None else weighted.survey_points(level, scale)

    return stepwise(dates, changes, points_at)


def days_since_qbr(facts: Facts, dates: Dates) -> Points:
    """Points at each date."""
    held = [(dates.from_day(day), day) for day in _completed(facts.qbrs)]
    return aged(dates, [(0, facts.client.client_since), *held], QBR_AGES, weighted.QBR_BEYOND)


def _completed(qbrs: Iterable[Qbr]) -> list[Day]:
    return sorted(qbr.held for qbr in qbrs if qbr.status == "COMPLETED")


def decision_maker_contact(facts: Facts, dates: Dates) -> Points:
    """Points of `days_since_decision_maker_contact` at each date."""
    return aged(dates, _contacts(facts, dates), CONTACT_AGES, weighted.CONTACT_BEYOND)


def _contacts(facts: Facts, dates: Dates) -> Iterator[tuple[int, Day | None]]:
    """From which place on which day is that of the newest contact: the later of a touchpoint's and a QBR's."""
    zone = dates.moments[0].zone
    met = sorted((touch.occurred, touch.id) for touch in facts.touchpoints if touch.decision_maker)
    touched = [(dates.after(at), local_day(at, zone), True) for at, _ in met]
    held = [(dates.from_day(day), day, False) for day in _completed(q for q in facts.qbrs if q.decision_maker)]
    touch: Day | None = None
    qbr: Day | None = None
    yield 0, facts.client.client_since
    # A touchpoint's local day may be before that of an earlier one, where clocks went back over midnight.
    for place, day, is_touchpoint in sorted([*touched, *held], key=lambda event: event[0]):
        if is_touchpoint:
            touch = day
        else:
            qbr = day
        yield place, max(known for known in (touch, qbr) if known is not None)


def payment_health(invoices: Iterable[Invoice], dates: Dates) -> Points:
    """Points at each date: those of the oldest of the invoices that are unpaid past their due date."""
    billed = [invoice for invoice in invoices if invoice.status in weighted.BILLED_STATUSES]
    first = min((dates.from_day(invoice.issued) for invoice in billed), default=len(dates))
    column: Points = [None] * first + [PAYMENT_AGES[0][1]] * (len(dates) - first)
    # The one that was due first decides, so it is the last to be written over the others.
    for invoice in sorted(billed, key=lambda invoice: -invoice.due):
        end = _paid_at(invoice, dates)
        start = dates.from_day(max(invoice.issued, invoice.due + 1))
        for age, points in PAYMENT_AGES[1:]:
            late = max(start, dates.from_day(invoice.due + age))
            if late < end:
                column[late:end] = [points] * (end - late)
    return column


def _paid_at(invoice: Invoice, dates: Dates) -> int:
    """The place from which nothing of an invoice is owed."""
    if invoice.status == "PAID":
        return dates.from_day(invoice.paid) if invoice.paid is not None and invoice.amount else 0
    return len(dates) if weighted.is_unpaid(invoice, dates.days[0]) else 0


def rarely(
    facts: Facts, dates: Dates, signal: Callable[[Facts, Moment], weighted.Reading], changes: Iterable[int]
) -> Points:
    """Points of a signal that changes at a few places only."""
    return stepwise(dates, changes, lambda place: signal(facts, dates.moments[place]).points)


def billable_utilization(facts: Facts, dates: Dates) -> Points:
    """Points at each date."""
    if not facts.billable_months:
        return [None] * len(dates)
    return rarely(facts, dates, weighted.billable_utilization, dates.month_starts)


def stack_standardization(facts: Facts, dates: Dates) -> Points:
    """Points at each date."""
    done = [assessment.completed for assessment in facts.assessments]
    return rarely(facts, dates, weighted.stack_standardization, _with_end(done, weighted.ASSESSMENT_DAYS, dates))


def contract_utilization_variance(facts: Facts, dates: Dates) -> Points:
    """Points at each date."""
    changes = [dates.from_day(reconciliation.completed) for reconciliation in facts.reconciliations]
    return rarely(facts, dates, weighted.contract_utilization_variance, changes)


def employee_growth(facts: Facts, dates: Dates) -> Points:
    """Points at each date."""
    recorded = [headcount.recorded for headcount in facts.headcounts]
    return rarely(facts, dates, weighted.employee_growth, _with_end(recorded, weighted.HEADCOUNT_DAYS, dates))


def _with_end(days: Iterable[Day], length: int, dates: Dates) -> Iterator[int]:
    """The places from which facts count, and from which they are too old for it."""
    for day in days:
        yield dates.from_day(day)
        yield dates.from_day(day + length + 1)
