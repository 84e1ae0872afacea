"""What CloudFormation deploys: the template after the SAM transform, which adds resources that stand in no file."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.deployment.packaging import ROOT
from tests.infra.linting import lint


def _of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Properties of the resources of a type, by logical id."""
    resources = template["Resources"].items()
    return {name: each.get("Properties", {}) for name, each in resources if each["Type"] == kind}


def test_nothing_is_left_for_another_transform(expanded: dict[str, Any]) -> None:
    assert "Transform" not in expanded
    assert not [each["Type"] for each in expanded["Resources"].values() if "Serverless" in each["Type"]]


def test_the_api_has_one_stage_which_is_throttled_and_logged(expanded: dict[str, Any]) -> None:
    """By itself SAM makes a second one, named Stage, through its deployment: public, without throttle and log."""
    (stage,) = _of_type(expanded, "AWS::ApiGateway::Stage").values()
    (deployment,) = _of_type(expanded, "AWS::ApiGateway::Deployment").values()
    assert "StageName" not in deployment
    assert stage["StageName"] == "api"
    assert stage["AccessLogSetting"]["DestinationArn"] == {"Fn::GetAtt": ["AccessLogs", "Arn"]}
    (settings,) = stage["MethodSettings"]
    assert (settings["HttpMethod"], settings["ResourcePath"]) == ("*", "/*")
    assert settings["ThrottlingRateLimit"] == {"Ref": "ThrottleRate"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "ThrottleBurst"}


def test_the_api_is_named_after_the_stack(expanded: dict[str, Any]) -> None:
    """CloudWatch files an API's metrics under its name, and importing a definition names the API by its title."""
    (api,) = _of_type(expanded, "AWS::ApiGateway::RestApi").values()
    assert api["Name"] == api["Body"]["info"]["title"] == {"Ref": "AWS::StackName"}


def test_the_stream_is_of_keys_and_wakes_the_relay_by_key(expanded: dict[str, Any]) -> None:
    (table,) = _of_type(expanded, "AWS::DynamoDB::Table").values()
    sources = _of_type(expanded, "AWS::Lambda::EventSourceMapping")
    (relay,) = [each for each in sources.values() if each["FunctionName"] == {"Ref": "RelayAlerts"}]
    (pattern,) = relay["FilterCriteria"]["Filters"]
    assert table["StreamSpecification"] == {"StreamViewType": "KEYS_ONLY"}
    assert "Image" not in pattern["Pattern"], "there are no images in this stream to match"
    assert '"Keys"' in pattern["Pattern"]


# ---- failed events ----


def test_a_night_that_cannot_start_is_kept(expanded: dict[str, Any]) -> None:
    configured = _of_type(expanded, "AWS::Lambda::EventInvokeConfig").values()
    nightly, sweep = [
        next(each for each in configured if each["FunctionName"] == {"Ref": name})
        for name in ("NightlyScoring", "Sweep")
    ]
    assert nightly["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["UnstartedNights", "Arn"]}
    assert nightly["MaximumRetryAttempts"] == 2
    assert sweep["MaximumRetryAttempts"] == 0, "the next sweep is the second try"
    role = _of_type(expanded, "AWS::IAM::Role")["NightlyScoringRole"]
    statements = [each for policy in role["Policies"] for each in policy["PolicyDocument"]["Statement"]]
    assert {"Fn::GetAtt": ["UnstartedNights", "Arn"]} in [
        each["Resource"] for each in statements if each["Action"] == ["sqs:SendMessage"]
    ]


# ---- alarms ----

FUNCTIONS = (
    *("APIHandler", "Authorizer", "ImportFiles", "NightlyScoring", "RelayAlerts", "ScorePages", "Sweep"),
    *("DispatchSyncs", "SyncConnections"),
)
SWEEP = {"service": "sweep", "stage": {"Ref": "Stage"}}
DISPATCH = {"service": "dispatch_syncs", "stage": {"Ref": "Stage"}}
NIGHTLY = {"service": "nightly_scoring", "stage": {"Ref": "Stage"}}
WORKER = {"service": "score_pages", "stage": {"Ref": "Stage"}}
API = {"ApiName": {"Ref": "AWS::StackName"}, "Stage": {"Ref": "RestAPIapiStage"}}
SILENCE = {
    "notBreaching": "written when something happens",
    "ignore": "comes with each sweep",
    "breaching": "a heartbeat",
}


@pytest.fixture(scope="module")
def alarms(expanded: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return _of_type(expanded, "AWS::CloudWatch::Alarm")


def _watched(alarm: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Namespace, name and dimensions of the metric that an alarm looks at."""
    return alarm["Namespace"], alarm["MetricName"], {each["Name"]: each["Value"] for each in alarm["Dimensions"]}


def _function(name: str) -> dict[str, Any]:
    return {"FunctionName": {"Ref": name}}


def _queue(name: str) -> dict[str, Any]:
    return {"QueueName": {"Fn::GetAtt": [name, "QueueName"]}}


RINGS: list[tuple[str, str, dict[str, Any], str]] = [
    *(("AWS/Lambda", "Errors", _function(name), "notBreaching") for name in FUNCTIONS if name != "Authorizer"),
    *(("AWS/Lambda", "Throttles", _function(name), "notBreaching") for name in FUNCTIONS),
    *(("AWS/Lambda", "AsyncEventsDropped", _function(name), "notBreaching") for name in ("NightlyScoring", "Sweep")),
    *(
        ("AWS/Lambda", "Invocations", _function(name), "breaching")
        for name in ("NightlyScoring", "Sweep", "DispatchSyncs")
    ),
    ("AWS/Lambda", "Duration", _function("Authorizer"), "notBreaching"),
    ("ClientHealth", "AuthorizerFailures", {"service": "authorizer", "stage": {"Ref": "Stage"}}, "notBreaching"),
    ("AWS/ApiGateway", "5XXError", API, "notBreaching"),
    ("AWS/ApiGateway", "Latency", API, "notBreaching"),
    *(
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", _queue(name), "notBreaching")
        for name in (
            "ImportDeadLetters",
            "ScoringDeadLetters",
            "SyncDeadLetters",
            "UndeliveredNotifications",
            "UnrelayedAlerts",
            "UnstartedNights",
        )
    ),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage", _queue("ScoringQueue"), "notBreaching"),
    *(
        ("ClientHealth", name, SWEEP, "ignore")
        for name in (
            *("AlertsPutAside", "AlertsToNobody", "AlertsUnpublished", "RunsLate"),
            *("TenantsFailed", "TenantsNotSwept", "TenantsPutAside"),
        )
    ),
    ("ClientHealth", "AlertsToNobody", {"service": "relay_alerts", "stage": {"Ref": "Stage"}}, "notBreaching"),
    *(("ClientHealth", name, DISPATCH, "ignore") for name in ("ConnectionsNotReached", "ConnectionsPutAside")),
    ("ClientHealth", "RunsFailed", NIGHTLY, "notBreaching"),
    ("ClientHealth", "ClientsFailed", WORKER, "notBreaching"),
    ("ClientHealth", "PagesUnreadable", {"service": "api", "stage": {"Ref": "Stage"}}, "notBreaching"),
    ("AWS/DynamoDB", "ReadThrottleEvents", {"TableName": {"Ref": "Table"}}, "notBreaching"),
    ("AWS/DynamoDB", "WriteThrottleEvents", {"TableName": {"Ref": "Table"}}, "notBreaching"),
]
"""What is watched, and what it means when there is nothing to be seen."""


def test_all_that_is_watched_and_what_its_silence_means(alarms: dict[str, dict[str, Any]]) -> None:
    watched = [(*_watched(alarm), alarm["TreatMissingData"]) for alarm in alarms.values()]
    assert {repr(each) for each in watched} == {repr(each) for each in RINGS}
    assert len(watched) == len(RINGS), "each is watched once"
    assert {each[-1] for each in RINGS} == SILENCE.keys()


def test_cloudwatch_may_deliver_its_alarms(expanded: dict[str, Any], alarms: dict[str, dict[str, Any]]) -> None:
    """It is no party to the policy of alias/aws/sns, and that policy cannot be changed."""
    topics = _of_type(expanded, "AWS::SNS::Topic")
    rung = {action["Ref"] for alarm in alarms.values() for action in alarm["AlarmActions"]}
    assert all(alarm["AlarmActions"] for alarm in alarms.values())
    assert rung == {"OperatorTopic"}
    assert not [name for name in rung if "KmsMasterKeyId" in topics[name]]


def test_every_alarm_names_its_page(alarms: dict[str, dict[str, Any]]) -> None:
    pages = re.findall(r"^## (.+)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)
    for name, alarm in alarms.items():
        what, _, page = alarm["AlarmDescription"].partition(" Runbook: ")
        assert len(what) > 20, name
        assert pages.count(page) <= 1, page
        assert page in pages, name


def test_what_is_rung_for_is_counted_somewhere(alarms: dict[str, dict[str, Any]]) -> None:
    """A metric that nobody writes never rings."""
    code = "".join(path.read_text() for path in (ROOT / "chalicelib").rglob("*.py"))
    ours = {alarm["MetricName"] for alarm in alarms.values() if alarm["Namespace"] == "ClientHealth"}
    assert not [name for name in ours if not re.search(rf"\b{name}=", code)]


def test_the_heartbeat_of_the_nights_rings_for_one_that_is_missing_and_for_no_other(
    alarms: dict[str, dict[str, Any]],
) -> None:
    """Hours of 24 + 1 hold the hour from 02:00 UTC at any time of the day, also while that one is under way."""
    alarm = alarms["NightNotStartedAlarm"]
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (3600, 25)
    assert "DatapointsToAlarm" not in alarm, "all of them have to be empty"
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)


def test_only_this_stages_topics_write_what_could_not_be_delivered(expanded: dict[str, Any]) -> None:
    policy = expanded["Resources"]["UndeliveredNotificationsPolicy"]["Properties"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert policy["Queues"] == [{"Ref": "UndeliveredNotifications"}]
    assert (statement["Principal"], statement["Action"]) == ({"Service": "sns.amazonaws.com"}, "sqs:SendMessage")
    (source,) = statement["Condition"]["ArnLike"].values()
    functions = expanded["Resources"]["APIHandler"]["Properties"]["Environment"]["Variables"]
    assert source["Fn::Sub"] == functions["TOPIC_ARN_PREFIX"]["Fn::Sub"] + "*"


def test_no_alarm_looks_back_further_than_cloudwatch_can(alarms: dict[str, dict[str, Any]]) -> None:
    for name, alarm in alarms.items():
        period = alarm["Period"]
        assert period * alarm["EvaluationPeriods"] <= (604_800 if period >= 3600 else 86_400), name


def test_metrics_on_the_dashboard_are_of_this_stack(template: dict[str, Any]) -> None:
    body = template["Resources"]["OperationsDashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(re.sub(r"\$\{[^}]+\}", "resolved", body))["widgets"]
    places = [(each["x"], each["y"]) for each in widgets]
    assert len(set(places)) == len(places)
    metrics = [metric for each in widgets for metric in each["properties"]["metrics"]]
    for metric in metrics:
        names = metric[2:-1:2]
        assert isinstance(metric[-1], dict), metric
        assert names == (["service", "stage"] if metric[0] == "ClientHealth" else names)
    assert body.count('"ClientHealth"') == body.count('"stage", "${Stage}"')


def test_metrics_that_are_rung_for_are_on_the_dashboard(
    alarms: dict[str, dict[str, Any]], template: dict[str, Any]
) -> None:
    body = template["Resources"]["OperationsDashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    shown = set(re.findall(r'\["([A-Za-z/]+)", "([A-Za-z0-9]+)"', body))
    rung = {_watched(alarm)[:2] for alarm in alarms.values()}
    assert rung - shown == {("AWS/Lambda", "Invocations")}, "heartbeats are no curves"


# ---- what the template allows ----


def test_passes_cfn_lint_once_it_is_expanded(expanded: dict[str, Any], tmp_path: Path) -> None:
    """Of a template with a transform it looks at no policy's actions."""
    path = tmp_path / "expanded.json"
    path.write_text(json.dumps(expanded))
    run = lint(path)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("action", "unknown"),
    [("dynamodb:GetItme", "getitme"), ("dynamo:GetItem", "dynamo"), ("sqs:SendMessageBatch", "sendmessagebatch")],
)
def test_a_misspelt_action_would_be_seen(expanded: dict[str, Any], tmp_path: Path, action: str, unknown: str) -> None:
    role = copy.deepcopy(expanded["Resources"]["NightlyScoringRole"])
    for statement in role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]:
        statement["Resource"] = "*"  # what it names is not in this template
    statement["Action"] = [action]
    path = tmp_path / "misspelt.json"
    path.write_text(json.dumps({"Resources": {"NightlyScoringRole": role}}))
    assert f"W3037 '{unknown}' is not one of" in lint(path).stdout


def test_roles_of_the_functions_are_those_of_the_policy_files(expanded: dict[str, Any]) -> None:
    """Nothing that SAM adds widens them."""
    roles = _of_type(expanded, "AWS::IAM::Role")
    for path in sorted((ROOT / ".chalice").glob("policy-*.json")):
        name = "".join(part.capitalize() for part in path.stem.removeprefix("policy-").split("_")) + "Role"
        (policy,) = roles[name]["Policies"]
        assert policy["PolicyDocument"] == json.loads(path.read_text()), name
        assert not roles[name].get("ManagedPolicyArns"), name
