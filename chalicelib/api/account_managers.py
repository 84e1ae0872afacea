"""Account managers: who gets the alerts of which clients."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, Route
from chalicelib.api.errors import RequestError
from chalicelib.api.paging import page_of_rows
from chalicelib.api.parameters import CURSOR, LIMIT
from chalicelib.api.responses import money_list
from chalicelib.bootstrap import application
from chalicelib.domain.errors import Fault, InvalidError
from chalicelib.domain.ids import MINE, NO_MANAGER_ID, UNASSIGNED, RecordId
from chalicelib.domain.rounding import mean
from chalicelib.domain.text import name_key

if TYPE_CHECKING:
    from chalicelib.api.schemas.account_managers import AccountManagerBody, ClientsBody
    from chalicelib.api.shapes import account_managers as shapes
    from chalicelib.domain.account_managers import AccountManager
    from chalicelib.domain.workload import Workload
    from chalicelib.services.account_managers import AccountManagerOverview

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Account managers", scoped=True)
analytics = partial(Route, blueprint, "Analytics", scoped=True)

NAMED_CLIENTS: Final = 50
"""Clients that a flaw names; it counts them all."""

NOBODY: Final = {422: "`me`, of a credential that names no account manager."}


@endpoint("GET", "/account-managers", permission="clients.read", query=(LIMIT, CURSOR))
def list_account_managers(request: Request) -> "shapes.AccountManagerList":
    """All account managers by name, with the number of scored clients of each.

    Who has the clients of one account manager alone sees that one alone, and no fallback addresses.
    """
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


@endpoint("GET", "/account-managers/{manager_id}", permission="clients.read", problems=NOBODY)
def get_account_manager(request: Request, manager_id: RecordId) -> "shapes.AccountManager":
    """One account manager; `me` is the one that the credential names."""
    wanted = request.caller.account_manager_id if manager_id == MINE else manager_id
    if wanted is None:
        raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, "This credential names no account manager.")
    overview = application().account_managers.one(request.tenant, wanted)
    return _manager(overview.managers[0], overview)


@endpoint(
    "PUT", "/account-managers/{manager_id}", permission="records.write", body="account_managers.AccountManagerBody"
)
def put_account_manager(request: Request, manager_id: RecordId, body: "AccountManagerBody") -> "shapes.AccountManager":
    """Creates or replaces an account manager. `me` and `none` are no ids of account managers."""
    overview = application().account_managers.replace(request.tenant, manager_id, body.name, body.email)
    return _manager(overview.managers[0], overview)


@endpoint(
    "POST",
    "/account-managers/{manager_id}/clients",
    permission="records.write",
    body="account_managers.ClientsBody",
    problems={404: "There is no account manager of this id in the tenant."},
)
def assign_clients(request: Request, manager_id: RecordId, body: "ClientsBody") -> "shapes.Assignment":
    """Gives up to 100 clients to an account manager; `none` takes theirs away.

    Each moves whole, its history, alerts and tasks included. Repeating it is safe.
    """
    wanted = [RecordId(client) for client in dict.fromkeys(body.client_ids)]
    if manager_id == MINE:
        raise InvalidError([Fault("", NO_MANAGER_ID)])
    manager = None if manager_id == UNASSIGNED else manager_id
    unknown = application().workloads.assign(request.tenant, wanted, manager)
    return {"assigned": len(wanted) - len(unknown), "unknown": [str(client) for client in unknown]}


def _manager(manager: "AccountManager", overview: "AccountManagerOverview") -> "shapes.AccountManager":
    return {
        "id": manager.id,
        "name": manager.name,
        "email": manager.email,
        "clients": overview.clients.get(manager.id, 0),
        "reached": overview.reach.told(manager.id) is not None,
    }


@analytics("GET", "/analytics/workload", permission="clients.read")
def get_workload(request: Request) -> "shapes.TeamWorkload":
    """Who has how much to do: clients, what is open, and revenue by account manager."""
    team = application().workloads.team(request.tenant)
    return {"model": team.model, "items": [_workload(each, team.names) for each in team.workloads]}


@analytics("GET", "/analytics/data-quality", permission="reports.read")
def get_data_quality(request: Request) -> "shapes.DataQuality":
    """What the records of scored clients lack, with the clients.

    Account managers, industries and dates; what a client's facts lack besides is on its card.
    """
    found = application().workloads.incomplete(request.tenant)
    return {
        "items": [
            {
                "code": flaw.code,
                "count": len(flaw.clients),
                "clients": [{"client_id": client.id, "name": client.name} for client in flaw.clients[:NAMED_CLIENTS]],
            }
            for flaw in found
        ]
    }


def _workload(each: "Workload", names: Mapping[str, str]) -> "shapes.Workload":
    return {
        "account_manager_id": each.manager,
        "name": None if each.manager is None else names.get(each.manager),
        "clients": each.clients,
        "bands": dict(each.bands),
        "average_score": mean(each.scored, each.total),
        "monthly_recurring_revenue": money_list(sorted(each.revenue.items())),
        "open_alerts": each.open_alerts,
        "open_tasks": each.open_tasks,
        "overdue_tasks": each.overdue_tasks,
    }
