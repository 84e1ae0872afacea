"""``python -m infra.deployment``: what it prints, what it asks, and that bad input is one line."""

from collections.abc import Callable, Sequence
from typing import cast

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from infra import dashboard
from infra.deployment import __main__ as command
from infra.deployment import page, preflight
from infra.deployment.changes import Change
from infra.deployment.errors import DeploymentError
from infra.deployment.packaging import Package
from infra.deployment.stack import Consent, Deployed

ADDED = Change("add", "AWS::SQS::Queue", "Queue", ())
REPLACED = Change("replace", "AWS::DynamoDB::Table", "Table", ("KeySchema",))

Run = Callable[..., int]


class World:
    """AWS as the command sees it: what would change, and what it did."""

    def __init__(self) -> None:
        self.changes: tuple[Change, ...] = (ADDED,)
        self.done: list[str] = []
        self.watched = 0

    def preview(self, *_: object) -> tuple[Change, ...]:
        self.done.append("preview")
        return self.changes

    def deploy(self, *arguments: object, watch_minutes: int) -> Deployed | None:
        self.watched = watch_minutes
        consent = cast("Consent", arguments[-1])
        if not consent(self.changes):
            return None
        self.done.append("deploy")
        return Deployed({"ApiUrl": "https://api.example"}, changed=True)

    def publish(self, *_: object) -> None:
        self.done.append("publish")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(command, "check", lambda stage: None)
    monkeypatch.setattr(command, "package", lambda stage, report: cast("Package", None))
    monkeypatch.setattr(preflight, "check_target", lambda target: None)
    monkeypatch.setattr(preflight, "check_concurrency", lambda target, package: None)
    monkeypatch.setattr(dashboard, "build", lambda: True)
    monkeypatch.setattr(command, "preview", world.preview)
    monkeypatch.setattr(command, "deploy", world.deploy)
    monkeypatch.setattr(page, "publish", world.publish)
    return world


def _at_a_terminal(monkeypatch: pytest.MonkeyPatch, answer: str | None) -> None:
    """Somebody who answers; None for a pipeline, which nobody is to ask."""

    def asked(question: str) -> str:
        assert answer is not None, "nobody can answer"
        assert question == "Deploy this to dev? [y/N] "
        return answer

    monkeypatch.setattr("sys.stdin", type("Stdin", (), {"isatty": lambda _: answer is not None})())
    monkeypatch.setattr("builtins.input", asked)


@pytest.mark.parametrize(
    ("answer", "options", "code", "done"),
    [
        ("y", [], 0, ["deploy", "publish"]),
        ("YES ", [], 0, ["deploy", "publish"]),
        ("", [], 1, []),
        ("n", [], 1, []),
        ("n", ["--yes"], 0, ["deploy", "publish"]),
        (None, [], 0, ["deploy", "publish"]),
    ],
)
def test_asks_whoever_can_answer(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: str | None,
    options: Sequence[str],
    code: int,
    done: list[str],
) -> None:
    _at_a_terminal(monkeypatch, answer)
    assert command.main(["--stage", "dev", *options]) == code
    assert world.done == done
    printed = capsys.readouterr().out.splitlines()
    assert printed[:2] == ["add  Queue  AWS::SQS::Queue", "1 to add"]
    assert printed[2:] == (["ApiUrl: https://api.example"] if done else ["nothing was changed"])


def test_a_dry_run_shows_and_does_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--stage", "dev", "--dry-run"]) == 0
    assert world.done == ["preview"]
    assert capsys.readouterr().out.splitlines()[-1] == "dry run: nothing was changed"


def test_a_dry_run_says_when_there_is_nothing_to_do(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.changes = ()
    assert command.main(["--stage", "dev", "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "client-health-dev already is as wanted"


def test_a_dry_run_shows_what_would_be_refused(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.changes = (REPLACED,)
    assert command.main(["--stage", "dev", "--dry-run"]) == 1
    printed = capsys.readouterr()
    assert printed.out.splitlines()[0] == "replace  Table  AWS::DynamoDB::Table  (KeySchema)"
    assert "this would replace the table Table because of KeySchema" in printed.err


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (DeploymentError("client-health-dev is ROLLBACK_COMPLETE: delete it"), "error: client-health-dev is ROLLBACK"),
        (ClientError({"Error": {"Code": "ExpiredToken"}}, "GetCallerIdentity"), "error: AWS does not take"),
        (BotoCoreError(), "error: An unspecified error occurred"),
    ],
)
def test_a_problem_is_one_line_and_nothing_is_begun(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    problem: Exception,
    told: str,
) -> None:
    def fails(_: object) -> None:
        raise problem

    monkeypatch.setattr(preflight, "check_target", fails)
    assert command.main(["--stage", "dev"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(told)
    assert world.done == []


def test_passes_on_how_long_alarms_are_watched(world: World) -> None:
    assert command.main(["--stage", "dev", "--yes", "--watch", "10"]) == 0
    assert world.watched == 10


def test_an_unknown_stage_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--stage", "nowhere"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "error: stage 'nowhere' is not in .chalice/config.json; known: local, dev, prod"


def test_without_the_dashboard_nothing_is_deployed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "build", lambda: False)
    assert command.main(["--stage", "dev", "--yes"]) == 1
    assert world.done == []
