"""The first-day checks, each on AWS's answers as they should be, as they should not, refused and throttled."""

import base64
import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.times import day_of_instant
from infra.operations.errors import OperationError
from infra.operations.leftovers import LeftOver
from infra.operations.site import Site
from infra.operations.verification import access_checks, alert_checks, recovery_checks, run
from infra.operations.verification.run import verify
from infra.operations.verification.verdicts import Check, Verdict, failed, passed, verdict_of
from infra.operations.verification.visit import TENANTS, Answer, Visit

OUTPUTS: Final = {
    "TableName": "client-health-prod-Table-X1",
    "UserPoolId": "pool",
    "UserPoolClientId": "app",
    "OidcClientId": "app",
    "ApiUrl": "https://api.example.com/api",
    "DashboardUrl": "https://page.example.com",
    "TopicPrefix": "client-health-prod-",
}
TOPIC: Final = "arn:aws:sns:eu-central-1:1:client-health-prod-OperatorTopic-X1"

Replies = Mapping[str, Any]
Api = Callable[[str, str, object], Answer]


class Clients:
    """Stands for all clients of AWS: a call is answered by its name; a list is used up, its last answer stays."""

    def __init__(self, replies: Replies) -> None:
        self.replies = {name: list(reply) if isinstance(reply, list) else reply for name, reply in replies.items()}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.exceptions = SimpleNamespace(ResourceNotFoundException=MissingTableError, ClientError=ClientError)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            self.calls.append((name, parameters))
            reply = self.replies[name]
            if isinstance(reply, list):
                reply = reply.pop(0) if len(reply) > 1 else reply[0]
            if isinstance(reply, Exception):
                raise reply
            return reply(**parameters) if callable(reply) else reply

        return call

    def get_paginator(self, name: str) -> Any:
        return SimpleNamespace(paginate=lambda **parameters: [getattr(self, name)(**parameters)])


class MissingTableError(ClientError):
    def __init__(self) -> None:
        super().__init__({"Error": {"Code": "ResourceNotFoundException"}}, "DescribeTable")


class Stage(Visit):
    """A stage whose AWS and API answer what they are told to; nobody waits."""

    aws: Clients
    api: Api

    @property
    def tenants(self) -> tuple[TenantId, TenantId]:
        return TENANTS

    def client(self, service: Any) -> Any:
        return self.aws

    def http(self, method: str, path: str, credential: str | None = None, body: object = None) -> Answer:
        return self.api(method, path, body)

    def as_tenant(self, tenant: TenantId, method: str, path: str, body: object = None) -> Answer:
        return self.api(method, path, body)

    def make_key(self, tenant: TenantId) -> str:
        return "hk_KEY_secret"

    def forget_tenants(self) -> None:
        self.aws.calls.append(("forgotten", {}))


def fine(*_: object) -> Answer:
    return Answer(200, {})


def stage(
    replies: Replies | None = None, api: Callable[[str, str, object], Answer] = fine, *, local: bool = False
) -> Stage:
    site = Site(boto3.Session(region_name="eu-central-1"), OUTPUTS, "http://127.0.0.1:9" if local else None, "prod")
    made = Stage(site, "https://api.example.com/api", lambda _: None, wait=0.05, poll=0.0)
    made.aws, made.api = Clients(replies or {}), api
    return made


def refused(code: str = "AccessDenied") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Call")


def outcome(check: Callable[[Visit], Verdict], visit: Visit) -> tuple[str, str]:
    return verdict_of(Check(0, "", check), visit)


# ---- whatever keeps a check from its end ----

FIRST_CALLS: Final = [
    (access_checks.sign_in, "describe_user_pool_client"),
    (access_checks.tenants_sessions, "describe_stack_resource"),
    (alert_checks.alarms, "list_stack_resources"),
    (alert_checks.broken_topic, "create_topic"),
    (recovery_checks.restored_table, "describe_continuous_backups"),
]


@pytest.mark.parametrize(("check", "call"), FIRST_CALLS)
@pytest.mark.parametrize(
    ("error", "told", "says"),
    [
        (refused(), "cannot be told here", "may not call"),
        (refused("Throttling"), "cannot be told here", "repeat it in a minute"),
        (refused("InvalidAction"), "cannot be told here", "does not exist here"),
        (EndpointConnectionError(endpoint_url="x"), "cannot be told here", "no answer"),
        (refused("ValidationError"), "failed", "was refused"),
    ],
)
def test_a_check_that_comes_to_no_end_never_passes(
    check: Callable[[Visit], Verdict], call: str, error: Exception, told: str, says: str
) -> None:
    found = outcome(check, stage({call: error}))
    assert found[0] == told
    assert says in found[1]


def test_verify_asks_all_ten_tells_each_and_cleans_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Visit) -> Verdict:
        raise OperationError("see the runbook")

    runs = (lambda _: passed("fine"), broken, lambda _: failed("mend it"))
    checks = tuple(Check(number, "a title", run) for number, run in enumerate(runs, 1))
    monkeypatch.setattr(run, "CHECKS", checks)
    visit = stage()
    told: list[str] = []
    visit.tell = told.append
    assert [verdict.outcome for _, verdict in verify(visit)] == ["passed", "failed", "failed"]
    assert told[1:] == [
        " 2. a title: failed. see the runbook",
        " 3. a title: failed. mend it",
        "1 passed, 2 failed, 0 cannot be told here",
    ]
    assert ("forgotten", {}) in visit.aws.calls
    assert [check.number for check, _ in verify(stage(), frozenset({3}))] == [3]


def test_temporary_tenants_go_also_when_a_check_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(_: Visit) -> Verdict:
        raise AssertionError

    monkeypatch.setattr(run, "CHECKS", (Check(1, "", fault),))
    visit = stage()
    with pytest.raises(AssertionError):
        verify(visit)
    assert visit.aws.calls == [("forgotten", {})]


def test_there_are_ten() -> None:
    assert [check.number for check in run.CHECKS] == list(range(1, 11))


# ---- 1: sign-in ----


def app_client(scopes: list[str], attributes: list[str]) -> Replies:
    return {"UserPoolClient": {"AllowedOAuthScopes": scopes, "ReadAttributes": attributes}}


GOOD_CLIENT: Final = app_client(["openid", "email", "profile"], ["email", "custom:tenant_id"])


def token(**claims: Any) -> str:
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.x"


@pytest.mark.parametrize(
    ("described", "told"),
    [
        (GOOD_CLIENT, "cannot be told here"),
        (app_client(["openid"], ["custom:tenant_id"]), "cannot be told here"),
        (app_client(["openid", "email"], ["custom:tenant_id"]), "failed"),
        (app_client(["email", "profile"], ["custom:tenant_id"]), "failed"),
        (app_client(["openid", "profile"], ["email"]), "failed"),
    ],
)
def test_without_a_token_the_app_client_is_looked_at(described: Replies, told: str) -> None:
    assert outcome(access_checks.sign_in, stage({"describe_user_pool_client": described}))[0] == told


@pytest.mark.parametrize(("status", "told"), [(200, "passed"), (403, "failed"), (401, "failed"), (500, "failed")])
def test_a_token_of_the_hosted_page_opens_the_api(status: int, told: str) -> None:
    visit = stage({"describe_user_pool_client": GOOD_CLIENT}, lambda *_: Answer(status, None))
    visit.id_token = token(sub="s", email="e")
    found = outcome(access_checks.sign_in, visit)
    assert found[0] == told
    assert status == 200 or "its claims: email, sub" in found[1]


@pytest.mark.parametrize("text", ["", "x", "a.b", "a.!!.c", token()[:5], "e30.W10.x"])
def test_what_is_no_token_has_no_claims(text: str) -> None:
    assert access_checks.claims(text) == {}


# ---- 2: alarms ----


def stack_with(*alarms: str) -> Replies:
    kinds = {"ResourceType": "AWS::CloudWatch::Alarm", "ResourceStatus": "CREATE_COMPLETE"}
    return {"StackResourceSummaries": [{**kinds, "PhysicalResourceId": name} for name in alarms]}


def alarm(**changes: Any) -> Replies:
    described = {"AlarmName": "a", "AlarmActions": [TOPIC], "ActionsEnabled": True, "StateValue": "INSUFFICIENT_DATA"}
    return {"MetricAlarms": [described | changes]}


def history(*summaries: str) -> Replies:
    return {"AlarmHistoryItems": [{"HistorySummary": each} for each in summaries]}


HEARD: Final = {"Subscriptions": [{"SubscriptionArn": f"{TOPIC}:1"}]}
EXECUTED: Final = history(f"Successfully executed action {TOPIC}")


@pytest.mark.parametrize(
    ("replies", "told", "says"),
    [
        ({}, "passed", "1 alarms execute"),
        ({"describe_alarm_history": [history(), EXECUTED]}, "passed", "1 confirmed"),
        ({"describe_alarm_history": history(f"Failed to execute action {TOPIC}: KMS")}, "failed", "KMS"),
        ({"describe_alarm_history": history()}, "failed", "within 0 s"),
        ({"describe_alarms": alarm(AlarmActions=[])}, "failed", "no action"),
        ({"describe_alarms": alarm(ActionsEnabled=False)}, "failed", "disabled"),
        ({"list_subscriptions_by_topic": {"Subscriptions": []}}, "failed", "nobody is subscribed"),
        (
            {"list_subscriptions_by_topic": {"Subscriptions": [{"SubscriptionArn": "PendingConfirmation"}]}},
            "failed",
            "nobody is subscribed",
        ),
        ({"list_stack_resources": stack_with()}, "failed", "no alarms"),
        ({"describe_alarm_history": refused()}, "cannot be told here", "may not call"),
        ({"describe_alarm_history": refused("Throttling")}, "cannot be told here", "throttles"),
    ],
)
def test_each_alarm_rings_and_is_put_back(replies: Replies, told: str, says: str) -> None:
    answers: dict[str, Any] = {
        "list_stack_resources": stack_with("a"),
        "describe_alarms": alarm(),
        "set_alarm_state": {},
        "describe_alarm_history": EXECUTED,
        "list_subscriptions_by_topic": HEARD,
    }
    visit = stage(answers | dict(replies))
    found = outcome(alert_checks.alarms, visit)
    assert found[0] == told
    assert says in found[1]
    states = [parameters["StateValue"] for name, parameters in visit.aws.calls if name == "set_alarm_state"]
    assert states in ([], ["OK", "ALARM", "INSUFFICIENT_DATA"])
    assert not states or "describe_alarm_history" in [name for name, _ in visit.aws.calls]


# ---- 3: one mailbox ----


class Mailbox:
    """The API as it treats two managers' subscriptions; `faults` make it answer otherwise."""

    def __init__(self, **faults: Any) -> None:
        self.faults, self.held = faults, {"am-1": 0, "am-2": 0}

    def __call__(self, method: str, path: str, body: object) -> Answer:
        if path == "/v1/records":
            return Answer(self.faults.get("records", 200), {"rejected": []})
        manager = path.split("/")[3]
        if method == "POST":
            taken = sum(self.held.values())
            self.held[manager] += 1
            return Answer(self.faults.get("second", 201) if taken else 201, {"id": f"s-{manager}"})
        if method == "DELETE":
            self.held[manager] -= self.faults.get("stays", 0) == 0
            if self.faults.get("both"):
                self.held = dict.fromkeys(self.held, 0)
            return Answer(self.faults.get("delete", 204), None)
        return Answer(200, {"items": [{}] * self.held[manager]})


@pytest.mark.parametrize(
    ("faults", "told", "says"),
    [
        ({}, "passed", "share a mailbox"),
        ({"second": 422}, "failed", "2. manager"),
        ({"delete": 500}, "failed", "cannot be removed: 500"),
        ({"stays": 1}, "failed", "still listed"),
        ({"both": 1}, "failed", "went with"),
        ({"records": 500}, "failed", "POST /v1/records answered 500"),
    ],
)
def test_two_managers_share_a_mailbox(faults: Replies, told: str, says: str) -> None:
    found = outcome(alert_checks.shared_mailbox, stage(None, Mailbox(**faults)))
    assert found[0] == told
    assert says in found[1]
    assert outcome(alert_checks.shared_mailbox, stage(None, Mailbox(), local=True))[0] == "cannot be told here"


# ---- 4: tenants' sessions ----


def deciding(theirs: str, ours: str = "allowed") -> Callable[..., Any]:
    def simulate(ContextEntries: Any, **_: Any) -> Any:  # noqa: N803  boto3's name
        other = TENANTS[1] in ContextEntries[0]["ContextKeyValues"][0]
        return {"EvaluationResults": [{"EvalDecision": theirs if other else ours}]}

    return simulate


ROLE: Final = {
    "describe_stack_resource": {"StackResourceDetail": {"PhysicalResourceId": "role"}},
    "get_role": {"Role": {"Arn": "arn:role"}},
    "describe_table": {"Table": {"TableArn": "arn:table"}},
}


@pytest.mark.parametrize(
    ("theirs", "ours", "told"),
    [
        ("implicitDeny", "allowed", "cannot be told here"),
        ("allowed", "allowed", "failed"),
        ("explicitDeny", "implicitDeny", "failed"),
    ],
)
def test_where_the_role_cannot_be_assumed_iam_itself_is_asked(theirs: str, ours: str, told: str) -> None:
    replies = {**ROLE, "assume_role": refused(), "simulate_principal_policy": deciding(theirs, ours)}
    assert outcome(access_checks.tenants_sessions, stage(replies))[0] == told


@pytest.mark.parametrize(
    ("reply", "local", "told"),
    [
        (refused("AccessDeniedException"), False, "passed"),
        ({}, False, "failed"),
        ({}, True, "cannot be told here"),
        (refused("ThrottlingException"), False, "cannot be told here"),
    ],
)
def test_a_session_is_refused_each_operation_on_anothers_keys(
    monkeypatch: pytest.MonkeyPatch, reply: Any, local: bool, told: str
) -> None:
    def answer(**parameters: Any) -> Any:
        if TENANTS[1] in json.dumps(parameters) and isinstance(reply, Exception):
            raise reply
        return {}

    calls = ("get_item", "batch_get_item", "query", "put_item", "update_item", "delete_item", "transact_write_items")
    dynamodb = Clients(dict.fromkeys(calls, answer))
    session = SimpleNamespace(client=lambda *_, **__: dynamodb)
    monkeypatch.setattr(access_checks, "_session", lambda *_: session)
    found = outcome(access_checks.tenants_sessions, stage(ROLE, local=local))
    assert found[0] == told
    if told in {"passed", "failed"}:
        assert len(dynamodb.calls) == 9  # its own item, and the eight operations on the other's


def test_a_cancelled_transaction_was_looked_at() -> None:
    def cancelled(code: str) -> Callable[[], Any]:
        error = refused("TransactionCanceledException")
        error.response["CancellationReasons"] = [{"Code": code}]

        def call() -> Any:
            raise error

        return call

    assert not access_checks._denied(cancelled("ConditionalCheckFailed"))
    assert access_checks._denied(cancelled("AccessDenied"))


# ---- 5: an API key's first use ----


@pytest.mark.parametrize(
    ("status", "noted", "told"),
    [(200, 0, "passed"), (200, None, "failed"), (200, -30, "failed"), (500, 0, "failed"), (401, 0, "failed")],
)
def test_an_api_keys_first_use_is_answered_and_noted(
    monkeypatch: pytest.MonkeyPatch, status: int, noted: int | None, told: str
) -> None:
    monkeypatch.setattr("time.time", lambda: 100 * 86_400)
    today = day_of_instant(Instant(100 * 86_400))
    monkeypatch.setattr(access_checks, "_noted_days", lambda *_: [None if noted is None else today + noted] * 2)
    assert outcome(access_checks.api_keys_first_use, stage(None, lambda *_: Answer(status, {})))[0] == told


# ---- 6: no second stage ----


@pytest.mark.parametrize(("status", "told"), [(403, "passed"), (404, "passed"), (200, "failed"), (500, "failed")])
def test_the_gateway_has_no_second_stage(monkeypatch: pytest.MonkeyPatch, status: int, told: str) -> None:
    asked = []

    def answer(method: str, url: str) -> Answer:
        asked.append((method, url))
        return Answer(status, None)

    monkeypatch.setattr(access_checks, "http", answer)
    assert outcome(access_checks.other_stage, stage())[0] == told
    assert asked == [("GET", "https://api.example.com/Stage/v1/healthz")]


# ---- 7: queues elsewhere ----


def queue_check(status: int = 201, *, confirmed: bool = True, **replies: Any) -> tuple[str, str]:
    published: list[str] = []

    def api(_: str, path: str, __: object) -> Answer:
        return Answer(200, {"rejected": []}) if path == "/v1/records" else Answer(status, {"confirmed": confirmed})

    def publish(Message: str, **_: Any) -> Any:  # noqa: N803  boto3's name
        published.append(Message)
        return {}

    def receive(**_: Any) -> Any:
        return {"Messages": [{"Body": f"wrapped {published[0]}"}]}

    aws: dict[str, Any] = {
        "create_topic": {"TopicArn": "arn:topic"},
        "publish": publish,
        "get_queue_url": {"QueueUrl": "url"},
        "receive_message": receive,
    }
    visit = stage(aws | replies, api)
    visit.queues = ["arn:aws:sqs:eu-central-1:2:plain", "arn:aws:sqs:eu-central-1:2:encrypted"]
    return outcome(alert_checks.foreign_queues, visit)


def test_queues_of_another_account_get_what_is_published() -> None:
    assert queue_check()[0] == "passed"
    assert queue_check(422)[0] == "failed"
    assert queue_check(confirmed=False)[0] == "cannot be told here"
    lost = queue_check(receive_message={"Messages": []})
    assert lost[0] == "failed"
    assert "KMS" in lost[1]
    unread = queue_check(receive_message=refused())
    assert unread[0] == "cannot be told here"
    assert "verify-" in unread[1]
    assert queue_check(publish=refused("ThrottledException"))[0] == "cannot be told here"
    assert outcome(alert_checks.foreign_queues, stage())[0] == "cannot be told here"


# ---- 8: a broken topic ----


@pytest.mark.parametrize(
    ("alerts", "published", "told", "says"),
    [
        (True, {TENANTS[1]}, "passed", "goes out"),
        (True, set(), "failed", "another's alerts wait"),
        (True, set(TENANTS), "cannot be told here", "nothing was broken"),
        (False, set(), "failed", "no alert"),
    ],
)
def test_one_tenants_broken_topic_keeps_nobody_else_waiting(
    alerts: bool, published: set[TenantId], told: str, says: str
) -> None:
    queue = {"QueueArn": "arn:aws:sqs:eu-central-1:123456789012:mailbox"}
    visit = stage(
        {
            "create_topic": {"TopicArn": "arn:topic"},
            "set_topic_attributes": {},
            "create_queue": {"QueueUrl": "https://queue"},
            "get_queue_attributes": {"Attributes": queue},
            "set_queue_attributes": {},
            "delete_queue": {},
        }
    )

    def ask(tenant: TenantId, method: str, path: str, body: object = None) -> Answer:
        if path == "/v1/records":
            return Answer(200, {"rejected": []})
        if path.endswith("/subscriptions"):
            return Answer(201, {"confirmed": True})
        at = "2026-11-22T02:00:00Z" if tenant in published else None
        return Answer(200, {"items": [{"published_at": at}] if alerts else []})

    visit.as_tenant = ask  # type: ignore[method-assign]
    found = outcome(alert_checks.broken_topic, visit)
    assert found[0] == told
    assert says in found[1]
    denied = [json.loads(p["AttributeValue"]) for name, p in visit.aws.calls if name == "set_topic_attributes"]
    assert [each["Statement"][0]["Effect"] for each in denied] == ["Deny"]
    assert ("delete_queue", {"QueueUrl": "https://queue"}) in visit.aws.calls


# ---- 9: a restored table ----


def table_replies(**replies: Any) -> dict[str, Any]:
    tables: dict[str, Any] = {OUTPUTS["TableName"]: {"StreamSpecification": {}, "DeletionProtectionEnabled": True}}

    def restore(TargetTableName: str, **_: Any) -> Any:  # noqa: N803  boto3's name
        tables[TargetTableName] = {}
        return {}

    def describe(TableName: str) -> Any:  # noqa: N803
        if TableName not in tables:
            raise MissingTableError
        return {"Table": {"TableStatus": "ACTIVE", "TableArn": f"arn:{TableName}", **tables[TableName]}}

    def recovery(TableName: str) -> Any:  # noqa: N803
        state = "DISABLED" if TableName.endswith(recovery_checks.RESTORED) else "ENABLED"
        return {
            "ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": state}}
        }

    answers: dict[str, Any] = {
        "describe_table": describe,
        "restore_table_to_point_in_time": restore,
        "describe_continuous_backups": recovery,
        "describe_time_to_live": {"TimeToLiveDescription": {}},
        "list_tags_of_resource": {"Tags": [{"Key": "aws:cloudformation:stack-name", "Value": "s"}]},
        "update_table": {},
        "delete_table": lambda TableName: tables.pop(TableName),  # noqa: N803
    }
    return answers | replies


def off(**_: Any) -> Any:
    status = {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"}}
    return {"ContinuousBackupsDescription": status}


def test_a_table_is_restored_only_when_that_is_asked_for() -> None:
    visit = stage(table_replies())
    assert outcome(recovery_checks.restored_table, visit)[0] == "cannot be told here"
    assert [name for name, _ in visit.aws.calls] == ["describe_continuous_backups"]
    assert outcome(recovery_checks.restored_table, stage({"describe_continuous_backups": off}))[0] == "failed"


@pytest.mark.parametrize(
    ("replies", "told", "says"),
    [
        ({}, "passed", "stream, point-in-time recovery, deletion protection"),
        ({"restore_table_to_point_in_time": refused()}, "cannot be told here", "may not call"),
        ({"restore_table_to_point_in_time": refused("ThrottlingException")}, "cannot be told here", "throttles"),
        ({"restore_table_to_point_in_time": refused("InvalidRestoreTimeException")}, "failed", "was refused"),
        ({"restore_table_to_point_in_time": {}}, "cannot be told here", "longer --wait"),
    ],
)
def test_a_restored_table_is_looked_at_and_goes_again(replies: Replies, told: str, says: str) -> None:
    visit = stage(table_replies(**replies))
    visit.restore = True
    found = outcome(recovery_checks.restored_table, visit)
    assert found[0] == told
    assert says in found[1]
    deleted = [parameters["TableName"] for name, parameters in visit.aws.calls if name == "delete_table"]
    assert deleted == ([f"{OUTPUTS['TableName']}-verify-restore"] if told == "passed" else [])


# ---- 10: a killed deployment ----


class Deployment:
    """Stands for the process of a deployment."""

    def __init__(self, *, ends: bool) -> None:
        self.ends, self.killed = ends, False

    def poll(self) -> int | None:
        return 0 if self.ends else None

    def send_signal(self, _: Any) -> None:
        self.killed = True

    def wait(self) -> None:
        """It is gone."""


@pytest.mark.parametrize(
    ("code", "left", "told", "says"),
    [
        (0, [], "passed", "killed while the stack changed"),
        (1, [], "failed", "the next one fails: no rights"),
        (0, [LeftOver("table", "t", "delete it")], "failed", "table t: delete it"),
    ],
)
def test_a_killed_deployment_is_repeated(
    monkeypatch: pytest.MonkeyPatch, code: int, left: list[LeftOver], told: str, says: str
) -> None:
    deployment = Deployment(ends=False)
    monkeypatch.setattr(recovery_checks, "left_overs", lambda _: left)
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: nullcontext(deployment))
    ended = SimpleNamespace(returncode=code, stderr="no rights")
    monkeypatch.setattr("subprocess.run", lambda *_, **__: ended)
    states = [{"Stacks": [{"StackStatus": state}]} for state in ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE")]
    visit = stage({"describe_stacks": states})
    visit.deploy = True
    found = outcome(recovery_checks.killed_deployment, visit)
    assert found[0] == told
    assert says in found[1]
    assert deployment.killed


def test_without_being_asked_nothing_is_deployed_and_left_overs_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery_checks, "left_overs", lambda _: [LeftOver("role", "r", "delete it")])
    found = outcome(recovery_checks.killed_deployment, stage())
    assert found[0] == "cannot be told here"
    assert "role r: delete it" in found[1]
