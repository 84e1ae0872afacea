"""The OpenAPI document: whole, valid, committed, and with examples that hold."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from chalicelib.api.endpoint import PREFIX, PUBLIC, ROUTES
from chalicelib.api.openapi.document import TAGS
from chalicelib.api.openapi.fields import FIELDS
from chalicelib.api.openapi.operations.table import OPERATIONS
from chalicelib.api.openapi.parameters import PATH_PARAMETERS
from chalicelib.api.schemas.records import read_records
from chalicelib.api.schemas.validation import read_body
from infra.openapi import PATH, text
from tests.openapi import DOCUMENT, closed, faults, operations, resolved

ROUTE = {(route.method, route.path.removeprefix(PREFIX)): route for route in ROUTES}


def examples() -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Every example: where it stands, its schema, its value."""
    for method, path, operation in operations():
        where = f"{method} {path}"
        for parameter in operation.get("parameters", []):
            yield f"{where} {parameter['name']}", parameter["schema"], parameter["example"]
        contents = [("request", operation.get("requestBody", {}).get("content", {}))]
        for status, response in operation["responses"].items():
            contents.append((status, resolved(response).get("content", {})))
        for kind, content in contents:
            for media in content.values():
                for name, example in media["examples"].items():
                    yield f"{where} {kind} {name}", media["schema"], example["value"]


def test_is_valid() -> None:
    validate(DOCUMENT)


def test_is_the_committed_one() -> None:
    assert PATH.read_text(encoding="utf-8") == text(), "python -m infra.openapi writes it anew"


def test_every_route_has_an_operation_and_every_operation_a_route() -> None:
    assert OPERATIONS.keys() == ROUTE.keys()
    assert sum(len(methods) for methods in DOCUMENT["paths"].values()) == len(ROUTES)


@pytest.mark.parametrize("key", OPERATIONS, ids=" ".join)
def test_an_operation_says_what_it_does_and_who_may(key: tuple[str, str]) -> None:
    method, path = key
    operation, permission = DOCUMENT["paths"][PREFIX + path][method.lower()], ROUTE[key].permission
    assert operation["summary"]
    assert set(operation["tags"]) <= TAGS.keys()
    if permission == PUBLIC:
        assert operation["security"] == []
        assert "x-permission" not in operation
    else:
        assert operation["security"] == [{"bearer": []}]
        assert operation["x-permission"] == permission
        assert f"`{permission}`" in operation["description"]
        assert {"401", "403"} <= operation["responses"].keys()
    assert {"429", "500", "504"} <= operation["responses"].keys()


def test_names_of_operations_are_unique() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names)


def test_no_path_parameter_is_left_over() -> None:
    used = {
        parameter["name"]
        for _, _, operation in operations()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "path"
    }
    assert used == PATH_PARAMETERS.keys()


def test_every_tag_and_schema_is_used() -> None:
    assert {tag for _, _, operation in operations() for tag in operation["tags"]} == TAGS.keys()
    written = json.dumps(DOCUMENT)
    unused = {name for name in DOCUMENT["components"]["schemas"] if f'"#/components/schemas/{name}"' not in written}
    assert unused == set()


def test_described_fields_exist() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    unknown = [
        f"{name}.{field}"
        for name, fields in FIELDS.items()
        for field in fields
        if field not in schemas[name]["properties"]
    ]
    assert unknown == []


@pytest.mark.parametrize("example", list(examples()), ids=lambda example: example[0])
def test_an_example_fits_its_schema(example: tuple[str, dict[str, Any], Any]) -> None:
    _, schema, value = example
    assert faults(schema, value) == []


def test_closing_finds_an_undescribed_field() -> None:
    schema = closed({"anyOf": [{"type": "object", "properties": {"a": {"type": "object"}}}]})
    assert OAS31Validator(schema).is_valid({"a": {"b": 1}})
    assert not OAS31Validator(schema).is_valid({"a": {}, "b": 1})


@pytest.mark.parametrize("key", [key for key in OPERATIONS if OPERATIONS[key].body], ids=" ".join)
def test_an_example_of_a_body_is_taken(key: tuple[str, str]) -> None:
    body = OPERATIONS[key].body
    assert body is not None
    for example in body.examples.values():
        sent = json.loads(json.dumps(example))
        if key == ("POST", "/records"):
            valid, refused, _ = read_records(sent)
            assert (len(valid), refused) == (len(sent["records"]), [])
        else:
            assert read_body(body.model, sent)


def test_schemas_are_loaded_only_when_asked_for() -> None:
    asked = "import sys, app; print({'pydantic', 'chalicelib.api.openapi.document'} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "set()\n"
