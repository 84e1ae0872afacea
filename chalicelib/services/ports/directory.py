"""Where tickets are, by id."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from chalicelib.domain.facts import Timestamp
from chalicelib.domain.ids import TenantId, TicketKey
from chalicelib.domain.ticket_directory import Arrival, Arrivals, Deletion, Leaf
from chalicelib.services.errors import Failed, raised


class TicketDirectory(Protocol):
    """Where tickets are, by id; and what is on the move until it is settled."""

    def announce(
        self,
        tenant: TenantId,
        page: int,
        received: Timestamp,
        arrivals: Sequence[Arrival],
        deletions: Sequence[Deletion],
    ) -> None:
        """Notes what a request is about to store; it is settled with the refresh of a page."""

    def pending(self, tenant: TenantId, page: int | None = None, failed: Failed = raised) -> Iterator[Arrivals]:
        """What is not settled yet: of a page's refresh, or (None) of all. Sees every acknowledged write.

        `failed` is told the names of what cannot be read.
        """

    def forget(self, tenant: TenantId, settled: Iterable[Arrivals]) -> None:
        """Takes away what is settled."""

    def leaves(self, tenant: TenantId, wanted: Iterable[TicketKey]) -> list[Leaf]:
        """The leaves of keys in order, each key's among them, with what is known of these keys at least.

        Sees every acknowledged write. Raises DirectoryDamagedError when something that it had learned is lost.
        """

    def put_leaf(self, tenant: TenantId, leaf: Leaf) -> bool:
        """Writes what is known of a leaf's keys, in several where it has grown too large; False if another came first.

        A key without seats leads nowhere.
        """

    def unregistered(self, tenant: TenantId, pages: int) -> set[int]:
        """The roster pages whose tickets are not all in the directory yet: of a tenant without a directory all."""

    def register(self, tenant: TenantId, page: int) -> None:
        """Notes that all tickets of a page are in the directory."""
