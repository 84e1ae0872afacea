"""What a deployment does with CloudFormation's answers. A stand-in gives them: the emulator hardly ever refuses."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from infra.deployment import changes, preflight, stack
from infra.deployment.changes import Change, ChangeSet
from infra.deployment.errors import DeploymentError, TooEarlyError
from infra.deployment.packaging import Package
from infra.deployment.target import Target

URL = "https://x/template.json"
ADD = {"Action": "Add", "ResourceType": "AWS::SQS::Queue", "LogicalResourceId": "Queue"}


class FakeCloudFormation:
    """Answers as told: ``statuses`` of the stack one after the other, the last for ever.

    Executing a change set gives the stack its parameters and takes the next of ``outcomes``.
    """

    def __init__(
        self,
        *statuses: str | None,
        change_set: Mapping[str, str] | None = None,
        found: Sequence[Mapping[str, Any]] = (ADD,),
        outcomes: Sequence[str] = (),
    ) -> None:
        self.statuses = list(statuses)
        self.change_set = change_set or {"Status": "CREATE_COMPLETE"}
        self.found = found
        self.outcomes = list(outcomes)
        self.events: list[dict[str, str]] = []
        self.event_pages = 0
        self.outputs = {"A": "1"}
        self.parameters: dict[str, str] = {}
        self.asked: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.executed: list[dict[str, Any]] = []

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if status is None:
            missing = {"Error": {"Code": "ValidationError", "Message": f"Stack with id {StackName} does not exist"}}
            raise ClientError(cast("Any", missing), "DescribeStacks")
        outputs = [{"OutputKey": name, "OutputValue": value} for name, value in self.outputs.items()]
        parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in self.parameters.items()]
        return {"Stacks": [{"StackStatus": status, "Outputs": outputs, "Parameters": parameters}]}

    def create_change_set(self, **asked: Any) -> dict[str, str]:
        self.asked.append(asked)
        self.calls.append("create")
        return {"Id": "arn:x:changeSet/deploy-1/u-1", "StackId": "stack-1"}

    def describe_change_set(self, ChangeSetName: str) -> Mapping[str, str]:  # noqa: N803
        return self.change_set

    def delete_change_set(self, ChangeSetName: str) -> None:  # noqa: N803
        self.calls.append("discard")

    def delete_stack(self, StackName: str) -> None:  # noqa: N803
        assert StackName == "stack-1"
        self.calls.append("delete stack")

    def execute_change_set(self, **asked: Any) -> None:
        self.calls.append("execute")
        self.executed.append(asked)
        given = self.asked[-1]["Parameters"]
        self.parameters |= {each["ParameterKey"]: each.get("ParameterValue", "kept") for each in given}
        self.statuses = [self.outcomes.pop(0) if self.outcomes else "UPDATE_COMPLETE"]

    def update_termination_protection(self, **asked: Any) -> None:
        assert asked["EnableTerminationProtection"] is True
        self.calls.append("protect")

    def set_stack_policy(self, **asked: Any) -> None:
        assert json.loads(asked["StackPolicyBody"]) == stack._STACK_POLICY
        self.calls.append("policy")

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "111122223333"}

    def get_paginator(self, operation: str) -> Any:
        return {
            "describe_stack_events": _Events(self),
            "describe_change_set": _Changes(self),
            "list_stack_resources": _Resources(),
        }[operation]


class _Events:
    def __init__(self, fake: FakeCloudFormation) -> None:
        self._fake = fake

    def paginate(self, StackName: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        for event in self._fake.events or [_event("0", "Stack", "REVIEW_IN_PROGRESS")]:
            self._fake.event_pages += 1
            yield {"StackEvents": [event]}


class _Changes:
    def __init__(self, fake: FakeCloudFormation) -> None:
        self._fake = fake

    def paginate(self, ChangeSetName: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        for change in self._fake.found:
            yield {"Changes": [{"ResourceChange": change}]}


class _Resources:
    def paginate(self, StackName: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        for number in range(7):
            alarm = {"ResourceType": "AWS::CloudWatch::Alarm", "PhysicalResourceId": f"alarm-{number}"}
            kind = "ErrorsAlarm" if number else "LateRunsAlarm"
            yield {"StackResourceSummaries": [{**alarm, "LogicalResourceId": f"F{number}{kind}"}]}


class FakeBucket:
    def __init__(self, *_: object) -> None: ...

    def put_template(self) -> str:
        return URL

    def put_code(self) -> None: ...


def _target(fake: object = None, stage: str = "dev") -> Target:
    session = boto3.Session(region_name="eu-central-1")
    session.client = lambda *_, **__: fake  # type: ignore[assignment,method-assign]
    return Target(stage, session, endpoint="http://127.0.0.1:9")


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits, nothing is uploaded."""
    monkeypatch.setattr("infra.deployment.stack.time.sleep", lambda _: None)
    monkeypatch.setattr(stack, "PackageBucket", FakeBucket)
    monkeypatch.setattr(stack, "_ensure_signing_key", lambda _: None)


def _deploy(
    fake: FakeCloudFormation, overrides: Mapping[str, str] | None = None, consent: stack.Consent = lambda _: True
) -> stack.Deployed | None:
    return stack.deploy(_target(fake), cast("Any", None), overrides or {}, lambda _: None, consent)


def _given(asked: Mapping[str, Any], name: str) -> str | bool | None:
    """What a change set says about a parameter: its value, True for the previous one, None for nothing."""
    found = [each for each in asked["Parameters"] if each["ParameterKey"] == name]
    return (found[0].get("ParameterValue") or found[0]["UsePreviousValue"]) if found else None


# ---- change sets ----


def _propose(fake: FakeCloudFormation, *, creates: bool = False) -> ChangeSet | None:
    return changes.propose(cast("Any", fake), _target(), URL, [], creates=creates, watch={})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (None, "CREATE"),
        ("REVIEW_IN_PROGRESS", "CREATE"),
        ("CREATE_COMPLETE", "UPDATE"),
        ("UPDATE_COMPLETE", "UPDATE"),
        ("UPDATE_ROLLBACK_COMPLETE", "UPDATE"),
        ("IMPORT_COMPLETE", "UPDATE"),
    ],
)
def test_a_stack_is_created_once_and_then_updated(status: str | None, kind: str) -> None:
    fake = FakeCloudFormation(status)
    assert _deploy(fake) is not None
    assert fake.asked[0]["ChangeSetType"] == kind
    assert _given(fake.asked[0], "Stage") == "dev"


@pytest.mark.parametrize(
    "reason",
    [
        "The submitted information didn't contain changes. Submit different information.",
        "No updates are to be performed.",
    ],
)
def test_nothing_to_change_is_no_failure_and_leaves_no_change_set(reason: str) -> None:
    fake = FakeCloudFormation("UPDATE_COMPLETE", change_set={"Status": "FAILED", "StatusReason": reason})
    assert _propose(fake) is None
    assert fake.calls == ["create", "discard"]


@pytest.mark.parametrize(("creates", "calls"), [(False, ["discard"]), (True, ["discard", "delete stack"])])
def test_a_refused_template_says_why_and_leaves_nothing(creates: bool, calls: list[str]) -> None:
    fake = FakeCloudFormation(None, change_set={"Status": "FAILED", "StatusReason": "Transform failed: X"})
    with pytest.raises(DeploymentError, match="Transform failed: X"):
        _propose(fake, creates=creates)
    assert fake.calls == ["create", *calls]


def _modify(kind: str, replacement: str, *properties: str) -> dict[str, Any]:
    details = [{"Target": {"Attribute": "Properties", "Name": name}} for name in properties]
    return {
        "Action": "Modify",
        "ResourceType": kind,
        "LogicalResourceId": kind.rpartition("::")[2],
        "Replacement": replacement,
        "Details": [*details, {"Target": {"Attribute": "Tags"}}],
    }


def test_every_change_is_told_in_a_line_what_is_lost_first() -> None:
    found = [
        _modify("AWS::Lambda::Function", "False", "Code", "Code", "Runtime"),
        _modify("AWS::SNS::Topic", "Conditional"),
        ADD,
        _modify("AWS::Events::Rule", "True", "Name"),
        {"Action": "Remove", "ResourceType": "AWS::IAM::Role", "LogicalResourceId": "OldRole"},
    ]
    change_set = _propose(FakeCloudFormation("UPDATE_COMPLETE", found=found))
    assert change_set is not None
    assert changes.lines(change_set.changes) == [
        "remove           OldRole   AWS::IAM::Role",
        "replace          Rule      AWS::Events::Rule  (Name, Tags)",
        "perhaps replace  Topic     AWS::SNS::Topic  (Tags)",
        "add              Queue     AWS::SQS::Queue",
        "modify           Function  AWS::Lambda::Function  (Code, Runtime, Tags)",
        "1 to remove, 1 to replace, 1 to perhaps replace, 1 to add, 1 to modify",
    ]


@pytest.mark.parametrize("kind", ["AWS::DynamoDB::Table", "AWS::Cognito::UserPool"])
@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"Action": "Modify", "Replacement": "True"}, "replace"),
        ({"Action": "Modify", "Replacement": "Conditional"}, "perhaps replace"),
        ({"Action": "Remove"}, "remove"),
    ],
)
def test_what_holds_data_is_never_replaced_or_removed(kind: str, change: dict[str, str], word: str) -> None:
    found = [ADD, {"ResourceType": kind, "LogicalResourceId": "Kept", **change}]
    fake = FakeCloudFormation("UPDATE_COMPLETE", found=found)
    with pytest.raises(DeploymentError, match=rf"nothing was changed: this would {word} the [a-z ]+ Kept"):
        _deploy(fake)
    assert fake.calls == ["create", "discard"]


def test_what_holds_data_may_be_made_and_changed() -> None:
    changes.check_kept(
        [Change(action, kind, "Kept", ()) for kind in changes.KEPT_FOR_EVER for action in ("add", "modify")]
    )


def test_a_preview_executes_nothing() -> None:
    fake = FakeCloudFormation(None)
    assert stack.preview(_target(fake), cast("Any", None), {}, lambda _: None) == (
        Change("add", "AWS::SQS::Queue", "Queue", ()),
    )
    assert fake.calls == ["create", "discard", "delete stack"]


@pytest.mark.parametrize(("status", "calls"), [(None, ["discard", "delete stack"]), ("CREATE_COMPLETE", ["discard"])])
def test_without_consent_nothing_is_changed(status: str | None, calls: list[str]) -> None:
    fake = FakeCloudFormation(status)
    assert _deploy(fake, consent=lambda _: False) is None
    assert fake.calls == ["create", *calls]


def test_an_interrupted_question_leaves_no_change_set() -> None:
    def interrupted(_: object) -> bool:
        raise KeyboardInterrupt

    fake = FakeCloudFormation("CREATE_COMPLETE")
    with pytest.raises(KeyboardInterrupt):
        _deploy(fake, consent=interrupted)
    assert fake.calls == ["create", "discard"]


# ---- states of the stack ----


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("ROLLBACK_COMPLETE", "delete-stack --stack-name client-health-dev`, then deploy again"),
        ("ROLLBACK_FAILED", "delete-stack"),
        ("CREATE_FAILED", "delete-stack"),
        ("DELETE_FAILED", "delete-stack"),
        ("UPDATE_FAILED", "rollback-stack"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name client-health-dev`, then deploy again"),
        ("IMPORT_ROLLBACK_FAILED", "import again"),
        ("UPDATE_IN_PROGRESS", "another deployment is under way"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "another deployment is under way"),
        ("A_STATE_OF_TOMORROW", "see its events"),
    ],
)
def test_a_stack_that_cannot_be_deployed_to_says_what_to_do(status: str, advice: str) -> None:
    fake = FakeCloudFormation(status)
    with pytest.raises(DeploymentError, match=advice) as raised:
        _deploy(fake)
    assert "\n" not in str(raised.value)
    assert fake.calls == []


@pytest.mark.parametrize(
    ("status", "outputs"),
    [
        ("UPDATE_COMPLETE", {"A": "1"}),
        ("IMPORT_COMPLETE", {"A": "1"}),
        ("IMPORT_ROLLBACK_COMPLETE", {"A": "1"}),
        ("UPDATE_ROLLBACK_COMPLETE", {"A": "1"}),
        ("ROLLBACK_COMPLETE", {}),
        ("DELETE_COMPLETE", {}),
        ("DELETE_FAILED", {}),
        ("REVIEW_IN_PROGRESS", {}),
        (None, {}),
    ],
)
def test_outputs_are_those_of_a_stack_that_is_there(status: str | None, outputs: dict[str, str]) -> None:
    assert stack.stack_outputs(cast("Any", FakeCloudFormation(status)), "client-health-dev") == outputs


# ---- rounds ----


class _FakeAws(FakeCloudFormation):
    """A stack whose output DashboardUrl appears with its first deployment."""

    def __init__(self, deployed: bool, **more: Any) -> None:
        super().__init__("CREATE_COMPLETE" if deployed else None, **more)
        self.outputs = {"DashboardUrl": "https://d1.example"}


OWN = "https://d1.example"


@pytest.mark.parametrize(
    ("deployed", "overrides", "addresses", "protected"),
    [
        (False, {}, [None, OWN], ["false", "true"]),
        (True, {}, [OWN], ["true"]),
        (False, {"DashboardUrl": "https://health.example"}, ["https://health.example"] * 2, ["false", "true"]),
        (
            False,
            {"DashboardUrl": "https://health.example", "Protected": "false"},
            ["https://health.example"],
            ["false"],
        ),
    ],
)
def test_what_is_known_after_a_first_round_is_given_in_a_second(
    deployed: bool, overrides: dict[str, str], addresses: list[str | None], protected: list[str]
) -> None:
    fake = _FakeAws(deployed, outcomes=["UPDATE_COMPLETE" if deployed else "CREATE_COMPLETE"])
    done = _deploy(fake, overrides)
    assert done == stack.Deployed({"DashboardUrl": OWN}, changed=True)
    assert [_given(asked, "DashboardUrl") for asked in fake.asked] == addresses
    assert [_given(asked, "Protected") for asked in fake.asked] == protected
    assert ("protect" in fake.calls) == ("policy" in fake.calls) == (protected[-1] == "true")


def test_consent_is_asked_for_once() -> None:
    asked: list[Sequence[Change]] = []

    def consent(wanted: Sequence[Change]) -> bool:
        asked.append(wanted)
        return True

    _deploy(_FakeAws(deployed=False, outcomes=["CREATE_COMPLETE"]), consent=consent)
    assert asked == [(Change("add", "AWS::SQS::Queue", "Queue", ()),)]


def test_an_address_that_no_output_names_keeps_its_value() -> None:
    fake = FakeCloudFormation("IMPORT_COMPLETE")
    fake.parameters = {"DashboardUrl": "https://health.example", "Protected": "true"}
    _deploy(fake)
    assert _given(fake.asked[0], "DashboardUrl") is True
    assert _given(fake.asked[0], "Protected") == "true"


def test_only_what_a_first_deployment_made_goes_when_it_fails() -> None:
    first, later = FakeCloudFormation(None, outcomes=["CREATE_COMPLETE"]), FakeCloudFormation("CREATE_COMPLETE")
    _deploy(first)
    _deploy(later)
    assert [asked.get("RetainExceptOnCreate") for asked in first.executed] == [True, None]
    assert [asked.get("RetainExceptOnCreate") for asked in later.executed] == [None]


@pytest.mark.parametrize(("deployed", "minutes"), [(True, 0), (True, 10), (False, 10)])
def test_alarms_take_an_update_back_when_that_is_asked_for(deployed: bool, minutes: int) -> None:
    fake = FakeCloudFormation("UPDATE_COMPLETE" if deployed else None)
    stack.deploy(_target(fake), cast("Any", None), {}, lambda _: None, watch_minutes=minutes)
    arn = "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:alarm-"
    triggers = [{"Arn": f"{arn}{number}", "Type": "AWS::CloudWatch::Alarm"} for number in range(1, 6)]
    watched = {"RollbackTriggers": triggers, "MonitoringTimeInMinutes": 10}
    unwatched = {"RollbackTriggers": [], "MonitoringTimeInMinutes": 0}
    assert fake.asked[0]["RollbackConfiguration"] == (watched if deployed and minutes else unwatched)


# ---- failures ----


def _fail(fake: FakeCloudFormation, *, creates: bool) -> tuple[DeploymentError, list[str]]:
    shown: list[str] = []
    with pytest.raises(DeploymentError) as raised:
        stack._wait(cast("Any", fake), _target(fake), ChangeSet("c", "stack-1", creates, ()), "1", shown.append)
    return raised.value, shown


def test_a_failed_deployment_tells_its_own_failures_first_cause_first() -> None:
    fake = FakeCloudFormation("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE")
    fake.events = [
        _event("4", "Worker", "UPDATE_FAILED", "Resource update cancelled"),
        _event("3", "Queue", "UPDATE_FAILED", "no such key"),
        _event("2", "Table", "UPDATE_COMPLETE"),
        _event("1", "Old", "CREATE_FAILED", "of an earlier deployment"),
        *[_event(f"0-{number}", "Old", "CREATE_COMPLETE") for number in range(500)],
    ]
    error, shown = _fail(fake, creates=False)
    assert str(error).splitlines() == [
        "the deployment of client-health-dev ended UPDATE_ROLLBACK_COMPLETE:",
        "  Queue (AWS::X): no such key",
        "  Worker (AWS::X): Resource update cancelled",
    ]
    assert not isinstance(error, TooEarlyError)
    assert shown == ["Deploying client-health-dev: 1 resources done"]
    assert fake.event_pages == 2 * 4, "no page beyond the first known event is asked for"
    assert fake.calls == []


def test_a_failed_first_deployment_is_removed() -> None:
    fake = FakeCloudFormation("ROLLBACK_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_COMPLETE")
    fake.events = [_event("2", "Queue", "CREATE_FAILED", "no such key")]
    error, _ = _fail(fake, creates=True)
    assert "ended ROLLBACK_COMPLETE" in str(error)
    assert fake.calls == ["delete stack"]


def test_what_cannot_be_removed_is_told() -> None:
    fake = FakeCloudFormation("ROLLBACK_FAILED", "DELETE_FAILED")
    fake.events = [_event("2", "Queue", "CREATE_FAILED", "no such key")]
    error, _ = _fail(fake, creates=True)
    assert "could not be removed" in str(error)
    assert "delete-stack --stack-name stack-1" in str(error)


TOO_EARLY = [
    "The role defined for the function cannot be assumed by Lambda. (Service: Lambda, Status Code: 400)",
    "The role ARN does not have required permissions configured. Please grant trust permission for API Gateway",
    "Cannot access stream arn:x. Please ensure the role can perform the GetRecords, GetShardIterator actions",
    "The provided execution role does not have permissions to call ReceiveMessage on SQS",
    'Invalid principal in policy: "AWS":"arn:aws:iam::1:role/x"',
]


@pytest.mark.parametrize("reason", TOO_EARLY)
def test_a_role_that_is_not_known_yet_is_tried_once_more(reason: str) -> None:
    fake = _FakeAws(deployed=True, outcomes=["UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE"])
    fake.events = [_event("2", "Worker", "UPDATE_FAILED", reason), _event("1", "Old", "CREATE_COMPLETE")]
    _known_before_the_second(fake)
    done = _deploy(fake)
    assert done is not None
    assert done.changed
    assert fake.calls == ["create", "execute", "create", "execute", "protect", "policy"]


def test_a_role_that_stays_unknown_is_a_failure() -> None:
    fake = _FakeAws(deployed=True, outcomes=["UPDATE_ROLLBACK_COMPLETE"] * 2)
    fake.events = [_event("2", "Worker", "UPDATE_FAILED", TOO_EARLY[0])]
    _known_before_the_second(fake)
    with pytest.raises(DeploymentError, match="cannot be assumed"):
        _deploy(fake)
    assert fake.calls.count("execute") == 2


def _known_before_the_second(fake: FakeCloudFormation) -> None:
    """Events come into being when a change set is executed, not before."""
    failed, fake.events = fake.events, fake.events[1:]
    execute = fake.execute_change_set

    def executing(**asked: Any) -> None:
        execute(**asked)
        fake.events = [{**failed[0], "EventId": f"2-{len(fake.executed)}"}, *fake.events]

    fake.execute_change_set = executing  # type: ignore[method-assign]


def test_a_first_deployment_that_came_too_early_begins_anew() -> None:
    fake = FakeCloudFormation(None, outcomes=["ROLLBACK_COMPLETE", "CREATE_COMPLETE", "UPDATE_COMPLETE"])
    fake.events = [_event("2", "Worker", "CREATE_FAILED", TOO_EARLY[0])]
    _known_before_the_second(fake)
    delete = fake.delete_stack

    def deleting(StackName: str) -> None:  # noqa: N803
        delete(StackName)
        fake.statuses = [None]

    fake.delete_stack = deleting  # type: ignore[method-assign]
    assert _deploy(fake) is not None
    assert [asked["ChangeSetType"] for asked in fake.asked] == ["CREATE", "CREATE", "UPDATE"]
    assert fake.calls.count("delete stack") == 1


def test_a_refused_execution_leaves_no_change_set() -> None:
    fake = FakeCloudFormation("CREATE_COMPLETE")

    def refused(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ExecuteChangeSet")

    fake.execute_change_set = refused  # type: ignore[method-assign]
    with pytest.raises(ClientError):
        _deploy(fake)
    assert fake.calls == ["create", "discard"]


# ---- before anything is done ----


def test_a_stage_without_parameters_says_where_to_write_them() -> None:
    with pytest.raises(DeploymentError, match=r"infra/parameters/nowhere\.toml is missing"):
        stack.stage_parameters("nowhere")


def test_without_a_region_nothing_is_asked() -> None:
    session = cast("boto3.Session", type("Session", (), {"region_name": None})())
    with pytest.raises(DeploymentError, match="set AWS_DEFAULT_REGION"):
        preflight.check_target(Target("dev", session))


class _FakeLambda:
    def __init__(self, most: int) -> None:
        self._most = most

    def get_account_settings(self) -> dict[str, Any]:
        return {"AccountLimit": {"UnreservedConcurrentExecutions": self._most}}

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "111122223333"}


@pytest.mark.parametrize(("most", "enough"), [(10, False), (25, False), (26, True), (1000, True)])
def test_an_account_has_to_run_what_the_stage_may_run_at_a_time(built: Package, most: int, enough: bool) -> None:
    target = _target(_FakeLambda(most), "prod")
    if enough:
        preflight.check_concurrency(target, built)
        return
    with pytest.raises(DeploymentError) as raised:
        preflight.check_concurrency(target, built)
    assert str(raised.value) == (
        f"account 111122223333 runs at most {most} functions at a time in eu-central-1, and prod needs 26 (20 scoring "
        "workers, 6 other functions): ask for more (Service Quotas, Lambda, Concurrent executions), or lower "
        "ScoringWorkers of prod in infra/resources.yaml"
    )


def _client_error(
    code: str, message: str = "User: x is not authorized to perform: cloudformation:CreateChangeSet"
) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "CreateChangeSet")


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (NoCredentialsError(), "no AWS credentials: sign in"),
        (_client_error("ExpiredToken"), r"does not take these credentials \(ExpiredToken\): sign in again"),
        (
            _client_error("AccessDenied"),
            r"CreateChangeSet was refused: User: x is not .* see docs/runbook\.md, Deploying",
        ),
        (_client_error("Throttling", "Rate\nexceeded"), "Rate exceeded"),
    ],
)
def test_what_the_sdk_refuses_is_told_in_one_line(error: Any, advice: str) -> None:
    told = preflight.explained(error)
    assert "\n" not in told
    with pytest.raises(AssertionError, match=advice):
        raise AssertionError(told)


def _event(name: str, resource: str, status: str, reason: str = "") -> dict[str, str]:
    return {
        "EventId": name,
        "LogicalResourceId": resource,
        "ResourceType": "AWS::X",
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


@pytest.mark.parametrize(
    ("names", "taken"), [((), True), (("Url",), False), (("Url", "Certificate"), True)], ids=["none", "half", "both"]
)
def test_an_address_of_ones_own_needs_its_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], taken: bool
) -> None:
    """The other half of the template's rule, which cannot tell such an address from the distribution's."""
    folder = tmp_path / "infra" / "parameters"
    folder.mkdir(parents=True)
    (folder / "dev.toml").write_text("\n".join(f'Dashboard{name} = "given"' for name in names))
    monkeypatch.setattr(stack, "ROOT", tmp_path)
    if taken:
        assert stack.stage_parameters("dev") == {f"Dashboard{name}": "given" for name in names}
    else:
        with pytest.raises(DeploymentError, match=r"infra/parameters/dev\.toml gives DashboardUrl without"):
            stack.stage_parameters("dev")
