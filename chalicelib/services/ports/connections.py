"""What connections to other systems need of the outside world."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from chalicelib.domain.connections import Connection, Seen, SyncMark, SyncMessage, Work
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId


class ConnectionStore(Protocol):
    """A tenant's connections."""

    def all(self, tenant: TenantId) -> list[Connection]:
        """All of a tenant's, by id. Sees every acknowledged write."""

    def get(self, tenant: TenantId, connection: str) -> Connection | None:
        """Sees every acknowledged write."""

    def add(self, tenant: TenantId, connection: Connection) -> bool:
        """Puts a new one; False where its id is taken by another than this very one."""

    def replace(self, tenant: TenantId, connection: Connection) -> bool:
        """Replaces what the user set of the version before this one's; False where another came first or it is gone.

        The worker's part stays as it is.
        """

    def remove(self, tenant: TenantId, connection: str) -> None:
        """Takes a connection and what it saw away; its records stay."""

    def lease(self, tenant: TenantId, connection: str, token: str, now: Instant, until: Instant) -> Connection | None:
        """The connection, for whoever has the token alone until an instant; None where there is none.

        Raises LeasedError where another has it.
        """

    def save(self, tenant: TenantId, connection: str, token: str, work: Work) -> bool:
        """Replaces the worker's part and gives the lease back; False where the lease is another's or it is gone."""

    def seen(self, tenant: TenantId, connection: str) -> Seen:
        """What it saw; nothing at first."""

    def put_seen(self, tenant: TenantId, connection: str, seen: Seen) -> None: ...


class SyncMarks(Protocol):
    """When which connection is to be looked at: of no tenant, so that one walk finds them all."""

    def marks(self, shard: int) -> Iterator[SyncMark]:
        """All marks of a registry shard."""

    def mark(self, tenant: TenantId, connection: str, due: Instant, *, is_aside: bool = False) -> None: ...

    def remove(self, tenant: TenantId, connection: str) -> None: ...


class SyncQueue(Protocol):
    """The queue of steps."""

    def send(self, messages: Sequence[SyncMessage]) -> None:
        """Raises TryAgainError."""


class Sealer(Protocol):
    """Seals secrets for one owner of one tenant; what was sealed for another cannot be opened."""

    def seal(self, tenant: TenantId, owner: str, plain: str) -> str: ...

    def opened(self, tenant: TenantId, owner: str, sealed: Mapping[str, str]) -> dict[str, str]: ...
