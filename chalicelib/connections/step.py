"""A step of a connection: some pages of its source, one intake of what they say, then the cursor.

A crash before the cursor is stored repeats the step, which changes nothing: records that say what is held are none.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from chalicelib.connections import kinds
from chalicelib.connections.clients import Clients
from chalicelib.connections.deletions import Deletions, Ids, Intake, is_due
from chalicelib.connections.mapping import LONGEST_ENTRY, mapped
from chalicelib.connections.records import NewClient, SourceRecord
from chalicelib.connections.source import LONGEST_PICKED, MOST_PICKED, Row, Since, Skip, Source
from chalicelib.domain.connections import (
    MOST_GAPS,
    MOST_SKIPPED,
    NOTHING,
    Connection,
    Counts,
    Failure,
    LastTest,
    Picked,
    Progress,
    Skipped,
    Work,
    owner_of,
)
from chalicelib.domain.facts import Instant, Timestamp
from chalicelib.domain.ids import RecordId, TenantId, TicketKey
from chalicelib.domain.outbound import (
    Answer,
    BusyError,
    OutboundError,
    RefusedError,
    Request,
    Send,
    UnreachableError,
    UnreadableError,
)
from chalicelib.domain.source_ids import record_id
from chalicelib.domain.ticket_copies import ticket_key
from chalicelib.domain.times import midnight
from chalicelib.services.errors import LeasedError
from chalicelib.services.sent_records import SentRecord

if TYPE_CHECKING:
    from chalicelib.domain.ticket_directory import Arrivals, Leaf
    from chalicelib.services.ports.connections import ConnectionStore, Sealer, SyncMarks
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.tenants import TenantStore

ROWS: Final = 500
"""Of one intake."""

ENOUGH_ROWS: Final = 250
"""With more than these no further page is read: a page has at most as many."""

STEP_SECONDS: Final = 8
MOST_SECONDS: Final = 35
"""After which no further request of one step is sent: the last may take 12, and the function has 60."""

LEASE_SECONDS: Final = 70
OVERLAP_SECONDS: Final = 300
MOST_PAGES: Final = 20_000
"""Of one run of a stream: 2,000,000 rows. A source that lists more lists for ever."""

TRIES: Final = 20
TRIES_REFUSED: Final = 3
"""Credentials that are refused are not tried twenty times: systems lock accounts for that."""

LONGEST_DELAY: Final = 900
"""Seconds that a message can wait."""

IDLE_SECONDS: Final = 6 * 3600
"""When a connection that is not to run is looked at next."""

NO_CLIENT: Final = "no client has its company's id as an alias"


class Stepped(NamedTuple):
    """What came of a step: after how many seconds the next one is due (None: not by a message), and what to count."""

    again: int | None = None
    counts: Counts = Counts()
    failed: bool = False
    completed: bool = False


class Directory(Protocol):
    """The part of the directory of ticket ids that is needed here."""

    def pending(self, tenant: TenantId) -> Iterator[Arrivals]: ...

    def leaves(self, tenant: TenantId, wanted: Iterable[TicketKey]) -> list[Leaf]: ...


class _Read(NamedTuple):
    """Rows with their streams, the work after them, and what ended the reading early."""

    rows: list[tuple[str, Row]]
    work: Work
    error: OutboundError | None


MakeSource = Callable[[str, Mapping[str, str], Send], Source]


class Steps:
    """Does steps and tests of connections."""

    def __init__(
        self,
        store: ConnectionStore,
        marks: SyncMarks,
        sealer: Sealer,
        clients: Clients,
        intake: Intake,
        directory: Directory,
        ids: Ids,
        tenants: TenantStore,
        clock: Clock,
        send: Send,
        given: Mapping[str, Mapping[str, str]],
        make: MakeSource = kinds.made,
    ) -> None:
        """`given`: by kind what the deployment adds to its settings."""
        self._store, self._marks, self._sealer, self._clients = store, marks, sealer, clients
        self._intake, self._directory, self._tenants = intake, directory, tenants
        self._clock, self._send, self._given, self._make = clock, send, given, make
        self._deletions = Deletions(ids, intake)

    def step(self, tenant: TenantId, connection_id: str, token: str) -> Stepped:
        """Goes on with a connection's sync, or begins one. Nothing where another step is under way."""
        connection = self._leased(tenant, connection_id, token)
        if connection is None:
            return Stepped()
        now = self._clock()
        work = connection.work
        if connection.state != "running" or connection.is_aside:
            self._store.save(tenant, connection_id, token, work)
            self._marks.mark(tenant, connection_id, now + IDLE_SECONDS, is_aside=connection.is_aside)
            return Stepped()
        if work.aside_version:
            work = replace(work, aside_version=0, failure=None)
        if work.epoch != connection.epoch:
            work = Work(connection.epoch, test=work.test, last=work.last, synced_at=work.synced_at)
        quiet = self._quiet_minutes(tenant, connection, now) if work.stream is None else 0
        if quiet:
            later = now + 60 * quiet
            self._store.save(tenant, connection_id, token, replace(work, next_at=later))
            self._marks.mark(tenant, connection_id, later)
            return Stepped()
        return self._stepped(tenant, connection, token, work, now)

    def test(self, tenant: TenantId, connection_id: str, token: str) -> bool:
        """Asks the source who it is, and for its lists; False where another step is under way: ask again later."""
        try:
            connection = self._store.lease(tenant, connection_id, token, self._clock(), self._clock() + LEASE_SECONDS)
        except LeasedError:
            return False
        if connection is None:
            return True
        try:
            source = self._source(tenant, connection)
            tested = source.test()
            picked = source.picklists()
        except OutboundError as error:
            found = LastTest(self._clock(), False, str(error))
        else:
            found = LastTest(self._clock(), True, tested.who[:200], dict(tested.counts))
            lists = {
                name: tuple(
                    Picked(each.id, each.name[:LONGEST_PICKED], each.meaning)
                    for each in choices[:MOST_PICKED]
                    if each.id.isascii() and 0 < len(each.id) <= LONGEST_ENTRY
                )
                for name, choices in picked.items()
            }
            seen = self._store.seen(tenant, connection_id)
            self._store.put_seen(tenant, connection_id, seen._replace(picklists=lists))
        self._store.save(tenant, connection_id, token, replace(connection.work, test=found))
        return True

    def _leased(self, tenant: TenantId, connection_id: str, token: str) -> Connection | None:
        now = self._clock()
        try:
            connection = self._store.lease(tenant, connection_id, token, now, now + LEASE_SECONDS)
        except LeasedError:
            return None  # whoever has it goes on; where that one died, the connection's mark stands
        if connection is None:
            self._marks.remove(tenant, connection_id)
        return connection

    def _quiet_minutes(self, tenant: TenantId, connection: Connection, now: Instant) -> int:
        if connection.quiet_hours is None:
            return 0
        local = datetime.fromtimestamp(now, self._tenants.get(tenant).zone)
        return connection.quiet_hours.remaining(60 * local.hour + local.minute)

    def _source(self, tenant: TenantId, connection: Connection) -> Source:
        secrets = self._sealer.opened(tenant, owner_of(connection.id), connection.secrets)
        settings = {
            **connection.settings,
            **secrets,
            **self._given.get(connection.kind, {}),
            "first_response": connection.first_response,
        }
        begun = self._clock()

        def send(request: Request) -> Answer:
            if self._clock() - begun >= MOST_SECONDS:
                raise UnreachableError("The system answers too slowly.")
            return self._send(request)

        return self._make(connection.kind, settings, send)

    def _stepped(self, tenant: TenantId, connection: Connection, token: str, work: Work, now: Instant) -> Stepped:
        source = self._source(tenant, connection)
        if work.stream is None and (work.sweep is not None or is_due(replace(connection, work=work), source, now)):
            return self._swept(tenant, connection, source, token, work, now)
        if work.stream is None:
            work = replace(work, stream=source.streams[0], begun=now, counts=Counts())
        is_first = any(work.streams.get(name, Progress()).watermark is None for name in source.streams)
        read = self._read(source, connection, work, now)
        counts, skipped = self._taken(tenant, connection, source, read.rows, now, backfill=is_first)
        if skipped:
            seen = self._store.seen(tenant, connection.id)
            kept = (*seen.skipped, *skipped)[-MOST_SKIPPED:]
            self._store.put_seen(tenant, connection.id, seen._replace(skipped=kept))
        work = replace(read.work, counts=read.work.counts.plus(counts))
        return self._saved(tenant, connection, token, *self._ended(connection, work, read.error, now), counts, now)

    def _swept(
        self, tenant: TenantId, connection: Connection, source: Source, token: str, work: Work, now: Instant
    ) -> Stepped:
        """A step of the sweep that finds what was deleted without a word; the sync comes after it."""
        try:
            work = self._deletions.sweep(tenant, connection, source, work, lambda: self._clock() - now < STEP_SECONDS)
        except OutboundError as error:
            return self._saved(tenant, connection, token, *self._failed(connection, work, error, now), NOTHING, now)
        if work.sweep is None:
            work = replace(work, swept_at=now)
        return self._saved(tenant, connection, token, replace(work, failure=None), 0, NOTHING, now)

    def _saved(
        self,
        tenant: TenantId,
        connection: Connection,
        token: str,
        work: Work,
        again: int | None,
        counts: Counts,
        now: Instant,
    ) -> Stepped:
        """Stores how far a step came, gives its lease back, and marks the next look."""
        is_aside, failed = work.aside_version > 0, work.failure is not None
        if not self._store.save(tenant, connection.id, token, work):
            return Stepped(counts=counts)  # it was taken away meanwhile, or the lease ran out: another goes on
        if again is None:
            due = now + IDLE_SECONDS if work.next_at is None else work.next_at
            self._marks.mark(tenant, connection.id, due, is_aside=is_aside)
        completed = not failed and work.stream is None and work.synced_at == now
        return Stepped(again, counts, failed=failed, completed=completed)

    def _read(self, source: Source, connection: Connection, work: Work, now: Instant) -> _Read:
        """Pages, until enough rows are together, some seconds are over, or the source fails."""
        rows: list[tuple[str, Row]] = []
        while work.stream is not None and len(rows) <= ENOUGH_ROWS and self._clock() - now < STEP_SECONDS:
            stream = work.stream
            held = work.streams.get(stream, Progress())
            since = Since(_since(connection, held), held.watermark is None)
            try:
                page = source.page(stream, since, held.cursor)
                if page.cursor is not None and (page.cursor == held.cursor or held.pages >= MOST_PAGES):
                    raise UnreadableError("The list that the system gives does not end.")
            except OutboundError as error:
                return _Read(rows, work, error)
            rows += ((stream, row) for row in page.rows)
            started = min(now if page.at is None else page.at, now) if held.started is None else held.started
            if page.cursor is not None:
                progress = Progress(held.watermark, started, page.cursor, held.pages + 1)
            else:
                # A run is read by the source's time, from some minutes before: what was being changed when it began
                # comes with the next one.
                progress = Progress(max(started - OVERLAP_SECONDS, held.watermark or Instant(0)))
                place = source.streams.index(stream) + 1
                stream = source.streams[place] if place < len(source.streams) else None  # type: ignore[assignment]
            work = replace(
                work,
                streams={**work.streams, work.stream: progress},
                stream=stream,
                calls_left=page.calls_left if page.calls_left is not None else work.calls_left,
            )
        return _Read(rows, work, None)

    def _taken(
        self,
        tenant: TenantId,
        connection: Connection,
        source: Source,
        rows: Sequence[tuple[str, Row]],
        now: Instant,
        *,
        backfill: bool,
    ) -> tuple[Counts, list[Skipped]]:
        """Stores what rows say; returns what became of them, and those that were skipped."""
        if not rows:
            return Counts(), []
        meant = mapped(connection.mapping, connection.first_response)
        skipped: list[Skipped] = []
        records: list[tuple[str, SourceRecord]] = []
        new: list[tuple[str, NewClient]] = []
        gone: list[str] = []
        for stream, row in rows:
            found = source.records(stream, row, meant)
            if isinstance(found, Skip):
                skipped.append(Skipped(stream, found.id[:64], found.reason, now))
                gone += [found.id] if found.gone else []
            elif isinstance(found, NewClient):
                new.append((stream, found))
            else:
                records.append((stream, found))
        created = self._new_clients(tenant, connection, new, skipped, now)
        sent = [_sent("client", client, client, _client_fields(each)) for client, each in created.items()]
        own = {each.id: client for client, each in created.items()}
        sent += self._of_clients(tenant, connection, records, own, skipped, gone, now)
        sent += self._gone(tenant, connection, gone)
        accepted = unchanged = 0
        for start in range(0, len(sent), ROWS):
            part = [each._replace(place=place) for place, each in enumerate(sent[start : start + ROWS])]
            outcome = self._intake.take(tenant, part, backfill=backfill)
            accepted, unchanged = accepted + outcome.accepted, unchanged + outcome.unchanged
            for refused in outcome.rejected:
                reason = refused.faults[0].message
                skipped.append(Skipped(part[refused.place].type, str(refused.id)[:64], reason, now))
        return Counts(len(rows), accepted, unchanged, len(skipped)), skipped

    def _new_clients(
        self,
        tenant: TenantId,
        connection: Connection,
        new: Sequence[tuple[str, NewClient]],
        skipped: list[Skipped],
        now: Instant,
    ) -> dict[RecordId, NewClient]:
        """The clients that there are not yet, where the connection creates them; others stay as they are."""
        if not new:
            return {}
        known = self._clients.found(tenant, connection.aliases_of, (each.id for _, each in new))
        missing = {each.id: (stream, each) for stream, each in new if each.id not in known}
        wanted = [each for _, each in missing.values() if connection.create_clients and not each.archived]
        created = self._clients.created(tenant, connection.aliases_of, wanted) if wanted else {}
        done = {each.id for each in created.values()}
        for own_id, (stream, each) in missing.items():
            if own_id not in done:
                reason = "it is archived there" if each.archived else "no client has its id as an alias"
                skipped.append(Skipped(stream, own_id[:64], reason, now))
        return created

    def _of_clients(
        self,
        tenant: TenantId,
        connection: Connection,
        records: Sequence[tuple[str, SourceRecord]],
        created: Mapping[str, RecordId],
        skipped: list[Skipped],
        gone: list[str],
        now: Instant,
    ) -> list[SentRecord]:
        """Records under the clients' ids here and ids of their own that say where they are from."""
        owners = {each.client for _, each in records if each.client is not None}
        known = {**self._clients.found(tenant, connection.aliases_of, owners - created.keys()), **created}
        sent = []
        for stream, each in records:
            client = known.get(each.client or "")
            if client is None:
                skipped.append(Skipped(stream, each.id[:64], NO_CLIENT, now))
                gone += [each.id] if each.type == "ticket" else []
                continue
            # A source whose clock is ahead is no reason to refuse its rows: its next change is later still.
            updated_at = None if each.updated_at is None else min(each.updated_at, now)
            own_id = record_id(each.id, connection.source)
            sent.append(_sent(each.type, own_id, client, each.fields, updated_at=updated_at, deleted=each.deleted))
        return sent

    def _gone(self, tenant: TenantId, connection: Connection, own_ids: Sequence[str]) -> list[SentRecord]:
        """Deletions of those tickets that may be held: what never came is not noted as gone."""
        wanted = {ticket_key(found): found for found in (record_id(each, connection.source) for each in own_ids)}
        if not wanted:
            return []
        # What came a moment ago is not in the leaves yet; it is settled after this reads what is pending, or before.
        held = {arrival.key for each in self._directory.pending(tenant) for arrival in each.arrivals}
        held |= {key for leaf in self._directory.leaves(tenant, wanted) for key in leaf.entries}
        return [_sent("ticket", found, None, {}, deleted=True) for key, found in wanted.items() if key in held]

    def _ended(
        self, connection: Connection, work: Work, error: OutboundError | None, now: Instant
    ) -> tuple[Work, int | None]:
        """The work after a step, and after how many seconds the next one is due (None: when its mark says)."""
        if error is not None:
            return self._failed(connection, work, error, now)
        work = replace(work, failure=None)
        if work.stream is not None:
            return work, 0
        brought = work.counts.stored > 0
        gaps = work.gaps
        if brought and work.rows_at is not None:
            gaps = (*gaps, now - work.rows_at)[-MOST_GAPS:]
        interval = 60 * connection.interval_minutes
        jitter = zlib.crc32(f"{connection.id} {now}".encode()) % (interval // 10 + 1)
        return replace(
            work,
            begun=None,
            last=work.counts,
            synced_at=now,
            swept_at=now if work.swept_at is None else work.swept_at,
            rows_at=now if brought else work.rows_at,
            gaps=gaps,
            next_at=now + interval - jitter,
        ), None

    def _failed(
        self, connection: Connection, work: Work, error: OutboundError, now: Instant
    ) -> tuple[Work, int | None]:
        """The work after a failure of its source: tried again ever later, or as late as it asks; then put aside."""
        tries = (0 if work.failure is None else work.failure.tries) + 1
        most = TRIES_REFUSED if isinstance(error, RefusedError) else TRIES
        wait = error.wait if isinstance(error, BusyError) else None
        delay = backoff(connection.id, tries) if wait is None else wait
        aside = tries >= most and not isinstance(error, BusyError)
        work = replace(
            work,
            failure=Failure(error.code, str(error), now, tries),
            aside_version=connection.version if aside else 0,
            next_at=None if aside else now + delay,
        )
        return work, delay if delay <= LONGEST_DELAY and not aside else None


def backoff(connection_id: str, tries: int) -> int:
    """Seconds after a failure: twice as many each time, a tenth more or less for each connection of its own."""
    delay = min(15 << min(tries - 1, 10), LONGEST_DELAY)
    spread = zlib.crc32(f"{connection_id} {tries}".encode()) % 201 - 100
    return min(delay + delay * spread // 1000, LONGEST_DELAY)


def _since(connection: Connection, held: Progress) -> Instant | None:
    if held.watermark is not None:
        return held.watermark
    if connection.history_from is None:
        return None
    return midnight(connection.history_from)


def _client_fields(each: NewClient) -> dict[str, object]:
    fields = {"name": each.name, "status": each.status, "industry": each.industry, "client_since": each.since}
    return {name: value for name, value in fields.items() if value is not None}


def _sent(
    kind: str,
    record: RecordId,
    client: RecordId | None,
    fields: Mapping[str, object],
    *,
    updated_at: Timestamp | None = None,
    deleted: bool = False,
) -> SentRecord:
    return SentRecord(
        place=0, type=kind, id=record, client_id=client, updated_at=updated_at, deleted=deleted, fields=fields
    )
