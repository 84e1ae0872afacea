"""The bodies of alerts and tasks."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from chalicelib.api.schemas.fields import Composed, Day, ManagerId, Name
from chalicelib.api.schemas.validation import Schema
from chalicelib.services.alert_actions import TaskContent

Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000), Composed]


class AlertStatusBody(Schema):
    """The body of PATCH /alerts/{id}."""

    status: Literal["OPEN", "ACKNOWLEDGED", "RESOLVED"]


class TaskBody(Schema):
    """The body of POST /clients/{id}/tasks."""

    title: Name
    due_on: Day | None = None
    steps: list[Name] = Field([], max_length=10)
    note: Note | None = None
    account_manager_id: ManagerId | None = None
    """Whom it is given to; by default it is the client's account manager's."""

    def content(self) -> TaskContent:
        """The task that the body describes."""
        return TaskContent(
            self.title,
            due_on=self.due_on,
            steps=self.steps,
            note=self.note,
            account_manager_id=self.account_manager_id,
        )


def _without_default(schema: dict[str, Any]) -> None:
    """What is not sent stays as it is: the default is none that could be sent."""
    schema.pop("default", None)


class TaskStatusBody(Schema):
    """The body of PATCH /tasks/{id}: what is to change."""

    status: Literal["OPEN", "DONE"] = "OPEN"
    title: Annotated[Name, Field(json_schema_extra=_without_default)] = ""
    due_on: Day | None = None
    """Null: without a date."""
    note: Note | None = None
    account_manager_id: ManagerId | None = None
    """Whom it is given to; null gives it back to the client's account manager."""

    @model_validator(mode="after")
    def _something(self) -> "TaskStatusBody":
        if not self.model_fields_set:
            raise ValueError("Send what is to change: status, title, due_on, note or account_manager_id.")
        return self

    @property
    def changes(self) -> dict[str, Any]:
        """The fields that were sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}
