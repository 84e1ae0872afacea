"""The stores in memory: what the ports promise, in as few lines as it takes.

The contract suites run on these and on DynamoDB alike, so a service that works with them works in production.
"""

import json
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from zlib import crc32

from chalicelib.adapters.dynamodb import keys
from chalicelib.domain.account_managers import AccountManager
from chalicelib.domain.activities import JournalEntry
from chalicelib.domain.alerts import Alert, AlertAnswer
from chalicelib.domain.aliases import Alias
from chalicelib.domain.api_keys import ApiKey
from chalicelib.domain.blocks import (
    OTHER_FACTS,
    Block,
    BlockId,
    ClientRecords,
    ClientTickets,
    Seat,
    Stored,
    StoredClient,
)
from chalicelib.domain.errors import ConflictError, NotFoundError
from chalicelib.domain.facts import NEVER, Client, Day, Facts, Instant, Tickets, Timestamp
from chalicelib.domain.fleet import DayFigures, FleetSummary
from chalicelib.domain.history import CALCULATION_TRIGGERS, RETENTION_DAYS, HistoryEntry, Snapshot, Trigger
from chalicelib.domain.idempotency import Answered, Pinned
from chalicelib.domain.ids import MOST_PAGES, RecordId, TenantId, TicketKey
from chalicelib.domain.moment import SECONDS_PER_DAY
from chalicelib.domain.outbox import AlertWrites, Digest, Outbox, OutboxEntry, Release
from chalicelib.domain.records import Records, StoredRecord, shard_of, splitting, standing_records
from chalicelib.domain.roster import SEATS_PER_PAGE, CurrentPage, page_of
from chalicelib.domain.run import ARRIVALS, EVERYBODY, DueMark, FailedClient, RefreshClaim, Run, Walk
from chalicelib.domain.settings import Settings
from chalicelib.domain.subscriptions import Subscription
from chalicelib.domain.tasks import OpenTask, Task
from chalicelib.domain.tenant import SettingsChange, Tenant
from chalicelib.domain.text import folded
from chalicelib.domain.ticket_copies import HASHED, key_text, ticket_key
from chalicelib.domain.ticket_directory import Arrival, Arrivals, Deletion, Leaf
from chalicelib.services.errors import Failed, FailedPage, UnreadableClientError, page_raised, raised

SHARDS = 16
NO_WRITES = AlertWrites()

FACTS_FIELDS = {
    "contract": "contracts",
    "invoice": "invoices",
    "survey": "surveys",
    "billable_month": "billable_months",
    "qbr": "qbrs",
    "touchpoint": "touchpoints",
    "assessment": "assessments",
    "reconciliation": "reconciliations",
    "headcount": "headcounts",
}


class FakeTenantStore:
    def __init__(self) -> None:
        self._tenants: dict[TenantId, Tenant] = {}
        self._versions: dict[tuple[TenantId, int], tuple[SettingsChange, Settings]] = {}

    def get(self, tenant: TenantId) -> Tenant:
        if tenant not in self._tenants:
            raise NotFoundError(f"There is no tenant {tenant}.")
        return self._tenants[tenant]

    def create(self, tenant: Tenant, now: Instant, created_by: str) -> None:
        if self._tenants.setdefault(tenant.id, tenant) != tenant:
            raise ConflictError(f"The tenant id {tenant.id} is taken.")
        first = SettingsChange(tenant.settings.version, now, created_by, "The tenant was created.", ())
        self._versions.setdefault((tenant.id, first.version), (first, tenant.settings))

    def put_settings(self, tenant: TenantId, settings: Settings, change: SettingsChange) -> bool:
        new = replace(settings, version=change.version)
        held = self._tenants.get(tenant)
        if held is not None and held.settings.version == change.version - 1:
            self._tenants[tenant] = replace(held, settings=new)
            self._versions[tenant, change.version] = change, new
        return self._versions.get((tenant, change.version)) == (change, new)

    def settings_version(self, tenant: TenantId, version: int) -> Settings:
        return self.settings_change(tenant, version)[1]

    def settings_changes(self, tenant: TenantId, newest: int, limit: int) -> list[SettingsChange]:
        held = sorted((change for (owner, _), (change, _) in self._versions.items() if owner == tenant), reverse=True)
        return [change for change in held if change.version <= newest][:limit]

    def settings_change(self, tenant: TenantId, version: int) -> tuple[SettingsChange, Settings]:
        if (tenant, version) not in self._versions:
            raise NotFoundError(f"There is no version {version} of the settings.")
        return self._versions[tenant, version]

    def settings_versions(self, tenant: TenantId, versions: Iterable[int]) -> dict[int, Settings]:
        return {number: self._versions[tenant, number][1] for number in versions if (tenant, number) in self._versions}

    def take_seats(self, tenant: TenantId, count: int) -> int | None:
        held = self.get(tenant)
        if held.seats + count > MOST_PAGES * SEATS_PER_PAGE:
            return None
        self._tenants[tenant] = replace(held, seats=held.seats + count)
        return held.seats

    def see_sources(self, tenant: TenantId, sources: Iterable[str]) -> None:
        held = self.get(tenant)
        self._tenants[tenant] = replace(held, sources_seen=held.sources_seen | set(sources))

    def registered(self, shard: int, after: TenantId | None) -> Iterator[TenantId]:
        return (
            tenant
            for tenant in sorted(self._tenants)
            if crc32(tenant.encode()) % SHARDS == shard and (after is None or tenant > after)
        )


class FakeRoster:
    """Clients and facts; a block has grown above `block_limit` records, and is full above four times as many."""

    def __init__(self, block_limit: int = 10_000) -> None:
        self.block_limit = block_limit
        self._seats: dict[tuple[TenantId, str], Seat] = {}
        self._clients: dict[tuple[TenantId, int, str], tuple[int, StoredClient]] = {}
        self._blocks: dict[tuple[TenantId, BlockId], Block] = {}
        self.damaged: set[tuple[TenantId, str]] = set()
        """Clients whose items cannot be read."""

    def seats(self, tenant: TenantId, clients: Iterable[RecordId]) -> dict[str, Seat]:
        return {str(client): self._seats[tenant, client] for client in clients if (tenant, client) in self._seats}

    def seats_after(self, tenant: TenantId, client: RecordId | None, limit: int) -> dict[str, Seat]:
        own = sorted(held for owner, held in self._seats if owner == tenant and (client is None or held > client))
        return {held: self._seats[tenant, held] for held in own[:limit]}

    def clients(self, tenant: TenantId, seats: Mapping[str, Seat], failed: Failed = raised) -> dict[str, StoredClient]:
        readable = self._readable(tenant, seats, failed)
        places = {client: (tenant, page_of(seat.number), client) for client, seat in seats.items()}
        return {c: self._clients[place][1] for c, place in places.items() if c in readable and place in self._clients}

    def _readable(self, tenant: TenantId, clients: Iterable[str], failed: Failed) -> set[str]:
        wanted = set(clients)
        damaged = {client for client in wanted if (tenant, client) in self.damaged}
        for client in sorted(damaged):
            failed(client, UnreadableClientError(client))
        return wanted - damaged

    def add_client(self, tenant: TenantId, seat: int, stored: StoredClient) -> bool:
        client = stored.client.id
        if (tenant, client) in self._seats:
            return self._seats[tenant, client].number == seat
        self._seats[tenant, client] = Seat(seat)
        self._clients[tenant, page_of(seat), client] = seat, stored._replace(version=1)
        return True

    def put_client(self, tenant: TenantId, seat: Seat, stored: StoredClient) -> bool:
        place = tenant, page_of(seat.number), stored.client.id
        new = stored._replace(version=stored.version + 1)
        if place in self._clients and self._clients[place][1] == new:
            return True
        held = self._clients[place][1].version if place in self._clients else 0
        if held != stored.version:
            return False
        self._clients[place] = seat.number, new
        return True

    def blocks(self, tenant: TenantId, ids: Iterable[BlockId], failed: Failed = raised) -> dict[BlockId, Block]:
        wanted = list(ids)
        readable = self._readable(tenant, (block_id.client for block_id in wanted), failed)
        return {each: self._blocks.get((tenant, each), Block({}, 0)) for each in wanted if each.client in readable}

    def tickets(self, tenant: TenantId, client: RecordId, seat: Seat) -> dict[BlockId, Block]:
        self._readable(tenant, [client], raised)
        return {
            block_id: block
            for (of_tenant, block_id), block in self._blocks.items()
            if (of_tenant, block_id.client) == (tenant, client) and block_id.quarter is not None
        }

    def page_tickets(
        self, tenant: TenantId, page: int, seats: Container[int] | None = None, failed: Failed = raised
    ) -> list[ClientTickets]:
        found = []
        for (of_tenant, of_page, client), (seat, _) in sorted(self._clients.items()):
            if (of_tenant, of_page) == (tenant, page) and (seats is None or seat in seats):
                if (tenant, client) in self.damaged:
                    failed(client, UnreadableClientError(client))
                else:
                    held = self.tickets(tenant, RecordId(client), Seat(seat))
                    found.append(ClientTickets(seat, RecordId(client), held))
        return found

    def move_tickets(self, tenant: TenantId, block_id: BlockId, block: Block, beside: Mapping[BlockId, int]) -> bool:
        versions = {each: self._blocks.get((tenant, each), Block({}, 0)).version for each in (block_id, *beside)}
        if versions != {**beside, block_id: block.version}:
            return False
        records = {name: dict(held) for name, held in block.records.items() if held}
        self._blocks[tenant, block_id] = Block(records, block.version + 1, block.shards)
        return True

    def room_for(self, block: Block) -> Stored:
        size = sum(map(len, block.records.values()))
        if size > 4 * self.block_limit:
            return Stored.FULL
        return Stored.GROWN if size > self.block_limit else Stored.STORED

    def put_block(self, tenant: TenantId, block_id: BlockId, block: Block) -> Stored:
        room = self.room_for(block)
        if room is Stored.FULL:
            return room
        records = {name: dict(held) for name, held in block.records.items() if held}
        new = Block(records, block.version + 1, block.shards)
        held = self._blocks.get((tenant, block_id), Block({}, 0))
        if held != new:
            if held.version != block.version:
                return Stored.CHANGED
            self._blocks[tenant, block_id] = new
        return room

    def split(self, tenant: TenantId, client: RecordId, seat: Seat, quarter: str | None) -> None:
        if self._seats.get((tenant, client)) != seat:
            return
        before, page = seat.shards_of(quarter), page_of(seat.number)
        ids = [BlockId(client, page, quarter, shard) for shard in (splitting(before), before)]
        held = self.blocks(tenant, ids)
        for block_id in ids:
            own: dict[str, dict[str, StoredRecord]] = {}
            for block in held.values():
                for name, records in block.records.items():
                    for record_id, record in records.items():
                        if shard_of(name, record_id, before + 1) == block_id.shard:
                            own.setdefault(name, {})[record_id] = record
            self._blocks[tenant, block_id] = Block(own, held[block_id].version + 1, before + 1)
        self._seats[tenant, client] = Seat(seat.number, {**seat.shards, quarter or OTHER_FACTS: before + 1})

    def client_facts(self, tenant: TenantId, client: RecordId, seat: Seat) -> Facts:
        place = tenant, page_of(seat.number), str(client)
        if place not in self._clients:
            raise NotFoundError(f"There is no client {client}.")
        return self._facts(place, self._clients[place][1].client)

    def page_facts(self, tenant: TenantId, page: int, failed: Failed = raised) -> list[tuple[int, Facts]]:
        found = []
        for place, (seat, stored) in sorted(self._clients.items()):
            if place[:2] == (tenant, page):
                try:
                    found.append((seat, self._facts(place, stored.client)))
                except UnreadableClientError as error:
                    failed(stored.client.id, error)
        return found

    def client_records(self, tenant: TenantId, client: RecordId, seat: Seat) -> ClientRecords:
        facts = self.client_facts(tenant, client, seat)
        return ClientRecords(facts, self._records((tenant, page_of(seat.number), str(client))))

    def _records(self, place: tuple[TenantId, int, str]) -> Records:
        blocks = sorted(self._blocks.items(), key=lambda found: str(found[0]))
        return standing_records(
            block.records for (tenant, block_id), block in blocks if (tenant, block_id.page, block_id.client) == place
        )

    def _facts(self, place: tuple[TenantId, int, str], client: Client) -> Facts:
        if (place[0], client.id) in self.damaged:
            raise UnreadableClientError(client.id)
        live: dict[str, list[Any]] = {}
        for name, records in self._records(place).items():
            live[name] = [record.row for record in records.values() if not record.deleted]
        tickets = Tickets.of(live.pop("ticket", []))
        return Facts(client, tickets, **{FACTS_FIELDS[name]: rows for name, rows in live.items()})


class FakeTicketDirectory:
    """The directory of ids: leaves of at most `leaf_limit` keys, to begin with one for ids and one for hashes."""

    def __init__(self, leaf_limit: int = 1_000) -> None:
        self.leaf_limit = leaf_limit
        self._leaves: dict[tuple[TenantId, str], Leaf] = {}
        self._pending: dict[tuple[TenantId, str], Arrivals] = {}
        self._unregistered: dict[TenantId, set[int]] = {}
        self._announced = 0  # no `count()`: the tests copy stores, which Python 3.14 does not do with iterators

    def announce(
        self,
        tenant: TenantId,
        page: int,
        received: Timestamp,
        arrivals: Sequence[Arrival],
        deletions: Sequence[Deletion],
    ) -> None:
        name = f"J#{page:04d}#{self._announced:016x}"
        self._announced += 1
        self._pending[tenant, name] = Arrivals(name, received, tuple(arrivals), tuple(deletions))

    def pending(self, tenant: TenantId, page: int | None = None, failed: Failed = raised) -> Iterator[Arrivals]:
        own = "J#" if page is None else f"J#{page:04d}#"
        held = sorted(name for owner, name in self._pending if owner == tenant and name.startswith(own))
        return iter([self._pending[tenant, name] for name in held])

    def forget(self, tenant: TenantId, settled: Iterable[Arrivals]) -> None:
        for each in settled:
            self._pending.pop((tenant, each.name), None)

    def all_leaves(self, tenant: TenantId) -> Iterator[Leaf]:
        return iter([leaf for (owner, _), leaf in sorted(self._leaves.items()) if owner == tenant])

    def leaves(self, tenant: TenantId, wanted: Iterable[TicketKey]) -> list[Leaf]:
        held = {"": Leaf("", HASHED, 0, {}, {}), HASHED: Leaf(HASHED, None, 0, {}, {})}
        held |= {leaf.first: leaf for leaf in self.all_leaves(tenant)}
        firsts = {max(first for first in held if first <= text) for text in map(key_text, wanted)}
        return [held[first] for first in sorted(firsts)]

    def put_leaf(self, tenant: TenantId, leaf: Leaf) -> bool:
        held = self._leaves.get((tenant, leaf.first))
        if (held.version if held is not None else 0) != leaf.version:
            return False
        texts = sorted(key_text(key) for key in (*leaf.entries, *map(ticket_key, leaf.gone)))
        cuts = [leaf.first, *texts[self.leaf_limit :: self.leaf_limit]]
        for first, until in zip(cuts, [*cuts[1:], leaf.until], strict=True):

            def own(key: TicketKey, first: str = first, until: str | None = until) -> bool:
                return first <= key_text(key) and (until is None or key_text(key) < until)

            entries = {key: frozenset(seats) for key, seats in leaf.entries.items() if seats and own(key)}
            gone = {name: each for name, each in leaf.gone.items() if own(ticket_key(name))}
            version = leaf.version + 1 if first == leaf.first else 1
            self._leaves[tenant, first] = Leaf(first, until, version, entries, gone)
        return True

    def unregistered(self, tenant: TenantId, pages: int) -> set[int]:
        return set(self._unregistered.setdefault(tenant, set(range(pages))))

    def register(self, tenant: TenantId, page: int) -> None:
        self._unregistered[tenant].discard(page)


class Kept(NamedTuple):
    """What expires."""

    value: Any
    expires: Instant


class FakeAlertStore:
    def __init__(self) -> None:
        self._alerts: dict[tuple[TenantId, str], Alert] = {}
        self._entries: dict[tuple[TenantId, str], OutboxEntry] = {}
        self._digests: dict[tuple[TenantId, str], Digest] = {}
        self._released: dict[tuple[TenantId, Day], Release] = {}
        self._aside: dict[tuple[TenantId, str], OutboxEntry] = {}
        self._listed: set[tuple[TenantId, str]] = set()
        self._resolved: set[tuple[TenantId, str]] = set()
        self._down_to: dict[TenantId, str] = {}

    def get(self, tenant: TenantId, alert_id: str) -> Alert:
        if (tenant, alert_id) not in self._alerts:
            raise NotFoundError(f"There is no alert {alert_id}.")
        return self._alerts[tenant, alert_id]

    def newest(self, tenant: TenantId, before: str | None, chunk: int) -> Iterator[Alert]:
        held = sorted((alert for (owner, _), alert in self._alerts.items() if owner == tenant), reverse=True)
        return (alert for alert in held if before is None or alert.id < before)

    def several(self, tenant: TenantId, ids: Iterable[str]) -> dict[str, Alert]:
        return {each: self._alerts[tenant, each] for each in ids if (tenant, each) in self._alerts}

    def resolved(self, tenant: TenantId, before: str | None, chunk: int) -> Iterator[str]:
        return (alert.id for alert in self.newest(tenant, before, chunk) if (tenant, alert.id) in self._resolved)

    def of_client(self, tenant: TenantId, client: RecordId, before: str | None, chunk: int) -> Iterator[str]:
        found = (alert for alert in self.newest(tenant, before, chunk) if alert.client_id == client)
        return (alert.id for alert in found if (tenant, alert.id) in self._listed)

    def listed_down_to(self, tenant: TenantId) -> str | None:
        return self._down_to.get(tenant)

    def list_all(self, tenant: TenantId, alerts: Sequence[Alert], down_to: str) -> None:
        for alert in alerts:
            self._listed.add((tenant, alert.id))
            if alert.status == "RESOLVED":
                self._resolved.add((tenant, alert.id))
        self._down_to[tenant] = down_to

    def outbox_tenant(self, partition: str) -> TenantId | None:
        return keys.outbox_tenant(partition)

    def outbox(self, tenant: TenantId) -> Outbox:
        return Outbox(
            [entry for (owner, _), entry in sorted(self._entries.items()) if owner == tenant],
            [digest for (owner, _), digest in sorted(self._digests.items()) if owner == tenant],
            {day: release for (owner, day), release in self._released.items() if owner == tenant},
        )

    def release(self, tenant: TenantId, run: Run) -> None:
        self._released[tenant, run.date] = Release(run.as_of, run.mark)

    def put_digest(self, tenant: TenantId, digest: Digest) -> Digest:
        return self._digests.setdefault((tenant, digest.id), digest)

    def mark_digest(self, tenant: TenantId, digest: Digest) -> None:
        self._digests[tenant, digest.id] = self._digests[tenant, digest.id]._replace(published=True)

    def mark_published(self, tenant: TenantId, entry: OutboxEntry, now: Instant) -> None:
        if not entry.told:
            self._note_published(tenant, entry, now)
        self._entries.pop((tenant, entry.id), None)

    def note_told(self, tenant: TenantId, entry: OutboxEntry, now: Instant) -> None:
        self._note_published(tenant, entry, now)
        self._entries[tenant, entry.id] = self._entries[tenant, entry.id]._replace(told=True)

    def _note_published(self, tenant: TenantId, entry: OutboxEntry, now: Instant) -> None:
        place = tenant, entry.alert.id
        if entry.settings_version is not None:
            return
        held, told = self._alerts[place], entry.alert.account_manager_id
        if entry.alert.delivery != "nobody":
            first = now if held.published_at is None else held.published_at
            self._alerts[place] = held._replace(published_at=first, delivery="sent", account_manager_id=told)
        elif held.delivery == "waiting":
            self._alerts[place] = held._replace(delivery="nobody", account_manager_id=told)

    def put_aside(self, tenant: TenantId, entry_id: str) -> None:
        if (tenant, entry_id) in self._entries:
            self._aside[tenant, entry_id] = self._entries.pop((tenant, entry_id))

    def aside(self, tenant: TenantId) -> list[str]:
        return sorted(name for owner, name in self._aside if owner == tenant)

    def put_back(self, tenant: TenantId, entry_id: str, now: Instant) -> None:
        if (tenant, entry_id) not in self._aside:
            raise NotFoundError(f"Nothing was put aside as {entry_id}.")
        self._entries[tenant, entry_id] = self._aside.pop((tenant, entry_id))._replace(created_at=now)

    def close_release(self, tenant: TenantId, day: Day, digests: Iterable[Digest]) -> None:
        for digest in digests:
            self._digests.pop((tenant, digest.id), None)
        self._released.pop((tenant, day), None)

    def store(self, tenant: TenantId, writes: AlertWrites) -> None:
        """What `FakeScoreStore` stores beside rows."""
        for alert in writes.alerts:
            self._alerts[tenant, alert.id] = alert
            self._listed.add((tenant, alert.id))
            self._enter(tenant, alert.id, alert, None, writes)
        for notice in writes.notices:
            self._enter(tenant, f"NOTICE#{notice.alert.id}", notice.alert, notice.settings_version, writes)
        for alert_id in writes.resolved:
            self._give(tenant, alert_id, "RESOLVED")

    def answer(self, tenant: TenantId, alert_id: str, answer: AlertAnswer) -> None:
        self._give(tenant, alert_id, answer.status)
        self._alerts[tenant, alert_id] = self._alerts[tenant, alert_id]._replace(answered=answer)

    def _give(self, tenant: TenantId, alert_id: str, status: str) -> None:
        self._alerts[tenant, alert_id] = self._alerts[tenant, alert_id]._replace(status=status)
        if status == "RESOLVED":
            self._resolved.add((tenant, alert_id))

    def _enter(
        self, tenant: TenantId, entry_id: str, alert: Alert, settings_version: int | None, writes: AlertWrites
    ) -> None:
        told = alert._replace(status="OPEN", published_at=None, delivery="waiting")
        self._entries[tenant, entry_id] = OutboxEntry(entry_id, told, settings_version, writes.run_date, writes.now)


class FakeScoreStore:
    def __init__(self, alerts: FakeAlertStore | None = None) -> None:
        self._alerts = alerts or FakeAlertStore()
        self._current: dict[tuple[TenantId, int], CurrentPage] = {}
        self._snapshots: dict[tuple[TenantId, int, Day], Kept] = {}
        self._calculations: dict[tuple[TenantId, int, str, Instant], Kept] = {}

    def current_pages(
        self, tenant: TenantId, pages: Iterable[int], failed: FailedPage = page_raised
    ) -> dict[int, CurrentPage]:
        return {page: self._current.get((tenant, page), CurrentPage({}, 0)) for page in pages}

    def with_snapshots(
        self,
        tenant: TenantId,
        pages: Iterable[int],
        day: Day,
        now: Instant,
        failed: FailedPage = page_raised,
        *,
        consistent: bool = False,
    ) -> tuple[dict[int, CurrentPage], dict[int, Snapshot]]:
        wanted = list(pages)
        held = {page: self.snapshots(tenant, page, day, day, now) for page in wanted}
        return self.current_pages(tenant, wanted), {page: found[0] for page, found in held.items() if found}

    def put_current(
        self, tenant: TenantId, page: int, new: CurrentPage, writes: AlertWrites = NO_WRITES
    ) -> CurrentPage | None:
        held = self.current_pages(tenant, [page])[page]
        if held == new:
            return None
        if held.version != new.version - 1:
            return held
        self._current[tenant, page] = CurrentPage(dict(new.rows), new.version)
        self._alerts.store(tenant, writes)
        return None

    def answer_alert(
        self, tenant: TenantId, page: int, new: CurrentPage, alert_id: str, answer: AlertAnswer
    ) -> CurrentPage | None:
        standing = self.put_current(tenant, page, new)
        if standing is None:
            self._alerts.answer(tenant, alert_id, answer)
        return standing

    def pages_with_snapshot(self, tenant: TenantId, pages: Iterable[int], day: Day) -> set[int]:
        return {page for page in pages if (tenant, page, day) in self._snapshots}

    def put_snapshot(self, tenant: TenantId, page: int, snapshot: Snapshot, now: Instant) -> Snapshot:
        kept = Kept(snapshot, expiry(snapshot.as_of, now))
        standing: Snapshot = _first_of(self._snapshots, (tenant, page, snapshot.date), kept, now)
        return standing

    def snapshots(self, tenant: TenantId, page: int, first: Day, last: Day, now: Instant) -> list[Snapshot]:
        days = ((tenant, page, day) for day in range(first, last + 1))
        return _live((self._snapshots[place] for place in days if place in self._snapshots), now)

    def snapshots_of(self, tenant: TenantId, page: int, days: Iterable[Day], now: Instant) -> list[Snapshot]:
        places = ((tenant, page, day) for day in days)
        return _live((self._snapshots[place] for place in places if place in self._snapshots), now)

    def newest_snapshots(
        self, tenant: TenantId, page: int, first: Day, last: Day, chunk: int, now: Instant
    ) -> Iterator[Snapshot]:
        return reversed(self.snapshots(tenant, page, first, last, now))

    def newest_calculations(
        self, tenant: TenantId, page: int, client: RecordId, first: Day, last: Day, chunk: int, now: Instant
    ) -> Iterator[HistoryEntry]:
        held = self.calculations(tenant, page, client, Instant(0), NEVER, now)
        return (entry for entry in reversed(held) if first <= entry.date <= last)

    def put_calculation(self, tenant: TenantId, page: int, client: RecordId, entry: HistoryEntry, now: Instant) -> None:
        self._calculations[tenant, page, client, entry.as_of] = Kept(entry, expiry(entry.as_of, now))

    def calculations(
        self, tenant: TenantId, page: int, client: RecordId, first: Instant, last: Instant, now: Instant
    ) -> list[HistoryEntry]:
        held = sorted(self._calculations.items())
        own = (tenant, page, client)
        return _live((kept for place, kept in held if place[:3] == own and first <= place[3] <= last), now)


class FakeAsideStore:
    def __init__(self) -> None:
        self._failed: dict[tuple[TenantId, RecordId], FailedClient] = {}

    def put(self, tenant: TenantId, failed: FailedClient) -> None:
        held = self._failed.get((tenant, failed.client), failed)
        self._failed[tenant, failed.client] = held if held.as_of > failed.as_of else failed

    def list(self, tenant: TenantId) -> list[FailedClient]:
        return [failed for (owner, _), failed in sorted(self._failed.items()) if owner == tenant]

    def remove(self, tenant: TenantId, client: RecordId) -> None:
        self._failed.pop((tenant, client), None)


class FakeRunStore:
    def __init__(self) -> None:
        self._runs: dict[tuple[TenantId, Day], Run] = {}
        self._days: dict[tuple[TenantId, Day], Kept] = {}
        self._summaries: dict[TenantId, FleetSummary] = {}
        self._checkpoints: dict[Instant, Walk] = {}

    def start(self, tenant: TenantId, run: Run, now: Instant) -> Run:
        return self._runs.setdefault((tenant, run.date), run)

    def get(self, tenant: TenantId, day: Day) -> Run | None:
        return self._runs.get((tenant, day))

    def recent(self, tenant: TenantId, first: Day, last: Day) -> list[Run]:
        return [run for day in range(first, last + 1) if (run := self.get(tenant, Day(day))) is not None]

    def add_done(self, tenant: TenantId, day: Day, pages: Iterable[int]) -> Run:
        held = self._runs[tenant, day]
        self._runs[tenant, day] = replace(held, done=held.done | set(pages))
        return self._runs[tenant, day]

    def reopen(self, tenant: TenantId, day: Day, pages: Collection[int]) -> None:
        if not pages:
            return
        held = self.get(tenant, day)
        if held is None:
            raise NotFoundError(f"There is no run of {day}.")
        self._runs[tenant, day] = replace(held, done=held.done - set(pages), complete=False)

    def finish(self, tenant: TenantId, day: Day) -> None:
        self._runs[tenant, day] = replace(self._runs[tenant, day], complete=True)

    def put_day(self, tenant: TenantId, figures: DayFigures, now: Instant) -> None:
        _first_of(self._days, (tenant, figures.date), Kept(figures, expiry(figures.as_of, now)), now)

    def days(self, tenant: TenantId, first: Day, last: Day, now: Instant) -> list[DayFigures]:
        places = ((tenant, day) for day in range(first, last + 1))
        return _live((self._days[place] for place in places if place in self._days), now)

    def newest_day(self, tenant: TenantId, first: Day, last: Day, now: Instant) -> DayFigures | None:
        return next(reversed(self.days(tenant, first, last, now)), None)

    def put_summary(self, tenant: TenantId, summary: FleetSummary) -> None:
        if tenant not in self._summaries or self._summaries[tenant].as_of < summary.as_of:
            self._summaries[tenant] = summary

    def summary(self, tenant: TenantId) -> FleetSummary | None:
        return self._summaries.get(tenant)

    def checkpoint(self, as_of: Instant) -> Walk | None:
        return self._checkpoints.get(as_of)

    def save_checkpoint(self, as_of: Instant, walk: Walk) -> None:
        self._checkpoints[as_of] = walk


class FakeDueMarkStore:
    def __init__(self) -> None:
        self._marks: dict[tuple[TenantId, Instant | None], DueMark] = {}
        self._walk = Walk()

    def mark(self, tenant: TenantId, due: Instant, now: Instant, *, night: Instant | None = None) -> int:
        first = DueMark(tenant, night, due, now, now, 0)
        standing = self._marks.get((tenant, night), first)
        marked = standing._replace(touched=now, version=standing.version + 1, tries=0)
        self._marks[tenant, night] = marked
        return marked.version

    def marks(self, shard: int) -> Iterator[DueMark]:
        return iter([mark for mark in self._marks.values() if crc32(mark.tenant.encode()) % SHARDS == shard])

    def postpone(self, mark: DueMark, due: Instant, *, failed: bool = False) -> None:
        if (standing := self._seen(mark.tenant, mark.night, mark.version)) is not None:
            tries = mark.tries + 1 if failed else 0
            self._marks[mark.tenant, mark.night] = standing._replace(due=due, tries=tries)

    def clear(self, tenant: TenantId, version: int, *, night: Instant | None = None) -> None:
        if self._seen(tenant, night, version) is not None:
            del self._marks[tenant, night]

    def resume(self, mark: DueMark) -> None:
        if (standing := self._seen(mark.tenant, mark.night, mark.version)) is not None:
            self._marks[mark.tenant, mark.night] = standing._replace(due=standing.since, tries=0)

    def walk(self) -> Walk:
        return self._walk

    def save_walk(self, walk: Walk) -> None:
        self._walk = walk

    def _seen(self, tenant: TenantId, night: Instant | None, version: int) -> DueMark | None:
        standing = self._marks.get((tenant, night))
        return standing if standing is not None and standing.version == version else None


def _marks(clients: Mapping[str, Trigger | None]) -> set[tuple[str, str]]:
    return {(client, trigger or "") for client, trigger in clients.items()}


class FakeRefreshMarkStore:
    def __init__(self) -> None:
        self._marked: dict[tuple[TenantId, int], set[tuple[str, str]]] = {}
        self._since: dict[tuple[TenantId, int], Instant] = {}
        self._claims: dict[tuple[TenantId, int], RefreshClaim] = {}

    def mark(self, tenant: TenantId, page: int, clients: Mapping[str, Trigger | None], now: Instant) -> Instant:
        self._marked.setdefault((tenant, page), set()).update(_marks(clients))
        return self._since.setdefault((tenant, page), now)

    def lost(self, tenant: TenantId, marks: Mapping[int, Mapping[str, Trigger | None]]) -> set[int]:
        return {
            page for page, clients in marks.items() if not _marks(clients) <= self._marked.get((tenant, page), set())
        }

    def marked_since(self, tenant: TenantId, pages: Iterable[int]) -> dict[int, Instant]:
        found = {}
        for page in pages:
            place = tenant, page
            waiting = [self._since[place]] if place in self._since else []
            waiting += [self._claims[place].as_of] if place in self._claims else []
            if waiting:
                found[page] = min(waiting)
        return found

    def claim(self, tenant: TenantId, page: int, now: Instant) -> RefreshClaim | None:
        place = tenant, page
        if place not in self._claims and place in self._marked:
            marks = self._marked.pop(place)
            del self._since[place]
            clients = {
                client: _first_trigger(client, marks) for client, _ in marks if client not in {EVERYBODY, ARRIVALS}
            }
            self._claims[place] = RefreshClaim(now, clients, (EVERYBODY, "") in marks, (ARRIVALS, "") in marks)
        return self._claims.get(place)

    def release(self, tenant: TenantId, page: int, claim: RefreshClaim) -> None:
        held = self._claims.get((tenant, page))
        if held is not None and held.as_of == claim.as_of:
            del self._claims[tenant, page]


class FakeAccountManagerStore:
    def __init__(self) -> None:
        self._managers: dict[TenantId, dict[str, AccountManager]] = {}

    def get(self, tenant: TenantId, ids: Iterable[str]) -> dict[str, AccountManager]:
        held = self._managers.get(tenant, {})
        return {manager: held[manager] for manager in ids if manager in held}

    def list(self, tenant: TenantId) -> list[AccountManager]:
        return sorted(self._managers.get(tenant, {}).values())

    def put(self, tenant: TenantId, manager: AccountManager) -> bool:
        held = self._managers.setdefault(tenant, {})
        if manager.id in held and held[manager.id].updated_at > manager.updated_at:
            return False
        held[manager.id] = manager
        return True


class FakeAliasStore:
    def __init__(self) -> None:
        self._aliases: dict[TenantId, dict[tuple[str, str], Alias]] = {}

    def of_client(self, tenant: TenantId, client: RecordId) -> list[Alias]:
        held = self._aliases.get(tenant, {})
        return [alias for _, alias in sorted(held.items()) if alias.client_id == client]

    def listed(self, tenant: TenantId, source: str | None, after: str | None, limit: int) -> list[tuple[str, Alias]]:
        held = sorted(("#".join(place), alias) for place, alias in self._aliases.get(tenant, {}).items())
        return [
            (place, alias)
            for place, alias in held
            if source in (None, alias.source) and (after is None or place > after)
        ][:limit]

    def replace(self, tenant: TenantId, client: RecordId, aliases: Sequence[Alias]) -> Alias | None:
        held = self._aliases.setdefault(tenant, {})
        wanted = {(alias.source, folded(alias.value)): alias for alias in aliases}
        for place in wanted:
            if place in held and held[place].client_id != client:
                return held[place]
        kept = {place: alias for place, alias in held.items() if alias.client_id != client}
        self._aliases[tenant] = {**kept, **wanted}
        return None

    def holders(self, tenant: TenantId, source: str, values: Sequence[str]) -> dict[str, RecordId]:
        held = self._aliases.get(tenant, {})
        places = {value: (source, folded(value)) for value in values}
        return {value: held[place].client_id for value, place in places.items() if place in held}

    def claim(self, tenant: TenantId, alias: Alias) -> RecordId:
        held = self._aliases.setdefault(tenant, {})
        return held.setdefault((alias.source, folded(alias.value)), alias).client_id


class FakeTaskStore:
    def __init__(self) -> None:
        self._tasks: dict[tuple[TenantId, str], Task] = {}

    def applied(self, tenant: TenantId, alert_id: str) -> bool:
        return (tenant, alert_id) in self._tasks

    def open(self, tenant: TenantId, task: Task) -> str | None:
        if self._open(tenant, task.client_id) is None and not self.applied(tenant, task.id):
            self._tasks[tenant, task.id] = task
        held = self._open(tenant, task.client_id)
        return None if held is None else held.id

    def get(self, tenant: TenantId, task_id: str) -> Task:
        if (tenant, task_id) not in self._tasks:
            raise NotFoundError(f"There is no task {task_id}.")
        return self._tasks[tenant, task_id]

    def newest(self, tenant: TenantId, before: str | None, chunk: int) -> Iterator[Task]:
        held = sorted((task for (owner, _), task in self._tasks.items() if owner == tenant), reverse=True)
        return (task for task in held if before is None or task.id < before)

    def several(self, tenant: TenantId, ids: Iterable[str]) -> dict[str, Task]:
        return {each: self._tasks[tenant, each] for each in ids if (tenant, each) in self._tasks}

    def open_tasks(self, tenant: TenantId) -> list[OpenTask]:
        return [task.as_open for (owner, _), task in self._tasks.items() if owner == tenant and task.status == "OPEN"]

    def open_of(self, tenant: TenantId, client: RecordId) -> str | None:
        held = self._open(tenant, client)
        return None if held is None else held.id

    def change(self, tenant: TenantId, before: Task, after: Task) -> bool:
        held = self._open(tenant, after.client_id)
        if after.status == "OPEN" and held is not None and held.id != after.id:
            return False
        differs = {name: value for name, value in after._asdict().items() if value != getattr(before, name)}
        self._tasks[tenant, after.id] = self._tasks[tenant, after.id]._replace(**{**differs, "status": after.status})
        return True

    def _open(self, tenant: TenantId, client: str) -> Task | None:
        mine = (task for (owner, _), task in self._tasks.items() if (owner, task.client_id) == (tenant, client))
        return next((task for task in mine if task.status == "OPEN"), None)


class FakeSubscriptionStore:
    def __init__(self) -> None:
        self._held: dict[tuple[TenantId, RecordId | None, str], Subscription] = {}

    def all(self, tenant: TenantId) -> list[Subscription]:
        held = [subscription for place, subscription in self._held.items() if place[0] == tenant]
        return sorted(held, key=lambda each: (each.manager or "*", each.id))

    def put(self, tenant: TenantId, subscription: Subscription) -> None:
        self._held[tenant, subscription.manager, subscription.id] = subscription

    def replace(self, tenant: TenantId, before: Subscription, after: Subscription) -> None:
        if self._as_wanted(tenant, before):
            self._held[tenant, after.manager, after.id] = after

    def delete(self, tenant: TenantId, subscription: Subscription) -> None:
        if self._as_wanted(tenant, subscription):
            del self._held[tenant, subscription.manager, subscription.id]

    def _as_wanted(self, tenant: TenantId, one: Subscription) -> bool:
        stands = self._held.get((tenant, one.manager, one.id))
        return stands is not None and (stands.state, stands.asked_at) == (one.state, one.asked_at)


class FakeApiKeyStore:
    def __init__(self) -> None:
        self._keys: dict[str, tuple[ApiKey, str]] = {}

    def put(self, key: ApiKey, digest: str) -> None:
        self._keys[key.id] = key, digest

    def get(self, key_id: str) -> tuple[ApiKey, str] | None:
        return self._keys.get(key_id)

    def list(self, tenant: TenantId) -> list[ApiKey]:
        return sorted(key for key, _ in self._keys.values() if key.tenant == tenant)

    def delete(self, tenant: TenantId, key_id: str) -> bool:
        if key_id not in self._keys or self._keys[key_id][0].tenant != tenant:
            return False
        del self._keys[key_id]
        return True

    def note_use(self, key: ApiKey, day: Day) -> None:
        if key.id in self._keys:
            held, digest = self._keys[key.id]
            self._keys[key.id] = held._replace(last_used_on=day), digest

    def list_use(self, key: ApiKey, day: Day) -> None:
        """The listing is the index here."""


class FakeJournalStore:
    def __init__(self) -> None:
        self._entries: dict[tuple[TenantId, int, str], dict[tuple[Instant, str], JournalEntry]] = {}

    def put(self, tenant: TenantId, page: int, client: RecordId, entry: JournalEntry) -> None:
        self._entries.setdefault((tenant, page, str(client)), {}).setdefault((entry.at, entry.id), entry)

    def newest(
        self, tenant: TenantId, page: int, client: RecordId, before: tuple[Instant, RecordId] | None, chunk: int
    ) -> Iterator[JournalEntry]:
        held = self._entries.get((tenant, page, str(client)), {})
        return iter([held[place] for place in sorted(held, reverse=True) if before is None or place < before])

    def replace(self, tenant: TenantId, page: int, client: RecordId, before: JournalEntry, after: JournalEntry) -> bool:
        held = self._entries.setdefault((tenant, page, str(client)), {})
        old, new = (before.at, before.id), (after.at, after.id)
        if held.get(old) == before and (old == new or new not in held):
            del held[old]
            held[new] = after
        return held.get(new) == after


class FakeIdempotencyStore:
    def __init__(self) -> None:
        self._requests: dict[tuple[TenantId, str], Kept] = {}
        self._pinned: dict[tuple[TenantId, str], Instant] = {}

    def begin(self, tenant: TenantId, key: str, client: RecordId, now: Instant) -> Answered | None:
        held = self._requests.get((tenant, key))
        if held is not None and held.expires > now:
            answered: Answered = held.value
            return answered
        self._requests[tenant, key] = Kept(Answered(str(client), None), now + 60)
        return None

    def pin(self, tenant: TenantId, key: str, client: RecordId, asked: str, now: Instant) -> Pinned:
        held = self._requests.get((tenant, key))
        if held is not None and held.expires > now:
            earlier: Answered = held.value
            return Pinned(earlier.client_id, earlier.asked, self._pinned.get((tenant, key), now), earlier.answer)
        self._requests[tenant, key] = Kept(Answered(str(client), None, asked), now + SECONDS_PER_DAY)
        self._pinned[tenant, key] = now
        return Pinned(str(client), asked, now, first=True)

    def answer(self, tenant: TenantId, key: str, pinned: Pinned, answer: Any, now: Instant) -> None:
        stored = Answered(pinned.client_id, json.loads(json.dumps(answer)), pinned.asked)
        self._requests[tenant, key] = Kept(stored, now + SECONDS_PER_DAY)

    def finish(self, tenant: TenantId, key: str, client: RecordId, answer: Any, now: Instant) -> None:
        stored = json.loads(json.dumps(answer))
        self._requests[tenant, key] = Kept(Answered(str(client), stored), now + SECONDS_PER_DAY)

    def abandon(self, tenant: TenantId, key: str) -> None:
        self._requests.pop((tenant, key), None)


def _first_of(held: dict[Any, Kept], place: Any, new: Kept, now: Instant) -> Any:
    """Keeps what is new unless something that has not expired stands there; returns what stands."""
    if place not in held or held[place].expires <= now:
        held[place] = new
    return held[place].value


def expiry(as_of: Instant, now: Instant) -> Instant:
    return max(as_of, now) + RETENTION_DAYS * SECONDS_PER_DAY


def _live(held: Iterable[Kept], now: Instant) -> list[Any]:
    return [kept.value for kept in held if kept.expires > now]


def _first_trigger(client: str, marks: set[tuple[str, str]]) -> Trigger | None:
    return next((trigger for trigger in CALCULATION_TRIGGERS if (client, trigger) in marks), None)
