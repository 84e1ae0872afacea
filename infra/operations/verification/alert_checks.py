"""Who is told: alarms, mailboxes of several managers, queues elsewhere, and one tenant's broken topic."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import uuid4

from botocore.exceptions import ClientError

from chalicelib.adapters.sns import topic_name
from chalicelib.domain.ids import TenantId
from infra.operations.errors import OperationError
from infra.operations.leftovers import owned
from infra.operations.verification.verdicts import REFUSED, Verdict, failed, passed, untold
from infra.operations.verification.visit import Visit

MAILBOX: Final = "success+client-health-verify@simulator.amazonses.com"
"""Amazon's own: takes every mail and shows it to nobody."""

_EXECUTED: Final = "Successfully executed action"
_MANAGERS: Final = ("am-1", "am-2")


def alarms(visit: Visit) -> Verdict:
    """Each alarm, when it rings, executes its action; its state is put back."""
    stack = owned(visit.client("cloudformation"), visit.site.target.stack_name)
    names = sorted(stack.get("AWS::CloudWatch::Alarm", []))
    if not names:
        return failed("the stack has no alarms: deploy the template of this release")
    cloudwatch = visit.client("cloudwatch")
    described = {
        each["AlarmName"]: each
        for start in range(0, len(names), 100)
        for each in cloudwatch.describe_alarms(AlarmNames=names[start : start + 100])["MetricAlarms"]
    }
    silent = [name for name in names if not described[name]["AlarmActions"] or not described[name]["ActionsEnabled"]]
    if silent:
        return failed(f"these alarms have no action, or it is disabled: {', '.join(silent)}")
    began = datetime.now(UTC) - timedelta(seconds=5)
    try:
        for name in names:
            for state in ("OK", "ALARM"):  # only a change of state executes an action
                cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="infra.operations verify")
        if visit.emulated:
            return untold(
                f"{len(names)} alarms can be set; the emulator notes no executed actions, and knows no KMS grants"
            )
        rang = visit.until(lambda: all(_actions(cloudwatch, name, began) for name in names))
        unheard = [name for name in names if not any(map(_succeeded, _actions(cloudwatch, name, began)))]
    finally:
        for name in names:
            before = described[name]["StateValue"]
            cloudwatch.set_alarm_state(AlarmName=name, StateValue=before, StateReason="infra.operations verify: over")
    if unheard:
        said = next(
            (action for name in unheard for action in _actions(cloudwatch, name, began)), "no action in its history"
        )
        late = "" if rang else f" within {visit.wait:.0f} s"
        return failed(f"{len(unheard)} alarms reach nobody{late}: {', '.join(unheard)}; {said}")
    return _with_listeners(visit, described[names[0]]["AlarmActions"][0], len(names))


def _actions(cloudwatch: Any, alarm: str, since: datetime) -> list[str]:
    found = cloudwatch.describe_alarm_history(
        AlarmName=alarm, HistoryItemType="Action", StartDate=since, EndDate=datetime.now(UTC) + timedelta(minutes=5)
    )
    return [item["HistorySummary"] for item in found["AlarmHistoryItems"]]


def _succeeded(summary: str) -> bool:
    return summary.startswith(_EXECUTED)


def _with_listeners(visit: Visit, topic: str, count: int) -> Verdict:
    pages = visit.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    heard = [each for page in pages for each in page["Subscriptions"] if each["SubscriptionArn"].startswith("arn:")]
    if not heard:
        return failed(f"{count} alarms execute their action, but nobody is subscribed: set OperatorEmail, and confirm")
    return passed(f"{count} alarms execute their action; {len(heard)} confirmed subscriptions hear it")


def shared_mailbox(visit: Visit) -> Verdict:
    """Two account managers share a mailbox, and one leaves before anybody confirmed."""
    tenant = visit.tenants[0]
    ask = partial(visit.as_tenant, tenant)
    _take(visit, tenant, [_manager(manager) for manager in _MANAGERS])
    made: list[str] = []
    for manager in _MANAGERS:
        body = {"protocol": "email", "endpoint": MAILBOX}
        answer = ask("POST", f"/v1/account-managers/{manager}/subscriptions", body)
        if answer.status != 201:
            return failed(
                f"the subscription of the {len(made) + 1}. manager to one mailbox is answered {answer.status}"
            )
        made.append(answer.json["id"])
    for left, (manager, subscription) in enumerate(zip(_MANAGERS, made, strict=True)):
        answer = ask("DELETE", f"/v1/account-managers/{manager}/subscriptions/{subscription}")
        if answer.status != 204:
            return failed(f"an unconfirmed subscription cannot be removed: {answer.status}")
        if ask("GET", f"/v1/account-managers/{manager}/subscriptions").json["items"]:
            return failed("a removed subscription is still listed")
        if left == 0 and len(ask("GET", f"/v1/account-managers/{_MANAGERS[1]}/subscriptions").json["items"]) != 1:
            return failed("the other manager's subscription went with the first one's")
    if visit.emulated:
        return untold("the API does as it must; the emulator knows neither SNS's one subscription nor its pending ones")
    return passed("two managers share a mailbox, and each leaves it alone, unconfirmed")


def foreign_queues(visit: Visit) -> Verdict:
    """Queues of other accounts, plain and encrypted, get what is published for a manager."""
    if not visit.queues:
        return untold("give the ARNs of queues in another account, plain and KMS-encrypted, with --queue")
    tenant = visit.tenants[0]
    _take(visit, tenant, [_manager(_MANAGERS[0])])
    for arn in visit.queues:
        body = {"protocol": "sqs", "endpoint": arn}
        answer = visit.as_tenant(tenant, "POST", f"/v1/account-managers/{_MANAGERS[0]}/subscriptions", body)
        if answer.status != 201:
            return failed(f"{arn} is answered {answer.status}: its policy must let SNS send to it")
        if not answer.json["confirmed"]:
            return untold(f"the owner of {arn} has to confirm first (the message is in the queue), then repeat this")
    word = f"verify-{uuid4().hex[:12]}"
    visit.client("sns").publish(
        TopicArn=_topic(visit, tenant),
        Message=word,
        MessageAttributes={"account_manager_id": {"DataType": "String", "StringValue": _MANAGERS[0]}},
    )
    unseen = [arn for arn in visit.queues if not _readable(visit, arn)]
    for arn in visit.queues:
        if arn not in unseen and not visit.until(partial(_arrived, visit, arn, word)):
            return failed(f"nothing arrives in {arn}: a KMS key's policy must let sns.amazonaws.com use it")
    if unseen:
        return untold(f"these credentials may not look into {', '.join(unseen)}: see there for the message {word}")
    return passed(f"{len(visit.queues)} queues got what was published")


def _url(arn: str, visit: Visit) -> str:
    account, name = arn.split(":")[4:6]
    return str(visit.client("sqs").get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"])


def _readable(visit: Visit, arn: str) -> bool:
    try:
        visit.client("sqs").receive_message(QueueUrl=_url(arn, visit), VisibilityTimeout=0)
    except ClientError as error:
        if error.response["Error"]["Code"] in REFUSED | {"AWS.SimpleQueueService.NonExistentQueue"}:
            return False
        raise
    return True


def _arrived(visit: Visit, arn: str, word: str) -> bool:
    found = visit.client("sqs").receive_message(
        QueueUrl=_url(arn, visit), MaxNumberOfMessages=10, VisibilityTimeout=0, WaitTimeSeconds=1
    )
    return any(word in message["Body"] for message in found.get("Messages", []))


def broken_topic(visit: Visit) -> Verdict:
    """One tenant's topic refuses everything; the other tenant's alert goes out all the same."""
    broken, _ = visit.tenants
    topic = _topic(visit, broken)
    nobody = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topic}],
    }
    visit.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(nobody))
    with _mailbox(visit) as mailbox:
        return _alerts_beside_a_broken_topic(visit, mailbox)


@contextmanager
def _mailbox(visit: Visit) -> Iterator[str]:
    """The ARN of a queue that takes messages of any topic of this account, for as long as it is needed."""
    sqs = visit.client("sqs")
    url = sqs.create_queue(QueueName=f"client-health-verify-{uuid4().hex[:12]}")["QueueUrl"]
    try:
        arn = str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"StringEquals": {"aws:SourceAccount": arn.split(":")[4]}},
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        yield arn
    finally:
        sqs.delete_queue(QueueUrl=url)


def _alerts_beside_a_broken_topic(visit: Visit, mailbox: str) -> Verdict:
    broken, other = visit.tenants
    for tenant in (broken, other):  # the broken one first, so that the other would wait behind it
        _take(visit, tenant, [_manager(_MANAGERS[0]), _CLIENT, *_overdue(datetime.now(UTC))])
        place = f"/v1/account-managers/{_MANAGERS[0]}/subscriptions"  # whom nothing reaches is told nothing
        subscribed = visit.as_tenant(tenant, "POST", place, {"protocol": "sqs", "endpoint": mailbox})
        if subscribed.status != 201 or not subscribed.json["confirmed"]:
            return failed(f"a queue of this account cannot be subscribed: it is answered {subscribed.status}")
        if visit.as_tenant(tenant, "POST", "/v1/clients/c-1/recalculate").status != 200:
            return failed("a client cannot be recalculated: see Function errors in the runbook")
    if not visit.until(lambda: all(_alert(visit, tenant) for tenant in (broken, other))):
        return failed(f"no alert within {visit.wait:.0f} s: see Scoring falls behind in the runbook")
    if not visit.until(lambda: _published(visit, other)):
        return failed(
            "while one tenant's topic is broken, another's alerts wait: see Unpublished alerts in the runbook"
        )
    if _published(visit, broken):
        return untold("the topic's policy does not keep the emulator from publishing, so nothing was broken")
    return passed("while one tenant's topic is broken, another's alert goes out")


def _topic(visit: Visit, tenant: TenantId) -> str:
    name = topic_name(visit.site.outputs["TopicPrefix"], tenant)
    return str(visit.client("sns").create_topic(Name=name)["TopicArn"])  # tells an existing one's


def _alert(visit: Visit, tenant: TenantId) -> Any:
    """The tenant's newest alert; None without one."""
    items = visit.as_tenant(tenant, "GET", "/v1/alerts").json["items"]
    return items[0] if items else None


def _published(visit: Visit, tenant: TenantId) -> bool:
    return (_alert(visit, tenant) or {}).get("published_at") is not None


def _take(visit: Visit, tenant: TenantId, records: list[dict[str, Any]]) -> None:
    answer = visit.as_tenant(tenant, "POST", "/v1/records", {"records": records})
    if answer.status != 200 or answer.json["rejected"]:
        raise OperationError(f"POST /v1/records answered {answer.status}: see Function errors in the runbook")


def _manager(manager: str) -> dict[str, Any]:
    return {"type": "account_manager", "id": manager, "name": manager, "email": MAILBOX}


_CLIENT: Final = {
    "type": "client",
    "id": "c-1",
    "name": "Verification",
    "status": "ACTIVE",
    "account_manager_id": _MANAGERS[0],
}


def _overdue(now: datetime) -> list[dict[str, Any]]:
    """Seven overdue tickets: below the threshold of a new tenant."""
    times = {"created_at": f"{now - timedelta(hours=12):%FT%TZ}", "due_at": f"{now - timedelta(hours=1):%FT%TZ}"}
    return [
        {"type": "ticket", "id": f"T{number}", "client_id": "c-1", "priority": "P1", **times} for number in range(7)
    ]
