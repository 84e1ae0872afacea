"""The scoring queue in memory."""

from collections.abc import Sequence

from chalicelib.domain.messages import ScoringMessage
from chalicelib.services.errors import TryAgainError


class FakeQueue:
    """Records what is sent; with `broken` set it takes nothing."""

    def __init__(self) -> None:
        self.sent: list[ScoringMessage] = []
        self.broken = False

    def send(self, messages: Sequence[ScoringMessage]) -> None:
        if self.broken and messages:
            raise TryAgainError(f"{len(messages)} messages could not be sent")
        self.sent += messages

    def take(self) -> list[ScoringMessage]:
        """What was sent since the last call."""
        taken, self.sent = self.sent, []
        return taken
