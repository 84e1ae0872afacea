"""What the process gives: time, threads, and whose data the work at hand may touch."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from chalicelib.domain.facts import Instant, Timestamp
from chalicelib.domain.ids import TenantId

Clock = Callable[[], Instant]
"""The present, in whole seconds; handed in so that time is an argument everywhere."""

PreciseClock = Callable[[], Timestamp]
"""The present, to the microsecond: when records are received."""

BindTenant = Callable[[TenantId], AbstractContextManager[None]]
"""Makes what is done within it that tenant's work: nothing of another tenant can be read or written meanwhile."""

Item = TypeVar("Item")

Result = TypeVar("Result")


class Together(Protocol):
    """Does the same for several things at once, as far as there is room; what is done is done for the bound tenant."""

    def __call__(self, work: Callable[[Item], Result], items: Iterable[Item], /) -> list[Result]:
        """The results in the order of the items.

        All work has ended when this returns, or raises what a piece of work raised.
        """
