"""Logging activities: what was done with a client becomes a fact, and its journal says who did it and what about.

A request pins its moment and its id under its Idempotency-Key first; then the fact is stored, then the entry. A crash
in between leaves a fact without a text, and the repeat with the same key completes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from chalicelib.domain.activities import (
    OWN_SECONDS,
    QBR,
    SCHEDULED,
    Activity,
    Author,
    JournalEntry,
    activity_id,
    activity_of,
    around,
    faults_of,
    fields_of,
    may_be_logged,
    settled,
)
from chalicelib.domain.blocks import other_blocks
from chalicelib.domain.effect import Effect, Side, effect_of
from chalicelib.domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from chalicelib.domain.facts import Day, Instant
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.moment import Moment
from chalicelib.domain.records import Records, StoredRecord, standing_records
from chalicelib.domain.roster import page_of
from chalicelib.domain.settings import RECORD_SOURCES
from chalicelib.domain.tenant import Tenant
from chalicelib.services.errors import TooBusyError
from chalicelib.services.known_clients import seat_of
from chalicelib.services.records import RecordIntake
from chalicelib.services.sent_records import SentRecord

if TYPE_CHECKING:
    from chalicelib.domain.blocks import ClientRecords, Seat
    from chalicelib.domain.idempotency import Pinned
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.journal import IdempotencyStore, JournalStore
    from chalicelib.services.ports.process import Clock
    from chalicelib.services.ports.tenants import TenantStore

ATTEMPTS: Final = 10
LOOKED_THROUGH: Final = 100
"""Entries per call while one is looked for."""

ACTIVITY_TYPES: Final = ("touchpoint", "qbr")

Place = tuple[Instant, str, str]


class Logged(NamedTuple):
    """An entry, and what it did to the score (None: the client is not scored, or it is a note)."""

    entry: JournalEntry
    effect: Effect | None


class JournalPage(NamedTuple):
    """Entries newest first, whether more follow, and the zone in which the tenant's days are counted."""

    entries: list[JournalEntry]
    more: bool
    time_zone: str


class Journal:
    """Logs, settles, withdraws and lists what was done with clients."""

    def __init__(
        self,
        tenants: TenantStore,
        roster: Roster,
        intake: RecordIntake,
        journal: JournalStore,
        requests: IdempotencyStore,
        clock: Clock,
    ) -> None:
        self._tenants, self._roster, self._intake = tenants, roster, intake
        self._journal, self._requests, self._clock = journal, requests, clock

    def log(
        self,
        tenant_id: TenantId,
        client: RecordId,
        key: str,
        author: Author,
        sent: Activity,
        answer: Callable[[Logged], Any],
    ) -> Any:
        """Stores an activity and returns what `answer` makes of it; the same key again: the same.

        Raises NotFoundError for a client that this tenant does not have, InvalidError for a time that is not allowed,
        ConflictError for a key that was used for something else.
        """
        tenant, seat = self._known(tenant_id, client)
        by, what = _digest(author.subject), _digest(repr(tuple(sent)))
        pinned = self._requests.pin(tenant_id, key, client, f"{by} {what}", self._clock())
        earlier_by, _, earlier_what = (pinned.asked or "").partition(" ")
        if (pinned.client_id, earlier_by) != (client, by):
            raise ConflictError("This Idempotency-Key was used for another request.")
        if pinned.answer is not None:
            return pinned.answer
        if earlier_what != what:  # what it stored may be there: another would stand beside it under one id
            raise ConflictError("This Idempotency-Key was used for another request.")
        try:
            logged = self._log(tenant, client, seat, key, pinned, author, sent)
        except (InvalidError, ConflictError):
            if pinned.first:  # nothing is stored yet
                self._requests.abandon(tenant_id, key)
            raise
        answered = answer(logged)
        self._requests.answer(tenant_id, key, pinned, answered, self._clock())
        return answered

    def _log(
        self, tenant: Tenant, client: RecordId, seat: Seat, key: str, pinned: Pinned, author: Author, sent: Activity
    ) -> Logged:
        moment = Moment.at(pinned.at, tenant.zone, tenant.settings.business_hours)
        faults = faults_of(sent, moment)
        if faults:
            raise InvalidError(faults)
        activity, effect = settled(sent, pinned.at), None
        if activity.type is None:
            entry_id = activity_id(tenant.id, author.subject, client, key, pinned.at)
        else:
            entry_id = activity_id(tenant.id, author.subject, client, key)
            held = self._roster.client_records(tenant.id, client, seat)
            if pinned.first and entry_id in held.records.get(activity.type, {}):
                raise ConflictError("This Idempotency-Key was used before: send another one.")
            effect = _effect(tenant, held, entry_id, activity, moment)
            self._store(tenant, client, entry_id, activity)
        change = None if effect is None else effect.change
        entry = JournalEntry(
            id=entry_id, at=activity.at(tenant.zone), activity=activity, by=author, logged_at=pinned.at, change=change
        )
        self._journal.put(tenant.id, page_of(seat.number), client, entry)
        return Logged(entry, effect)

    def settle(
        self,
        tenant_id: TenantId,
        client: RecordId,
        activity: RecordId,
        status: str,
        held: Day | None = None,
        decision_maker: bool | None = None,
    ) -> Logged:
        """Says of a planned QBR that it was held, or did not take place: a new version of its record.

        `held` and `decision_maker` where they are others than planned. Repeating it changes nothing. Raises
        NotFoundError for an activity that this client does not have, ConflictError for one that is no planned QBR,
        InvalidError for one that is said to have been held in the future.
        """
        tenant, seat = self._known(tenant_id, client)
        records = self._roster.client_records(tenant_id, client, seat)
        planned = self._planned(tenant, client, seat, records.records, activity)
        row = activity_of(planned.row)
        new = row._replace(
            status=status,
            held=row.held if held is None else held,
            decision_maker=row.decision_maker if decision_maker is None else decision_maker,
        )
        if row.status != SCHEDULED and row != new:
            raise ConflictError("This QBR is not planned: it was held, or did not take place.")
        moment = Moment.at(self._clock(), tenant.zone, tenant.settings.business_hours)
        faults = [] if held is None and (new.held or 0) <= moment.today else faults_of(new, moment)
        if faults and row.status == SCHEDULED:
            raise InvalidError(faults)
        effect = _effect(tenant, records, activity, new, moment)
        self._store(tenant, client, activity, new)

        def settle(entry: JournalEntry) -> JournalEntry:
            said = new._replace(text=entry.activity.text)
            settled_now = entry.activity.status == SCHEDULED  # also where a crash left the fact without it
            change = effect.change if settled_now and effect is not None else entry.change
            return entry._replace(at=said.at(tenant.zone), activity=said, change=change)

        entry = self._change(tenant, client, seat, activity, settle)
        if entry is None:  # a connector's
            entry = JournalEntry(id=activity, at=new.at(tenant.zone), activity=new, by=None, logged_at=self._clock())
        return Logged(entry, effect)

    def _planned(
        self, tenant: Tenant, client: RecordId, seat: Seat, records: Records, activity: RecordId
    ) -> StoredRecord:
        held = records.get("qbr", {}).get(activity)
        if held is not None and not held.deleted:
            return held
        touched = records.get("touchpoint", {}).get(activity)
        if (touched is None or touched.deleted) and self._found(tenant.id, client, seat, activity) is None:
            raise NotFoundError(f"There is no activity {activity}.")
        raise ConflictError("This is no planned QBR.")

    def withdraw(
        self, tenant_id: TenantId, client: RecordId, activity: RecordId, author: Author, *, any_time: bool
    ) -> None:
        """Takes an activity back: its record is deleted, its entry stays and says so. Repeating it changes nothing.

        The author may within a day; `any_time` for who may write records. Raises NotFoundError for an activity that
        this client does not have, NotAllowedError for one that the caller may not withdraw.
        """
        tenant, seat = self._known(tenant_id, client)
        entry, now = self._found(tenant_id, client, seat, activity), self._clock()
        if entry is None:
            record_type = self._sent_type(tenant_id, client, seat, activity)
            if not any_time:
                raise NotAllowedError(
                    "What a connector or an import sent is deleted with the permission records.write."
                )
            self._delete(tenant, client, activity, record_type)
            return
        own = entry.by is not None and entry.by.subject == author.subject and now - entry.logged_at <= OWN_SECONDS
        if not own and not any_time:
            if entry.withdrawn_at is not None:
                return
            raise NotAllowedError(
                "Its author withdraws an activity, within 24 hours; else that needs the permission records.write."
            )
        if entry.activity.type is not None:
            self._delete(tenant, client, activity, entry.activity.type)

        def withdraw(standing: JournalEntry) -> JournalEntry:
            if standing.withdrawn_at is not None:
                return standing
            return standing._replace(withdrawn_at=now, withdrawn_by=author)

        self._change(tenant, client, seat, activity, withdraw)

    def newest(self, tenant_id: TenantId, client: RecordId, before: Place | None, limit: int) -> JournalPage:
        """Entries newest first, at most `limit`: four reads; all of the journal where one was moved to another time.

        Those that a connector or an import sent are read from the facts. An entry says what its record says now.
        """
        tenant, seat = self._known(tenant_id, client)
        page = page_of(seat.number)
        held = self._activity_records(tenant_id, client, seat)
        sent = [
            JournalEntry(
                id=RecordId(record_id),
                at=activity.at(tenant.zone),
                activity=activity,
                by=None,
                logged_at=record.updated_at,
            )
            for name in ACTIVITY_TYPES
            for record_id, record in held.get(name, {}).items()
            if not record.deleted
            for activity in (activity_of(record.row),)
        ]
        found = {entry.place: entry for entry in sent if before is None or entry.place < before}
        after = None if before is None else (before[0], RecordId(before[1]))

        def entries(after: tuple[Instant, RecordId] | None, chunk: int) -> Iterator[tuple[JournalEntry, JournalEntry]]:
            """Entries as they were stored, and as their records say now."""
            for entry in self._journal.newest(tenant_id, page, client, after, chunk):
                record = held.get(entry.activity.type or "", {}).get(entry.id)
                yield entry, entry.with_record(record, tenant.zone)

        standing = (now for stored, now in entries(after, limit + 1) if now.place == stored.place)
        found |= {entry.place: entry for entry in islice(standing, limit + 1)}
        ordered = sorted(found, reverse=True)
        if any(found[place].by is None and may_be_logged(place[1]) for place in ordered[:limit]):
            # Moved to another time by who sends records: its text and author are still where it was logged.
            found |= {now.place: now for _, now in entries(None, LOOKED_THROUGH) if now.place in found}
        return JournalPage([found[place] for place in ordered[:limit]], len(ordered) > limit, tenant.time_zone)

    def _known(self, tenant_id: TenantId, client: RecordId) -> tuple[Tenant, Seat]:
        tenant = self._tenants.get(tenant_id)
        seat = seat_of(self._roster, tenant_id, client)
        return tenant, seat

    def _activity_records(self, tenant: TenantId, client: RecordId, seat: Seat) -> Records:
        blocks = self._roster.blocks(tenant, other_blocks(client, seat))
        return standing_records(block.records for block in blocks.values())

    def _found(self, tenant: TenantId, client: RecordId, seat: Seat, activity: RecordId) -> JournalEntry | None:
        entries: Iterator[JournalEntry] = self._journal.newest(
            tenant, page_of(seat.number), client, None, LOOKED_THROUGH
        )
        return next((entry for entry in entries if entry.id == activity), None)

    def _sent_type(self, tenant: TenantId, client: RecordId, seat: Seat, activity: RecordId) -> str:
        """The type of a touchpoint or QBR that has no entry."""
        held = self._activity_records(tenant, client, seat)
        found = [name for name in ACTIVITY_TYPES if activity in held.get(name, {})]
        live = [name for name in found if not held[name][activity].deleted]
        if len(live) > 1:
            raise ConflictError("A touchpoint and a QBR have this id: delete one of them as a record.")
        if not found:
            raise NotFoundError(f"There is no activity {activity}.")
        return (live or found)[0]

    def _store(self, tenant: Tenant, client: RecordId, record_id: RecordId, activity: Activity) -> None:
        self._take(
            tenant,
            SentRecord(
                place=0,
                type=_type(activity),
                id=record_id,
                client_id=client,
                updated_at=None,
                deleted=False,
                fields=fields_of(activity),
            ),
        )

    def _delete(self, tenant: Tenant, client: RecordId, record_id: RecordId, record_type: str) -> None:
        self._take(
            tenant,
            SentRecord(
                place=0, type=record_type, id=record_id, client_id=client, updated_at=None, deleted=True, fields={}
            ),
        )

    def _take(self, tenant: Tenant, record: SentRecord) -> None:
        outcome = self._intake.take_for(tenant, [record], backfill=False)
        if outcome.rejected:
            raise InvalidError(outcome.rejected[0].faults)

    def _change(
        self,
        tenant: Tenant,
        client: RecordId,
        seat: Seat,
        activity: RecordId,
        change: Callable[[JournalEntry], JournalEntry],
    ) -> JournalEntry | None:
        """Stores what becomes of an entry (None: there is none). Raises TooBusyError where others keep changing it."""
        for _ in range(ATTEMPTS):
            entry = self._found(tenant.id, client, seat, activity)
            if entry is None:
                return None
            changed = change(entry)
            if changed == entry or self._journal.replace(tenant.id, page_of(seat.number), client, entry, changed):
                return changed
        raise TooBusyError("an entry of the journal keeps changing")


def _type(activity: Activity) -> str:
    return "qbr" if activity.kind == QBR else "touchpoint"


def _effect(
    tenant: Tenant, held: ClientRecords, record_id: RecordId, activity: Activity, moment: Moment
) -> Effect | None:
    """What the client is scored with the activity, against without it: also where a repeat finds it stored already."""
    before, after = around(held.facts, record_id, activity)
    seen = tenant.sources_seen
    with_it = seen.union(RECORD_SOURCES[_type(activity)])
    return effect_of(Side(before, seen), Side(after, with_it), tenant.settings.scoring, moment)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
