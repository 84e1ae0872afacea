"""Records from the tenant's systems."""

from http import HTTPStatus
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.api.endpoint import Request, endpoint, json_response
from chalicelib.api.queries import Query
from chalicelib.bootstrap import application
from chalicelib.services.sent_records import Outcome

blueprint = Blueprint(__name__)


@endpoint(blueprint, "POST", "/records", permission="records.write")
def take_records(request: Request) -> Response:
    """Takes in up to 500 records: 200 all taken, 207 some rejected (the good ones are stored), 422 none taken."""
    from chalicelib.api.schemas.records import read_records

    Query(request.query, ())
    valid, refused, backfill = read_records(request.body())
    taken = application().record_intake.take(request.tenant, valid, backfill=backfill)
    outcome = Outcome(taken.accepted, taken.unchanged, tuple(sorted([*taken.rejected, *refused])))
    return json_response(_document(outcome), _status(outcome))


def _status(outcome: Outcome) -> HTTPStatus:
    if not outcome.rejected:
        return HTTPStatus.OK
    taken = outcome.accepted + outcome.unchanged
    return HTTPStatus.MULTI_STATUS if taken else HTTPStatus.UNPROCESSABLE_ENTITY


def _document(outcome: Outcome) -> dict[str, Any]:
    return {
        "accepted": outcome.accepted,
        "unchanged": outcome.unchanged,
        "rejected": [
            {"index": refused.place, "id": refused.id, "errors": [fault._asdict() for fault in refused.faults]}
            for refused in outcome.rejected
        ],
    }
