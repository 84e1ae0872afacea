"""The OpenAPI document as tests use it: its operations, and values held against its schemas."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from openapi_schema_validator import OAS31Validator, oas31_format_checker

from infra.openapi.document import document

DOCUMENT = document()


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def resolved(response: dict[str, Any]) -> dict[str, Any]:
    """A response, also one of the components."""
    reference = response.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = DOCUMENT["components"]["responses"][reference] if reference else response
    return found


def closed(schema: Any) -> Any:
    """A schema of which every described object has the described fields only.

    The document leaves answers open for later fields; today's have none that nobody describes.
    """
    if isinstance(schema, list):
        return list(map(closed, schema))
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(value) for name, value in schema.items()}
    return {"additionalProperties": False, **made} if isinstance(schema.get("properties"), dict) else made


@cache
def _components() -> Any:
    return closed(DOCUMENT["components"])


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    """What of a value does not fit a schema of the document."""
    validator = OAS31Validator({**closed(schema), "components": _components()}, format_checker=oas31_format_checker)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
