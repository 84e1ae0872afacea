"""Account managers: who gets the alerts of which clients."""

from collections import Counter
from typing import Any

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, endpoint
from chalicelib.api.paging import page_of_rows
from chalicelib.api.queries import Query
from chalicelib.bootstrap import application
from chalicelib.domain.ids import RecordId
from chalicelib.domain.text import name_key
from chalicelib.services.ports import AccountManager

blueprint = Blueprint(__name__)


@endpoint(blueprint, "GET", "/account-managers", permission="clients.read")
def account_managers(request: Request) -> dict[str, Any]:
    """All account managers by name, with the number of scored clients of each."""
    query = Query(request.query, ("limit", "cursor"))
    app, cursor = application(), query.cursor()
    scope = query.scope(request.tenant, "account-managers")
    managers = app.account_managers.list(request.tenant)
    page, following = page_of_rows(
        managers,
        lambda manager: name_key(manager.name),
        lambda manager: (manager.id,),
        descending=False,
        limit=query.limit(),
        place=None if cursor is None else app.cursors.read(scope, cursor),
    )
    clients = _clients(request)
    return {
        "items": [_document(manager, clients[manager.id]) for manager in page],
        "total": len(managers),
        "next_cursor": None if following is None else app.cursors.sign(scope, following),
    }


@endpoint(blueprint, "PUT", "/account-managers/{manager_id}", permission="records.write")
def put_account_manager(request: Request, manager_id: str) -> dict[str, Any]:
    """Creates or replaces an account manager."""
    from chalicelib.api.schemas.settings import AccountManagerBody
    from chalicelib.api.schemas.validation import read_body

    Query(request.query, ())
    app, key = application(), RecordId(manager_id)
    body = read_body(AccountManagerBody, request.body())
    clients = _clients(request)
    held = app.account_managers.get(request.tenant, [key]).get(key)
    # Later than what it replaces, also where that came with a time in the future.
    changed_at = max(app.clock(), held.updated_at if held is not None else 0)
    manager = AccountManager(key, body.name, body.email, changed_at)
    app.account_managers.put(request.tenant, manager)
    return _document(manager, clients[key])


def _clients(request: Request) -> Counter[str]:
    """Scored clients per account manager. Raises NotFoundError for an unknown tenant."""
    _, rows = application().portfolios.rows(request.tenant)
    return Counter(
        row.client.account_manager_id
        for row in rows
        if row.evaluation is not None and row.client.account_manager_id is not None
    )


def _document(manager: AccountManager, clients: int) -> dict[str, Any]:
    return {"id": manager.id, "name": manager.name, "email": manager.email, "clients": clients}
