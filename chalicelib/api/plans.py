"""What to do about a client's score."""

from functools import partial
from typing import TYPE_CHECKING, Final

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, Route
from chalicelib.api.parameters import MODEL, score
from chalicelib.bootstrap import application
from chalicelib.domain.ids import RecordId
from chalicelib.domain.times import format_day, format_instant

if TYPE_CHECKING:
    from chalicelib.api.shapes import plans as shapes
    from chalicelib.domain.plan.path import Plan

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Clients")

NAMED_REFS: Final = 50
"""Records that an action names at most."""

TARGET: Final = score(
    "target",
    "The score to reach; by default that of a healthy client: the green threshold, 70 for `deduction`.",
    75,
)


@endpoint(
    "GET",
    "/clients/{client_id}/plan",
    permission="reports.read",
    query=(MODEL, TARGET),
    problems={409: "The client is not scored."},
)
def find_path(request: Request, client_id: RecordId) -> "shapes.Path":
    """The cheapest actions of today that bring the score to a target, and until when it holds.

    An action changes facts, and the score after it is the model's of the changed facts at `as_of`. All combinations are
    tried: nothing that reaches the target takes less effort. Nothing is stored.
    """
    planned = application().plans.plan(request.tenant, client_id, request.query[MODEL], request.query[TARGET])
    found = planned.plan
    return {
        "model": planned.model,
        "as_of": format_instant(planned.as_of),
        "score": found.score,
        "target": found.target,
        "reachable": found.reason is None,
        "reason": found.reason,
        "score_after": found.score_after,
        "best_score": found.best_score,
        "effort": found.effort,
        "actions": _actions(found),
        "rounding": None if found.rounding is None else f"{found.rounding:.1f}",
        "holds_until": _holds(found),
        "not_in_hand": _not_in_hand(found),
    }


def _actions(plan: "Plan") -> "list[shapes.PathAction]":
    return [
        {
            "kind": action.kind,
            "count": action.pieces,
            "refs": list(action.refs[:NAMED_REFS]),
            "gain": f"{action.gain:.1f}",
            "sentence": action.sentence,
        }
        for action in plan.actions
    ]


def _holds(plan: "Plan") -> "shapes.PathHolds | None":
    return None if plan.holds is None else {"date": format_day(plan.holds.date), "falls": list(plan.holds.falls)}


def _not_in_hand(plan: "Plan") -> "list[shapes.NotInHand]":
    return [
        {
            "id": each.id,
            "sentence": each.sentence,
            "changes_on": None if each.changes_on is None else format_day(each.changes_on),
        }
        for each in plan.not_in_hand
    ]
