"""schemathesis calls the deployed API as its served OpenAPI document says, rightly and wrongly."""

from http import HTTPStatus
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chalicelib.api.auth import PERMISSIONS
from tests.e2e.conftest import LocalStack
from tests.openapi import faults, operations, resolved

REQUESTS: Final = 5
"""Generated requests per operation and mode. A request takes about 70 ms; all of them are to take under a minute."""

CHECKS: Final[list[CheckFunction]] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]

TENANT: Final = "conformance"

OPERATIONS: Final = [(method, path) for method, path, _ in operations()]
each_operation = pytest.mark.parametrize(("method", "path"), OPERATIONS)


@pytest.fixture(scope="module")
def token(stack: LocalStack) -> str:
    """Somebody who may do everything, in a tenant that has what the document's examples name."""
    stack.cli("tenant", TENANT, "--time-zone", "Europe/Rome", "--currency", "EUR")
    token = stack.token(TENANT, *sorted(PERMISSIONS))
    document = stack.call("GET", "/v1/openapi.json").json
    content = document["paths"]["/v1/records"]["post"]["requestBody"]["content"]["application/json"]
    assert stack.call("POST", "/v1/records", token, content["examples"]["one_of_each_type"]["value"]).status == 200
    return token


@pytest.fixture(scope="module")
def api(stack: LocalStack, token: str) -> schemathesis.BaseSchema:
    """The served document."""
    schema = schemathesis.openapi.from_url(f"{stack.base_url}/v1/openapi.json")
    schema.config.update(base_url=stack.base_url, headers={"Authorization": f"Bearer {token}"}, request_timeout=30)
    schema.config.generation.with_security_parameters = False
    # Of a list with malformed records the good ones are taken: 207.
    schema.config.checks.negative_data_rejection.expected_statuses = ["4xx", "207"]
    return schema


@each_operation
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_whatever_is_sent_the_answer_is_a_described_one(
    api: schemathesis.BaseSchema, method: str, path: str, mode: GenerationMode
) -> None:
    operation = api[path][method]
    parts = (operation.path_parameters, operation.query, operation.headers, operation.body)
    if mode is GenerationMode.NEGATIVE and not any(parts):
        pytest.skip("there is nothing that could be malformed")

    # The same requests on each run: a red build is repeatable.
    @settings(
        max_examples=REQUESTS, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(mode))
    def conforms(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(checks=CHECKS)

    conforms()


@each_operation
def test_the_examples_are_answered_as_described(api: schemathesis.BaseSchema, method: str, path: str) -> None:
    operation = api[path][method]
    described = operation.definition.raw
    examples = {
        place: {each["name"]: each["example"] for each in described.get("parameters", []) if each["in"] == place}
        for place in ("path", "header")
    }
    content = described.get("requestBody", {}).get("content", {}).get("application/json", {})
    bodies = [{"body": example["value"]} for example in content.get("examples", {}).values()]
    for body in bodies or [{}]:
        case = operation.Case(path_parameters=examples["path"], headers=examples["header"], **body)
        case.call_and_validate(checks=CHECKS)


def test_without_a_credential_every_route_that_is_not_public_is_a_401(stack: LocalStack) -> None:
    for method, path, operation in operations():
        parameters = operation.get("parameters", [])
        url = path.format(**{each["name"]: each["example"] for each in parameters if each["in"] == "path"})
        answer = stack.call(method, url)
        if not operation["security"]:
            assert answer.status == HTTPStatus.OK
            continue
        assert answer.status == HTTPStatus.UNAUTHORIZED, (method, path)
        ((media_type, media),) = resolved(operation["responses"]["401"])["content"].items()
        assert answer.headers["content-type"] == media_type
        assert answer.headers["www-authenticate"] == "Bearer"
        assert faults(media["schema"], answer.json) == []
