"""Keys of connectors."""

from http import HTTPStatus
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.api.auth import KEY_SUBJECT
from chalicelib.api.endpoint import Request, endpoint, json_response
from chalicelib.api.queries import Query
from chalicelib.bootstrap import application
from chalicelib.domain.errors import Fault, InvalidError
from chalicelib.domain.times import format_day, format_instant
from chalicelib.services.ports import ApiKey

blueprint = Blueprint(__name__)


@endpoint(blueprint, "GET", "/settings/api-keys", permission="settings.write")
def api_keys(request: Request) -> dict[str, Any]:
    """The tenant's connector keys, newest first, without their secrets."""
    query = Query(request.query, ("limit", "cursor"))
    limit, cursor, app = query.limit(), query.cursor(), application()
    scope = query.scope(request.tenant, "settings/api-keys")
    keys = app.api_keys.list(request.tenant)
    if cursor is not None:
        created_at, key_id = app.cursors.read(scope, cursor)
        keys = [key for key in keys if (-key.created_at, key.id) > (-created_at, key_id)]
    page = keys[:limit]
    following = [page[-1].created_at, page[-1].id] if len(keys) > limit else None
    return {
        "items": list(map(_document, page)),
        "next_cursor": None if following is None else app.cursors.sign(scope, following),
    }


@endpoint(blueprint, "POST", "/settings/api-keys", permission="settings.write")
def create_api_key(request: Request) -> Response:
    """Makes a key; `key` is its secret credential, shown this once."""
    from chalicelib.api.schemas.settings import ApiKeyBody
    from chalicelib.api.schemas.validation import read_body

    Query(request.query, ())
    body, caller = read_body(ApiKeyBody, request.body()), request.caller
    allowed = caller.permissions - {"tenants.admin"}
    faults = [
        Fault(f"/permissions/{place}", "A key can hold only permissions that you hold, never tenants.admin.")
        for place, permission in enumerate(body.permissions)
        if permission not in allowed
    ]
    if faults:
        raise InvalidError(faults)
    application().tenants.get(caller.tenant)
    maker = caller.subject.removeprefix(KEY_SUBJECT) if caller.subject.startswith(KEY_SUBJECT) else None
    key, credential = application().api_keys.create(caller.tenant, body.name, set(body.permissions), maker)
    return json_response({**_document(key), "key": credential}, HTTPStatus.CREATED)


@endpoint(blueprint, "DELETE", "/settings/api-keys/{key_id}", permission="settings.write")
def revoke_api_key(request: Request, key_id: str) -> Response:
    """Revokes a key and those that it made, within the 60 seconds that the authorizer remembers it."""
    Query(request.query, ())
    application().api_keys.revoke(request.tenant, key_id)
    return Response("", status_code=int(HTTPStatus.NO_CONTENT))


def _document(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "permissions": list(key.permissions),
        "created_at": format_instant(key.created_at),
        "last_used_on": None if key.last_used_on is None else format_day(key.last_used_on),
    }
