"""Who gets the messages of an account manager."""

from http import HTTPStatus
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.api.endpoint import Request, endpoint, json_response
from chalicelib.api.queries import Query
from chalicelib.bootstrap import application
from chalicelib.domain.ids import RecordId
from chalicelib.services.ports import Subscription

blueprint = Blueprint(__name__)

PATH = "/account-managers/{manager_id}/subscriptions"


@endpoint(blueprint, "GET", PATH, permission="settings.write")
def subscriptions(request: Request, manager_id: str) -> dict[str, Any]:
    """An account manager's subscriptions."""
    Query(request.query, ())
    found = application().subscriptions.list(request.tenant, RecordId(manager_id))
    return {"items": list(map(_document, found)), "next_cursor": None}


@endpoint(blueprint, "POST", PATH, permission="settings.write")
def subscribe(request: Request, manager_id: str) -> Response:
    """Subscribes an endpoint; e-mail and HTTPS ones are to be confirmed by their owner."""
    from chalicelib.api.schemas.alerts import SubscriptionBody
    from chalicelib.api.schemas.validation import read_body

    Query(request.query, ())
    body = read_body(SubscriptionBody, request.body())
    created = application().subscriptions.create(request.tenant, RecordId(manager_id), body.protocol, body.endpoint)
    return json_response(_document(created), HTTPStatus.CREATED)


@endpoint(blueprint, "DELETE", PATH + "/{subscription_id}", permission="settings.write")
def unsubscribe(request: Request, manager_id: str, subscription_id: str) -> Response:
    """Ends a subscription."""
    Query(request.query, ())
    application().subscriptions.remove(request.tenant, RecordId(manager_id), subscription_id)
    return Response("", status_code=int(HTTPStatus.NO_CONTENT))


def _document(subscription: Subscription) -> dict[str, Any]:
    return {
        "id": subscription.id,
        "protocol": subscription.protocol,
        "endpoint": subscription.endpoint,
        "confirmed": subscription.confirmed,
        "state": subscription.state,
    }
