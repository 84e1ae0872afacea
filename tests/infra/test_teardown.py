"""Teardown of a stage on moto: what goes, what stays, and that one that died is repeated."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Final

import boto3
import pytest
from moto import mock_aws

from chalicelib.adapters.sns import topic_name
from chalicelib.domain.ids import TenantId
from infra.deployment.target import Target
from infra.operations.command import main
from infra.operations.errors import OperationError
from infra.operations.leftovers import left_overs, tenants_topics
from infra.operations.teardown import tear_down

REGION: Final = "eu-central-1"
STACK: Final = "client-health-prod"
KEY: Final = [{"AttributeName": "pk", "KeyType": "HASH"}]
TEMPLATE: Final = {
    "Resources": {
        "DashboardBucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": f"{STACK}-dashboardbucket-x1"}},
        "ScoringQueue": {"Type": "AWS::SQS::Queue"},
    }
}


class Killed(BaseException):
    """The command's process is gone."""


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        made = Target("prod", boto3.Session(region_name=REGION))
        _populate(made)
        yield made


def _client(target: Target, service: Any) -> Any:
    make: Any = target.session.client
    return make(service)


def _populate(target: Target) -> None:
    """A stage with data and files, its neighbour `prod-eu`, and what both share."""
    s3, sns = _client(target, "s3"), _client(target, "sns")
    _client(target, "cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(TEMPLATE))
    place = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket="client-health-deployments-1-eu", CreateBucketConfiguration=place)
    s3.put_bucket_versioning(Bucket=f"{STACK}-dashboardbucket-x1", VersioningConfiguration={"Status": "Enabled"})
    for text in (b"old", b"new"):
        s3.put_object(Bucket=f"{STACK}-dashboardbucket-x1", Key="index.html", Body=text)
    s3.delete_object(Bucket=f"{STACK}-dashboardbucket-x1", Key="index.html")
    for stage in ("prod", "prod-eu"):
        _client(target, "ssm").put_parameter(
            Name=f"/client-health-{stage}/cursor-signing-key", Type="SecureString", Value="k"
        )
        sns.create_topic(Name=topic_name(f"client-health-{stage}-", TenantId("acme")))
        sns.create_topic(Name=f"client-health-{stage}-OperatorTopic-X1")
        _client(target, "dynamodb").create_table(
            TableName=f"client-health-{stage}-Table-X1",
            KeySchema=KEY,
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            DeletionProtectionEnabled=True,
        )
        _client(target, "cognito-idp").create_user_pool(PoolName=f"client-health-{stage}", DeletionProtection="ACTIVE")
        _client(target, "iam").create_role(
            RoleName=f"client-health-{stage}-GatewayLogsRole-X1", AssumeRolePolicyDocument="{}"
        )


def _left(target: Target) -> dict[str, list[str]]:
    """Everything that is there, by service."""
    stacks = _client(target, "cloudformation").describe_stacks()["Stacks"]
    return {
        "stacks": [stack["StackName"] for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"],
        "buckets": sorted(bucket["Name"] for bucket in _client(target, "s3").list_buckets()["Buckets"]),
        "topics": sorted(each["TopicArn"].split(":")[-1] for each in _client(target, "sns").list_topics()["Topics"]),
        "tables": _client(target, "dynamodb").list_tables()["TableNames"],
        "pools": [p["Name"] for p in _client(target, "cognito-idp").list_user_pools(MaxResults=60)["UserPools"]],
        "parameters": [each["Name"] for each in _client(target, "ssm").describe_parameters()["Parameters"]],
        "roles": sorted(each["RoleName"] for each in _client(target, "iam").list_roles()["Roles"]),
    }


WITHOUT_DATA: Final = {
    "stacks": [],
    "buckets": ["client-health-deployments-1-eu"],
    "topics": sorted(
        [
            "client-health-prod-OperatorTopic-X1",  # the stack's own, were it in this template
            "client-health-prod-eu-OperatorTopic-X1",
            topic_name("client-health-prod-eu-", TenantId("acme")),
        ]
    ),
    "tables": ["client-health-prod-Table-X1", "client-health-prod-eu-Table-X1"],
    "pools": ["client-health-prod", "client-health-prod-eu"],
    "parameters": ["/client-health-prod-eu/cursor-signing-key"],
    "roles": ["client-health-prod-GatewayLogsRole-X1", "client-health-prod-eu-GatewayLogsRole-X1"],
}
WITH_DATA: Final = {
    **WITHOUT_DATA,
    "tables": ["client-health-prod-eu-Table-X1"],
    "pools": ["client-health-prod-eu"],
}


def test_data_stays_and_is_told_how_to_be_removed(target: Target) -> None:
    told: list[str] = []
    stays = tear_down(target, told.append)
    assert _left(target) == WITHOUT_DATA
    assert [each.kind for each in stays] == ["table", "user pool", "role"]
    assert any("aws dynamodb delete-table --table-name client-health-prod-Table-X1" in line for line in told)
    assert any("stays: bucket client-health-deployments-1-eu" in line and "/prod/" in line for line in told)


def test_with_data_everything_of_the_stage_goes_and_nothing_of_its_neighbour(target: Target) -> None:
    tear_down(target, lambda _: None, with_data=True)
    assert _left(target) == WITH_DATA
    again: list[str] = []
    tear_down(target, again.append, with_data=True)
    assert again[0] == "0 topics of tenants deleted"
    assert _left(target) == WITH_DATA


def test_a_dry_run_only_tells(target: Target) -> None:
    before = _left(target)
    told: list[str] = []
    tear_down(target, told.append, dry_run=True)
    assert _left(target) == before
    assert told[:3] == [
        "bucket client-health-prod-dashboardbucket-x1: 3 files would be deleted",
        "stack client-health-prod would be deleted",
        "1 topics of tenants would be deleted",
    ]


def test_a_protected_stack_is_left_alone_unless_its_data_go_too(target: Target) -> None:
    protected = True

    def shown(parsed: dict[str, Any], **_: Any) -> None:
        for stack in parsed.get("Stacks", []):
            stack["EnableTerminationProtection"] = protected

    def lifted(params: dict[str, Any], **_: Any) -> Any:
        nonlocal protected
        protected = params["body"]["EnableTerminationProtection"] != "false"
        return SimpleNamespace(status_code=200), {"StackId": STACK}

    events = target.session.events
    events.register("after-call.cloudformation.DescribeStacks", shown)
    events.register("before-call.cloudformation.UpdateTerminationProtection", lifted)
    before = _left(target)
    with pytest.raises(OperationError, match="--with-data lifts the protection"):
        tear_down(target, lambda _: None)
    assert _left(target) == before
    tear_down(target, lambda _: None, with_data=True)
    assert not protected
    assert _left(target) == WITH_DATA


class _Life:
    """A process that dies before one of the calls that change something, counted from 0."""

    def __init__(self, session: boto3.Session, last: int) -> None:
        self._left = last
        session.events.register("before-call.*.*", self._live)

    def _live(self, model: Any, **_: Any) -> None:
        if model.name.startswith(("Get", "List", "Describe")):
            return
        if not self._left:
            raise Killed
        self._left -= 1


def test_a_teardown_that_died_at_any_change_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for died_at in range(100):
        with mock_aws():
            target = Target("prod", boto3.Session(region_name=REGION))
            _populate(target)
            mortal = Target("prod", boto3.Session(region_name=REGION))
            _Life(mortal.session, died_at)
            try:
                tear_down(mortal, lambda _: None, with_data=True)
            except Killed:
                tear_down(target, lambda _: None, with_data=True)
                assert _left(target) == WITH_DATA
            else:
                break
    assert 6 < died_at < 99


def test_a_stack_that_changes_is_waited_for(target: Target) -> None:
    def changing(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Stacks"][0]["StackStatus"] = "UPDATE_IN_PROGRESS"

    target.session.events.register("after-call.cloudformation.DescribeStacks", changing)
    with pytest.raises(OperationError, match="wait until that has ended"):
        tear_down(target, lambda _: None)


def test_a_deletion_that_fails_says_which_resource(target: Target) -> None:
    def failing(parsed: dict[str, Any], **_: Any) -> None:
        for each in parsed["StackResourceSummaries"]:
            each |= {"ResourceStatus": "DELETE_FAILED", "ResourceStatusReason": "The bucket is not empty"}

    def failed(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Stacks"][0]["StackStatus"] = "DELETE_FAILED"

    events = target.session.events
    events.register("after-call.cloudformation.ListStackResources", failing)
    events.register("after-call.cloudformation.DescribeStacks", failed)
    with pytest.raises(OperationError, match="DashboardBucket: The bucket is not empty"):
        tear_down(target, lambda _: None)


def test_what_a_standing_stack_owns_is_no_left_over(target: Target) -> None:
    assert {each.kind for each in left_overs(target)} == {"table", "user pool", "role"}
    assert len(tenants_topics(target)) == 1


def test_the_command_asks_for_the_stages_name(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    before = _left(target)
    assert main(["teardown", "--stage", "prod"]) == 1
    assert "--confirm prod" in capsys.readouterr().err
    assert main(["teardown", "--stage", "prod", "--confirm", "prod-eu"]) == 1
    assert _left(target) == before
    assert main(["teardown", "--stage", "prod", "--confirm", "prod"]) == 0
    assert _left(target) == WITHOUT_DATA
