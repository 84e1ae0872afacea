"""Operations of alerts, tasks and subscriptions."""

from http import HTTPStatus
from typing import Final

from chalicelib.api.openapi import problems
from chalicelib.api.openapi.answers.alerts import Alert, AlertList, Subscription, SubscriptionList, Task, TaskList
from chalicelib.api.openapi.examples import alerts as examples
from chalicelib.api.openapi.parameters import ID, LIST, several, several_choices
from chalicelib.api.openapi.parts import Answer, Body, Operation, Operations
from chalicelib.api.schemas.alerts import AlertStatusBody, SubscriptionBody, TaskStatusBody
from chalicelib.domain.alerts import ALERT_STATUSES

_LISTING: Final = (
    problems.UNKNOWN_PARAMETER,
    problems.BAD_PARAMETER,
    problems.BAD_CURSOR,
    problems.UNKNOWN_TENANT,
)
_MANAGER: Final = several("account_manager_id", ID, "Only those of this account manager.", "am-7")

OPERATIONS: Final[Operations] = {
    ("GET", "/alerts"): Operation(
        "list_alerts",
        "Alerts",
        answers=(Answer(HTTPStatus.OK, "A page of alerts.", AlertList, {"one": examples.ALERTS}),),
        problems=_LISTING,
        parameters=(several_choices("status", ALERT_STATUSES, "Only alerts of this status.", "OPEN"), _MANAGER, *LIST),
        details="An alert tells of one fall of one client. It resolves by itself when every rule that it names is "
        "armed again.",
    ),
    ("PATCH", "/alerts/{alert_id}"): Operation(
        "answer_alert",
        "Alerts",
        answers=(Answer(HTTPStatus.OK, "The alert.", Alert, {"acknowledged": examples.ACKNOWLEDGED}),),
        problems=(
            problems.NO_PARAMETERS,
            *problems.BODY,
            problems.UNKNOWN_ALERT,
            problems.RESOLVED,
            problems.invalid(("/status", "Send one of OPEN, ACKNOWLEDGED, RESOLVED.")),
            problems.BUSY,
        ),
        body=Body(AlertStatusBody, {"acknowledge": examples.ACKNOWLEDGEMENT, "resolve": examples.RESOLUTION}),
    ),
    ("GET", "/tasks"): Operation(
        "list_tasks",
        "Alerts",
        answers=(Answer(HTTPStatus.OK, "A page of tasks.", TaskList, {"one": examples.TASKS}),),
        problems=_LISTING,
        parameters=(several_choices("status", ("OPEN", "DONE"), "Only tasks of this status.", "OPEN"), _MANAGER, *LIST),
        details="The At-Risk Alert workflow opens one for a threshold alert, due in two business days, unless the "
        "client has an open one.",
    ),
    ("PATCH", "/tasks/{task_id}"): Operation(
        "answer_task",
        "Alerts",
        answers=(Answer(HTTPStatus.OK, "The task.", Task, {"done": examples.COMPLETED}),),
        problems=(
            problems.NO_PARAMETERS,
            *problems.BODY,
            problems.UNKNOWN_TASK,
            problems.OTHER_TASK,
            problems.invalid(("/status", "Send one of OPEN, DONE.")),
        ),
        body=Body(TaskStatusBody, {"done": examples.COMPLETION}),
    ),
    ("GET", "/account-managers/{manager_id}/subscriptions"): Operation(
        "list_subscriptions",
        "Account managers",
        answers=(
            Answer(HTTPStatus.OK, "The subscriptions, all of them.", SubscriptionList, {"two": examples.SUBSCRIPTIONS}),
        ),
        problems=(problems.NO_PARAMETERS, problems.UNKNOWN_MANAGER),
    ),
    ("POST", "/account-managers/{manager_id}/subscriptions"): Operation(
        "create_subscription",
        "Account managers",
        answers=(
            Answer(
                HTTPStatus.CREATED,
                "The subscription.",
                Subscription,
                {"to_be_confirmed": examples.PENDING, "confirmed": examples.SUBSCRIBED},
            ),
        ),
        problems=(
            problems.NO_PARAMETERS,
            *problems.BODY,
            problems.UNKNOWN_MANAGER,
            problems.TOPIC_FULL,
            problems.invalid(("", "endpoint: Send an https:// URL.")),
        ),
        body=Body(
            SubscriptionBody,
            {"email": examples.NEW_EMAIL, "webhook": examples.NEW_WEBHOOK, "queue": examples.NEW_QUEUE},
        ),
        details="The endpoint is an e-mail address, an `https://` URL or the ARN of an SQS queue, whose policy lets "
        "the tenant's topic send to it. E-mail and HTTPS endpoints, and queues of another AWS account, get a message "
        "first that asks to confirm. HTTPS endpoints get SNS's envelope with its signature, queues the message as it "
        "is. The same endpoint once more is the same subscription; several account managers may share one.",
    ),
    ("DELETE", "/account-managers/{manager_id}/subscriptions/{subscription_id}"): Operation(
        "delete_subscription",
        "Account managers",
        answers=(Answer(HTTPStatus.NO_CONTENT, "The subscription is gone."),),
        details="An endpoint that others share goes on with theirs. AWS needs up to 15 minutes until the last message "
        "has come.",
        problems=(problems.NO_PARAMETERS, problems.UNKNOWN_SUBSCRIPTION),
    ),
}
