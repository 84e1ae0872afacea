"""A connection on fakes, its source a stub in the same process: what is read, stored and held after any history."""

from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from chalicelib.connections.clients import Clients
from chalicelib.connections.kinds import made
from chalicelib.connections.mapping import mapped
from chalicelib.connections.records import SourceRecord
from chalicelib.connections.step import Stepped, Steps
from chalicelib.domain.aliases import Alias
from chalicelib.domain.connections import Connection, Work, owner_of
from chalicelib.domain.ids import RecordId
from chalicelib.domain.outbound import Answer, Request
from chalicelib.domain.records import FACT_TYPES, row_of
from chalicelib.domain.source_ids import record_id
from chalicelib.domain.times import parse_instant
from chalicelib.services.errors import TryAgainError
from tests.fakes.connections import FakeSealer
from tests.faults.world import ACME, CrashError, Stores, World
from tests.stubs.in_process import Wire
from tests.stubs.systems import ConnectWise, SmileBack, Xero

NOON: Final = parse_instant("2026-11-22T12:00:00Z")
VISIBLE_AGAIN: Final = 360
KINDS: Final[dict[str, Any]] = {"smileback": SmileBack, "xero": Xero, "connectwise": ConnectWise}
SOURCES: Final = {"smileback": "sb", "xero": "xero", "connectwise": "cw"}
MAPPING: Final = {
    "priorities": {"4": "P3", "12": "P5"},
    "types": {"99": "skip"},
    "clients": {"2": "skip"},
}
GIVEN: Final = {"connectwise": {"vendor_id": "vendor"}}
CLIENTS: Final = {"250": "ann", "251": "bob"}
"""Clients that are known, by the source's ids."""


class FaultySend:
    """A wire that fails as planned: by the number of the call an answer, or an error to raise."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.faults: dict[int, Answer | Exception] = {}
        self.calls = 0

    def __call__(self, request: Request) -> Answer:
        fault = self.faults.get(self.calls)
        self.calls += 1
        if isinstance(fault, Exception):
            raise fault
        return self._wire(request) if fault is None else fault


class Connected:
    """A tenant with two clients and one connection."""

    def __init__(self, kind: str, **options: Any) -> None:
        self.kind, self.world = kind, World(now=NOON)
        self.stub = KINDS[kind](lambda: self.world.now)
        self._begin()
        self.world.app.registration.create(ACME, "Acme", "Europe/Rome", "EUR", "someone")
        for own_id, client in CLIENTS.items():
            self.world.take({"type": "client", "id": client, "name": client, "status": "ACTIVE"})
            self.stores.aliases.claim(ACME, Alias(RecordId(client), SOURCES[kind], own_id))
        sealer = FakeSealer()
        secrets = {name: sealer.seal(ACME, owner_of(SOURCES[kind]), value) for name, value in self.stub.SECRETS.items()}
        held = Connection(SOURCES[kind], kind, kind, 1, "running", self.stub.SETTINGS, secrets, mapping=MAPPING)
        self.stores.connections.add(ACME, replace(held, first_response="status", **options))
        self.tokens = 0

    def _begin(self) -> None:
        """A process with its own wire, on what survived."""
        app, ports = self.world.app, self.world.app._ports
        self.wire = Wire(self.stub, self.world.now)
        self.send = FaultySend(self.wire)
        self.steps = Steps(
            store=ports.connections,
            marks=ports.sync_marks,
            sealer=ports.sealer,
            clients=Clients(ports.aliases, ports.roster),
            intake=app.record_intake,
            directory=ports.directory,
            ids=app.record_ids,
            tenants=ports.tenants,
            clock=lambda: self.world.now,
            send=self.send,
            given=GIVEN,
        )

    def copy(self) -> "Connected":
        """The same stores, and the same source, in another process."""
        copied = object.__new__(Connected)
        copied.kind, copied.tokens = self.kind, self.tokens + 1_000
        copied.world = World(deepcopy(self.world.stores), self.world.now)
        copied.stub = KINDS[self.kind](lambda: copied.world.now)
        copied.stub.rows = deepcopy(self.stub.rows)
        copied._begin()
        return copied

    @property
    def stores(self) -> Stores:
        return self.world.stores

    @property
    def held(self) -> Connection:
        found = self.stores.connections.get(ACME, SOURCES[self.kind])
        assert found is not None
        return found

    @property
    def work(self) -> Work:
        return self.held.work

    def edit(self, **changed: Any) -> None:
        held = self.held
        assert self.stores.connections.replace(ACME, replace(held, version=held.version + 1, **changed))

    def step(self) -> Stepped:
        self.tokens += 1
        self.wire.at = self.world.now
        return self.steps.step(ACME, SOURCES[self.kind], f"token-{self.tokens}")

    def sync(self, most: int = 200) -> int:
        """Steps until a sync is complete, each delivered again where it dies; answers how many it took."""
        for number in range(most):
            try:
                stepped = self.step()
            except (CrashError, TryAgainError):
                self.world.now += VISIBLE_AGAIN
                continue
            if stepped.completed:
                return number + 1
            if stepped.again is not None:
                self.world.now += stepped.again
            else:  # its mark comes
                self.world.now = max(self.world.now + 1, self.work.next_at or self.world.now + VISIBLE_AGAIN)
        raise AssertionError("the sync does not end")

    def settle(self) -> None:
        """Everything that the records left to do."""
        self.world.recover()

    def records(self) -> dict[tuple[str, str, str], Any]:
        """The live records of all clients, by type, client and id."""
        found: dict[tuple[str, str, str], Any] = {}
        seats = self.stores.roster.seats(ACME, [RecordId(client) for client in self._clients()])
        for client, seat in seats.items():
            records = self.stores.roster.client_records(ACME, RecordId(client), seat).records
            for name, held in records.items():
                found |= {(name, client, each): record.row for each, record in held.items() if not record.deleted}
        return found

    def _clients(self) -> list[str]:
        return [str(each.client.id) for _, each in self.stores.roster.page_facts(ACME, 0)]

    def meant(self) -> dict[tuple[str, str, str], Any]:
        """What the source's present state says, row by row, of clients that are known."""
        held = self.held
        source = made(self.kind, {**self.stub.SETTINGS, **self.stub.SECRETS, **GIVEN.get(self.kind, {})}, self.send)
        found: dict[tuple[str, str, str], Any] = {}
        for stream, rows in self.stub.rows.items():
            for row in rows.values():
                record = source.records(stream, row, mapped(held.mapping, held.first_response))
                if isinstance(record, SourceRecord) and not record.deleted:
                    own = self.stores.aliases.holders(ACME, held.aliases_of, [record.client or ""])
                    client = own.get(record.client or "")
                    if client is not None:
                        own_id = record_id(record.id, held.source)
                        row_meant = row_of(FACT_TYPES[record.type], {**record.fields, "id": own_id})
                        found[record.type, str(client), str(own_id)] = row_meant
        return found
