"""Anything that can happen to a tenant's records and scores, against a dictionary of what was acknowledged.

The model holds, for each client, the last version of every record that was sent. What it must come to is computed from
that with the pure rules of the domain, never from what is stored.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chalicelib.api.schemas.records import read_record
from chalicelib.domain.blocks import ClientTickets, Seat
from chalicelib.domain.errors import ConflictError
from chalicelib.domain.evaluation import evaluate
from chalicelib.domain.facts import Client, Day, Facts, Instant, Tickets, Timestamp
from chalicelib.domain.fleet import day_figures
from chalicelib.domain.history import Scores, Snapshot, Stamp
from chalicelib.domain.ids import RecordId
from chalicelib.domain.moment import Moment
from chalicelib.domain.records import FACT_TYPES, row_of
from chalicelib.domain.roster import scores_of
from chalicelib.domain.run import Run
from chalicelib.domain.ticket_copies import ticket_key
from chalicelib.domain.times import day_of_instant, format_instant
from chalicelib.services.client_intake import client_of
from chalicelib.services.sent_records import SentRecord
from tests.fakes.stores import FACTS_FIELDS
from tests.faults.test_alert_model import crashes
from tests.faults.world import ACME, DAY, NIGHT, CrashError, CrashPoint, World

CLIENTS: Final = ("c1", "c2", "far")
EVERYTHING: Final = tuple(sorted(FACT_TYPES))

days = st.sampled_from(("2026-07-20", "2026-10-05", "2026-11-02", "2026-11-21"))
instants = days.map(lambda day: f"{day}T09:30:00Z")
numbers = st.sampled_from((0, 3, 8, 40.5, 100))

FIELDS: Final[dict[str, dict[str, st.SearchStrategy[Any]]]] = {
    "ticket": {
        "created_at": st.sampled_from(("2026-10-05T08:00:00Z", "2026-11-20T08:00:00Z", "2026-07-20T08:00:00Z")),
        "priority": st.sampled_from(("P1", "P2", "P4")),
        "first_response_at": st.none() | instants,
        "closed_at": st.none() | instants,
        "due_at": st.none() | instants,
    },
    "contract": {"status": st.sampled_from(("ACTIVE", "EXPIRED")), "start_date": days, "end_date": st.none() | days},
    "invoice": {
        "status": st.sampled_from(("SENT", "PAID", "VOID")),
        "issued_on": days,
        "due_on": days,
        "total": st.just({"currency": "EUR", "amount": "120.50"}),
        "paid_on": st.none() | days,
    },
    "survey": {"kind": st.just("CSAT"), "score": st.integers(1, 5), "responded_at": instants},
    "billable_month": {
        "month": st.sampled_from(("2026-08", "2026-09", "2026-10")),
        "billable_hours": numbers,
        "budget_hours": st.none() | numbers,
    },
    "qbr": {
        "held_on": days,
        "status": st.sampled_from(("SCHEDULED", "COMPLETED")),
        "decision_maker_present": st.booleans(),
    },
    "touchpoint": {"occurred_at": instants, "kind": st.just("CALL"), "with_decision_maker": st.booleans()},
    "assessment": {"completed_on": days, "standardization_score": numbers},
    "reconciliation": {"completed_on": days, "contracted_quantity": numbers, "used_quantity": numbers},
    "headcount": {"recorded_on": days, "employees": st.integers(0, 60)},
}

NAMES: Final = ("R1", "R2", "0f8fad5b-d9cb-469f-a165-70867728950e")


@st.composite
def facts(draw: st.DrawFn) -> dict[str, Any]:
    """A record of any kind, of one of three ids: often a correction, of a ticket often a move."""
    kind, name = draw(st.sampled_from((*EVERYTHING, "ticket", "ticket"))), draw(st.sampled_from(NAMES))
    if kind == "ticket" and draw(st.integers(0, 7)) == 0:
        owner = {"client_id": draw(st.sampled_from(CLIENTS))} if draw(st.booleans()) else {}
        return {"type": kind, "id": name, "deleted": True, **owner}
    drawn = {field: draw(values) for field, values in FIELDS[kind].items()}
    made = {"type": kind, "id": name, "client_id": draw(st.sampled_from(CLIENTS)), **drawn}
    if draw(st.integers(0, 5)) == 0:
        made["deleted"] = True
    return {field: value for field, value in made.items() if value is not None}


class Model:
    """The last version of every record: of a ticket one, wherever it lies."""

    def __init__(self) -> None:
        self.clients: dict[str, SentRecord] = {}
        self.facts: dict[tuple[str, str, str], SentRecord] = {}
        self._versions: dict[Any, Timestamp] = {}

    def take(self, document: Mapping[str, Any]) -> None:
        """A later version replaces an earlier one, in whatever order they come; of equal times the later received."""
        sent = read_record(0, document)
        assert isinstance(sent, SentRecord)
        assert sent.updated_at is not None
        held: dict[Any, SentRecord] = self.clients if sent.type == "client" else self.facts
        owner = None if sent.type == "ticket" else sent.client_id
        key: Any = sent.id if sent.type == "client" else (owner, sent.type, sent.id)
        if key not in held or self._versions[key] <= sent.updated_at:
            held[key], self._versions[key] = sent, sent.updated_at

    def client(self, name: str) -> Client:
        return client_of(self.clients[name])

    def of(self, name: str) -> Facts:
        """All of a client that is not deleted, as the domain has it."""
        rows: dict[str, list[Any]] = {}
        for (_, kind, record_id), sent in self.facts.items():
            if sent.client_id == name and not sent.deleted:
                row = row_of(FACT_TYPES[kind], {**sent.fields, "id": record_id})
                rows.setdefault(kind, []).append(row)
        tickets = Tickets.of(rows.pop("ticket", []))
        return Facts(self.client(name), tickets, **{FACTS_FIELDS[kind]: found for kind, found in rows.items()})


def unordered(found: Facts) -> Mapping[str, Any]:
    """Facts without the order of their rows."""
    lists = {name: sorted(getattr(found, name)) for name in FACTS_FIELDS.values()}
    return {"client": found.client, "tickets": found.tickets, **lists}


def tickets_of(client: ClientTickets) -> list[str]:
    return [ticket_id for block in client.blocks.values() for ticket_id in block.records.get("ticket", {})]


class FactsMachine(RuleBasedStateMachine):
    """Records, settings, nights and crashes on the fakes; three clients on two pages of different messages."""

    @initialize()
    def found(self) -> None:
        self.world, self.model = World(), Model()
        self.world.app.registration.create(ACME, "Acme", "Europe/Rome", "EUR", "someone")
        self.last_night = NIGHT - DAY
        self.snapshots: dict[tuple[int, int], Snapshot] = {}
        self.recalculated: set[tuple[str, Instant]] = set()
        for name in CLIENTS:
            if name == "far":
                self.world.leave_seats(512 - 2)
            self.send({"type": "client", "id": name, "name": name, "status": "ACTIVE"}, None)

    def send(self, document: dict[str, Any], crash: CrashPoint | None, age: int = 0) -> None:
        """Sends a record; who gets no answer sends it again."""
        self.world.now += 1
        document = {**document, "updated_at": format_instant(self.world.now - age)}
        self.until(crash, lambda: self.world.take(document))
        self.world.take(document)
        self.model.take(document)

    def until(self, crash: CrashPoint | None, *steps: Any) -> bool:
        """Takes steps until the crash; whether all were taken."""
        self.world.calls.plan(crash)
        try:
            for step in steps:
                step()
        except CrashError:
            return False
        finally:
            self.world.calls.plan(None)
        return True

    @rule(document=facts(), age=st.sampled_from((0, 0, 0, 2, 5 * DAY)), crash=crashes, delivered=st.booleans())
    def a_record(self, document: dict[str, Any], age: int, crash: CrashPoint | None, delivered: bool) -> None:
        """A new one, a correction, a deletion, or one that comes late."""
        self.send(document, crash, age)
        if delivered:
            self.until(None, self.world.deliver)
            self.note_snapshots()  # of a night that a crash left in the queue

    @rule(
        name=st.sampled_from(CLIENTS),
        archived=st.booleans(),
        status=st.sampled_from(("ACTIVE", "ACTIVE", "CHURNED")),
        crash=crashes,
    )
    def a_client_comes_or_goes(self, name: str, archived: bool, status: str, crash: CrashPoint | None) -> None:
        self.send({"type": "client", "id": name, "name": name, "status": status, "archived": archived}, crash)

    @rule(green=st.sampled_from((60, 70, 80)), weight=st.sampled_from((1_000, 10_000)))
    def new_settings(self, green: int, weight: int) -> None:
        weights = (10_000 - weight, 0, 0, 0, 0, weight, 0, 0, 0)
        self.world.settings(green_threshold=green, weights=weights)

    @rule(ahead=st.sampled_from((1, 1, 2, 31)), crash=crashes, reverse=st.booleans())
    def night(self, ahead: int, crash: CrashPoint | None, reverse: bool) -> None:
        self.last_night += ahead * DAY
        self.score(self.last_night, crash, reverse)

    @rule(late=st.sampled_from((0, 1, 3)), crash=crashes)
    def a_duplicate_or_late_night(self, late: int, crash: CrashPoint | None) -> None:
        self.score(self.last_night - late * DAY, crash, False)

    def score(self, as_of: Instant, crash: CrashPoint | None, reverse: bool) -> None:
        """A night; the snapshots that it brings hold the model's scores if nothing kept it from ending.

        Tickets on the move have arrived before: a night within that minute may count one for two clients.
        """
        world = self.world
        if any(world.stores.directory.pending(ACME)):
            world.recover()
            self.note_snapshots()
        ended = self.until(crash, lambda: world.fire(as_of), lambda: world.deliver(reverse=reverse))
        run = world.stores.runs.get(ACME, day_of_instant(as_of))
        if ended and run is not None:
            for page in range(run.pages):
                self.check_new_snapshot(page, run)
        self.note_snapshots()

    @rule(name=st.sampled_from(CLIENTS), crash=crashes)
    def recalculation(self, name: str, crash: CrashPoint | None) -> None:
        try:
            if self.until(crash, lambda: self.world.recalculate(name)):
                self.recalculated.add((name, self.world.now))
        except ConflictError:
            assert self.expected(name, self.world.now) is None

    @rule(minutes=st.sampled_from((2, 61)), crash=crashes)
    def the_sweep(self, minutes: int, crash: CrashPoint | None) -> None:
        self.world.now += 60 * minutes
        self.until(crash, self.world.sweep, self.world.deliver)
        self.note_snapshots()

    @rule()
    def everything_comes_again(self) -> None:
        """Rows have the scores of the facts, figures are those of the snapshots, who is not scored is not listed."""
        self.world.recover()
        self.note_snapshots()
        tenant = self.world.stores.tenants.get(ACME)
        pages = self.world.stores.scores.current_pages(ACME, range(tenant.pages))
        rows = {row.client.id: row for page in pages.values() for row in page.rows.values()}
        assert rows.keys() == set(CLIENTS)
        assert list(self.world.stores.directory.pending(ACME)) == []
        self.check_facts()
        self.check_places()
        for name, row in rows.items():
            expected = self.expected(name, row.as_of, row.stamp)
            assert row.stamp.settings_version == tenant.settings.version
            found = None if row.evaluation is None else scores_of(row.evaluation)
            assert found == expected
            assert row.client == self.model.client(name)
        self.check_figures()
        assert self.world.stores.refresh_marks.marked_since(ACME, range(tenant.pages)) == {}

    def expected(self, name: str, as_of: Instant, by: Run | Stamp | None = None) -> Scores | None:
        """The scores of a client's facts, under what a run or a row pins, or what is in force.

        A source that is seen for the first time counts for the rows of other clients from their next evaluation on.
        """
        tenant = self.world.stores.tenants.get(ACME)
        held, sources = tenant.settings, tenant.connected
        if by is not None:
            held, sources = self.world.stores.tenants.settings_version(ACME, by.settings_version), by.sources
        moment = Moment.at(as_of, tenant.zone, held.business_hours)
        evaluation = evaluate(self.model.of(name), sources, held.scoring, moment)
        return None if evaluation is None else scores_of(evaluation)

    def check_new_snapshot(self, page: int, run: Run) -> None:
        if (page, run.date) in self.snapshots or not self.kept(page, run.date):
            return
        (snapshot,) = self.kept(page, run.date)
        seats = {name: seat.number for name, seat in self.seats().items() if seat.number // 64 == page}
        expected = {seat: self.expected(name, run.as_of, run) for name, seat in seats.items()}
        assert snapshot.scores == {seat: scores for seat, scores in expected.items() if scores is not None}

    def check_figures(self) -> None:
        """The figures of each date that is complete are a fold of its snapshots."""
        for day in {day for _, day in self.snapshots}:
            run = self.world.stores.runs.get(ACME, Day(day))
            figures = self.world.stores.runs.days(ACME, Day(day), Day(day), self.world.now)
            assert run is not None
            assert bool(figures) >= run.complete
            if figures:
                of_day = [snapshot for (_, date), snapshot in self.snapshots.items() if date == day]
                assert len(of_day) == run.pages
                assert [replace(figures[0], managers={})] == [
                    day_figures(Day(day), run.as_of, run.settings_version, of_day)
                ]

    def note_snapshots(self) -> None:
        for page, day in self.places():
            for snapshot in self.kept(page, day):
                self.snapshots.setdefault((page, day), snapshot)

    def kept(self, page: int, day: int) -> list[Snapshot]:
        return self.world.stores.scores.snapshots(ACME, page, Day(day), Day(day), self.world.now)

    def places(self) -> list[tuple[int, int]]:
        """Where a snapshot can be: the pages of clients, and the nights so far."""
        pages = {seat.number // 64 for seat in self.seats().values()} | {1}
        runs = self.world.stores.runs.recent(ACME, day_of_instant(NIGHT) - 10, day_of_instant(self.last_night))
        return [
            (page, run.date) for page in pages | {page for run in runs for page in range(run.pages)} for run in runs
        ]

    def seats(self) -> Mapping[str, Seat]:
        return self.world.stores.roster.seats(ACME, map(RecordId, CLIENTS))

    @invariant()
    def facts_are_as_acknowledged(self) -> None:
        """At once, but for tickets on the move: of those none counts twice for a client, and none is lost."""
        if not hasattr(self, "world"):
            return
        if not any(self.world.stores.directory.pending(ACME)):
            self.check_facts()
            return
        held = self.held()
        everywhere = {ticket for facts in held.values() for ticket in facts.tickets.id}
        for name in self.model.clients:
            assert len(set(held[name].tickets.id)) == len(held[name].tickets.id)
            assert {ticket.id for ticket in self.model.of(name).tickets.rows()} <= everywhere
            others = {**unordered(self.model.of(name)), "tickets": None}
            assert {**unordered(held[name]), "tickets": None} == others

    def check_places(self) -> None:
        """Each ticket is stored once, and the directory leads there."""
        places: dict[str, int] = {}
        for page in {seat.number // 64 for seat in self.seats().values()}:
            for client in self.world.stores.roster.page_tickets(ACME, page):
                for block in client.blocks.values():
                    for ticket_id in block.records.get("ticket", {}):
                        assert places.setdefault(ticket_id, client.seat) == client.seat, "under two clients"
                assert len(names := tickets_of(client)) == len(set(names)), "in two quarters"
        for leaf in self.world.stores.directory.leaves(ACME, map(ticket_key, places)):
            for ticket_id, seat in places.items():
                if ticket_key(ticket_id) in leaf.entries:
                    assert leaf.entries[ticket_key(ticket_id)] == {seat}
        known = [key for leaf in self.world.stores.directory.all_leaves(ACME) for key in leaf.entries]
        assert set(map(ticket_key, places)) <= set(known)

    def held(self) -> dict[str, Facts]:
        pages = {seat.number // 64 for seat in self.seats().values()}
        return {each.client.id: each for page in pages for _, each in self.world.stores.roster.page_facts(ACME, page)}

    def check_facts(self) -> None:
        assert {name: unordered(each) for name, each in self.held().items()} == {
            name: unordered(self.model.of(name)) for name in self.model.clients
        }

    @invariant()
    def history_stays(self) -> None:
        """Snapshots never change, and every recalculation that was answered is kept."""
        if not hasattr(self, "world"):
            return
        for (page, day), snapshot in self.snapshots.items():
            assert self.kept(page, day) == [snapshot]
        seats = self.seats()
        for name, as_of in self.recalculated:
            page = seats[name].number // 64
            assert self.world.stores.scores.calculations(
                ACME,
                page,
                RecordId(name),
                as_of,
                as_of,
                self.world.now,
            )

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.everything_comes_again()


FactsMachine.TestCase.settings = settings(
    deadline=None,
    max_examples=120 * int(os.environ.get("SOAK", "1")),
    stateful_step_count=25,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
TestFacts = FactsMachine.TestCase
