"""The OpenAPI document, served."""

from functools import cache

from chalice.app import Blueprint, Response

from chalicelib.api.endpoint import PUBLIC, Request, endpoint, json_response

blueprint = Blueprint(__name__)


@endpoint(blueprint, "GET", "/openapi.json", permission=PUBLIC)
def openapi(request: Request) -> Response:
    """This document."""
    del request
    return _answer()


@cache
def _answer() -> Response:
    # Only here: making the document loads every schema.
    from chalicelib.api.openapi.document import document

    return json_response(document(), Cache_Control="public, max-age=300")
