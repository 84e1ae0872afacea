"""Account managers: who gets the alerts of which clients."""

from functools import partial
from typing import TYPE_CHECKING

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, Route
from chalicelib.api.paging import page_of_rows
from chalicelib.api.parameters import CURSOR, LIMIT
from chalicelib.bootstrap import application
from chalicelib.domain.ids import RecordId
from chalicelib.domain.text import name_key

if TYPE_CHECKING:
    from chalicelib.api.schemas.account_managers import AccountManagerBody
    from chalicelib.api.shapes import account_managers as shapes
    from chalicelib.domain.account_managers import AccountManager
    from chalicelib.services.account_managers import AccountManagerOverview

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Account managers")


@endpoint("GET", "/account-managers", permission="clients.read", query=(LIMIT, CURSOR))
def list_account_managers(request: Request) -> "shapes.AccountManagerList":
    """All account managers by name, with the number of scored clients of each."""
    app, cursor = application(), request.query[CURSOR]
    scope = request.query.scope(request.tenant, "account-managers")
    place = None if cursor is None else app.cursors.read(scope, cursor)
    overview = app.account_managers.overview(request.tenant)
    page, following = page_of_rows(
        overview.managers,
        lambda manager: name_key(manager.name),
        lambda manager: (manager.id,),
        descending=False,
        limit=request.query[LIMIT],
        place=place,
    )
    reach = overview.reach
    return {
        "items": [_manager(manager, overview) for manager in page],
        "fallback": [{"email": s.endpoint, "state": s.state} for s in overview.subscriptions if s.manager is None],
        "unreached_clients": sum(number for manager, number in overview.clients.items() if not reach.reaches(manager)),
        "total": len(overview.managers),
        "next_cursor": None if following is None else app.cursors.sign(scope, following),
    }


@endpoint(
    "PUT", "/account-managers/{manager_id}", permission="records.write", body="account_managers.AccountManagerBody"
)
def put_account_manager(request: Request, manager_id: RecordId, body: "AccountManagerBody") -> "shapes.AccountManager":
    """Creates or replaces an account manager."""
    overview = application().account_managers.replace(request.tenant, manager_id, body.name, body.email)
    return _manager(overview.managers[0], overview)


def _manager(manager: "AccountManager", overview: "AccountManagerOverview") -> "shapes.AccountManager":
    return {
        "id": manager.id,
        "name": manager.name,
        "email": manager.email,
        "clients": overview.clients.get(manager.id, 0),
        "reached": overview.reach.told(manager.id) is not None,
    }
