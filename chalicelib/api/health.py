"""Liveness, and what no other answer names; the OpenAPI document."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chalice.app import Blueprint, Response

from chalicelib.api.endpoint import JSON, PUBLIC, Request, Route

if TYPE_CHECKING:
    from chalicelib.api.shapes import health as shapes

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Service")

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "openapi.json"
"""In the package it has the same place: `infra/deployment/packaging.py`."""


@endpoint("GET", "/healthz", permission=PUBLIC)
def get_liveness(request: Request) -> "shapes.Liveness":
    """Tells that the service answers, and by which edition of the time zones it counts local days."""
    from tzdata import IANA_VERSION

    del request
    return {"status": "ok", "time_zones": IANA_VERSION}


@endpoint("GET", "/openapi.json", permission=PUBLIC)
def get_openapi_document(request: Request) -> "Response | shapes.OpenApiDocument":
    """This document."""
    del request
    return Response(
        DOCUMENT.read_text(encoding="utf-8"), {"Content-Type": JSON, "Cache-Control": "public, max-age=300"}
    )
