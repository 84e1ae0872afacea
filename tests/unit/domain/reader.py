"""Someone who knows the published tables and sees nothing but a sentence: the points that its numbers lead to."""

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Final

_ALMOST_NOTHING: Final = Fraction(1, 10**12)

_NUMBER: Final = r"(?:just (?:over|under) )?[+-]?\d+(?:\.\d{1,4})?"


def value(text: str) -> Fraction:
    """A number as it is written, at most four decimals; `just over 4` is a trifle more than 4."""
    words = text.split()
    trifle = {"over": _ALMOST_NOTHING, "under": -_ALMOST_NOTHING}.get(words[-2], Fraction(0)) if len(words) > 1 else 0
    return Fraction(words[-1]) + trifle


def _found(pattern: str, sentence: str) -> tuple[str, ...]:
    match = re.search(pattern.replace("NUMBER", f"({_NUMBER})"), sentence, re.IGNORECASE)
    if match is None:
        raise AssertionError(f"{pattern!r} does not read {sentence!r}")
    return match.groups()


def _one(pattern: str, sentence: str) -> Fraction:
    return value(_found(pattern, sentence)[0])


def _count(text: str) -> int:
    return 0 if text.lower() == "no" else int(text)


def _beyond(found: Fraction | int, *tiers: tuple[int, int]) -> int:
    return next((points for bound, points in tiers if found > bound), 0)


def _within(found: Fraction | int, *tiers: tuple[int, int], beyond: int) -> int:
    return next((points for bound, points in tiers if found <= bound), beyond)


# ---- factors -------------------------------------------------------------------------------------------


def ticket_volume(sentence: str) -> int:
    now, before = map(_count, _found(r"(\d+|no) tickets? in the last \d+ days, against (\d+) in", sentence))
    by_counts = -5 if now and not before else 0
    if before:
        by_counts = -_beyond(Fraction(100 * (now - before), before), (50, 15), (25, 10), (0, 5))
    if "%" in sentence:
        by_percent = -_beyond(_one(r"\(NUMBER%\)", sentence), (50, 15), (25, 10), (0, 5))
        assert by_percent == by_counts, sentence
    else:
        assert now == before or not before, sentence
    return by_counts


def first_response(sentence: str) -> int:
    if "answered yet" in sentence:
        return 0
    return -_beyond(_one(r"first response after NUMBER h on average", sentence), (24, 20), (8, 10), (4, 5))


def overdue_tickets(sentence: str) -> int:
    return -5 * _count(_found(r"(\d+|no) open tickets? past", sentence)[0])


def open_tickets(sentence: str) -> int:
    return -_beyond(_count(_found(r"(\d+|no) open ticket", sentence)[0]), (10, 15), (5, 10), (2, 5))


def inactivity(sentence: str) -> int:
    if "unknown" in sentence or "no ticket source" in sentence.lower():
        return 0
    return -_beyond(_one(r"NUMBER days?", sentence), (90, 20), (60, 10), (30, 5))


def active_contract(sentence: str) -> int:
    return 5 if _count(_found(r"(\d+|no) active contract", sentence)[0]) else 0


# ---- signals -------------------------------------------------------------------------------------------


def open_p1_p2_tickets(sentence: str) -> int:
    count = _count(_found(r"(\d+|no) open P1/P2 ticket", sentence)[0])
    if not count:
        return 100
    old = _one(r"open NUMBER days?", sentence) > 7
    return {1: 80, 2: 60}.get(count, 30) - (20 if old else 0)


def csat_nps_trend(sentence: str) -> int | None:
    if sentence.startswith("Fewer"):
        return None
    points = [_survey(part) for part in sentence.split("; ")]
    return int(Fraction(sum(points), len(points)) + Fraction(1, 2))


def _survey(part: str) -> int:
    satisfied = "CSAT" in part.upper()
    level = _one(r"CSAT NUMBER% satisfied" if satisfied else r"NPS NUMBER", part)
    tiers = ((95, 100), (85, 85), (75, 65), (60, 40)) if satisfied else ((50, 100), (30, 85), (0, 65), (-30, 40))
    points = next((points for bound, points in tiers if level >= bound), 10)
    if "from" not in part:
        return points
    moved, way, before = _found(r"NUMBER points (up|down) from NUMBER", part)
    change = value(moved) if way == "up" else -value(moved)
    unit = 5 if satisfied else 10
    if "just" not in part:
        assert level - value(before) == change, f"the numbers of {part!r} do not fit each other"
    trend = 10 if change >= unit else -30 if change <= -3 * unit else -15 if change <= -unit else 0
    return max(0, min(100, points + trend))


def billable_utilization(sentence: str) -> int | None:
    if "no budget" in sentence.lower():
        return None
    found, side = _found(r"billable hours NUMBER% (over|under)", sentence)
    return 100 if side == "under" else _within(value(found), (10, 100), (25, 60), beyond=20)


def days_since_qbr(sentence: str) -> int:
    if "unknown" in sentence:
        return 10
    days = Fraction(0) if "today" in sentence else _one(r"NUMBER days?", sentence)
    return 100 if days < 90 else _within(days, (120, 70), (180, 40), beyond=10)


def days_since_decision_maker_contact(sentence: str) -> int:
    if "unknown" in sentence:
        return 15
    days = Fraction(0) if "today" in sentence else _one(r"NUMBER days?", sentence)
    return _within(days, (30, 100), (60, 75), (90, 45), beyond=15)


def stack_standardization(sentence: str) -> int | None:
    if sentence.startswith("No assessment"):
        return None
    return int(_one(r"standardization score NUMBER,", sentence) + Fraction(1, 2))


def payment_health(sentence: str) -> int | None:
    if "overdue" not in sentence:
        return None
    days = Fraction(0) if "no invoice overdue" in sentence.lower() else _one(r"NUMBER days? past due", sentence)
    return _within(days, (0, 100), (30, 75), (60, 45), (90, 20), beyond=0)


def contract_utilization_variance(sentence: str) -> int | None:
    if "no reconciliation" in sentence.lower():
        return None
    found, side = _found(r"contracted, NUMBER% (over|under)", sentence)
    if side == "over":
        return _within(value(found), (10, 100), (25, 60), beyond=20)
    return _within(value(found), (10, 100), (33, 70), beyond=30)


def employee_growth(sentence: str) -> int | None:
    if "no headcounts" in sentence.lower():
        return None
    now, before = map(_count, _found(r"(\d+|no) employees? against (\d+)", sentence))
    if any(same in sentence for same in ("(one more)", "(one fewer)", "(as many)")):
        assert abs(now - before) <= 1, sentence
        return 70
    change = _one(r"\(NUMBER%\)", sentence)
    for bound, points in ((10, 100), (2, 85)):
        if change >= bound:
            return points
    return next((points for bound, points in ((-2, 70), (-10, 45), (-25, 20)) if change > bound), 5)


Reader = Callable[[str], int | None]

FACTORS: Final[dict[str, Reader]] = {
    reader.__name__: reader
    for reader in (ticket_volume, first_response, overdue_tickets, open_tickets, inactivity, active_contract)
}
SIGNALS: Final[dict[str, Reader]] = {
    reader.__name__: reader
    for reader in (
        open_p1_p2_tickets,
        csat_nps_trend,
        billable_utilization,
        days_since_qbr,
        days_since_decision_maker_contact,
        stack_standardization,
        payment_health,
        contract_utilization_variance,
        employee_growth,
    )
}
