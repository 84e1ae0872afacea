"""Why a score moved: the exact contributions of a change between two results (scoring.md, Explanation).

The contributions of a change always sum to it. Each is rounded to one decimal; what rounding takes is one of its own.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from chalicelib.domain.deduction import FACTORS
from chalicelib.domain.history import Scores
from chalicelib.domain.rounding import round_half_away
from chalicelib.domain.sentences import FACTOR_LABELS, SIGNAL_LABELS
from chalicelib.domain.settings import SIGNALS, ScoringSettings
from chalicelib.domain.weighted import exact_combination, present_signals, whole_weight

Kind = Literal["signal", "factor", "settings", "coverage", "limit", "rounding"]


class Contribution(NamedTuple):
    """One reason of a change: points of the score, one decimal, and what it says."""

    id: str
    kind: Kind
    change: Decimal
    from_points: int | None
    to_points: int | None
    sentence: str


class Explanation(NamedTuple):
    """A change of score with what contributed to it; without a score on either side, None and nothing."""

    change: int | None
    contributions: tuple[Contribution, ...]


class WeightedSide(NamedTuple):
    """One of the two results: its scores, the sources that counted and the settings it was computed under."""

    scores: Scores
    sources: Sequence[str]
    settings: ScoringSettings


def explain_deduction(before: Scores, after: Scores, facts: Sequence[str] | None = None) -> Explanation:
    """The change of the Client Health score, by factor; `facts` are sentences of the factors as they are now."""
    change = after.deduction - before.deduction
    contributions = [
        Contribution(
            id=factor,
            kind="factor",
            change=Decimal(new - old).quantize(Decimal("0.1")),
            from_points=old,
            to_points=new,
            sentence=_moved(FACTOR_LABELS[factor], old, new, facts[place] if facts else None),
        )
        for place, (factor, old, new) in enumerate(zip(FACTORS, before.factor_points, after.factor_points, strict=True))
        if new != old
    ]
    taken = change - sum(after.factor_points) + sum(before.factor_points)
    if taken:
        sentence = "A score stays between 0 and 100: what went beyond does not count."
        contributions.append(
            Contribution(
                id="limit",
                kind="limit",
                change=Decimal(taken).quantize(Decimal("0.1")),
                from_points=None,
                to_points=None,
                sentence=sentence,
            )
        )
    return Explanation(change, tuple(contributions))


def explain_weighted(before: WeightedSide, after: WeightedSide, facts: Sequence[str] | None = None) -> Explanation:
    """The change of the Health Score: settings, then signals, then coverage, then rounding."""
    if before.scores.weighted is None or after.scores.weighted is None:
        return Explanation(None, ())
    change = after.scores.weighted - before.scores.weighted
    was = present_signals(before.scores.signal_points, before.sources)
    now = present_signals(after.scores.signal_points, after.sources)
    old_exact = exact_combination(before.scores.signal_points, was, before.settings)
    restated = exact_combination(before.scores.signal_points, was, after.settings)
    new_exact = exact_combination(after.scores.signal_points, now, after.settings)
    exact: list[tuple[str, Kind, Fraction, int | None, int | None, str]] = [
        ("settings", "settings", restated - old_exact, None, None, _settings_sentence(before, after))
    ]
    whole = whole_weight(now, after.settings)
    for place, signal in enumerate(SIGNALS):
        old, new = before.scores.signal_points[place], after.scores.signal_points[place]
        if was[place] and now[place] and old is not None and new is not None:
            moved = Fraction((new - old) * after.settings.weights[place], whole)
            sentence = _moved(SIGNAL_LABELS[signal], old, new, facts[place] if facts else None)
            exact.append((signal, "signal", moved, old, new, sentence))
    rest = (new_exact - old_exact) - sum((each[2] for each in exact), Fraction(0))
    exact.append(("coverage", "coverage", rest, None, None, _coverage_sentence(was, now)))
    contributions = [
        Contribution(id=name, kind=kind, change=_tenth(value), from_points=old, to_points=new, sentence=text)
        for name, kind, value, old, new, text in exact
    ]
    lost = Decimal(change) - sum((each.change for each in contributions), Decimal(0))
    contributions.append(
        Contribution(
            id="rounding",
            kind="rounding",
            change=lost,
            from_points=None,
            to_points=None,
            sentence="Rounding of the scores and their parts.",
        )
    )
    return Explanation(change, tuple(each for each in contributions if each.change))


def _tenth(value: Fraction) -> Decimal:
    return Decimal(round_half_away(value.numerator * 10, value.denominator)).scaleb(-1)


def _moved(label: str, old: int, new: int, fact: str | None) -> str:
    points = f"from {old} to {new} points"
    if fact is None:
        return f"{label} went {points}."
    return f"{fact.removesuffix('.')}: {label} went {points}."


def _settings_sentence(before: WeightedSide, after: WeightedSide) -> str:
    changed = [
        SIGNAL_LABELS[signal]
        for signal, old, new in zip(SIGNALS, before.settings.weights, after.settings.weights, strict=True)
        if old != new
    ]
    if not changed:
        return "The settings changed; the facts did not."
    return f"The weights changed ({', '.join(changed)}); the facts did not."


def _coverage_sentence(was: Sequence[bool], now: Sequence[bool]) -> str:
    came = [SIGNAL_LABELS[s] for s, old, new in zip(SIGNALS, was, now, strict=True) if new and not old]
    went = [SIGNAL_LABELS[s] for s, old, new in zip(SIGNALS, was, now, strict=True) if old and not new]
    changes = []
    if came:
        changes.append(f"now counted: {', '.join(came)}")
    if went:
        changes.append(f"no longer counted: {', '.join(went)}")
    return f"Signals {'; '.join(changes)}." if changes else "The weights of the present signals shifted."
