"""One client: its record, its live card, its history, its recalculation."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from chalice.app import Blueprint

from chalicelib.api.documents import card_document, client_document, history_document, score_document
from chalicelib.api.endpoint import Request, endpoint
from chalicelib.api.errors import RequestError, malformed
from chalicelib.api.queries import Query
from chalicelib.bootstrap import application
from chalicelib.domain.history import RETENTION_DAYS
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.moment import local_day
from chalicelib.services.clients import ClientView
from chalicelib.services.histories import HistoryKey, key_of

blueprint = Blueprint(__name__)


@endpoint(blueprint, "GET", "/clients/{client_id}", permission="clients.read")
def client(request: Request, client_id: str) -> dict[str, Any]:
    """A client's record with the score of the primary model."""
    Query(request.query, ())
    return _client(application().clients.get(request.tenant, RecordId(client_id)))


@endpoint(blueprint, "PUT", "/clients/{client_id}", permission="records.write")
def replace_client(request: Request, client_id: str) -> dict[str, Any]:
    """Replaces a client's record; `at_risk_since: null` takes the at-risk flag away."""
    from chalicelib.api.schemas.clients import read_client

    Query(request.query, ())
    sent, clear_at_risk = read_client(RecordId(client_id), request.body())
    view = application().clients.replace(request.tenant, RecordId(client_id), sent, clear_at_risk=clear_at_risk)
    return _client(view)


def _client(view: ClientView) -> dict[str, Any]:
    return {
        **client_document(view.stored.client),
        **score_document(view.tenant.primary_model, view.row),
    }


@endpoint(blueprint, "GET", "/clients/{client_id}/health", permission="reports.read")
def card(request: Request, client_id: str) -> dict[str, Any]:
    """The live card: both models computed now from the facts."""
    Query(request.query, ())
    return card_document(application().cards.card(request.tenant, RecordId(client_id)))


@endpoint(blueprint, "GET", "/clients/{client_id}/history", permission="reports.read")
def history(request: Request, client_id: str) -> dict[str, Any]:
    """Snapshots and calculations, newest first."""
    query = Query(request.query, ("from", "to", "limit", "cursor"))
    app, client_key = application(), RecordId(client_id)
    today = local_day(app.clock(), app.tenants.get(request.tenant).zone)
    last = query.day("to", today)
    first = query.day("from", min(last, today) - RETENTION_DAYS)
    if first > last:
        raise malformed("from is not after to.")
    limit, cursor = query.limit(), query.cursor()
    scope = query.scope(request.tenant, f"clients/{client_key}/history")
    before = None if cursor is None else HistoryKey(*app.cursors.read(scope, cursor))
    entries = app.histories.newest(request.tenant, client_key, first, last, limit + 1, before)
    more = len(entries) > limit
    entries = entries[:limit]
    return {
        "items": list(map(history_document, entries)),
        "next_cursor": app.cursors.sign(scope, list(key_of(entries[-1]))) if more else None,
    }


@endpoint(blueprint, "POST", "/clients/{client_id}/recalculate", permission="scores.recalculate")
def recalculate(request: Request, client_id: str) -> dict[str, Any]:
    """Computes a client now, stores the calculation and answers the card."""
    Query(request.query, ())
    client_key = RecordId(client_id)
    return once(
        request, client_key, lambda tenant: card_document(application().recalculation.recalculate(tenant, client_key))
    )


def once(request: Request, client_key: RecordId, compute: Callable[[TenantId], dict[str, Any]]) -> dict[str, Any]:
    """The answer of a request, computed once for its Idempotency-Key if it carries one."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return compute(request.tenant)
    if not (1 <= len(key) <= 128 and key.isascii() and key.isprintable() and " " not in key):
        raise malformed("An Idempotency-Key is 1 to 128 visible ASCII characters.")
    app, tenant = application(), request.tenant
    earlier = app.idempotency.begin(tenant, key, client_key, app.clock())
    if earlier is not None:
        if earlier.client_id != client_key:
            raise RequestError(HTTPStatus.CONFLICT, "This Idempotency-Key was used for another client.")
        if earlier.answer is None:
            raise RequestError(HTTPStatus.CONFLICT, "A request with this Idempotency-Key is still in progress.")
        return dict(earlier.answer)
    try:
        answer = compute(tenant)
    except Exception:
        app.idempotency.abandon(tenant, key)
        raise
    app.idempotency.finish(tenant, key, client_key, answer, app.clock())
    return answer
