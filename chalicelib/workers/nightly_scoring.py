"""The nightly trigger: fans scoring out to the queue."""

from chalice.app import Blueprint, CloudWatchEvent

blueprint = Blueprint(__name__)


@blueprint.schedule("cron(0 2 * * ? *)", name="nightly_scoring")
def nightly_scoring(event: CloudWatchEvent) -> None:
    del event
