"""A restored table takes the place of the stage's own.

Point-in-time recovery restores into a second table, and CloudFormation gives a resource another table only by an
import. So: the restored table gets the settings that AWS does not restore; the stack lets go of its own table, which
stays, and names the restored one instead (from here on the service runs on it); the stack takes the restored table in.
The next deployment puts the references back.
"""

import json
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import uuid4

from botocore.exceptions import ClientError

from infra.deployment.target import Target
from infra.operations.errors import OperationError
from infra.operations.leftovers import deployment_buckets, named, owned

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

Tell = Callable[[str], object]

TABLE: Final = "Table"
"""The table's logical id in the template."""

_SECONDS: Final = 1800.0
_UNCHANGED: Final = ("didn't contain changes", "No updates are to be performed")


def swap_table(target: Target, restored: str, tell: Tell, *, dry_run: bool = False) -> None:
    """Put a restored table into the place of the stage's own, which stays as it is, beside the stack.

    The restored table gets the template's stream, time to live, recovery and protection first. Repeat it at will: it
    goes on where it stopped. Deploy afterwards, then erase again who was erased since the moment that was restored, and
    sweep everybody once.
    """
    cloudformation: CloudFormationClient = target.session.client(
        "cloudformation", endpoint_url=target.endpoint, config=target.config
    )
    dynamodb: DynamoDBClient = target.session.client("dynamodb", endpoint_url=target.endpoint, config=target.config)
    template = _template(cloudformation, target)
    own = owned(cloudformation, target.stack_name).get("AWS::DynamoDB::Table", [])
    if own == [restored]:
        tell(f"{restored} is the table of {target.stack_name}: deploy, so that its references are put back")
        return
    if not named(target, TABLE).fullmatch(restored):
        raise OperationError(
            f"restore into a table named {target.stack_name}-{TABLE}- and letters: "
            "by such names a stage's tables are found"
        )
    _refuse_strange(dynamodb, restored)
    held = template["Resources"].get(TABLE) or _kept(template)
    if own:
        tell(
            f"what was written to {', '.join(own)} since the moment that was restored is not in {restored} and stays "
            "where it is: let nothing be written meanwhile (runbook, Restoring the table)"
        )
    if dry_run:
        tell(f"{restored} would take the place of {', '.join(own) or 'no table'} in {target.stack_name}")
        return
    _settle(dynamodb, target, restored, held["Properties"], tell)
    described = dynamodb.describe_table(TableName=restored)["Table"]
    names = {"": restored, "Arn": described["TableArn"], "StreamArn": described["LatestStreamArn"]}
    alone = detached(template, names)
    if own:
        _change(cloudformation, target, alone, "UPDATE", tell)
        tell(f"the service runs on {restored}; {', '.join(own)} stays as it is, beside the stack")
    _change(cloudformation, target, with_table(alone, held), "IMPORT", tell, imported=restored)
    tell(f"{target.stack_name} owns {restored}; deploy now, so that its references are put back")


def detached(template: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A template without its table: what refers to it names another one. `names`: by attribute, "" the table's own.

    The table's definition goes along as metadata, for the import and for a swap that died before it.
    """
    rest = {name: each for name, each in template["Resources"].items() if name != TABLE}
    held = template["Resources"].get(TABLE) or _kept(template)
    others = {name: each for name, each in template.items() if name not in {"Resources", "Metadata"}}
    replaced: dict[str, Any] = _replaced({**others, "Resources": rest}, names)
    return {**replaced, "Metadata": {**template.get("Metadata", {}), "SwappedTable": held}}


def with_table(template: dict[str, Any], table: dict[str, Any]) -> dict[str, Any]:
    """The template and the table again, nothing else changed: an import takes no other change."""
    return {**template, "Resources": {**template["Resources"], TABLE: table}}


def _kept(template: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] | None = template.get("Metadata", {}).get("SwappedTable")
    if kept is None:
        raise OperationError("the stack has no table, and none that was swapped: deploy the stage first")
    return kept


def _replaced(part: Any, names: dict[str, str]) -> Any:
    if isinstance(part, list):
        return [_replaced(each, names) for each in part]
    if not isinstance(part, dict):
        return part
    if part == {"Ref": TABLE}:
        return names[""]
    attribute = part.get("Fn::GetAtt") if len(part) == 1 else None
    if isinstance(attribute, str):
        attribute = attribute.split(".", 1)
    if isinstance(attribute, list) and attribute[0] == TABLE:
        return names[attribute[1]]
    return {
        name: _substituted(each, names) if name == "Fn::Sub" else _replaced(each, names) for name, each in part.items()
    }


def _substituted(sub: Any, names: dict[str, str]) -> Any:
    def name(match: re.Match[str]) -> str:
        return names[match[1] or ""]

    if isinstance(sub, str):
        return re.sub(rf"\$\{{{TABLE}(?:\.(\w+))?\}}", name, sub)
    text, *values = sub
    return [_substituted(text, names), *_replaced(values, names)]


def _template(cloudformation: "CloudFormationClient", target: Target) -> dict[str, Any]:
    try:
        body: Any = cloudformation.get_template(StackName=target.stack_name, TemplateStage="Original")["TemplateBody"]
    except ClientError as error:
        if "does not exist" not in error.response["Error"].get("Message", ""):
            raise
        raise OperationError(f"there is no stack {target.stack_name} in {target.region}") from error
    found: dict[str, Any] = json.loads(body) if isinstance(body, str) else json.loads(json.dumps(body))
    return found


def _refuse_strange(dynamodb: "DynamoDBClient", table: str) -> None:
    try:
        described = dynamodb.describe_table(TableName=table)["Table"]
    except dynamodb.exceptions.ResourceNotFoundException as error:
        raise OperationError(f"there is no table {table}: restore one first (runbook, Restoring the table)") from error
    if described["TableStatus"] != "ACTIVE":
        raise OperationError(f"{table} is {described['TableStatus']}: wait until it is ACTIVE, then repeat this")
    if [key["AttributeName"] for key in described["KeySchema"]] != ["pk", "sk"]:
        raise OperationError(f"{table} is no table of this service: its keys are others")


def _settle(dynamodb: "DynamoDBClient", target: Target, table: str, wanted: dict[str, Any], tell: Tell) -> None:
    """The settings that a restore leaves out, as the template has them."""
    described = dynamodb.describe_table(TableName=table)["Table"]
    if not described.get("StreamSpecification", {}).get("StreamEnabled"):
        stream: Any = {"StreamEnabled": True, **wanted["StreamSpecification"]}
        dynamodb.update_table(TableName=table, StreamSpecification=stream)
        _until_active(dynamodb, target, table)
    if not described.get("DeletionProtectionEnabled"):
        dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)
        _until_active(dynamodb, target, table)
    lives = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if lives["TimeToLiveStatus"] == "DISABLED":
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=wanted["TimeToLiveSpecification"])
    dynamodb.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification=wanted["PointInTimeRecoverySpecification"]
    )
    tell(f"{table} has stream, time to live, recovery and protection")


def _until_active(dynamodb: "DynamoDBClient", target: Target, table: str) -> None:
    while dynamodb.describe_table(TableName=table)["Table"]["TableStatus"] != "ACTIVE":
        time.sleep(target.poll_seconds)


def _change(
    cloudformation: "CloudFormationClient",
    target: Target,
    template: dict[str, Any],
    kind: Literal["UPDATE", "IMPORT"],
    tell: Tell,
    imported: str = "",
) -> None:
    stack = cloudformation.describe_stacks(StackName=target.stack_name)["Stacks"][0]
    request: dict[str, Any] = {
        "StackName": target.stack_name,
        "ChangeSetName": f"swap-{uuid4().hex[:12]}",
        "ChangeSetType": kind,
        "TemplateURL": _uploaded(target, template),
        "Parameters": [
            {"ParameterKey": each["ParameterKey"], "UsePreviousValue": True} for each in stack.get("Parameters", [])
        ],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    if imported:
        request["ResourcesToImport"] = [
            {
                "ResourceType": "AWS::DynamoDB::Table",
                "LogicalResourceId": TABLE,
                "ResourceIdentifier": {"TableName": imported},
            }
        ]
    change_set = cloudformation.create_change_set(**request)["Id"]
    while True:
        described = cloudformation.describe_change_set(ChangeSetName=change_set)
        if described["Status"] == "CREATE_COMPLETE":
            break
        if described["Status"] == "FAILED":
            reason = described.get("StatusReason", "")
            cloudformation.delete_change_set(ChangeSetName=change_set)
            if any(text in reason for text in _UNCHANGED):
                return
            raise OperationError(f"CloudFormation refuses the {kind.lower()}: {reason}")
        time.sleep(target.poll_seconds)
    cloudformation.execute_change_set(ChangeSetName=change_set)
    tell(f"{target.stack_name}: {kind.lower()} under way")
    _wait(cloudformation, target, kind)


def _wait(cloudformation: "CloudFormationClient", target: Target, kind: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while True:
        status = cloudformation.describe_stacks(StackName=target.stack_name)["Stacks"][0]["StackStatus"]
        if status == f"{kind}_COMPLETE":
            return
        if not status.endswith("_IN_PROGRESS") and "COMPLETE_CLEANUP" not in status:
            raise OperationError(
                f"the {kind.lower()} of {target.stack_name} ended {status}: see its events, then repeat"
            )
        if time.monotonic() > deadline:
            raise OperationError(f"{target.stack_name} is still {status}: repeat this when that has ended")
        time.sleep(target.poll_seconds)


def _uploaded(target: Target, template: dict[str, Any]) -> str:
    """Where CloudFormation reads a template that is too large for a request."""
    buckets = deployment_buckets(target)
    if not buckets:
        raise OperationError("there is no deployment bucket: deploy the stage first")
    s3: S3Client = target.session.client("s3", endpoint_url=target.endpoint, config=target.config)
    name = f"{target.stage}/swap-{uuid4().hex[:12]}.json"
    s3.put_object(Bucket=buckets[0], Key=name, Body=json.dumps(template).encode(), ContentType="application/json")
    return f"{target.endpoint or f'https://s3.{target.region}.amazonaws.com'}/{buckets[0]}/{name}"
