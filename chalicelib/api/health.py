"""Liveness, and what no other answer names."""

from chalice.app import Blueprint
from tzdata import IANA_VERSION

from chalicelib.api.endpoint import PUBLIC, Request, endpoint

blueprint = Blueprint(__name__)


@endpoint(blueprint, "GET", "/healthz", permission=PUBLIC)
def health(request: Request) -> dict[str, str]:
    """Tells that the service answers, and by which edition of the time zones it counts local days."""
    del request
    return {"status": "ok", "time_zones": IANA_VERSION}
