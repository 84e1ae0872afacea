"""What a deployment would change, as CloudFormation computes it, and what it must never change."""

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from infra.deployment.errors import DeploymentError
from infra.deployment.target import APPLICATION, Target

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import (
        ParameterTypeDef,
        ResourceChangeTypeDef,
        RollbackConfigurationTypeDef,
    )

KEPT_FOR_EVER = {"AWS::DynamoDB::Table": "table", "AWS::Cognito::UserPool": "user pool"}
"""Types of resources that hold what cannot be made again: all data, all users."""

_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
_REPLACED = {"True": "replace", "Conditional": "perhaps replace"}
_ORDER = ("remove", "replace", "perhaps replace", "add", "modify")


class Change(NamedTuple):
    """``action``: remove, replace, perhaps replace, add, modify or another of CloudFormation's, in small letters."""

    action: str
    kind: str
    resource: str
    because: tuple[str, ...]
    """Properties or other attributes (tags, policies) that differ."""


class ChangeSet(NamedTuple):
    """A change set that can be executed; ``creates``: it is that of a new stack, named ``stack_id`` for good."""

    id: str
    stack_id: str
    creates: bool
    changes: tuple[Change, ...]


def propose(
    cloudformation: "CloudFormationClient",
    target: Target,
    template_url: str,
    parameters: Sequence["ParameterTypeDef"],
    *,
    creates: bool,
    watch: "RollbackConfigurationTypeDef",
) -> ChangeSet | None:
    """The change set that brings the stack to the template with these parameters; None when there is nothing to do.

    ``watch``: alarms that take its execution back.

    Raises
    ------
    DeploymentError
        When CloudFormation refuses the template, with its reason; no change set stays.
    """
    created = cloudformation.create_change_set(
        StackName=target.stack_name,
        ChangeSetName=f"deploy-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
        ChangeSetType="CREATE" if creates else "UPDATE",
        TemplateURL=template_url,
        Parameters=parameters,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Tags=[{"Key": "application", "Value": APPLICATION}, {"Key": "stage", "Value": target.stage}],
        RollbackConfiguration=watch,
    )
    change_set = ChangeSet(created["Id"], created["StackId"], creates, ())
    try:
        reason = _refusal(cloudformation, change_set, target.poll_seconds)
        if reason is None:
            return change_set._replace(changes=_changes(cloudformation, change_set))
    except BaseException:
        discard(cloudformation, change_set)
        raise
    discard(cloudformation, change_set)
    if any(text in reason for text in _NO_CHANGES):
        return None
    raise DeploymentError(f"CloudFormation refuses the template: {reason}")


def discard(cloudformation: "CloudFormationClient", change_set: ChangeSet) -> None:
    """Remove a change set that is not executed, and the empty stack that came into being with it."""
    cloudformation.delete_change_set(ChangeSetName=change_set.id)
    if change_set.creates:
        cloudformation.delete_stack(StackName=change_set.stack_id)


def check_kept(changes: Sequence[Change]) -> None:
    """Raises DeploymentError when the table or the user pool would be replaced or removed, for certain or perhaps."""
    lost = [each for each in changes if each.kind in KEPT_FOR_EVER and each.action in _ORDER[:3]]
    if lost:
        named = "; ".join(
            f"{each.action} the {KEPT_FOR_EVER[each.kind]} {each.resource}"
            + (f" because of {', '.join(each.because)}" if each.because else "")
            for each in lost
        )
        raise DeploymentError(
            f"refused, nothing was changed: this would {named}, and what it holds would be left behind; take that "
            "change back, or move the data first (docs/runbook.md, Deploying)"
        )


def lines(changes: Sequence[Change]) -> list[str]:
    """The changes for people: one line a resource, what is lost first, and a sum."""
    rank = {action: place for place, action in enumerate(_ORDER)}
    ordered = sorted(changes, key=lambda each: (rank.get(each.action, len(rank)), each.kind, each.resource))
    width = max((len(each.action) for each in ordered), default=0)
    resource = max((len(each.resource) for each in ordered), default=0)
    told = [
        f"{each.action:<{width}}  {each.resource:<{resource}}  {each.kind}"
        + (f"  ({', '.join(each.because)})" if each.because else "")
        for each in ordered
    ]
    actions = list(dict.fromkeys(each.action for each in ordered))
    counts = [f"{sum(each.action == action for each in ordered)} to {action}" for action in actions]
    return [*told, ", ".join(counts)]


def _refusal(cloudformation: "CloudFormationClient", change_set: ChangeSet, poll_seconds: float) -> str | None:
    """Why the change set failed, None when it can be executed."""
    while True:
        told = cloudformation.describe_change_set(ChangeSetName=change_set.id)
        if told["Status"] == "CREATE_COMPLETE":
            return None
        if told["Status"] == "FAILED":
            return told.get("StatusReason", "no reason given")
        time.sleep(poll_seconds)


def _changes(cloudformation: "CloudFormationClient", change_set: ChangeSet) -> tuple[Change, ...]:
    pages = cloudformation.get_paginator("describe_change_set").paginate(ChangeSetName=change_set.id)
    return tuple(_change(each["ResourceChange"]) for page in pages for each in page["Changes"])


def _change(told: "ResourceChangeTypeDef") -> Change:
    action = _REPLACED.get(told.get("Replacement", "False"), told["Action"].lower())
    targets = [detail.get("Target", {}) for detail in told.get("Details", [])]
    because = {target.get("Name") or target.get("Attribute", "") for target in targets} - {""}
    return Change(
        told["Action"].lower() if told["Action"] == "Remove" else action,
        told["ResourceType"],
        told["LogicalResourceId"],
        tuple(sorted(because)),
    )
