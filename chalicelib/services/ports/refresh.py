"""What is still to be done: refresh marks, due marks, clients that were put aside, the queue."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from chalicelib.domain.facts import Instant
from chalicelib.domain.history import Trigger
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.messages import ScoringMessage
from chalicelib.domain.run import DueMark, FailedClient, RefreshClaim, Walk


class DueMarkStore(Protocol):
    """Which tenants have something left to do."""

    def mark(self, tenant: TenantId, due: Instant, now: Instant, *, night: Instant | None = None) -> int:
        """Marks that a tenant will have something to do, or (`night`: a run's `as_of`) a night; returns the version.

        A standing mark stays due when it was, and becomes another version: whoever has read it cannot clear it.
        """

    def marks(self, shard: int) -> Iterator[DueMark]:
        """All marks of a registry shard."""

    def postpone(self, mark: DueMark, due: Instant, *, failed: bool = False) -> None:
        """Lets others come first from now on, unless the mark has changed; `failed` counts a try."""

    def clear(self, tenant: TenantId, version: int, *, night: Instant | None = None) -> None:
        """Takes a mark away if it still has this version."""

    def resume(self, mark: DueMark) -> None:
        """Makes a mark that was put aside due again, unless it has changed."""

    def walk(self) -> Walk:
        """How far the walk came that gives every tenant a mark."""

    def save_walk(self, walk: Walk) -> None: ...


class AsideStore(Protocol):
    """Clients that were put aside because they could not be computed."""

    def put(self, tenant: TenantId, failed: FailedClient) -> None:
        """Notes a client, unless a later failure of it is noted."""

    def list(self, tenant: TenantId) -> list[FailedClient]: ...

    def remove(self, tenant: TenantId, client: RecordId) -> None:
        """Forgets a client; nothing when it is not noted."""


class RefreshMarkStore(Protocol):
    """Marks on roster pages: which clients are to be refreshed."""

    def mark(self, tenant: TenantId, page: int, clients: Mapping[str, Trigger | None], now: Instant) -> Instant:
        """Marks clients with their triggers, or WHOLE_PAGE; returns since when the page is marked (`now`: by this
        call)."""

    def lost(self, tenant: TenantId, marks: Mapping[int, Mapping[str, Trigger | None]]) -> set[int]:
        """The pages of which some of these marks stand no more: a refresh has taken them on."""

    def marked_since(self, tenant: TenantId, pages: Iterable[int]) -> dict[int, Instant]:
        """Since when something waits on pages, marked or claimed; pages where nothing does are left out."""

    def claim(self, tenant: TenantId, page: int, now: Instant) -> RefreshClaim | None:
        """Takes on what is marked, or the claim that a crash left; None when nothing is."""

    def release(self, tenant: TenantId, page: int, claim: RefreshClaim) -> None: ...


class ScoringQueue(Protocol):
    """The queue of scoring messages."""

    def send(self, messages: Sequence["ScoringMessage"]) -> None:
        """Sends all messages, entries that fail again. Raises NotSentError when some keep failing, TryAgainError when
        all do."""
