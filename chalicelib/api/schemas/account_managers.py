"""The body of an account manager."""

from chalicelib.api.schemas.fields import Email, Name
from chalicelib.api.schemas.validation import Schema


class AccountManagerBody(Schema):
    """The body of PUT /account-managers/{id}."""

    name: Name
    email: Email
