"""Calls that wait for AWS side by side."""

from collections.abc import Callable, Iterable
from contextvars import copy_context
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")
R = TypeVar("R")


def in_turn(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """`Together`, one after the other."""
    return [work(item) for item in items]


class Threads:
    """`Together` on threads that stay: each piece of work has the tenant that is bound where it was asked for."""

    def __init__(self, count: int) -> None:
        self._count = count

    @cached_property
    def _pool(self) -> "ThreadPoolExecutor":
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(self._count, thread_name_prefix="together")

    def __call__(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        wanted = list(items)
        if len(wanted) < 2:
            return in_turn(work, wanted)
        futures = [self._pool.submit(copy_context().run, work, item) for item in wanted]
        errors = [error for future in futures if (error := future.exception())]  # waits for all of them
        if errors:
            raise errors[0]
        return [future.result() for future in futures]
