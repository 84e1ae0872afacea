"""Connections in memory: their store, marks, queue and sealer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from chalicelib.domain.connections import Connection, Seen, SyncMark, SyncMessage, Work
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.outbound import Answer, Request, UnreachableError
from chalicelib.services.errors import LeasedError, TryAgainError


class FakeConnectionStore:
    def __init__(self) -> None:
        self._held: dict[tuple[TenantId, str], Connection] = {}
        self._leases: dict[tuple[TenantId, str], tuple[str, Instant]] = {}
        self._seen: dict[tuple[TenantId, str], Seen] = {}

    def all(self, tenant: TenantId) -> list[Connection]:
        return [found for (owner, _), found in sorted(self._held.items(), key=lambda each: each[0]) if owner == tenant]

    def get(self, tenant: TenantId, connection: str) -> Connection | None:
        return self._held.get((tenant, connection))

    def add(self, tenant: TenantId, connection: Connection) -> bool:
        return self._held.setdefault((tenant, connection.id), connection) == connection

    def replace(self, tenant: TenantId, connection: Connection) -> bool:
        held = self._held.get((tenant, connection.id))
        if held is None or held.version != connection.version - 1:
            return held is not None and replace(held, work=Work()) == replace(connection, work=Work())
        self._held[tenant, connection.id] = replace(connection, work=held.work)
        return True

    def remove(self, tenant: TenantId, connection: str) -> None:
        self._held.pop((tenant, connection), None)
        self._leases.pop((tenant, connection), None)
        self._seen.pop((tenant, connection), None)

    def lease(self, tenant: TenantId, connection: str, token: str, now: Instant, until: Instant) -> Connection | None:
        place = tenant, connection
        if place not in self._held:
            return None
        holder, ends = self._leases.get(place, (token, 0))
        if holder != token and ends >= now:
            raise LeasedError
        self._leases[place] = token, until
        return self._held[place]

    def save(self, tenant: TenantId, connection: str, token: str, work: Work) -> bool:
        place = tenant, connection
        if place not in self._held or self._leases.get(place, ("", 0))[0] != token:
            return False
        self._leases[place] = token, Instant(0)
        self._held[place] = replace(self._held[place], work=work)
        return True

    def seen(self, tenant: TenantId, connection: str) -> Seen:
        return self._seen.get((tenant, connection), Seen())

    def put_seen(self, tenant: TenantId, connection: str, seen: Seen) -> None:
        self._seen[tenant, connection] = seen


class FakeSyncMarks:
    def __init__(self) -> None:
        self._held: dict[tuple[TenantId, str], SyncMark] = {}

    def marks(self, shard: int) -> Iterator[SyncMark]:
        from chalicelib.adapters.dynamodb.keys import registry_shard

        found = sorted(self._held.values())
        return iter([mark for mark in found if registry_shard(mark.tenant) == shard])

    def mark(self, tenant: TenantId, connection: str, due: Instant, *, is_aside: bool = False) -> None:
        self._held[tenant, connection] = SyncMark(tenant, connection, due, is_aside)

    def remove(self, tenant: TenantId, connection: str) -> None:
        self._held.pop((tenant, connection), None)


class FakeSyncQueue:
    def __init__(self) -> None:
        self.sent: list[SyncMessage] = []
        self.broken = False

    def send(self, messages: Sequence[SyncMessage]) -> None:
        if self.broken and messages:
            raise TryAgainError(f"{len(messages)} messages could not be sent")
        self.sent += messages


class FakeSealer:
    """Seals so that everybody can see who it is for."""

    def seal(self, tenant: TenantId, owner: str, plain: str) -> str:
        return f"{tenant}|{owner}|{plain[::-1]}"

    def opened(self, tenant: TenantId, owner: str, sealed: Mapping[str, str]) -> dict[str, str]:
        found = {}
        for name, text in sealed.items():
            sealed_for, sealed_owner, backwards = text.split("|", 2)
            assert (sealed_for, sealed_owner) == (tenant, owner)
            found[name] = backwards[::-1]
        return found


class NoOutbound:
    """Reaches nobody."""

    def __call__(self, request: Request) -> Answer:
        raise UnreachableError("The connection could not be made, or broke off.")
