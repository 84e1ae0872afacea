"""Answers about keys of connectors."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.api.schemas.api_keys import Permission
from chalicelib.api.shapes.common import Day, Id, Instant, Page
from chalicelib.domain.ids import API_KEY_ID_PATTERN


class ApiKey(TypedDict):
    """A connector's key, without its secret."""

    id: Annotated[str, Field(pattern=API_KEY_ID_PATTERN)]
    name: str
    permissions: list[Permission]
    account_manager_id: Id | None
    """The account manager that the key speaks for."""
    created_at: Instant
    last_used_on: Day | None
    """The UTC date of its last use; null: never."""


class ApiKeyList(Page):
    """The tenant's keys, newest first."""

    items: list[ApiKey]


class CreatedApiKey(ApiKey):
    """A new key with its credential, which is never shown again."""

    key: Annotated[str, Field(pattern=r"^hk_[A-Z2-7]{16}_[A-Za-z0-9_-]{43}$")]
