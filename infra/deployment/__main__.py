"""``python -m infra.deployment --stage dev``: package and deploy a stage, with the environment's AWS credentials."""

import argparse
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from infra import dashboard
from infra.deployment import page
from infra.deployment.errors import DeploymentError
from infra.deployment.packaging import package
from infra.deployment.stack import Target, deploy


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when the stage is deployed (or, with --package-only, packaged), 1 otherwise; 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m infra.deployment", description=__doc__)
    parser.add_argument("--stage", required=True, help="a stage of .chalice/config.json: dev, prod")
    parser.add_argument("--endpoint-url", help="an AWS emulator instead of AWS")
    parser.add_argument("--package-only", action="store_true", help="stop after packaging; print where the package is")
    options = parser.parse_args(arguments)
    console = Console(stderr=True)
    try:
        with console.status("Packaging") as status:
            deployable = package(options.stage, report=status.update)
            if options.package_only:
                print(deployable.template.parent)
                return 0
            status.update("Building the dashboard")
            if not dashboard.build():
                raise DeploymentError("nothing is deployed without the dashboard: mend its build, then deploy again")
            session = boto3.Session()
            if session.region_name is None:
                raise DeploymentError("no AWS region: set AWS_DEFAULT_REGION, or a region in the AWS profile")
            target = Target(options.stage, session, options.endpoint_url)
            deployed = deploy(target, deployable, {}, status.update)
            page.publish(target, deployed.outputs, dashboard.DASHBOARD / "dist", status.update)
    except (DeploymentError, BotoCoreError, ClientError) as error:
        console.print(f"error: {error}", style="red", markup=False, highlight=False)
        return 1
    for name, value in sorted(deployed.outputs.items()):
        print(f"{name}: {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
