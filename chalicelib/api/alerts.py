"""Alerts in the application, and the follow-up tasks of the at-risk workflow."""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, endpoint
from chalicelib.api.queries import Query
from chalicelib.bootstrap import application
from chalicelib.domain.alert_document import alert_document
from chalicelib.domain.alerts import ALERT_STATUSES
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.times import format_day
from chalicelib.services.ports import Task

if TYPE_CHECKING:
    from chalicelib.services.alert_lists import ListPage, Row

blueprint = Blueprint(__name__)

TASK_STATUSES = ("OPEN", "DONE")


@endpoint(blueprint, "GET", "/alerts", permission="reports.read")
def alerts(request: Request) -> dict[str, Any]:
    """Alerts, newest first."""
    return _newest(request, "alerts", ALERT_STATUSES, application().alert_lists.alerts, alert_document)


@endpoint(blueprint, "PATCH", "/alerts/{alert_id}", permission="alerts.write")
def answer_alert(request: Request, alert_id: str) -> dict[str, Any]:
    """Acknowledges, reopens or resolves an alert; a resolved one stays resolved."""
    from chalicelib.api.schemas.alerts import AlertStatusBody
    from chalicelib.api.schemas.validation import read_body

    Query(request.query, ())
    body = read_body(AlertStatusBody, request.body())
    return alert_document(application().inbox.set_alert_status(request.tenant, alert_id, body.status))


@endpoint(blueprint, "GET", "/tasks", permission="reports.read")
def tasks(request: Request) -> dict[str, Any]:
    """Follow-up tasks, newest first."""
    return _newest(request, "tasks", TASK_STATUSES, application().alert_lists.tasks, _task)


@endpoint(blueprint, "PATCH", "/tasks/{task_id}", permission="alerts.write")
def answer_task(request: Request, task_id: str) -> dict[str, Any]:
    """Marks a task done, or opens it again."""
    from chalicelib.api.schemas.alerts import TaskStatusBody
    from chalicelib.api.schemas.validation import read_body

    Query(request.query, ())
    body = read_body(TaskStatusBody, request.body())
    return _task(application().inbox.set_task_status(request.tenant, task_id, body.status))


def _newest(
    request: Request,
    route: str,
    statuses: tuple[str, ...],
    read: "Callable[[TenantId, Collection[str] | None, Collection[RecordId] | None, str | None, int], ListPage[Row]]",
    document: "Callable[[Row], dict[str, Any]]",
) -> dict[str, Any]:
    """A page of a list that is newest first, filtered by status and account manager."""
    query = Query(request.query, ("status", "account_manager_id", "limit", "cursor"))
    wanted, managers = query.choices("status", statuses), query.record_ids("account_manager_id")
    limit, cursor, cursors = query.limit(), query.cursor(), application().cursors
    scope = query.scope(request.tenant, route)
    before = None if cursor is None else cursors.read(scope, cursor)[0]
    page = read(request.tenant, wanted, managers, before, limit)
    return {
        "items": list(map(document, page.items)),
        "next_cursor": None if page.before is None else cursors.sign(scope, [page.before]),
    }


def _task(task: Task) -> dict[str, Any]:
    return {
        "id": task.id,
        "client_id": task.client_id,
        "client_name": task.client_name,
        "account_manager_id": task.account_manager_id,
        "title": task.title,
        "due_on": format_day(task.due_on),
        "status": task.status,
        "alert_id": task.id,
    }
