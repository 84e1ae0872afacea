"""Validating bodies: all faults at once, each with a JSON pointer."""

from collections.abc import Iterable
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from chalicelib.api.errors import malformed
from chalicelib.domain.errors import Fault, InvalidError

Model = TypeVar("Model", bound=BaseModel)

_MESSAGES: Final = {
    "missing": "This field is required.",
    "extra_forbidden": "This field is unknown.",
    "string_type": "Send text.",
    "int_type": "Send a whole number.",
    "bool_type": "Send true or false.",
    "finite_number": "Send a finite number.",
    "model_type": "Send an object.",
    "model_attributes_type": "Send an object.",
}


class Schema(BaseModel):
    """Base of all schemas: unknown fields are faults, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def read_body(model: type[Model], body: Any) -> Model:
    """A body as a model. Raises RequestError (400) for what is no object, InvalidError (422) with all faults."""
    if not isinstance(body, dict):
        raise malformed("The body is a JSON object.")
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise InvalidError(list(faults(error))) from error


def faults(error: ValidationError, skip: int = 0) -> Iterable[Fault]:
    """The faults of a failed validation; `skip` leading parts of a location are not part of the input."""
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        yield Fault(pointer(found["loc"][skip:]), _message(found["type"], found["msg"]))


def pointer(location: Iterable[Any]) -> str:
    """A location as a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)


def _message(kind: str, message: str) -> str:
    return _MESSAGES.get(kind) or f"{message.removeprefix('Value error, ')}".rstrip(".") + "."
