"""A follow-up task."""

from collections.abc import Mapping
from typing import NamedTuple

from chalicelib.domain.activities import Author
from chalicelib.domain.facts import Day, Instant


class TaskChange(NamedTuple):
    """The last change of a task by a person."""

    at: Instant
    by: Author


class OpenTask(NamedTuple):
    """What is known of an open task without reading it: whose client's it is, whose it is itself, when it is due."""

    id: str
    client_id: str
    account_manager_id: str | None = None
    assigned: bool = False
    due_on: Day | None = None

    def manager(self, owner: Mapping[str, str | None]) -> str | None:
        """Whose it is, by the account managers that clients have now: whom it was given to, else its client's.

        Of a client that nothing is known of yet it is the one of the time when the task was made.
        """
        return self.account_manager_id if self.assigned else owner.get(self.client_id, self.account_manager_id)


class Task(NamedTuple):
    """A follow-up task. One that an alert opened has the alert's id; others were made by hand, at times with steps.

    Its account manager is its client's of the time when it was made, unless it was given to one by hand (`assigned`).
    """

    id: str
    client_id: str
    client_name: str
    account_manager_id: str | None
    title: str
    due_on: Day | None
    status: str = "OPEN"
    by_hand: bool = False
    steps: tuple[str, ...] = ()
    assigned: bool = False
    note: str | None = None
    created_by: Author | None = None
    changed: TaskChange | None = None

    @property
    def as_open(self) -> OpenTask:
        return OpenTask(
            self.id,
            self.client_id,
            account_manager_id=self.account_manager_id,
            assigned=self.assigned,
            due_on=self.due_on,
        )

    @property
    def alert_id(self) -> str | None:
        return None if self.by_hand else self.id
