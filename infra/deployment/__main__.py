"""``python -m infra.deployment --stage dev``: package and deploy a stage, with the environment's AWS credentials."""

import argparse
import sys
from collections.abc import Sequence

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.status import Status

from infra import dashboard
from infra.deployment import changes, page, preflight
from infra.deployment.changes import Change
from infra.deployment.errors import DeploymentError
from infra.deployment.packaging import Package, check, package
from infra.deployment.stack import Consent, deploy, preview
from infra.deployment.target import Target


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when the stage is as wanted (with --dry-run: could be), 1 otherwise; 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m infra.deployment", description=__doc__)
    parser.add_argument("--stage", required=True, help="a stage of .chalice/config.json: dev, prod")
    parser.add_argument("--endpoint-url", help="an AWS emulator instead of AWS")
    parser.add_argument("--package-only", action="store_true", help="stop after packaging; print where the package is")
    parser.add_argument("--dry-run", action="store_true", help="print what would change, and change nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask; without a terminal nobody is asked anyway")
    parser.add_argument(
        "--watch",
        type=int,
        default=0,
        choices=range(181),
        metavar="MINUTES",
        help="take an update back when a function's errors alarm rings until so long after it",
    )
    options = parser.parse_args(arguments)
    console = Console(stderr=True, soft_wrap=True)
    try:
        check(options.stage)
        with console.status("Packaging") as status:
            if options.package_only:
                print(package(options.stage, report=status.update).template.parent)
                return 0
            return _deploy(options, status)
    except DeploymentError as error:
        reason = str(error)
    except (BotoCoreError, ClientError) as error:
        reason = preflight.explained(error)
    console.print(f"error: {reason}", style="red", markup=False, highlight=False)
    return 1


def _deploy(options: argparse.Namespace, status: Status) -> int:
    target = Target(options.stage, boto3.Session(), options.endpoint_url)
    status.update("Looking at the account")
    preflight.check_target(target)
    deployable = package(options.stage, report=status.update)
    preflight.check_concurrency(target, deployable)
    if options.dry_run:
        return _dry_run(target, deployable, status)
    status.update("Building the dashboard")
    if not dashboard.build():
        raise DeploymentError("nothing is deployed without the dashboard: mend its build, then deploy again")
    deployed = deploy(target, deployable, {}, status.update, _consent(options, status), watch_minutes=options.watch)
    if deployed is None:
        print("nothing was changed")
        return 1
    page.publish(target, deployed.outputs, dashboard.DASHBOARD / "dist", status.update)
    status.stop()
    if not deployed.changed:
        print(f"{target.stack_name} already is as wanted")
    for name, value in sorted(deployed.outputs.items()):
        print(f"{name}: {value}")
    return 0


def _dry_run(target: Target, deployable: Package, status: Status) -> int:
    wanted = preview(target, deployable, {}, status.update)
    status.stop()
    print("\n".join(changes.lines(wanted)) if wanted else f"{target.stack_name} already is as wanted")
    changes.check_kept(wanted)
    print("dry run: nothing was changed")
    return 0


def _consent(options: argparse.Namespace, status: Status) -> Consent:
    """Shows what would change; whoever sits at a terminal is asked, a pipeline has decided by starting."""

    def given(wanted: Sequence[Change]) -> bool:
        status.stop()
        print("\n".join(changes.lines(wanted)), flush=True)
        if not options.yes and sys.stdin.isatty():
            answer = input(f"Deploy this to {options.stage}? [y/N] ")
            if answer.strip().lower() not in {"y", "yes"}:
                return False
        status.start()
        return True

    return given


if __name__ == "__main__":
    sys.exit(main())
