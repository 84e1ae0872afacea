"""Alerts and tasks in the hands of people: acknowledge, resolve, done; tasks of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.domain.activities import Author
from chalicelib.domain.alerts import Alert, AlertAnswer, answer
from chalicelib.domain.errors import ConflictError, Fault, InvalidError, NotFoundError
from chalicelib.domain.facts import Day
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.roster import CurrentPage, page_of
from chalicelib.domain.tasks import Task, TaskChange
from chalicelib.domain.times import format_instant_compact
from chalicelib.services.errors import TooBusyError
from chalicelib.services.known_clients import record_of, seat_of
from chalicelib.tenancy import may_see, scope

if TYPE_CHECKING:
    from chalicelib.domain.blocks import Seat
    from chalicelib.services.ports.account_managers import AccountManagerStore
    from chalicelib.services.ports.alerts import AlertStore
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.scores import ScoreStore
    from chalicelib.services.ports.tasks import TaskStore

ATTEMPTS = 20


class TaskContent(NamedTuple):
    """A task as somebody wants it; without an account manager it is the client's."""

    title: str
    due_on: Day | None = None
    steps: Sequence[str] = ()
    note: str | None = None
    account_manager_id: str | None = None


class AlertActions:
    """Changes the status of alerts and tasks."""

    def __init__(
        self,
        alerts: AlertStore,
        tasks: TaskStore,
        roster: Roster,
        scores: ScoreStore,
        managers: AccountManagerStore,
        clock: Clock,
    ) -> None:
        self._alerts, self._tasks, self._roster, self._scores = alerts, tasks, roster, scores
        self._managers, self._clock = managers, clock

    def set_alert_status(self, tenant: TenantId, alert_id: str, status: str, by: Author) -> Alert:
        """Gives an alert a status, on the alert and in its client's row at once, and keeps who did.

        Raises NotFoundError for an unknown alert, ConflictError for reopening a resolved one.
        """
        client = RecordId(self._alerts.get(tenant, alert_id).client_id)
        seat = self._seat(tenant, client, f"There is no alert {alert_id}.")
        page = page_of(seat.number)
        for _ in range(ATTEMPTS):
            held = self._scores.current_pages(tenant, [page])[page]
            # After the rows: what resolves the alert from here on changes their version.
            alert = self._alerts.get(tenant, alert_id)
            if alert.status == status:
                return alert
            if alert.status == "RESOLVED":
                raise ConflictError(
                    "A resolved alert cannot be reopened. If the score drops again, a new alert is raised."
                )
            row = held.rows[seat.number]
            changed = row._replace(alerts=answer(row.alerts, alert.as_of, alert.model, status))
            new = CurrentPage({**held.rows, seat.number: changed}, held.version + 1)
            answered = AlertAnswer(status, self._clock(), by)
            if self._scores.answer_alert(tenant, page, new, alert_id, answered) is None:
                return alert._replace(status=status, answered=answered)
        raise TooBusyError(f"the current rows of {alert.client_id} keep changing")

    def _seat(self, tenant: TenantId, client: RecordId, missing: str) -> Seat:
        """Where the client of something sits. Raises NotFoundError(`missing`) where the caller does not have it."""
        try:
            return seat_of(self._roster, tenant, client)
        except NotFoundError:
            raise NotFoundError(missing) from None

    def open_task(self, tenant: TenantId, client: RecordId, sent: TaskContent, by: Author) -> Task:
        """Opens a task by hand; it is its client's account manager's of now, unless it is given to another one.

        Raises NotFoundError for an unknown client, InvalidError for an unknown account manager, ConflictError where the
        client has an open task.
        """
        _, held = record_of(self._roster, tenant, client)
        self._check_manager(tenant, sent.account_manager_id)
        # Of an alert's form: lists are newest first by it.
        own = f"{format_instant_compact(self._clock())}-{token_hex(8)}"
        task = Task(
            id=own,
            client_id=client,
            client_name=held.client.name,
            account_manager_id=sent.account_manager_id or held.client.account_manager_id,
            title=sent.title,
            due_on=sent.due_on,
            by_hand=True,
            steps=tuple(sent.steps),
            assigned=sent.account_manager_id is not None,
            note=sent.note,
            created_by=by,
        )
        opened = self._tasks.open(tenant, task)
        if opened != own:
            raise ConflictError(f"This client has an open task: {opened}.")
        return task

    def change_task(self, tenant: TenantId, task_id: str, wanted: Mapping[str, Any], by: Author) -> Task:
        """Changes some fields of a task: `status`, `title`, `due_on`, `note`, `account_manager_id`; keeps who did.

        An account manager of None gives it back to the client's of now. Repeating it changes nothing. Raises
        NotFoundError for an unknown task, InvalidError for an unknown account manager, ConflictError for reopening one
        while its client has another open.
        """
        task = self._tasks.get(tenant, task_id)
        if scope() is not None:
            self._seat(tenant, RecordId(task.client_id), f"There is no task {task_id}.")
        fields = dict(wanted)
        if "account_manager_id" in fields:
            manager = fields["account_manager_id"]
            self._check_manager(tenant, manager)
            fields["assigned"] = manager is not None
            if manager is None and task.assigned:
                fields["account_manager_id"] = self._manager_of(tenant, RecordId(task.client_id))
            elif manager is None:
                del fields["account_manager_id"]
        changed = task._replace(**fields)
        if changed == task:
            return task
        changed = changed._replace(changed=TaskChange(self._clock(), by))
        if not self._tasks.change(tenant, task, changed):
            raise ConflictError("This client has another open task.")
        return changed

    def _manager_of(self, tenant: TenantId, client: RecordId) -> str | None:
        seats = self._roster.seats(tenant, [client])
        held = self._roster.clients(tenant, seats).get(client)
        return None if held is None else held.client.account_manager_id

    def _check_manager(self, tenant: TenantId, manager: str | None) -> None:
        """Raises InvalidError for one that there is not, or that the caller does not know of."""
        if manager is not None and not (may_see(manager) and self._managers.get(tenant, [manager])):
            raise InvalidError([Fault("/account_manager_id", f"There is no account manager {manager}.")])
