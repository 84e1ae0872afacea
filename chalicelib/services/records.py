"""Taking in the records of a request, in any order, any number of times, with one outcome."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from chalicelib.domain.account_managers import AccountManager
from chalicelib.domain.facts import Instant, Timestamp
from chalicelib.domain.ids import RecordId, TenantId
from chalicelib.domain.moment import is_ahead
from chalicelib.domain.records import FACT_TYPES
from chalicelib.domain.tenant import Tenant
from chalicelib.services.client_intake import ClientIntake
from chalicelib.services.fact_intake import FactIntake
from chalicelib.services.refresh_requests import RefreshRequests
from chalicelib.services.sent_records import Outcome, Rejection, SentRecord, changed_at, newest_of_each, rejection

if TYPE_CHECKING:
    from chalicelib.services.ports.account_managers import AccountManagerStore
    from chalicelib.services.ports.clients import Roster
    from chalicelib.services.ports.directory import TicketDirectory
    from chalicelib.services.ports.process import PreciseClock, Together
    from chalicelib.services.ports.tenants import TenantStore


class RecordIntake:
    """Takes in records: clients and account managers first, then facts; one record's fault stops no other."""

    def __init__(
        self,
        tenants: TenantStore,
        roster: Roster,
        managers: AccountManagerStore,
        refreshes: RefreshRequests,
        clock: PreciseClock,
        together: Together,
        directory: TicketDirectory,
    ) -> None:
        self._tenants, self._roster, self._managers, self._clock = tenants, roster, managers, clock
        self._refreshes, self._together, self._directory = refreshes, together, directory

    def dry(self, records: Iterable[SentRecord] = (), new_clients: Collection[RecordId] = ()) -> RecordIntake:
        """An intake that says what this one would of some records, by the same code up to its last read, and stores
        nothing; clients that are about to be created, but not by the records themselves, may be taken as known."""
        from chalicelib.services.dry_run import DryDirectory, DryManagers, DryRefreshRequests, DryRoster, DryTenants

        # Their protocols have more than an intake uses.
        tenants: Any = DryTenants(self._tenants)
        roster: Any = DryRoster(self._roster, {*new_clients} - {each.id for each in records if each.type == "client"})
        managers: Any = DryManagers(self._managers)
        refreshes: Any = DryRefreshRequests()
        directory: Any = DryDirectory(self._directory)
        return RecordIntake(
            tenants=tenants,
            roster=roster,
            managers=managers,
            refreshes=refreshes,
            clock=self._clock,
            together=self._together,
            directory=directory,
        )

    def take(self, tenant_id: TenantId, records: Sequence[SentRecord], *, backfill: bool) -> Outcome:
        """Merges records into what is stored. A crash anywhere is mended by sending the same again.

        What will change is marked, then stored, then one delayed refresh per page is sent: a crash after the mark is
        found by the sweep.
        """
        return self.take_for(self._tenants.get(tenant_id), records, backfill=backfill)

    def take_for(self, tenant: Tenant, records: Sequence[SentRecord], *, backfill: bool) -> Outcome:
        """The same for a tenant that was just read."""
        tenant_id, received = tenant.id, self._clock()
        valid, rejected = _in_time(records, Instant(received))
        refresh = self._refreshes.request(tenant_id)
        managers = newest_of_each((record for record in valid if record.type == "account_manager"), received)
        clients = newest_of_each((record for record in valid if record.type == "client"), received)
        accepted = sum(self._take_manager(tenant_id, record, received) for record in managers)
        facts = [record for record in valid if record.type in FACT_TYPES]
        owners = {record.client_id for record in (*clients, *facts) if record.client_id is not None}
        seats = self._roster.seats(tenant_id, owners)
        stored, without_seat = ClientIntake(self._tenants, self._roster, refresh).take(
            tenant_id, clients, seats, received
        )
        accepted += stored
        rejected += without_seat
        known = [record for record in facts if record.client_id is None or record.client_id in seats]
        rejected += [
            rejection(record, "/client_id", f"There is no client {record.owner}.")
            for record in facts
            if record.client_id is not None and record.client_id not in seats
        ]
        intake = FactIntake(
            tenants=self._tenants,
            roster=self._roster,
            directory=self._directory,
            refresh=refresh,
            together=self._together,
        )
        newest = newest_of_each(known, received)
        changed, refused = intake.take(tenant, newest, seats, received, backfill=backfill)
        refresh.send()
        accepted += changed
        rejected += refused
        return Outcome(accepted, len(records) - accepted - len(rejected), tuple(sorted(rejected)))

    def _take_manager(self, tenant: TenantId, record: SentRecord, received: Timestamp) -> bool:
        """Whether the record changed something."""
        stored = self._managers.get(tenant, [record.id]).get(record.id)
        time = changed_at(record, None if stored is None else stored.updated_at, received)
        manager = AccountManager(record.id, record.fields["name"], record.fields["email"], time)
        if stored is not None:
            is_unchanged = stored[:3] == manager[:3]
            if stored.updated_at > time or (is_unchanged and record.updated_at in {None, stored.updated_at}):
                return False
        return self._managers.put(tenant, manager)


def _in_time(records: Sequence[SentRecord], now: Instant) -> tuple[list[SentRecord], list[Rejection]]:
    """The records that may be taken, and those whose time is too far ahead of the clock."""
    ahead = [r for r in records if r.updated_at is not None and is_ahead(r.updated_at, now)]
    places = {record.place for record in ahead}
    return (
        [record for record in records if record.place not in places],
        [rejection(record, "/updated_at", "this is in the future: a local time sent as UTC?") for record in ahead],
    )
