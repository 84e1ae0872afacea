"""Which records of a type are held: what a source compares with its own, to find what it has lost or deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from chalicelib.domain.blocks import other_blocks
from chalicelib.domain.facts import Timestamp
from chalicelib.domain.ids import RecordId, TenantId

if TYPE_CHECKING:
    from chalicelib.domain.blocks import Seat
    from chalicelib.services.ports.account_managers import AccountManagerStore
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.tenants import TenantStore

CLIENTS_READ: Final = 100
"""By one request: a page of a tenant whose clients have few records may have less than its limit, and go on."""


class HeldId(NamedTuple):
    """A record by its id; `client_id` is None for one that belongs to no client."""

    client_id: str | None
    id: str
    updated_at: Timestamp


class RecordIds:
    """Lists the records of a type by client, then id; deleted ones are left out."""

    def __init__(self, tenants: TenantStore, roster: Roster, managers: AccountManagerStore) -> None:
        self._tenants, self._roster, self._managers = tenants, roster, managers

    def listed(
        self, tenant: TenantId, record_type: str, prefix: str, after: tuple[str, str] | None, limit: int
    ) -> tuple[list[HeldId], tuple[str, str] | None]:
        """Records whose ids begin with a prefix, from those that follow a place (client, id), and the place to go on
        from; None at the end. Raises NotFoundError for an unknown tenant."""
        self._tenants.get(tenant)
        if record_type == "account_manager":
            held = [HeldId(None, each.id, each.updated_at) for each in self._managers.list(tenant)]
            return _page(sorted(held, key=_place), prefix, after, limit)
        found: list[HeldId] = []
        seats, last = self._seats(tenant, after)
        for client, own in self._held(tenant, record_type, seats):
            page, further = _page(own, prefix, after, limit - len(found))
            found += page
            if further is not None:
                return found, further
            if len(found) == limit and client != next(reversed(seats)):
                return found, (client, "~")
        return found, None if last is None else (last, "~")

    def _seats(self, tenant: TenantId, after: tuple[str, str] | None) -> tuple[dict[str, Seat], str | None]:
        """The clients of a page, the one of the place included, and the last of them where more may follow."""
        before = {} if after is None else self._roster.seats(tenant, [RecordId(after[0])])
        further = self._roster.seats_after(tenant, None if after is None else RecordId(after[0]), CLIENTS_READ)
        return {**before, **further}, list(further)[-1] if len(further) == CLIENTS_READ else None

    def _held(self, tenant: TenantId, record_type: str, seats: dict[str, Seat]) -> Iterator[tuple[str, list[HeldId]]]:
        if record_type == "client":
            stored = self._roster.clients(tenant, seats)
            for client in seats:
                yield client, [HeldId(client, client, stored[client].updated_at)] if client in stored else []
            return
        for client, seat in seats.items():
            own = RecordId(client)
            if record_type == "ticket":
                blocks = self._roster.tickets(tenant, own, seat)
            else:
                blocks = self._roster.blocks(tenant, other_blocks(own, seat))
            records = [block.records.get(record_type, {}) for block in blocks.values()]
            live = ((name, each) for held in records for name, each in held.items() if not each.deleted)
            yield client, sorted((HeldId(client, name, each.updated_at) for name, each in live), key=_place)


def _place(held: HeldId) -> tuple[str, str]:
    return held.client_id or "", held.id


def _page(
    held: list[HeldId], prefix: str, after: tuple[str, str] | None, limit: int
) -> tuple[list[HeldId], tuple[str, str] | None]:
    """The first of these (in order) that follow a place, and the place to go on from where that is not all."""
    wanted = [each for each in held if each.id.startswith(prefix) and (after is None or _place(each) > after)]
    more = len(wanted) > limit
    return wanted[:limit], _place(wanted[limit - 1]) if more else None
