"""Why an alert was raised, in one sentence that comes from the facts (scoring.md, Sentences)."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from chalicelib.domain.alerts import Observation, Reason
from chalicelib.domain.facts import Day
from chalicelib.domain.history import Scores, Stamp
from chalicelib.domain.rounding import round_half_away
from chalicelib.domain.sentences import count_of
from chalicelib.domain.weighted import present_signals, whole_weight

NAMED: Final = 3
"""How many causes a sentence names."""


class Then(NamedTuple):
    """The baseline: the date that a change counts from, and the scores of that date."""

    date: Day
    scores: Scores
    stamp: Stamp

    def __str__(self) -> str:
        then = date.fromordinal(self.date)
        return f"{then.day} {then:%B}"


def alert_sentence(
    name: str,
    observation: Observation,
    reasons: Sequence[Reason],
    scores: Scores,
    sources: Sequence[str],
    before: Then | None,
    facts: Sequence[str],
) -> str:
    """One sentence such as `Acme fell from 75 to 58 since 28 October: last QBR 131 days ago (−6 since 28 October).`

    `facts` are the sentences of the model's factors or signals, in table order.
    """
    fell = before if observation.velocity is not None and observation.velocity < 0 else None
    drops = _drops(observation, scores, sources, fell)
    causes = "; ".join(f"{_inside(facts[place])} ({_cost(lost, fell)})" for place, lost in drops[:NAMED])
    return f"{name} {_movement(observation, reasons, before)}{': ' if causes else ''}{causes or ''}."


def _cost(lost: int, before: Then | None) -> str:
    """What points are the points of: a fall since a date, or what is missing to a perfect score."""
    return f"costs {lost} of 100 points" if before is None else f"−{lost} since {before}"


def _movement(observation: Observation, reasons: Sequence[Reason], baseline: Then | None) -> str:
    if observation.score is None:
        raise ValueError("there is no alert without a score")
    movement = f"scores {observation.score}"
    if baseline is not None and observation.velocity is not None and observation.velocity < 0:
        before = observation.score - observation.velocity
        movement = f"fell from {before} to {observation.score} since {baseline}"
        if baseline.scores.of(observation.model) != before:
            # A restated velocity: nobody ever saw the score that it counts from.
            movement = (
                f"lost {count_of(-observation.velocity, 'point')} since {baseline} and scores {observation.score}"
            )
    threshold = next((reason.threshold for reason in reasons if reason.rule == "threshold"), None)
    return movement if threshold is None else f"{movement}, below the alert threshold of {threshold}"


def _drops(
    observation: Observation, scores: Scores, sources: Sequence[str], before: Then | None
) -> list[tuple[int, int]]:
    """What cost points, most first: (place in the table, whole points lost).

    Against `before`, or without it against what a perfect client would have.
    """
    if observation.model == "deduction":
        was = before.scores.factor_points if before else (0,) * len(scores.factor_points)
        lost = [Fraction(old - new) for old, new in zip(was, scores.factor_points, strict=True)]
    else:
        lost = _weighted_losses(observation, scores, sources, before)
    rounded = [(place, round_half_away(value.numerator, value.denominator)) for place, value in enumerate(lost)]
    return sorted((loss for loss in rounded if loss[1] >= 1), key=lambda loss: (-loss[1], loss[0]))


def _weighted_losses(
    observation: Observation, scores: Scores, sources: Sequence[str], before: Then | None
) -> list[Fraction]:
    present = present_signals(scores.signal_points, sources)
    weights = observation.settings.weights
    whole = whole_weight(present, observation.settings)
    was: Sequence[int | None] = (100,) * len(weights)
    if before is not None:
        present = present_signals(before.scores.signal_points, before.stamp.sources)
        was = [points if counts else None for points, counts in zip(before.scores.signal_points, present, strict=True)]
    return [
        Fraction((old - new) * weight, whole) if counts and old is not None and new is not None else Fraction(0)
        for old, new, weight, counts in zip(was, scores.signal_points, weights, present, strict=True)
    ]


def _inside(sentence: str) -> str:
    """A sentence as part of another: without its end, its first letter small unless it is an abbreviation."""
    text = sentence.removesuffix(".")
    return text if text[:2].isupper() else f"{text[0].lower()}{text[1:]}"
