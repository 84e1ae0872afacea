"""Liveness."""

from chalice.app import Blueprint

from chalicelib.api.endpoint import PUBLIC, Request, endpoint

blueprint = Blueprint(__name__)


@endpoint(blueprint, "GET", "/healthz", permission=PUBLIC)
def health(request: Request) -> dict[str, str]:
    """Tells that the service answers."""
    del request
    return {"status": "ok"}
