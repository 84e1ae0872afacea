"""What is named like a stage but belongs to no stack: retained by a deletion, or left by a deployment that died."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.adapters.sns import topic_name
from chalicelib.domain.ids import TenantId
from infra.deployment.target import APPLICATION, Target

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

TOPIC_HASH = len(topic_name("", TenantId("any")))
"""How long the part of a tenant's topic's name is that stands for the tenant."""

DATA_KINDS = frozenset({"table", "user pool"})


class LeftOver(NamedTuple):
    """A resource: its kind, its name or id, and the command that removes it."""

    kind: str
    name: str
    removal: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.removal}"


def owned(cloudformation: "CloudFormationClient", stack: str) -> dict[str, list[str]]:
    """Physical names of a stack's resources by their type; empty when there is no such stack."""
    found: dict[str, list[str]] = {}
    try:
        for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
            for resource in page["StackResourceSummaries"]:
                name = resource.get("PhysicalResourceId")
                if name and resource["ResourceStatus"] not in {"DELETE_COMPLETE", "DELETE_SKIPPED"}:
                    found.setdefault(resource["ResourceType"], []).append(name)
    except cloudformation.exceptions.ClientError as error:
        if "does not exist" not in error.response["Error"].get("Message", ""):
            raise
    return found


def tenants_topics(target: Target) -> list[str]:
    """ARNs of the topics of a stage's tenants: `client-health-prod-` also begins those of a stage `prod-eu`."""
    sns = target.session.client("sns", endpoint_url=target.endpoint, config=target.config)
    wanted = re.compile(rf"{re.escape(target.stack_name)}-[0-9a-f]{{{TOPIC_HASH}}}")
    pages = sns.get_paginator("list_topics").paginate()
    arns = (topic["TopicArn"] for page in pages for topic in page["Topics"])
    return [arn for arn in arns if wanted.fullmatch(arn.rpartition(":")[2])]


def left_overs(target: Target) -> list[LeftOver]:
    """Everything with a stage's names that its stack does not own (any more); its tenants' topics while it stands are
    its own, and so is its signing key."""
    cloudformation = target.session.client("cloudformation", endpoint_url=target.endpoint, config=target.config)
    has = owned(cloudformation, target.stack_name)
    found = [
        *_tables(target, has.get("AWS::DynamoDB::Table", [])),
        *_pools(target, has.get("AWS::Cognito::UserPool", [])),
        *_roles(target, has.get("AWS::IAM::Role", [])),
        *_buckets(target, has.get("AWS::S3::Bucket", [])),
        *_log_groups(target, has.get("AWS::Logs::LogGroup", [])),
    ]
    if not has:
        found += [LeftOver("topic", arn, f"aws sns delete-topic --topic-arn {arn}") for arn in tenants_topics(target)]
        found += _signing_key(target)
    return found


def deployment_buckets(target: Target) -> list[str]:
    """The buckets with the packages of all stages of this account."""
    s3 = target.session.client("s3", endpoint_url=target.endpoint, config=target.config)
    names = (bucket["Name"] for bucket in s3.list_buckets()["Buckets"])
    return [name for name in names if name.startswith(f"{APPLICATION}-deployments-")]


def named(target: Target, logical: str) -> re.Pattern[str]:
    """Names that CloudFormation makes of a stack's and a resource's: of no stage whose name begins like this one's."""
    return re.compile(rf"{re.escape(target.stack_name)}-{logical}-[0-9A-Za-z]+")


def _tables(target: Target, own: list[str]) -> Iterator[LeftOver]:
    dynamodb = target.session.client("dynamodb", endpoint_url=target.endpoint, config=target.config)
    wanted = named(target, "Table")
    for page in dynamodb.get_paginator("list_tables").paginate():
        for name in page["TableNames"]:
            if wanted.fullmatch(name) and name not in own:
                lift = f"aws dynamodb update-table --table-name {name} --no-deletion-protection-enabled"
                yield LeftOver("table", name, f"{lift} && aws dynamodb delete-table --table-name {name}")


def _pools(target: Target, own: list[str]) -> Iterator[LeftOver]:
    cognito = target.session.client("cognito-idp", endpoint_url=target.endpoint, config=target.config)
    for page in cognito.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 60}):
        for pool in page["UserPools"]:
            if pool["Name"] == target.stack_name and pool["Id"] not in own:
                delete = f"aws cognito-idp delete-user-pool --user-pool-id {pool['Id']}"
                how = f"switch its deletion protection off, then {delete}"
                yield LeftOver("user pool", pool["Id"], how)


def _roles(target: Target, own: list[str]) -> Iterator[LeftOver]:
    iam = target.session.client("iam", endpoint_url=target.endpoint, config=target.config)
    wanted = named(target, "[0-9A-Za-z]+")
    for page in iam.get_paginator("list_roles").paginate():
        for name in (role["RoleName"] for role in page["Roles"]):
            if wanted.fullmatch(name) and name not in own:
                how = f"detach and delete its policies, then aws iam delete-role --role-name {name}"
                if "GatewayLogsRole" in name:
                    how = (
                        f"the gateway of this account and region may log through it (aws apigateway get-account); {how}"
                    )
                yield LeftOver("role", name, how)


def _buckets(target: Target, own: list[str]) -> Iterator[LeftOver]:
    s3 = target.session.client("s3", endpoint_url=target.endpoint, config=target.config)
    wanted = re.compile(rf"{re.escape(target.stack_name)}-dashboardbucket-[0-9a-z]+")
    for name in (bucket["Name"] for bucket in s3.list_buckets()["Buckets"]):
        if wanted.fullmatch(name) and name not in own:
            yield LeftOver("bucket", name, f"aws s3 rb --force s3://{name}")


def _log_groups(target: Target, own: list[str]) -> Iterator[LeftOver]:
    logs = target.session.client("logs", endpoint_url=target.endpoint, config=target.config)
    for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"/{target.stack_name}/"):
        for name in (group["logGroupName"] for group in page["logGroups"]):
            if name not in own:
                yield LeftOver("log group", name, f"aws logs delete-log-group --log-group-name {name}")


def _signing_key(target: Target) -> Iterator[LeftOver]:
    ssm = target.session.client("ssm", endpoint_url=target.endpoint, config=target.config)
    name = target.signing_key_parameter
    try:
        ssm.get_parameter(Name=name)
    except ssm.exceptions.ParameterNotFound:
        return
    yield LeftOver("parameter", name, f"aws ssm delete-parameter --name {name}")
