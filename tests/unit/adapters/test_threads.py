"""Work side by side: for the bound tenant, in the order that was asked for, all of it ended."""

from contextvars import ContextVar
from threading import Barrier, current_thread

import pytest

from chalicelib.adapters.threads import Threads, in_turn
from chalicelib.domain.ids import TenantId
from chalicelib.tenancy import bound_tenant, bound_to

ACME = TenantId("acme")
THREADS = 16


@pytest.mark.parametrize("together", [Threads(THREADS), in_turn], ids=["threads", "in turn"])
def test_results_come_in_the_order_of_the_items(together: Threads) -> None:
    assert together(lambda item: item * item, range(50)) == [item * item for item in range(50)]
    assert together(lambda item: item, [7]) == [7]
    assert together(lambda item: item, []) == []


def test_work_is_done_at_the_same_time_for_the_bound_tenant() -> None:
    everybody = Barrier(THREADS, timeout=30)

    def work(item: int) -> tuple[str | None, str]:
        everybody.wait()
        return bound_tenant(), current_thread().name

    with bound_to(ACME):
        found = Threads(THREADS)(work, range(THREADS))
    assert {tenant for tenant, _ in found} == {ACME}
    assert len({name for _, name in found}) == THREADS


def test_a_tenant_is_bound_no_longer_than_its_work() -> None:
    threads = Threads(THREADS)
    with bound_to(ACME):
        threads(lambda item: None, range(50))
    assert set(threads(lambda item: bound_tenant(), range(50))) == {None}


def test_what_one_sets_no_other_sees() -> None:
    seen: ContextVar[int] = ContextVar("seen", default=0)

    def work(item: int) -> int:
        before = seen.get()
        seen.set(item)
        return before

    assert set(Threads(THREADS)(work, range(1, 100))) == {0}


def test_all_work_has_ended_when_an_error_is_raised() -> None:
    ended = []

    def work(item: int) -> None:
        if item == 0:
            raise ValueError("the first")
        ended.append(item)

    with pytest.raises(ValueError, match="the first"):
        Threads(THREADS)(work, range(100))
    assert sorted(ended) == list(range(1, 100))
