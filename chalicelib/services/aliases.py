"""What clients are called in other systems, so that their records find the same client under any of its names."""

from __future__ import annotations

from collections.abc import Container, Sequence
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

CHUNK: Final = 1_000
CHUNKS: Final = 20
"""Aliases that a page of some clients' walks past at most: such a page may be short, and its cursor goes on."""


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

    def listed(
        self,
        tenant: TenantId,
        source: str | None,
        after: str | None,
        limit: int,
        clients: Container[str] | None = None,
    ) -> tuple[list[Alias], str | None]:
        """At most `limit` aliases (of a source, of some clients) that follow a place, and the place to go on after.

        The place is None at the end.
        """
        if clients is None:
            return _page(self._store.listed(tenant, source, after, limit + 1), limit)
        found: list[tuple[str, Alias]] = []
        for _ in range(CHUNKS):
            chunk = self._store.listed(tenant, source, after, CHUNK)
            found += [each for each in chunk if each[1].client_id in clients]
            if len(found) > limit or len(chunk) < CHUNK:
                return _page(found, limit)
            after = chunk[-1][0]
        return [alias for _, alias in found], after


def _page(found: Sequence[tuple[str, Alias]], limit: int) -> tuple[list[Alias], str | None]:
    return [alias for _, alias in found[:limit]], found[limit - 1][0] if len(found) > limit else None
