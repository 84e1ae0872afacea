"""What is said about a score over time and among peers.

A *weighted result* is a mapping with `score`, `points` (signal → int or null) and `sources`; a *deduction
result* one with `score` and `points` (factor → int). What `score_client` returns under `weighted` and
`deduction` is one. A *history entry* has `date` (local, text), `as_of` (text) and `trigger`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.reference.inputs import (
    Settings,
    average,
    clamp,
    day,
    folded_industry,
    rounded,
    rounded_integer,
)
from tests.reference.weighted import coverage, exact_combination, present_points

Result = Mapping[str, Any]
Velocity = tuple[int | None, bool, str | None]


def baseline_window(today: date) -> tuple[date, date]:
    return today - timedelta(days=37), today - timedelta(days=30)


def baseline_snapshot(entries: Sequence[Result], today: date) -> Result | None:
    """The client's newest nightly snapshot dated 30 to 37 days back."""
    first, last = baseline_window(today)
    found = [entry for entry in entries if entry["trigger"] == "nightly" and first <= day(entry["date"]) <= last]
    return max(found, key=lambda entry: str(entry["date"]), default=None)


def velocity(now: Result, baseline: Result | None, settings: Settings) -> Velocity:
    """`weighted`: both sides under today's settings, from the signals present on both."""
    if baseline is None:
        return None, False, "insufficient_history"
    here = present_points(now["points"], set(now["sources"]))
    there = present_points(baseline["points"], set(baseline["sources"]))
    common = here.keys() & there.keys()
    new = {signal: here[signal] for signal in common}
    old = {signal: there[signal] for signal in common}
    if coverage(new, settings) < 40:
        return None, False, "insufficient_data"
    change = rounded_integer(exact_combination(new, settings)) - rounded_integer(exact_combination(old, settings))
    stored = now["score"] - baseline["score"] if now["score"] is not None and baseline["score"] is not None else None
    return change, change != stored, None


def deduction_velocity(now: Result, baseline: Result | None) -> Velocity:
    """`deduction`: the plain difference."""
    if baseline is None:
        return None, False, "insufficient_history"
    return now["score"] - baseline["score"], False, None


def projection(score: int | None, change: int | None) -> int | None:
    return clamp(score + change) if score is not None and change is not None else None


def score_trend(change: int | None) -> dict[str, Any] | None:
    """The arrow and point delta of the account list."""
    if change is None:
        return None
    return {"direction": "up" if change > 0 else "down" if change < 0 else "flat", "points": change}


def month_over_month(
    scores_now: Sequence[int | None],
    stored: Mapping[str, Mapping[str, int]],
    today: date,
    settings_version: int,
) -> dict[str, Any]:
    """`stored`: local date → `{sum, count, settings_version}` of that night's fleet."""
    first, last = baseline_window(today)
    dates = [on for on in stored if first <= day(on) <= last and stored[on]["count"] > 0]
    now = [score for score in scores_now if score is not None]
    if not dates or not now:
        return {"points": Decimal("0.0"), "baseline_date": None, "settings_changed": False}
    baseline_date = max(dates)
    baseline = stored[baseline_date]
    change = Fraction(sum(now), len(now)) - Fraction(baseline["sum"], baseline["count"])
    return {
        "points": rounded(change, 1),
        "baseline_date": baseline_date,
        "settings_changed": baseline["settings_version"] != settings_version,
    }


def peers(
    client_id: str,
    score: int | None,
    industry: str | None,
    summary: Sequence[Mapping[str, Any]] | None,
) -> dict[str, Any]:
    """`summary`: the last fleet summary as `{client_id, industry, score}` of each client; null: none yet."""
    others = [
        (folded_industry(entry["industry"]), entry["score"])
        for entry in summary or ()
        if entry["client_id"] != client_id and entry["score"] is not None
    ]
    own = [] if score is None else [(folded_industry(industry), score)]
    everyone = others + own
    mine = folded_industry(industry)
    same = [found for kind, found in everyone if kind == mine] if mine is not None else []
    n = len(everyone)
    percentile = None
    if score is not None and n > 1:
        lower = sum(found < score for _, found in others)
        percentile = rounded_integer(Fraction(100 * lower, n - 1))
    return {
        "industry": {"average": average(same), "n": len(same)},
        "all": {"average": average(found for _, found in everyone), "n": n},
        "percentile": percentile,
        "n": n,
    }


def fastest_declining(clients: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """`clients`: `{client_id, name, score, velocity}` each."""
    declining = [
        client
        for client in clients
        if client["score"] is not None and client["velocity"] is not None and client["velocity"] < 0
    ]
    declining.sort(
        key=lambda client: (
            client["velocity"],
            client["score"],
            client["name"].casefold(),
            client["client_id"],
        )
    )
    return [
        {
            "client_id": client["client_id"],
            "name": client["name"],
            "score": client["score"],
            "velocity": client["velocity"],
            "projected_score": projection(client["score"], client["velocity"]),
        }
        for client in declining[:5]
    ]


def trend(entries: Sequence[Result], today: date) -> list[Result]:
    """Oldest first, one entry per local date of the last 90 days: the last of that date. Gaps stay gaps."""
    first = today - timedelta(days=90)
    last_of: dict[str, Result] = {}
    for entry in sorted(entries, key=lambda entry: str(entry["as_of"])):
        if first <= day(entry["date"]) <= today:
            last_of[entry["date"]] = entry
    return [last_of[on] for on in sorted(last_of)]


def entry_on_or_before(entries: Sequence[Result], on: date) -> Result | None:
    """The newest history entry on or before the date, at most 7 days old; null: 404."""
    found = [entry for entry in entries if timedelta(0) <= on - day(entry["date"]) <= timedelta(days=7)]
    return max(found, key=lambda entry: (str(entry["date"]), str(entry["as_of"])), default=None)
