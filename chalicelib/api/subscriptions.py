"""Who gets the messages of an account manager."""

from functools import partial
from typing import TYPE_CHECKING

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, Route
from chalicelib.bootstrap import application
from chalicelib.domain.ids import RecordId

if TYPE_CHECKING:
    from chalicelib.api.schemas.subscriptions import SubscriptionBody
    from chalicelib.api.shapes import subscriptions as shapes
    from chalicelib.domain.subscriptions import Subscription

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Account managers", scoped=True)

PATH = "/account-managers/{manager_id}/subscriptions"


@endpoint("GET", PATH, permission="settings.write")
def list_subscriptions(request: Request, manager_id: RecordId) -> "shapes.SubscriptionList":
    """An account manager's subscriptions."""
    found = application().subscriptions.list(request.tenant, manager_id)
    return {"items": list(map(_subscription, found)), "next_cursor": None}


@endpoint(
    "POST",
    PATH,
    permission="settings.write",
    body="subscriptions.SubscriptionBody",
    answers={201: "The subscription."},
    problems={409: "SNS takes no more subscriptions for this tenant."},
)
def create_subscription(request: Request, manager_id: RecordId, body: "SubscriptionBody") -> "shapes.Subscription":
    """Subscribes an endpoint; e-mail and HTTPS ones are to be confirmed by their owner.

    The endpoint is an e-mail address, an `https://` URL or the ARN of an SQS queue, whose policy lets the tenant's
    topic send to it. E-mail and HTTPS endpoints, and queues of another AWS account, get a message first that asks to
    confirm. HTTPS endpoints get SNS's envelope with its signature, queues the message as it is. The same endpoint once
    more is the same subscription; several account managers may share one.
    """
    return _subscription(application().subscriptions.create(request.tenant, manager_id, body.protocol, body.endpoint))


@endpoint(
    "DELETE", PATH + "/{subscription_id}", permission="settings.write", answers={204: "The subscription is gone."}
)
def delete_subscription(request: Request, manager_id: RecordId, subscription_id: str) -> None:
    """Ends a subscription.

    An endpoint that others share goes on with theirs. AWS needs up to 15 minutes until the last message has come.
    """
    application().subscriptions.remove(request.tenant, manager_id, subscription_id)


def _subscription(subscription: "Subscription") -> "shapes.Subscription":
    return {
        "id": subscription.id,
        "protocol": subscription.protocol,
        "endpoint": subscription.endpoint,
        "confirmed": subscription.confirmed,
        "state": subscription.state,
    }
