"""The body of a client's aliases."""

from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from chalicelib.api.schemas.fields import Name, source
from chalicelib.api.schemas.validation import Schema
from chalicelib.domain.ids import SOURCE_PATTERN
from chalicelib.domain.text import folded
from chalicelib.services.aliases import MOST_ALIASES


class SentAlias(Schema):
    """What a client is called in another system."""

    source: Annotated[str, AfterValidator(source), WithJsonSchema({"type": "string", "pattern": SOURCE_PATTERN})]
    """The system's short name."""
    value: Name
    """The client's id or name there."""


def _told_apart(aliases: list[SentAlias]) -> list[SentAlias]:
    if len({(alias.source, folded(alias.value)) for alias in aliases}) < len(aliases):
        raise ValueError("Send each alias once: two of these are the same.")
    return aliases


class AliasesBody(Schema):
    """All aliases of a client: those that are left out are taken away."""

    aliases: Annotated[list[SentAlias], Field(max_length=MOST_ALIASES), AfterValidator(_told_apart)]
