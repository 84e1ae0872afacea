"""One client: its record, its live card, its history, its recalculation."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, Route
from chalicelib.api.errors import malformed
from chalicelib.api.parameters import CURSOR, LIMIT, Parameter, day
from chalicelib.api.responses import card_json, client_json, for_caller, history_json, score_json
from chalicelib.bootstrap import application
from chalicelib.domain.ids import RecordId

if TYPE_CHECKING:
    from chalicelib.api.schemas.clients import ClientReplacement
    from chalicelib.api.shapes import clients as shapes
    from chalicelib.services.clients import ClientView

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Clients")


@endpoint("GET", "/clients/{client_id}", permission="clients.read")
def get_client(request: Request, client_id: RecordId) -> "shapes.ScoredClient":
    """A client's record with the score of the primary model.

    The score is the one in the current row: of the last night, or of the last refresh after a change.
    """
    return _client(application().clients.get(request.tenant, client_id))


@endpoint("PUT", "/clients/{client_id}", permission="records.write", body="clients.ClientReplacement")
def replace_client(request: Request, client_id: RecordId, body: "ClientReplacement") -> "shapes.ScoredClient":
    """Replaces a client's record; `at_risk_since: null` takes the at-risk flag away.

    The record is replaced whole: a field that is left out is cleared, but for `at_risk_since`, which stays unless it
    is sent as null. New clients come in through `POST /v1/records`. The client's rows are refreshed within a minute;
    the answer has the score as it was.
    """
    clear_at_risk = "at_risk_since" in body.model_fields_set
    return _client(
        application().clients.replace(request.tenant, client_id, body.client(client_id), clear_at_risk=clear_at_risk)
    )


def _client(view: "ClientView") -> "shapes.ScoredClient":
    return {**client_json(view.stored.client), **score_json(view.tenant.primary_model, view.row)}


@endpoint("GET", "/clients/{client_id}/health", permission="reports.read")
def get_health_card(request: Request, client_id: RecordId) -> "shapes.HealthCard":
    """The live card: both models computed now from the facts.

    Nothing is stored. Peers are those of the last nightly run.
    """
    return for_caller(card_json(application().cards.card(request.tenant, client_id)))


FROM: Final = day("from", "The first date; by default 730 days before the last.", "2026-10-01")
TO: Final = day("to", "The last date; by default today, in the tenant's zone.", "2026-11-22")


@endpoint("GET", "/clients/{client_id}/history", permission="reports.read", query=(FROM, TO, LIMIT, CURSOR))
def list_history(request: Request, client_id: RecordId) -> "shapes.History":
    """Snapshots and calculations, newest first.

    Results are kept for 730 days.
    """
    from chalicelib.services.histories import HistoryKey, key_of

    app, query = application(), request.query
    first, last = app.histories.span(request.tenant, query[FROM], query[TO])
    if first > last:
        raise malformed("from is not after to.")
    limit, cursor = query[LIMIT], query[CURSOR]
    scope = query.scope(request.tenant, f"clients/{client_id}/history")
    before = None if cursor is None else HistoryKey(*app.cursors.read(scope, cursor))
    entries = app.histories.newest(request.tenant, client_id, first, last, limit + 1, before)
    more = len(entries) > limit
    entries = entries[:limit]
    return {
        "items": list(map(history_json, entries)),
        "next_cursor": app.cursors.sign(scope, list(key_of(entries[-1]))) if more else None,
    }


def idempotency_key(sent: Sequence[str]) -> str | None:
    """The key that was sent, None without one. Raises RequestError (400)."""
    if not sent:
        return None
    key = sent[0]
    if not (1 <= len(key) <= 128 and key.isascii() and key.isprintable() and " " not in key):
        raise malformed("An Idempotency-Key is 1 to 128 visible ASCII characters.")
    return key


KEY_SCHEMA: Final = {"type": "string", "pattern": "^[!-~]{1,128}$"}
IDEMPOTENCY_KEY: Final = Parameter(
    name="Idempotency-Key",
    read=idempotency_key,
    schema=KEY_SCHEMA,
    description="Makes repeating safe: for 24 hours the same key for the same client gets the same answer, and nothing "
    "is computed again.",
    example="8b1f6a52-6f1b-4a0e-9a53-2f8d3a1c7e10",
)


@endpoint(
    "POST",
    "/clients/{client_id}/recalculate",
    permission="scores.recalculate",
    headers=(IDEMPOTENCY_KEY,),
    problems={
        409: "The client is not scored, or the Idempotency-Key was used for another client or by a request that is "
        "still in progress."
    },
)
def recalculate_client(request: Request, client_id: RecordId) -> "shapes.HealthCard":
    """Computes a client now, stores the calculation and returns the card.

    The calculation appears in the history with trigger `manual`. The request has no body.
    """
    key = request.header(IDEMPOTENCY_KEY)
    return for_caller(application().recalculation.recalculate_once(request.tenant, client_id, key, card_json))
