"""Follow-up tasks, and the one open task of each client."""

from collections.abc import Iterable, Iterator
from typing import Any

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import Action, Item, Table, TransactionFailedError
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.tasks import Task

_NEW = "attribute_not_exists(pk)"
_COLUMNS = ("client_id", "client_name", "account_manager_id", "title", "due_on", "status")


class DynamoTaskStore:
    """`TaskStore` on DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def applied(self, tenant: TenantId, alert_id: str) -> bool:
        return self._table.get(keys.task(tenant, alert_id), consistent=True) is not None

    def open(self, tenant: TenantId, task: Task) -> str | None:
        try:
            self._table.transact(
                [
                    Action(keys.open_task(tenant, RecordId(task.client_id)), {"task": task.id}, condition=_NEW),
                    Action(keys.task(tenant, task.id), _item(task), condition=_NEW),
                ]
            )
        except TransactionFailedError as error:
            held = error.items[0]
            return None if held is None else str(held["task"])
        return task.id

    def get(self, tenant: TenantId, task_id: str) -> Task:
        item = self._table.get(keys.task(tenant, task_id), consistent=True) if keys.is_alert_id(task_id) else None
        if item is None:
            raise NotFoundError(f"There is no task {task_id}.")
        return _task(item)

    def newest(self, tenant: TenantId, before: str | None, chunk: int) -> Iterator[Task]:
        return map(_task, self._table.query(keys.tasks(tenant, before), descending=True, chunk=chunk))

    def several(self, tenant: TenantId, ids: Iterable[str]) -> dict[str, Task]:
        items = self._table.batch_get(keys.task(tenant, task_id) for task_id in ids)
        return {found.id: found for found in map(_task, items.values())}

    def open_ids(self, tenant: TenantId) -> list[str]:
        return [item["task"] for item in self._table.query(keys.open_tasks(tenant))]

    def set_status(self, tenant: TenantId, task: Task, status: str) -> bool:
        pointer = keys.open_task(tenant, RecordId(task.client_id))
        changed = Action(
            keys.task(tenant, task.id),
            expression="SET #status = :status",
            condition="attribute_exists(pk)",
            values={"status": status},
        )
        if status == "OPEN":
            owner = Action(pointer, {"task": task.id}, condition=f"{_NEW} OR task = :task", values={"task": task.id})
        else:
            owner = Action(pointer, condition=f"{_NEW} OR task = :task", values={"task": task.id})
        try:
            self._table.transact([owner, changed])
        except TransactionFailedError:
            return False
        return True


def _item(task: Task) -> Item:
    """What a task holds beyond its id; what only tasks made by hand have is left out of the others."""
    by_hand = {"by_hand": True, "steps": list(task.steps)} if task.by_hand else {}
    return {name: getattr(task, name) for name in _COLUMNS} | by_hand


def _task(item: Item) -> Task:
    columns: dict[str, Any] = {name: item.get(name) for name in _COLUMNS}
    return Task(
        keys.id_of(item["sk"]), **columns, by_hand=item.get("by_hand", False), steps=tuple(item.get("steps", ()))
    )
