"""Answers of the service about itself."""

from typing import Any, Literal

from typing_extensions import TypedDict


class Liveness(TypedDict):
    """The service answers."""

    status: Literal["ok"]
    time_zones: str
    """The edition of the IANA time zones by which local days and business hours are counted."""


class OpenApiDocument(TypedDict):
    """This document."""

    openapi: str
    info: dict[str, Any]
    servers: list[Any]
    tags: list[Any]
    paths: dict[str, Any]
    components: dict[str, Any]
