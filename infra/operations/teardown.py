"""Teardown: a stage goes, its data only when that is said.

In the order in which a crash leaves least behind: what blocks the deletion of the stack (the page's files), the stack,
and then what its functions could have made again (tenants' topics), the key of its cursors, and the data last. Whatever
is left is found by its name, so a teardown that died is repeated.
"""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from infra.deployment.target import Target
from infra.operations.errors import OperationError
from infra.operations.leftovers import DATA_KINDS, LeftOver, deployment_buckets, left_overs, owned, tenants_topics

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

Tell = Callable[[str], object]

_WAIT_SECONDS: Final = 3600.0
"""CloudFront alone takes a quarter of an hour to be switched off."""


def tear_down(target: Target, tell: Tell, *, with_data: bool = False, dry_run: bool = False) -> list[LeftOver]:
    """Remove a stage: the page's files, the stack, its tenants' topics, the key of its cursors.

    The table and the user pool stay, and with them everything that is held of tenants; --with-data removes them too,
    and lifts what protects the stack, the table and the pool from deletion. What stays is told with the command that
    removes it, and returned. Repeat it at will: it goes on where it stopped.
    """
    cloudformation = target.session.client("cloudformation", endpoint_url=target.endpoint, config=target.config)
    stack = _standing(cloudformation, target)
    if stack is not None:
        _refuse_unready(stack, with_data=with_data)
    would = "would be " if dry_run else ""
    if stack is not None:
        for bucket in owned(cloudformation, target.stack_name).get("AWS::S3::Bucket", []):
            tell(f"bucket {bucket}: {_emptied(target, bucket, dry_run=dry_run)} files {would}deleted")
        if not dry_run:
            _delete_stack(cloudformation, target, stack, tell)
        tell(f"stack {target.stack_name} {would}deleted")
    topics = tenants_topics(target)
    if not dry_run:
        _delete_topics(target, topics)
    tell(f"{len(topics)} topics of tenants {would}deleted")
    if not dry_run and _delete_signing_key(target):
        tell("the key of list cursors deleted")
    if with_data and not dry_run:
        for each in left_overs(target):
            if each.kind in DATA_KINDS:
                _delete_data(target, each)
                tell(f"{each.kind} {each.name} deleted")
    stays = [] if dry_run and stack is not None else left_overs(target)
    _tell_what_stays(target, stays, tell, with_data=with_data, dry_run=dry_run)
    return stays


def _standing(cloudformation: "CloudFormationClient", target: Target) -> "StackTypeDef | None":
    try:
        return cloudformation.describe_stacks(StackName=target.stack_name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in error.response["Error"].get("Message", ""):
            return None
        raise


def _refuse_unready(stack: "StackTypeDef", *, with_data: bool) -> None:
    status = stack["StackStatus"]
    if status.endswith("_IN_PROGRESS") and status not in {"DELETE_IN_PROGRESS", "REVIEW_IN_PROGRESS"}:
        raise OperationError(f"{stack['StackName']} is {status}: wait until that has ended, then repeat this")
    if stack.get("EnableTerminationProtection") and not with_data:
        raise OperationError(
            f"{stack['StackName']} is protected from being deleted; nothing was done. --with-data lifts the protection "
            "and removes the data too; to keep it, lift it by hand: aws cloudformation update-termination-protection "
            f"--no-enable-termination-protection --stack-name {stack['StackName']}"
        )


def _emptied(target: Target, bucket: str, *, dry_run: bool) -> int:
    """Deletes all files of a bucket, versions too; how many they were."""
    s3 = target.session.client("s3", endpoint_url=target.endpoint, config=target.config)
    files = 0
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found: list[Any] = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            files += len(found)
            if found and not dry_run:
                keys: list[Any] = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
                refused = s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True}).get("Errors", [])
                if refused:
                    raise OperationError(
                        f"{len(refused)} files of {bucket} cannot be deleted: {refused[0].get('Code')}"
                    )
    except s3.exceptions.NoSuchBucket:
        return 0  # a deletion before this one got so far
    return files


def _delete_stack(cloudformation: "CloudFormationClient", target: Target, stack: "StackTypeDef", tell: Tell) -> None:
    name = stack["StackId"]  # by its id a stack is still found when it is gone
    if stack.get("EnableTerminationProtection"):
        cloudformation.update_termination_protection(EnableTerminationProtection=False, StackName=name)
    if stack["StackStatus"] != "DELETE_IN_PROGRESS":
        cloudformation.delete_stack(StackName=name)
    deadline = time.monotonic() + _WAIT_SECONDS
    told = None
    while True:
        status = _status(cloudformation, name)
        if status == "DELETE_COMPLETE":
            return
        if status.endswith("_FAILED"):
            raise OperationError(
                f"the deletion of {target.stack_name} failed:{''.join(_failures(cloudformation, name))}"
            )
        if time.monotonic() > deadline:
            raise OperationError(f"{target.stack_name} is still {status}: repeat this, it goes on waiting")
        left = sum(len(names) for names in owned(cloudformation, name).values())
        if left != told:
            tell(f"{left} resources left")
        told = left
        time.sleep(target.poll_seconds)


def _status(cloudformation: "CloudFormationClient", stack_id: str) -> str:
    try:
        return cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if "does not exist" in error.response["Error"].get("Message", ""):
            return "DELETE_COMPLETE"
        raise


def _failures(cloudformation: "CloudFormationClient", stack_id: str) -> Iterator[str]:
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_id):
        for each in page["StackResourceSummaries"]:
            if each["ResourceStatus"] == "DELETE_FAILED":
                yield f"\n  {each['LogicalResourceId']}: {each.get('ResourceStatusReason', 'no reason given')}"


def _delete_topics(target: Target, arns: list[str]) -> None:
    """Their subscriptions first: SNS leaves those of a deleted topic standing, without a topic."""
    sns = target.session.client("sns", endpoint_url=target.endpoint, config=target.config)
    for arn in arns:
        for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn):
            for each in page["Subscriptions"]:
                if each["SubscriptionArn"].startswith("arn:"):
                    sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])
        sns.delete_topic(TopicArn=arn)


def _delete_signing_key(target: Target) -> bool:
    """Whether there was one."""
    ssm = target.session.client("ssm", endpoint_url=target.endpoint, config=target.config)
    try:
        ssm.delete_parameter(Name=target.signing_key_parameter)
    except ssm.exceptions.ParameterNotFound:
        return False
    return True


def _delete_data(target: Target, each: LeftOver) -> None:
    if each.kind == "table":
        dynamodb = target.session.client("dynamodb", endpoint_url=target.endpoint, config=target.config)
        dynamodb.update_table(TableName=each.name, DeletionProtectionEnabled=False)
        dynamodb.get_waiter("table_exists").wait(TableName=each.name, WaiterConfig={"Delay": 1})  # until it is ACTIVE
        dynamodb.delete_table(TableName=each.name)
        return
    cognito = target.session.client("cognito-idp", endpoint_url=target.endpoint, config=target.config)
    cognito.update_user_pool(UserPoolId=each.name, DeletionProtection="INACTIVE", AutoVerifiedAttributes=["email"])
    cognito.delete_user_pool(UserPoolId=each.name)


def _tell_what_stays(target: Target, stays: list[LeftOver], tell: Tell, *, with_data: bool, dry_run: bool) -> None:
    if dry_run and not with_data:
        tell("the table and the user pool stay; without --dry-run the commands that remove them are shown")
    for each in stays:
        tell(f"stays: {each}")
    for bucket in deployment_buckets(target):
        tell(
            f"stays: bucket {bucket}, with the packages of all stages; this one's: "
            f"aws s3 rm --recursive s3://{bucket}/{target.stage}/"
        )
