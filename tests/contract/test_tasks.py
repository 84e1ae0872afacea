"""The contract of `ports.TaskStore`."""

import pytest

from chalicelib.domain.activities import Author
from chalicelib.domain.alerts import alert_id
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.ids import RecordId
from chalicelib.domain.tasks import Task, TaskChange
from chalicelib.services.ports.tasks import TaskStore
from tests.contract.examples import ACME, NEIGHBOURS, NOW, OTHER, TODAY

ADA = Author("u-1", "Ada Lovelace")


def task(client: str = "c1", days_ago: int = 0, manager: str | None = "am-1") -> Task:
    own = alert_id(NOW - days_ago * 86_400, client, "weighted")
    return Task(own, client, f"Größe {client}", manager, "Follow up", TODAY - days_ago)


def set_status(tasks: TaskStore, task: Task, status: str) -> bool:
    return tasks.change(ACME, task, task._replace(status=status))


def test_a_task_is_read_back_whole(tasks: TaskStore) -> None:
    by_hand = task("c3")._replace(due_on=None, by_hand=True, steps=("Call", "Größe"), created_by=ADA)
    given = task("c4")._replace(assigned=True, note="Bring the contract", changed=TaskChange(NOW, ADA))
    held = [task(), task("c2", manager=None), by_hand, given]
    for each in held:
        assert not tasks.applied(ACME, each.id)
        assert tasks.open(ACME, each) == each.id
        assert tasks.applied(ACME, each.id)
        assert tasks.get(ACME, each.id) == each
    assert not tasks.applied(OTHER, task().id)
    assert sorted(tasks.newest(ACME, None, 9)) == sorted(held)
    assert [each.alert_id for each in held] == [task().id, task("c2").id, None, given.id]


@pytest.mark.parametrize("unknown", [task("c9").id, "", "x", "#"])
def test_an_unknown_task_is_not_found(tasks: TaskStore, unknown: str) -> None:
    tasks.open(ACME, task())
    for tenant, name in ((ACME, unknown), (OTHER, unknown), (OTHER, task().id)):
        with pytest.raises(NotFoundError):
            tasks.get(tenant, name)


def test_opening_the_same_again_is_the_lost_acknowledgement(tasks: TaskStore) -> None:
    for _ in range(2):
        assert tasks.open(ACME, task()) == task().id
    assert list(tasks.newest(ACME, None, 9)) == [task()]


def test_a_client_has_one_open_task(tasks: TaskStore) -> None:
    first, second = task(days_ago=1), task()
    assert tasks.open(ACME, first) == first.id
    assert tasks.open(ACME, second) == first.id
    assert not tasks.applied(ACME, second.id)
    for _ in range(2):
        assert set_status(tasks, first, "DONE")
    assert tasks.open(ACME, first) is None
    assert tasks.open(ACME, second) == second.id
    assert not set_status(tasks, first, "OPEN")
    assert [held.status for held in tasks.newest(ACME, None, 9)] == ["OPEN", "DONE"]
    assert set_status(tasks, second, "DONE")
    for _ in range(2):
        assert set_status(tasks, first, "OPEN")
    assert not set_status(tasks, second, "OPEN")


def test_a_task_that_is_done_again_leaves_the_open_one_alone(tasks: TaskStore) -> None:
    first, second = task(days_ago=1), task()
    tasks.open(ACME, first)
    set_status(tasks, first, "DONE")
    tasks.open(ACME, second)
    set_status(tasks, first, "DONE")
    assert tasks.open(ACME, task(days_ago=-1)) == second.id
    assert [held.status for held in tasks.newest(ACME, None, 9)] == ["OPEN", "DONE"]


def test_neighbours_have_tasks_of_their_own(tasks: TaskStore) -> None:
    for client in NEIGHBOURS:
        assert tasks.open(ACME, task(client))
    assert len(list(tasks.newest(ACME, None, 100))) == len(NEIGHBOURS)
    assert list(tasks.newest(OTHER, None, 100)) == []


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_tasks_come_newest_first(tasks: TaskStore, chunk: int) -> None:
    held = [task(f"c{number}", number // 3) for number in range(9)]
    for each in held:
        tasks.open(ACME, each)
    newest = sorted(held, key=lambda one: one.id, reverse=True)
    assert list(tasks.newest(ACME, None, chunk)) == newest
    for place, one in enumerate(newest):
        assert list(tasks.newest(ACME, one.id, chunk)) == newest[place + 1 :]


def test_open_tasks_are_told_by_their_clients(tasks: TaskStore) -> None:
    held = [task(f"c{number}", number) for number in range(5)]
    for each in held:
        tasks.open(ACME, each)
    set_status(tasks, held[1], "DONE")
    assert sorted([each.id for each in tasks.open_tasks(ACME)]) == sorted(held[place].id for place in (0, 2, 3, 4))
    assert tasks.open_tasks(OTHER) == []
    found = tasks.several(ACME, [held[0].id, held[1].id, task("c9").id])
    assert found == {held[0].id: held[0], held[1].id: held[1]._replace(status="DONE")}
    assert tasks.several(OTHER, [held[0].id]) == {}


def test_what_differs_of_a_task_is_changed(tasks: TaskStore) -> None:
    first = task()._replace(note="Call first")
    tasks.open(ACME, first)
    given = first._replace(account_manager_id="am-2", assigned=True, due_on=None, changed=TaskChange(NOW, ADA))
    for _ in range(2):
        assert tasks.change(ACME, first, given)
    assert tasks.get(ACME, first.id) == given
    # Another change, by somebody who read the task before that one.
    assert tasks.change(ACME, first, first._replace(note=None))
    assert tasks.get(ACME, first.id) == given._replace(note=None)
    assert tasks.change(ACME, given, given._replace(assigned=False, account_manager_id=None, status="DONE"))
    done = given._replace(note=None, assigned=False, account_manager_id=None, status="DONE")
    assert tasks.get(ACME, first.id) == done


def test_the_open_task_of_a_client(tasks: TaskStore) -> None:
    assert tasks.open_of(ACME, RecordId("c1")) is None
    for client in NEIGHBOURS:
        tasks.open(ACME, task(client))
    for client in NEIGHBOURS:
        assert tasks.open_of(ACME, RecordId(client)) == task(client).id
    assert tasks.open_of(OTHER, RecordId(NEIGHBOURS[0])) is None
    set_status(tasks, task(NEIGHBOURS[0]), "DONE")
    assert tasks.open_of(ACME, RecordId(NEIGHBOURS[0])) is None


def test_open_tasks_are_known_without_reading_them(tasks: TaskStore) -> None:
    plain, given = task("c1"), task("c2")._replace(assigned=True, due_on=None)
    for each in (plain, given):
        tasks.open(ACME, each)
    assert sorted(tasks.open_tasks(ACME)) == [plain.as_open, given.as_open]
    assert (plain.as_open.assigned, given.as_open.assigned, plain.as_open.due_on) == (False, True, TODAY)
    assert (plain.as_open.manager({"c1": "am-3"}), given.as_open.manager({"c2": "am-3"})) == ("am-3", "am-1")
    assert plain.as_open.manager({}) == "am-1", "its client is not known yet"
    later = plain._replace(due_on=TODAY + 9, assigned=True, account_manager_id="am-7")
    tasks.change(ACME, plain, later)
    assert sorted(tasks.open_tasks(ACME)) == [later.as_open, given.as_open]
    set_status(tasks, given, "DONE")
    assert tasks.open_tasks(ACME) == [later.as_open]
    assert tasks.open_tasks(OTHER) == []
