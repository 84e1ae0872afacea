"""Redrive and replay on the local stack, as the runbook tells them."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from infra.deployment.packaging import ROOT
from tests.e2e.conftest import LocalStack
from tests.e2e.test_pipeline import Tenant, held_queue, queued, trigger, until, wait_until_idle

DAY = date(2026, 3, 1)


def operate(stack: LocalStack, *arguments: str) -> str:
    """An operator's command on the local stack; what it printed."""
    command = [sys.executable, "-m", "infra.local", "operate", "--state-dir", str(stack.state_dir), *arguments]
    run = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def items(stack: LocalStack, tenant: str) -> dict[str, Any]:
    """A tenant's snapshots, runs and alerts, by sort key; when they expire depends on when they were written."""
    pages = stack.aws("dynamodb").get_paginator("scan").paginate(TableName=stack.outputs["TableName"])
    kinds = ("SNAP#", "RUN#", "ALERT#")
    found = (item for page in pages for item in page["Items"] if item["pk"]["S"].startswith(f"T#{tenant}"))
    return {item["sk"]["S"]: item | {"expires": None} for item in found if item["sk"]["S"].startswith(kinds)}


@pytest.fixture
def tenant(stack: LocalStack, new_tenant: Callable[..., str], tmp_path: Path) -> str:
    made = new_tenant()
    (tmp_path / "clients.csv").write_text("client_id,name,status\nc1,One,ACTIVE\nc2,Two,ACTIVE\n")
    stack.cli("import", "--tenant", made, str(tmp_path))
    wait_until_idle(stack)
    return made


def test_a_night_that_ended_among_the_dead_letters_completes_after_a_redrive(stack: LocalStack, tenant: str) -> None:
    sqs, url = stack.aws("sqs"), stack.outputs["QueueUrl"]
    with held_queue(stack) as work:
        trigger(Tenant(stack, tenant, [], [], ""), DAY)
        for _ in range(5):  # a worker that fails five times
            assert sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"]
        until("it is a dead letter", lambda: not sqs.receive_message(QueueUrl=url).get("Messages"))
        work()
        assert queued(stack, "DlqUrl") == 1
        assert "1 dead letters\n1 × tenant_id " + tenant in operate(stack, "redrive", "--dry-run")
        assert queued(stack, "DlqUrl") == 1
        assert items(stack, tenant)[f"RUN#{DAY}"]["complete"] == {"BOOL": False}
        assert operate(stack, "redrive") == "1 dead letters\n1 moved\n0 dead letters left\n"
        until("the run is complete", lambda: items(stack, tenant)[f"RUN#{DAY}"]["complete"] == {"BOOL": True})
    assert operate(stack, "redrive") == "0 dead letters\n"
    assert queued(stack, "DlqUrl") == 0


def test_a_page_that_was_deleted_comes_back_by_a_replay(stack: LocalStack, tenant: str) -> None:
    arguments = ("replay", "--date", f"{DAY}", "--tenant", tenant)
    assert f"1 of 1 nights of {DAY} complete" in operate(stack, *arguments)
    whole = items(stack, tenant)
    key = {"pk": {"S": f"T#{tenant}#P#0000"}, "sk": {"S": f"SNAP#{DAY}"}}
    stack.aws("dynamodb").delete_item(TableName=stack.outputs["TableName"], Key=key)
    assert "1 pages without a snapshot" in operate(stack, *arguments, "--dry-run")
    operate(stack, *arguments)
    assert items(stack, tenant) == whole
    assert f"{tenant}: complete" in operate(stack, *arguments)
    assert items(stack, tenant) == whole


def test_a_client_is_forgotten_and_a_tenant_leaves(stack: LocalStack, tenant: str, tmp_path: Path) -> None:
    operate(stack, "replay", "--date", f"{DAY}", "--tenant", tenant)
    token = stack.token(tenant)
    assert stack.call("GET", "/v1/clients/c1", token).json["name"] == "One"
    assert "2 clients exported" in operate(stack, "export", "--tenant", tenant, "--out", str(tmp_path / "out"))
    erase = ("erase", "--tenant", tenant, "--client", "c1")
    assert "items of c1 erased" in operate(stack, *erase, "--confirm", "c1")
    assert "nothing is held of c1" in operate(stack, *erase, "--dry-run")
    assert stack.call("GET", "/v1/clients/c1", token).status == 404
    assert stack.call("GET", "/v1/clients/c2", token).status == 200
    operate(stack, "offboard", "--tenant", tenant, "--confirm", tenant)
    assert items(stack, tenant) == {}
    assert stack.call("GET", "/v1/clients/c2", token).status == 404


def test_the_first_day_checks_pass_as_far_as_an_emulator_can_tell(stack: LocalStack) -> None:
    said = operate(stack, "verify", "--restore", "--wait", "120")
    told = {line[:3].strip(" ."): line for line in said.splitlines()}
    assert [number for number, line in told.items() if ": passed. " in line] == ["1", "5", "6", "8", "9"], said
    assert "5 passed, 0 failed, 5 cannot be told here" in said
    assert "stream" in told["9"]
    assert items(stack, "verification-") == {}
