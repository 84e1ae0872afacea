"""Alerts and tasks in the hands of people: acknowledge, resolve, done; tasks of their own."""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_hex
from typing import TYPE_CHECKING

from chalicelib.domain.alerts import Alert, answer
from chalicelib.domain.errors import ConflictError
from chalicelib.domain.facts import Day
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.roster import CurrentPage, page_of
from chalicelib.domain.tasks import Task
from chalicelib.domain.times import format_instant_compact
from chalicelib.services.errors import TooBusyError
from chalicelib.services.known_clients import record_of

if TYPE_CHECKING:
    from chalicelib.services.ports.alerts import AlertStore
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.scores import ScoreStore
    from chalicelib.services.ports.tasks import TaskStore

ATTEMPTS = 20


class AlertActions:
    """Changes the status of alerts and tasks."""

    def __init__(self, alerts: AlertStore, tasks: TaskStore, roster: Roster, scores: ScoreStore, clock: Clock) -> None:
        self._alerts, self._tasks, self._roster, self._scores = alerts, tasks, roster, scores
        self._clock = clock

    def set_alert_status(self, tenant: TenantId, alert_id: str, status: str) -> Alert:
        """Gives an alert a status, on the alert and in its client's row at once.

        Raises NotFoundError for an unknown alert, ConflictError for reopening a resolved one.
        """
        client = RecordId(self._alerts.get(tenant, alert_id).client_id)
        seat = self._roster.seats(tenant, [client])[client]
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
            if self._scores.answer_alert(tenant, page, new, alert_id, status) is None:
                return alert._replace(status=status)
        raise TooBusyError(f"the current rows of {alert.client_id} keep changing")

    def open_task(
        self, tenant: TenantId, client: RecordId, title: str, due_on: Day | None, steps: Sequence[str]
    ) -> Task:
        """Opens a task by hand; it is its account manager's of now.

        Raises NotFoundError for an unknown client, ConflictError where the client has an open task.
        """
        _, held = record_of(self._roster, tenant, client)
        # Of an alert's form: lists are newest first by it.
        own = f"{format_instant_compact(self._clock())}-{token_hex(8)}"
        task = Task(
            own,
            client,
            held.client.name,
            held.client.account_manager_id,
            title,
            due_on,
            by_hand=True,
            steps=tuple(steps),
        )
        opened = self._tasks.open(tenant, task)
        if opened != own:
            raise ConflictError(f"This client has an open task: {opened}.")
        return task

    def set_task_status(self, tenant: TenantId, task_id: str, status: str) -> Task:
        """Gives a task a status.

        Raises NotFoundError for an unknown task, ConflictError for reopening one while its client has another open.
        """
        task = self._tasks.get(tenant, task_id)
        if task.status == status:
            return task
        if not self._tasks.set_status(tenant, task, status):
            raise ConflictError("This client has another open task.")
        return task._replace(status=status)
