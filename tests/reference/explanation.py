"""Why a score moved between two results, in parts that sum to the change exactly."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.reference.deduction import FACTORS
from tests.reference.inputs import SIGNAL_SOURCE, Settings, rounded
from tests.reference.weighted import effective_weight, exact_combination, present_points

Result = Mapping[str, Any]


def _part(kind: str, name: str, change: Decimal, points: tuple[int | None, int | None]) -> dict[str, Any]:
    return {"id": name, "kind": kind, "change": change, "from_points": points[0], "to_points": points[1]}


def explain_weighted(old: Result, new: Result, old_settings: Settings, new_settings: Settings) -> dict[str, Any]:
    """Settings, then each signal present on both sides, then coverage, then rounding."""
    if old["score"] is None or new["score"] is None:
        return {"change": None, "parts": []}
    shown_change = new["score"] - old["score"]
    before = present_points(old["points"], set(old["sources"]))
    after = present_points(new["points"], set(new["sources"]))

    by_settings = exact_combination(before, new_settings) - exact_combination(before, old_settings)
    by_signal = {
        signal: (after[signal] - before[signal]) * effective_weight(signal, after, new_settings) / 100
        for signal in SIGNAL_SOURCE
        if signal in before and signal in after
    }
    exact_change = exact_combination(after, new_settings) - exact_combination(before, old_settings)
    by_coverage = exact_change - by_settings - sum(by_signal.values(), Fraction(0))

    nothing = (None, None)
    parts = [_part("settings", "settings", rounded(by_settings, 1), nothing)]
    parts += [
        _part("signal", signal, rounded(change, 1), (before[signal], after[signal]))
        for signal, change in by_signal.items()
    ]
    parts.append(_part("coverage", "coverage", rounded(by_coverage, 1), nothing))
    rest = shown_change - sum((part["change"] for part in parts), Decimal("0.0"))
    parts.append(_part("rounding", "rounding", rest, nothing))
    return {
        "change": shown_change,
        "parts": [{**part, "change": f"{part['change']:.1f}"} for part in parts if part["change"] != 0],
    }


def explain_deduction(old: Result, new: Result) -> dict[str, Any]:
    """Each factor's change in points, then what clamping took."""
    shown_change = new["score"] - old["score"]
    parts = []
    for factor in FACTORS:
        points = (old["points"][factor], new["points"][factor])
        parts.append(_part("factor", factor, Decimal(points[1] - points[0]), points))
    limit = shown_change - sum((part["change"] for part in parts), Decimal(0))
    parts.append(_part("limit", "limit", limit, (None, None)))
    return {
        "change": shown_change,
        "parts": [{**part, "change": f"{part['change']:.1f}"} for part in parts if part["change"] != 0],
    }


def explain(model: str, old: Result, new: Result, old_settings: Settings, new_settings: Settings) -> dict[str, Any]:
    """`old` and `new` are results of the named model."""
    if model == "deduction":
        return explain_deduction(old, new)
    return explain_weighted(old, new, old_settings, new_settings)
