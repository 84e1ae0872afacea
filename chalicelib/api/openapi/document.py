"""The OpenAPI document, from the routes, their permissions and docstrings, the schemas and the operations table."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from chalicelib.api.endpoint import JSON, PREFIX, PUBLIC, ROUTES, Route
from chalicelib.api.errors import TITLES
from chalicelib.api.openapi import problems
from chalicelib.api.openapi.answers.common import Problem as ProblemAnswer
from chalicelib.api.openapi.fields import FIELDS
from chalicelib.api.openapi.operations.table import OPERATIONS
from chalicelib.api.openapi.parameters import PATH_PARAMETERS, RETRY_AFTER, WWW_AUTHENTICATE
from chalicelib.api.openapi.parts import Answer, Examples, Header, Operation, Parameter, Problem

Document = dict[str, Any]

VERSION: Final = "1"
PROBLEM_JSON: Final = "application/problem+json"
REQUEST_ID: Final = "1e4f3a2c-7f0e-4c58-9d7b-0f3a6b2d9c11"

DESCRIPTION: Final = """\
Tells account managers which clients are about to leave. Two models score every client side by side: `deduction`
("Client Health", 100 less the points of warning signs) and `weighted` ("Health Score", nine weighted signals). Higher
is always healthier.

**Access.** Send `Authorization: Bearer <token>` with an OIDC ID token of the platform's issuer, or with the API key of
a connector (`hk_…`). The tenant is the credential's; it is never named in a request. Another tenant's id and an unknown
id give the same 404. Each operation names the permission that it needs (`x-permission`).

**Formats.** JSON in snake_case; instants are RFC 3339 in UTC with `Z`, dates `YYYY-MM-DD`, money `{currency, amount}`
with a decimal number as text. Clients ignore fields that they do not know: new ones may join.

HEAD is answered as GET is, without the body. Bodies are UTF-8.

**Errors** are `application/problem+json` (RFC 9457) with a `request_id`; a 422 lists every fault of the body with a
JSON pointer. Unknown fields, unknown query parameters and a parameter sent twice are faults (but for the filters
`status`, `band`, `industry` and `account_manager_id`, which take any of several values). After a 429 or a 503 wait for
`Retry-After` seconds; repeating such a request is safe.

**Lists** take `limit` and `cursor`; `next_cursor` is null at the end. A cursor is bound to the tenant, the route and
all other parameters, and expires after 15 minutes. A row whose sort key did not change between two pages is neither
skipped nor repeated.

**Edits of settings** need the `ETag` of what was read in `If-Match`: 428 without it, 412 when somebody edited since.
"""

TAGS: Final = {
    "Analytics": "The fleet as a whole.",
    "Clients": "One client, or the list of them.",
    "Alerts": "Falls of clients, and what is to be done about them.",
    "Settings": "How clients are scored, with previews and every earlier version.",
    "Records": "What the scores are computed from.",
    "Account managers": "Who gets the alerts of which clients.",
    "API keys": "Credentials of connectors.",
    "Tenants": "Bringing a tenant to life.",
    "Service": "Liveness, and this document.",
}

SECURITY: Final = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT or API key",
        "description": "An OIDC ID token with the claims `custom:tenant_id` and `cognito:groups` (the permissions), "
        "signed with RS256 or ES256; or an API key made with `POST /v1/settings/api-keys`.",
    }
}


class _Schemas(GenerateJsonSchema):
    """Names of fields need no titles that repeat them."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


@cache
def document() -> Document:
    """The document of all routes declared so far. Raises KeyError for a route without an operation."""
    routes = sorted(ROUTES, key=lambda route: (route.path, route.method))
    schemas = _schemas(OPERATIONS.values())
    paths: dict[str, Document] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas.references)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Client Health", "version": VERSION, "description": DESCRIPTION},
        "servers": [{"url": "/", "description": "Where this document is served."}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "responses": {
                _component(problem): _problem_response([problem])
                for problem in (*problems.CREDENTIALS, *problems.EVERYWHERE)
            },
            "securitySchemes": SECURITY,
        },
    }


class _Components:
    """The schemas of all models, and how to refer to each."""

    def __init__(self, references: Mapping[Any, Document], components: Document) -> None:
        self.references, self.components = references, components


def _schemas(operations: Iterable[Operation]) -> _Components:
    models: dict[Any, None] = {ProblemAnswer: None}
    for operation in operations:
        models |= {answer.model: None for answer in operation.answers if answer.model is not None}
        if operation.body is not None:
            models[operation.body.model] = None
    found, definitions = models_json_schema(
        [(model, "validation") for model in models],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Schemas,
    )
    components = dict(sorted(definitions["$defs"].items()))
    for name, component in components.items():
        component.pop("title", None)
        for field, text in FIELDS.get(name, {}).items():
            component["properties"][field].setdefault("description", text)
    return _Components({model: reference for (model, _), reference in found.items()}, components)


def _operation(route: Route, references: Mapping[Any, Document]) -> Document:
    operation = OPERATIONS[route.method, route.path.removeprefix(PREFIX)]
    summary, _, text = (route.view.__doc__ or "").strip().partition("\n")
    described = [re.sub(r"\s+", " ", text).strip(), operation.details, _permission_text(route)]
    document: Document = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": summary.removesuffix("."),
        "description": "\n\n".join(filter(None, described)),
        "security": [] if route.permission == PUBLIC else [{"bearer": []}],
    }
    if route.permission != PUBLIC:
        document["x-permission"] = route.permission
    path = [PATH_PARAMETERS[name] for name in re.findall(r"{(\w+)}", route.path)]
    if path or operation.parameters:
        document["parameters"] = [_parameter(parameter) for parameter in (*path, *operation.parameters)]
    if operation.body is not None:
        content = _content(references[operation.body.model], operation.body.examples)
        document["requestBody"] = {"required": True, "content": {JSON: content}}
    document["responses"] = _responses(route, operation, references)
    return document


def _permission_text(route: Route) -> str:
    if route.permission == PUBLIC:
        return "Public: no credential is needed."
    return f"Needs the permission `{route.permission}`."


def _parameter(parameter: Parameter) -> Document:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "description": parameter.description,
        "schema": dict(parameter.schema),
        "example": parameter.example,
    }


def _responses(route: Route, operation: Operation, references: Mapping[Any, Document]) -> Document:
    responses: Document = {str(int(answer.status)): _answer(answer, references) for answer in operation.answers}
    by_status: dict[int, list[Problem]] = {}
    for problem in operation.problems:
        by_status.setdefault(int(problem.status), []).append(problem)
    for status, found in by_status.items():
        responses[str(status)] = _problem_response(found)
    for problem in (*(() if route.permission == PUBLIC else problems.CREDENTIALS), *problems.EVERYWHERE):
        responses[str(int(problem.status))] = {"$ref": f"#/components/responses/{_component(problem)}"}
    return dict(sorted(responses.items()))


def _answer(answer: Answer, references: Mapping[Any, Document]) -> Document:
    document: Document = {"description": answer.description}
    if answer.headers:
        document["headers"] = _headers(answer.headers)
    if answer.model is not None:
        document["content"] = {JSON: _content(references[answer.model], answer.examples)}
    return document


def _content(schema: Document, examples: Examples) -> Document:
    return {"schema": schema, "examples": {name: {"value": value} for name, value in examples.items()}}


def _headers(headers: Iterable[Header]) -> Document:
    return {
        header.name: {
            "description": header.description,
            "required": header.required,
            "schema": dict(header.schema),
        }
        for header in headers
    }


def _component(problem: Problem) -> str:
    return re.sub(r"\W", "", TITLES[problem.status])


_PROBLEM_HEADERS: Final[Mapping[int, tuple[Header, ...]]] = {
    401: (WWW_AUTHENTICATE,),
    429: (RETRY_AFTER,),
    503: (RETRY_AFTER,),
}


def _problem_response(found: list[Problem]) -> Document:
    """The response for problems of one status."""
    status = found[0].status
    document: Document = {"description": f"{TITLES[status]}."}
    if int(status) in _PROBLEM_HEADERS:
        document["headers"] = _headers(_PROBLEM_HEADERS[int(status)])
    examples = {problem.name: _problem(problem) for problem in found}
    document["content"] = {PROBLEM_JSON: _content({"$ref": "#/components/schemas/Problem"}, examples)}
    return document


def _problem(problem: Problem) -> Document:
    document: Document = {
        "type": "about:blank",
        "title": TITLES[problem.status],
        "status": int(problem.status),
        "detail": problem.detail,
        "request_id": REQUEST_ID,
    }
    if problem.errors:
        document["errors"] = [{"pointer": pointer, "message": message} for pointer, message in problem.errors]
    return document
