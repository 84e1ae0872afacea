"""Taking in the records of a request, in any order, any number of times, with one outcome."""

from collections.abc import Sequence

from chalicelib.domain.facts import Instant
from chalicelib.domain.ids import TenantId
from chalicelib.domain.records import FACT_TYPES, canonical
from chalicelib.services.client_intake import ClientIntake
from chalicelib.services.fact_intake import FactIntake
from chalicelib.services.marking import Marking
from chalicelib.services.ports import AccountManager, AccountManagerStore, Clock, Roster, TenantStore
from chalicelib.services.sent_records import Outcome, Rejection, SentRecord, first_of_each, rejection


class RecordIntake:
    """Takes in records: clients and account managers first, then facts; one record's fault stops no other."""

    def __init__(
        self,
        tenants: TenantStore,
        roster: Roster,
        managers: AccountManagerStore,
        marking: Marking,
        clock: Clock,
    ) -> None:
        self._tenants, self._roster, self._managers, self._clock = tenants, roster, managers, clock
        self._marking = marking

    def take(self, tenant_id: TenantId, records: Sequence[SentRecord], *, backfill: bool) -> Outcome:
        """Merges records into what is stored. A crash anywhere is mended by sending the same again.

        What will change is marked, then stored, then one delayed refresh per page is sent: a crash after the mark is
        found by the sweep.
        """
        tenant, now = self._tenants.get(tenant_id), self._clock()
        rejected: list[Rejection] = []
        first = list(first_of_each(records, rejected))
        marks = self._marking.request(tenant_id)
        clients = [record for record in first if record.type == "client"]
        facts = [record for record in first if record.type in FACT_TYPES and not _by_id(record)]
        rejected += [
            rejection(record, "/created_at", "Send client_id and created_at with the deletion of a ticket.")
            for record in filter(_by_id, first)
        ]
        accepted = sum(
            self._take_manager(tenant_id, record, now) for record in first if record.type == "account_manager"
        )
        seats = self._roster.seats(tenant_id, {record.owner for record in (*clients, *facts)})
        accepted += ClientIntake(self._tenants, self._roster, marks).take(tenant_id, clients, seats, now)
        known = [record for record in facts if record.owner in seats]
        rejected += [
            rejection(record, "/client_id", f"There is no client {record.owner}.")
            for record in facts
            if record.owner not in seats
        ]
        intake = FactIntake(self._tenants, self._roster, marks)
        changed, refused = intake.take(tenant, known, seats, now, backfill=backfill)
        marks.send()
        accepted += changed
        rejected += refused
        return Outcome(accepted, len(records) - accepted - len(rejected), tuple(sorted(rejected)))

    def _take_manager(self, tenant: TenantId, record: SentRecord, now: Instant) -> bool:
        """Whether the record changed something."""
        sent = AccountManager(
            record.id,
            record.fields["name"],
            record.fields["email"],
            now if record.updated_at is None else record.updated_at,
        )
        held = self._managers.get(tenant, [record.id]).get(record.id)
        if held is not None:
            if record.updated_at is None and held[:3] == sent[:3]:
                return False
            if (held.updated_at, _canonical(held)) >= (sent.updated_at, _canonical(sent)):
                return False
        return self._managers.put(tenant, sent)


def _by_id(record: SentRecord) -> bool:
    """Whether it deletes a ticket by its id alone."""
    return record.type == "ticket" and not record.fields


def _canonical(manager: AccountManager) -> str:
    """What decides between two versions of the same time."""
    return canonical({"type": "account_manager", "id": manager.id, "name": manager.name, "email": manager.email})
