"""The contract of `ports.TaskStore`."""

import pytest

from chalicelib.domain.alerts import alert_id
from chalicelib.domain.errors import NotFoundError
from chalicelib.domain.tasks import Task
from chalicelib.services.ports.tasks import TaskStore
from tests.contract.examples import ACME, NEIGHBOURS, NOW, OTHER, TODAY


def task(client: str = "c1", days_ago: int = 0, manager: str | None = "am-1") -> Task:
    own = alert_id(NOW - days_ago * 86_400, client, "weighted")
    return Task(own, client, f"Größe {client}", manager, "Follow up", TODAY - days_ago)


def test_a_task_is_read_back_whole(tasks: TaskStore) -> None:
    by_hand = task("c3")._replace(due_on=None, by_hand=True, steps=("Call", "Größe"))
    held = [task(), task("c2", manager=None), by_hand]
    for each in held:
        assert not tasks.applied(ACME, each.id)
        assert tasks.open(ACME, each) == each.id
        assert tasks.applied(ACME, each.id)
        assert tasks.get(ACME, each.id) == each
    assert not tasks.applied(OTHER, task().id)
    assert sorted(tasks.newest(ACME, None, 9)) == sorted(held)
    assert [each.alert_id for each in held] == [task().id, task("c2").id, None]


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
        assert tasks.set_status(ACME, first, "DONE")
    assert tasks.open(ACME, first) is None
    assert tasks.open(ACME, second) == second.id
    assert not tasks.set_status(ACME, first, "OPEN")
    assert [held.status for held in tasks.newest(ACME, None, 9)] == ["OPEN", "DONE"]
    assert tasks.set_status(ACME, second, "DONE")
    for _ in range(2):
        assert tasks.set_status(ACME, first, "OPEN")
    assert not tasks.set_status(ACME, second, "OPEN")


def test_a_task_that_is_done_again_leaves_the_open_one_alone(tasks: TaskStore) -> None:
    first, second = task(days_ago=1), task()
    tasks.open(ACME, first)
    tasks.set_status(ACME, first, "DONE")
    tasks.open(ACME, second)
    tasks.set_status(ACME, first, "DONE")
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
    tasks.set_status(ACME, held[1], "DONE")
    assert sorted(tasks.open_ids(ACME)) == sorted(held[place].id for place in (0, 2, 3, 4))
    assert tasks.open_ids(OTHER) == []
    found = tasks.several(ACME, [held[0].id, held[1].id, task("c9").id])
    assert found == {held[0].id: held[0], held[1].id: held[1]._replace(status="DONE")}
    assert tasks.several(OTHER, [held[0].id]) == {}
