"""What clients are called in other systems."""

from collections.abc import Sequence
from typing import Protocol

from chalicelib.domain.aliases import Alias
from chalicelib.domain.ids import RecordId, TenantId


class AliasStore(Protocol):
    def of_client(self, tenant: TenantId, client: RecordId) -> list[Alias]:
        """A client's aliases, in a fixed order."""

    def listed(self, tenant: TenantId, source: str | None, after: str | None, limit: int) -> list[tuple[str, Alias]]:
        """Aliases (of a source) with their places, in the order of these, from the one that follows a place."""

    def replace(self, tenant: TenantId, client: RecordId, aliases: Sequence[Alias]) -> Alias | None:
        """Makes these all aliases of a client; returns one that another client has, and then nothing changed.

        Safe to repeat. Of two at the same time both may stand, each whole.
        """

    def holders(self, tenant: TenantId, source: str, values: Sequence[str]) -> dict[str, RecordId]:
        """The clients that have these aliases of a source, by value. Sees every acknowledged write."""

    def claim(self, tenant: TenantId, alias: Alias) -> RecordId:
        """Gives a client an alias if nobody has it; answers who has it then."""
