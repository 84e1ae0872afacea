"""Finds what a crash left behind."""

from chalice.app import Blueprint, CloudWatchEvent

blueprint = Blueprint(__name__)


@blueprint.schedule("rate(15 minutes)", name="sweep")
def sweep(event: CloudWatchEvent) -> None:
    del event
