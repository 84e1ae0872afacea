"""Why a score moved."""

from functools import partial
from typing import TYPE_CHECKING, Final

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, Route
from chalicelib.api.errors import malformed
from chalicelib.api.parameters import MODEL, day
from chalicelib.bootstrap import application
from chalicelib.domain.ids import RecordId
from chalicelib.domain.times import format_day, format_instant

if TYPE_CHECKING:
    from chalicelib.api.shapes import explanations as shapes
    from chalicelib.domain.explanation import Explanation

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Clients")

FROM: Final = day("from", "The earlier date; by default 30 days ago.", "2026-10-22")
TO: Final = day("to", "The later date; `now` computes the result from the facts.", "2026-11-22", unless="now")


@endpoint("GET", "/clients/{client_id}/explanation", permission="reports.read", query=(FROM, TO, MODEL))
def explain_change(request: Request, client_id: RecordId) -> "shapes.Explanation":
    """The exact parts of a change between two results; they sum to the change.

    A date stands for the newest result on or before it, at most 7 days old. Kinds of parts: `signal` and `factor` are
    facts that changed; `settings` is what an edit of the settings made of the old facts; `coverage` is signals that
    count now or no longer; `limit` is what goes beyond 0 or 100; `rounding` is the rest of rounding.
    """
    first, last = request.query[FROM], request.query[TO]
    if first is not None and last is not None and first > last:
        raise malformed("from is not after to.")
    found = application().explanations.explain(request.tenant, client_id, first, last, request.query[MODEL])
    return {
        "model": found.model,
        "from": {"date": format_day(found.before.date), "score": found.before.scores.of(found.model)},
        "to": {"as_of": format_instant(found.after.as_of), "score": found.after.scores.of(found.model)},
        "change": found.explanation.change,
        "parts": contributions_json(found.explanation),
    }


def contributions_json(explanation: "Explanation") -> "list[shapes.ExplanationPart]":
    """The parts of a change, each change a one-decimal string."""
    return [
        {
            "id": each.id,
            "kind": each.kind,
            "change": f"{each.change:.1f}",
            "from_points": each.from_points,
            "to_points": each.to_points,
            "sentence": each.sentence,
        }
        for each in explanation.contributions
    ]
