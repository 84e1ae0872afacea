"""The bodies of alerts and tasks."""

from typing import Literal

from pydantic import Field

from chalicelib.api.schemas.fields import Day, Name
from chalicelib.api.schemas.validation import Schema


class AlertStatusBody(Schema):
    """The body of PATCH /alerts/{id}."""

    status: Literal["OPEN", "ACKNOWLEDGED", "RESOLVED"]


class TaskBody(Schema):
    """The body of POST /clients/{id}/tasks."""

    title: Name
    due_on: Day | None = None
    steps: list[Name] = Field([], max_length=10)


class TaskStatusBody(Schema):
    """The body of PATCH /tasks/{id}."""

    status: Literal["OPEN", "DONE"]
