"""The bodies of alerts and tasks."""

from typing import Literal

from chalicelib.api.schemas.validation import Schema


class AlertStatusBody(Schema):
    """The body of PATCH /alerts/{id}."""

    status: Literal["OPEN", "ACKNOWLEDGED", "RESOLVED"]


class TaskStatusBody(Schema):
    """The body of PATCH /tasks/{id}."""

    status: Literal["OPEN", "DONE"]
