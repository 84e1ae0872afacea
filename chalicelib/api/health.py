"""Liveness."""

from chalice.app import Blueprint

blueprint = Blueprint(__name__)


@blueprint.route("/v1/healthz", methods=["GET"])
def healthz() -> dict[str, str]:
    return {"status": "ok"}
