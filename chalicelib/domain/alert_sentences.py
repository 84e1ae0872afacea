"""Why an alert was raised, in one sentence that comes from the facts."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from chalicelib.domain.alerts import Observed, Reason
from chalicelib.domain.history import Scores, Stamp
from chalicelib.domain.rounding import round_half_away
from chalicelib.domain.settings import FULL_WEIGHT
from chalicelib.domain.weighted import present_signals

NAMED: Final = 3
"""How many causes a sentence names."""

Baseline = tuple[Scores, Stamp] | None


def alert_sentence(
    name: str,
    seen: Observed,
    reasons: Sequence[Reason],
    scores: Scores,
    sources: Sequence[str],
    baseline: Baseline,
    facts: Sequence[str],
) -> str:
    """One sentence such as `Acme fell from 75 to 58 in 30 days: 2 open P1/P2 tickets (−8); last QBR 131 days ago (−6).`

    `facts` are the sentences of the model's factors or signals, in table order.
    """
    drops = _drops(seen, scores, sources, baseline)
    causes = "; ".join(f"{_inside(facts[place])} (−{lost})" for place, lost in drops[:NAMED])
    return f"{name} {_movement(seen, reasons, baseline)}{': ' if causes else ''}{causes or ''}."


def _movement(seen: Observed, reasons: Sequence[Reason], baseline: Baseline) -> str:
    if seen.score is None:
        raise ValueError("there is no alert without a score")
    said = f"scores {seen.score}"
    if seen.velocity is not None and seen.velocity < 0:
        before = seen.score - seen.velocity
        said = f"fell from {before} to {seen.score} in 30 days"
        if baseline is None or baseline[0].of(seen.model) != before:
            # A restated velocity: nobody ever saw the score that it counts from.
            said = f"lost {-seen.velocity} points in 30 days and scores {seen.score}"
    threshold = next((reason.threshold for reason in reasons if reason.rule == "threshold"), None)
    return said if threshold is None else f"{said}, below the alert threshold of {threshold}"


def _drops(seen: Observed, scores: Scores, sources: Sequence[str], baseline: Baseline) -> list[tuple[int, int]]:
    """What cost points, most first: (place in the table, whole points lost).

    Against the baseline where the score fell since, else against what a perfect client would have.
    """
    fell = baseline is not None and seen.velocity is not None and seen.velocity < 0
    before = baseline if fell else None
    if seen.model == "deduction":
        was = before[0].factor_points if before else (0,) * len(scores.factor_points)
        lost = [Fraction(old - new) for old, new in zip(was, scores.factor_points, strict=True)]
    else:
        lost = _weighted_losses(seen, scores, sources, before)
    rounded = [(place, round_half_away(value.numerator, value.denominator)) for place, value in enumerate(lost)]
    return sorted((found for found in rounded if found[1] >= 1), key=lambda found: (-found[1], found[0]))


def _weighted_losses(seen: Observed, scores: Scores, sources: Sequence[str], before: Baseline) -> list[Fraction]:
    present = present_signals(scores.signal_points, sources)
    weights = seen.settings.weights
    whole = FULL_WEIGHT
    if seen.settings.missing_signals == "redistribute":
        whole = sum(weight for weight, counts in zip(weights, present, strict=True) if counts) or FULL_WEIGHT
    was: Sequence[int | None] = (100,) * len(weights)
    if before is not None:
        held = present_signals(before[0].signal_points, before[1].sources)
        was = [points if counts else None for points, counts in zip(before[0].signal_points, held, strict=True)]
    return [
        Fraction((old - new) * weight, whole) if counts and old is not None and new is not None else Fraction(0)
        for old, new, weight, counts in zip(was, scores.signal_points, weights, present, strict=True)
    ]


def _inside(sentence: str) -> str:
    """A sentence as part of another: without its end, its first letter small unless it is an abbreviation."""
    text = sentence.removesuffix(".")
    return text if text[:2].isupper() else f"{text[0].lower()}{text[1:]}"
