"""Follow-up tasks, and the one open task of each client."""

from collections.abc import Iterable, Iterator
from typing import Any

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.table import Action, Item, Table, TransactionFailedError
from chalicelib.domain.activities import Author
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.tasks import OpenTask, Task, TaskChange

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
                    Action(keys.open_task(tenant, RecordId(task.client_id)), _pointer(task), condition=_NEW),
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

    def open_tasks(self, tenant: TenantId) -> list[OpenTask]:
        return [
            OpenTask(
                item["task"],
                keys.id_of(item["sk"]),
                account_manager_id=item.get("manager"),
                assigned=item.get("assigned", False),
                due_on=item.get("due_on"),
            )
            for item in self._table.query(keys.open_tasks(tenant))
        ]

    def open_of(self, tenant: TenantId, client: RecordId) -> str | None:
        item = self._table.get(keys.open_task(tenant, client))
        return None if item is None else str(item["task"])

    def change(self, tenant: TenantId, before: Task, after: Task) -> bool:
        held, wanted = _item(before), _item(after)
        differs = {name: wanted.get(name) for name in held.keys() | wanted.keys() if wanted.get(name) != held.get(name)}
        # The status always: the pointer is written by it, whatever another's change makes of the task meanwhile.
        values = {name: value for name, value in {**differs, "status": after.status}.items() if value is not None}
        gone = sorted(differs.keys() - values.keys())
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in values)
        pointer = keys.open_task(tenant, RecordId(after.client_id))
        changed = Action(
            keys.task(tenant, after.id),
            expression=expression + (f" REMOVE {', '.join(f'#{name}' for name in gone)}" if gone else ""),
            condition="attribute_exists(pk)",
            values=values,
        )
        item = _pointer(after) if after.status == "OPEN" else None
        owner = Action(pointer, item, condition=f"{_NEW} OR task = :task", values={"task": after.id})
        try:
            self._table.transact([owner, changed])
        except TransactionFailedError:
            return False
        return True


def _pointer(task: Task) -> Item:
    """What says of a client's open task which it is, and what can be counted without reading it."""
    _, _, manager, assigned, due_on = task.as_open
    return {"task": task.id, "manager": manager, "assigned": assigned, "due_on": due_on}


def _item(task: Task) -> Item:
    """What a task holds beyond its id; what only some tasks have is left out of the others."""
    more: dict[str, Any] = {"by_hand": True, "steps": list(task.steps)} if task.by_hand else {}
    more |= {"assigned": True} if task.assigned else {}
    more |= {} if task.note is None else {"note": task.note}
    more |= {} if task.created_by is None else {"created_by": list(task.created_by)}
    more |= {} if task.changed is None else {"changed": [task.changed.at, *task.changed.by]}
    return {name: getattr(task, name) for name in _COLUMNS} | more


def _task(item: Item) -> Task:
    columns: dict[str, Any] = {name: item.get(name) for name in _COLUMNS}
    created_by, changed = item.get("created_by"), item.get("changed")
    return Task(
        keys.id_of(item["sk"]),
        **columns,
        by_hand=item.get("by_hand", False),
        steps=tuple(item.get("steps", ())),
        assigned=item.get("assigned", False),
        note=item.get("note"),
        created_by=None if created_by is None else Author(*created_by),
        changed=None if changed is None else TaskChange(changed[0], Author(*changed[1:])),
    )
