"""A package becomes a running stack, on AWS and on the emulator alike: change set, consent, upload, wait, outputs."""

import base64
import json
import secrets
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from infra.deployment import changes
from infra.deployment.bucket import PackageBucket
from infra.deployment.changes import Change, ChangeSet
from infra.deployment.errors import DeploymentError, TooEarlyError
from infra.deployment.packaging import ROOT, Package
from infra.deployment.target import Target

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import (
        ParameterTypeDef,
        RollbackConfigurationTypeDef,
        RollbackTriggerTypeDef,
        StackEventTypeDef,
        StackTypeDef,
    )
    from mypy_boto3_ssm import SSMClient

DASHBOARD_URL: Final = "DashboardUrl"  # a parameter, and the output it comes from
PROTECTED: Final = "Protected"

_DEPLOYABLE: Final = {
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
}
_MOST_TRIGGERS: Final = 5  # CloudFormation's own limit
_EMPTY: Final = "REVIEW_IN_PROGRESS"  # a stack of which only a change set was ever made
_FAILED_FIRST: Final = "its first deployment failed; run `aws cloudformation delete-stack --stack-name {stack}`"
_ADVICE: Final = {
    "CREATE_FAILED": _FAILED_FIRST,
    "ROLLBACK_COMPLETE": _FAILED_FIRST,
    "ROLLBACK_FAILED": _FAILED_FIRST,
    "DELETE_FAILED": "see in its events what holds it, then run `aws cloudformation delete-stack --stack-name {stack}`",
    "UPDATE_FAILED": "it stopped half-way; run `aws cloudformation rollback-stack --stack-name {stack}`",
    "UPDATE_ROLLBACK_FAILED": "see in its events what could not be taken back, mend it, then run "
    "`aws cloudformation continue-update-rollback --stack-name {stack}`",
    "IMPORT_ROLLBACK_FAILED": "see in its events what could not be taken back, then import again",
}

# IAM tells every region of a new role within seconds, not at once; until then other services refuse it in these words.
_NOT_YET: Final = (
    "cannot be assumed",
    "does not have required permissions",
    "does not have permissions to call",
    "ensure the role can perform",
    "Invalid principal in policy",
    "is not authorized to perform: sts:AssumeRole",
)

_STACK_POLICY: Final = {
    "Statement": [
        {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": ["Update:Replace", "Update:Delete"],
            "Principal": "*",
            "Resource": "*",
            "Condition": {"StringEquals": {"ResourceType": sorted(changes.KEPT_FOR_EVER)}},
        },
    ]
}

Report = Callable[[str], None]
Consent = Callable[[Sequence[Change]], bool]


@dataclass(frozen=True)
class Deployed:
    """What a deployment left: the stack's ``outputs`` by name, and whether anything was ``changed`` for it."""

    outputs: dict[str, str]
    changed: bool


def preview(target: Target, package: Package, overrides: Mapping[str, str], report: Report) -> tuple[Change, ...]:
    """What `deploy` would change in its first round; nothing is executed, and the change set is gone again.

    The template is uploaded for it, since CloudFormation reads it from there.

    Raises
    ------
    DeploymentError
        When the stack is in a state that cannot be deployed to.
    """
    rounds = _Rounds(target, package, overrides, report)
    change_set = rounds.propose()
    if change_set is None:
        return ()
    changes.discard(rounds.cloudformation, change_set)
    return change_set.changes


def deploy(
    target: Target,
    package: Package,
    overrides: Mapping[str, str],
    report: Report,
    consent: Consent = lambda _: True,
    *,
    watch_minutes: int = 0,
) -> Deployed | None:
    """Bring the stack of ``target`` to ``package``; a stack that already is as wanted is left alone.

    ``overrides`` are template parameters on top of ``infra/parameters/<stage>.toml``. ``consent`` is shown what would
    change, before anything is; when it says no, nothing stays of the attempt and None is returned.

    A first deployment has a second round. What neither names is known or wanted only then: the address of the dashboard
    (the distribution's own) for sign-in and alerts, and the protection of what holds data, so that a first round that
    fails leaves nothing behind. A round that fails because IAM has not made a new role known yet is repeated once.

    ``watch_minutes``: so long after an update CloudFormation takes it back when a function's errors alarm rings.

    Raises
    ------
    DeploymentError
        With the events of what failed; the stack is then as it was before. Nothing is touched when the stack is in a
        state that cannot be deployed to, or when the table or the user pool would be replaced or removed.
    """
    rounds = _Rounds(target=target, package=package, overrides=overrides, report=report, watch_minutes=watch_minutes)
    changed, consented, may_repeat = False, False, True
    while not (changed and rounds.settled()):
        change_set = rounds.propose()
        if change_set is None:
            break
        try:
            changes.check_kept(change_set.changes)
            consented = consented or consent(change_set.changes)
            if not consented:
                changes.discard(rounds.cloudformation, change_set)
                return None
            rounds.prepare()
            newest = next(_events(rounds.cloudformation, change_set.stack_id), None)
            _execute(rounds.cloudformation, change_set)
        except BaseException:
            changes.discard(rounds.cloudformation, change_set)
            raise
        try:
            _wait(rounds.cloudformation, target, change_set, newest["EventId"] if newest else None, report)
            changed = True
        except TooEarlyError:
            if not may_repeat:
                raise
            may_repeat = False
        rounds.look()
    if _parameters(rounds.stack).get(PROTECTED) == "true":
        _protect(rounds.cloudformation, target.stack_name)
    return Deployed(outputs_of(rounds.stack), changed)


class _Rounds:
    """The stack as it is and as it is wanted; each round brings it nearer."""

    def __init__(
        self,
        target: Target,
        package: Package,
        overrides: Mapping[str, str],
        report: Report,
        watch_minutes: int = 0,
    ) -> None:
        self.cloudformation: CloudFormationClient = target.session.client(
            "cloudformation", endpoint_url=target.endpoint, config=target.config
        )
        self.stack = check_deployable(self.cloudformation, target.stack_name)
        self._target = target
        self._report = report
        self._watch_minutes = watch_minutes
        self._named = {
            **stage_parameters(target.stage),
            "Stage": target.stage,
            "SigningKeyParameter": target.signing_key_parameter,
            **overrides,
        }
        report("Uploading the template")
        self._bucket = PackageBucket(target, package)
        self._template_url = self._bucket.put_template()

    def propose(self) -> ChangeSet | None:
        self._report("Comparing with what is deployed")
        return changes.propose(
            self.cloudformation,
            self._target,
            self._template_url,
            _given({**_known_later(self.stack), **self._named}, self.stack),
            creates=not _exists(self.stack),
            watch=_watch(self.cloudformation, self._target, self._watch_minutes if _exists(self.stack) else 0),
        )

    def prepare(self) -> None:
        """What the template refers to and CloudFormation does not make."""
        self._report("Uploading the package")
        self._bucket.put_code()
        _ensure_signing_key(self._target)

    def look(self) -> None:
        self.stack = describe(self.cloudformation, self._target.stack_name)

    def settled(self) -> bool:
        """Whether the stack has what is known by now."""
        wanted = {name: value for name, value in _known_later(self.stack).items() if name not in self._named}
        return wanted.items() <= _parameters(self.stack).items()


def _watch(cloudformation: "CloudFormationClient", target: Target, minutes: int) -> "RollbackConfigurationTypeDef":
    """The alarms on functions' errors that the stack has, as many as CloudFormation takes; none for no minutes."""
    if not minutes:  # said, because what is left out stays as the last deployment had it
        return {"RollbackTriggers": [], "MonitoringTimeInMinutes": 0}
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=target.stack_name)
    names = [
        each["PhysicalResourceId"]
        for page in pages
        for each in page["StackResourceSummaries"]
        if each["ResourceType"] == "AWS::CloudWatch::Alarm" and each["LogicalResourceId"].endswith("ErrorsAlarm")
    ]
    prefix = f"arn:{target.partition}:cloudwatch:{target.region}:{target.account}:alarm:"
    triggers: list[RollbackTriggerTypeDef] = [
        {"Arn": f"{prefix}{name}", "Type": "AWS::CloudWatch::Alarm"} for name in names[:_MOST_TRIGGERS]
    ]
    return {"RollbackTriggers": triggers, "MonitoringTimeInMinutes": minutes}


def _protect(cloudformation: "CloudFormationClient", stack_name: str) -> None:
    """Refuse, in AWS itself, to delete the stack and to replace or delete what holds data."""
    cloudformation.update_termination_protection(StackName=stack_name, EnableTerminationProtection=True)
    cloudformation.set_stack_policy(StackName=stack_name, StackPolicyBody=json.dumps(_STACK_POLICY))


def _execute(cloudformation: "CloudFormationClient", change_set: ChangeSet) -> None:
    """Begin to carry it out. What a first deployment makes goes again if it fails, also what is retained otherwise."""
    token = change_set.id.rpartition("/")[2]  # a repeated request after a lost answer is the same one
    if change_set.creates:
        cloudformation.execute_change_set(
            ChangeSetName=change_set.id, ClientRequestToken=token, RetainExceptOnCreate=True
        )
    else:
        cloudformation.execute_change_set(ChangeSetName=change_set.id, ClientRequestToken=token)


def check_deployable(cloudformation: "CloudFormationClient", stack_name: str) -> "StackTypeDef | None":
    """The stack as it is, None when there is none.

    Raises
    ------
    DeploymentError
        When it is in a state that takes no deployment, with what brings it out of there.
    """
    stack = describe(cloudformation, stack_name)
    status = stack["StackStatus"] if stack else _EMPTY
    if status == _EMPTY or status in _DEPLOYABLE:
        return stack
    if status.endswith("_IN_PROGRESS"):
        raise DeploymentError(f"{stack_name} is {status}: another deployment is under way; wait for it to end")
    advice = _ADVICE.get(status, "see its events").format(stack=stack_name)
    raise DeploymentError(f"{stack_name} is {status}: {advice}, then deploy again")


def stage_parameters(stage: str) -> dict[str, str]:
    """The template parameters that stand in ``infra/parameters/<stage>.toml``."""
    path = ROOT / "infra" / "parameters" / f"{stage}.toml"
    if not path.is_file():
        raise DeploymentError(f"{path.relative_to(ROOT)} is missing: write the template parameters of {stage!r} there")
    parameters = {name: str(value) for name, value in tomllib.loads(path.read_text()).items()}
    if parameters.get(DASHBOARD_URL) and not parameters.get("DashboardCertificate"):
        raise DeploymentError(
            f"{path.relative_to(ROOT)} gives DashboardUrl without DashboardCertificate, so nothing would serve that "
            "address: give the certificate as well (in us-east-1, for its host), or neither, for the distribution's own"
        )
    return parameters


def stack_outputs(cloudformation: "CloudFormationClient", stack_name: str) -> dict[str, str]:
    """Outputs of a stack by name; empty when there is no such stack or its first deployment did not finish."""
    return outputs_of(describe(cloudformation, stack_name))


def outputs_of(stack: "StackTypeDef | None") -> dict[str, str]:
    """Outputs of a stack as it was described; those of an import or a rollback are as good as any."""
    status = stack["StackStatus"] if stack else ""
    if stack is None or not status.endswith("_COMPLETE") or status in {"ROLLBACK_COMPLETE", "DELETE_COMPLETE"}:
        return {}
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def describe(cloudformation: "CloudFormationClient", stack_name: str) -> "StackTypeDef | None":
    """A stack by name or id, None when there is none."""
    try:
        return cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in error.response["Error"].get("Message", ""):
            return None
        raise


def _exists(stack: "StackTypeDef | None") -> bool:
    return stack is not None and stack["StackStatus"] != _EMPTY


def _known_later(stack: "StackTypeDef | None") -> dict[str, str]:
    """Parameters whose values depend on what is deployed already."""
    outputs = outputs_of(stack)
    known = {PROTECTED: "true" if _exists(stack) else "false"}
    return {**known, DASHBOARD_URL: outputs[DASHBOARD_URL]} if DASHBOARD_URL in outputs else known


def _parameters(stack: "StackTypeDef | None") -> dict[str, str]:
    parameters = stack.get("Parameters", []) if stack else []
    return {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in parameters}


def _given(parameters: Mapping[str, str], stack: "StackTypeDef | None") -> list["ParameterTypeDef"]:
    """Parameters as CloudFormation takes them. An address that is not known keeps its value, it does not fall back."""
    given: list[ParameterTypeDef] = [
        {"ParameterKey": name, "ParameterValue": value} for name, value in sorted(parameters.items())
    ]
    if DASHBOARD_URL not in parameters and DASHBOARD_URL in _parameters(stack):
        given.append({"ParameterKey": DASHBOARD_URL, "UsePreviousValue": True})
    return given


def _ensure_signing_key(target: Target) -> None:
    """Create the key that signs list cursors when it is absent: a SecureString, which CloudFormation cannot make."""
    ssm: SSMClient = target.session.client("ssm", endpoint_url=target.endpoint, config=target.config)
    try:
        ssm.get_parameter(Name=target.signing_key_parameter)
    except ssm.exceptions.ParameterNotFound:
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        ssm.put_parameter(Name=target.signing_key_parameter, Type="SecureString", Value=key)


def _wait(
    cloudformation: "CloudFormationClient", target: Target, change_set: ChangeSet, newest: str | None, report: Report
) -> None:
    """Wait until the change set is carried out; its events are those after ``newest``.

    Raises
    ------
    TooEarlyError
        When it failed for nothing but a role that IAM has not made known yet.
    DeploymentError
        When it failed, with the events that say why.
    """
    while True:
        stack = describe(cloudformation, change_set.stack_id)
        status = stack["StackStatus"] if stack else "DELETE_COMPLETE"
        events = list(_events(cloudformation, change_set.stack_id, newest))
        if not status.endswith("_IN_PROGRESS"):
            break
        done = {event["LogicalResourceId"] for event in events if event["ResourceStatus"].endswith("_COMPLETE")}
        report(f"Deploying {target.stack_name}: {len(done)} resources done")
        time.sleep(target.poll_seconds)
    if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        return
    failures = [
        f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason')}"
        for event in reversed(events)  # they come newest first; the first cause is what helps
        if event["ResourceStatus"].endswith("_FAILED")
    ]
    told = [f"the deployment of {target.stack_name} ended {status}:", *failures]
    if change_set.creates:
        report(f"Removing what was made of {target.stack_name}")
        told += _remove(cloudformation, change_set.stack_id, target.poll_seconds)
    kind = TooEarlyError if failures and any(words in failures[0] for words in _NOT_YET) else DeploymentError
    raise kind("\n  ".join(told))


def _remove(cloudformation: "CloudFormationClient", stack_id: str, poll_seconds: float) -> list[str]:
    """Delete a stack whose first deployment failed; what to tell when it cannot be."""
    cloudformation.delete_stack(StackName=stack_id)
    while True:
        stack = describe(cloudformation, stack_id)
        status = stack["StackStatus"] if stack else "DELETE_COMPLETE"
        if status == "DELETE_COMPLETE":
            return []
        if status == "DELETE_FAILED":
            return [f"and what it had made could not be removed; {_ADVICE[status].format(stack=stack_id)}"]
        time.sleep(poll_seconds)


def _events(
    cloudformation: "CloudFormationClient", stack_id: str, newest: str | None = None
) -> Iterator["StackEventTypeDef"]:
    """Events of a stack, newest first, as far as the one that is known already; no page beyond it is asked for."""
    for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id):
        for event in page["StackEvents"]:
            if event["EventId"] == newest:
                return
            yield event
