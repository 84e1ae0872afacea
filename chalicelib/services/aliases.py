"""What clients are called in other systems, so that their records find the same client under any of its names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from chalicelib.domain.errors import ConflictError
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.services.known_clients import seat_of

if TYPE_CHECKING:
    from chalicelib.domain.aliases import Alias
    from chalicelib.services.ports.aliases import AliasStore
    from chalicelib.services.ports.clients import Roster

MOST_ALIASES: Final = 20
"""Of one client; a change is one transaction, of two items each for those that come and those that go."""


class AliasTakenError(ConflictError):
    """An alias is another client's."""

    def __init__(self, held: Alias) -> None:
        super().__init__(f"An alias of {held.source} that you send is client {held.client_id}'s.")


class Aliases:
    """The aliases of clients."""

    def __init__(self, roster: Roster, store: AliasStore) -> None:
        self._roster, self._store = roster, store

    def of_client(self, tenant: TenantId, client: RecordId) -> list[Alias]:
        """Raises NotFoundError."""
        seat_of(self._roster, tenant, client)
        return self._store.of_client(tenant, client)

    def replace(self, tenant: TenantId, client: RecordId, aliases: Sequence[Alias]) -> list[Alias]:
        """Makes these a client's aliases, at most MOST_ALIASES. Raises NotFoundError, AliasTakenError."""
        seat_of(self._roster, tenant, client)
        held = self._store.replace(tenant, client, aliases)
        if held is not None:
            raise AliasTakenError(held)
        return self._store.of_client(tenant, client)

    def listed(self, tenant: TenantId, source: str | None, after: str | None, limit: int) -> list[tuple[str, Alias]]:
        """Aliases (of a source) with their places, from the one that follows a place."""
        return self._store.listed(tenant, source, after, limit)
