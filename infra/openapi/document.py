"""The OpenAPI document, from the declarations of the routes, their docstrings, and the examples that tests record."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import app  # noqa: F401  declares the routes
from chalicelib.api import shapes
from chalicelib.api.auth import OWN, SCOPED
from chalicelib.api.endpoint import JSON, PUBLIC, ROUTES, Route
from chalicelib.api.errors import TITLES
from chalicelib.api.parameters import MANAGER, Parameter
from chalicelib.api.parameters import PATH as PATH_PARAMETERS
from chalicelib.domain.settings import VERSION_PATTERN
from infra.deployment.packaging import ROOT
from infra.openapi.components import components, named

Document = dict[str, Any]

PATH: Final = ROOT / "docs" / "openapi.json"
EXAMPLES: Final = ROOT / "docs" / "openapi-examples.json"
"""Bodies and answers by operation and status, as tests/functional/test_openapi.py met them."""

VERSION: Final = "1"
PROBLEM_JSON: Final = "application/problem+json"
EVERY_ROUTE: Final = "every route"
"""Whose examples are those of the problems that all routes share."""

REQUEST_ID: Final = "1e4f3a2c-7f0e-4c58-9d7b-0f3a6b2d9c11"
"""Stands for the ids of requests, of which no two are the same."""

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

**Edits of settings** replace a resource whole, and need the `ETag` of what was read in `If-Match`: 428 without it,
412 when somebody edited since. Scoring settings, business hours, workflows and links share one version and one
`ETag`: an edit of any of them makes the ETags read before stale. `version` in the body is ignored, `note` goes into
the list of versions. An edit applies to future calculations only and starts a refresh of the current rows; one that
changes nothing makes no version.
"""

TAGS: Final = {
    "Analytics": "The fleet as a whole.",
    "Clients": "One client, or the list of them.",
    "Alerts": "Falls of clients, and what is to be done about them.",
    "Settings": "How clients are scored, with previews and every earlier version.",
    "Connections": "Other systems that are read every 15 minutes.",
    "Records": "What the scores are computed from.",
    "Imports": "Files of other systems, and the maps by which they become records.",
    "Account managers": "Who gets the alerts of which clients.",
    "API keys": "Credentials of connectors.",
    "Tenants": "Creating a tenant.",
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

COMMON: Final = (429, 500, 503, 504)
"""What every route can fail by; one that needs a credential by these too:"""

CREDENTIALS: Final = (401, 403)

BODY: Final = {
    413: "The body is over 1 MB.",
    415: "The body is not declared as `application/json`.",
    422: "Some values of the body are not valid.",
}
IF_MATCH: Final = {412: "`If-Match` does not name the version in force.", 428: "`If-Match` is missing."}

TEXT: Final = {"type": "string"}
HEADERS: Final = {
    "ETag": {
        "description": "The settings' version, for `If-Match`. The four settings resources share it.",
        "required": True,
        "schema": {"type": "string", "pattern": rf'^"{VERSION_PATTERN}"$'},
    },
    "Retry-After": {
        "description": "Seconds to wait before another try.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {
        "description": "The scheme to authenticate with: `Bearer`.",
        "required": False,
        "schema": TEXT,
    },
}
PROBLEM_HEADERS: Final = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}


def text() -> str:
    """The document as it is committed and served: pretty, the same on every machine."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def recorded() -> dict[str, dict[str, dict[str, Any]]]:
    """The examples: values by operation, by status (or `request`), by what they show."""
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    return found


def document() -> Document:
    """The document of all routes. Raises KeyError for an answer that is no shape."""
    answers = {route.view: _shape(route) for route in ROUTES}
    problem = named(shapes)["Problem"]
    types = [problem, *answers.values(), *(route.model for route in ROUTES if route.body)]
    references, schemas = components(each for each in types if each is not None)
    examples = recorded()
    paths: dict[str, Document] = {}
    for route in sorted(ROUTES, key=lambda route: (route.path, route.method)):
        answer = references.get(id(answers[route.view]))
        body = references[id(route.model)] if route.body else None
        operation = _operation(route, answer, body, examples.get(route.view.__name__, {}))
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Client Health", "version": VERSION, "description": DESCRIPTION},
        "servers": [{"url": "/", "description": "Where this document is served."}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                _component(status): _problem(status, "", {**_of_the_gateway(), **examples.get(EVERY_ROUTE, {})})
                for status in (*CREDENTIALS, *COMMON)
            },
            "securitySchemes": SECURITY,
        },
    }


def _shape(route: Route) -> Any:
    """What a route's answers look like: the last name of the view's return annotation; None for no body."""
    name = re.findall(r"\w+", str(route.view.__annotations__["return"]))[-1]
    return None if name == "None" else named(shapes)[name]


def _operation(route: Route, answer: Document | None, body: Document | None, examples: Mapping[str, Any]) -> Document:
    summary, _, details = (route.view.__doc__ or "").partition("\n")
    permission = (
        "Public: no credential is needed."
        if route.permission == PUBLIC
        else f"Needs the permission `{route.permission}`{_or_own(route.permission)}."
    )
    paragraphs = [" ".join(each.split()) for each in details.split("\n\n")]
    document: Document = {
        "operationId": route.view.__name__,
        "tags": [route.tag],
        "summary": summary.removesuffix("."),
        "description": "\n\n".join(filter(None, [*paragraphs, permission])),
        "security": [] if route.permission == PUBLIC else [{"bearer": []}],
    }
    if route.permission != PUBLIC:
        document["x-permission"] = route.permission
    parameters = [
        *(_parameter(PATH_PARAMETERS[name], "path") for name in route.names),
        *(_parameter(parameter, "query") for parameter in route.query),
        *(_parameter(parameter, "header") for parameter in route.headers),
    ]
    if parameters:
        document["parameters"] = parameters
    if body is not None:
        document["requestBody"] = {"required": True, "content": {JSON: _content(body, examples.get("request", {}))}}
    responses = {
        **{str(status): _problem(status, when, examples) for status, when in problems(route).items()},
        **{str(status): _answer(route, status, answer, examples) for status in route.answers},
        **{
            str(status): {"$ref": f"#/components/responses/{_component(status)}"}
            for status in (*(() if route.permission == PUBLIC else CREDENTIALS), *COMMON)
        },
    }
    document["responses"] = dict(sorted(responses.items()))
    return document


def _or_own(permission: str) -> str:
    return f", or `{permission}{OWN}` for own clients" if permission in SCOPED else ""


def problems(route: Route) -> dict[int, str]:
    """The ways in which a route of its kind fails, and those that it declares, with when that is."""
    if route.permission == PUBLIC:
        return dict(route.problems)
    found = {400: "The query, a header or the body cannot be read."}
    if route.names:
        found[404] = "There is nothing of that id in the tenant."
    elif route.knows_tenant and route.permission != "tenants.admin":
        found[404] = "There is no such tenant."
    if route.body:
        found |= BODY
    if MANAGER in route.query:
        found[422] = f"`{MANAGER.name}=me`, of a credential that names no account manager."
    if any(header.name == "If-Match" for header in route.headers):
        found |= IF_MATCH
    return found | dict(route.problems)


def _parameter(parameter: Parameter[Any], place: str) -> Document:
    schema, text, example = dict(parameter.schema), parameter.description, parameter.example
    if parameter.several:
        schema = {"type": "array", "items": schema, "minItems": 1}
        text = f"{text} Sent more than once: those with any of the values."
    return {
        "name": parameter.name,
        "in": place,
        "required": parameter.required,
        "description": text,
        "schema": schema,
        "example": [example] if parameter.several else example,
    }


def _answer(route: Route, status: int, schema: Document | None, examples: Mapping[str, Any]) -> Document:
    described = route.answers[status] or (_shape(route).__doc__ or "").strip().partition("\n")[0]
    document: Document = {"description": described}
    if route.etag:
        document["headers"] = {"ETag": HEADERS["ETag"]}
    if schema is not None:
        document["content"] = {JSON: _content(schema, examples.get(str(status), {}))}
    return document


def _problem(status: int, when: str, examples: Mapping[str, Any]) -> Document:
    document: Document = {"description": f"{_title(status)}. {when}".strip()}
    if status in PROBLEM_HEADERS:
        name = PROBLEM_HEADERS[status]
        document["headers"] = {name: HEADERS[name]}
    schema = {"$ref": "#/components/schemas/Problem"}
    document["content"] = {PROBLEM_JSON: _content(schema, examples.get(str(status), {}))}
    return document


def _content(schema: Document, examples: Mapping[str, Any]) -> Document:
    return {"schema": schema, "examples": {name: {"value": value} for name, value in examples.items()}}


def _title(status: int) -> str:
    return next(title for each, title in TITLES.items() if each == status)


def _component(status: int) -> str:
    return re.sub(r"\W", "", _title(status))


def _of_the_gateway() -> dict[str, dict[str, Any]]:
    """The problems that the gateway itself answers with, as its templates have them."""
    resources = (ROOT / "infra" / "resources.yaml").read_text(encoding="utf-8")
    found = [json.loads(each) for each in re.findall(r"application/json: '(\{.*\})'", resources)]
    found = [{**each, "request_id": REQUEST_ID} for each in found if "status" in each]
    return {str(each["status"]): {"by_the_gateway": each} for each in found}
