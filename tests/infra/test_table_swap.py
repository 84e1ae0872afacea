"""A restored table in the place of the stage's own: what becomes of the template, and what is refused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from moto import mock_aws

from infra.deployment.target import Target
from infra.local import emulator, processes
from infra.local.state import StateDirectory
from infra.operations.errors import OperationError
from infra.operations.table_swap import detached, swap_table, with_table
from infra.table import create_table

NAMES: Final = {"": "restored", "Arn": "arn:restored", "StreamArn": "arn:restored/stream"}
REGION: Final = "eu-central-1"
RESTORED: Final = "client-health-prod-Table-restored1"


def _references(part: Any) -> int:
    """How often a part of a template names the table by its logical id, in any of the ways that there are."""
    text = json.dumps(part)
    ways = ('{"Ref": "Table"}', '["Table", ', '"Table.', "${Table}", "${Table.")
    return sum(text.count(way) for way in ways)


def test_no_reference_to_the_table_is_left_and_nothing_else_changes(template: dict[str, Any]) -> None:
    assert _references(template) > 10
    alone = detached(template, NAMES)
    assert _references({**alone, "Metadata": {}}) == 0
    assert "Table" not in alone["Resources"]
    assert alone["Resources"].keys() | {"Table"} == template["Resources"].keys()
    assert alone["Outputs"]["TableName"]["Value"] == "restored"
    api = alone["Resources"]["APIHandler"]["Properties"]["Environment"]["Variables"]
    assert api["TABLE_NAME"] == "restored"
    stream = alone["Resources"]["RelayAlerts"]["Properties"]["Events"]["RelayAlertsDynamodbEventSource"]
    assert stream["Properties"]["Stream"] == {"Fn::Sub": "arn:restored/stream"}
    for name, resource in alone["Resources"].items():
        if not _references(template["Resources"][name]):
            assert resource == template["Resources"][name]


def test_the_import_changes_nothing_but_the_table(template: dict[str, Any]) -> None:
    alone = detached(template, NAMES)
    imported = with_table(alone, template["Resources"]["Table"])
    assert imported["Resources"].pop("Table") == template["Resources"]["Table"]
    assert imported == alone


def test_a_swap_that_died_finds_the_tables_definition(template: dict[str, Any]) -> None:
    alone = detached(template, NAMES)
    assert detached(alone, NAMES) == alone
    with pytest.raises(OperationError, match="deploy the stage first"):
        detached({**alone, "Metadata": {}}, NAMES)


@pytest.mark.parametrize(
    ("part", "swapped"),
    [
        (
            {"Fn::Sub": "${Table}/x/${Table.Arn}/${Tables}/${OtherTable}"},
            "restored/x/arn:restored/${Tables}/${OtherTable}",
        ),
        ({"Fn::Sub": ["${Table}-${Own}", {"Own": {"Ref": "Table"}}]}, ["restored-${Own}", {"Own": "restored"}]),
    ],
)
def test_substitutions_name_the_other_table(part: dict[str, Any], swapped: Any) -> None:
    template = {"Resources": {"Table": {"Properties": {}}, "Other": part}}
    assert detached(template, NAMES)["Resources"]["Other"] == {"Fn::Sub": swapped}


@pytest.mark.parametrize("attribute", [["Table", "Arn"], "Table.Arn"])
def test_attributes_are_those_of_the_other_table(attribute: Any) -> None:
    template = {
        "Resources": {
            "Table": {"Type": "T"},
            "Other": {"X": [{"Fn::GetAtt": attribute}, {"Fn::GetAtt": ["Queue", "Arn"]}]},
        }
    }
    assert detached(template, NAMES)["Resources"]["Other"] == {"X": ["arn:restored", {"Fn::GetAtt": ["Queue", "Arn"]}]}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield


def test_what_is_no_restored_table_of_this_service_is_refused(aws: None) -> None:
    target = Target("prod", boto3.Session(region_name=REGION))
    told: list[str] = []
    with pytest.raises(OperationError, match="there is no stack client-health-prod"):
        swap_table(target, RESTORED, told.append)
    dynamodb, cloudformation = target.session.client("dynamodb"), target.session.client("cloudformation")
    body = {"Resources": {"Table": {"Type": "AWS::SQS::Queue"}}}
    cloudformation.create_stack(StackName="client-health-prod", TemplateBody=json.dumps(body))
    with pytest.raises(OperationError, match="there is no table client-health-prod-Table-restored1"):
        swap_table(target, RESTORED, told.append)
    dynamodb.create_table(
        TableName="client-health-prod-Table-strange",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with pytest.raises(OperationError, match="its keys are others"):
        swap_table(target, "client-health-prod-Table-strange", told.append)
    for name in ("restored", "client-health-prod-eu-Table-restored1"):
        with pytest.raises(OperationError, match="named client-health-prod-Table-"):
            swap_table(target, name, told.append)
    create_table(dynamodb, RESTORED)
    swap_table(target, RESTORED, told.append, dry_run=True)
    assert told == [f"{RESTORED} would take the place of no table in client-health-prod"]


# ---- the whole way, on the emulator: moto knows no import ----

STACK: Final = "client-health-prod"
KEYS: Final = ("pk", "sk")
ROLE: Final = f"arn:aws:iam::000000000000:role/{STACK}"
RESOURCES: Final = {
    "Table": {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in KEYS],
            "KeySchema": [{"AttributeName": n, "KeyType": k} for n, k in zip(KEYS, ("HASH", "RANGE"), strict=True)],
            "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
            "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
    },
    "Worker": {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": f"{STACK}-worker",
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": ROLE,
            "Code": {"ZipFile": "def handler(event, context):\n    return None\n"},
            "Environment": {"Variables": {"TABLE_NAME": {"Ref": "Table"}}},
        },
    },
    "Consumer": {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "FunctionName": {"Ref": "Worker"},
            "EventSourceArn": {"Fn::GetAtt": ["Table", "StreamArn"]},
            "StartingPosition": "TRIM_HORIZON",
        },
    },
}
"""A table, who works on it and who is told of its changes."""


@pytest.fixture
def emulated(tmp_path: Path) -> Iterator[Target]:
    state = StateDirectory(tmp_path / "stack")
    port = emulator.start(state, None)
    yield Target("prod", emulator.session(), f"http://127.0.0.1:{port}")
    processes.stop(state.emulator_pid)


def _rows(dynamodb: Any, table: str) -> set[str]:
    return {item["sk"]["S"] for item in dynamodb.scan(TableName=table)["Items"]}


def test_the_service_runs_on_the_restored_table_and_the_old_one_keeps_what_it_has(emulated: Target) -> None:
    def client(name: Any) -> Any:
        return emulated.session.client(name, endpoint_url=emulated.endpoint, config=emulated.config)

    def put(table: str, sk: str) -> None:
        dynamodb.put_item(TableName=table, Item={"pk": {"S": "T#acme"}, "sk": {"S": sk}})

    dynamodb, cloudformation = client("dynamodb"), client("cloudformation")
    client("s3").create_bucket(
        Bucket="client-health-deployments-x", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    body = {"Resources": RESOURCES, "Outputs": {"TableName": {"Value": {"Ref": "Table"}}}}
    cloudformation.create_stack(StackName=STACK, TemplateBody=json.dumps(body))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    outputs = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
    (own,) = (each["OutputValue"] for each in outputs)
    put(own, "before")
    dynamodb.restore_table_to_point_in_time(SourceTableName=own, TargetTableName=RESTORED, UseLatestRestorableTime=True)
    dynamodb.get_waiter("table_exists").wait(TableName=RESTORED, WaiterConfig={"Delay": 1})
    put(own, "since")

    told: list[str] = []
    swap_table(emulated, RESTORED, told.append)

    assert "is not in" in told[0], "before anything is changed it says what it needs"
    assert own in told[0]
    worker = client("lambda").get_function_configuration(FunctionName=f"{STACK}-worker")
    assert worker["Environment"]["Variables"]["TABLE_NAME"] == RESTORED
    described = dynamodb.describe_table(TableName=RESTORED)["Table"]
    mappings = client("lambda").list_event_source_mappings(FunctionName=f"{STACK}-worker")["EventSourceMappings"]
    assert [each["EventSourceArn"] for each in mappings] == [described["LatestStreamArn"]]
    assert described["DeletionProtectionEnabled"]
    lives = dynamodb.describe_time_to_live(TableName=RESTORED)["TimeToLiveDescription"]
    assert (lives["TimeToLiveStatus"], lives["AttributeName"]) == ("ENABLED", "expires")
    summaries = cloudformation.list_stack_resources(StackName=STACK)["StackResourceSummaries"]
    assert {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in summaries}["Table"] == RESTORED
    put(RESTORED, "after")
    assert (_rows(dynamodb, RESTORED), _rows(dynamodb, own)) == ({"before", "after"}, {"before", "since"})

    told.clear()
    swap_table(emulated, RESTORED, told.append)
    assert told == [f"{RESTORED} is the table of {STACK}: deploy, so that its references are put back"]
