"""Up, down and status: the processes and the deployment of one local stack."""

import json
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING

from infra.deployment.packaging import LOCAL_STAGE, ROOT, Package, package
from infra.deployment.stack import deploy
from infra.deployment.target import Target
from infra.local import emulator, processes
from infra.local.errors import PortTakenError, ProcessDiedError
from infra.local.state import Stack, StateDirectory

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_READY_SECONDS = 60.0

Report = Callable[[str], None]


def up(state: StateDirectory, port: int, report: Report, warn: Report) -> Stack:
    """Start what does not run, deploy what has changed, and return the stack when the API answers.

    ``port`` 0 means any free one. Whatever this call started is stopped again when it fails. ``report`` shows how far
    it is; ``warn`` is told what stays to be read: that the last stop was not a clean one, and what that cost.

    Raises
    ------
    DamagedStateError, PortTakenError, ProcessDiedError, DeploymentError
    """
    with state.changing():
        noted = state.noted()
        port = port or emulator.free_port()
        _claim_port(state, noted, port)
        fresh = processes.running(state.emulator_pid) is None
        try:
            emulator_port = _ensure_emulator(state, noted, report, warn)
            stack = _deploy(port, emulator_port, report)
            _ensure_front(state, noted, stack, report)
        except BaseException:
            if fresh:
                _stop(state)
            raise
        state.note(stack)
        emulator.save(state)
    return stack


def down(state: StateDirectory) -> bool:
    """Stop the stack, keeping its state; False when nothing ran."""
    with state.changing():
        return _stop(state)


def wait_until_interrupted(state: StateDirectory) -> None:
    """Return on Ctrl-C, or when another command has stopped the stack.

    Raises
    ------
    ProcessDiedError
        When a process of the stack ends on its own.
    """
    try:
        while True:
            for name, pid_file, log in (
                ("emulator", state.emulator_pid, state.emulator_log),
                ("front server", state.front_pid, state.front_log),
            ):
                if not pid_file.exists():
                    return
                if processes.running(pid_file) is None:
                    raise ProcessDiedError(f"the {name} has ended; {log} says why")
            time.sleep(1)
    except KeyboardInterrupt:
        return


def describe(state: StateDirectory) -> list[tuple[str, str]]:
    """What runs and how much waits, as (name, value) pairs.

    Raises
    ------
    NoStackError
    """
    stack = state.running()
    processes_of = {"emulator": state.emulator_pid, "front server": state.front_pid}
    sqs: SQSClient = emulator.session().client("sqs", endpoint_url=stack.endpoint)
    return [
        ("URL", stack.url),
        ("AWS endpoint", stack.endpoint),
        *(
            (name, f"process {process.pid}")
            for name, file in processes_of.items()
            if (process := processes.running(file))
        ),
        ("state", str(state.path)),
        ("table", stack.outputs["TableName"]),
        ("messages to score", _depth(sqs, stack.outputs["QueueUrl"])),
        ("dead letters", _depth(sqs, stack.outputs["DlqUrl"])),
    ]


def _depth(sqs: "SQSClient", queue: str) -> str:
    """Messages of a queue, those in work and those delayed included."""
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    return str(sum(int(count) for name, count in attributes.items() if name.startswith("ApproximateNumberOf")))


def _claim_port(state: StateDirectory, noted: Stack | None, port: int) -> None:
    """Refuse a port of somebody else before anything slow starts."""
    ours = noted is not None and noted.port == port and processes.running(state.front_pid) is not None
    if not ours and not emulator.port_is_free(port):
        raise PortTakenError(f"port {port} is taken by another program: choose one with --port")


def _ensure_emulator(state: StateDirectory, noted: Stack | None, report: Report, warn: Report) -> int:
    if noted is not None and processes.running(state.emulator_pid) is not None:
        return noted.emulator_port
    processes.stop(state.emulator_pid)  # one that an interrupted start left, its port unknown
    lost = emulator.unclean_stop(state)
    if lost is not None:
        warn(lost)
    report("Starting the emulator")
    return emulator.start(state, noted.emulator_port if noted else None)


def _deploy(port: int, emulator_port: int, report: Report) -> Stack:
    endpoint = f"http://127.0.0.1:{emulator_port}"
    deployable = package(LOCAL_STAGE, report=report)
    addresses = {"DashboardUrl": f"http://127.0.0.1:{port}", "CognitoEndpoint": endpoint}
    target = Target(LOCAL_STAGE, emulator.session(), endpoint)
    deployed = deploy(target, deployable, addresses, report)
    assert deployed is not None, "nobody was asked for consent"  # noqa: S101  # nosec B101
    emulator.complete(deployed, target.stack_name, _gateway_responses(deployable), endpoint)
    return Stack(port, emulator_port, deployed.outputs)


def _gateway_responses(deployable: Package) -> dict[str, dict[str, object]]:
    template = json.loads(deployable.template.read_text())
    responses: dict[str, dict[str, object]] = template["Resources"]["RestAPI"]["Properties"]["GatewayResponses"]
    return responses


def _ensure_front(state: StateDirectory, noted: Stack | None, stack: Stack, report: Report) -> None:
    if noted != stack or processes.running(state.front_pid) is None:
        processes.stop(state.front_pid)
        stage = stack.outputs["ApiUrl"].rpartition("/")[2]
        upstream = f"{stack.endpoint}/restapis/{stack.outputs['RestAPIId']}/{stage}/_user_request_"
        command = [sys.executable, "-m", "infra.local.front", "--port", str(stack.port), "--upstream", upstream]
        command += ["--dashboard", str(ROOT / "dashboard" / "dist"), "--state-dir", str(state.path)]
        state.front_log.unlink(missing_ok=True)
        processes.start(command, {"PYTHONUNBUFFERED": "1"}, state.front_log, state.front_pid, ROOT)
    report("Waiting for the API")
    _wait_until_healthy(state, stack)


def _wait_until_healthy(state: StateDirectory, stack: Stack) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    problem = ""
    while time.monotonic() < deadline:
        for name, pid_file, log in (
            ("front server", state.front_pid, state.front_log),
            ("emulator", state.emulator_pid, state.emulator_log),
        ):
            if processes.running(pid_file) is None:
                raise ProcessDiedError(f"the {name} has ended; {log} says why")
        try:
            with urllib.request.urlopen(f"{stack.url}/v1/healthz", timeout=_READY_SECONDS):  # noqa: S310  # nosec B310
                return
        except urllib.error.HTTPError as error:
            problem = f"it answered {error.code}"
            time.sleep(0.5)
        except (TimeoutError, urllib.error.URLError):
            time.sleep(0.05)
    raise ProcessDiedError(f"the API did not become healthy ({problem or 'no answer'}); see {state.emulator_log}")


def _stop(state: StateDirectory) -> bool:
    front = processes.stop(state.front_pid)
    emulated = processes.stop(state.emulator_pid)
    shutil.rmtree(state.scratch, ignore_errors=True)  # the functions as they were unpacked
    return emulated or front
