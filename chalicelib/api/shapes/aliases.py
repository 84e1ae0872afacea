"""Answers about aliases."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.api.shapes.common import Id, Page
from chalicelib.domain.ids import SOURCE_PATTERN


class Alias(TypedDict):
    """What a client is called in another system."""

    source: Annotated[str, Field(pattern=SOURCE_PATTERN)]
    """The system's short name."""
    value: str
    """The client's id or name there."""


class ClientAliases(TypedDict):
    """What a client is called in other systems."""

    aliases: list[Alias]


class ListedAlias(Alias):
    """A client's name in a system."""

    client_id: Id


class AliasList(Page):
    """Aliases of all clients."""

    items: list[ListedAlias]
