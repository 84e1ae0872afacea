"""Records from the tenant's systems."""

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, Route
from chalicelib.api.parameters import CURSOR, choice, limit_of, text
from chalicelib.bootstrap import application
from chalicelib.domain.records import FACT_TYPES
from chalicelib.domain.times import format_timestamp
from chalicelib.services.sent_records import Outcome

if TYPE_CHECKING:
    from chalicelib.api.schemas.records import SentRecords
    from chalicelib.api.shapes import records as shapes

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Records")

TYPES: Final = ("client", "account_manager", *FACT_TYPES)
TYPE: Final = choice("type", TYPES, "ticket", "The type of the records.", "ticket")
PREFIX: Final = text("prefix", "Only ids that begin so, as those of one source do.", "freshdesk.")
LIMIT: Final = limit_of(1_000, 50)


@endpoint(
    "POST",
    "/records",
    permission="records.write",
    body="records.RecordsBody",
    answers={
        200: "All records were taken.",
        207: "Some records were rejected; the others are stored.",
        422: "No record was taken. This is no problem document: it names every fault of every record.",
    },
    scoped=True,
)
def send_records(request: Request, body: "SentRecords") -> "tuple[HTTPStatus, shapes.RecordsOutcome]":
    """Takes in up to 500 records: 200 all taken, 207 some rejected (the good ones are stored), 422 none taken.

    A ticket's identity is its type and id, that of any other fact its type, client and id. Sending the same record
    twice changes nothing; a strictly older `updated_at` (to the microsecond; absent: the time of receipt, and never
    older than what is held) never overwrites a newer one, whatever order they come in, and of equal times the later
    received stands. One that is more than five minutes ahead of the clock is rejected. Within a request clients and
    account managers apply first, and of several versions of one record the newest counts. A record of an unknown
    client is rejected. `deleted: true` takes a fact away; a client is archived instead. A ticket sent under another
    client, or with another `created_at`, moves there within a minute.

    Dates lie in 1970–2100; a contract's `end_date` may be `9999-12-31`: open-ended.

    The current rows of the clients are refreshed within a minute. A completed QBR, a touchpoint and a reconciliation
    also store a calculation, unless `backfill` is true. With `dry_run` nothing is stored, and the answer is the same.
    """
    intake = application().record_intake
    if body.dry_run:
        intake = intake.dry(body.valid, body.new_clients)
    taken = intake.take(request.tenant, body.valid, backfill=body.backfill)
    outcome = Outcome(taken.accepted, taken.unchanged, tuple(sorted([*taken.rejected, *body.refused])))
    return _status(outcome), _outcome(outcome)


@endpoint("GET", "/records/ids", permission="records.write", query=(TYPE, PREFIX, LIMIT, CURSOR))
def list_record_ids(request: Request) -> "shapes.RecordIdList":
    """The ids of the records of a type that are held, by client, then id; deleted ones are left out.

    What a source compares with its own records, to find those that it has deleted since. A page may have less than its
    limit, and more still follow. A ticket in the middle of a move may be missing or stand twice for a minute.
    """
    query, app = request.query, application()
    cursor = query[CURSOR]
    scope = query.scope(request.tenant, "records/ids")
    place = None if cursor is None else app.cursors.read(scope, cursor)
    after = None if place is None else (str(place[0]), str(place[1]))
    held, further = app.record_ids.listed(request.tenant, query[TYPE], query[PREFIX], after, query[LIMIT])
    return {
        "items": [
            {"id": each.id, "client_id": each.client_id, "updated_at": format_timestamp(each.updated_at)}
            for each in held
        ],
        "next_cursor": None if further is None else app.cursors.sign(scope, [*further]),
    }


def _status(outcome: Outcome) -> HTTPStatus:
    if not outcome.rejected:
        return HTTPStatus.OK
    taken = outcome.accepted + outcome.unchanged
    return HTTPStatus.MULTI_STATUS if taken else HTTPStatus.UNPROCESSABLE_ENTITY


def _outcome(outcome: Outcome) -> "shapes.RecordsOutcome":
    return {
        "accepted": outcome.accepted,
        "unchanged": outcome.unchanged,
        "rejected": [
            {
                "index": refused.place,
                "id": refused.id,
                "errors": [{"pointer": fault.pointer, "message": fault.message} for fault in refused.faults],
            }
            for refused in outcome.rejected
        ],
    }
