"""What a source deletes without telling: now and then each record that is held of it is asked for.

Nothing but records of the connection's own source is ever deleted; and not many at once without a person's word: a
source that suddenly has nothing has more likely lost its rights than its tickets.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Protocol

from chalicelib.connections.source import Source
from chalicelib.domain.connections import Connection, Sweep, Work
from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.services.record_ids import HeldId
from chalicelib.services.sent_records import Outcome, SentRecord

SWEEP_SECONDS: Final = 7 * 86_400
ASKED_AT_ONCE: Final = 150
"""Ids of one question: an address of 2,000 characters holds them."""

FREELY: Final = 50
"""Records of a stream that may be deleted at once without a person's word; or a tenth of them, if that is more."""

MOST_KEPT: Final = 1_000
"""Missing records of one stream that are kept until its end; further ones are found by the next sweep."""

BATCH: Final = 500


class Ids(Protocol):
    """The ids of held records (`services.record_ids`)."""

    def listed(
        self, tenant: TenantId, record_type: str, prefix: str, after: tuple[str, str] | None, limit: int
    ) -> tuple[list[HeldId], tuple[str, str] | None]: ...


class Intake(Protocol):
    """The intake that `POST /records` uses."""

    def take(self, tenant: TenantId, records: Sequence[SentRecord], *, backfill: bool) -> Outcome: ...


def is_due(connection: Connection, source: Source, now: Instant) -> bool:
    """Whether a source is to be asked what it still has: each week, and once a person said that many may go."""
    work = connection.work
    if not source.swept or work.swept_at is None:
        return False
    waiting = max(work.refused.values(), default=0)
    return now - work.swept_at >= SWEEP_SECONDS or 0 < waiting <= connection.deletions_allowed


class Deletions:
    """Sweeps of connections."""

    def __init__(self, ids: Ids, intake: Intake) -> None:
        self._ids, self._intake = ids, intake

    def sweep(
        self, tenant: TenantId, connection: Connection, source: Source, work: Work, has_time: Callable[[], bool]
    ) -> Work:
        """Goes on with a sweep, or begins one, while there is time.

        Raises OutboundError: what was asked by then is asked again.
        """
        streams = list(source.swept)
        while has_time():
            held = work.sweep or Sweep(streams[0])
            work = self._asked(tenant, connection, source, replace(work, sweep=held), held)
            if work.sweep is None:
                break
        return work

    def _asked(self, tenant: TenantId, connection: Connection, source: Source, work: Work, sweep: Sweep) -> Work:
        prefix = f"{connection.source}."
        kind = source.swept[sweep.stream]
        held, after = self._ids.listed(tenant, kind, prefix, sweep.after, ASKED_AT_ONCE)
        # Ids that were made of longer ones cannot be asked for; they are left alone.
        own = {each.id.removeprefix(prefix): each for each in held if each.id.removeprefix(prefix).isdigit()}
        existing = source.existing(sweep.stream, list(own)) if own else frozenset[str]()
        missing = [(each.client_id or "", each.id) for own_id, each in own.items() if own_id not in existing]
        sweep = Sweep(
            stream=sweep.stream,
            after=after,
            held=sweep.held + len(own),
            missing=(*sweep.missing, *missing)[:MOST_KEPT],
            found=sweep.found + len(missing),
        )
        if after is not None:
            return replace(work, sweep=sweep)
        refused = {name: count for name, count in work.refused.items() if name != sweep.stream}
        # A person's word is for what was waiting for it, once.
        allowed = connection.deletions_allowed if sweep.stream in work.refused else 0
        if sweep.found <= max(FREELY, sweep.held // 10, allowed):
            self._delete(tenant, kind, sweep)
        else:
            refused[sweep.stream] = sweep.found
        streams = list(source.swept)
        place = streams.index(sweep.stream) + 1
        following = Sweep(streams[place]) if place < len(streams) else None
        return replace(work, sweep=following, refused=refused)

    def _delete(self, tenant: TenantId, kind: str, sweep: Sweep) -> None:
        gone = [
            _deletion(place % BATCH, kind, RecordId(record), RecordId(client))
            for place, (client, record) in enumerate(sweep.missing)
        ]
        for start in range(0, len(gone), BATCH):
            self._intake.take(tenant, gone[start : start + BATCH], backfill=True)


def _deletion(place: int, kind: str, record: RecordId, client: RecordId) -> SentRecord:
    return SentRecord(place=place, type=kind, id=record, client_id=client, updated_at=None, deleted=True, fields={})
