"""Account managers: who gets the alerts of which clients."""

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, Route
from chalicelib.api.paging import page_of_rows
from chalicelib.api.parameters import CURSOR, LIMIT
from chalicelib.bootstrap import application
from chalicelib.domain.ids import RecordId
from chalicelib.domain.text import name_key
from chalicelib.services.ports import AccountManager
from chalicelib.services.subscriptions import Reach, reach_of

if TYPE_CHECKING:
    from chalicelib.api.schemas.account_managers import AccountManagerBody
    from chalicelib.api.shapes import account_managers as shapes

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Account managers")


@endpoint("GET", "/account-managers", permission="clients.read", query=(LIMIT, CURSOR))
def list_account_managers(request: Request) -> "shapes.AccountManagerList":
    """All account managers by name, with the number of scored clients of each."""
    app, cursor = application(), request.query[CURSOR]
    scope = request.query.scope(request.tenant, "account-managers")
    managers = app.account_managers.list(request.tenant)
    page, following = page_of_rows(
        managers,
        lambda manager: name_key(manager.name),
        lambda manager: (manager.id,),
        descending=False,
        limit=request.query[LIMIT],
        place=None if cursor is None else app.cursors.read(scope, cursor),
    )
    clients = _clients(request)
    subscriptions = app.subscriptions.stored(request.tenant)
    reach = reach_of(subscriptions)
    return {
        "items": [_manager(manager, clients[manager.id], reach) for manager in page],
        "fallback": [{"email": s.endpoint, "state": s.state} for s in subscriptions if s.manager is None],
        "unreached_clients": sum(number for manager, number in clients.items() if not reach.reaches(manager)),
        "total": len(managers),
        "next_cursor": None if following is None else app.cursors.sign(scope, following),
    }


@endpoint(
    "PUT", "/account-managers/{manager_id}", permission="records.write", body="account_managers.AccountManagerBody"
)
def put_account_manager(request: Request, manager_id: RecordId, body: "AccountManagerBody") -> "shapes.AccountManager":
    """Creates or replaces an account manager."""
    app = application()
    clients = _clients(request)
    held = app.account_managers.get(request.tenant, [manager_id]).get(manager_id)
    # Later than what it replaces, also where that came with a time in the future.
    changed_at = max(app.clock(), held.updated_at if held is not None else 0)
    manager = AccountManager(manager_id, body.name, body.email, changed_at)
    app.account_managers.put(request.tenant, manager)
    return _manager(manager, clients[manager_id], reach_of(app.subscriptions.stored(request.tenant)))


def _clients(request: Request) -> Counter[str | None]:
    """Scored clients per account manager (None: without one). Raises NotFoundError for an unknown tenant."""
    _, rows = application().portfolios.rows(request.tenant)
    return Counter(row.client.account_manager_id for row in rows if row.evaluation is not None)


def _manager(manager: AccountManager, clients: int, reach: Reach) -> "shapes.AccountManager":
    return {
        "id": manager.id,
        "name": manager.name,
        "email": manager.email,
        "clients": clients,
        "reached": reach.told(manager.id) is not None,
    }
