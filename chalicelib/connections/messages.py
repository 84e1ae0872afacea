"""What a message of the queue of connections asks for, and the message that follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chalicelib.connections.step import Stepped, Steps
from chalicelib.domain.connections import SyncMessage
from chalicelib.domain.ids import TenantId

if TYPE_CHECKING:
    from chalicelib.services.ports.connections import SyncQueue

TEST_AGAIN_SECONDS: Final = 15
"""After which a test is tried again that met a step of the same connection."""


class SyncMessages:
    """Does what messages ask for; repeating it is harmless."""

    def __init__(self, steps: Steps, queue: SyncQueue) -> None:
        self._steps, self._queue = steps, queue

    def handle(self, tenant: TenantId, connection: str, reason: str, token: str) -> Stepped:
        """A test or a step, and the message of the step after it. `token`: one of its own for each delivery."""
        if reason == "test":
            if not self._steps.test(tenant, connection, token):
                self._queue.send([SyncMessage(tenant, connection, "test", TEST_AGAIN_SECONDS)])
            return Stepped()
        stepped = self._steps.step(tenant, connection, token)
        if stepped.again is not None:
            self._queue.send([SyncMessage(tenant, connection, "sync", stepped.again)])
        return stepped
