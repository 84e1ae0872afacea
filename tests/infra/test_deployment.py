"""What a deployment does with CloudFormation's answers. A stand-in gives them: the emulator never refuses."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.deployment import stack
from infra.deployment.errors import DeploymentError


class FakeCloudFormation:
    """Answers as told: ``statuses`` of the stack one after the other, the last for ever."""

    def __init__(self, *statuses: str | None, change_set: Mapping[str, str] | None = None) -> None:
        self.statuses = list(statuses)
        self.change_set = change_set or {"Status": "CREATE_COMPLETE"}
        self.events: list[dict[str, str]] = []
        self.asked: dict[str, Any] = {}
        self.deleted: list[str] = []

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if status is None:
            missing = {"Error": {"Code": "ValidationError", "Message": f"Stack with id {StackName} does not exist"}}
            raise ClientError(cast("Any", missing), "DescribeStacks")
        return {"Stacks": [{"StackStatus": status, "Outputs": [{"OutputKey": "A", "OutputValue": "1"}]}]}

    def create_change_set(self, **asked: Any) -> dict[str, str]:
        self.asked = asked
        return {"Id": "change-1"}

    def describe_change_set(self, ChangeSetName: str) -> Mapping[str, str]:  # noqa: N803
        assert ChangeSetName == "change-1"
        return self.change_set

    def delete_change_set(self, ChangeSetName: str) -> None:  # noqa: N803
        self.deleted.append(ChangeSetName)

    def get_paginator(self, operation: str) -> "FakeCloudFormation":
        assert operation == "describe_stack_events"
        return self

    def paginate(self, StackName: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        assert StackName == "client-health-dev"
        yield {"StackEvents": self.events}


@pytest.fixture
def target() -> stack.Target:
    return stack.Target("dev", boto3.Session(region_name="eu-central-1"), endpoint="http://127.0.0.1:9")


def _change_set(fake: FakeCloudFormation, target: stack.Target) -> str | None:
    return stack._create_change_set(cast("Any", fake), target, "https://x/template.json", {"Stage": "dev"})


@pytest.mark.parametrize(
    ("status", "kind"),
    [(None, "CREATE"), ("REVIEW_IN_PROGRESS", "CREATE"), ("CREATE_COMPLETE", "UPDATE"), ("UPDATE_COMPLETE", "UPDATE")],
)
def test_a_stack_is_created_once_and_then_updated(target: stack.Target, status: str | None, kind: str) -> None:
    fake = FakeCloudFormation(status)
    assert _change_set(fake, target) == "change-1"
    assert fake.asked["ChangeSetType"] == kind
    assert fake.asked["Parameters"] == [{"ParameterKey": "Stage", "ParameterValue": "dev"}]


@pytest.mark.parametrize(
    "reason",
    [
        "The submitted information didn't contain changes. Submit different information.",
        "No updates are to be performed.",
    ],
)
def test_nothing_to_change_is_no_failure_and_leaves_no_change_set(target: stack.Target, reason: str) -> None:
    fake = FakeCloudFormation("UPDATE_COMPLETE", change_set={"Status": "FAILED", "StatusReason": reason})
    assert _change_set(fake, target) is None
    assert fake.deleted == ["change-1"]


def test_a_refused_template_says_why(target: stack.Target) -> None:
    fake = FakeCloudFormation("UPDATE_COMPLETE", change_set={"Status": "FAILED", "StatusReason": "Transform failed: X"})
    with pytest.raises(DeploymentError, match="Transform failed: X"):
        _change_set(fake, target)


@pytest.mark.parametrize(
    ("status", "advice"),
    [("ROLLBACK_COMPLETE", "delete that stack"), ("UPDATE_IN_PROGRESS", "another deployment is under way")],
)
def test_a_stack_that_cannot_be_deployed_to_says_what_to_do(target: stack.Target, status: str, advice: str) -> None:
    with pytest.raises(DeploymentError, match=advice):
        _change_set(FakeCloudFormation(status), target)


def test_a_failed_deployment_tells_its_own_failures_first_cause_first(
    target: stack.Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.deployment.stack.time.sleep", lambda _: None)
    fake = FakeCloudFormation("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE")
    fake.events = [
        _event("4", "Worker", "UPDATE_FAILED", "Resource update cancelled"),
        _event("3", "Queue", "UPDATE_FAILED", "no such key"),
        _event("2", "Table", "UPDATE_COMPLETE"),
        _event("1", "Old", "CREATE_FAILED", "of an earlier deployment"),
    ]
    shown: list[str] = []
    with pytest.raises(DeploymentError) as raised:
        stack._wait_for_stack(cast("Any", fake), target, {"1"}, shown.append)
    assert str(raised.value).splitlines() == [
        "the deployment of client-health-dev ended UPDATE_ROLLBACK_COMPLETE:",
        "  Queue (AWS::X): no such key",
        "  Worker (AWS::X): Resource update cancelled",
    ]
    assert shown == ["Deploying client-health-dev: 1 resources done"]


class _FakeAws(FakeCloudFormation):
    """A stack whose output DashboardUrl appears with its first deployment."""

    def __init__(self, deployed: bool) -> None:
        super().__init__("CREATE_COMPLETE" if deployed else None)
        self.given: list[str | None] = []

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        found = super().describe_stacks(StackName)
        found["Stacks"][0]["Outputs"] = [{"OutputKey": "DashboardUrl", "OutputValue": "https://d1.example"}]
        return found

    def create_change_set(self, **asked: Any) -> dict[str, str]:
        given = {each["ParameterKey"]: each["ParameterValue"] for each in asked["Parameters"]}
        self.given.append(given.get("DashboardUrl"))
        return super().create_change_set(**asked)

    def execute_change_set(self, ChangeSetName: str) -> None:  # noqa: N803
        self.statuses = ["CREATE_COMPLETE"]


@pytest.mark.parametrize(
    ("deployed", "overrides", "given"),
    [
        (False, {}, [None, "https://d1.example"]),
        (True, {}, ["https://d1.example"]),
        (False, {"DashboardUrl": "https://health.example"}, ["https://health.example"]),
    ],
)
def test_sign_in_and_alerts_get_the_address_of_the_dashboard(
    monkeypatch: pytest.MonkeyPatch, deployed: bool, overrides: dict[str, str], given: list[str | None]
) -> None:
    fake = _FakeAws(deployed)
    monkeypatch.setattr(stack, "_upload", lambda *_: "https://x/template.json")
    monkeypatch.setattr(stack, "_ensure_signing_key", lambda _: None)
    session = cast("boto3.Session", type("Session", (), {"client": lambda *_, **__: fake, "region_name": "r"})())
    done = stack.deploy(stack.Target("dev", session), cast("Any", None), overrides, lambda _: None)
    assert fake.given == given
    assert done.outputs["DashboardUrl"] == "https://d1.example"


@pytest.mark.parametrize(("status", "outputs"), [("UPDATE_COMPLETE", {"A": "1"}), ("DELETE_FAILED", {}), (None, {})])
def test_outputs_are_those_of_a_stack_that_stands(status: str | None, outputs: dict[str, str]) -> None:
    assert stack.stack_outputs(cast("Any", FakeCloudFormation(status)), "client-health-dev") == outputs


def test_a_stage_without_parameters_says_where_to_write_them() -> None:
    with pytest.raises(DeploymentError, match=r"infra/parameters/nowhere\.toml is missing"):
        stack.stage_parameters("nowhere")


def _event(name: str, resource: str, status: str, reason: str = "") -> dict[str, str]:
    return {
        "EventId": name,
        "LogicalResourceId": resource,
        "ResourceType": "AWS::X",
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }
