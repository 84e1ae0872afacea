"""The journals of clients, and requests that may be repeated."""

from collections.abc import Iterator
from typing import Any, Protocol

from chalicelib.domain.activities import JournalEntry
from chalicelib.domain.facts import Instant
from chalicelib.domain.idempotency import Answered, Pinned
from chalicelib.domain.ids import RecordId, TenantId


class JournalStore(Protocol):
    """The journals of clients: what was logged of each, newest first by the time of what was logged."""

    def put(self, tenant: TenantId, page: int, client: RecordId, entry: JournalEntry) -> None:
        """Stores an entry unless it stands there already."""

    def newest(
        self, tenant: TenantId, page: int, client: RecordId, before: tuple[Instant, RecordId] | None, chunk: int
    ) -> Iterator[JournalEntry]:
        """A client's entries newest first, those before a place if one is given, read in chunks as they are taken."""

    def replace(self, tenant: TenantId, page: int, client: RecordId, before: JournalEntry, after: JournalEntry) -> bool:
        """Stores what became of an entry, perhaps at another time; False when another change came first."""


class IdempotencyStore(Protocol):
    def begin(self, tenant: TenantId, key: str, client: RecordId, now: Instant) -> Answered | None:
        """Notes that a request has begun; returns the earlier request with this key if there is one."""

    def finish(self, tenant: TenantId, key: str, client: RecordId, answer: Any, now: Instant) -> None: ...

    def pin(self, tenant: TenantId, key: str, client: RecordId, asked: str, now: Instant) -> Pinned:
        """Notes that a request has come whose repeats may all go on, from the same moment; returns what stands."""

    def answer(self, tenant: TenantId, key: str, pinned: Pinned, answer: Any, now: Instant) -> None:
        """Keeps the answer of a pinned request."""

    def abandon(self, tenant: TenantId, key: str) -> None:
        """Forgets a request that failed, so that it may be tried again."""
