"""A follow-up task."""

from typing import NamedTuple

from chalicelib.domain.facts import Day


class Task(NamedTuple):
    """A follow-up task. One that an alert opened has the alert's id; others were made by hand, at times with steps."""

    id: str
    client_id: str
    client_name: str
    account_manager_id: str | None
    title: str
    due_on: Day | None
    status: str = "OPEN"
    by_hand: bool = False
    steps: tuple[str, ...] = ()

    @property
    def alert_id(self) -> str | None:
        return None if self.by_hand else self.id
