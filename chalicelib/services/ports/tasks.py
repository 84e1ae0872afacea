"""Follow-up tasks."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from chalicelib.domain.ids import TenantId
from chalicelib.domain.tasks import Task


class TaskStore(Protocol):
    """Tasks, at most one open per client."""

    def applied(self, tenant: TenantId, alert_id: str) -> bool:
        """Whether an alert has opened a task."""

    def open(self, tenant: TenantId, task: Task) -> str | None:
        """Stores a task unless its client has an open one. The id of the one that is open then: this task's if it was
        stored, now or before; None if it was stored before and is done."""

    def get(self, tenant: TenantId, task_id: str) -> Task:
        """Raises NotFoundError."""

    def newest(self, tenant: TenantId, before: str | None, chunk: int) -> Iterator[Task]:
        """Tasks newest first, those before an id if one is given, read in chunks as they are taken."""

    def several(self, tenant: TenantId, ids: Iterable[str]) -> dict[str, Task]:
        """Tasks by id, those that exist."""

    def open_ids(self, tenant: TenantId) -> list[str]:
        """The ids of all open tasks: one of a client at most."""

    def set_status(self, tenant: TenantId, task: Task, status: str) -> bool:
        """Gives a task a status; False when it would be its client's second open one."""
