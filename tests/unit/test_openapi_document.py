"""The OpenAPI document: whole, valid, committed, and with examples that hold."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from chalicelib.api import schemas, shapes
from chalicelib.api.endpoint import PREFIX, PUBLIC, ROUTES, Route
from chalicelib.api.health import DOCUMENT as SERVED
from chalicelib.api.parameters import PATH as PATH_PARAMETERS
from infra.openapi.components import named
from infra.openapi.document import EVERY_ROUTE, PATH, TAGS, problems, recorded, text
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
                assert media["examples"], f"{where} {kind} has no example: `make openapi` records those of the tests"
                for name, example in media["examples"].items():
                    yield f"{where} {kind} {name}", media["schema"], example["value"]


def test_is_valid() -> None:
    validate(DOCUMENT)


def test_is_the_committed_one() -> None:
    assert PATH.read_text(encoding="utf-8") == text(), "`make openapi` writes it again"


def test_every_answer_says_what_it_means() -> None:
    responses = [resolved(each) for _, _, operation in operations() for each in operation["responses"].values()]
    assert all(each["description"].strip() for each in responses)


def test_the_committed_one_is_served() -> None:
    assert SERVED == PATH


def test_every_route_is_there() -> None:
    described = {(method, path.removeprefix(PREFIX)) for method, path, _ in operations()}
    assert described == ROUTE.keys()
    assert len(ROUTES) == len(ROUTE)


@pytest.mark.parametrize("key", ROUTE, ids=" ".join)
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
    assert {"429", "500", "503", "504"} <= operation["responses"].keys()


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (("GET", "/healthz"), set()),
        (("GET", "/alerts"), {400, 404, 422}),
        (("GET", "/settings/api-keys"), {400}),
        (("POST", "/tenants"), {400, 409, 413, 415, 422}),
        (("PUT", "/settings/workflows"), {400, 404, 412, 413, 415, 422, 428}),
        (("DELETE", "/settings/api-keys/{key_id}"), {400, 404}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_problems_follow_from_the_declaration(key: tuple[str, str], expected: set[int]) -> None:
    assert problems(ROUTE[key]).keys() == expected


def test_names_of_operations_are_unique() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.view.__name__)
def test_a_view_gets_what_its_route_declares(route: Route) -> None:
    """The path's parameters, and the body as the declared schema reads it."""
    given = dict(route.view.__annotations__)
    assert given.pop("return") is None or "None" not in route.view.__annotations__["return"]
    assert given.keys() - {"request", "body"} == set(route.names)
    assert ("body" in given) == bool(route.body)
    if route.body:
        assert given["body"] in {route.model.__name__, route.model.read.__annotations__["return"].__name__}


def test_no_path_parameter_is_left_over() -> None:
    assert {name for route in ROUTES for name in route.names} == PATH_PARAMETERS.keys()


def test_every_tag_and_schema_is_used() -> None:
    assert {tag for _, _, operation in operations() for tag in operation["tags"]} == TAGS.keys()
    written = json.dumps(DOCUMENT)
    unused = {name for name in DOCUMENT["components"]["schemas"] if f'"#/components/schemas/{name}"' not in written}
    assert unused == set()


def test_a_name_is_one_thing() -> None:
    """Or else a component would be named after its module."""
    assert not named(shapes).keys() & named(schemas).keys()
    assert not [name for name in DOCUMENT["components"]["schemas"] if "__" in name]


def test_fields_are_described_by_their_docstrings() -> None:
    described = DOCUMENT["components"]["schemas"]
    assert described["Alert"]["properties"]["sentence"]["description"] == "Why, in one sentence."
    inherited = described["WeightedResult"]["properties"]["velocity"]["description"]
    assert inherited == "Points gained or lost in about 30 days; null without a baseline."
    assert described["TicketRecord"]["properties"]["due_at"]["description"] == "An open ticket is overdue from then on."
    stored, sent = (described[name]["properties"] for name in ("StoredScoringSettings", "ScoringSettingsBody"))
    assert sent["rearm_margin"]["description"] == stored["rearm_margin"]["description"]
    assert sent["weights"]["description"] != stored.get("weights", {}).get("description")


@pytest.mark.parametrize("example", list(examples()), ids=lambda example: example[0])
def test_an_example_fits_its_schema(example: tuple[str, dict[str, Any], Any]) -> None:
    _, schema, value = example
    assert faults(schema, value) == []


def test_every_recorded_example_is_shown() -> None:
    shown: dict[str, dict[str, set[str]]] = {}
    for _, _, operation in operations():
        contents = {"request": operation.get("requestBody", {}), **operation["responses"]}
        shown[operation["operationId"]] = {
            where: set(media["examples"])
            for where, described in contents.items()
            for media in described.get("content", {}).values()
        }
    for name, by_place in recorded().items():
        for where, found in by_place.items():
            assert name == EVERY_ROUTE or found.keys() == shown[name][where]


def test_closing_finds_an_undescribed_field() -> None:
    schema = closed({"anyOf": [{"type": "object", "properties": {"a": {"type": "object"}}}]})
    assert OAS31Validator(schema).is_valid({"a": {"b": 1}})
    assert not OAS31Validator(schema).is_valid({"a": {}, "b": 1})


@pytest.mark.parametrize("route", [route for route in ROUTES if route.body], ids=lambda route: route.view.__name__)
def test_an_example_of_a_body_is_taken(route: Route) -> None:
    for example in recorded()[route.view.__name__]["request"].values():
        read = route.model.read(example)
        assert not getattr(read, "refused", [])


def test_schemas_and_shapes_are_loaded_only_when_asked_for() -> None:
    asked = """
import sys, app
app.health.get_openapi_document(None)
late = ("pydantic", "chalicelib.api.schemas", "chalicelib.api.shapes")
print([name for name in sys.modules if name.startswith(late)])
"""
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "[]\n"
