"""A package becomes a running stack, on AWS and on the emulator alike: upload, change set, wait, outputs."""

import base64
import hashlib
import json
import secrets
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.deployment.errors import DeploymentError
from infra.deployment.packaging import ROOT, Package

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.literals import ChangeSetTypeType
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef, StackTypeDef
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.literals import BucketLocationConstraintType
    from mypy_boto3_ssm import SSMClient

APPLICATION = "client-health"

_DASHBOARD_URL = "DashboardUrl"  # a parameter, and the output it comes from
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")

Report = Callable[[str], None]


@dataclass(frozen=True)
class Target:
    """Where a stage is deployed: AWS as the environment's credentials say, or the emulator behind ``endpoint``."""

    stage: str
    session: boto3.Session
    endpoint: str | None = None

    @property
    def stack_name(self) -> str:
        return f"{APPLICATION}-{self.stage}"

    @property
    def signing_key_parameter(self) -> str:
        return f"/{self.stack_name}/cursor-signing-key"

    @property
    def region(self) -> str:
        return self.session.region_name

    @property
    def config(self) -> Config:
        """Deployment calls are few and rare; patience is cheap. The emulator knows buckets by path alone."""
        return Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "max_attempts": 5},
            s3={"addressing_style": "path" if self.endpoint else "auto"},
        )

    @property
    def poll_seconds(self) -> float:
        return 0.2 if self.endpoint else 2.0


@dataclass(frozen=True)
class Deployed:
    """What a deployment left: the stack's ``outputs`` by name, and whether anything was ``changed`` for it."""

    outputs: dict[str, str]
    changed: bool


def deploy(target: Target, package: Package, overrides: Mapping[str, str], report: Report) -> Deployed:
    """Bring the stack of ``target`` to ``package``; a stack that already is as wanted is left alone.

    ``overrides`` are template parameters on top of ``infra/parameters/<stage>.toml``. Where neither names the address
    of the dashboard it is the distribution's own, known after a first deployment: a second one then makes it known to
    sign-in and alerts.

    Raises
    ------
    DeploymentError
        With the events of what failed; the stack is then as it was before.
    """
    cloudformation = target.session.client("cloudformation", endpoint_url=target.endpoint, config=target.config)
    report("Uploading the package")
    template_url = _upload(target, package)
    _ensure_signing_key(target)
    parameters = {
        **stage_parameters(target.stage),
        "Stage": target.stage,
        "SigningKeyParameter": target.signing_key_parameter,
        **overrides,
    }
    outputs = stack_outputs(cloudformation, target.stack_name)
    named = _DASHBOARD_URL in parameters
    changed = False
    while True:
        if not named and _DASHBOARD_URL in outputs:
            parameters[_DASHBOARD_URL] = outputs[_DASHBOARD_URL]
        changed |= _apply(cloudformation, target, template_url, parameters, report)
        outputs = stack_outputs(cloudformation, target.stack_name)
        if named or parameters.get(_DASHBOARD_URL) == outputs.get(_DASHBOARD_URL):
            return Deployed(outputs, changed)


def _apply(
    cloudformation: "CloudFormationClient",
    target: Target,
    template_url: str,
    parameters: Mapping[str, str],
    report: Report,
) -> bool:
    """Whether the stack had to be changed to have the template with these parameters."""
    report("Comparing with what is deployed")
    change_set = _create_change_set(cloudformation, target, template_url, parameters)
    if change_set is None:
        return False
    earlier = {event["EventId"] for event in _events(cloudformation, target.stack_name)}
    cloudformation.execute_change_set(ChangeSetName=change_set)
    _wait_for_stack(cloudformation, target, earlier, report)
    return True


def stage_parameters(stage: str) -> dict[str, str]:
    """The template parameters that stand in ``infra/parameters/<stage>.toml``."""
    path = ROOT / "infra" / "parameters" / f"{stage}.toml"
    if not path.is_file():
        raise DeploymentError(f"{path.relative_to(ROOT)} is missing: write the template parameters of {stage!r} there")
    return {name: str(value) for name, value in tomllib.loads(path.read_text()).items()}


def stack_outputs(cloudformation: "CloudFormationClient", stack_name: str) -> dict[str, str]:
    """Outputs of a stack by name; empty when there is no such stack or its last deployment did not finish."""
    stack = _describe(cloudformation, stack_name)
    if stack is None or stack["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}:
        return {}
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _upload(target: Target, package: Package) -> str:
    """Put archive and template under names made from their content; the URL CloudFormation reads the template from."""
    s3: S3Client = target.session.client("s3", endpoint_url=target.endpoint, config=target.config)
    sts = target.session.client("sts", endpoint_url=target.endpoint, config=target.config)
    bucket = f"{APPLICATION}-deployments-{sts.get_caller_identity()['Account']}-{target.region}"
    _ensure_bucket(s3, bucket, target.region)
    code = f"{target.stage}/{package.content}.zip"
    if not _exists(s3, bucket, code):
        s3.upload_file(str(package.archive), bucket, code)
    template = json.loads(package.template.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": code}
    body = json.dumps(template, sort_keys=True).encode()
    name = f"{target.stage}/{hashlib.sha256(body).hexdigest()}.json"
    s3.put_object(Bucket=bucket, Key=name, Body=body, ContentType="application/json")
    host = target.endpoint or f"https://s3.{target.region}.amazonaws.com"
    return f"{host}/{bucket}/{name}"


def _ensure_bucket(s3: "S3Client", bucket: str, region: str) -> None:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"404", "NoSuchBucket"}:
            raise
    else:
        return
    if region == "us-east-1":  # the one region that refuses to be named
        s3.create_bucket(Bucket=bucket)
    else:
        place = cast("BucketLocationConstraintType", region)  # the stubs list the regions of their day
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": place})
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )


def _exists(s3: "S3Client", bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
            return False
        raise
    return True


def _ensure_signing_key(target: Target) -> None:
    """Create the key that signs list cursors when it is absent: a SecureString, which CloudFormation cannot make."""
    ssm: SSMClient = target.session.client("ssm", endpoint_url=target.endpoint, config=target.config)
    try:
        ssm.get_parameter(Name=target.signing_key_parameter)
    except ssm.exceptions.ParameterNotFound:
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        ssm.put_parameter(Name=target.signing_key_parameter, Type="SecureString", Value=key)


def _create_change_set(
    cloudformation: "CloudFormationClient", target: Target, template_url: str, parameters: Mapping[str, str]
) -> str | None:
    """The id of a change set ready to be executed, or None when the stack already is as wanted."""
    stack = _describe(cloudformation, target.stack_name)
    status = stack["StackStatus"] if stack else "REVIEW_IN_PROGRESS"
    if status == "ROLLBACK_COMPLETE":
        raise DeploymentError(
            f"the first deployment of {target.stack_name} failed; delete that stack, then deploy again"
        )
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        raise DeploymentError(f"{target.stack_name} is {status}: another deployment is under way; wait for it to end")
    kind: ChangeSetTypeType = "CREATE" if status == "REVIEW_IN_PROGRESS" else "UPDATE"
    created = cloudformation.create_change_set(
        StackName=target.stack_name,
        ChangeSetName=f"deploy-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
        ChangeSetType=kind,
        TemplateURL=template_url,
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in sorted(parameters.items())],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Tags=[{"Key": "application", "Value": APPLICATION}, {"Key": "stage", "Value": target.stage}],
    )["Id"]
    while True:
        change_set = cloudformation.describe_change_set(ChangeSetName=created)
        if change_set["Status"] == "CREATE_COMPLETE":
            return created
        if change_set["Status"] == "FAILED":
            reason = change_set.get("StatusReason", "")
            cloudformation.delete_change_set(ChangeSetName=created)
            if any(text in reason for text in _NO_CHANGES):
                return None
            raise DeploymentError(f"CloudFormation refuses the template: {reason}")
        time.sleep(target.poll_seconds)


def _wait_for_stack(cloudformation: "CloudFormationClient", target: Target, earlier: set[str], report: Report) -> None:
    """Wait until the deployment ends; its events are those that are not ``earlier`` ones."""
    while True:
        stack = _describe(cloudformation, target.stack_name)
        status = stack["StackStatus"] if stack else "DELETE_COMPLETE"
        events = [event for event in _events(cloudformation, target.stack_name) if event["EventId"] not in earlier]
        if not status.endswith("_IN_PROGRESS"):
            break
        done = {event["LogicalResourceId"] for event in events if event["ResourceStatus"].endswith("_COMPLETE")}
        report(f"Deploying {target.stack_name}: {len(done)} resources done")
        time.sleep(target.poll_seconds)
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        failures = [
            f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason')}"
            for event in reversed(events)  # they come newest first; the first cause is what helps
            if event["ResourceStatus"].endswith("_FAILED")
        ]
        raise DeploymentError("\n  ".join([f"the deployment of {target.stack_name} ended {status}:", *failures]))


def _events(cloudformation: "CloudFormationClient", stack_name: str) -> list["StackEventTypeDef"]:
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_name)
    return [event for page in pages for event in page["StackEvents"]]


def _describe(cloudformation: "CloudFormationClient", stack_name: str) -> "StackTypeDef | None":
    try:
        return cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in error.response["Error"].get("Message", ""):
            return None
        raise
