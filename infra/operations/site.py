"""Where an operation works: a stage in AWS, or another place, by the outputs of its CloudFormation stack."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from chalicelib.domain.ids import TenantId
from infra.deployment.packaging import LOCAL_STAGE
from infra.deployment.stack import stack_outputs
from infra.deployment.target import Target
from infra.operations.errors import OperationError

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient


@dataclass(frozen=True)
class Site:
    """A deployed stack: who may call it, where its services answer, and what CloudFormation called its parts."""

    session: boto3.Session
    outputs: Mapping[str, str]
    endpoint: str | None = None
    stage: str = LOCAL_STAGE

    @property
    def target(self) -> Target:
        """The same as deployments know it: the names that do not come from the stack."""
        return Target(self.stage, self.session, self.endpoint)

    @property
    def parameters(self) -> "SSMClient":
        return self.session.client("ssm", endpoint_url=self.endpoint)

    @property
    def queues(self) -> "SQSClient":
        return self.session.client("sqs", endpoint_url=self.endpoint)

    @property
    def tables(self) -> "DynamoDBClient":
        return self.session.client("dynamodb", endpoint_url=self.endpoint)

    @property
    def objects(self) -> "S3Client":
        return self.session.client("s3", endpoint_url=self.endpoint)

    @property
    def topics(self) -> "SNSClient":
        return self.session.client("sns", endpoint_url=self.endpoint)

    @property
    def identities(self) -> "CognitoIdentityProviderClient":
        return self.session.client("cognito-idp", endpoint_url=self.endpoint)

    @property
    def functions(self) -> "LambdaClient":
        """Waits for the function's own five minutes, and never asks it twice: it starts runs."""
        once = Config(read_timeout=330, connect_timeout=5, retries={"total_max_attempts": 1})
        return self.session.client("lambda", endpoint_url=self.endpoint, config=once)


@dataclass(frozen=True)
class Place:
    """Where commands are to work; it is looked for when they begin."""

    site: Callable[[], Site]
    url: Callable[[Site], str]
    """Where its API is, without /v1."""

    sign_in: Callable[[TenantId], str] | None = None
    """An ID token of somebody of a tenant, where none of a page is needed."""


def stage_place(stage: str) -> Place:
    """A stage in AWS."""
    return Place(lambda: stage_site(stage), lambda site: site.outputs["ApiUrl"])


def stage_target(stage: str) -> Target:
    """Where a stage is in AWS, deployed or not. Raises OperationError without a region."""
    session = boto3.Session()
    if session.region_name is None:
        raise OperationError("no AWS region: set AWS_DEFAULT_REGION, or a region in the AWS profile")
    return Target(stage, session)


def stage_site(stage: str) -> Site:
    """A stage in AWS, with the environment's credentials. Raises OperationError when it is not deployed."""
    target = stage_target(stage)
    session = target.session
    outputs = stack_outputs(session.client("cloudformation", config=target.config), target.stack_name)
    if not outputs:
        raise OperationError(f"there is no stack {target.stack_name} in {session.region_name}")
    return Site(session, outputs, stage=stage)
