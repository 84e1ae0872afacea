"""What the OpenAPI document says of an operation, beside what the route itself tells: plain values."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from pydantic import BaseModel

Examples = Mapping[str, Any]
"""Examples by what they show."""


class Parameter(NamedTuple):
    """A parameter of the path, the query or the headers; its schema holds limits and default."""

    name: str
    place: Literal["path", "query", "header"]
    schema: Mapping[str, Any]
    description: str
    example: str | int | list[str]
    required: bool = False


class Header(NamedTuple):
    """A header of an answer."""

    name: str
    schema: Mapping[str, Any]
    description: str
    required: bool = True


class Body(NamedTuple):
    """The body of a request."""

    model: "type[BaseModel]"
    examples: Examples


class Answer(NamedTuple):
    """An answer other than a problem; without a model it has no body."""

    status: HTTPStatus
    description: str
    model: "type[BaseModel] | None" = None
    examples: Examples = MappingProxyType({})
    headers: tuple[Header, ...] = ()


class Problem(NamedTuple):
    """A way in which an operation can fail; `errors` are (pointer, message)."""

    status: HTTPStatus
    name: str
    detail: str
    errors: tuple[tuple[str, str], ...] = ()


class Operation(NamedTuple):
    """What a route takes and answers. Its summary is the view's docstring; `details` go on where that ends."""

    name: str
    tag: str
    answers: tuple[Answer, ...]
    problems: tuple[Problem, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    details: str = ""


Operations = Mapping[tuple[str, str], Operation]
"""Operations by method and path below `/v1`."""
