"""What a path promises, over random clients: it is kept when performed, nothing is cheaper, and it lasts as said."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import product
from math import prod
from typing import Final

from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.moment import Moment
from chalicelib.domain.plan.levers import EFFORT
from chalicelib.domain.plan.models import Counts
from chalicelib.domain.plan.path import HOLDS_DAYS, Plan
from chalicelib.domain.plan.search import cheapest, effort
from chalicelib.domain.rounding import rounded
from chalicelib.domain.settings import MODELS
from chalicelib.domain.weighted import score as weighted_score
from tests.unit.domain.midnights import midnights
from tests.unit.domain.paths import MISSING, Case, cases

SEEDS: Final = range(9)
FEW: Final = 40
"""Combinations that brute force tries of one client, at most."""


@cache
def clients() -> Sequence[Case]:
    """Those who have a score and whom some action helps."""
    return [
        case for case in cases(SEEDS) if case.score is not None and cheapest(case.levers, 101).best_score > case.score
    ]


def targets(case: Case) -> list[int]:
    """The best that can be reached, and half the way."""
    assert case.score is not None
    best = cheapest(case.levers, 101).best_score
    return sorted({best, (case.score + 1 + best) // 2})


def exact(case: Case, counts: Counts) -> tuple[int, Fraction]:
    """The score of changed facts by the models, over all facts: nothing is measured ahead."""
    facts = case.facts
    for lever, count in zip(case.levers.levers, counts, strict=True):
        facts = lever.apply(facts, count) if count else facts
    if case.model == "deduction":
        score = case.score_of(facts, case.as_of)
        assert score is not None
        return score, Fraction(score)
    result = weighted_score(facts, case.rules.connected, case.rules.scoring, case.moment)
    assert result.score is not None
    assert result.exact is not None
    return result.score, result.exact


def test_the_clients_are_of_every_kind() -> None:
    found = clients()
    plans = [case.path(targets(case)[-1]) for case in found[::4]]
    moved = {(case.model, case.rules.scoring.missing_signals) for case in found}

    assert moved == set(product(MODELS, MISSING))
    assert {case.rules.scoring.ticket_open_until for case in found} == {"closed", "resolved"}
    assert {action.kind for plan in plans for action in plan.actions} == set(EFFORT)
    assert max(len(plan.actions) for plan in plans) >= 3
    assert {plan.holds is None for plan in plans} == {True, False}


def test_what_is_promised_is_what_performing_it_gives() -> None:
    for case in clients()[::3]:
        for target in targets(case):
            plan = case.path(target)

            after = case.score_of(case.performed(plan.actions), case.as_of)

            assert plan.reason is None
            assert after == plan.score_after, (case.client.id, target)
            assert plan.score == case.score
            assert target <= (plan.score_after or 0) <= (plan.best_score or 0)


def test_nothing_that_reaches_the_target_is_cheaper() -> None:
    tried = 0
    for case in clients()[::3]:
        levers = case.levers.levers
        if prod(lever.most + 1 for lever in levers) > FEW:
            continue
        every = {counts: exact(case, counts) for counts in product(*(range(lever.most + 1) for lever in levers))}
        tried += len(every)
        for target in targets(case):
            plan = case.path(target)
            reached = {counts: score for counts, (score, _) in every.items() if score >= target}
            least = min(effort(levers, counts) for counts in reached)
            cheap = [counts for counts in reached if effort(levers, counts) == least]
            fewest = min(map(sum, cheap))
            best = max(every[counts][1] for counts in cheap if sum(counts) == fewest)

            assert plan.best_score == max(score for score, _ in every.values())
            assert plan.effort == least
            assert sum(action.pieces for action in plan.actions) == fewest
            assert plan.score_after == int(rounded(best, 0))
    assert tried > 300


def test_each_combination_has_the_score_of_the_whole_evaluation() -> None:
    for case in clients()[::8]:
        for counts in case.levers.combinations():
            scored = case.levers.scored(counts)

            assert (scored.score, scored.exact) == exact(case, counts), (case.client.id, counts)


def greedy(case: Case, target: int) -> int | None:
    """The effort of always taking the action with the best gain per effort next; None where that gets stuck."""
    counts: Counts = (0,) * len(case.levers.levers)
    tried = list(case.levers.combinations())
    while (case.levers.scored(counts).score or 0) < target:
        before, spent = case.levers.scored(counts).exact, effort(case.levers.levers, counts)
        following = [
            other
            for other in tried
            if sum(a != b for a, b in zip(other, counts, strict=True)) == 1
            and all(a >= b for a, b in zip(other, counts, strict=True))
        ]
        if not following:
            return None
        counts = max(
            following,
            key=lambda other: (case.levers.scored(other).exact - before) / (effort(case.levers.levers, other) - spent),
        )
    return effort(case.levers.levers, counts)


def test_a_greedy_planner_never_wins_and_loses_somewhere() -> None:
    pairs: list[tuple[int | None, int | None]] = [
        (greedy(case, target), case.path(target).effort) for case in clients()[::2] for target in targets(case)[:1]
    ]

    assert all(found is None or (best is not None and found >= best) for found, best in pairs)
    assert sum(found is None or (best is not None and found > best) for found, best in pairs) >= 3


def test_gains_are_those_of_the_exact_score_in_order_and_sum_with_rounding() -> None:
    for case in clients()[::4]:
        plan = case.path(targets(case)[-1])
        assert plan.score is not None
        assert plan.score_after is not None
        assert plan.rounding is not None

        assert sum((action.gain for action in plan.actions), plan.rounding) == plan.score_after - plan.score
        assert abs(plan.rounding) <= Decimal("0.1") * len(plan.actions) + 1
        done, before = list[str](), exact(case, (0,) * len(case.levers.levers))[1]
        chosen = counts_of(case, plan)
        alone = [exact(case, only(chosen, place))[1] - before for place in order(case, plan)]
        assert alone == sorted(alone, reverse=True)
        counts = only(chosen, None)
        for place, action in zip(order(case, plan), plan.actions, strict=True):
            counts = tuple(chosen[at] if at == place else count for at, count in enumerate(counts))
            after = exact(case, counts)[1]
            assert action.gain == rounded(after - before, 1)
            before = after
            done.append(action.kind)
        assert done == [action.kind for action in plan.actions]


def order(case: Case, plan: Plan) -> list[int]:
    """The places of a plan's actions among the levers."""
    levers = case.levers.levers
    return [
        next(
            place
            for place, lever in enumerate(levers)
            if (lever.kind, lever.refs[: action.pieces]) == (action.kind, action.refs) and lever.most >= action.pieces
        )
        for action in plan.actions
    ]


def counts_of(case: Case, plan: Plan) -> Counts:
    places = dict(zip(order(case, plan), plan.actions, strict=True))
    return tuple(places[place].pieces if place in places else 0 for place in range(len(case.levers.levers)))


def only(counts: Counts, wanted: int | None) -> Counts:
    return tuple(count if place == wanted else 0 for place, count in enumerate(counts))


def test_it_holds_until_the_day_that_a_replay_day_by_day_finds() -> None:
    for case in clients()[::32]:
        plan = case.path(targets(case)[0])
        facts = case.performed(plan.actions)

        today = case.moment.today
        for date in range(today + 1, today + HOLDS_DAYS + 1):
            begins = next(iter(midnights(case.zone, Day(date))), None) or first_instant(case, date)
            score = None if begins is None else case.score_of(facts, begins)
            if begins is not None and (score is None or score < plan.target):
                assert plan.holds is not None
                assert plan.holds.date == date, (case.client.id, case.zone)
                assert plan.holds.falls
                break
        else:
            assert plan.holds is None, (case.client.id, case.zone)


def first_instant(case: Case, date: int) -> int | None:
    """The first instant of a local day whose midnight is left out; None where the day itself is."""
    around = (date - 719_163) * 86_400
    held = (
        at for at in range(around - 86_400, around + 86_400, 900) if Moment.at(Instant(at), case.zone).today == date
    )
    return next(held, None)
