"""Validating bodies: all faults at once, each with a JSON pointer."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from chalicelib.api.errors import malformed
from chalicelib.domain.errors import Fault, InvalidError

Model = TypeVar("Model", bound=BaseModel)

Context = Mapping[str, Any]


def _at_most(what: str) -> Callable[[Context], str]:
    return lambda context: f"Send at most {_counted(next(iter(context.values())), what)}."


def _counted(count: Any, what: str) -> str:
    return f"{count} {what if count == 1 else what + 's'}"


MESSAGES: Final[Mapping[str, str | Callable[[Context], str]]] = {
    "missing": "This field is required.",
    "extra_forbidden": "This field is unknown.",
    "string_type": "Send text.",
    "string_unicode": "Send whole characters: this holds half of one (a lone surrogate).",
    "string_too_short": lambda context: f"Send at least {_counted(context['min_length'], 'character')}.",
    "string_too_long": _at_most("character"),
    "int_type": "Send a whole number.",
    "int_from_float": "Send a whole number.",
    "int_parsing_size": "Send a smaller number.",
    "bool_type": "Send true or false.",
    "none_required": "Send null, or leave the field out.",
    "decimal_type": "Send a number.",
    "decimal_parsing": "Send a number.",
    "decimal_max_digits": _at_most("digit"),
    "decimal_max_places": _at_most("decimal"),
    "decimal_whole_digits": lambda context: (
        f"Send at most {_counted(context['whole_digits'], 'digit')} before the decimal point."
    ),
    "finite_number": "Send a finite number.",
    "greater_than_equal": lambda context: f"Send {context['ge']} or more.",
    "less_than_equal": lambda context: f"Send {context['le']} or less.",
    "literal_error": lambda context: f"Send {_alternatives(context['expected'])}.",
    "list_type": "Send a list.",
    "too_short": lambda context: f"Send at least {_entries(context['min_length'])}.",
    "too_long": lambda context: f"Send at most {_entries(context['max_length'])}.",
    "model_type": "Send an object.",
    "model_attributes_type": "Send an object.",
    "dict_type": "Send an object.",
    "union_tag_invalid": "This value is not known.",
    "union_tag_not_found": "This field is required.",
    "value_error": lambda context: str(context["error"]),
}
"""What to send, by the kind of fault that pydantic finds: its own words speak of code."""

UNFORESEEN: Final = "This value is not valid here."


def _entries(count: int) -> str:
    return f"{count} entry" if count == 1 else f"{count} entries"


def _alternatives(expected: str) -> str:
    """`'A', 'B' or 'C'` as `one of A, B, C`."""
    values = expected.replace("'", "").replace(" or ", ", ")
    return f"one of {values}" if "," in values else values


class Schema(BaseModel):
    """Base of all schemas: unknown fields are faults, nothing is coerced. A field's docstring is what it means."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def read(cls, body: Any) -> Any:
        """What a view gets of a body. Raises as `read_body`."""
        return read_body(cls, body)


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
    for found in error.errors(include_url=False, include_input=False):
        yield Fault(pointer(found["loc"][skip:]), message(found["type"], found.get("ctx", {})))


def pointer(location: Iterable[Any]) -> str:
    """A location as a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)


def message(kind: str, context: Context) -> str:
    """What to send instead, for a kind of fault and what pydantic says about it."""
    told = MESSAGES.get(kind, UNFORESEEN)
    return told if isinstance(told, str) else told(context)
