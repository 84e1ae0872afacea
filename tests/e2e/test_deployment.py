"""The deployment code against the emulator's CloudFormation, with a small template: what holds data, and a bucket."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.deployment import stack as deployment
from infra.deployment.errors import DeploymentError
from infra.deployment.packaging import Package
from infra.deployment.stack import deploy, preview
from infra.deployment.target import Target
from infra.local import emulator
from tests.e2e.conftest import LocalStack

STACK = "client-health-dev"

Make = Callable[..., Package]


@pytest.fixture
def made(tmp_path: Path) -> Make:
    """Packages with a table, a user pool and whatever else is named."""

    def make(**more: Any) -> Package:
        protected = {"Fn::Equals": [{"Ref": "Protected"}, "true"]}
        table = {
            "Type": "AWS::DynamoDB::Table",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "DeletionProtectionEnabled": {"Fn::If": ["IsProtected", True, False]},
            },
        }
        pool = {
            "Type": "AWS::Cognito::UserPool",
            "DeletionPolicy": "Retain",
            "Properties": {"UserPoolName": "deployed-by-a-test"},
        }
        names = ("Stage", "SigningKeyParameter", "LogLevel", "LogRetentionDays", "Protected")
        template = {
            "Parameters": {name: {"Type": "String"} for name in names},
            "Conditions": {"IsProtected": protected},
            "Resources": {"Table": table, "UserPool": pool, **more},
            "Outputs": {"TableName": {"Value": {"Ref": "Table"}}},
        }
        path = tmp_path / "template.json"
        path.write_text(json.dumps(template))
        archive = tmp_path / "deployment.zip"
        archive.write_bytes(b"PK")
        return Package(path, archive, "of-a-test")

    return make


def queue(delay: object = 0) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": delay}}


def quiet(_: str) -> None:
    pass


def left(stack: LocalStack) -> tuple[list[str], list[str], list[str]]:
    """What there is of it: the stack's status, its tables, its user pools."""
    try:
        stacks = stack.aws("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    except ClientError:
        stacks = []
    tables = [name for name in stack.aws("dynamodb").list_tables()["TableNames"] if name.startswith(STACK)]
    pools = stack.aws("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
    return (
        [each["StackStatus"] for each in stacks],
        tables,
        [pool["Id"] for pool in pools if pool["Name"] == "deployed-by-a-test"],
    )


def test_the_life_of_a_stack(stack: LocalStack, made: Make) -> None:
    target = Target("dev", emulator.session(), stack.endpoint)
    cloudformation = stack.aws("cloudformation")

    # A preview of a first deployment leaves nothing.
    assert {change.action for change in preview(target, made(), {}, quiet)} == {"add"}
    assert left(stack) == ([], [], [])

    # Nor does one that nobody wants, nor one that fails.
    assert deploy(target, made(), {}, quiet, lambda _: False) is None
    assert left(stack) == ([], [], [])
    handle = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
    never = {
        "Type": "AWS::CloudFormation::WaitCondition",
        "DependsOn": ["Table", "UserPool"],
        "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "1"},
    }
    with pytest.raises(
        DeploymentError, match=r"(?s)ended ROLLBACK_COMPLETE.*Never \(AWS::CloudFormation::WaitCondition\)"
    ):
        deploy(target, made(Handle=handle, Never=never), {}, quiet)
    assert left(stack) == ([], [], [])

    # A first deployment ends protected; the same again changes nothing.
    first = deploy(target, made(Queue=queue()), {}, quiet)
    assert first is not None
    assert first.changed
    described = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    assert described["EnableTerminationProtection"] is True
    assert "Update:Replace" in cloudformation.get_stack_policy(StackName=STACK)["StackPolicyBody"]
    table = stack.aws("dynamodb").describe_table(TableName=first.outputs["TableName"])["Table"]
    assert table["DeletionProtectionEnabled"] is True
    assert deploy(target, made(Queue=queue()), {}, quiet) == deployment.Deployed(first.outputs, changed=False)

    # A change is shown, and no change set stays of showing it; then it is made.
    changed = made(Queue=queue(delay=5))
    sets = len(cloudformation.list_change_sets(StackName=STACK)["Summaries"])
    assert [tuple(change) for change in preview(target, changed, {}, quiet)] == [
        ("modify", "AWS::SQS::Queue", "Queue", ("DelaySeconds",))
    ]
    assert len(cloudformation.list_change_sets(StackName=STACK)["Summaries"]) == sets
    second = deploy(target, changed, {}, quiet)
    assert second == deployment.Deployed(first.outputs, changed=True)

    # What holds data is not removed (what would be replaced, the emulator does not compute).
    without = json.loads(changed.template.read_text())
    del without["Resources"]["UserPool"]
    changed.template.write_text(json.dumps(without))
    with pytest.raises(DeploymentError, match="nothing was changed: this would remove the user pool UserPool"):
        deploy(target, changed, {}, quiet)
    status, tables, pools = left(stack)
    assert (status, tables, len(pools)) == (["UPDATE_COMPLETE"], [first.outputs["TableName"]], 1)
    assert len(cloudformation.list_change_sets(StackName=STACK)["Summaries"]) <= sets
