"""The least effort that reaches a target: every combination is tried, so the answer is exact (scoring.md, Path to
Healthy)."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from chalicelib.domain.plan.levers import Lever
from chalicelib.domain.plan.models import Counts, Model, Scored


class Found(NamedTuple):
    """The cheapest counts that reach the target (None: none do), and the best score of all."""

    counts: Counts | None
    best_score: int


def cheapest(model: Model, target: int) -> Found:
    """Searches the combinations of a client that has a score."""
    best, chosen, least = 0, None, None
    for counts in model.combinations():
        scored = model.scored(counts)
        if scored.score is None:
            continue
        best = max(best, scored.score)
        if scored.score < target:
            continue
        cost = effort(model.levers, counts)
        if least is not None and cost > least[0]:
            continue
        key = _order(cost, counts, scored)
        if least is None or key < least:
            chosen, least = counts, key
    return Found(chosen, best)


def effort(levers: Sequence[Lever], counts: Counts) -> int:
    """What counts of pieces cost together."""
    return sum([lever.effort * count for lever, count in zip(levers, counts, strict=True)])


def _order(cost: int, counts: Counts, scored: Scored) -> tuple[Any, ...]:
    """Least effort; then fewer pieces, the higher score, levers by their table, smaller counts."""
    used = [place for place, count in enumerate(counts) if count]
    return cost, sum(counts), -scored.exact, used, counts


class Step(NamedTuple):
    """A lever with its count, and what it adds to the exact score after those before it."""

    lever: Lever
    pieces: int
    gain: Fraction


def steps(model: Model, counts: Counts) -> list[Step]:
    """The actions of a combination, the largest stand-alone gain first, then by table."""
    nothing = (0,) * len(counts)
    before = model.scored(nothing).exact
    used = [place for place, count in enumerate(counts) if count]
    alone = {place: model.scored(_with(nothing, place, counts[place])).exact - before for place in used}
    found, done = list[Step](), nothing
    for place in sorted(used, key=lambda place: -alone[place]):
        done = _with(done, place, counts[place])
        after = model.scored(done).exact
        found.append(Step(model.levers[place], counts[place], after - before))
        before = after
    return found


def _with(counts: Counts, place: int, count: int) -> Counts:
    return *counts[:place], count, *counts[place + 1 :]
