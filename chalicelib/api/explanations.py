"""Why a score moved."""

from decimal import Decimal
from typing import Any

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, endpoint
from chalicelib.api.errors import malformed
from chalicelib.api.queries import Query
from chalicelib.bootstrap import application
from chalicelib.domain.ids import RecordId
from chalicelib.domain.settings import MODELS
from chalicelib.domain.times import format_day, format_instant

blueprint = Blueprint(__name__)


@endpoint(blueprint, "GET", "/clients/{client_id}/explanation", permission="reports.read")
def explanation(request: Request, client_id: str) -> dict[str, Any]:
    """The exact parts of a change between two results; they sum to the change."""
    query = Query(request.query, ("from", "to", "model"))
    first, last = query.optional_day("from"), query.optional_day("to", unless="now")
    if first is not None and last is not None and first > last:
        raise malformed("from is not after to.")
    model = query.optional_choice("model", MODELS)
    found = application().explanations.explain(request.tenant, RecordId(client_id), first, last, model)
    return {
        "model": found.model,
        "from": {"date": format_day(found.before.date), "score": found.before.scores.of(found.model)},
        "to": {"as_of": format_instant(found.after.as_of), "score": found.after.scores.of(found.model)},
        "change": found.explanation.change,
        "parts": [{**part._asdict(), "change": _signed(part.change)} for part in found.explanation.parts],
    }


def _signed(change: Decimal) -> str:
    """A one-decimal string."""
    return f"{change:.1f}"
