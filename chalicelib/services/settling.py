"""Settling what is on the move: each ticket has one place, and the directory of ids knows it.

Every step may be repeated, and two may settle the same at once. A ticket is looked for where the directory and all that
is pending say; the copies are compared; only then do the directory's leaves learn of the arrivals, under a condition on
what was read of them, so that of two who meet the later one finds the earlier's entry.

A copy is removed together with a check that the one that stands is as it was read, and the arrivals are read after the
copies: whoever knows less than another finds that check failing. So at every moment one copy at least is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar

from chalicelib.domain.blocks import BlockId, Stored
from chalicelib.domain.facts import Timestamp
from chalicelib.domain.history import Trigger
from chalicelib.domain.ids import RecordId, TenantId, TicketKey
from chalicelib.domain.records import StoredRecord
from chalicelib.domain.roster import page_of
from chalicelib.domain.run import ARRIVALS
from chalicelib.domain.ticket_copies import TicketCopy, key_text, standing, ticket_key
from chalicelib.domain.ticket_directory import Gone
from chalicelib.services.errors import DirectoryDamagedError, TryAgainError, left_out
from chalicelib.services.refresh_requests import RefreshRequests

if TYPE_CHECKING:
    from chalicelib.domain.blocks import Block
    from chalicelib.domain.ticket_directory import Arrivals, Leaf
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.directory import TicketDirectory
    from chalicelib.services.ports.process import Clock, Together
    from chalicelib.services.ports.tenants import TenantStore

ATTEMPTS: Final = 10

REQUEST_SECONDS: Final = 30
"""Longer than a request lasts, which the API ends after 29: what it announced is stored by then, or never will be."""

BESIDE: Final = 40
"""Tickets that leave a block in one transaction, which takes 100 items."""

REQUESTS_AT_A_TIME: Final = 20
"""Of 500 records each: what they bring fits into one pass over the directory."""

PAGES_AT_A_TIME: Final = 2
"""Roster pages of an older table that are taken into the directory at once, before anything is settled."""

ENTRIES_AT_A_TIME: Final = 10_000

Seats = dict[TicketKey, set[int]]

K = TypeVar("K")
V = TypeVar("V")


class Settling:
    """Settles the arrivals that requests announced."""

    def __init__(
        self,
        tenants: TenantStore,
        roster: Roster,
        directory: TicketDirectory,
        refreshes: RefreshRequests,
        clock: Clock,
        together: Together,
    ) -> None:
        self._tenants, self._roster, self._directory = tenants, roster, directory
        self._refreshes, self._clock, self._together = refreshes, clock, together

    def settle(self, tenant: TenantId, page: int) -> int:
        """Settles what was announced with a page; returns how many arrivals and deletions that were.

        What is younger than a request may last is left to a message of its own: its records may still be on their way.
        A table that an older build wrote is taken into the directory first, some pages at a time.
        """
        if self._take_in(tenant):
            self._come_again(tenant, page, 0)
            return 0
        settled, waiting, now = 0, 0, self._clock()
        unreadable: dict[str, Exception] = {}
        errors: list[Exception] = []
        announced = self._directory.pending(tenant, page, unreadable.setdefault)
        while some := list(islice(announced, REQUESTS_AT_A_TIME)):
            ended = [each for each in some if each.received <= now - REQUEST_SECONDS]
            waiting += len(some) - len(ended)
            failed = self._enter_all(tenant, *_wanted(ended)) if ended else []
            if not failed:
                self._directory.forget(tenant, ended)
                settled += sum(len(each.arrivals) + len(each.deletions) for each in ended)
            errors += failed
        if waiting:
            self._come_again(tenant, page, REQUEST_SECONDS)
        errors += unreadable.values()
        if errors:
            raise errors[0]
        return settled

    def _enter_all(self, tenant: TenantId, wanted: Seats, doubtful: set[TicketKey]) -> list[Exception]:
        """Enters all tickets that can be: what fails for one (an item that cannot be read) stops no other."""
        try:
            self._enter(tenant, wanted, set(doubtful))
        except DirectoryDamagedError:
            raise
        except Exception as error:
            if len(wanted) == 1:
                return [error]
            halves = _chunks(wanted, -(-len(wanted) // 2))
            return [each for half in halves for each in self._enter_all(tenant, half, doubtful & half.keys())]
        return []

    def _come_again(self, tenant: TenantId, page: int, delay: int) -> None:
        refresh = self._refreshes.request(tenant, delay=delay)
        refresh.add({page: {ARRIVALS: None}})
        refresh.send()

    def _take_in(self, tenant: TenantId) -> bool:
        """Takes pages into the directory that are not in it; whether more are left."""
        left = self._directory.unregistered(tenant, self._tenants.get(tenant).pages)
        for number in sorted(left)[:PAGES_AT_A_TIME]:
            wanted: Seats = {}
            doubtful: set[TicketKey] = set()
            for seat, _, blocks in self._roster.page_tickets(tenant, number, failed=left_out):
                for block in blocks.values():
                    for key in map(ticket_key, block.records.get("ticket", {})):
                        doubtful |= {key} if key in wanted else set()
                        wanted.setdefault(key, set()).add(seat)
            failed = [
                error
                for some in _chunks(wanted, ENTRIES_AT_A_TIME)
                for error in self._enter_all(tenant, some, doubtful & some.keys())
            ]
            if failed:
                raise failed[0]
            self._directory.register(tenant, number)
        return len(left) > PAGES_AT_A_TIME

    def _enter(self, tenant: TenantId, wanted: Seats, doubtful: set[TicketKey]) -> None:
        """Enters tickets into the directory, each with the one place where it is.

        `doubtful` are those that may be in several places, whatever the directory says.
        """
        for _ in range(ATTEMPTS):
            leaves = self._directory.leaves(tenant, wanted)
            known = {key: seats for leaf in leaves for key, seats in leaf.entries.items() if key in wanted}
            gone = {name: each for leaf in leaves for name, each in leaf.gone.items() if ticket_key(name) in wanted}
            look_at = {key: wanted[key] | known.get(key, set()) for key in wanted if key in known or key in doubtful}
            look_at |= {key: wanted[key] | known.get(key, set()) for key in map(ticket_key, gone)}
            found = _Found()
            if look_at:
                found = self._resolve(tenant, look_at, gone)
            changed = [_entered(leaf, wanted, found) for leaf in leaves]
            put = self._together(partial(self._put, tenant), zip(leaves, changed, strict=True))
            refused = [leaf for leaf, done in zip(leaves, put, strict=True) if not done]
            wanted = {
                key: seats
                for key, seats in wanted.items()
                if key in found.again or any(_covers(leaf, key) for leaf in refused)
            }
            if not wanted:
                return
            doubtful |= found.again
        raise TryAgainError("the directory of tickets keeps changing")

    def _put(self, tenant: TenantId, leaf: tuple[Leaf, Leaf]) -> bool:
        before, after = leaf
        return before == after or self._directory.put_leaf(tenant, after)

    def _resolve(
        self, tenant: TenantId, look_at: Mapping[TicketKey, set[int]], gone: Mapping[RecordId, Gone]
    ) -> _Found:
        """Looks at all places of some tickets, and leaves one copy of each."""
        seats = {seat for held_by in look_at.values() for seat in held_by}
        held = _Held()
        unread: set[int] = set()
        for page in sorted({page_of(seat) for seat in seats}):
            failed: dict[str, Exception] = {}
            clients = self._roster.page_tickets(tenant, page, seats, failed.setdefault)
            if failed:  # the directory still leads there once it can be read
                unread |= {seat for seat in seats if page_of(seat) == page} - {client.seat for client in clients}
            for client in clients:
                held.blocks |= client.blocks
                held.seats |= dict.fromkeys(client.blocks, client.seat)
        pending = list(
            self._directory.pending(tenant, failed=left_out)
        )  # after the copies: it covers all that were read
        found = _Found(looked_at=set(look_at))
        for key, held_by in look_at.items():
            if held_by & unread:
                found.seats.setdefault(key, set()).update(held_by & unread)
        copies = _copies(look_at, held, pending, gone)
        for ticket_id, candidates in copies.items():
            winner = standing(candidates)
            places = [each.place for each in candidates if isinstance(each.place, BlockId)]
            if not places:
                found.gone[ticket_id] = Gone(winner.updated_at, winner.received or 0)
                continue
            keeps = winner.place if isinstance(winner.place, BlockId) else _best(candidates)
            found.seats.setdefault(ticket_key(ticket_id), set()).add(held.seats[keeps])
            held.keep(ticket_id, keeps, winner, [place for place in places if place != keeps])
        self._write(tenant, held, found)
        return found

    def _write(self, tenant: TenantId, held: _Held, found: _Found) -> None:
        """First what stands with its new time, then what is in its way, each under a condition on all that it is
        about; marks before them, refreshes after."""
        if not held.kept and not held.dropped:
            return
        refresh = self._refreshes.request(tenant, delay=0)
        pages: dict[int, dict[str, Trigger | None]] = {}
        for block_id in (*held.kept, *held.dropped):
            pages.setdefault(block_id.page, {})[block_id.client] = None
        refresh.add(pages)
        versions: dict[BlockId, int] = {block_id: block.version for block_id, block in held.blocks.items()}
        failed: set[RecordId] = set()
        for block_id, changes in held.kept.items():
            block = held.blocks[block_id]
            tickets = dict(block.records.get("ticket", {})) | {
                str(ticket_id): each for ticket_id, each in changes.items()
            }
            stored = self._roster.put_block(tenant, block_id, block._replace(records={"ticket": tickets}))
            if stored in {Stored.STORED, Stored.GROWN}:
                versions[block_id] += 1
                held.blocks[block_id] = block._replace(records={"ticket": tickets}, version=versions[block_id])
            else:
                failed |= changes.keys()
                versions[block_id] = -1
        for block_id, dropped in held.dropped.items():
            block = held.blocks[block_id]
            going = {name: keeps for name, keeps in dropped.items() if versions[keeps] >= 0 and versions[block_id] >= 0}
            failed |= dropped.keys() - going.keys()
            for some in _chunks(going, BESIDE):
                tickets = {name: each for name, each in block.records["ticket"].items() if name not in some}
                beside = {keeps: versions[keeps] for keeps in some.values() if keeps != block_id}
                smaller = block._replace(records={"ticket": tickets})
                if not self._roster.move_tickets(tenant, block_id, smaller, beside):
                    failed |= some.keys()
                    versions[block_id] = -1
                    break
                versions[block_id] += 1
                block = smaller._replace(version=versions[block_id])
        found.again |= set(map(ticket_key, failed))
        refresh.send()


class _Held:
    """The blocks that were read, and what is to become of them."""

    def __init__(self) -> None:
        self.blocks: dict[BlockId, Block] = {}
        self.seats: dict[BlockId, int] = {}
        self.kept: dict[BlockId, dict[RecordId, StoredRecord]] = {}
        self.dropped: dict[BlockId, dict[RecordId, BlockId]] = {}

    def keep(self, ticket_id: RecordId, place: BlockId, winner: TicketCopy, others: Iterable[BlockId]) -> None:
        record = self.blocks[place].records["ticket"][ticket_id]
        new = StoredRecord(record.row, winner.updated_at, winner.deleted)
        if new != record:
            self.kept.setdefault(place, {})[ticket_id] = new
        for other in others:
            self.dropped.setdefault(other, {})[ticket_id] = place


@dataclass
class _Found:
    """What looking at tickets came to: where those that were looked at are, which are nowhere but deleted, and which
    are to be looked at again, because something changed meanwhile."""

    looked_at: set[TicketKey] = field(default_factory=set)
    seats: Seats = field(default_factory=dict)
    gone: dict[RecordId, Gone] = field(default_factory=dict)
    again: set[TicketKey] = field(default_factory=set)


def _copies(
    look_at: Mapping[TicketKey, set[int]], held: _Held, pending: Sequence[Arrivals], gone: Mapping[RecordId, Gone]
) -> dict[RecordId, list[TicketCopy]]:
    """All versions of the tickets that are looked at, by id: stored ones, and deletions by id."""
    received: dict[tuple[TicketKey, int, str], tuple[Timestamp, bool]] = {}
    found: dict[RecordId, list[TicketCopy]] = {}
    for each in sorted(pending, key=lambda arrivals: arrivals.received):
        for arrival in each.arrivals:
            if arrival.key in look_at:
                received[arrival[:3]] = each.received, arrival.timed
        for deletion in each.deletions:
            if ticket_key(deletion.id) in look_at:
                copy = TicketCopy(
                    place=None,
                    client_id="",
                    updated_at=deletion.updated_at,
                    deleted=True,
                    received=each.received,
                    timed=deletion.timed,
                )
                found.setdefault(deletion.id, []).append(copy)
    for name, each_gone in gone.items():
        copy = TicketCopy(
            place=None, client_id="", updated_at=each_gone.updated_at, deleted=True, received=each_gone.received
        )
        found.setdefault(name, []).append(copy)
    for block_id, block in held.blocks.items():
        seat = held.seats[block_id]
        for ticket_id, record in block.records.get("ticket", {}).items():
            key = ticket_key(ticket_id)
            if seat in look_at.get(key, ()):
                at, timed = received.get((key, seat, str(block_id.quarter)), (None, True))
                copy = TicketCopy(
                    place=block_id,
                    client_id=block_id.client,
                    updated_at=record.updated_at,
                    deleted=record.deleted,
                    received=at,
                    timed=timed,
                )
                found.setdefault(RecordId(ticket_id), []).append(copy)
    return found


def _best(candidates: Sequence[TicketCopy]) -> BlockId:
    """Where a ticket that was deleted by its id keeps the deletion."""
    stored = {each.place: each for each in candidates if isinstance(each.place, BlockId)}
    newest = standing(list(stored.values()))
    return next(place for place in stored if place == newest.place)


def _wanted(announced: Sequence[Arrivals]) -> tuple[Seats, set[TicketKey]]:
    """What came, and of that what has to be looked at in any case: it came to several places, or was deleted by id."""
    places: dict[TicketKey, set[tuple[int, str]]] = {}
    for each in announced:
        for arrival in each.arrivals:
            places.setdefault(arrival.key, set()).add((arrival.seat, arrival.quarter))
    deleted = {ticket_key(deletion.id) for each in announced for deletion in each.deletions}
    wanted: Seats = {key: set() for key in deleted}
    wanted |= {key: {seat for seat, _ in held} for key, held in places.items()}
    return wanted, deleted | {key for key, held in places.items() if len(held) > 1}


def _entered(leaf: Leaf, wanted: Seats, found: _Found) -> Leaf:
    """A leaf with the tickets that are entered; of one that was looked at the seats where it is, perhaps none."""
    entries = dict(leaf.entries)
    gone = {name: each for name, each in leaf.gone.items() if ticket_key(name) not in found.looked_at}
    for key, seats in wanted.items():
        if _covers(leaf, key) and key not in found.again:
            entries[key] = found.seats.get(key, set()) if key in found.looked_at else seats
    gone |= {name: each for name, each in found.gone.items() if _covers(leaf, ticket_key(name))}
    return leaf._replace(
        entries={key: seats for key, seats in entries.items() if seats or key in found.looked_at}, gone=gone
    )


def _covers(leaf: Leaf, key: TicketKey) -> bool:
    text = key_text(key)
    return leaf.first <= text and (leaf.until is None or text < leaf.until)


def _chunks(items: Mapping[K, V], size: int) -> Iterator[dict[K, V]]:
    pairs = list(items.items())
    return (dict(pairs[start : start + size]) for start in range(0, len(pairs), size))
