"""Follow-up tasks."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.tasks import OpenTask, Task


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

    def open_tasks(self, tenant: TenantId) -> list[OpenTask]:
        """What is known of all open tasks: one of a client at most. Of an older build's no date and no manager."""

    def open_of(self, tenant: TenantId, client: RecordId) -> str | None:
        """The id of a client's open task; None where it has none."""

    def change(self, tenant: TenantId, before: Task, after: Task) -> bool:
        """Stores what differs of a task; False when it would be its client's second open one."""
