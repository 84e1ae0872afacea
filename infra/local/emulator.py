"""The AWS emulator as a child process: one port on the loopback address, all its state below the state directory."""

import json
import os
import shutil
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import boto3

from infra.deployment.stack import Deployed
from infra.local import emulator_process, processes
from infra.local.emulator_process import JOURNAL, OLDER_JOURNAL, SAVED
from infra.local.errors import DamagedStateError, ProcessDiedError
from infra.local.state import StateDirectory

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_apigateway.literals import GatewayResponseTypeType
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PointInTimeRecoverySpecificationTypeDef
    from mypy_boto3_iam import IAMClient

REGION = "eu-central-1"

_READY_SECONDS = 60.0


def start(state: StateDirectory, preferred_port: int | None) -> int:
    """Start the emulator, on the port of last time when that is free, and wait until it answers; its port.

    The port is kept because it stands in the deployed stack: the functions fetch the token keys there.

    Raises
    ------
    DamagedStateError
        When what it kept cannot be read; nothing of it is changed.
    ProcessDiedError
        When it ends or does not answer in time.
    """
    port = preferred_port if preferred_port and port_is_free(preferred_port) else free_port()
    shutil.rmtree(state.scratch, ignore_errors=True)  # unpacked functions of a process that is gone
    state.scratch.mkdir(parents=True)
    state.emulator_log.unlink(missing_ok=True)
    _rewind_streams(state)
    command = [sys.executable, "-P", str(Path(emulator_process.__file__))]
    process = processes.start(command, environment(state, port), state.emulator_log, state.emulator_pid, state.path)
    deadline = time.monotonic() + _READY_SECONDS
    while not _answers(port):
        if not process.alive:
            _refuse_damage(state)
            raise ProcessDiedError(f"the emulator ended at once; {state.emulator_log} says why")
        if time.monotonic() > deadline:
            processes.stop(state.emulator_pid)
            raise ProcessDiedError(
                f"the emulator did not answer within {_READY_SECONDS:.0f} s; see {state.emulator_log}"
            )
        time.sleep(0.05)
    return port


def _rewind_streams(state: StateDirectory) -> None:
    """Let the functions read the tables' streams from their beginning again.

    The emulator keeps how far they have read but not what there was to read: positions of last time would lie beyond
    the end of the streams, and nothing would arrive until as much had been written again.
    """
    saved = state.emulator_state / "lambda.json"
    if not saved.exists():
        return
    try:
        document = json.loads(saved.read_text())
    except ValueError:
        return  # the emulator itself says that it is damaged
    if document.get("payload", {}).pop("dynamodb_stream_positions", None) is not None:
        saved.write_text(json.dumps(document))


def _refuse_damage(state: StateDirectory) -> None:
    for line in state.emulator_log.read_text(errors="replace").splitlines():
        if line.startswith("damaged: "):
            raise DamagedStateError(
                f"the state of the stack is damaged: {line.removeprefix('damaged: ')}; nothing was started or changed. "
                f"Put a copy of {state.emulator_state} back, or move {state.path} away to begin with an empty stack"
            )


def save(state: StateDirectory) -> None:
    """Tell the running emulator to save all its state now; it goes on answering."""
    process = processes.running(state.emulator_pid)
    if process is not None:
        os.kill(process.pid, signal.SIGUSR1)


def unclean_stop(state: StateDirectory) -> str | None:
    """What to say about a last stop that was none: killed, or the machine went down. None after a clean one."""
    folder = state.emulator_state
    writes = 0
    for name in (OLDER_JOURNAL, JOURNAL):
        if (folder / name).exists():
            with (folder / name).open("rb") as lines:
                writes += sum(1 for _ in lines)
    try:
        noted = json.loads((folder / SAVED).read_text())
        if noted["clean"]:
            return None
        saved = datetime.fromtimestamp(noted["at"], UTC)
    except FileNotFoundError:
        return "the last start was killed before it was done; the stack starts from scratch" if writes else None
    except (ValueError, KeyError, TypeError):
        return None  # the emulator itself says that it is damaged
    return (
        f"the last stop was not a clean one: {writes} writes to the table since the save of {saved:%Y-%m-%d %H:%M:%S} "
        "UTC come back from the journal; users, topics and messages of the last seconds, and logs, may be lost"
    )


def session() -> boto3.Session:
    """Credentials that the emulator takes and AWS does not."""
    return boto3.Session(
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106  # nosec B106
        region_name=REGION,
    )


def complete(
    deployed: Deployed, stack_name: str, gateway_responses: dict[str, dict[str, object]], endpoint: str
) -> None:
    """Put in place what the emulator does not take from the template as AWS does."""
    _allow_batches(stack_name, endpoint)
    _allow_files(stack_name, deployed.outputs["ImportBucketName"], endpoint)
    _keep_backups(deployed.outputs["TableName"], endpoint)
    gateway: APIGatewayClient = session().client("apigateway", endpoint_url=endpoint)
    known = gateway.get_gateway_responses(restApiId=deployed.outputs["RestAPIId"])["items"]
    if deployed.changed or all(response.get("defaultResponse") for response in known):
        _put_gateway_responses(gateway, deployed.outputs, gateway_responses)


def _allow_batches(stack_name: str, endpoint: str) -> None:
    """Wherever a role may send a message, let it send ten at once.

    On AWS ``sqs:SendMessage`` covers SendMessageBatch and there is no such action; the emulator asks for one.
    """
    iam: IAMClient = session().client("iam", endpoint_url=endpoint)
    for page in iam.get_paginator("list_roles").paginate():
        for role in (each["RoleName"] for each in page["Roles"] if each["RoleName"].startswith(f"{stack_name}-")):
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
                policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
                document = json.loads(policy) if isinstance(policy, str) else policy
                for statement in document["Statement"]:
                    if "sqs:SendMessage" in statement["Action"] and "sqs:SendMessageBatch" not in statement["Action"]:
                        statement["Action"] = [*statement["Action"], "sqs:SendMessageBatch"]
                        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def _allow_files(stack_name: str, bucket: str, endpoint: str) -> None:
    """Let the tenants' role reach the files of imports.

    Its policy names them by a variable, the tenant's tag, which the emulator does not put in; on AWS it keeps tenants
    apart, here only the code does.
    """
    iam: IAMClient = session().client("iam", endpoint_url=endpoint)
    statement = {"Effect": "Allow", "Action": ["s3:*Object"], "Resource": f"arn:aws:s3:::{bucket}/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for page in iam.get_paginator("list_roles").paginate():
        for role in (each["RoleName"] for each in page["Roles"]):
            if role.startswith(f"{stack_name}-TenantRole"):
                iam.put_role_policy(RoleName=role, PolicyName="FilesOfImports", PolicyDocument=document)


def _keep_backups(table: str, endpoint: str) -> None:
    """Point-in-time recovery, which AWS reads from the template and the emulator takes by API call alone."""
    dynamodb: DynamoDBClient = session().client("dynamodb", endpoint_url=endpoint)
    found = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    if found.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") != "ENABLED":
        wanted: PointInTimeRecoverySpecificationTypeDef = {"PointInTimeRecoveryEnabled": True}
        dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=wanted)


def _put_gateway_responses(
    gateway: "APIGatewayClient", outputs: dict[str, str], gateway_responses: dict[str, dict[str, object]]
) -> None:
    """The gateway's own answers: AWS reads them from the API's definition, the emulator takes them by API call alone.

    It serves them from the next deployment of the stage on.
    """
    api = outputs["RestAPIId"]
    for kind, response in gateway_responses.items():
        headers = cast("dict[str, dict[str, str]]", response["ResponseParameters"])["Headers"]
        gateway.put_gateway_response(
            restApiId=api,
            responseType=cast("GatewayResponseTypeType", kind),
            **({"statusCode": str(response["StatusCode"])} if "StatusCode" in response else {}),
            responseParameters={f"gatewayresponse.header.{name}": value for name, value in headers.items()},
            responseTemplates=cast("dict[str, str]", response["ResponseTemplates"]),
        )
    gateway.create_deployment(restApiId=api, stageName=outputs["ApiUrl"].rpartition("/")[2])


def environment(state: StateDirectory, port: int) -> dict[str, str]:
    """Nothing of the caller's environment but what a process needs: functions inherit all of it from the emulator."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "GATEWAY_PORT": str(port),
        "AUTH": "true",  # each function may do what its role allows, and nothing else, as on AWS
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state.emulator_state),
        "TMPDIR": str(state.scratch),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",  # nosec B105
        # Listeners of services that this stack does not use.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PYTHONUNBUFFERED": "1",
    }


def port_is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=2):  # nosec B310
            return True
    except (urllib.error.URLError, OSError):
        return False
