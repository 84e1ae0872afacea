"""What is left when something goes wrong: a restored table, a deployment that was killed."""

import signal
import subprocess
import sys
import time
from typing import Any, Final

from infra.deployment.packaging import ROOT
from infra.operations.leftovers import left_overs
from infra.operations.verification.verdicts import Verdict, failed, passed, untold
from infra.operations.verification.visit import Visit

RESTORED: Final = "-verify-restore"
_DEPLOYMENT_SECONDS: Final = 3600.0


def restored_table(visit: Visit) -> Verdict:
    """The table comes back from point-in-time recovery; what AWS does not restore with it is told."""
    dynamodb, table = visit.client("dynamodb"), visit.site.outputs["TableName"]
    found = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    recovery = found.get("PointInTimeRecoveryDescription", {})
    if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
        return failed("point-in-time recovery is off: deploy the template of this release")
    if not visit.restore:
        return untold("point-in-time recovery is on; a restore takes time and costs money: repeat this with --restore")
    second = f"{table}{RESTORED}"
    _drop(visit, second)  # that of a run which died
    began = time.monotonic()
    try:
        dynamodb.restore_table_to_point_in_time(
            SourceTableName=table, TargetTableName=second, UseLatestRestorableTime=True
        )
        if not visit.until(lambda: _status(dynamodb, second) == "ACTIVE"):
            return untold(f"the restore is not done after {visit.wait:.0f} s: repeat this with a longer --wait")
        lost = _lost_settings(dynamodb, table, second)
        seconds = time.monotonic() - began
        return passed(f"restored in {seconds:.0f} s; to be set by hand on it: {', '.join(lost) or 'nothing'}")
    finally:
        _drop(visit, second)


def _status(dynamodb: Any, table: str) -> str | None:
    try:
        return str(dynamodb.describe_table(TableName=table)["Table"]["TableStatus"])
    except dynamodb.exceptions.ResourceNotFoundException:
        return None


def _lost_settings(dynamodb: Any, table: str, restored: str) -> list[str]:
    """What the table has and the restored one has not."""
    had, has = _settings(dynamodb, table), _settings(dynamodb, restored)
    return [name for name, value in had.items() if has[name] != value]


def _settings(dynamodb: Any, table: str) -> dict[str, Any]:
    described = dynamodb.describe_table(TableName=table)["Table"]
    lives = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    tags = dynamodb.list_tags_of_resource(ResourceArn=described["TableArn"]).get("Tags", [])
    return {
        "stream": described.get("StreamSpecification"),
        "time to live": lives.get("AttributeName"),
        "point-in-time recovery": backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
        "deletion protection": described.get("DeletionProtectionEnabled", False),
        "tags": sorted((tag["Key"], tag["Value"]) for tag in tags if not tag["Key"].startswith("aws:")),
    }


def _drop(visit: Visit, table: str) -> None:
    """Deletes a table of this check, once it may be deleted."""
    dynamodb = visit.client("dynamodb")
    if _status(dynamodb, table) is None:
        return
    if visit.until(lambda: _status(dynamodb, table) in {"ACTIVE", None}) and _status(dynamodb, table):
        dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
        visit.until(lambda: _status(dynamodb, table) == "ACTIVE")
        dynamodb.delete_table(TableName=table)
    else:
        visit.tell(f"table {table} is not deleted yet: the next run does it")


def killed_deployment(visit: Visit) -> Verdict:
    """A deployment that was killed is repeated, and nothing is left over."""
    left = "; ".join(map(str, left_overs(visit.site.target))) or "nothing"
    if visit.emulated or not visit.deploy:
        how = "kill and repeat `python -m infra.local up`" if visit.emulated else "repeat this with --deploy"
        return untold(f"left over by name: {left}. To see a deployment killed half way, {how}")
    command = [sys.executable, "-m", "infra.deployment", "--stage", visit.site.stage]
    killed = _kill_half_way(visit, command)
    if not visit.until(lambda: not _stack_status(visit).endswith("_IN_PROGRESS")):
        return untold(f"the stack is still changing after {visit.wait:.0f} s: repeat this with a longer --wait")
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=_DEPLOYMENT_SECONDS)
    if again.returncode:
        return failed(f"after a killed deployment the next one fails: {again.stderr.strip()[-500:]}")
    if rest := left_overs(visit.site.target):
        return failed(f"left over: {'; '.join(map(str, rest))}")
    return passed(f"a deployment killed {killed} was repeated; nothing is left over")


def _kill_half_way(visit: Visit, command: list[str]) -> str:
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as deployment:
        visit.until(lambda: deployment.poll() is not None or _stack_status(visit).endswith("_IN_PROGRESS"))
        if deployment.poll() is not None:
            return "at its end, as it had nothing to change,"
        deployment.send_signal(signal.SIGKILL)
        deployment.wait()
    return "while the stack changed"


def _stack_status(visit: Visit) -> str:
    stacks = visit.client("cloudformation").describe_stacks(StackName=visit.site.target.stack_name)["Stacks"]
    return str(stacks[0]["StackStatus"])
