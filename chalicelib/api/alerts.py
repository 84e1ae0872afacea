"""Alerts in the application, and the follow-up tasks of the at-risk workflow."""

from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from chalice.app import Blueprint

from chalicelib.api.endpoint import Request, Route
from chalicelib.api.parameters import CURSOR, LIMIT, MANAGER, Parameter, choices, optional_id
from chalicelib.api.responses import author_json
from chalicelib.bootstrap import application
from chalicelib.domain.alerts import ALERT_STATUSES, Alert
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.times import format_day, format_instant
from chalicelib.services.alert_message import alert_json

if TYPE_CHECKING:
    from chalicelib.api.schemas.alerts import AlertStatusBody, TaskBody, TaskStatusBody
    from chalicelib.api.shapes import alerts as shapes
    from chalicelib.domain.tasks import Task
    from chalicelib.services.alert_lists import ListPage, Row
    from chalicelib.services.known_clients import Managers

blueprint = Blueprint(__name__)
endpoint = partial(Route, blueprint, "Alerts")

ALERT_STATUS: Final = choices("status", ALERT_STATUSES, "Only alerts of this status.", "OPEN")
TASK_STATUS: Final = choices("status", ("OPEN", "DONE"), "Only tasks of this status.", "OPEN")
CLIENT: Final = optional_id("client_id", "Only those of this client.", "c-1042")


@endpoint(
    "GET", "/alerts", permission="reports.read", query=(ALERT_STATUS, MANAGER, CLIENT, LIMIT, CURSOR), scoped=True
)
def list_alerts(request: Request) -> "shapes.AlertList":
    """Alerts, newest first.

    An alert is about one fall of a client's score. It resolves automatically once every rule it names is armed again.
    """
    page, next_cursor = _newest(request, "alerts", ALERT_STATUS, application().alert_lists.alerts)
    return {"items": list(map(_alert, page.items)), "total": page.total, "next_cursor": next_cursor}


@endpoint(
    "PATCH",
    "/alerts/{alert_id}",
    permission="alerts.write",
    body="alerts.AlertStatusBody",
    problems={409: "The alert is resolved, and stays so."},
    scoped=True,
)
def answer_alert(request: Request, alert_id: str, body: "AlertStatusBody") -> "shapes.Alert":
    """Acknowledges, reopens or resolves an alert; a resolved one stays resolved."""
    return _alert(
        application().alert_actions.set_alert_status(request.tenant, alert_id, body.status, request.caller.author)
    )


@endpoint("GET", "/tasks", permission="reports.read", query=(TASK_STATUS, MANAGER, CLIENT, LIMIT, CURSOR), scoped=True)
def list_tasks(request: Request) -> "shapes.TaskList":
    """Follow-up tasks, newest first.

    The At-Risk Alert workflow opens one for a threshold alert, due in two business days, unless the client has an open
    one.
    """
    page, next_cursor = _newest(request, "tasks", TASK_STATUS, application().alert_lists.tasks)
    return {"items": list(map(_task, page.items)), "total": page.total, "next_cursor": next_cursor}


@endpoint(
    "POST",
    "/clients/{client_id}/tasks",
    permission="alerts.write",
    body="alerts.TaskBody",
    answers={201: "The task."},
    problems={409: "The client has an open task: the detail names it."},
)
def create_task(request: Request, client_id: RecordId, body: "TaskBody") -> "shapes.Task":
    """Opens a task by hand, unless the client has an open one.

    It is its client's account manager's, unless it is given to another one. Its steps are text: done ones change no
    score.
    """
    return _task(
        application().alert_actions.open_task(request.tenant, client_id, body.content(), request.caller.author)
    )


@endpoint(
    "PATCH",
    "/tasks/{task_id}",
    permission="alerts.write",
    body="alerts.TaskStatusBody",
    problems={409: "The client has another open task."},
    scoped=True,
)
def answer_task(request: Request, task_id: str, body: "TaskStatusBody") -> "shapes.Task":
    """Changes a task: marks it done, opens it again, assigns it, gives it a date or a note.

    Only what is sent changes. An assigned task stays whose it is when its client goes to another.
    """
    return _task(application().alert_actions.change_task(request.tenant, task_id, body.changes, request.caller.author))


def _newest(
    request: Request,
    route: str,
    status: "Parameter[frozenset[str] | None]",
    read: "Callable[[TenantId, Collection[str] | None, Managers, str | None, int, RecordId | None], ListPage[Row]]",
) -> "tuple[ListPage[Row], str | None]":
    """A page of a list that is newest first, filtered by status and account manager, and where it goes on."""
    query, cursors = request.query, application().cursors
    wanted, managers, limit, cursor = query[status], query[MANAGER], query[LIMIT], query[CURSOR]
    scope = query.scope(request.tenant, route)
    before = None if cursor is None else cursors.read(scope, cursor)[0]
    page = read(request.tenant, wanted, managers, before, limit, query[CLIENT])
    return page, None if page.before is None else cursors.sign(scope, [page.before])


def _alert(alert: Alert) -> "shapes.Alert":
    # The document of its messages too, which knows nothing of answers: that it is one, the tests see to.
    document = alert_json(alert)
    if alert.answered is not None:
        status, at, by = alert.answered
        document["answered"] = {"status": status, "at": format_instant(at), "by": author_json(by)}
    return cast("shapes.Alert", document)


def _task(task: "Task") -> "shapes.Task":
    return {
        "id": task.id,
        "client_id": task.client_id,
        "client_name": task.client_name,
        "account_manager_id": task.account_manager_id,
        "assigned": task.assigned,
        "title": task.title,
        "due_on": None if task.due_on is None else format_day(task.due_on),
        "status": task.status,
        "alert_id": task.alert_id,
        "steps": list(task.steps),
        "note": task.note,
        "created_by": None if task.created_by is None else author_json(task.created_by),
        "changed": None
        if task.changed is None
        else {"at": format_instant(task.changed.at), "by": author_json(task.changed.by)},
    }
