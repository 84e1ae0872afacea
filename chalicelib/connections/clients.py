"""Whose a row is: clients by alias alone; new ones only where the connection says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from chalicelib.connections.records import NewClient
from chalicelib.domain.aliases import Alias
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.text import folded
from chalicelib.importing.clients import slug, told_apart

if TYPE_CHECKING:
    from chalicelib.domain.blocks import Seat
    from chalicelib.services.ports.aliases import AliasStore


class Seats(Protocol):
    """The part of the roster that is needed here."""

    def seats(self, tenant: TenantId, clients: Iterable[RecordId]) -> dict[str, Seat]: ...


class Clients:
    """Finds clients by what a system calls them."""

    def __init__(self, names: AliasStore, roster: Seats) -> None:
        self._names, self._roster = names, roster

    def found(self, tenant: TenantId, source: str, own_ids: Iterable[str]) -> dict[str, RecordId]:
        """The clients that have these ids as aliases of a source; one that was erased since is none."""
        held = self._names.holders(tenant, source, sorted({*own_ids}))
        seats = self._roster.seats(tenant, {*held.values()}) if held else {}
        return {own_id: client for own_id, client in held.items() if client in seats}

    def created(self, tenant: TenantId, source: str, new: Sequence[NewClient]) -> dict[RecordId, NewClient]:
        """The ids that clients get who are not found, each with its alias: the alias first, so that a crash before the
        client's record leads the next try to the same id. One whose id another client has is left out."""
        claimed = self._names.holders(tenant, source, [each.id for each in new])
        ids = {**claimed, **self._ids(tenant, [each for each in new if each.id not in claimed])}
        found: dict[RecordId, NewClient] = {}
        for each in new:
            if each.id in ids:
                held = claimed.get(each.id) or self._names.claim(tenant, Alias(ids[each.id], source, each.id))
                found[held] = each
        return found

    def _ids(self, tenant: TenantId, new: Sequence[NewClient]) -> Mapping[str, RecordId]:
        """By name: one that another has, or that two want, gets a hash of the name behind it."""
        slugs = {each.id: slug(each.name) for each in new}
        apart = {each.id: told_apart(slugs[each.id], folded(each.name)) for each in new}
        wanted = {RecordId(text) for text in (*slugs.values(), *apart.values()) if text}
        held = self._roster.seats(tenant, wanted) if wanted else {}
        times, found = Counter(slugs.values()), dict[str, RecordId]()
        for each in new:
            plain = slugs[each.id]
            chosen = plain if plain and plain not in held and times[plain] == 1 else apart[each.id]
            if chosen not in held and chosen not in found.values():
                found[each.id] = RecordId(chosen)
        return found
