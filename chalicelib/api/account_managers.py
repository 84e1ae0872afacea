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
from chalicelib.services.subscriptions import Reach, reach_of

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
    subscriptions = app.subscriptions.stored(request.tenant)
    reach = reach_of(subscriptions)
    return {
        "items": [_document(manager, clients[manager.id], reach) for manager in page],
        "fallback": [{"email": s.endpoint, "state": s.state} for s in subscriptions if s.manager is None],
        "unreached_clients": sum(number for manager, number in clients.items() if not reach.reaches(manager)),
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
    return _document(manager, clients[key], reach_of(app.subscriptions.stored(request.tenant)))


def _clients(request: Request) -> Counter[str | None]:
    """Scored clients per account manager (None: without one). Raises NotFoundError for an unknown tenant."""
    _, rows = application().portfolios.rows(request.tenant)
    return Counter(row.client.account_manager_id for row in rows if row.evaluation is not None)


def _document(manager: AccountManager, clients: int, reach: Reach) -> dict[str, Any]:
    return {
        "id": manager.id,
        "name": manager.name,
        "email": manager.email,
        "clients": clients,
        "reached": reach.told(manager.id) is not None,
    }
