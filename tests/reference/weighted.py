"""Model `weighted`: nine signals of 0–100 points, one function each, combined by configurable weights."""

from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.reference.inputs import (
    SIGNAL_SOURCE,
    Record,
    Settings,
    client_record,
    client_since,
    day,
    days_since,
    exact,
    facts,
    instant,
    is_open,
    known_by_date,
    known_by_instant,
    known_tickets,
    local_date,
    one_per,
    rounded_integer,
    window,
)

# A signal is (raw value, points); points null: no data. Ratios are exact fractions, levels are percentages.
Signal = tuple[Any, int | None]


# ---- the nine signals ----------------------------------------------------------------------------------


def open_p1_p2_tickets(tickets: Sequence[Record], settings: Settings, as_of: datetime) -> Signal:
    """Value: how many are open."""
    urgent = [t for t in tickets if t["priority"] in ("P1", "P2") and is_open(t, settings, as_of)]
    points = {0: 100, 1: 80, 2: 60}.get(len(urgent), 30)
    if any(as_of - instant(t["created_at"]) > timedelta(hours=168) for t in urgent):
        points = max(0, points - 20)
    return len(urgent), points


def csat_percent(scores: Sequence[Fraction]) -> Fraction:
    return Fraction(100 * sum(4 <= score <= 5 for score in scores), len(scores))


def nps_percent(scores: Sequence[Fraction]) -> Fraction:
    promoters = sum(score >= 9 for score in scores)
    detractors = sum(score <= 6 for score in scores)
    return Fraction(100 * (promoters - detractors), len(scores))


def csat_level_points(level: Fraction) -> int:
    if level >= 95:
        return 100
    if level >= 85:
        return 85
    if level >= 75:
        return 65
    if level >= 60:
        return 40
    return 10


def nps_level_points(level: Fraction) -> int:
    if level >= 50:
        return 100
    if level >= 30:
        return 85
    if level >= 0:
        return 65
    if level >= -30:
        return 40
    return 10


def trend_points(change: Fraction, better: int, worse: int, much_worse: int) -> int:
    if change >= better:
        return 10
    if change <= -much_worse:
        return -30
    if change <= -worse:
        return -15
    return 0


def survey_kind(surveys: Sequence[Record], kind: str, as_of: datetime) -> dict[str, Any] | None:
    """One kind's window, level, trend and points (0–100); null when no window holds three responses."""

    def scores_in(span: tuple[datetime, datetime]) -> list[Fraction]:
        start, end = span
        return [
            exact(survey["score"])
            for survey in surveys
            if survey["kind"] == kind and start <= instant(survey["responded_at"]) < end
        ]

    for days in (90, 180, 365):
        scores = scores_in(window(as_of, days))
        if len(scores) < 3:
            continue
        before = scores_in(window(as_of, days, back=1))
        if kind == "CSAT":
            level = csat_percent(scores)
            points = csat_level_points(level)
            change = level - csat_percent(before) if len(before) >= 3 else None
            trend = trend_points(change, 5, 5, 15) if change is not None else 0
        else:
            level = nps_percent(scores)
            points = nps_level_points(level)
            change = level - nps_percent(before) if len(before) >= 3 else None
            trend = trend_points(change, 10, 10, 30) if change is not None else 0
        return {
            "days": days,
            "responses": len(scores),
            "level": level,
            "change": change,
            "points": max(0, min(100, points + trend)),
        }
    return None


def csat_nps_trend(surveys: Sequence[Record], as_of: datetime) -> Signal:
    """Value: `{"CSAT": …, "NPS": …}`, each as `survey_kind` gives it."""
    kinds = {kind: survey_kind(surveys, kind, as_of) for kind in ("CSAT", "NPS")}
    points = [found["points"] for found in kinds.values() if found is not None]
    if not points:
        return kinds, None
    return kinds, rounded_integer(Fraction(sum(points), len(points)))


def last_full_months(today: date) -> list[str]:
    """The three calendar months before the month of `today`, as `YYYY-MM`."""
    months = []
    year, month = today.year, today.month
    for _ in range(3):
        month -= 1
        if month == 0:
            year, month = year - 1, 12
        months.append(f"{year:04d}-{month:02d}")
    return months


def billable_utilization(months: Sequence[Record], today: date) -> Signal:
    """Value: (hours − budget) / budget."""
    by_month = one_per("month", months)
    hours, budget = Fraction(0), Fraction(0)
    for month in last_full_months(today):
        record = by_month.get(month)
        month_budget = exact(record["budget_hours"]) if record and record.get("budget_hours") else Fraction(0)
        if record is not None and month_budget > 0:
            hours += exact(record["billable_hours"])
            budget += month_budget
    if budget == 0:
        return None, None
    over = (hours - budget) / budget
    if over <= Fraction(10, 100):
        return over, 100
    if over <= Fraction(25, 100):
        return over, 60
    return over, 20


def days_since_qbr(completed: Sequence[Record], since: date | None, today: date) -> Signal:
    """Value: days since the last completed QBR, or else since the client's start."""
    held = [day(qbr["held_on"]) for qbr in completed]
    days = days_since(max(held) if held else since, today)
    if days is None:
        return None, 10
    if days < 90:
        return days, 100
    if days <= 120:
        return days, 70
    if days <= 180:
        return days, 40
    return days, 10


def decision_maker_contacts(completed: Sequence[Record], touchpoints: Sequence[Record], time_zone: str) -> list[date]:
    """Local dates of touchpoints with, and completed QBRs attended by, a decision-maker."""
    attended = [day(qbr["held_on"]) for qbr in completed if qbr.get("decision_maker_present")]
    touched = [
        local_date(instant(touchpoint["occurred_at"]), time_zone)
        for touchpoint in touchpoints
        if touchpoint["with_decision_maker"]
    ]
    return attended + touched


def days_since_decision_maker_contact(contacts: Sequence[date], since: date | None, today: date) -> Signal:
    """Value: days since the last contact, or else since the client's start."""
    days = days_since(max(contacts) if contacts else since, today)
    if days is None:
        return None, 15
    if days <= 30:
        return days, 100
    if days <= 60:
        return days, 75
    if days <= 90:
        return days, 45
    return days, 15


def newest_assessment(assessments: Sequence[Record]) -> Record | None:
    by_date = one_per("completed_on", assessments)
    return by_date[max(by_date)] if by_date else None


def is_stale(assessment: Record, today: date) -> bool:
    return (today - day(assessment["completed_on"])).days > 365


def stack_standardization(assessments: Sequence[Record], today: date) -> Signal:
    """Value: the newest assessment's score, unless it is stale."""
    newest = newest_assessment(assessments)
    if newest is None or is_stale(newest, today):
        return None, None
    score = exact(newest["standardization_score"])
    return score, max(0, min(100, rounded_integer(score)))


def payment_health(invoices: Sequence[Record], today: date) -> Signal:
    """Value: days past due of the oldest unpaid invoice, 0 when none is."""
    issued = [i for i in invoices if i["status"] in ("SENT", "PARTIAL", "PAID")]
    if not issued:
        return None, None
    overdue_days = [0]
    for invoice in issued:
        if exact(invoice["total"]["amount"]) == 0:
            continue
        if invoice["status"] == "PAID":
            unpaid = bool(invoice.get("paid_on")) and day(invoice["paid_on"]) > today
        else:
            unpaid = invoice.get("balance") is None or exact(invoice["balance"]) > 0
        if unpaid:
            overdue_days.append((today - day(invoice["due_on"])).days)
    oldest = max(overdue_days)
    if oldest == 0:
        return oldest, 100
    if oldest <= 30:
        return oldest, 75
    if oldest <= 60:
        return oldest, 45
    if oldest <= 90:
        return oldest, 20
    return oldest, 0


def contract_utilization_variance(reconciliations: Sequence[Record]) -> Signal:
    """Value: (used − contracted) / contracted of the newest reconciliation."""
    by_date = one_per("completed_on", reconciliations)
    if not by_date:
        return None, None
    newest = by_date[max(by_date)]
    contracted = exact(newest["contracted_quantity"])
    if contracted == 0:
        return None, None
    variance = (exact(newest["used_quantity"]) - contracted) / contracted
    if Fraction(-10, 100) <= variance <= Fraction(10, 100):
        return variance, 100
    if variance > 0:
        return variance, 60 if variance <= Fraction(25, 100) else 20
    return variance, 70 if variance >= Fraction(-33, 100) else 30


def employee_growth(headcounts: Sequence[Record], today: date) -> Signal:
    """Value: relative change of the newest headcount against its base."""
    by_date = {day(text): record for text, record in one_per("recorded_on", headcounts).items()}
    if not by_date:
        return None, None
    newest = max(by_date)
    if (today - newest).days > 400:
        return None, None
    a_year_older = [on for on in by_date if (newest - on).days >= 365]
    a_quarter_older = [on for on in by_date if (newest - on).days >= 90]
    if a_year_older:
        base = max(a_year_older)
    elif a_quarter_older:
        base = min(a_quarter_older)
    else:
        return None, None
    before = exact(by_date[base]["employees"])
    if before == 0:
        return None, None
    difference = exact(by_date[newest]["employees"]) - before
    change = difference / before
    if abs(difference) <= 1:
        return change, 70
    if change >= Fraction(10, 100):
        return change, 100
    if change >= Fraction(2, 100):
        return change, 85
    if change > Fraction(-2, 100):
        return change, 70
    if change > Fraction(-10, 100):
        return change, 45
    if change > Fraction(-25, 100):
        return change, 20
    return change, 5


def signals_of(
    records: Sequence[Record], client_id: str, settings: Settings, time_zone: str, as_of: datetime
) -> dict[str, Signal]:
    """All nine, whether connected or not, in table order."""
    today = local_date(as_of, time_zone)
    since = client_since(client_record(records, client_id))

    def dated(kind: str, field: str) -> list[Record]:
        return known_by_date(facts(records, client_id, kind), field, today)

    completed = completed_qbrs(records, client_id, today)
    touchpoints = known_by_instant(facts(records, client_id, "touchpoint"), "occurred_at", as_of)
    surveys = known_by_instant(facts(records, client_id, "survey"), "responded_at", as_of)
    contacts = decision_maker_contacts(completed, touchpoints, time_zone)
    return {
        "open_p1_p2_tickets": open_p1_p2_tickets(known_tickets(records, client_id, as_of), settings, as_of),
        "csat_nps_trend": csat_nps_trend(surveys, as_of),
        "billable_utilization": billable_utilization(facts(records, client_id, "billable_month"), today),
        "days_since_qbr": days_since_qbr(completed, since, today),
        "days_since_decision_maker_contact": days_since_decision_maker_contact(contacts, since, today),
        "stack_standardization": stack_standardization(dated("assessment", "completed_on"), today),
        "payment_health": payment_health(dated("invoice", "issued_on"), today),
        "contract_utilization_variance": contract_utilization_variance(dated("reconciliation", "completed_on")),
        "employee_growth": employee_growth(dated("headcount", "recorded_on"), today),
    }


def completed_qbrs(records: Sequence[Record], client_id: str, today: date) -> list[Record]:
    held = known_by_date(facts(records, client_id, "qbr"), "held_on", today)
    return [qbr for qbr in held if qbr["status"] == "COMPLETED"]


# ---- the combination: a pure function of points and settings -------------------------------------------


def present_points(points: Mapping[str, int | None], sources: Set[str]) -> dict[str, int]:
    """The signals that count: they have data and their source is connected."""
    return {signal: value for signal, value in points.items() if value is not None and SIGNAL_SOURCE[signal] in sources}


def weight(settings: Settings, signal: str) -> Fraction:
    return exact(settings["weights"][signal])


def coverage(present: Mapping[str, int], settings: Settings) -> Fraction:
    return sum((weight(settings, signal) for signal in present), Fraction(0))


def effective_weight(signal: str, present: Mapping[str, int], settings: Settings) -> Fraction:
    """The weight, of 100, that the signal has in the score."""
    if settings["missing_signals"] == "neutral_50":
        return weight(settings, signal)
    covered = coverage(present, settings)
    if signal not in present or covered == 0:
        return Fraction(0)
    return weight(settings, signal) * 100 / covered


def exact_contribution(signal: str, present: Mapping[str, int], settings: Settings) -> Fraction:
    """Missing under `neutral_50` counts as 50; missing under `redistribute` has no effective weight."""
    return present.get(signal, 50) * effective_weight(signal, present, settings) / 100


def exact_combination(present: Mapping[str, int], settings: Settings) -> Fraction:
    """The unrounded score, whatever the coverage; 0 when no weight counts."""
    return sum((exact_contribution(signal, present, settings) for signal in SIGNAL_SOURCE), Fraction(0))


def has_score(present: Mapping[str, int], settings: Settings) -> bool:
    covered = coverage(present, settings)
    return covered > 0 if settings["missing_signals"] == "neutral_50" else covered >= 40


def band_of(score: int | None, settings: Settings) -> str:
    if score is None:
        return "INSUFFICIENT_DATA"
    if score >= settings["green_threshold"]:
        return "GREEN"
    if score >= settings["yellow_threshold"]:
        return "YELLOW"
    return "RED"


def cents(number: Fraction) -> int:
    """Cut, not rounded; the numbers here are never negative."""
    return (number * 100).numerator // (number * 100).denominator


def contributions(present: Mapping[str, int], settings: Settings) -> dict[str, Decimal]:
    """Two decimals each, summing to the exact score cut to two decimals; largest remainders get the rest."""
    parts = {signal: exact_contribution(signal, present, settings) for signal in SIGNAL_SOURCE}
    shares = {signal: cents(part) for signal, part in parts.items()}
    rest = cents(sum(parts.values(), Fraction(0))) - sum(shares.values())
    by_remainder = sorted(parts, key=lambda signal: shares[signal] - parts[signal] * 100)
    for signal in by_remainder[:rest]:
        shares[signal] += 1
    return {signal: Decimal(share).scaleb(-2) for signal, share in shares.items()}


def combine(points: Mapping[str, int | None], sources: Set[str], settings: Settings) -> dict[str, Any]:
    """Score, exact score, band, coverage, provisional and contributions from nine points."""
    present = present_points(points, sources)
    scored = has_score(present, settings)
    unrounded = exact_combination(present, settings)
    score = rounded_integer(unrounded) if scored else None
    covered = coverage(present, settings)
    return {
        "score": score,
        "exact_score": Decimal(cents(unrounded)).scaleb(-2) if scored else None,
        "band": band_of(score, settings),
        "coverage": Decimal(covered.numerator) / Decimal(covered.denominator),
        "provisional": scored and covered < 70,
        "contributions": contributions(present, settings) if scored else dict.fromkeys(SIGNAL_SOURCE),
    }


def score_weighted(
    records: Sequence[Record],
    client_id: str,
    settings: Settings,
    time_zone: str,
    as_of: datetime,
    connected_sources: Set[str],
) -> dict[str, Any]:
    """The weighted result of one client; `as_of` to the second."""
    signals = signals_of(records, client_id, settings, time_zone, as_of)
    points = {signal: found for signal, (_, found) in signals.items()}
    result = combine(points, connected_sources, settings)
    shares = result.pop("contributions")
    rows = []
    for signal, (value, found) in signals.items():
        if SIGNAL_SOURCE[signal] not in connected_sources:
            missing = "not_connected"
        elif found is None:
            missing = "no_data"
        else:
            missing = None
        rows.append(
            {
                "id": signal,
                "value": value,
                "points": found,
                "weight": settings["weights"][signal],
                "missing": missing,
                "contribution": shares[signal],
            }
        )
    return {**result, "signals": rows, "points": points, "sources": sorted(connected_sources)}
