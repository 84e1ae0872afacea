"""What can be known before anything is packaged, uploaded or changed: whose account it is, and whether it will do."""

import json
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, TokenRetrievalError

from infra.deployment.errors import DeploymentError
from infra.deployment.packaging import Package
from infra.deployment.stack import check_deployable, stage_parameters
from infra.deployment.target import Target

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_REFUSED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"}
_STALE = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}


CAN_WAIT: Final = frozenset({"DispatchSyncs", "SyncConnections"})


def check_target(target: Target) -> None:
    """Raises DeploymentError when there is no region or account, no parameters, or a stack that takes no deployment.

    Errors of the AWS SDK pass: `explained` has their words.
    """
    if target.session.region_name is None:
        raise DeploymentError("no AWS region: set AWS_DEFAULT_REGION, or a region in the AWS profile")
    stage_parameters(target.stage)
    assert target.account  # noqa: S101  # nosec B101
    cloudformation = target.session.client("cloudformation", endpoint_url=target.endpoint, config=target.config)
    check_deployable(cloudformation, target.stack_name)


def check_concurrency(target: Target, package: Package) -> None:
    """Raises DeploymentError when the account runs fewer functions at a time than the stage's scoring needs.

    Its workers may take all they are given; each of the other functions has to run beside them, but those of
    connections: their messages wait for a free place, and nobody for them.
    """
    template = json.loads(package.template.read_text())
    workers = template["Mappings"]["ScoringWorkers"][target.stage]["Most"]
    functions = [
        name
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::Serverless::Function" and name not in CAN_WAIT
    ]
    needed = workers + len(functions) - 1
    client: LambdaClient = target.session.client("lambda", endpoint_url=target.endpoint, config=target.config)
    most = client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    if most < needed:
        raise DeploymentError(
            f"account {target.account} runs at most {most} functions at a time in {target.region}, and {target.stage} "
            f"needs {needed} ({workers} scoring workers, {len(functions) - 1} other functions): ask for more (Service "
            f"Quotas, Lambda, Concurrent executions), or lower ScoringWorkers of {target.stage} in infra/resources.yaml"
        )


def explained(error: BotoCoreError | ClientError) -> str:
    """An error of the AWS SDK in one line that says what to do."""
    if isinstance(error, NoCredentialsError):
        return "no AWS credentials: sign in (`aws sso login`), or set AWS_PROFILE or AWS_ACCESS_KEY_ID"
    if isinstance(error, TokenRetrievalError):
        return "the AWS sign-in has expired: run `aws sso login`, then deploy again"
    if isinstance(error, ClientError):
        code = error.response["Error"].get("Code", "")
        if code in _STALE:
            return f"AWS does not take these credentials ({code}): sign in again, then deploy again"
        if code in _REFUSED:
            said = " ".join(error.response["Error"].get("Message", "").split())
            return (
                f"the credentials lack a right, {error.operation_name} was refused: {said}; see docs/runbook.md, "
                "Deploying"
            )
    return " ".join(str(error).split())
