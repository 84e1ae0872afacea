"""Which connections are due: a walk over all marks, which leaves the work to the queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib.domain.connections import SyncMark, SyncMessage

if TYPE_CHECKING:
    from chalicelib.services.ports.connections import SyncMarks, SyncQueue
    from chalicelib.services.ports.process import BindTenant, Clock

SHARDS: Final = 16
LOOK_AGAIN_SECONDS: Final = 900
"""A mark whose message was sent stands for so long: what dies with the message is looked at again."""


class Dispatched(NamedTuple):
    """Messages sent, connections that were put aside, failures, and marks left for the next walk for want of time."""

    sent: int = 0
    aside: int = 0
    failed: int = 0
    not_reached: int = 0


class Dispatch:
    """Sends a message for each connection that is due."""

    def __init__(self, marks: SyncMarks, queue: SyncQueue, clock: Clock, bound_to: BindTenant) -> None:
        self._marks, self._queue, self._clock, self._bound_to = marks, queue, clock, bound_to

    def run(self, has_time: Callable[[], bool], report: Callable[[SyncMark, Exception], None]) -> Dispatched:
        """Those that have waited longest come first; one that fails is due again with the next walk.

        A crash after the message and before the mark sends it once more: the lease lets one of two steps in.
        """
        now = self._clock()
        marks = [mark for shard in range(SHARDS) for mark in self._marks.marks(shard)]
        due = sorted((mark for mark in marks if mark.due <= now), key=lambda mark: mark.due)
        total = Dispatched(aside=sum(mark.is_aside for mark in marks))
        for place, mark in enumerate(due):
            if not has_time():
                return total._replace(not_reached=len(due) - place)
            try:
                with self._bound_to(mark.tenant):
                    self._queue.send([SyncMessage(mark.tenant, mark.connection, "sync")])
                    self._marks.mark(mark.tenant, mark.connection, now + LOOK_AGAIN_SECONDS, is_aside=mark.is_aside)
            except Exception as error:  # one connection's failure keeps no other waiting
                report(mark, error)
                total = total._replace(failed=total.failed + 1)
            else:
                total = total._replace(sent=total.sent + 1)
        return total
