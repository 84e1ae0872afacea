"""Keys of connectors."""

from functools import partial
from typing import TYPE_CHECKING

from chalice.app import Blueprint

from chalicelib.api.auth import KEY_SUBJECT
from chalicelib.api.endpoint import Request, Route
from chalicelib.api.parameters import CURSOR, LIMIT
from chalicelib.bootstrap import application
from chalicelib.domain.ids import RecordId
from chalicelib.domain.times import format_day, format_instant

if TYPE_CHECKING:
    from chalicelib.api.schemas.api_keys import ApiKeyBody
    from chalicelib.api.shapes import api_keys as shapes
    from chalicelib.domain.api_keys import ApiKey

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "API keys", scoped=True)


@endpoint("GET", "/settings/api-keys", permission="settings.write", query=(LIMIT, CURSOR), knows_tenant=False)
def list_api_keys(request: Request) -> "shapes.ApiKeyList":
    """The tenant's connector keys, newest first, without their secrets."""
    limit, cursor, app = request.query[LIMIT], request.query[CURSOR], application()
    scope = request.query.scope(request.tenant, "settings/api-keys")
    keys = app.api_keys.list(request.tenant)
    if cursor is not None:
        created_at, key_id = app.cursors.read(scope, cursor)
        keys = [key for key in keys if (-key.created_at, key.id) > (-created_at, key_id)]
    page = keys[:limit]
    following = [page[-1].created_at, page[-1].id] if len(keys) > limit else None
    return {
        "items": list(map(_key, page)),
        "next_cursor": None if following is None else app.cursors.sign(scope, following),
    }


@endpoint(
    "POST",
    "/settings/api-keys",
    permission="settings.write",
    body="api_keys.ApiKeyBody",
    answers={201: "The key. Keep the credential in `key`: it is shown this once."},
    problems={409: "The caller is a key that may make none, or the tenant has as many keys as it may have."},
)
def create_api_key(request: Request, body: "ApiKeyBody") -> "shapes.CreatedApiKey":
    """Makes a key; `key` is its secret credential, shown this once.

    Send the credential as `Authorization: Bearer <key>`. It is bound to the tenant.
    """
    caller = request.caller
    maker = caller.subject.removeprefix(KEY_SUBJECT) if caller.subject.startswith(KEY_SUBJECT) else None
    key, credential = application().api_keys.create(
        caller.tenant,
        body.name,
        body.permissions,
        grantable=caller.permissions,
        made_by=maker,
        account_manager=None if body.account_manager_id is None else RecordId(body.account_manager_id),
    )
    return {**_key(key), "key": credential}


@endpoint("DELETE", "/settings/api-keys/{key_id}", permission="settings.write", answers={204: "The key is revoked."})
def revoke_api_key(request: Request, key_id: str) -> None:
    """Revokes a key and those that it made, within the 60 seconds that the authorizer remembers it."""
    application().api_keys.revoke(request.tenant, key_id)


def _key(key: "ApiKey") -> "shapes.ApiKey":
    return {
        "id": key.id,
        "name": key.name,
        "permissions": list(key.permissions),
        "account_manager_id": key.account_manager_id,
        "created_at": format_instant(key.created_at),
        "last_used_on": None if key.last_used_on is None else format_day(key.last_used_on),
    }
