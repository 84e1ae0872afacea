"""The body of an account manager."""

from typing import Annotated

from pydantic import Field

from chalicelib.api.schemas.fields import Email, Id, Name
from chalicelib.api.schemas.validation import Schema


class AccountManagerBody(Schema):
    """The body of PUT /account-managers/{id}."""

    name: Name
    email: Email


class ClientsBody(Schema):
    """The body of POST /account-managers/{id}/clients."""

    client_ids: Annotated[list[Id], Field(min_length=1, max_length=100)]
