"""The service itself as what an import sends to: the intake of `POST /v1/records`, without the way over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeVar

from chalicelib.api.schemas.records import read_records
from chalicelib.domain.aliases import Alias as HeldAlias
from chalicelib.domain.errors import ClientHealthError
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.importing.clients import Alias, Known
from chalicelib.importing.target import BatchResult, FieldError, StoppedError
from chalicelib.services.aliases import MOST_ALIASES, Aliases
from chalicelib.services.errors import TryAgainError
from chalicelib.services.records import RecordIntake
from chalicelib.tenancy import bound_to

if TYPE_CHECKING:
    from chalicelib.services.ports.clients import Roster

WAITS: Final = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before a batch is tried again, of which only another try can mend what failed."""
_PAGE: Final = 500

Result = TypeVar("Result")


class IntakeTarget:
    """`importing.target.Target` within this process."""

    def __init__(
        self, tenant: TenantId, intake: RecordIntake, roster: Roster, aliases: Aliases, sleep: Callable[[float], object]
    ) -> None:
        self._tenant, self._intake, self._roster, self._aliases = tenant, intake, roster, aliases
        self._sleep = sleep

    def send(self, records: Sequence[bytes], *, dry_run: bool, new_clients: Sequence[str] = ()) -> BatchResult:
        body = {
            "records": [json.loads(record, parse_float=Decimal) for record in records],
            "backfill": True,
            **({"dry_run": True, "new_clients": list(new_clients)} if dry_run else {}),
        }
        read = read_records(body)
        with bound_to(self._tenant):  # this is one of several threads
            intake = self._intake.dry(read.valid, read.new_clients) if dry_run else self._intake
            taken = self._again(lambda: intake.take(self._tenant, read.valid, backfill=True))
        rejected = {
            each.place: [FieldError(fault.pointer, fault.message) for fault in each.faults]
            for each in (*taken.rejected, *read.refused)
        }
        return BatchResult(taken.accepted, taken.unchanged, rejected)

    def clients(self) -> Iterable[Known]:
        after: RecordId | None = None
        while True:
            seats = self._roster.seats_after(self._tenant, after, _PAGE)
            for client, stored in self._roster.clients(self._tenant, seats).items():
                yield Known(client, stored.client.name)
            if len(seats) < _PAGE:
                return
            after = RecordId(next(reversed(seats)))

    def client(self, client_id: str) -> Known | None:
        try:
            wanted = RecordId(client_id)
        except ValueError:
            return None
        with bound_to(self._tenant):  # as above
            seats = self._roster.seats(self._tenant, [wanted])
            held = self._roster.clients(self._tenant, seats).get(wanted)
        return None if held is None else Known(client_id, held.client.name)

    def aliases(self, source: str) -> Iterable[tuple[str, Alias]]:
        place: str | None = None
        while True:
            found, place = self._aliases.listed(self._tenant, source, place, _PAGE)
            yield from ((each.client_id, Alias(each.source, each.value)) for each in found)
            if place is None:
                return

    def add_aliases(self, client_id: str, aliases: Sequence[Alias]) -> str | None:
        client = RecordId(client_id)
        try:
            held = self._aliases.of_client(self._tenant, client)
            wanted = [*held, *(HeldAlias(client, each.source, each.value) for each in aliases)]
            told = list({(each.source, each.value): each for each in wanted}.values())
            if len(told) > MOST_ALIASES:
                return f"it has {MOST_ALIASES} aliases already"
            if len(told) > len(held):
                self._again(lambda: self._aliases.replace(self._tenant, client, told))
        except ClientHealthError as error:
            return str(error)
        return None

    def _again(self, call: Callable[[], Result]) -> Result:
        for wait in WAITS:
            try:
                return call()
            except TryAgainError:
                self._sleep(wait)
        try:
            return call()
        except TryAgainError as error:
            raise StoppedError("The service takes no more at the moment. Continue in a few minutes.") from error
