"""Who calls, and where a list goes on."""

from collections.abc import Mapping
from typing import Any, Protocol


class Cursors(Protocol):
    """Cursors of lists: where the next page begins, bound to tenant, route and filters (`scope`)."""

    def sign(self, scope: str, place: list[Any]) -> str:
        """A cursor for a place in a list."""

    def read(self, scope: str, cursor: str) -> list[Any]:
        """The place of a cursor. Raises BadCursorError unless it was made for this scope a short time ago."""


class Tokens(Protocol):
    """ID tokens of the platform's issuer."""

    def claims(self, token: str) -> Mapping[str, Any]:
        """The claims of a valid token. Raises BadTokenError for any other."""
